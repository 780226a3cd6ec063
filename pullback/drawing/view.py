"""What a drawing shows: a graph, or a run of it with its values, cotangents or tangents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from pullback.errors import GraphError
from pullback.graph.graph import Graph
from pullback.graph.inspection import GraphRun, Step
from pullback.graph.nodes import Node, nodes_in

Mode: TypeAlias = Literal["value", "reverse", "forward"]
"""What is shown of each node: its value, its cotangent, or its tangent."""

MODES: Final[tuple[Mode, ...]] = get_args(Mode)
NOTHING: Final = object()
"""Stands for the value of a node that has none to show."""

_SHOWN: Final[Mapping[Mode, Callable[[Step], Any]]] = {
    "value": lambda step: step.value,
    "reverse": lambda step: NOTHING if step.cotangent is None else step.cotangent,
    "forward": lambda step: NOTHING if step.tangent is None else step.tangent,
}
_PASSES: Final = {"reverse": "run.reverse()", "forward": "run.forward(...)"}


@dataclass(frozen=True, slots=True)
class View:
    """A graph, and what is shown of each of its nodes."""

    graph: Graph
    run: GraphRun | None
    mode: Mode
    outputs: frozenset[int]
    """The indices of the nodes that the graph returns."""

    def shown(self, node: Node) -> Any:
        """The value, cotangent or tangent of a node, or `NOTHING`."""
        return NOTHING if self.run is None else _SHOWN[self.mode](self.run.steps[node.index])


def view(graph: Graph, run: GraphRun | None, mode: str) -> View:
    """What a drawing of a graph shows.

    Args:
        graph: what is drawn.
        run: a run of it, for the values; without, the nodes are drawn alone.
        mode: ``"value"``, ``"reverse"`` or ``"forward"``.

    Raises:
        GraphError: there is no such mode, or the run has not made that pass.
    """
    if mode not in MODES:
        raise GraphError(f"there is no mode {mode!r} of a drawing; there is {', '.join(MODES)}")
    if mode in _PASSES:
        if run is None:
            raise GraphError(
                f"{graph.name} was not run, so it has no {mode} pass to draw: "
                f"run = {graph.name}.run(...), then {_PASSES[mode]}, and draw the run"
            )
        if not (run.cotangents if mode == "reverse" else run.tangents):
            raise GraphError(
                f"the run of {graph.name} has made no {mode} pass that could be drawn: "
                f"call {_PASSES[mode]} first"
            )
    return View(graph, run, mode, _outputs(graph))


def _outputs(graph: Graph) -> frozenset[int]:
    try:
        return frozenset(node.index for node in nodes_in(graph.outputs))
    except GraphError:  # it has none yet, and can be looked at all the same
        return frozenset()
