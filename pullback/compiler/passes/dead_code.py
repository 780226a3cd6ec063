"""What nothing needs: calls without use, and questions whose answers are known."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, Final

from pullback.graph.editing import kept
from pullback.graph.graph import Graph
from pullback.graph.nodes import Guard, Node, nodes_in

__all__ = ["dead_code"]

_TRUTH: Final = (bool, operator.truth)
"""What has the truth of its argument."""


def dead_code(graph: Graph) -> Graph:
    """The graph without calls that no output and no guard needs; inputs and variables stay.

    A guard that asks of a value what another has asked of it before goes as well.

    Args:
        graph: is left as it is.
    """
    guards = [*_asked_once(graph)]
    needed = [node.kind in ("placeholder", "variable") for node in graph.nodes]
    for node in nodes_in((graph.outputs, [guard.node for guard in guards])):
        needed[node.index] = True
    for node in reversed(graph.nodes):
        if needed[node.index]:
            for parent in node.parents:
                needed[parent.index] = True
    if all(needed) and len(guards) == len(graph.guards):
        return graph
    return kept(graph, [node for node in graph.nodes if needed[node.index]], guards)


def _asked_once(graph: Graph) -> Iterator[Guard]:
    """The guards whose answers no guard before them has told."""
    answers: set[Any] = set()
    for guard in graph.guards:
        node = guard.node
        if guard.question is bool:
            while _has_truth_of_another(node):
                node = node.args[0]
        if (node.index, guard.question) not in answers:
            answers.add((node.index, guard.question))
            yield guard


def _has_truth_of_another(node: Node) -> bool:
    return node.function in _TRUTH and len(node.args) == 1 and isinstance(node.args[0], Node)
