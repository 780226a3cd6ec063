"""How passes are run: those that look at one node after another in one walk over the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

from pullback.compiler.facts import Call, Simplifications
from pullback.graph.editing import Visit, has_unplaced, rewritten, unplaced
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node
from pullback.registry import unwrap

__all__ = ["Local", "Pass", "in_order", "plain_leaves", "visitor"]

_MOST: Final = 20
"""How often one node is rewritten; simplifications that undo each other end here."""

Pass: TypeAlias = Callable[[Graph], Graph]
"""Graph -> a graph that computes the same."""


class Local:
    """A pass that looks at each call by itself, and at what it depends on.

    Args:
        visitor: makes what is told of each call; see `pullback.graph.editing.rewritten`.
        is_first: whether it is first in its walk: no pass may look into what it makes.
        is_last: whether it is last in its walk: it remembers nodes, which must not change then.
    """

    def __init__(
        self, visitor: Callable[[], Visit], *, is_first: bool = False, is_last: bool = False
    ) -> None:
        self.visitor = visitor
        self.is_first = is_first
        self.is_last = is_last
        self.__name__ = visitor.__name__
        self.__doc__ = visitor.__doc__

    def __call__(self, graph: Graph) -> Graph:
        """The graph, with each call replaced by what it is found to be."""
        return rewritten(graph, self.visitor())

    def __repr__(self) -> str:
        return f"<pass {self.__name__}>"


def in_order(graph: Graph, passes: Sequence[Pass]) -> Graph:
    """The graph after ``passes``, one after the other.

    Passes that look at one call at a time share a walk over the graph: each call is brought to
    its last form before the next one is looked at, so that no second round is needed.

    Args:
        graph: is left as it is.
        passes: in their order.
    """
    together: list[Local] = []

    def walk() -> Graph:
        visits = [one.visitor() for one in together]
        together.clear()
        return rewritten(graph, _in_turn(visits)) if visits else graph

    for one in passes:
        if not isinstance(one, Local):
            graph = one(walk())
            continue
        if one.is_first:
            graph = walk()
        together.append(one)
        if one.is_last:
            graph = walk()
    return walk()


def _in_turn(visits: Sequence[Visit]) -> Visit:
    """What asks several, until one of them has something else for a node."""

    def visit(node: Node) -> Any:
        for each in visits:
            given = node.args
            found = each(node)
            if found is not node:
                return found
            if node.args is not given and has_unplaced(node):
                return node  # and is asked again, when they have their places
        return node

    return visit


def visitor(table: Simplifications) -> Visit:
    """What applies simplifications to a node, until none of them knows more.

    What takes the place of a node has the same type, shape and dtype, or else the node stays.
    """

    def visit(node: Node) -> Any:
        for _ in range(_MOST):
            try:
                known = table.get(node.function)
            except TypeError:  # unhashable: a graph
                return node
            if known is None:
                return node
            for simplification in known:
                found = simplification(node)
                if found is not None:
                    break
            else:
                return node
            if isinstance(found, Node):
                return found if found.space == node.space else node
            function, args, params, _ = found
            node.function, node.params = unwrap(function), params
            node.args = _with_nodes(node, args)
            if node.args is not args:
                return node
        return node

    return visit


def _with_nodes(node: Node, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments with a new node for each call among them; the same tuple, if there is none."""
    if Call not in map(type, args):
        return args
    return tuple([_unplaced(node, arg) if type(arg) is Call else arg for arg in args])


def _unplaced(node: Node, call: Call) -> Node:
    args = _with_nodes(node, call.args)
    return unplaced(node, call.function, args, call.params, call.space)


def plain_leaves(values: Iterable[Any]) -> bool:
    """Whether there is no node in ``values``, nor in lists, tuples and dicts in them."""
    for value in values:
        kind = type(value)
        if kind is Node:
            return False
        if kind is list or kind is tuple:
            if not plain_leaves(value):
                return False
        elif kind is dict and not plain_leaves(value.values()):
            return False
    return True
