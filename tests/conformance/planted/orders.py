"""Mistakes in the second derivative and in forward mode, with a first derivative that is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planted.model import Planted, ruled
from pullback import elementwise, stop_gradient
from pullback.conformance import arrays, call, floats
from pullback.domains import positive
from pullback_numpy import strong
from pullback_numpy.strong import divide

SCALAR_OR_VECTOR = (call(floats()), call(arrays("n")))
PAIRS = (call(floats(), floats()), call(arrays("n"), arrays("n")))


def exponential(x):
    """``exp(x)``."""
    return np.exp(x)


output_detached = Planted(
    name="output detached",
    checks=("second-order",),
    function=exponential,
    wrong=elementwise(exponential, lambda ct, y: ct * stop_gradient(y)),
    right=elementwise(exponential, lambda ct, y: strong.multiply(ct, y)),
    samples=SCALAR_OR_VECTOR,
    story="The saved output is a constant to the second derivative. torch #58509, #99523.",
)


def cosine(x):
    """Cosine."""
    return np.cos(x)


residual_as_plain_array = Planted(
    name="asarray in the pullback",
    checks=("second-order",),
    function=cosine,
    wrong=ruled(cosine, lambda ct, y, x: -ct * np.sin(np.asarray(x, dtype=float))),
    right=ruled(cosine, lambda ct, y, x: -ct * np.sin(x)),
    samples=SCALAR_OR_VECTOR,
    story="A traced value cannot become an array of numbers.",
)

number_by_float = Planted(
    name="float() in the pullback",
    checks=("second-order",),
    function=cosine,
    wrong=ruled(cosine, lambda ct, y, x: -ct * np.sin(float(x))),
    right=ruled(cosine, lambda ct, y, x: -ct * np.sin(x)),
    samples=(call(floats()),),
    story="A traced value cannot become a plain number.",
)


def square(x):
    """Square."""
    return x * x


square_right = elementwise(square, lambda ct, x: ct * 2 * x)

cotangent_detached = Planted(
    name="cotangent detached",
    checks=("forward-reverse",),
    function=square,
    wrong=elementwise(square, lambda ct, x: stop_gradient(ct) * 2 * x),
    right=square_right,
    samples=SCALAR_OR_VECTOR,
    story="The pullback cannot be transposed. torch #198017 collects forward modes that differ.",
)


def root(x):
    """Square root."""
    return np.sqrt(x)


masked_by_the_cotangent = Planted(
    name="mask by a zero cotangent",
    checks=("forward-reverse",),
    function=root,
    wrong=elementwise(
        root,
        lambda ct, y: np.where(np.equal(ct, 0), 0, ct / np.where(np.equal(ct, 0), 1, 2 * y)),
        domain=positive,
    ),
    right=elementwise(root, lambda ct, y: divide(ct, 2 * y), domain=positive),
    samples=(call(floats(positive)), call(arrays("n", positive))),
    story="The transpose of the pullback runs at a cotangent of 0, where the mask makes it 0.",
)


def multiply(a, b):
    """Product."""
    return a * b


multiply_right = elementwise(multiply, lambda ct, b: ct * b, lambda ct, a: ct * a)


def pushforward_of_one(values, tangents):
    a, b = values
    return a * b, tangents[0] * b


pushforward_of_one_argument = Planted(
    name="pushforward of one argument",
    checks=("forward-reverse",),
    function=multiply,
    wrong=replace(multiply_right, pushforward=pushforward_of_one),
    right=multiply_right,
    samples=PAIRS,
    story="The second argument's tangent is left out.",
)


def pushforward_without_factor(values, tangents):
    (x,) = values
    return x * x, tangents[0] * x


pushforward_without_its_factor = Planted(
    name="pushforward without its factor",
    checks=("forward-reverse",),
    function=square,
    wrong=replace(square_right, pushforward=pushforward_without_factor),
    right=square_right,
    samples=SCALAR_OR_VECTOR,
    story="A formula that is written twice is mended once.",
)
