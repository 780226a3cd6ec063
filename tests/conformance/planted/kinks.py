"""Mistakes at kinks, poles and removable singularities."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, engine, ruled
from pullback import elementwise, nondifferentiable
from pullback.conformance import arrays, call, each, floats
from pullback.domains import interval, nonzero, positive, reals, unit
from pullback_numpy.strong import divide, multiply, over_root, power_log


def clamped_root(x):
    """The square root of x where it is positive, else 0."""
    return np.sqrt(np.maximum(x, 0.0))


root_behind_a_mask = Planted(
    name="root behind a mask",
    checks=("finite-differences", "zero-cotangent"),
    function=clamped_root,
    wrong=ruled(clamped_root, lambda ct, y, x: ct * np.greater(x, 0) / (2 * y)),
    right=ruled(clamped_root, lambda ct, y, x: np.where(np.greater(x, 0), divide(ct, 2 * y), 0)),
    samples=(call(floats(positive)), call(arrays("n", positive))),
    story="The masked branch is 0/0. jax #347, torch #187297, tinygrad #12409.",
)


def distance(a, b):
    """Length of the vector (a, b)."""
    return np.hypot(a, b)


distance_at_the_origin = Planted(
    name="hypot at (0, 0)",
    checks=("zero-cotangent",),
    function=distance,
    wrong=elementwise(distance, lambda ct, y, a: ct * (a / y), lambda ct, y, b: ct * (b / y)),
    right=elementwise(
        distance, lambda ct, y, a: ct * divide(a, y), lambda ct, y, b: ct * divide(b, y)
    ),
    samples=(call(floats(), floats()), call(arrays("n"), arrays("n"))),
    story="0/0 is NaN. ForwardDiff #669, autograd.",
)


def direction(a, b):
    """Angle of the vector (b, a)."""
    return np.arctan2(a, b)


def over_length(ct, a, b):
    """``ct a / (a² + b²)``."""
    length = np.hypot(a, b)
    return multiply(divide(a, length), divide(ct, length))


direction_of_the_origin = Planted(
    name="arctan2 at (0, 0)",
    checks=("zero-cotangent",),
    function=direction,
    wrong=elementwise(
        direction,
        lambda ct, a, b: ct * b / np.hypot(a, b) / np.hypot(a, b),
        lambda ct, a, b: -ct * a / np.hypot(a, b) / np.hypot(a, b),
    ),
    right=elementwise(
        direction, lambda ct, a, b: over_length(ct, b, a), lambda ct, a, b: -over_length(ct, a, b)
    ),
    samples=(call(floats(), floats()), call(arrays("n"), arrays("n"))),
    story="0/0 is NaN. jax #1052, CppAD #120.",
)


def cardinal_sine(x):
    """``sin(pi x) / (pi x)``, and 1 at 0."""
    return np.sinc(x)


def sinc_slope(x):
    """``(t cos t - sin t) / t²`` at ``t = pi x``, by its series where that cancels."""
    t = np.pi * x
    small = np.abs(t) < 0.1
    far = np.where(small, 1.0, t)
    square = np.where(small, t * t, 0.0)
    series = np.where(small, t, 0.0) * (
        -1 / 3 + square * (1 / 30 + square * (-1 / 840 + square / 45360))
    )
    return np.pi * np.where(small, series, (np.cos(far) - np.sin(far) / far) / far)


sinc_at_zero = Planted(
    name="sinc at 0",
    checks=("finite-differences", "zero-cotangent"),
    function=cardinal_sine,
    wrong=elementwise(cardinal_sine, lambda ct, y, x: ct * (np.cos(np.pi * x) - y) / x),
    right=elementwise(cardinal_sine, lambda ct, x: ct * sinc_slope(x)),
    samples=(call(floats()), call(arrays("n"))),
    story="0/0 is NaN, where the derivative is 0. jax #1722, autograd.",
)


def integer_power(x, n):
    """``x**n`` for an integer n."""
    return x**n


power_of_exponent_zero = Planted(
    name="exponent 0 at 0",
    checks=("finite-differences",),
    function=integer_power,
    wrong=ruled(integer_power, lambda ct, y, x, n: ct * n * x ** (n - 1)),
    right=ruled(
        integer_power,
        lambda ct, y, x, n: power_log(n * ct, x, n - 1) if n else np.zeros(np.shape(x)),
    ),
    samples=(call(arrays("m"), n=each(1, 2, 3)),),
    story="0 times 0**-1 is NaN. autograd #116, jax #14397.",
)


def power(a, b):
    """``a**b``."""
    return np.power(a, b)


power_by_its_exponent = Planted(
    name="power of 0 by its exponent",
    checks=("finite-differences", "zero-cotangent"),
    function=power,
    wrong=elementwise(
        power,
        lambda ct, a, b: power_log(ct * b, a, b - 1),
        lambda ct, y, a: ct * y * np.log(a),
        domain=(positive, reals),
    ),
    right=elementwise(
        power,
        lambda ct, a, b: power_log(np.multiply(ct, b), a, np.subtract(b, 1)),
        lambda ct, a, b: power_log(ct, a, b, k=1),
        domain=(positive, reals),
    ),
    samples=(call(floats(positive), floats()), call(arrays("n", positive), arrays("n"))),
    story="0 times log(0) is NaN. tfjs #346.",
)


def magnitude(x):
    """Absolute value."""
    return np.abs(x)


magnitude_at_zero = Planted(
    name="x/abs(x) at 0",
    checks=("special-points", "zero-cotangent"),
    function=magnitude,
    wrong=elementwise(
        magnitude, lambda ct, y, x: ct * np.conj(x) / y, domain=nonzero, points={0.0: 0.0}
    ),
    right=elementwise(
        magnitude, lambda ct, y, x: ct * divide(np.conj(x), y), domain=nonzero, points={0.0: 0.0}
    ),
    samples=(call(floats()), call(arrays("n"))),
    story="0/0 is NaN, where the rule declares 0.",
)


def clip(x):
    """x, but not below -1 and not above 1."""
    return np.clip(x, -1.0, 1.0)


clip_at_its_bounds = Planted(
    name="clip at its bounds",
    checks=("special-points",),
    function=clip,
    wrong=elementwise(
        clip, lambda ct, x: ct * (np.greater(x, -1) & np.less(x, 1)), points={-1.0: 1.0, 1.0: 1.0}
    ),
    right=elementwise(
        clip,
        lambda ct, x: ct * (np.greater_equal(x, -1) & np.less_equal(x, 1)),
        points={-1.0: 1.0, 1.0: 1.0},
    ),
    samples=(call(floats()), call(arrays("n"))),
    story="Stopped at the bounds, where the convention is to go on. torch #7002.",
)


def limited(x, low, high):
    """x between two bounds; the upper one wins where they cross."""
    return np.minimum(np.maximum(x, low), high)


limits_that_cross = Planted(
    name="clip with crossed bounds",
    checks=("finite-differences",),
    function=limited,
    wrong=ruled(
        limited,
        lambda ct, y, x, low, high: (
            ct * (np.greater(x, low) & np.less(x, high)),
            ct * np.less(x, low),
            ct * np.greater(x, high),
        ),
    ),
    right=engine(limited),
    samples=(
        call(floats(), floats(interval(-2, -1)), floats(interval(1, 2))),
        call(arrays("n"), arrays("n", interval(-2, -1)), arrays("n", interval(1, 2))),
    ),
    story="With low > high the lower bound has no influence, and gets a cotangent.",
)


def larger(a, b):
    """The larger of two numbers."""
    return np.maximum(a, b)


larger_of_equals = Planted(
    name="maximum(x, x)",
    checks=("finite-differences",),
    function=larger,
    wrong=elementwise(larger, lambda ct, a, b: ct * (a >= b), lambda ct, a, b: ct * (b >= a)),
    right=elementwise(
        larger,
        lambda ct, a, b: ct * (np.greater(a, b) + 0.5 * np.equal(a, b)),
        lambda ct, a, b: ct * (np.less(a, b) + 0.5 * np.equal(a, b)),
    ),
    samples=(call(floats(), floats()), call(arrays("n"), arrays("n"))),
    story="Both get all of the cotangent. autograd #212, torch #56734.",
)


def elu(x):
    """x where it is positive, else ``exp(x) - 1``."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


