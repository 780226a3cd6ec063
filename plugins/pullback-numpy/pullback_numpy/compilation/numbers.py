"""What does to floats of Python what NumPy does to its scalars, in a tenth of the time.

The results differ by the last digit at most. Where NumPy would give an infinity or NaN for finite
numbers, the functions of `math` raise, and so does what is written here; sums and products of
floats are what they are for NumPy.
"""

from __future__ import annotations

import math
import operator

import numpy as np

from pullback.compiler.facts import Call
from pullback.graph.nodes import Node
from pullback_numpy import indexing, strong

FUNCTIONS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: abs,
    np.fabs: abs,
    np.power: math.pow,
    np.float_power: math.pow,
    np.copysign: math.copysign,
    np.sqrt: math.sqrt,
    np.exp: math.exp,
    np.exp2: math.exp2,
    np.expm1: math.expm1,
    np.log: math.log,
    np.log2: math.log2,
    np.log10: math.log10,
    np.log1p: math.log1p,
    np.sin: math.sin,
    np.cos: math.cos,
    np.tan: math.tan,
    np.arcsin: math.asin,
    np.arccos: math.acos,
    np.arctan: math.atan,
    np.arctan2: math.atan2,
    np.hypot: math.hypot,
    np.cosh: math.cosh,
    np.arcsinh: math.asinh,
    np.arccosh: math.acosh,
    np.arctanh: math.atanh,
    np.degrees: math.degrees,
    np.rad2deg: math.degrees,
    np.radians: math.radians,
    np.deg2rad: math.radians,
}
"""Function of NumPy -> that of Python. Not cbrt, sinh and tanh, which differ by more."""


TAKING = (float, np.array, np.broadcast_to, np.stack, np.full_like, indexing.scatter)
"""What makes the same of a float as of a scalar of double precision."""


def register(facts):
    """Say it of ufuncs and of the strong products."""
    facts.spell(np.generic.item, as_float)
    facts.take_floats(*TAKING)
    facts.box(np.float64, float)
    for function, plain in FUNCTIONS.items():
        facts.number(function, plain)
    facts.number(np.square, square)
    facts.number(np.reciprocal, reciprocal)
    facts.number(strong.multiply, strong_product, unless_nan=operator.mul)
    facts.number(strong.bilinear, strong_product, unless_nan=operator.mul)
    facts.number(strong.divide, strong_quotient, unless_nan=operator.truediv)
    facts.number(strong.power_log, strong_power)


def as_float(node):
    """The float that a scalar is, by its type, which takes floats as well."""
    x, *others = node.args
    if others or node.params or node.space is None or node.space[0] is not float:
        return None
    return Call(float, (x,)) if type(x) is Node and x.space == (np.float64, None, None) else None


def square(x):
    """``x * x``."""
    return x * x


def reciprocal(x):
    """``1 / x``."""
    return 1.0 / x


def strong_product(ct, factor):
    """``ct * factor``.

    Raises:
        ArithmeticError: it is NaN, or 0 by a strong zero; NumPy's own knows.
    """
    product = ct * factor
    if product != product:
        raise ArithmeticError(f"{ct} * {factor} is not a number")
    return product


def strong_quotient(ct, d):
    """``ct / d``.

    Raises:
        ArithmeticError: it is NaN, or 0 by a strong zero.
    """
    quotient = ct / d
    if quotient != quotient:
        raise ArithmeticError(f"{ct} / {d} is not a number")
    return quotient


def strong_power(ct, a, p, k=0):
    """``ct * a**p * log(a)**k``.

    Raises:
        ArithmeticError: it is NaN, or 0 by a strong zero.
        ValueError: the power or the logarithm is not real.
    """
    y = math.pow(a, p)
    if k:
        y *= math.log(a) ** k
    return strong_product(ct, y)
