"""A graph in the language of graphviz."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pullback.drawing.labels import is_folded, title, value_text
from pullback.drawing.view import NOTHING, Mode, View, view
from pullback.graph.graph import Graph
from pullback.graph.inspection import GraphRun
from pullback.graph.nodes import Node

__all__ = ["dot"]

_SHAPES: Final = {"placeholder": "ellipse", "variable": "ellipse", "constant": "plaintext"}
_SIGNS: Final = {"value": "=", "reverse": "←", "forward": "→"}


def dot(graph: Graph, run: GraphRun | None = None, mode: Mode = "value") -> str:
    """A graph as DOT, which ``dot -Tsvg`` of graphviz draws.

    Inputs are ellipses, outputs have a bold border, folded nodes a double one.

    Args:
        graph: what is drawn.
        run: a run of it, for the values.
        mode: ``"value"``, ``"reverse"`` for cotangents, or ``"forward"`` for tangents.

    Raises:
        GraphError: the run has not made that pass.

    >>> from pullback import trace
    >>> print(dot(trace(lambda x: x * x, 3.0)))
    digraph "function" {
      node [shape=box, style=rounded];
      n0 [label="x", shape=ellipse, style=""];
      n1 [label="mul", penwidth=2];
      n0 -> n1 [label="2×"];
    }
    """
    seen = view(graph, run, mode)
    lines = [f"digraph {_quoted(graph.name)} {{", "  node [shape=box, style=rounded];"]
    lines += [f"  n{node.index} [{_attributes(node, seen)}];" for node in graph.nodes]
    for node in graph.nodes:
        for parent, count in Counter(parent.index for parent in node.parents).items():
            more = f' [label="{count}×"]' if count > 1 else ""
            lines.append(f"  n{parent} -> n{node.index}{more};")
    return "\n".join([*lines, "}"])


def _attributes(node: Node, seen: View) -> str:
    shown = seen.shown(node)
    text = title(node)
    if shown is not NOTHING:
        text += f"\n{_SIGNS[seen.mode]} {value_text(shown)}"
    attributes = [f"label={_quoted(text)}"]
    if node.kind in _SHAPES:
        attributes.append(f'shape={_SHAPES[node.kind]}, style=""')
    if is_folded(node):
        attributes.append('peripheries=2, style=""')
    if node.index in seen.outputs:
        attributes.append("penwidth=2")
    return ", ".join(attributes)


def _quoted(text: str) -> str:
    """A string of DOT, in which a backslash and a quote are escaped, and a line break is a sign."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'