elu_of_huge = Planted(
    name="elu of a huge number",
    checks=("finite-differences",),
    function=elu,
    wrong=elementwise(elu, lambda ct, x: ct * ((x > 0) + (x <= 0) * np.exp(x))),
    right=elementwise(elu, lambda ct, x: ct * np.exp(np.minimum(x, 0))),
    samples=(call(arrays("n")),),
    story="0 times an overflow is NaN, in the branch that is not taken. jax #1538.",
)


def x_log_y(x, y):
    """``x log(y)``, and 0 where x is 0."""
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))[()]


x_log_y_at_zero = Planted(
    name="x log(y) at x = y = 0",
    checks=("zero-cotangent",),
    function=x_log_y,
    wrong=ruled(
        x_log_y,
        lambda ct, z, x, y: (np.where(ct == 0, 0, ct * np.log(y)), ct * x / y),
        domain=(reals, positive),
    ),
    right=ruled(
        x_log_y,
        lambda ct, z, x, y: (power_log(ct, y, 0, k=1), divide(ct * x, y)),
        domain=(reals, positive),
    ),
    samples=(call(floats(), floats(positive)), call(arrays("n"), arrays("n", positive))),
    story="0/0 is NaN.",
)


def inverse_sine(x):
    """Arcsine."""
    return np.arcsin(x)


