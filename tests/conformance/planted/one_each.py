"""For each check of formulas and declarations one mistake that it finds, beside the same rule
without the mistake.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planted.model import Planted, ruled, spread
from pullback import elementwise, rule, stop_gradient
from pullback.conformance import arrays, call, each, floats
from pullback.domains import interval, positive
from pullback_numpy.strong import divide

SCALAR_OR_VECTOR = (call(floats()), call(arrays("n")))
PAIRS = (call(floats(), floats()), call(arrays("n,m"), arrays("n,m")))


def cube(x):
    """``x³``."""
    return x * x * x


cube_right = ruled(cube, lambda ct, y, x: ct * 3 * x * x)


def without_signature(rule):
    """``rule``, as a decorator leaves it that writes the signature as text."""

    def wrapped(*args, **params):
        return rule.function(*args, **params)

    wrapped.__signature__ = "(x)"
    return replace(rule, function=wrapped)


loads = Planted(
    name="signature as text",
    checks=("loads", "keywords"),
    function=cube,
    wrong=without_signature(cube_right),
    right=cube_right,
    samples=SCALAR_OR_VECTOR,
    story="A decorator hides the parameters of the rule, so that keywords cannot be placed.",
    alone=True,
)


def wave(x, frequency):
    """``sin(frequency x)``."""
    return np.sin(frequency * x)


declared = Planted(
    name="frequency declared constant",
    checks=("declared",),
    function=wave,
    wrong=ruled(
        wave,
        lambda ct, y, x, frequency: (ct * frequency * np.cos(frequency * x), None),
        differentiable=["x"],
    ),
    right=ruled(
        wave,
        lambda ct, y, x, frequency: (
            ct * frequency * np.cos(frequency * x),
            ct * x * np.cos(frequency * x),
        ),
    ),
    samples=(call(arrays("n"), floats(positive)),),
    story="An argument that has a derivative is declared to have none.",
    alone=True,
)


def normalize(v):
    """v divided by its length, which is never 0."""
    return v / np.sqrt(1 + np.sum(v * v))


@rule(normalize)
def normalize_with_a_tolerance(v):
    length = np.sqrt(1 + np.sum(v * v))
    y = v / (length + 1e-7)
    direction = v / length
    return y, lambda ct: (ct - direction * np.sum(ct * direction)) / length


primal = Planted(
    name="value with a tolerance",
    checks=("primal",),
    function=normalize,
    wrong=normalize_with_a_tolerance,
    right=ruled(normalize, lambda ct, y, v: (ct - y * np.sum(ct * y)) / np.sqrt(1 + np.sum(v * v))),
    samples=(call(arrays("n")),),
    story="The rule computes something else than the function that it stands for.",
    alone=True,
)


def kepler(m, e):
    """The eccentric anomaly ``a`` with ``a - e sin(a) = m``, by Newton's method."""
    a = np.add(m, e)
    for _ in range(40):
        a = a - (a - e * np.sin(a) - m) / (1 - e * np.cos(a))
    return a


def kepler_pullback(ct, a, m, e):
    of_m = ct / (1 - e * np.cos(a))
    return of_m, of_m * np.sin(a)


def kepler_pullback_of_the_mean(ct, a, m, e):
    of_m = ct / (1 - e * np.cos(a))
    return of_m, of_m * np.sin(m)


ORBITS = (
    call(floats(interval(0, 3)), floats(interval(0, 0.8))),
    call(arrays("n", interval(0, 3)), arrays("n", interval(0, 0.8))),
)
DOMAIN = (interval(0, 3), interval(0, 0.8))

finite_differences = Planted(
    name="sine of another angle",
    checks=("finite-differences", "broadcasting", "second-order"),
    function=kepler,
    wrong=ruled(kepler, kepler_pullback_of_the_mean, domain=DOMAIN),
    right=ruled(kepler, kepler_pullback, domain=DOMAIN),
    samples=ORBITS,
    story="One symbol in a formula. broadcasting compares with differences as well, and a wrong "
    "derivative of the value makes the second derivative wrong.",
    alone=True,
)


def sine(x):
    """Sine."""
    return np.sin(x)


