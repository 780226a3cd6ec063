"""A graph in the language of Mermaid, which many Markdown pages show as a picture."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pullback.drawing.labels import is_folded, title, value_text
from pullback.drawing.view import NOTHING, Mode, View, view
from pullback.graph.graph import Graph
from pullback.graph.inspection import GraphRun
from pullback.graph.nodes import Node

__all__ = ["mermaid"]

_SIGNS: Final = {"value": "=", "reverse": "←", "forward": "→"}
_SPECIAL: Final = frozenset('"#&;<>`*_~\\|{}[]()%$@:^')
"""What Mermaid, or the Markdown and HTML in its labels, takes for something else than text."""


def mermaid(graph: Graph, run: GraphRun | None = None, mode: Mode = "value") -> str:
    """A graph as a flow chart of Mermaid.

    Inputs have round ends, outputs a thick border, folded nodes a double one.

    Args:
        graph: what is drawn.
        run: a run of it, for the values.
        mode: ``"value"``, ``"reverse"`` for cotangents, or ``"forward"`` for tangents.

    Raises:
        GraphError: the run has not made that pass.

    >>> from pullback import trace
    >>> print(mermaid(trace(lambda x: x * x, 3.0)))
    flowchart TD
      n0(["x"])
      n1["mul"]
      n0 -->|"2×"| n1
      style n1 stroke-width:3px
    """
    seen = view(graph, run, mode)
    lines = ["flowchart TD"]
    lines += [f"  n{node.index}{_box(node, seen)}" for node in graph.nodes]
    for node in graph.nodes:
        for parent, count in Counter(parent.index for parent in node.parents).items():
            more = f'|"{count}×"|' if count > 1 else ""
            lines.append(f"  n{parent} -->{more} n{node.index}")
    lines += [f"  style n{index} stroke-width:3px" for index in sorted(seen.outputs)]
    return "\n".join(lines)


def _box(node: Node, seen: View) -> str:
    shown = seen.shown(node)
    text = _escaped(title(node))
    if shown is not NOTHING:
        text += f"<br>{_SIGNS[seen.mode]} {_escaped(value_text(shown))}"
    if is_folded(node):
        return f'[["{text}"]]'
    return f'["{text}"]' if node.kind == "call" else f'(["{text}"])'


def _escaped(text: str) -> str:
    """A text in a label: what could mean something else is written by its number."""
    return "".join(f"#{ord(letter)};" if letter in _SPECIAL else letter for letter in text)