inverse_sine_at_one = Planted(
    name="arcsin at 1",
    checks=("zero-cotangent",),
    function=inverse_sine,
    wrong=elementwise(inverse_sine, lambda ct, x: ct / np.sqrt((1 - x) * (1 + x)), domain=unit),
    right=elementwise(inverse_sine, lambda ct, x: over_root(ct, (1 - x) * (1 + x)), domain=unit),
    samples=(call(floats(unit)), call(arrays("n", unit))),
    story="A cotangent of 0 over 0 is NaN. jax #19089 shows the same for a root.",
)


def cube_root(x):
    """Real cube root."""
    return np.cbrt(x)


cube_root_of_a_negative = Planted(
    name="cube root of a negative number",
    checks=("finite-differences",),
    function=cube_root,
    wrong=elementwise(cube_root, lambda ct, x: ct * np.power(x, -2 / 3) / 3, domain=nonzero),
    right=elementwise(cube_root, lambda ct, y: divide(ct, 3 * y * y), domain=nonzero),
    samples=(call(floats()), call(arrays("n"))),
    story="A negative number has no real power -2/3.",
)


def huber(x):
    """``x²/2`` up to 1, and linear beyond."""
    return np.where(np.fabs(x) <= 1, x * x / 2, np.fabs(x) - 0.5)[()]


huber_of_a_negative = Planted(
    name="Huber loss of a negative number",
    checks=("finite-differences",),
    function=huber,
    wrong=elementwise(huber, lambda ct, x: ct * np.where(np.fabs(x) <= 1, x, 1.0)),
    right=elementwise(huber, lambda ct, x: ct * np.clip(x, -1, 1)),
    samples=(call(floats()), call(arrays("n"))),
    story="The slope of the left tail has the sign of the right one.",
)


def rounded(x):
    """x to whole numbers."""
    return np.round(x)


straight_through = Planted(
    name="straight-through rounding",
    checks=("finite-differences",),
    function=rounded,
    wrong=elementwise(rounded, lambda ct: ct),
    right=nondifferentiable(rounded)[0],
    samples=(call(floats()), call(arrays("n"))),
    story="An estimator that is useful in training is not the derivative.",
)
