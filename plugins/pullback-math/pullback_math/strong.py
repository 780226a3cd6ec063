"""Quotients, powers and signs that have a value where the plain ones raise.

The formulas of the other modules are made of these where a factor may be singular. They are
primitives with rules of their own, so a derivative of any order has them too. In each of them a
zero cotangent is a *strong* zero: it gives zero, whatever the singular factor is.

A gradient that is 0 by convention is written ``ct * divide(x, r)``: the component of a unit
vector is 0 where its length is 0.
"""

from __future__ import annotations

import cmath
import math

from pullback import elementwise, nondifferentiable, primitive, rule
from pullback.domains import nonzero, positive, reals


def zero(*factors):
    """The zero of the type of a product: complex where one of ``factors`` is.

    >>> zero(2.0, 1j)
    0j
    """
    for factor in factors:
        dtype = getattr(factor, "dtype", None)  # of an array without axes, or a scalar of NumPy
        if isinstance(factor, complex) or getattr(dtype, "kind", "f") == "c":
            return 0j
    return 0.0


@primitive
def divide(ct, x, n=1):
    """``ct / x**n``; 0 where ``ct`` is 0, and otherwise infinite where ``x`` is 0.

    The infinity has the sign of ``ct``: for denominators that reach 0 from above, such as a square
    root. ``n`` is there for the derivatives, which are quotients again.

    >>> divide(1.0, 4.0), divide(-1.0, 0.0), divide(0.0, 0.0)
    (0.25, -inf, 0.0)
    """
    if ct == 0:
        return zero(ct, x)
    if x == 0:
        return ct * math.inf
    for _ in range(n):
        ct = ct / x
    return ct


@rule(
    divide,
    domain=(reals, nonzero, None),
    points={(0.0, 0.0): (math.inf, 0.0), (1.0, 0.0): (math.inf, -math.inf)},
    differentiable=("ct", "x"),
)
def divide_rule(ct, x, n=1):
    """``d(ct / x**n) = dct / x**n - n ct dx / x**(n+1)``."""

    def divide_pullback_ct(y_ct):
        return divide(y_ct, x, n)

    def divide_pullback_x(y_ct):
        return divide(-n * bilinear(y_ct, ct), x, n + 1)

    return divide(ct, x, n), (divide_pullback_ct, divide_pullback_x, None)


@primitive
def bilinear(a, b):
    """``a * b``, and 0 where one of them is 0 and the other infinite: for two cotangents.

    >>> bilinear(2.0, 3.0), bilinear(0.0, math.inf)
    (6.0, 0.0)
    """
    return a * b if a != 0 and b != 0 else zero(a, b)


bilinear_rule = elementwise(bilinear, lambda ct, b: bilinear(ct, b), lambda ct, a: bilinear(ct, a))


@primitive
def power_log(ct, a, b, n):
    """``ct * a**b * log(a)**n``: what a power and all its derivatives are made of.

    Where ``a**b`` is 0 the result is 0 for every ``n``, since a power outruns a logarithm. At a
    singularity it is infinite, and beyond the largest float too. The logarithm of a negative
    number is complex, as its powers are.

    Args:
        ct: the cotangent, a float or complex number.
        a: the base.
        b: the exponent.
        n: how often the power was differentiated by its exponent, an int.

    >>> power_log(3.0, 2.0, 3.0, 0), power_log(1.0, 0.0, 2.0, 1), power_log(1.0, 0.0, -0.5, 0)
    (24.0, 0.0, inf)
    """
    y = _power(a, b)
    logs = [_log(a)] * n if n else ()
    if ct == 0 or y == 0:
        return zero(ct, y, *logs)
    product = ct * y
    for log in logs:
        product *= log
    return product


def _power(a, b):
    try:
        return a**b
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return math.copysign(math.inf, ((a / abs(a)) ** b).real)


def _log(a):
    if a == 0:
        return -math.inf
    return cmath.log(a) if a.imag or a.real < 0 else math.log(a.real)


@rule(
    power_log,
    domain=(reals, positive, reals, None),
    points={
        (math.inf, 2.0, 3.0, 0): (8.0, math.inf, math.inf),
        (math.inf, 0.5, -2.0, 1): (4.0 * math.log(0.5), math.inf, math.inf),
        (1.0, -1e200, 3.0, 0): (-math.inf, math.inf, -math.inf),
    },
    differentiable=("ct", "a", "b"),
)
def power_log_rule(ct, a, b, n):
    """By the product rule; ``d a**b = b a**(b-1) da + a**b log(a) db``."""

    def power_log_pullback_ct(y_ct):
        return power_log(y_ct, a, b, n)

    def power_log_pullback_a(y_ct):
        both = bilinear(y_ct, ct)
        by_power = power_log(bilinear(both, b), a, b - 1, n)
        return by_power + power_log(both * n, a, b - 1, n - 1) if n else by_power

    def power_log_pullback_b(y_ct):
        return power_log(bilinear(y_ct, ct), a, b, n + 1)

    return (
        power_log(ct, a, b, n),
        (power_log_pullback_ct, power_log_pullback_a, power_log_pullback_b, None),
    )


@primitive
def not_negative(x, /):
    """``x``, and nan where it is negative: the base of a real power whose exponent varies.

    >>> not_negative(2.0), not_negative(-2.0)
    (2.0, nan)
    """
    return x if x >= 0 else math.nan


not_negative_rule = elementwise(not_negative, lambda ct: ct, domain=positive)


@primitive
def scale(ct, exponent):
    """``ct * 2**exponent``, infinite beyond the largest float.

    >>> scale(-3.0, 2), scale(-3.0, 2000)
    (-12.0, -inf)
    """
    try:
        return math.ldexp(ct, exponent)
    except OverflowError:
        return math.copysign(math.inf, ct)


scale_rule = elementwise(scale, lambda ct, b: scale(ct, b), None)


@primitive
def sign(x, /):
    """-1.0, 0.0 or 1.0, and nan at nan: the derivative of ``abs(x)``.

    >>> sign(-3.0), sign(0.0)
    (-1.0, 0.0)
    """
    return math.nan if x != x else float(x > 0) - float(x < 0)


@primitive
def whole_quotient(a, b):
    """The whole number nearest to ``a / b``.

    >>> whole_quotient(6.0, 2.0000001)
    3.0
    """
    quotient = a / b
    return float(round(quotient)) if abs(quotient) < 2**52 else quotient


steps = nondifferentiable(sign, whole_quotient)
