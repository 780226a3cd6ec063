"""The path that a traced function took: what it asked of values, and whether that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pullback.errors import PathChangedError
from pullback.graph.nodes import Guard, asked

if TYPE_CHECKING:
    from pullback.graph.graph import Graph

__all__ = ["check_path", "guards_by_node", "refuse_path"]


def guards_by_node(graph: Graph) -> dict[int, list[Guard]]:
    """Index of a node -> what was asked of it."""
    found: dict[int, list[Guard]] = {}
    for guard in graph.guards:
        found.setdefault(guard.node.index, []).append(guard)
    return found


def check_path(graph: Graph, guard: Guard, value: Any) -> None:
    """Raise where the traced function would go another way with this value.

    Raises:
        PathChangedError: it would.
    """
    if guard.question(value) != guard.answer:
        refuse_path(graph, graph.guards.index(guard))


def refuse_path(graph: Graph, place: int) -> NoReturn:
    """Raise that the answer to a question is another one than the graph was made for."""
    guard = graph.guards[place]
    where = f" ({guard.line[0]}:{guard.line[1]})" if guard.line else ""
    raise PathChangedError(
        f"the function that {graph.name} was traced from went on because the "
        f"{asked(guard.question)} of {guard.node.name} was {guard.answer!r}{where}, which it "
        "is not for these inputs. Trace it again with them, or write np.where"
    )
