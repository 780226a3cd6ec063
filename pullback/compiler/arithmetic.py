"""Arithmetic of real numbers, simpler where that is exact in floating point.

The operators of Python are the same for floats and for the real arrays of a library, whose plugin
so takes the formulas from here. They keep every bit: signed zeros, infinities, and that there is
a NaN. So ``0.0 * x``, ``x - x`` and ``a * (b * x)`` stay; ``0.0 + x`` does unless ``x`` is known
not to be -0.0.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import partial
from math import copysign, frexp, isfinite
from typing import Any, Final, TypeAlias

from pullback.compiler.facts import Call, Simplification
from pullback.graph.nodes import Node
from pullback.spaces import Space

__all__ = ["EXACT_INTEGERS", "arithmetic", "number_of", "with_floats"]

Found: TypeAlias = "Node | Call | None"
IsReal: TypeAlias = Callable[[Space], bool]

EXACT_INTEGERS: Final = 2**24
"""Whole numbers below it are floats of single precision, too."""
_LARGEST: Final = 2.0**100
"""Beyond, or below its reciprocal, a power of two may be none in single precision."""
_DEEPEST: Final = 3


def arithmetic(is_real: IsReal) -> Mapping[Any, Simplification]:
    """Operator -> what may be done instead, where the output is real.

    Args:
        is_real: whether values of a space are numbers or arrays of single or double precision.
    """
    formulas: Mapping[Any, Callable[..., Found]] = {
        operator.mul: _product,
        operator.add: _sum,
        operator.sub: _difference,
        operator.truediv: _quotient,
        operator.neg: _negative,
        operator.pos: _itself,
        operator.pow: _power,
    }
    return {function: partial(_real, is_real, formula) for function, formula in formulas.items()}


def _real(is_real: IsReal, formula: Callable[..., Found], node: Node) -> Found:
    if node.space is None or node.params or not is_real(node.space):
        return None
    return formula(is_real, *node.args)


def _is(value: Any, function: Any) -> bool:
    """Whether a value is a call of ``function`` by position."""
    return type(value) is Node and value.function is function and not value.params


def _is_negated(value: Any, is_real: IsReal) -> bool:
    """Whether a value is a negated one that is real itself: there is no integer -0."""
    if not _is(value, operator.neg) or value.space is None:
        return False
    return is_real(value.space)


def _negated(is_real: IsReal, x: Node) -> Found:
    return Call(operator.neg, (x,)) if x.space is not None and is_real(x.space) else None


def number_of(value: Any) -> float | None:
    """The number, if a value is a float of Python that is finite."""
    return value if type(value) is float and isfinite(value) else None


def _is_power_of_two(number: float) -> bool:
    return abs(frexp(number)[0]) == 0.5 and 1 / _LARGEST <= abs(number) <= _LARGEST


def _is_exact_inside(outer: float, inner: float) -> bool:
    """Whether ``outer * (inner * x)`` rounds once: the inner product overflows with the outer."""
    if abs(inner) < 1.0 or abs(outer) < 1.0 or abs(outer * inner) > _LARGEST:
        return False
    return _is_power_of_two(inner)


def _same(x: Any, y: Any) -> bool:
    """Whether two nodes have values of one type, shape and dtype."""
    return type(x) is Node and type(y) is Node and x.space == y.space and x.space is not None


def _product(is_real: IsReal, a: Any, b: Any) -> Found:
    if type(b) is float:
        return Call(operator.mul, (b, a))
    if _is_negated(b, is_real) and _is_negated(a, is_real):
        return Call(operator.mul, (a.args[0], b.args[0]))
    c = number_of(a)
    if c is None or type(b) is not Node:
        return None
    if c == 1.0:
        return b
    if c == -1.0:
        return _negated(is_real, b)
    if _is_negated(b, is_real):
        return Call(operator.mul, (-c, b.args[0]))
    if _is(b, operator.mul):
        inner = number_of(b.args[0])
        if inner is not None and _same(b, b.args[1]) and _is_exact_inside(c, inner):
            return Call(operator.mul, (c * inner, b.args[1]))
    return None


def _sum(is_real: IsReal, a: Any, b: Any) -> Found:
    if type(b) is float:
        return Call(operator.add, (b, a))
    if a is b:
        return Call(operator.mul, (2.0, a))
    if _is_negated(b, is_real) and type(a) is Node:
        return Call(operator.sub, (a, b.args[0]))
    if _is_negated(a, is_real) and type(b) is Node:
        return Call(operator.sub, (b, a.args[0]))
    if type(a) is float and a == 0.0 and type(b) is Node:
        return b if copysign(1.0, a) < 0 or _never_minus_zero(b) else None
    return None


def _difference(is_real: IsReal, a: Any, b: Any) -> Found:
    if type(b) is float and b == 0.0 and copysign(1.0, b) > 0 and type(a) is Node:
        return a
    if type(a) is float and a == 0.0 and copysign(1.0, a) < 0 and type(b) is Node:
        return _negated(is_real, b)
    if _is_negated(b, is_real):
        return Call(operator.add, (a, b.args[0]))
    return None


def _quotient(is_real: IsReal, a: Any, b: Any) -> Found:
    if _is_negated(a, is_real) and _is_negated(b, is_real):
        return Call(operator.truediv, (a.args[0], b.args[0]))
    c = number_of(b)
    if c is not None and type(a) is Node and _is_power_of_two(c):
        return Call(operator.mul, (1.0 / c, a))  # of one mantissa, and so rounded alike
    return None


def _negative(is_real: IsReal, x: Any) -> Found:
    if _is_negated(x, is_real):
        return x.args[0] if type(x.args[0]) is Node else None
    if _is(x, operator.mul):
        c = number_of(x.args[0])
        if c is not None:
            return Call(operator.mul, (-c, x.args[1]))
    return None


def _itself(is_real: IsReal, x: Any) -> Found:
    return x if type(x) is Node else None


def _power(is_real: IsReal, base: Any, exponent: Any) -> Found:
    if type(exponent) in (int, float) and exponent == 1 and type(base) is Node:
        return base
    return None


def _never_minus_zero(x: Any, depth: int = _DEEPEST) -> bool:
    """Whether a value is known to be no -0.0: a square, or a sum with one."""
    if type(x) is float:
        return x != 0.0 or copysign(1.0, x) > 0
    if not depth or type(x) is not Node or x.params:
        return False
    if x.function is operator.mul:
        return x.args[0] is x.args[1]
    if x.function is operator.add:
        return any(_never_minus_zero(arg, depth - 1) for arg in x.args)
    return x.function is abs


def with_floats(node: Node) -> Found:
    """The call with floats for its whole numbers, as ``2.0 * x`` is faster than ``2 * x``.

    The other arguments have the space of the output, which so stays what it is.
    """
    args = node.args
    if int not in map(type, args):
        return None
    for arg in args:
        if type(arg) is Node:
            if arg.space != node.space:
                return None
        elif type(arg) is not int or abs(arg) > EXACT_INTEGERS:
            return None
    return Call(node.function, tuple([float(a) if type(a) is int else a for a in args]))
