"""The mutation operators: for a node of a rule's source, what a slip of its author would make.

Each operator is a generator of replacements. Here are those of formulas; those of decisions, of
results and of statements are in `tests.mutation.decisions`.
"""

from __future__ import annotations

import ast
import cmath
import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from tests.mutation.sources import Unit
from tests.mutation.vocabulary import (
    COMMUTING,
    DECLARATIONS,
    DECLARING,
    FUNCTIONS,
    MODULES,
    OTHER_ORDER,
    PARTNERS,
    UNTOUCHED,
    callee,
    is_method,
)

Node: TypeAlias = ast.expr | ast.stmt
Operator: TypeAlias = Callable[[Any, "Place"], Iterator[Node]]
"""Takes a node and its place; yields replacements."""

_CASTS: Final = (ast.List, ast.Tuple, ast.ListComp, ast.JoinedStr)


@dataclass(frozen=True)
class Place:
    """What an operator may know of where its node stands."""

    parents: tuple[ast.AST, ...] = ()
    functions: tuple[str, ...] = ()
    bound: frozenset[str] = frozenset()
    """The names that are parameters or variables of the functions around the node."""
    globals: frozenset[str] = frozenset()
    unit: Unit | None = None
    statement: int = 0

    @property
    def parent(self) -> ast.AST:
        """The node around this one."""
        return self.parents[-1]


OPERATORS: Final[list[tuple[str, type | tuple[type, ...], Operator]]] = []


def operator(name: str, *kinds: type) -> Callable[[Operator], Operator]:
    """Make the decorated generator the operator ``name`` for nodes of ``kinds``."""

    def declare(function: Operator) -> Operator:
        OPERATORS.append((name, kinds, function))
        return function

    return declare


def _number(value: complex) -> ast.expr:
    return ast.parse(repr(value), mode="eval").body


def _binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, op, right)


@operator("sign", ast.UnaryOp)
def sign(node: ast.UnaryOp, place: Place) -> Iterator[Node]:
    """``-x`` becomes ``x``, ``not x`` too."""
    yield node.operand


@operator("operator", ast.BinOp)
def arithmetic(node: ast.BinOp, place: Place) -> Iterator[Node]:
    """Another operator between the same operands."""
    if isinstance(node.left, _CASTS) or isinstance(node.right, _CASTS):
        return
    if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
        return
    others: dict[type, list[ast.operator]] = {
        ast.Add: [ast.Sub()],
        ast.Sub: [ast.Add()],
        ast.Mult: [ast.Div()],
        ast.Div: [ast.Mult()],
        ast.FloorDiv: [ast.Div(), ast.Mod()],
        ast.Mod: [ast.FloorDiv()],
        ast.Pow: [ast.Mult()],
        ast.BitAnd: [ast.BitOr()],
        ast.BitOr: [ast.BitAnd()],
    }
    for other in others.get(type(node.op), []):
        yield _binary(node.left, other, node.right)


@operator("dropped operand", ast.BinOp)
def dropped_operand(node: ast.BinOp, place: Place) -> Iterator[Node]:
    """A factor or term is missing, or the exponent of a square."""
    yield node.left
    if not isinstance(node.op, (ast.Mod, ast.Pow)):
        yield node.right


@operator("swapped operands", ast.BinOp)
def swapped_operands(node: ast.BinOp, place: Place) -> Iterator[Node]:
    """The operands of what does not commute."""
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow)):
        yield _binary(node.right, node.op, node.left)


@operator("in place", ast.BinOp)
def in_place(node: ast.BinOp, place: Place) -> Iterator[Node]:
    """The result is written into the left operand, which is the caller's."""
    names = {ast.Add: "iadd", ast.Sub: "isub", ast.Mult: "imul", ast.Div: "itruediv"}
    name = names.get(type(node.op))
    caller = isinstance(node.left, ast.Name) and node.left.id in ("ct", "y", "x", "a", "b", "g")
    if name and caller and "np" in place.globals:
        yield ast.parse(
            f"__import__('operator').{name}({ast.unparse(node.left)}, {ast.unparse(node.right)})",
            mode="eval",
        ).body


@operator("wrong constant", ast.Constant)
def wrong_constant(node: ast.Constant, place: Place) -> Iterator[Node]:
    """Off by one, or another number; another memory order."""
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield _number(value + 1)
        yield _number(value - 1)
    elif isinstance(value, float):
        yield _number(value + 1.0)
        if value:
            yield _number(value / 2)
    elif isinstance(value, complex):
        yield _number(value.imag or 1.0)
    elif isinstance(value, str) and value in OTHER_ORDER:
        yield ast.Constant(OTHER_ORDER[value])


@operator("wrong axis", ast.Name, ast.Constant)
def wrong_axis(node: ast.Name | ast.Constant, place: Place) -> Iterator[Node]:
    """The next axis, the first, or all of them."""
    parent = place.parent
    if isinstance(node, ast.Constant):
        if type(node.value) is int and isinstance(parent, ast.keyword) and parent.arg == "axis":
            yield ast.Constant(None)
        return
    if node.id not in ("axis", "place", "axis1", "axis2") or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(parent, (ast.Call, ast.keyword, ast.Subscript)):
        yield _binary(node, ast.Add(), ast.Constant(1))
        yield ast.Constant(0)
        if isinstance(parent, ast.keyword):
            yield ast.Constant(None)


