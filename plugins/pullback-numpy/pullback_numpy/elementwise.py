"""NumPy's universal functions: a formula sheet, in the order of NumPy's reference.

Math operations, trigonometric functions, comparisons, floating functions. Each formula gives the
cotangent of one primal. The same one serves complex numbers wherever the function is analytic.

Conventions: ``|x|`` at 0, ``hypot`` and ``arctan2`` at (0, 0) have the derivative 0; where the two
arguments of a maximum or minimum are equal, each gets half. ``x**0`` has the derivative 0 and
``0**b`` by ``b > 0`` too. Steps (`numpy.floor`, comparisons) are declared in `constants`.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf, log, pi

import numpy as np

from pullback import elementwise, primitive, rule
from pullback.domains import above, nonzero, positive, reals, unit
from pullback.rules import diagonal
from pullback_numpy.axes import as_array, in_precision_of
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.strong import (
    all_finite,
    bilinear,
    divide,
    may_have_nan,
    multiply,
    over_root,
    power_log,
)

LN2 = log(2)
LN10 = log(10)
DEGREE = pi / 180

add_rule = elementwise(np.add, lambda ct: ct, lambda ct: ct)
subtract_rule = elementwise(np.subtract, lambda ct: ct, lambda ct: -ct)
multiply_rule = elementwise(np.multiply, lambda ct, b: ct * b, lambda ct, a: ct * a)
divide_rule = elementwise(
    np.divide,
    lambda ct, b: divide(ct, b),
    lambda ct, y, b: -multiply(divide(ct, b), y),
    domain=(reals, nonzero),
)


@primitive
def share(a, b):
    """``exp(a) / (exp(a) + exp(b))``; one half where ``a`` and ``b`` are equal, infinite too.

    >>> share(0.0, np.array([0.0, np.inf, -np.inf])), float(share(-np.inf, -np.inf))
    (array([0.5, 0. , 1. ]), 0.5)
    """
    with np.errstate(all="ignore"):
        difference = np.subtract(b, a)
        if may_have_nan(difference):
            difference = np.where(np.equal(a, b), 0, difference)
        return 1 / (1 + np.exp(difference))


share_rule = elementwise(
    share,
    lambda ct, y, a, b: ct * y * share(b, a),
    lambda ct, y, a, b: -ct * y * share(b, a),
)
logaddexp_rule = elementwise(
    np.logaddexp, lambda ct, a, b: ct * share(a, b), lambda ct, a, b: ct * share(b, a)
)


def natural(x):
    """The natural logarithm of what has the binary one ``x``."""
    return LN2 * x if type(x) in (int, float) else np.multiply(LN2, x)


logaddexp2_rule = elementwise(
    np.logaddexp2,
    lambda ct, a, b: ct * share(natural(a), natural(b)),
    lambda ct, a, b: ct * share(natural(b), natural(a)),
)
negative_rule = elementwise(np.negative, lambda ct: -ct)
positive_rule = elementwise(np.positive, lambda ct: ct)

POWERS = {
    (0.0, 2.0): (0.0, 0.0),
    (0.0, 1.0): (1.0, 0.0),
    (0.0, 0.5): (inf, 0.0),
    (0.0, 0.0): (0.0, -inf),
    (2.0, 0.0): (0.0, LN2),
}
"""(base, exponent) -> the derivatives of the power."""


@rule(np.power, domain=(positive, reals), points=POWERS)
def power_rule(a, b):
    """``d a**b = b a**(b-1) da + a**b log(a) db``, exact at ``a = 0`` for derivatives of any order.

    By the exponent there is no real derivative at a negative base: it is NaN.
    """
    kind = type(b)
    squared = (kind is float or kind is int) and b == 2
    if kind is list or kind is tuple:
        b = as_array(b)

    def power_pullback_a(ct):
        return ct * (2 * a) if squared else power_log(bilinear(ct, b), a, b - 1)

    def power_pullback_b(ct):
        return power_log(ct, a, b, k=1)

    # The operator squares by one multiplication, which numpy.power does not.
    y = a**b if type(a) is np.ndarray and type(b) in (int, float) else np.power(a, b)
    return y, (power_pullback_a, power_pullback_b)


power_rule = replace(power_rule, pushforward=diagonal(power_rule.function))

float_power_rule = elementwise(
    np.float_power,
    lambda ct, a, b: power_log(bilinear(ct, b), a, np.subtract(b, 1)),
    lambda ct, a, b: power_log(ct, a, b, k=1),
    domain=(positive, reals),
    points=POWERS,
)


def whole_quotient(y, a, b):
    """The whole number ``n`` in ``y = a - n b``: the quotient that leaves the remainder ``y``."""
    return np.rint(divide(a - y, b))


remainder_rule = elementwise(
    np.remainder,
    lambda ct: ct,
    lambda ct, y, a, b: -multiply(ct, whole_quotient(y, a, b)),
    domain=(reals, nonzero),
    points={(2.0, 1.0): (1.0, -2.0)},
)
fmod_rule = elementwise(
    np.fmod,
    lambda ct: ct,
    lambda ct, y, a, b: -multiply(ct, whole_quotient(y, a, b)),
    domain=(reals, nonzero),
    points={(-2.0, 1.0): (1.0, 2.0)},
)


@rule(np.divmod, domain=(reals, nonzero))
def divmod_rule(a, b):
    """``(n, a - n b)``: the quotient ``n`` is piecewise constant."""
    quotient, remainder = np.divmod(a, b)

    def divmod_pullback_a(cts):
        return cts[1]

    def divmod_pullback_b(cts):
        return -multiply(cts[1], quotient)

    return (quotient, remainder), (divmod_pullback_a, divmod_pullback_b)


absolute_rule = elementwise(
    np.absolute, lambda ct, x: ct * np.sign(x).conj(), domain=nonzero, points={0.0: 0.0}
)
fabs_rule = elementwise(np.fabs, lambda ct, x: ct * np.sign(x), domain=nonzero, points={0.0: 0.0})


@rule(np.sign, domain=nonzero, points={0.0: 0.0})
def sign_rule(x):
    """``y = z / |z|`` has ``dy = 1j y Im(conj(y) dz) / |z|``; for real numbers it is a step."""
    y = np.sign(x)
    if not is_complex(y):
        return y, None

    def sign_pullback(ct):
        return 1j * divide(np.imag(ct * y), np.absolute(x)) * np.conj(y)

    return y, sign_pullback


heaviside_rule = elementwise(
    np.heaviside,
    None,
    lambda ct, a: np.where(a == 0, ct, 0),
    domain=(nonzero, reals),
    points={(0.0, 0.5): (0.0, 1.0)},
)
conjugate_rule = elementwise(np.conjugate, lambda ct: np.conj(ct))
exp_rule = elementwise(np.exp, lambda ct, y: multiply(ct, y))
exp2_rule = elementwise(np.exp2, lambda ct, y: multiply(LN2 * ct, y))
log_rule = elementwise(np.log, lambda ct, x: divide(ct, x), domain=positive)
log2_rule = elementwise(np.log2, lambda ct, x: divide(ct / LN2, x), domain=positive)
log10_rule = elementwise(np.log10, lambda ct, x: divide(ct / LN10, x), domain=positive)
expm1_rule = elementwise(np.expm1, lambda ct, y: multiply(ct, y + 1))
log1p_rule = elementwise(np.log1p, lambda ct, x: divide(ct, 1 + x), domain=above(-1))
sqrt_rule = elementwise(
    np.sqrt, lambda ct, y: divide(0.5 * ct, y), domain=positive, points={0.0: inf}
)
square_rule = elementwise(np.square, lambda ct, x: ct * (2 * x))
cbrt_rule = elementwise(
    np.cbrt, lambda ct, y: divide(divide(ct / 3, y), y), domain=nonzero, points={0.0: inf}
)
reciprocal_rule = elementwise(
    np.reciprocal, lambda ct, y: -multiply(multiply(ct, y), y), domain=nonzero
)

sin_rule = elementwise(np.sin, lambda ct, x: ct * np.cos(x))
cos_rule = elementwise(np.cos, lambda ct, x: -ct * np.sin(x))
tan_rule = elementwise(np.tan, lambda ct, y: ct * (1 + y * y))
arcsin_rule = elementwise(
    np.arcsin,
    lambda ct, x: over_root(ct, (1 - x) * (1 + x)),
    domain=unit,
    points={1.0: inf, -1.0: inf},
)
arccos_rule = elementwise(
    np.arccos,
    lambda ct, x: -over_root(ct, (1 - x) * (1 + x)),
    domain=unit,
    points={1.0: -inf, -1.0: -inf},
)
arctan_rule = elementwise(np.arctan, lambda ct, x: divide(ct, 1 + x * x))


@rule(np.arctan2, points={(0.0, 0.0): (0.0, 0.0)})
def arctan2_rule(y, x):
    """``d arctan2(y, x) = (x dy - y dx) / r²``, with one ``r`` under the bounded ``x / r``.

    Of ``x / r`` and ``ct / r`` one may be 0 where the other has no value: at the origin, and far
    away.
    """

    def arctan2_pullback_y(ct):
        r = np.hypot(x, y)
        return bilinear(divide(x, r), divide(ct, r))

    def arctan2_pullback_x(ct):
        r = np.hypot(x, y)
        return -bilinear(divide(y, r), divide(ct, r))

    return np.arctan2(y, x), (arctan2_pullback_y, arctan2_pullback_x)


hypot_rule = elementwise(
    np.hypot,
    lambda ct, y, a: ct * divide(a, y),
    lambda ct, y, b: ct * divide(b, y),
    points={(0.0, 0.0): (0.0, 0.0)},
)
sinh_rule = elementwise(np.sinh, lambda ct, x: multiply(ct, np.cosh(x)))
cosh_rule = elementwise(np.cosh, lambda ct, x: multiply(ct, np.sinh(x)))
tanh_rule = elementwise(np.tanh, lambda ct, y: ct * (1 - y * y))


@rule(np.arcsinh)
def arcsinh_rule(x):
    """``dy = dx / sqrt(1 + x²)``, which is real for real ``x``, and finite however large ``x``."""

    def arcsinh_pullback(ct):
        return over_root(ct, 1 + x * x) if is_complex(x) else ct / np.hypot(1, x)

    return np.arcsinh(x), arcsinh_pullback


# One root for each factor: the root of the product has the wrong sign left of the imaginary axis.
arccosh_rule = elementwise(
    np.arccosh,
    lambda ct, x: over_root(over_root(ct, x - 1), x + 1),
    domain=above(1),
    points={1.0: inf},
)
arctanh_rule = elementwise(np.arctanh, lambda ct, x: divide(ct, (1 - x) * (1 + x)), domain=unit)
degrees_rule = elementwise(np.degrees, lambda ct: ct / DEGREE)
rad2deg_rule = elementwise(np.rad2deg, lambda ct: ct / DEGREE)
radians_rule = elementwise(np.radians, lambda ct: ct * DEGREE)
deg2rad_rule = elementwise(np.deg2rad, lambda ct: ct * DEGREE)

HALF = np.float64(0.5)
HALVES = {(1.0, 1.0): (0.5, 0.5)}


def share_of(ct, is_taken, is_equal):
    """``ct`` where an argument is taken, half of it where both are equal.

    Elsewhere it is 0, also where ``ct`` is infinite or NaN.
    """
    weight = np.where(is_equal, in_precision_of(ct, HALF), is_taken)
    if all_finite(ct):
        return ct * weight
    return multiply(weight, ct)


maximum_rule = elementwise(
    np.maximum,
    lambda ct, a, b: share_of(ct, np.greater(a, b), a == b),
    lambda ct, a, b: share_of(ct, np.greater(b, a), a == b),
    points=HALVES,
)
minimum_rule = elementwise(
    np.minimum,
    lambda ct, a, b: share_of(ct, np.less(a, b), a == b),
    lambda ct, a, b: share_of(ct, np.less(b, a), a == b),
    points=HALVES,
)
fmax_rule = elementwise(
    np.fmax,
    lambda ct, y, a, b: share_of(ct, a == y, a == b),
    lambda ct, y, a, b: share_of(ct, b == y, a == b),
    points=HALVES,
)
fmin_rule = elementwise(
    np.fmin,
    lambda ct, y, a, b: share_of(ct, a == y, a == b),
    lambda ct, y, a, b: share_of(ct, b == y, a == b),
    points=HALVES,
)

copysign_rule = elementwise(
    np.copysign,
    lambda ct, y, a: ct * np.sign(a) * np.sign(y),
    None,
    domain=(nonzero, nonzero),
    points={(0.0, 1.0): (0.0, 0.0), (2.0, -0.0): (-1.0, 0.0)},
)
nextafter_rule = elementwise(np.nextafter, lambda ct: ct, None)
ldexp_rule = elementwise(np.ldexp, lambda ct, b: np.ldexp(ct, b), None)


@rule(np.modf)
def modf_rule(x):
    """The fractional part moves with ``x``; the whole part is piecewise constant."""

    def modf_pullback(cts):
        return cts[0]

    return np.modf(x), modf_pullback


@rule(np.frexp, domain=nonzero)
def frexp_rule(x):
    """``x = mantissa * 2**exponent``, where the exponent is piecewise constant."""
    mantissa, exponent = np.frexp(x)

    def frexp_pullback(cts):
        return np.ldexp(cts[0], -exponent)

    return (mantissa, exponent), frexp_pullback
