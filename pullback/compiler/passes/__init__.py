"""Passes: small functions that make a graph of a graph, with fewer or cheaper calls.

Each is switched on by its name in ``pullback.compile(f, passes=[...])``. What a pass returns
computes the same numbers, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from pullback.graph.graph import Graph

__all__ = ["PASSES", "Pass", "simplified"]

Pass: TypeAlias = Callable[[Graph], Graph]

PASSES: Final[dict[str, Pass]] = {}
"""Name -> pass, in the order in which they run."""


def simplified(graph: Graph, passes: Iterable[str] = PASSES) -> Graph:
    """The graph after these passes."""
    for name in passes:
        graph = PASSES[name](graph)
    return graph