@operator("other function", ast.Name, ast.Attribute)
def other_function(node: ast.Name | ast.Attribute, place: Place) -> Iterator[Node]:
    """A function or constant of similar name, where both exist."""
    if not isinstance(node.ctx, ast.Load):
        return
    if isinstance(node, ast.Name):
        other = FUNCTIONS.get(node.id)
        known = place.bound if node.id in place.bound else place.globals - place.bound
        if other in known:
            yield ast.Name(other, ast.Load())
        return
    other = FUNCTIONS.get(node.attr)
    if other is None:
        return
    owner = ast.unparse(node.value)
    modules: dict[str, Any] = {"np": np, "math": math, "cmath": cmath}
    exists = hasattr(modules[owner], other) if owner in modules else hasattr(np.ndarray, other)
    if exists or owner in MODULES - {*modules}:
        yield ast.Attribute(node.value, other, ast.Load())


@operator("other variable", ast.Name)
def other_variable(node: ast.Name, place: Place) -> Iterator[Node]:
    """Another variable of the same function, ``b`` instead of ``a``."""
    if isinstance(node.ctx, ast.Load) and node.id in place.bound:
        for pair in PARTNERS:
            if node.id in pair:
                (other,) = {*pair} - {node.id}
                if other in place.bound:
                    yield ast.Name(other, ast.Load())


@operator("other variable", ast.Lambda)
def other_parameter(node: ast.Lambda, place: Place) -> Iterator[Node]:
    """A formula that asks for another primal, or for the output."""
    if callee(place.parent) != "elementwise":
        return
    names = [parameter.arg for parameter in node.args.args]
    assert isinstance(place.parent, ast.Call)
    several = len(place.parent.args) > 2
    allowed = ("a", "b", "y") if several else ("x", "y")
    for name in names:
        for other in allowed:
            if name in allowed and other not in names:
                yield _renamed(node, name, other)


def _renamed(node: ast.Lambda, name: str, other: str) -> ast.Lambda:
    renamed = deepcopy(node)
    for inner in ast.walk(renamed):
        if isinstance(inner, ast.Name) and inner.id == name:
            inner.id = other
        elif isinstance(inner, ast.arg) and inner.arg == name:
            inner.arg = other
    return renamed


@operator("swapped arguments", ast.Call)
def swapped_arguments(node: ast.Call, place: Place) -> Iterator[Node]:
    """Two neighbours among the positional arguments."""
    extreme = isinstance(node.func, ast.Name) and node.func.id in ("max", "min")
    if extreme or callee(node) in UNTOUCHED | COMMUTING:
        return
    first = 1 if callee(node) in DECLARING | {"where"} else 0
    for index in range(first, len(node.args) - 1):
        one, two = node.args[index : index + 2]
        if not isinstance(one, ast.Starred) and not isinstance(two, ast.Starred):
            args = [*node.args[:index], two, one, *node.args[index + 2 :]]
            yield ast.Call(node.func, args, node.keywords)


@operator("dropped call", ast.Call)
def dropped_call(node: ast.Call, place: Place) -> Iterator[Node]:
    """``f(x, ...)`` becomes ``x``, ``x.f(...)`` too: no conjugate, no copy, no transpose."""
    if callee(node) in UNTOUCHED | DECLARING or isinstance(place.parent, ast.Expr):
        return
    if is_method(node):
        yield node.func.value  # type: ignore[attr-defined]
    elif node.args and not isinstance(node.args[0], (ast.Starred, ast.GeneratorExp)):
        yield node.args[0]


@operator("dropped argument", ast.Call)
def dropped_argument(node: ast.Call, place: Place) -> Iterator[Node]:
    """A keyword, or a positional dtype."""
    if callee(node) in DECLARING or callee(node) in ("replace", "_shared"):
        return
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None and keyword.arg not in DECLARATIONS:
            others = [*node.keywords[:index], *node.keywords[index + 1 :]]
            yield ast.Call(node.func, node.args, others)
    if len(node.args) > 1 and ast.unparse(node.args[-1]).endswith("dtype"):
        yield ast.Call(node.func, node.args[:-1], node.keywords)


@operator("plain operation", ast.Call)
def plain_operation(node: ast.Call, place: Place) -> Iterator[Node]:
    """Strong zeros forgotten: ``divide(ct, x)`` becomes ``ct / x``."""
    name = callee(node)
    if not isinstance(node.func, ast.Name) or any(isinstance(a, ast.Starred) for a in node.args):
        return
    if name == "divide" and len(node.args) == 2:
        yield _binary(node.args[0], ast.Div(), node.args[1])
    elif name in ("multiply", "bilinear") and len(node.args) == 2:
        yield _binary(node.args[0], ast.Mult(), node.args[1])
    elif name == "over_root":
        root = ast.parse("np.sqrt(_)", mode="eval").body
        assert isinstance(root, ast.Call)
        root.args = [node.args[1]]
        yield _binary(node.args[0], ast.Div(), root)
    elif name == "power_log":
        power = _binary(node.args[1], ast.Pow(), node.args[2])
        yield _binary(node.args[0], ast.Mult(), power)
