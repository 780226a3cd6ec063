"""Mistakes with several outputs, and with outputs that are no arrays of numbers."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, engine, require, ruled
from pullback.conformance import arrays, call, exactly, floats
from pullback.domains import positive

POINTS = (call(floats(positive), floats(positive)),)


def polar(a, b):
    """Length and angle of the vector (a, b)."""
    return np.hypot(a, b), np.arctan2(b, a)


def of_the_length(cts, y, a, b):
    return cts[0] * a / y[0], cts[0] * b / y[0]


second_output_forgotten = Planted(
    name="second output forgotten",
    checks=("finite-differences",),
    function=polar,
    wrong=ruled(polar, of_the_length),
    right=engine(polar),
    samples=POINTS,
    story="The cotangent of the second output is not looked at.",
)


def sum_and_difference(a, b):
    """``[a + b, a - b]``."""
    return [a + b, a - b]


outputs_swapped = Planted(
    name="outputs swapped",
    checks=("finite-differences",),
    function=sum_and_difference,
    wrong=ruled(sum_and_difference, lambda cts, y, a, b: (cts[0] + cts[1], cts[1] - cts[0])),
    right=ruled(sum_and_difference, lambda cts, y, a, b: (cts[0] + cts[1], cts[0] - cts[1])),
    samples=(call(arrays("n"), arrays("n")),),
    story="The cotangents of the outputs are taken in another order.",
)


def largest(x):
    """The largest number of a flattened array, and its place."""
    return np.max(x), np.argmax(x)


def at_the_place(ct, x):
    places = np.reshape(np.arange(np.size(x)), np.shape(x))
    return np.where(places == np.argmax(x), ct, 0)


integer_output = Planted(
    name="cotangent of an integer",
    checks=("finite-differences",),
    function=largest,
    wrong=ruled(largest, lambda cts, y, x: at_the_place(cts[0] + 0 * cts[1], x)),
    right=ruled(largest, lambda cts, y, x: at_the_place(cts[0], x)),
    samples=(call(arrays("n")),),
    story="A place has no cotangent: there is None where a number was expected.",
)


def lower_factor(a):
    """Cholesky factor of matrices of two rows, of which the lower triangle is read."""
    require(np.shape(a)[-2:] == (2, 2))
    require(np.all((a[..., 0, 0] > 0) & (a[..., 0, 0] * a[..., 1, 1] > a[..., 1, 0] ** 2)))
    first = np.sqrt(a[..., 0, 0])
    below = a[..., 1, 0] / first
    last = np.sqrt(a[..., 1, 1] - below * below)
    rows = [np.stack([first, 0 * first], axis=-1), np.stack([below, last], axis=-1)]
    return np.stack(rows, axis=-2)


lower_factor_right = engine(lower_factor)


def symmetrized(ct, y, a):
    of_a = lower_factor_right(a)[1](ct)[0]
    return (of_a + np.swapaxes(of_a, -1, -2)) / 2


triangle_that_is_not_read = Planted(
    name="cotangent of a triangle that is not read",
    checks=("finite-differences",),
    function=lower_factor,
    wrong=ruled(lower_factor, symmetrized),
    right=lower_factor_right,
    samples=(call(exactly(arrays((2, 2)).map(lambda a: a @ a.T + np.eye(2)))),),
    story="The function reads half of a symmetric matrix, the rule differentiates by all of it.",
)
