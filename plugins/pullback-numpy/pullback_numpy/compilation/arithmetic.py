"""Arithmetic of arrays: ufuncs as operators, real numbers, powers, and strong zeros.

The passes know arithmetic by its operators, so ``numpy.multiply(a, b)`` is ``a * b`` first; that
takes less time as well. Complex numbers keep all their operations: ``1.0 * z`` may turn -0.0 to
0.0, or an infinity to NaN.
"""

from __future__ import annotations

import operator

import numpy as np

from pullback.compiler.arithmetic import arithmetic
from pullback.compiler.facts import Call
from pullback.graph.nodes import Node
from pullback_numpy import strong
from pullback_numpy.compilation.nodes import PLAIN, is_array, is_call, is_numpy, is_real

OPERATORS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: abs,
    np.matmul: operator.matmul,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
}
"""Ufunc -> the operator that calls it for arrays, and does the same to scalars."""


def register(facts):
    """Say what arithmetic is simpler, and which arguments may change places."""
    for ufunc, function in OPERATORS.items():
        facts.simplify(ufunc, _as_operator(function))
    for function, found in arithmetic(is_real).items():
        facts.simplify(function, found)
    facts.simplify(operator.pow, square)
    facts.simplify(np.power, power)
    facts.simplify(np.square, squared)
    facts.simplify(strong.multiply, strong_product)
    facts.simplify(strong.divide, strong_quotient)
    facts.commute(np.add, np.multiply)


def _as_operator(function):
    def as_operator(node):
        args = node.args
        if node.params or len(args) > 2 or not any(map(is_numpy, args)):
            return None
        for arg in args:
            if not is_numpy(arg) and not _is_number(arg):
                return None
        return Call(function, args)

    return as_operator


def _is_number(value):
    """Whether a value is a number of Python, or a node that stands for one."""
    kind = value.space and value.space[0] if type(value) is Node else type(value)
    return kind in PLAIN


def square(node):
    """``x**2`` is ``x * x``, which is how arrays compute it; scalars and floats do otherwise."""
    x, exponent = node.args
    if type(exponent) in (int, float) and exponent == 2 and is_array(x) and is_real(x.space):
        return Call(operator.mul, (x, x)) if x.space == node.space else None
    return None


def power(node):
    """A power with a plain exponent as the operator, which is what the rule computes."""
    if node.params or not is_array(node.args[0]) or type(node.args[1]) not in (int, float):
        return None
    return Call(operator.pow, node.args)


def squared(node):
    """``numpy.square(x)`` is ``x * x``."""
    (x, *others) = node.args
    if node.params or others or type(x) is not Node or node.space is None:
        return None
    return Call(operator.mul, (x, x)) if is_real(node.space) and x.space == node.space else None


def strong_product(node):
    """A product in which zeros are strong, by something that is never zero, is a product."""
    ct, factor = node.args
    if never_zero(ct) and (is_numpy(ct) or is_numpy(factor)):
        return Call(operator.mul, (ct, factor))
    return None


def strong_quotient(node):
    """A quotient of what is never zero is one, where no division by zero is to be silenced."""
    ct, d = node.args
    if never_zero(ct) and never_zero(d) and (is_numpy(ct) or is_numpy(d)):
        return Call(operator.truediv, (ct, d))
    return None


def never_zero(value, depth=3):
    """Whether no element of a value can be 0, whatever is fed."""
    if type(value) is not Node:
        if isinstance(value, (np.ndarray, np.generic)):
            return value.dtype.kind in "fciub" and np.count_nonzero(value) == value.size
        return type(value) in PLAIN and value != 0
    if not depth or value.params or value.space is None or not is_real(value.space):
        return False
    if is_call(value, operator.add):
        return any(
            type(a) is not Node and _is_positive(a) and never_negative(b, depth - 1)
            for a, b in (value.args, value.args[::-1])
        )
    if is_call(value, np.sqrt):
        return never_zero(value.args[0], depth - 1)
    return is_call(value, np.cosh)


def _is_positive(value):
    return type(value) in (int, float) and value > 0


def never_negative(value, depth):
    """Whether no element of a value can be less than 0."""
    if type(value) is not Node:
        return _is_positive(value)
    if not depth or value.params or value.space is None or not is_real(value.space):
        return False
    if is_call(value, operator.mul):
        return value.args[0] is value.args[1]
    if is_call(value, operator.add):
        return all(never_negative(arg, depth - 1) for arg in value.args)
    return is_call(value, np.exp, np.sqrt, np.cosh, np.hypot, abs)
