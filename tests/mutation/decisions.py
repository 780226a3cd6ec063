"""The mutation operators of decisions, results and statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy

from tests.mutation.operators import Node, Place, operator
from tests.mutation.vocabulary import MODULES, UNTOUCHED, callee


@operator("comparison", ast.Compare)
def comparison(node: ast.Compare, place: Place) -> Iterator[Node]:
    """The boundary belongs to the other side, or the sides are exchanged."""
    others: dict[type, list[ast.cmpop]] = {
        ast.Gt: [ast.GtE(), ast.Lt()],
        ast.GtE: [ast.Gt(), ast.Lt()],
        ast.Lt: [ast.LtE(), ast.Gt()],
        ast.LtE: [ast.Lt(), ast.Gt()],
        ast.Eq: [ast.NotEq()],
        ast.NotEq: [ast.Eq()],
        ast.In: [ast.NotIn()],
        ast.NotIn: [ast.In()],
    }
    for index, op in enumerate(node.ops):
        for other in others.get(type(op), []):
            ops = [*node.ops[:index], other, *node.ops[index + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


@operator("and, or", ast.BoolOp)
def connective(node: ast.BoolOp, place: Place) -> Iterator[Node]:
    """The other connective, or one condition forgotten."""
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for index in range(len(node.values)):
        values = [*node.values[:index], *node.values[index + 1 :]]
        yield ast.BoolOp(node.op, values) if len(values) > 1 else values[0]


@operator("branch", ast.IfExp)
def branch_of_expression(node: ast.IfExp, place: Place) -> Iterator[Node]:
    """Always the one, always the other."""
    yield node.body
    yield node.orelse


@operator("condition", ast.ListComp, ast.GeneratorExp, ast.SetComp)
def dropped_filter(node: ast.ListComp, place: Place) -> Iterator[Node]:
    """A comprehension without its condition."""
    for index, generator in enumerate(node.generators):
        if generator.ifs:
            every = deepcopy(node)
            every.generators[index].ifs = []
            yield every


@operator("dropped index", ast.Subscript)
def dropped_index(node: ast.Subscript, place: Place) -> Iterator[Node]:
    """``x[::-1]`` becomes ``x``."""
    if isinstance(node.ctx, ast.Load):
        yield node.value


@operator("dropped attribute", ast.Attribute)
def dropped_attribute(node: ast.Attribute, place: Place) -> Iterator[Node]:
    """``x.T`` becomes ``x``."""
    is_module = isinstance(node.value, ast.Name) and node.value.id in MODULES
    if node.attr in ("T", "mT", "real", "imag") and not is_module:
        yield node.value


@operator("swapped results", ast.Tuple)
def swapped_results(node: ast.Tuple, place: Place) -> Iterator[Node]:
    """Two neighbours of a tuple that is returned: each primal gets the other's cotangent."""
    if not _returned(place) or _is_output_and_pullback(node, place):
        return
    for index in range(len(node.elts) - 1):
        one, two = node.elts[index : index + 2]
        if ast.dump(one) != ast.dump(two):
            elements = [*node.elts[:index], two, one, *node.elts[index + 2 :]]
            yield ast.Tuple(elements, ast.Load())


@operator("dropped result", ast.Tuple)
def dropped_result(node: ast.Tuple, place: Place) -> Iterator[Node]:
    """``None`` instead of a pullback, or of a cotangent."""
    if not _returned(place):
        return
    first = 1 if _is_output_and_pullback(node, place) else 0
    for index in range(first, len(node.elts)):
        if isinstance(node.elts[index], (ast.Name, ast.BinOp, ast.Call)):
            elements = [*node.elts]
            elements[index] = ast.Constant(None)
            yield ast.Tuple(elements, ast.Load())


def _returned(place: Place) -> bool:
    for parent in reversed(place.parents):
        if isinstance(parent, ast.Return):
            return True
        if not isinstance(parent, ast.Tuple):
            return False
    return False


def _is_output_and_pullback(node: ast.Tuple, place: Place) -> bool:
    """Whether a tuple is what a rule returns, ``(y, pullback)``."""
    if not isinstance(place.parent, ast.Return) or len(node.elts) != 2:
        return False
    first, second = map(ast.unparse, node.elts)
    return "pullback" not in first and (
        "pullback" in second or second == "None" or second.startswith("(None") or "_" in second
    )


@operator("dropped statement", ast.Expr, ast.AugAssign, ast.Continue)
def dropped_statement(node: ast.stmt, place: Place) -> Iterator[Node]:
    """A step left out."""
    if not (isinstance(node, ast.Expr) and callee(node.value) in UNTOUCHED | {""}):
        yield ast.Pass()


@operator("dropped statement", ast.Assign)
def dropped_store(node: ast.Assign, place: Place) -> Iterator[Node]:
    """A write into a container left out."""
    if isinstance(node.targets[0], ast.Subscript):
        yield ast.Pass()


@operator("operator", ast.AugAssign)
def accumulated(node: ast.AugAssign, place: Place) -> Iterator[Node]:
    """``x += y`` becomes ``x = y`` and ``x -= y``."""
    target = deepcopy(node.target)
    yield ast.Assign([target], node.value)
    if isinstance(node.op, ast.Add):
        yield ast.AugAssign(node.target, ast.Sub(), node.value)


@operator("in place", ast.Assign)
def assigned_in_place(node: ast.Assign, place: Place) -> Iterator[Node]:
    """``x = x + y`` becomes ``x += y``, which writes into what ``x`` was."""
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Name) and isinstance(value, ast.BinOp):
        left = value.left
        if isinstance(left, ast.Name) and left.id == target.id:
            yield ast.AugAssign(target, value.op, value.right)
