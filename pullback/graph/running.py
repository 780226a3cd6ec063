"""How a graph is run: as code, or by a loop over its nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pullback.arguments import any_traced
from pullback.errors import UnusedInputError
from pullback.graph.nodes import Guard, Node, evaluate, nodes_in, runner
from pullback.graph.paths import check_path, guards_by_node
from pullback.graph.source import Code, last_uses, straight_line
from pullback.registry import caller

if TYPE_CHECKING:
    from pullback.graph.graph import Graph

__all__ = ["State", "live_nodes", "loop", "ready"]

_STRAIGHT: Final = 10_000
"""Longer graphs are first run by a loop: to compile a node takes as long as ten rounds of it."""
_OFTEN: Final = 10
"""How often, until they are compiled all the same."""
_LONGEST: Final = 200_000
"""Graphs of more nodes never are: a function of so many lines takes half a gigabyte to compile."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What a loop over the nodes needs."""

    size: tuple[int, int]
    """How many nodes and guards the graph had."""
    live: Sequence[Node]
    """The nodes to be computed."""
    dying: Mapping[int, Sequence[int]]
    """Index of a node -> those whose values nothing after it needs."""
    guards: Mapping[int, Sequence[Guard]]
    """Index of a node -> what was asked of it."""


def _no_code(graph: Graph, *args: Any) -> Any:
    raise AssertionError("a graph is called by its code, and there is none yet")


@dataclass(slots=True, eq=False)
class State:
    """What was prepared for running a graph as it is now."""

    arity: int = -1
    """With how many arguments, by position, `call` may be called; before there is code, never."""
    call: Callable[..., Any] = _no_code
    """``(graph, *args)``: the output."""
    plan: Plan | None = None
    code: Code | None = None
    rounds: int = 0
    """How often a long graph was run by a loop."""


def live_nodes(graph: Graph) -> list[Node]:
    """The nodes that the outputs and the guards depend on, in order.

    Raises:
        UnusedInputError: no output depends on a placeholder.
    """
    needed = [False] * len(graph)
    for node in nodes_in((graph.outputs, tuple(guard.node for guard in graph.guards))):
        needed[node.index] = True
    for node in reversed(graph.nodes):
        if needed[node.index]:
            for parent in node.parents:
                needed[parent.index] = True
    unused = [node.name for node in graph.inputs if not needed[node.index]]
    if unused and not graph.allows_unused:
        raise UnusedInputError(
            f"no output of {graph.name} depends on {', '.join(unused)}: use it, or leave the "
            "placeholder out"
        )
    return [node for node in graph.nodes if needed[node.index]]


def ready(graph: Graph) -> Code:
    """What runs a graph on plain values: its code, or for some rounds of a long graph a loop."""
    state = graph.state
    if state.code is not None and state.code.length == len(graph):
        return state.code
    live = _planned(graph).live
    if any(any_traced((node.args, node.value)) for node in live):
        return Code(_looped_traced, _no_code, len(graph))
    if len(live) > _STRAIGHT and (state.rounds < _OFTEN or len(live) > _LONGEST):
        state.rounds += 1
        return Code(_looped, _no_code, len(graph))
    state.code = straight_line(graph, live)
    if graph.has_output and graph.parameters.are_leaves:
        state.arity, state.call = len(graph.parameters), state.code.call
    return state.code


def loop(
    graph: Graph, values: Sequence[Any], callable_of: Callable[[Any], Callable[..., Any]]
) -> list[Any]:
    """The leaves of the output, by a loop over the nodes.

    Args:
        graph: what is run.
        values: of the placeholders.
        callable_of: what is called for the function of a node.
    """
    plan = _planned(graph)
    known: list[Any] = [None] * len(graph)
    for node, value in zip(graph.inputs, values, strict=True):
        known[node.index] = value

    def value_of(argument: Any) -> Any:
        return known[argument.index] if isinstance(argument, Node) else argument

    for node in plan.live:
        if node.kind == "call":
            known[node.index] = evaluate(node, value_of, callable_of)
        elif node.kind != "placeholder":
            known[node.index] = node.value
        if node.index in plan.guards:
            for guard in plan.guards[node.index]:
                check_path(graph, guard, known[node.index])
        if node.index in plan.dying:
            for index in plan.dying[node.index]:
                known[index] = None
    return [value_of(output) for output in graph.outputs]


def _planned(graph: Graph) -> Plan:
    """What a loop over the nodes needs, made again when there are more of them."""
    state = graph.state
    size = len(graph), len(graph.guards)
    if state.plan is None or state.plan.size != size:
        live = live_nodes(graph)
        state.plan = Plan(size, live, last_uses(graph, live), guards_by_node(graph))
    return state.plan


def _looped(graph: Graph, *leaves: Any) -> Any:
    return graph.restored(loop(graph, leaves, caller))


def _looped_traced(graph: Graph, *leaves: Any) -> Any:
    return graph.restored(loop(graph, leaves, runner))
