"""How a graph is divided: what kernels compute, and what stays with NumPy.

Kernels and calls of NumPy take turns. Each node goes as early as what it depends on allows, so
there are as few kernels as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from pullback.compiler.engines import Part
from pullback.graph.graph import Graph
from pullback.graph.nodes import Guard, Node, nodes_in, short_name, substituted
from pullback.graph.recorder import member
from pullback_numba.forms import given_of, value_of
from pullback_numba.kernels import Settings, kernel_of
from pullback_numba.long import written_long
from pullback_numba.rolling import is_long, number_apart, sections_of
from pullback_numba.stages import Stages, staged
from pullback_numba.values import Given, Map, Product, Value, View, expanded, roots
from pullback_numba.writing import written

__all__ = ["lowered"]

_LARGEST_PRODUCT: Final = 2**15
"""Multiplications; for more of them BLAS is faster than a plain loop."""

_MOSTLY_PRODUCTS: Final = 32
"""So many multiplications for each element of each call that is native: BLAS takes the time."""

_MOST_APART: Final = 2000
"""Of more operations that come once, no kernel is made."""


def lowered(graph: Graph, settings: Settings) -> tuple[Graph, list[Part]] | None:
    """The graph with its native parts replaced by calls of kernels, and what runs where.

    Args:
        graph: is left as it is.
        settings: how kernels are compiled.

    Returns:
        ``None`` where large products of matrices take nearly all of the time: then it matters most
        that arrays are written into memory that is there, which the engine ``numpy`` does.
    """
    return _Lowering(graph, settings).done()


class _Lowering:
    def __init__(self, graph: Graph, settings: Settings) -> None:
        self.graph, self.settings = graph, settings
        self.known: dict[int, Value] = {}
        """Node -> its value, where kernels have one for it: computed or given."""
        self.native: set[int] = set()
        self.held: dict[int, Given] = {}
        self.whys: dict[int, str] = {}
        self.turn: dict[int, int] = {}
        self.multiplications = 0
        """Of the products that BLAS computes."""

    def done(self) -> tuple[Graph, list[Part]] | None:
        """Divide, compile and put together."""
        for node in self.graph.nodes:
            self._look_at(node)
        computed = sum(self.known[index].size for index in self.native)
        if self.multiplications > _MOSTLY_PRODUCTS * computed:
            return None
        self._take_turns()
        self._delay()
        return _Assembly(self).done()

    def _look_at(self, node: Node) -> None:
        if node.kind == "call":
            value = value_of(node, self.known, self.held)
            if value is not None and self._is_taken(node, value):
                self.known[node.index] = value
                self.native.add(node.index)
                return
            self.whys.setdefault(node.index, f"no native form of {short_name(node.function)}")
        given = given_of(node)
        if given is not None:
            self.known[node.index] = given

    def _is_taken(self, node: Node, value: Value) -> bool:
        if not isinstance(value, Product):
            return True
        rows, inner, columns = (
            value.a.size // value.a.shape[-1],
            value.a.shape[-1],
            value.b.size // value.b.shape[0],
        )
        if rows * inner * columns <= _LARGEST_PRODUCT:
            return True
        self.multiplications += rows * inner * columns
        self.whys[node.index] = f"a product of {rows}×{inner} by {inner}×{columns}: BLAS is faster"
        return False

    def _take_turns(self) -> None:
        """Say when each node is computed: as early as can be."""
        for node in self.graph.nodes:
            parents = [parent.index for parent in node.parents]
            if node.index in self.native:
                self.turn[node.index] = max((self.turn[p] for p in parents), default=0)
            else:
                self.turn[node.index] = max(
                    (self.turn[p] + (p in self.native) for p in parents), default=0
                )

    def _delay(self) -> None:
        """Compute later, in the kernel that needs it, what is made of no more than one array.

        So ``1 - y * y`` is no array that one kernel writes and another reads.
        """
        latest: dict[int, int] = {}
        kept = (self.graph.outputs, tuple(guard.node for guard in self.graph.guards))
        for node in nodes_in(kept):
            latest[node.index] = -1
        for node in reversed(self.graph.nodes):
            value = self.known.get(node.index)
            if node.index in self.native and isinstance(value, (Map, View)):
                arrays = {root for root in roots(value.operands) if root.size > 1}
                until = latest.get(node.index, -1)
                if until > self.turn[node.index] and len(arrays) <= 1:
                    self.turn[node.index] = until
            at = self.turn[node.index] - (node.index not in self.native)
            for parent in node.parents:
                latest[parent.index] = min(latest.get(parent.index, at), at)

    def is_view(self, index: int) -> bool:
        """Whether a node is no more than another look at elements, which NumPy makes."""
        return isinstance(self.known.get(index), View)


class _Assembly:
    """The new graph."""

    def __init__(self, lowering: _Lowering) -> None:
        self.lowering, self.graph = lowering, lowering.graph
        self.nodes: list[Node] = []
        self.found: list[Any] = [None] * len(lowering.graph)
        self.parts: list[Part] = []
        self.kernels = 0
        self.names = {node.name for node in lowering.graph.nodes}
        self.holds: dict[int, Node] = {}
        """Node of a guard that a kernel checks -> the output of that kernel that says so."""
        self.answers: dict[int, list[Any]] = {}
        for guard in self.graph.guards:
            if self._is_folded(guard):
                self.answers.setdefault(guard.node.index, []).append(guard.answer)
        self.asked = [guard.node for guard in self.graph.guards if not self._is_folded(guard)]

    def done(self) -> tuple[Graph, list[Part]]:
        """The graph and its parts."""
        graph, lowering = self.graph, self.lowering
        outside = self._needed_outside()
        for node in graph.nodes:
            if node.kind != "call":
                self._copy(node)
        calls = [node for node in graph.nodes if node.kind == "call"]
        for turn in sorted({lowering.turn[node.index] for node in calls}):
            here = [node for node in calls if lowering.turn[node.index] == turn]
            for node in here:
                if node.index not in lowering.native:
                    self._copy_with_views(node)
                    self.parts.append(Part("numpy", [node.name], lowering.whys[node.index]))
            region = [node for node in here if node.index in lowering.native]
            if region:
                self._kernel(region, outside)
        for node in nodes_in((graph.outputs, self.asked)):
            self._view(node)
        return graph.remade(self.nodes, self._guards(), self.found), self.parts

    def _guards(self) -> list[Guard]:
        """Those of the new graph: one for each kernel that checks some itself."""
        guards: list[Guard] = []
        for guard in self.graph.guards:
            if guard.node.index not in self.holds:
                guards.append(replace(guard, node=self.found[guard.node.index]))
                continue
            holds = self.holds[guard.node.index]
            if all(holds is not other.node for other in guards):
                guards.append(Guard(holds, bool, True, guard.line))
        return guards

    def _is_folded(self, guard: Guard) -> bool:
        """Whether a kernel itself checks what was asked of one of its values."""
        value = self.lowering.known.get(guard.node.index)
        return (
            guard.node.index in self.lowering.native
            and guard.question is bool
            and value is not None
            and not value.shape
            and value.dtype.kind == "b"
        )

    def _needed_outside(self) -> set[int]:
        """The native nodes that what is no kernel, or another kernel, needs."""
        lowering = self.lowering
        needed: set[int] = set()

        def need(node: Node) -> None:
            while lowering.is_view(node.index):
                node = next(nodes_in(node.args))
            needed.add(node.index)

        for node in nodes_in((self.graph.outputs, self.asked)):
            need(node)
        for node in self.graph.nodes:
            for parent in node.parents:
                if (
                    node.index not in lowering.native
                    or lowering.turn[parent.index] != lowering.turn[node.index]
                ):
                    need(parent)
        return needed & lowering.native

    def _copy(self, node: Node) -> None:
        new = Node(
            len(self.nodes),
            node.name,
            node.kind,
            node.function,
            substituted(node.args, self._now),
            {key: substituted(value, self._now) for key, value in node.params.items()},
            node.value,
            node.space,
            node.line,
        )
        self.nodes.append(new)
        self.found[node.index] = new

    def _now(self, value: Any) -> Any:
        return self.found[value.index] if isinstance(value, Node) else value

    def _copy_with_views(self, node: Node) -> None:
        for parent in node.parents:
            self._view(parent)
        if self.found[node.index] is None:
            self._copy(node)

    def _view(self, node: Node) -> None:
        """Let NumPy make a view, where something other than a kernel needs it."""
        if self.found[node.index] is None and self.lowering.is_view(node.index):
            for parent in node.parents:
                self._view(parent)
            self._copy(node)

    def _kernel(self, region: Sequence[Node], outside: set[int]) -> None:
        """Replace the nodes of a kernel by calls."""
        lowering = self.lowering
        own = {node.index for node in region}
        values: list[Value] = []
        checked: list[Node] = []
        holds: Value | None = None
        for node in region:
            value = lowering.known[node.index]
            if isinstance(value, View):
                continue
            values.append(value)
            for answer in self.answers.get(node.index, ()):
                holds = _also(holds, value, answer)
                values.append(holds)
                checked.append(node)
        if not values:
            self.parts.append(Part("numba", [node.name for node in region], "views"))
            return
        outputs = [
            node for node in region if node.index in outside and not lowering.is_view(node.index)
        ]
        compiled = [lowering.known[node.index] for node in outputs]
        for node, value in zip(outputs, compiled, strict=True):
            value.space = node.space
        if holds is not None:
            compiled.append(holds)
        replaced = _Inputs(lowering, own)
        computed = expanded([replaced.value(value) for value in values])
        results = [replaced.value(value) for value in compiled]
        self.kernels += 1
        name = self._free(f"{self.graph.name}_{self.kernels}")
        arguments = [*replaced.arguments.values()]
        sections = sections_of(computed, results) if is_long(computed) else []
        if number_apart(sections) > _MOST_APART:
            self._leave(
                region, f"{len(computed)} operations without rounds take minutes to compile"
            )
            return
        if sections:
            text = written_long(name, sections, results, arguments)
            why = f"{len(computed)} operations"
        else:
            plan = staged(computed, results)
            text, why = (
                written(name, plan, arguments, parallel=lowering.settings.parallel),
                _why(plan),
            )
        kernel = kernel_of(name, text, results, lowering.settings)
        if kernel.not_cached:
            why += f"; not cached: {kernel.not_cached}"
        args = tuple(self.found[given.source.index] for given in kernel.arguments)
        call = Node(len(self.nodes), name, "call", kernel.run, args, {})
        self.nodes.append(call)
        taken = [self._member(call, place, value) for place, value in enumerate(results)]
        if len(taken) == 1:
            self.nodes.pop()
            call.name, call.space = taken[0].name, taken[0].space
            taken = [call]
        for node, new in zip(outputs, taken, strict=False):
            new.name, new.line = node.name, node.line
            self.found[node.index] = new
        self.holds.update((node.index, taken[-1]) for node in checked)
        self.parts.append(Part("numba", [node.name for node in region], why))

    def _leave(self, region: Sequence[Node], why: str) -> None:
        """Leave the nodes of a kernel to NumPy."""
        for node in region:
            self._copy_with_views(node)
        self.parts.append(Part("numpy", [node.name for node in region], why))

    def _member(self, call: Node, place: int, value: Value) -> Node:
        name = self._free(f"{call.name}_{value.name}")
        node = Node(
            len(self.nodes), name, "call", member, (call, place), {}, None, value.space, None
        )
        self.nodes.append(node)
        return node

    def _free(self, name: str) -> str:
        while name in self.names:
            name += "_"
        self.names.add(name)
        return name


def _also(holds: Value | None, value: Value, answer: Any) -> Map:
    """Whether everything held so far, and ``value`` is what it was."""
    form = "{0}" if answer else "not {0}"
    args: list[Any] = [value]
    if holds is not None:
        form, args = f"{{1}} & ({form})", [value, holds]
    dtype = np.dtype(bool)
    new = Map("holds", (), dtype, form, args, [None] * len(args), "holds")
    new.space = (bool, None, None)
    return new


class _Inputs:
    """The values of a kernel, with what other kernels compute as arguments."""

    def __init__(self, lowering: _Lowering, own: set[int]) -> None:
        self.lowering, self.own = lowering, own
        self.arguments: dict[int, Given] = {}
        self.computed = {
            id(value): index
            for index, value in lowering.known.items()
            if not isinstance(value, (Given, View))
        }
        self.made: dict[int, Value] = {}

    def value(self, value: Any) -> Any:
        """``value``, or the argument that it is."""
        if not isinstance(value, Value):
            return value
        if id(value) in self.made:
            return self.made[id(value)]
        self.made[id(value)] = new = self._value(value)
        return new

    def _value(self, value: Value) -> Any:
        if isinstance(value, Given):
            self.arguments.setdefault(id(value.source), value)
            return self.arguments[id(value.source)]
        index = self.computed.get(id(value))
        if index is not None and index not in self.own:
            node = self.lowering.graph.nodes[index]
            given = given_of(node)
            assert given is not None
            return self.value(given)
        changed: dict[str, Any] = {}
        for name in ("base", "arg", "a", "b"):
            if hasattr(value, name):
                changed[name] = self.value(getattr(value, name))
        if hasattr(value, "args"):
            changed["args"] = [self.value(arg) for arg in value.args]
        if hasattr(value, "parts"):
            changed["parts"] = [(spot, self.value(item)) for spot, item in value.parts]
        new: Any = replace(value, **changed)
        new.space = value.space
        return new


def _why(plan: Stages) -> str:
    """What a kernel is, in words."""
    loops = [stage for stage in plan.stages if stage.whole is None and stage.shape]
    numbers = sum(len(stage.maps) for stage in plan.stages if not stage.shape)
    said = []
    for stage in loops:
        operations = len(stage.maps) + len(stage.reductions) + len(stage.additions)
        said.append(f"a loop of {operations} operations over {stage.shape}")
    if numbers:
        said.append(f"{numbers} operations on numbers")
    text = "; ".join(said[:4]) + (f"; and {len(said) - 4} loops more" if len(said) > 4 else "")
    return text or "ufuncs and products of whole arrays"
