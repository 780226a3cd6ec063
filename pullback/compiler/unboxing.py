"""Numbers of array libraries as Python floats, which are several times as fast.

A program that computes with single numbers (``np.sin(x)`` of a float, elements that a loop reads)
becomes one of floats and of `math`, and its results become numbers of the library again at the
end. Where Python raises and the library returns NaN or infinity, the caller runs the program that
was not changed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pullback.compiler.facts import Facts, is_in, known_facts
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node, nodes_in, substituted
from pullback.spaces import Space, scalar_spaces

__all__ = ["AsFloats", "as_floats"]

_FLOAT: Final[Space] = scalar_spaces[float]
_EXACT: Final = 2**53
"""Larger whole numbers may have no float that is equal."""
_COMPARISONS: Final = frozenset(
    (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
)
_NAN_IN_NAN_OUT: Final = frozenset(
    (
        *(operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pos),
        *(abs, float, math.sqrt, math.exp, math.expm1, math.log, math.log1p, math.sin, math.cos),
        *(math.tan, math.asin, math.acos, math.atan, math.sinh, math.cosh, math.tanh),
    )
)
"""Functions of floats whose result is NaN, or an error, where an argument is."""
_MANY: Final = 8
"""So many reads of an array are cheaper from a list of all its elements."""


@dataclass(frozen=True, slots=True)
class AsFloats:
    """A graph with numbers computed as floats."""

    graph: Graph
    is_risky: bool = False
    """Whether calls were replaced that return NaN or infinity where Python raises."""
    checked: Sequence[Node] = ()
    """Values that are what they were only if they are not NaN."""


def as_floats(graph: Graph) -> AsFloats:
    """The graph with numbers computed as floats, where all that a call is given are floats."""
    work = _Unboxing(graph, known_facts())
    if not work.floats:
        return AsFloats(graph)
    return AsFloats(work.result(), work.is_risky, work.checked)


class _Unboxing:
    """Which nodes of a graph become floats, and the graph in which they are."""

    def __init__(self, graph: Graph, facts: Facts) -> None:
        self.graph = graph
        self.facts = facts
        self.floats: set[int] = set()
        """The nodes of another type that become floats."""
        self.reads: dict[int, int] = {}
        """Index of a vector -> how many of its elements are read as floats."""
        self.is_risky = False
        self._choose()
        doubted = self._doubted()
        self.is_trusting = doubted is not None
        """Whether NaN in a result tells that a call was replaced which is something else."""
        self.doubted = doubted or set()
        self.checked: list[Node] = []
        self.nodes: list[Node] = []
        self.known: list[Any] = [None] * len(graph)
        self.boxes: dict[int, Node] = {}
        """Index of a new node that is a float -> the node that makes a boxed number of it."""
        self.used = {parent.index for node in graph.nodes for parent in node.parents}
        self.used.update(node.index for node in nodes_in(graph.outputs))
        """The nodes that something else than a guard needs."""
        self.lists: dict[int, Node] = {}
        """Index of an old vector -> the new node of the list of its elements."""

    def _choose(self) -> None:
        for node in self.graph.nodes:
            if self._is_read(node) or (
                self._has_number_form(node) and all(map(self._can_be_float, node.args))
            ):
                self.floats.add(node.index)
        used = {parent.index for index in self.floats for parent in self.graph.nodes[index].parents}
        for index in sorted(self.floats):
            node = self.graph.nodes[index]
            if not self._is_read(node):
                self.is_risky = True
            elif index in used:
                vector = node.args[0].index
                self.reads[vector] = self.reads.get(vector, 0) + 1
            else:
                self.floats.discard(index)

    def _doubted(self) -> set[int] | None:
        """What is NaN if a product or quotient is that should be something else.

        Returns:
            ``None`` where that could go unnoticed.
        """
        found: set[int] = set()
        for node in self.graph.nodes:
            is_float = node.index in self.floats or node.space == _FLOAT
            if node.index in self.floats and is_in(self.facts.unchecked, node.function):
                found.add(node.index)
            elif any(parent.index in found for parent in node.parents):
                function = node.function
                if node.index in self.floats:
                    function = self.facts.numbers[function]
                if not is_float or not is_in(_NAN_IN_NAN_OUT, function):
                    return None
                found.add(node.index)
        if any(guard.node.index in found for guard in self.graph.guards):
            return None
        return found

    def _has_number_form(self, node: Node) -> bool:
        """Whether what a call does to boxed numbers can be done to floats."""
        return (
            node.kind == "call"
            and node.space is not None
            and not node.params
            and is_in(self.facts.numbers, node.function)
            and (
                node.space[0] in self.facts.boxes
                or (node.space == _FLOAT and is_in(self.facts.unchecked, node.function))
            )
        )

    def _is_read(self, node: Node) -> bool:
        """Whether a call reads one element of a vector, at a place that is known."""
        if node.space is None or node.space[0] not in self.facts.boxes or len(node.args) != 2:
            return False
        vector, place = node.args
        return (
            isinstance(vector, Node)
            and type(place) is int
            and vector.space is not None
            and vector.space[1] is not None
            and len(vector.space[1]) == 1
            and node.function is getattr(vector.space[0], "__getitem__", None)
            and hasattr(vector.space[0], "tolist")
        )

    def _can_be_float(self, value: Any) -> bool:
        if isinstance(value, Node):
            return value.index in self.floats or value.space == _FLOAT or self._is_boxed(value)
        if type(value) is int:
            return -_EXACT < value < _EXACT
        return type(value) is float or type(value) in self.facts.boxes

    def _is_boxed(self, node: Node) -> bool:
        return node.kind == "placeholder" and (
            node.space is not None and node.space[0] in self.facts.boxes
        )

    def result(self) -> Graph:
        """The graph with floats."""
        for node in self.graph.nodes:
            if node.index not in self.floats:
                self.known[node.index] = self._unboxed(node) or self._copied(node)
            elif self._is_read(node):
                self.known[node.index] = self._read(node)
            else:
                args = tuple(map(self._as_float, node.args))
                function = self.facts.numbers[node.function]
                if self.is_trusting:
                    function = self.facts.unchecked.get(node.function, function)
                self.known[node.index] = self._add(node, function, args, _FLOAT)
        known = [*self.known]
        for node in nodes_in(self.graph.outputs):
            known[node.index] = self._boxed(node)
            if node.index in self.doubted:
                self.checked.append(self.known[node.index])
        guards = [replace(g, node=self.known[g.node.index]) for g in self.graph.guards]
        return self.graph.remade(self.nodes, guards, known)

    def _add(self, like: Node, function: Any, args: tuple[Any, ...], space: Any) -> Node:
        """A new call, of the name and line of ``like``."""
        node = replace(like, index=len(self.nodes), function=function, args=args, space=space)
        node.kind, node.params = "call", {}
        self.nodes.append(node)
        return node

    def _unboxed(self, node: Node) -> Node | None:
        """What a number is made a float of, if it is one already."""
        argument = node.args[0] if node.function is float and len(node.args) == 1 else None
        if isinstance(argument, Node) and argument.index in self.floats:
            return self.known[argument.index]  # type: ignore[no-any-return]
        return None

    def _copied(self, node: Node) -> Node:
        """A node that does not become a float; what it is given is what it was given before."""
        takes = self._takes_floats(node)

        def now(value: Any) -> Any:
            if not isinstance(value, Node):
                return value
            return self.known[value.index] if takes else self._boxed(value)

        args = tuple([substituted(arg, now) for arg in node.args])
        params = {key: substituted(value, now) for key, value in node.params.items()}
        new = replace(node, args=args, params=params)
        new.index = len(self.nodes)
        self.nodes.append(new)
        return new

    def _takes_floats(self, node: Node) -> bool:
        """Whether a call returns the same for a float as for the boxed number."""
        if is_in(self.facts.taking, node.function):
            return True
        if is_in(_COMPARISONS, node.function):
            return node.index not in self.used
        if not is_in(self.facts.writing, node.function) or node.space is None:
            return False
        dtype = node.space[2]  # with an array beside it that has the dtype of the result
        return any(
            isinstance(arg, Node)
            and arg.index not in self.floats
            and arg.space is not None
            and arg.space[1]
            and arg.space[2] == dtype
            for arg in node.args
        ) and all(
            self.graph.nodes[arg.index].space[2] == dtype  # type: ignore[index]
            for arg in node.args
            if isinstance(arg, Node) and arg.index in self.floats
        )

    def _read(self, node: Node) -> Node:
        vector, place = node.args
        if self.reads[vector.index] < _MANY:
            return self._add(node, vector.space[0].item, (self.known[vector.index], place), _FLOAT)
        if vector.index not in self.lists:
            whole = self.known[vector.index]
            made = replace(vector, name=f"{vector.name}_elements", pullback=node.pullback)
            self.lists[vector.index] = self._add(made, vector.space[0].tolist, (whole,), None)
        return self._add(node, operator.getitem, (self.lists[vector.index], place), _FLOAT)

    def _boxed(self, node: Node) -> Any:
        """The new node whose value is of the type that the old one has."""
        new = self.known[node.index]
        if node.index not in self.floats or node.space == _FLOAT:
            return new
        if new.index not in self.boxes:
            assert node.space is not None
            made = replace(node, name=f"{node.name}_{node.space[0].__name__}")
            self.boxes[new.index] = self._add(made, node.space[0], (new,), node.space)
        return self.boxes[new.index]

    def _as_float(self, value: Any) -> Any:
        if not isinstance(value, Node):
            return float(value)
        new = self.known[value.index]
        if value.index in self.floats or value.space == _FLOAT:
            return new
        if value.index not in self.lists:  # a boxed number that the caller gives
            made = replace(value, name=f"{value.name}_float")
            self.lists[value.index] = self._add(made, float, (new,), _FLOAT)
        return self.lists[value.index]
