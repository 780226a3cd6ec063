"""Products and quotients in which an exactly zero cotangent wins over a singular factor.

Where the cotangent is exactly 0, so is the result, whatever the other factor is: 0, infinite or
NaN. So ``np.where(x > 0, np.sqrt(x), 0)`` has no NaN in its gradient, nor in its Hessian. Every
rule with a factor that can be singular builds it from these functions.

All but `over_root` are primitives with rules of their own, because masking by ``ct == 0`` inside
of a formula would lose the derivative by ``ct``, which is ``1 / d`` there as everywhere.

How to write a rule with them: let a singular factor act on the bare cotangent, or on something
that makes it bounded, so that no infinity meets a primal that is 0. For the norm ``n`` of ``x``
write ``ct * divide(x, n)``, not ``divide(ct * x, n)``: both give 0 at ``x = 0``, but the second
has NaN in its own derivative where ``ct`` is 0.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
from numpy import count_nonzero, errstate, integer, isfinite, isnan, ndarray

from pullback import primitive, rule
from pullback.domains import nonzero, positive, reals
from pullback.spaces import Traced


def divide(ct, d):
    """``ct / d``, and 0 where ``ct`` is exactly 0; silent where ``d`` is 0.

    Args:
        ct: the cotangent: an array or number of any shape that broadcasts with ``d``.
        d: the denominator.

    >>> divide(np.array([0.0, 0.0, 1.0, 6.0]), np.array([0.0, np.nan, 0.0, 2.0]))
    array([ 0.,  0., inf,  3.])
    """
    if isinstance(ct, Traced) or isinstance(d, Traced):
        return _traced_divide(ct, d)
    if isinstance(d, (float, int)) and d and d == d:
        return ct / d
    q = _silent_divide(ct, d)
    return _zero_where(ct == 0, q) if may_have_nan(q) else q


def multiply(ct, factor):
    """``ct * factor``, and 0 where ``ct`` is exactly 0; silent where that meets infinity.

    Args:
        ct: the cotangent: an array or number of any shape that broadcasts with ``factor``.
        factor: may be infinite or NaN.

    >>> multiply(np.array([0.0, 0.0, 2.0]), np.array([np.inf, np.nan, 3.0]))
    array([0., 0., 6.])
    """
    if isinstance(ct, Traced) or isinstance(factor, Traced):
        return _traced_multiply(ct, factor)
    if all_finite(factor):
        return ct * factor
    return _zero_where(ct == 0, _silent_multiply(ct, factor))


def bilinear(a, b):
    """``a * b``, and 0 where either is exactly 0: for two cotangents.

    The rules of this module need it. Where ``ct`` is 0, ``ct / d`` is 0 for every ``d``, so the
    derivative by ``d`` is 0 however large the cotangent that arrives there.

    >>> bilinear(np.array([0.0, np.inf, 2.0]), np.array([np.inf, 0.0, 3.0]))
    array([0., 0., 6.])
    """
    if isinstance(a, Traced) or isinstance(b, Traced):
        return _traced_bilinear(a, b)
    if all_finite(a) and all_finite(b):
        return a * b
    return _zero_where((a == 0) | (b == 0), _silent_multiply(a, b))


def over_root(ct, d):
    """``ct / sqrt(d)``, and 0 where ``ct`` is exactly 0; silent where ``d`` is 0 or negative.

    Args:
        ct: the cotangent: an array or number of any shape that broadcasts with ``d``.
        d: what stands under the root.

    >>> over_root(np.array([0.0, 0.0, 1.0, 6.0]), np.array([0.0, -1.0, 0.0, 4.0]))
    array([ 0.,  0., inf,  3.])
    """
    if isinstance(d, float) and d > 0:  # there is nothing to silence, which would take longer
        return divide(ct, np.sqrt(d))
    return divide(ct, _silent_sqrt(d))


def power_log(ct, a, p, k=0):
    """``ct * a**p * log(a)**k``, and 0 where ``ct`` or the power is 0; silent everywhere.

    Closed under differentiation, which makes all derivatives of a power exact. At ``a = 0`` it is
    continued: 0 for ``p > 0``; ``ct`` for ``p = k = 0``.

    Args:
        ct: the cotangent: an array or number of any shape that broadcasts with ``a`` and ``p``.
        a: the base.
        p: the exponent.
        k: how often the logarithm is a factor, an int >= 0.

    >>> power_log(np.array([0.0, 3.0, 3.0]), np.array([0.0, 0.0, 2.0]), np.array([-1, 0, 1]))
    array([0., 3., 6.])
    """
    if isinstance(ct, Traced) or isinstance(a, Traced) or isinstance(p, Traced):
        return _traced_power_log(ct, a, p, k=k)
    y = _silent_power(a, p)
    if k:
        with errstate(all="ignore"):
            # A power that is complex takes the logarithm of a negative number that is.
            log = np.log(np.add(a, 0j) if np.iscomplexobj(y) and not np.iscomplexobj(a) else a)
            log = log.item() if type(a) in (float, int, complex) else log  # of no precision
            y = _zero_where((a == 0) & (np.real(p) > 0), y * log**k)
    return bilinear(ct, y)


_silent_divide = errstate(all="ignore")(np.true_divide)
_silent_multiply = errstate(all="ignore")(np.multiply)
_silent_sqrt = errstate(all="ignore")(np.sqrt)
_silent_power = errstate(all="ignore")(np.power)


def _zero_where(mask, value):
    """``value`` with zeros at ``mask``, of the same dtype; a number where both are numbers."""
    return np.where(mask, 0, value)[()]


def may_have_nan(x):
    """Whether some of ``x`` is NaN; true for what is computed later, whose values are not known."""
    count: Any = count_nonzero(isnan(x))
    return count > 0 if isinstance(count, (int, integer)) else True


def all_finite(x):
    """Whether all of ``x`` is finite; false for what is no plain array or float."""
    if type(x) is ndarray:
        return count_nonzero(isfinite(x)) == x.size
    return isinstance(x, (float, int)) and -inf < x < inf


_traced_divide = primitive(divide)
_traced_multiply = primitive(multiply)
_traced_bilinear = primitive(bilinear)
_traced_power_log = primitive(power_log)


@rule(
    divide,
    domain=(reals, nonzero),
    # Python's own quotient of zero by that complex number is NaN.
    points={(0.0, 0.0): (inf, 0.0), (0.0, complex(inf, inf)): (nan, 0.0)},
)
def divide_rule(ct, d):
    """Bilinear in ``ct`` and ``1 / d``: the cotangents are ``g / d`` and ``-g ct / d / d``."""

    def divide_pullback_ct(g):
        return divide(g, d)

    def divide_pullback_d(g):
        return -divide(divide(bilinear(g, ct), d), d)

    return divide(ct, d), (divide_pullback_ct, divide_pullback_d)


@rule(multiply)
def multiply_rule(ct, factor):
    """Bilinear: the cotangents are ``g factor`` and ``g ct``."""

    def multiply_pullback_ct(g):
        return multiply(g, factor)

    def multiply_pullback_factor(g):
        return bilinear(g, ct)

    return multiply(ct, factor), (multiply_pullback_ct, multiply_pullback_factor)


@rule(bilinear)
def bilinear_rule(a, b):
    """Bilinear: the cotangents are ``g b`` and ``g a``."""

    def bilinear_pullback_a(g):
        return bilinear(g, b)

    def bilinear_pullback_b(g):
        return bilinear(a, g)

    return bilinear(a, b), (bilinear_pullback_a, bilinear_pullback_b)


@rule(
    power_log,
    domain=(reals, positive, reals, None),
    points={
        (0.0, 0.0, -1.0): (inf, 0.0, 0.0),
        (inf, 0.0, 2.0): (0.0, 0.0, 0.0),
        (inf, 0.0, 2.5): (0.0, 0.0, 0.0),
    },
)
def power_log_rule(ct, a, p, k=0):
    """``d(a^p log^k a) = (p a^(p-1) log^k a + k a^(p-1) log^(k-1) a) da + a^p log^(k+1) a dp``."""

    def power_log_pullback_ct(g):
        return power_log(g, a, p, k=k)

    def power_log_pullback_a(g):
        g = bilinear(g, ct)
        less = p - 1 if isinstance(p, (int, float, complex)) else np.subtract(p, 1)
        by_power = power_log(bilinear(g, p), a, less, k=k)
        return by_power + power_log(k * g, a, less, k=k - 1) if k else by_power

    def power_log_pullback_p(g):
        return power_log(bilinear(g, ct), a, p, k=k + 1)

    y = power_log(ct, a, p, k=k)
    return y, (power_log_pullback_ct, power_log_pullback_a, power_log_pullback_p)
