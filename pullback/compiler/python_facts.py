"""What the compiler knows without a plugin: Python's operators and `math`, of floats."""

from __future__ import annotations

import math
import operator
from typing import Final

from pullback.compiler.arithmetic import arithmetic, with_floats
from pullback.compiler.facts import Call, Facts
from pullback.graph.nodes import Node
from pullback.graph.recorder import leaf, member
from pullback.spaces import Space

__all__ = ["register"]

_OPERATORS: Final = (operator.add, operator.sub, operator.mul, operator.truediv)
_OTHERS: Final = (operator.neg, operator.pos, operator.abs, operator.mod)
_BUILTINS: Final = (abs, float.conjugate)


def register(facts: Facts) -> None:
    """Say it: of operators between floats, and of the functions of `math`."""
    for function, found in arithmetic(is_float).items():
        facts.simplify(function, found)
    for function in _OPERATORS:
        facts.number_for_array(function, _floats)
    facts.simplify(math.pow, _power)
    facts.simplify(float.conjugate, _itself)
    facts.commute(operator.add, operator.mul)
    facts.view(operator.getitem, member, leaf)
    for function in (*_OPERATORS, *_OTHERS, *_BUILTINS):
        facts.number(function, function)
    facts.number(operator.pow, math.pow)  # which raises where ``**`` returns a complex number
    for value in vars(math).values():
        if callable(value):
            facts.number(value, value)


def is_float(space: Space) -> bool:
    """Whether values are Python's floats."""
    return space[0] is float


def _floats(node: Node) -> Call | Node | None:
    if node.space is None or node.space[0] is not float:
        return None
    return with_floats(node)


def _itself(node: Node) -> Call | Node | None:
    x = node.args[0]
    return x if type(x) is Node else None


def _power(node: Node) -> Call | Node | None:
    base, exponent = node.args
    return base if type(base) is Node and exponent == 1 else None
