"""The polygamma functions: the derivatives of the logarithm of the gamma function.

Method (Abramowitz & Stegun, Handbook of Mathematical Functions, section 6.4): the recurrence 6.4.6
raises the argument until the asymptotic series 6.4.11 is exact to rounding; the reflection 6.4.7
leads from negative to positive arguments.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import count

from pullback import elementwise, primitive
from pullback.domains import positive
from pullback_math.strong import bilinear

ROOT = (1.4616321449683622, 9.549995429965697e-17)
"""The positive root of digamma, 1.46163214496836234126... (OEIS A030169), in two floats."""


@primitive
def polygamma(n, x):
    """The ``n``-th derivative of the digamma function, which is the derivative of ``lgamma``.

    Relative error below 1e-13 for positive ``x`` and orders up to 30, above which it may underflow
    to 0 at large ``x``; for negative ``x`` that holds away from the roots.

    Args:
        n: the order, an int from 0.
        x: a float.

    Raises:
        ValueError: ``x`` is a pole: 0 or a negative whole number.

    >>> polygamma(0, 1.0)  # minus Euler's constant
    -0.577215664901532...
    >>> polygamma(1, 1.0)  # pi² / 6
    1.644934066848226...
    """
    x = float(x)  # an array without axes would be written to below
    if x <= 0 and x.is_integer():
        raise ValueError(f"polygamma({n}, x) has a pole at {x}")
    if x > 0:
        near_root = n == 0 and abs(x - ROOT[0]) < 0.2
        return _near_root(x) if near_root else _at_positive(n, x)
    if math.isinf(x):
        return math.nan
    return (-1) ** n * _at_positive(n, 1.0 - x) - math.pi ** (n + 1) * _cotangent(n, x)


polygamma_rule = elementwise(
    polygamma, None, lambda ct, a, b: bilinear(ct, polygamma(a + 1, b)), domain=(None, positive)
)


def _at_positive(n, x):
    """The terms of 6.4.6 and 6.4.11; all but the logarithm of digamma have the same sign."""
    recurrence = 0.0
    while x < n + 10:
        recurrence += _inverse_power(x, n + 1)
        x += 1.0
    tail = 0.5 * n / x if n else 0.5 / x
    for k, bernoulli in zip(count(2, 2), _bernoulli_numbers()):
        tail += bernoulli * _ratio_of_factorials(k, n) * x**-k
    if n == 0:
        return math.log(x) - tail - recurrence
    series = _inverse_power(x, n) * (1.0 + tail)
    return (-1) ** (n + 1) * (math.factorial(n - 1) * series + math.factorial(n) * recurrence)


@cache
def _bernoulli_numbers():
    """B_2, B_4, ... B_22, from the derivatives of the tangent at 0 (A & S 4.3.67)."""
    return [
        (-1) ** k * 2 * k * _cotangent_polynomial(2 * k - 1)[0] / (4**k * (4**k - 1))
        for k in range(1, 12)
    ]


def _ratio_of_factorials(k, n):
    """``(k + n - 1)! / (k! (n - 1)!)``, and ``1 / k`` for ``n = 0``."""
    return math.comb(k + n - 1, k) if n else 1.0 / k


def _inverse_power(x, n):
    try:
        return x**-n
    except OverflowError:
        return math.inf


@cache
def _taylor_at_root():
    """The coefficients of digamma at its root, from the first order on."""
    return [_at_positive(n, ROOT[0]) / math.factorial(n) for n in range(1, 21)]


def _near_root(x):
    """Digamma where the recurrence would cancel: its Taylor series, of radius 1.46."""
    shift = (x - ROOT[0]) - ROOT[1]
    return sum(slope * shift**k for k, slope in enumerate(_taylor_at_root(), 1))


def _cotangent_polynomial(n):
    """The ``n``-th derivative of ``cot``, a polynomial in ``cot``: its coefficients, integers."""
    polynomial = [0, 1]
    for _ in range(n):  # the derivative of c is -(1 + c²)
        slopes = [power * factor for power, factor in enumerate(polynomial)][1:]
        polynomial = [-a - b for a, b in zip([*slopes, 0, 0], [0, 0, *slopes], strict=True)]
    return polynomial


def _cotangent(n, x):
    """The ``n``-th derivative of ``cot``, at ``pi * x``."""
    cotangent = 1.0 / math.tan(math.pi * math.remainder(x, 1.0))
    total = 0.0
    for factor in reversed(_cotangent_polynomial(n)):
        total = total * cotangent + factor
    return total
