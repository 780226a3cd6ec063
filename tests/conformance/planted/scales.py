"""Mistakes that need huge or tiny numbers, or many digits, to be seen."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, ruled
from pullback import elementwise
from pullback.conformance import arrays, call, floats
from pullback_numpy.strong import divide, multiply

SCALAR_OR_VECTOR = (call(floats()), call(arrays("n")))
PAIRS = (call(floats(), floats()), call(arrays("n"), arrays("n")))


def softplus(x):
    """``log(1 + exp(x))``."""
    return np.logaddexp(0.0, x)


def logistic(x):
    """``1 / (1 + exp(-x))``, without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))


softplus_overflows = Planted(
    name="softplus of a huge number",
    checks=("finite-differences",),
    function=softplus,
    wrong=elementwise(softplus, lambda ct, x: ct * np.exp(x) / (1 + np.exp(x))),
    right=elementwise(softplus, lambda ct, x: ct * logistic(x)),
    samples=SCALAR_OR_VECTOR,
    story="inf/inf is NaN. burn #5373, tt-metal #56397, NNlib #68 (softmax).",
)

logistic_overflows = Planted(
    name="logistic of a huge number",
    checks=("finite-differences",),
    function=logistic,
    wrong=elementwise(logistic, lambda ct, x: ct * np.exp(-x) / (1 + np.exp(-x)) ** 2),
    right=elementwise(logistic, lambda ct, x: ct * logistic(x) * logistic(-x)),
    samples=SCALAR_OR_VECTOR,
    story="inf/inf is NaN. snntorch #427.",
)


def tangent(x):
    """Hyperbolic tangent."""
    return np.tanh(x)


tanh_overflows = Planted(
    name="tanh of a huge number",
    checks=("finite-differences",),
    function=tangent,
    wrong=elementwise(tangent, lambda ct, x: ct * (1 - (np.sinh(x) / np.cosh(x)) ** 2)),
    right=elementwise(tangent, lambda ct, y: ct * (1 - y * y)),
    samples=SCALAR_OR_VECTOR,
    story="inf/inf is NaN.",
)


def length(a, b):
    """Length of the vector (a, b)."""
    return np.hypot(a, b)


hypot_overflows = Planted(
    name="hypot of huge numbers",
    checks=("finite-differences",),
    function=length,
    wrong=elementwise(
        length,
        lambda ct, a, b: ct * divide(a, np.sqrt(a * a + b * b)),
        lambda ct, a, b: ct * divide(b, np.sqrt(a * a + b * b)),
    ),
    right=elementwise(
        length, lambda ct, y, a: ct * divide(a, y), lambda ct, y, b: ct * divide(b, y)
    ),
    samples=PAIRS,
    story="The squares overflow, and the derivative is 0 in silence.",
)


def exprel(x):
    """``(exp(x) - 1) / x``, and 1 at 0."""
    return np.where(x == 0, 1.0, np.expm1(x) / np.where(x == 0, 1.0, x))[()]


def exprel_slope(x, y):
    """``(exp(x) - y) / x``, by its series where that cancels."""
    small = np.abs(x) < 0.02
    far = np.where(small, 1.0, x)
    near = np.where(small, x, 0.0)
    series = 1 / 144 + near * (1 / 840 + near / 5760)
    series = 1 / 2 + near * (1 / 3 + near * (1 / 8 + near * (1 / 30 + near * series)))
    return np.where(small, series, (np.exp(far) - y) / far)


exprel_cancels = Planted(
    name="cancellation at a tiny number",
    checks=("finite-differences",),
    function=exprel,
    wrong=elementwise(
        exprel,
        lambda ct, y, x: ct * np.where(x == 0, 0.5, (np.exp(x) - y) / np.where(x == 0, 1.0, x)),
    ),
    right=elementwise(exprel, lambda ct, y, x: multiply(ct, exprel_slope(x, y))),
    samples=SCALAR_OR_VECTOR,
    story="Two numbers that are equal to 16 digits are subtracted, and divided by 1e-16.",
)


def sine(x):
    """Sine."""
    return np.sin(x)


residual_in_single_precision = Planted(
    name="residual in single precision",
    checks=("finite-differences",),
    function=sine,
    wrong=ruled(sine, lambda ct, y, x: ct * np.multiply(np.cos(x), 1).astype(np.float32)),
    right=ruled(sine, lambda ct, y, x: ct * np.cos(x)),
    samples=SCALAR_OR_VECTOR,
    story="What is kept for the pullback has 7 digits, to save memory.",
)

epsilon_in_the_denominator = Planted(
    name="epsilon in the denominator",
    checks=("finite-differences",),
    function=length,
    wrong=elementwise(
        length, lambda ct, y, a: ct * a / (y + 1e-6), lambda ct, y, b: ct * b / (y + 1e-6)
    ),
    right=elementwise(
        length, lambda ct, y, a: ct * divide(a, y), lambda ct, y, b: ct * divide(b, y)
    ),
    samples=PAIRS,
    story="A derivative that is wrong by a millionth, so that it has no NaN at 0.",
)


def running_total(x):
    """Cumulative sum of a flattened array."""
    return np.cumsum(np.ravel(x))


running_total_by_subtraction = Planted(
    name="reversed cumulative sum by subtraction",
    checks=("nonfinite",),
    function=running_total,
    wrong=ruled(
        running_total,
        lambda ct, y, x: np.reshape(np.sum(ct) - np.cumsum(ct) + ct, np.shape(x)),
    ),
    right=ruled(running_total, lambda ct, y, x: np.reshape(np.cumsum(ct[::-1])[::-1], np.shape(x))),
    samples=(call(arrays("n")),),
    story="The total minus what comes before: an infinity reaches places after it.",
)
