"""The formats in which a graph can be drawn, and the one function that draws in all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from pullback.drawing.dot import dot
from pullback.drawing.mermaid import mermaid
from pullback.drawing.page import page
from pullback.drawing.svg import svg
from pullback.drawing.terminal import text
from pullback.errors import GraphError
from pullback.graph.graph import Graph
from pullback.graph.inspection import GraphRun

__all__ = ["FORMATS", "Format", "draw"]

Format: TypeAlias = Callable[..., str]
"""``format(graph, run, mode, **options)``: the drawing. ``run`` is ``None`` for a bare graph."""

FORMATS: Final[dict[str, Format]] = {
    "text": text,
    "dot": dot,
    "mermaid": mermaid,
    "svg": svg,
    "html": page,
}
"""Name -> what draws in this format."""


def draw(
    graph_or_run: Graph | GraphRun, format: str = "text", mode: str = "value", **options: Any
) -> str:
    """A drawing of a graph, with the values of a run on it: inputs above, outputs below.

    Args:
        graph_or_run: a graph, or what `Graph.run` returns, whose values are shown.
        format: ``"text"`` for a terminal; ``"dot"`` for graphviz; ``"mermaid"`` for Markdown pages;
            ``"svg"`` for a picture; ``"html"`` for a page that steps through the passes.
        mode: what is shown of each node of a run: ``"value"``; ``"reverse"``, its cotangent; or
            ``"forward"``, its tangent. A page begins with that pass, and has the others too.
        options: of the text: ``width`` in columns, ``ascii=True``, and ``max_nodes``, above which
            the graph is folded.

    Raises:
        GraphError: there is no such format or mode, or the run has not made that pass.

    >>> from pullback import trace
    >>> graph = trace(lambda x, y: x * y + x, 2.0, 5.0)
    >>> run = graph.run(2.0, 5.0)
    >>> print(draw(run))
        x = 2.0  y = 5.0
          ┌┴──────┐ │
          │  mul = 10.0
          └─┬─────┘
    return add = 12.0
    """
    if format not in FORMATS:
        raise GraphError(f"there is no format {format!r}; there is {', '.join(FORMATS)}")
    if isinstance(graph_or_run, GraphRun):
        return FORMATS[format](graph_or_run.graph, graph_or_run, mode, **options)
    if isinstance(graph_or_run, Graph):
        return FORMATS[format](graph_or_run, None, mode, **options)
    raise GraphError(
        f"a graph or a run of one can be drawn, and {graph_or_run!r:.60} is neither; "
        "pullback.trace(f, *example) makes the graph of a function"
    )
