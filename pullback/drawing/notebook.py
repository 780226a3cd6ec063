"""What a notebook shows of a graph by itself: the SVG, and the text beside it."""

from __future__ import annotations

from typing import Final

from pullback.drawing.svg import svg
from pullback.drawing.view import Mode
from pullback.graph import Graph, GraphRun

__all__ = ["bundle", "svg_of"]

MOST: Final = 300
"""Graphs of more nodes are shown as text: nobody asked to wait for a picture."""


def svg_of(graph: Graph, run: GraphRun | None = None) -> str | None:
    """The SVG of a graph, with what a run of it has found; ``None`` if it is too large."""
    if len(graph) > MOST:
        return None
    return svg(graph, run, _mode(run))


def bundle(graph: Graph, run: GraphRun | None = None) -> dict[str, str]:
    """MIME type -> the graph or the run in it."""
    drawn = svg_of(graph, run)
    text = {"text/plain": repr(graph if run is None else run)}
    return text if drawn is None else {**text, "image/svg+xml": drawn}


def _mode(run: GraphRun | None) -> Mode:
    if run is None or not (run.reverse_steps or run.tangents):
        return "value"
    return "reverse" if run.reverse_steps else "forward"
