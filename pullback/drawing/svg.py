"""A graph as an SVG: boxes with the values of the nodes, and smooth edges with arrow heads.

The picture brings its own colours, light and dark, and stands on its own background, so that it
can be read wherever it is put. It uses no ids: several may stand in one page.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, TypeAlias

from pullback.drawing.facts import Facts, facts_of
from pullback.drawing.labels import cells, is_folded
from pullback.drawing.layout import Edge, Layout, layout
from pullback.drawing.view import Mode, view
from pullback.errors import GraphError
from pullback.graph import Graph, GraphRun
from pullback.showing import printable

__all__ = ["LEGENDS", "Picture", "outputs_of", "picture", "rows_of", "svg"]

Row: TypeAlias = tuple[str, str]
"""What a text in a box is, as a CSS class, and the text."""
Lines: TypeAlias = Sequence[Sequence[Row]]
"""The lines of a box; of the texts of one line, a style shows one at a time."""

_ROW: Final = 19
_BASELINE: Final = 5
_PADDING: Final = 12
_MARGIN: Final = 16
_BETWEEN: Final = 46
"""Between two layers."""
_GAP: Final = 22
_HEAD: Final = "m-5-8l5 8 5-8"
"""An arrow head, from its tip."""
_ADVANCE: Final = {"pb-name": 9.1}
"""The width of a letter, in the monospaced fonts that are asked for."""
_SMALL: Final = 7.9

LEGENDS: Final = {
    "value": "",
    "reverse": "← the cotangent that came back to the node",
    "forward": "→ the tangent of the node",
}

_STYLE: Final = """
.pb-page{fill:#fff}
.pb-box{fill:#f4f6fa;stroke:#5b6577;stroke-width:1.2}
.pb-placeholder .pb-box,.pb-variable .pb-box{fill:#e8f1fd;stroke:#2764b5}
.pb-constant .pb-box{fill:#fff;stroke-dasharray:4 3}
.pb-output .pb-box{stroke-width:2.4}
.pb-inner{fill:none}
.pb-edge{fill:none;stroke:#7b8596;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
.pb-text,.pb-node text{\
font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
fill:#414a59;text-anchor:middle}
.pb-node .pb-name{font-size:15px;font-weight:700;fill:#16181d}
.pb-node .pb-value{fill:#16181d}
.pb-node .pb-cotangent{fill:#a3221c}
.pb-node .pb-tangent{fill:#0b6130}
@media (prefers-color-scheme:dark){
.pb-page{fill:#15171b}
.pb-box{fill:#23272f;stroke:#8d97a8}
.pb-placeholder .pb-box,.pb-variable .pb-box{fill:#1b2c44;stroke:#7fb2f5}
.pb-constant .pb-box{fill:#15171b}
.pb-inner{fill:none}
.pb-edge{stroke:#8d97a8}
.pb-text,.pb-node text{fill:#bcc3ce}
.pb-node .pb-name,.pb-node .pb-value{fill:#f0f1f4}
.pb-node .pb-cotangent{fill:#ff9c94}
.pb-node .pb-tangent{fill:#7fdc9f}
}
"""


def svg(graph: Graph, run: GraphRun | None = None, mode: Mode = "value") -> str:
    """A graph as an SVG.

    Args:
        graph: what is drawn.
        run: a run of it, whose values are drawn too.
        mode: ``"value"``, ``"reverse"`` for cotangents too, or ``"forward"`` for tangents.

    Raises:
        GraphError: the run has not made that pass.

    >>> from pullback import trace
    >>> svg(trace(lambda x: x * x, 3.0))[:4]
    '<svg'
    """
    outputs = outputs_of(graph, run, mode)
    facts = facts_of(graph, run)
    boxes = [[[row] for row in rows_of(fact, mode if run else None)] for fact in facts]
    legend = LEGENDS[mode] if run is not None else ""
    return picture(graph, facts, boxes, outputs, legend).text


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG, and how large it is, in pixels."""

    text: str
    width: int
    height: int


def picture(
    graph: Graph,
    facts: Sequence[Facts],
    boxes: Sequence[Lines],
    outputs: frozenset[int],
    legend: str = "",
    *,
    interactive: bool = False,
) -> Picture:
    """The SVG of a graph.

    Args:
        graph: what is drawn.
        facts: of each of its nodes.
        boxes: what stands in the box of each of its nodes.
        outputs: the indices of the nodes that it returns.
        legend: what stands below.
        interactive: whether a program finds the nodes and edges, which then have no titles.
    """
    return _Picture(graph, facts, boxes, outputs, legend, interactive).draw()


class _Picture:
    def __init__(
        self,
        graph: Graph,
        facts: Sequence[Facts],
        boxes: Sequence[Lines],
        outputs: frozenset[int],
        legend: str,
        interactive: bool,
    ) -> None:
        self.graph = graph
        self.facts = facts
        self.boxes = boxes
        self.legend = legend
        self.interactive = interactive
        self.widths = [
            2.0 * _PADDING + 2 * ceil(max(_width(row) for line in lines for row in line) / 2)
            for lines in boxes
        ]
        self.box = 2 * _PADDING + _ROW * max(map(len, boxes), default=0) - 6
        self.pitch = self.box + _BETWEEN
        self.outputs = outputs
        self.layout: Layout = layout(graph, lambda node: self.widths[node.index], gap=_GAP)

    def draw(self) -> Picture:
        legend = _width(("pb-text", self.legend)) if self.legend else 0.0
        inside = max(self.layout.width, legend)
        self.left = _MARGIN + (inside - self.layout.width) / 2
        width = round(inside + 2 * _MARGIN)
        below = self.layout.layers * self.pitch - _BETWEEN + _MARGIN
        height = round(below + (_ROW + 10 if self.legend else 0) + _MARGIN)
        parts = [
            self._opening(width, height),
            f"<style>{_STYLE}</style>",
            f'<rect class="pb-page" width="{width}" height="{height}" rx="8"/>',
            *self._edges(),
            *map(self._node, self.facts),
        ]
        if self.legend:
            parts.append(_line("pb-text", width / 2, below + _ROW + 4, self.legend))
        return Picture("\n".join([*parts, "</svg>"]), width, height)

    def _opening(self, width: int, height: int) -> str:
        inputs = ", ".join(node.name for node in self.graph.inputs)
        title = f"The graph of {self.graph.name}({inputs})"
        names = ", ".join(fact.name for fact in self.facts[:40])
        more = f", and {len(self.facts) - 40} more" if len(self.facts) > 40 else ""
        role = "group" if self.interactive else "img"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="{role}" aria-label="{escaped(title)}">\n'
            f"<title>{escaped(title)}</title>\n"
            f"<desc>{len(self.facts)} nodes: {escaped(names)}{more}.</desc>"
        )

    def _top(self, layer: float) -> float:
        return _MARGIN + layer * self.pitch

    def _edges(self) -> list[str]:
        arriving: dict[int, list[Edge]] = {}
        for edge in self.layout.edges:
            arriving.setdefault(edge.target.index, []).append(edge)
        parts = []
        for edges in arriving.values():
            edges.sort(key=lambda edge: (edge.points[-2][0], edge.source.index))
            for place, edge in enumerate(edges):
                parts += self._edge(edge, (place + 1) / (len(edges) + 1) - 0.5)
        return parts

    def _edge(self, edge: Edge, side: float) -> list[str]:
        """An edge that arrives at the side of the middle of its target, in parts of its width."""
        (x, layer), *between, (end, last) = edge.points
        end += self.left + side * 0.7 * self.widths[edge.target.index]
        x, y = x + self.left, self._top(layer) + self.box
        path = [f"M{x:.0f} {y:.0f}"]
        for next_x, next_layer in between:
            next_x += self.left
            path.append(_curve(x, y, next_x, self._top(next_layer)))
            x, y = next_x, self._top(next_layer) + self.box
            path.append(f"V{y:.0f}")
        path += [_curve(x, y, end, self._top(last)), _HEAD]
        ends = f' data-from="{edge.source.index}" data-to="{edge.target.index}"'
        parts = [f'<path class="pb-edge"{ends if self.interactive else ""} d="{"".join(path)}"/>']
        if edge.count > 1:
            parts.append(_line("pb-text", end + 18, self._top(last) - 12, f"×{edge.count}"))
        return parts

    def _node(self, fact: Facts) -> str:
        node = fact.node
        place = self.layout.places[node.index]
        width = self.widths[node.index]
        x, top = place.x + self.left, self._top(place.layer)
        kinds = f"pb-node pb-{node.kind}" + " pb-output" * (node.index in self.outputs)
        round_by = 20 if node.kind in ("placeholder", "variable") else 7
        parts = [
            f'<rect class="pb-box" x="{-width / 2:g}" width="{width:g}" height="{self.box}" '
            f'rx="{round_by}"/>'
        ]
        if is_folded(node):
            parts.append(
                f'<rect class="pb-box pb-inner" x="{3 - width / 2:g}" y="3" width="{width - 6:g}" '
                f'height="{self.box - 6}" rx="5"/>'
            )
        for number, line in enumerate(self.boxes[node.index]):
            y = _PADDING + _ROW * number + _ROW / 2 - 3 + _BASELINE
            parts += [_line(kind, 0, y, text) for kind, text in line if text]
        start = f'<g class="{kinds}" transform="translate({x:.0f} {top:.0f})"'
        if self.interactive:
            return f'{start} data-node="{node.index}">{"".join(parts)}</g>'
        return f"{start}><title>{escaped(_title(fact))}</title>{''.join(parts)}</g>"


def outputs_of(graph: Graph, run: GraphRun | None, mode: Mode) -> frozenset[int]:
    """The indices of the nodes that the graph returns; of one that is not finished, none.

    Raises:
        GraphError: there is no such mode, or the run has not made that pass.
    """
    try:
        return view(graph, run, mode).outputs
    except GraphError:
        if run is None and mode == "value":  # which shows nothing but the graph itself
            return frozenset()
        raise


def rows_of(fact: Facts, mode: Mode | None) -> list[Row]:
    """What stands in the box of a node, line by line; without a mode, nothing of a run."""
    rows = [("pb-name", fact.name), ("", fact.does)]
    if mode is None:
        return [*rows, ("", fact.dtype + (fact.shape if fact.shape != "()" else ""))]
    rows.append(("pb-value", fact.value))
    if mode == "reverse":
        rows.append(("pb-cotangent", fact.cotangent and f"← {fact.cotangent}"))
    elif mode == "forward":
        rows.append(("pb-tangent", fact.tangent and f"→ {fact.tangent}"))
    return rows


def _title(fact: Facts) -> str:
    """All that is known of a node, one thing in a line."""
    known = {
        "value": fact.value_at_length,
        "cotangent": fact.cotangent_at_length,
        "tangent": fact.tangent_at_length,
        "shape": fact.shape,
        "dtype": fact.dtype,
        "rule": f"{fact.rule}, from {fact.provider}" if fact.rule else "",
        "line": fact.made_at,
    }
    lines = [f"{what}: {text}" for what, text in known.items() if text]
    return "\n".join([f"{fact.name} = {fact.call or fact.does}", *lines])


def _width(row: Row) -> float:
    kind, text = row
    return cells(text) * _ADVANCE.get(kind, _SMALL)


def _line(kind: str, x: float, y: float, text: str) -> str:
    across = f' x="{x:.0f}"' if x else ""
    style = f' class="{kind}"' if kind else ""
    return f'<text{style}{across} y="{y:.0f}">{escaped(text)}</text>'


def _curve(x: float, y: float, end_x: float, end_y: float) -> str:
    """A curve that leaves and arrives straight down."""
    middle = (y + end_y) / 2
    return f"C{x:.0f} {middle:.0f} {end_x:.0f} {middle:.0f} {end_x:.0f} {end_y:.0f}"


def escaped(text: str) -> str:
    """Text as it stands in XML and in HTML."""
    return html.escape(printable(text))
