"""What the compiler must know of strong zeros: between floats they are plain products, mostly."""

from __future__ import annotations

import operator

from pullback.compiler import Call
from pullback_math.strong import bilinear, divide, power_log


def register(facts):
    """Say it."""
    facts.number(divide, checked_quotient, unless_nan=operator.truediv)
    facts.number(bilinear, checked_product, unless_nan=operator.mul)
    facts.simplify(power_log, first_power)


def checked_product(a, b):
    """``a * b``.

    >>> checked_product(2.0, 3.0)
    6.0

    Raises:
        ArithmeticError: it is NaN, or 0 by a strong zero; `bilinear` knows.
    """
    product = a * b
    if product != product:
        raise ArithmeticError(f"{a} * {b} is not a number")
    return product


def checked_quotient(ct, x):
    """``ct / x``.

    >>> checked_quotient(1.0, 4.0)
    0.25

    Raises:
        ArithmeticError: ``x`` is 0, or the quotient is NaN; `divide` knows.
    """
    quotient = ct / x
    if quotient != quotient:
        raise ArithmeticError(f"{ct} / {x} is not a number")
    return quotient


def first_power(node):
    """``ct * a**1``, as what it is."""
    ct, a, b, n = node.args
    is_float = node.space is not None and node.space[0] is float
    return Call(bilinear, (ct, a)) if is_float and b == 1 and n == 0 else None
