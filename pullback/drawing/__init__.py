"""Drawings of graphs: text for a terminal, DOT, Mermaid, SVG, pages, all by one function."""

from __future__ import annotations

from pullback.drawing.formats import FORMATS, draw
from pullback.drawing.layout import Edge, Layout, Place, layout

__all__ = ["FORMATS", "Edge", "Layout", "Place", "draw", "layout"]