linearity = Planted(
    name="clipped cotangent",
    checks=("linearity",),
    function=sine,
    wrong=ruled(sine, lambda ct, y, x: ct / np.maximum(np.abs(ct) / 1e3, 1) * np.cos(x)),
    right=ruled(sine, lambda ct, y, x: ct * np.cos(x)),
    samples=SCALAR_OR_VECTOR,
    story="Against exploding gradients. It is right for all that is not huge.",
    alone=True,
)


def root(x):
    """Square root."""
    return np.sqrt(x)


zero_cotangent = Planted(
    name="root at 0",
    checks=("zero-cotangent", "silent"),
    function=root,
    wrong=elementwise(root, lambda ct, y: ct / (2 * y), domain=positive),
    right=elementwise(root, lambda ct, y: divide(ct, 2 * y), domain=positive),
    samples=(call(floats(positive)),),
    story="0/0 is NaN, and np.where(x > 0, np.sqrt(x), 0) has a gradient of NaN. jax #5798.",
    alone=True,
)


def relu(x):
    """x where it is positive, else 0."""
    return np.maximum(x, 0.0)


special_points = Planted(
    name="relu at 0",
    checks=("special-points",),
    function=relu,
    wrong=elementwise(
        relu, lambda ct, x: np.where(np.greater_equal(x, 0), ct, 0), points={0.0: 0.0}
    ),
    right=elementwise(relu, lambda ct, x: np.where(np.greater(x, 0), ct, 0), points={0.0: 0.0}),
    samples=SCALAR_OR_VECTOR,
    story="1 is between the slopes to both sides, and is not what was declared. torch argues in "
    "#7002 and #185831.",
    alone=True,
)


def doubled(x):
    """Twice x."""
    return 2 * x


space = Planted(
    name="wrong in single precision",
    checks=("space",),
    function=doubled,
    wrong=ruled(
        doubled,
        lambda ct, y, x: (
            ct * np.float16(2.01) if np.result_type(y) in (np.float32, np.complex64) else ct * 2
        ),
    ),
    right=ruled(doubled, lambda ct, y, x: ct * 2),
    samples=SCALAR_OR_VECTOR,
    story="A branch for single precision that no test in double precision reaches.",
    alone=True,
)


def reduced(x, axis=None, keepdims=False):
    """Sum over an axis."""
    return np.sum(x, axis=axis, keepdims=keepdims)


@rule(reduced)
def reduced_in_another_order(x, keepdims=False, axis=None):
    return (
        np.sum(x, axis=axis, keepdims=keepdims),
        lambda ct: spread(ct, x, axis, keepdims),
    )


keywords = Planted(
    name="keywords in another order",
    checks=("keywords",),
    function=reduced,
    wrong=reduced_in_another_order,
    right=ruled(reduced, lambda ct, y, x, axis=None, keepdims=False: spread(ct, x, axis, keepdims)),
    samples=(call(arrays("n,m"), axis=each(0, 1), keepdims=each(False, True)),),
    story="Right by keyword. By position the axis is taken for keepdims.",
    alone=True,
)


def product(a, b):
    """Product."""
    return a * b


product_right = elementwise(product, lambda ct, b: ct * b, lambda ct, a: ct * a)


def pushforward_swapped(values, tangents):
    a, b = values
    return a * b, tangents[0] * a + tangents[1] * b


forward_reverse = Planted(
    name="pushforward with swapped factors",
    checks=("forward-reverse",),
    function=product,
    wrong=replace(product_right, pushforward=pushforward_swapped),
    right=product_right,
    samples=PAIRS,
    story="The explicit pushforward is another formula. torch #198017.",
    alone=True,
)


def saturating(x):
    """``tanh(x)``."""
    return np.tanh(x)


second_order = Planted(
    name="residual detached",
    checks=("second-order",),
    function=saturating,
    wrong=ruled(saturating, lambda ct, y, x: ct * stop_gradient(1 - np.tanh(x) ** 2)),
    right=ruled(saturating, lambda ct, y, x: ct * (1 - y * y)),
    samples=SCALAR_OR_VECTOR,
    story="The first derivative is right, the second is 0. torch #58509.",
    alone=True,
)
