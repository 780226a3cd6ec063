"""A graph as text: labels joined by lines, with the inputs above and the outputs below.

What does not fit is written shorter, and then folded: lines are never broken.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Final, TypeAlias

from pullback.drawing.arrange import Arrangement, arrange
from pullback.drawing.channel import Net, channel
from pullback.drawing.items import (
    Item,
    Items,
    items_of,
    narrowed,
    too_wide,
    widths_of,
    without_middle,
    without_runs,
)
from pullback.drawing.labels import cells, in_ascii, is_folded, title, value_text
from pullback.drawing.view import NOTHING, Mode, View, view
from pullback.graph.graph import Graph
from pullback.graph.inspection import GraphRun

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["styled", "text"]

Part: TypeAlias = tuple[str, str]
"""A piece of a line, and in which style of rich it is shown."""

_EDGE: Final = "dim"
_KINDS: Final = {"placeholder": "bold green", "variable": "green", "constant": "yellow"}
_MODES: Final[dict[Mode, tuple[str, str]]] = {
    "value": ("=", "cyan"),
    "reverse": ("←", "magenta"),
    "forward": ("→", "blue"),
}


@dataclass(frozen=True, slots=True)
class _Length:
    """How long labels may be."""

    title: int
    digits: int | None
    few: int
    """Arrays of at most so many elements are written as numbers."""
    gap: int


_NEAR: Final = 3
"""Columns by which an edge that passes a layer is moved, so that it goes straight down."""
_LENGTHS: Final = (
    _Length(title=60, digits=None, few=4, gap=2),
    _Length(title=24, digits=6, few=4, gap=2),
    _Length(title=12, digits=4, few=1, gap=1),
    _Length(title=8, digits=3, few=1, gap=1),
)


def text(
    graph: Graph,
    run: GraphRun | None = None,
    mode: Mode = "value",
    *,
    width: int | None = None,
    ascii: bool = False,
    max_nodes: int = 250,
) -> str:
    """A graph as text for a terminal.

    Args:
        graph: what is drawn.
        run: a run of it, for the values.
        mode: what is written on the nodes: ``"value"``; ``"reverse"`` for the cotangents, after
            ``←``; ``"forward"`` for the tangents, after ``→``.
        width: in columns; that of the terminal, if not given. What does not fit is written
            shorter, and then folded.
        ascii: whether to draw with signs of ASCII alone.
        max_nodes: graphs of more nodes are folded.

    Raises:
        GraphError: the run has not made that pass.

    >>> from pullback import trace
    >>> graph = trace(lambda x, y: (x + y) * (x - y), 3.0, 2.0)
    >>> print(text(graph, graph.run(3.0, 2.0)))
      x = 3.0  y = 2.0
        ┌┴────────┴┐
    add = 5.0  sub = 1.0
        └────┬─────┘
      return mul = 5.0
    """
    lines = _lines(view(graph, run, mode), width, ascii, max_nodes)
    return "\n".join("".join(part for part, _ in line) for line in lines)


def styled(
    graph: Graph,
    run: GraphRun | None = None,
    mode: Mode = "value",
    *,
    width: int | None = None,
    ascii: bool = False,
    max_nodes: int = 250,
) -> Text:
    """What `text` returns, with colours, to be printed by rich."""
    from rich.text import Text

    lines = _lines(view(graph, run, mode), width, ascii, max_nodes)
    return Text("\n", no_wrap=True).join(Text.assemble(*line) for line in lines)


def _lines(seen: View, width: int | None, ascii: bool, max_nodes: int) -> list[list[Part]]:
    """The drawing, each line in parts."""
    room = shutil.get_terminal_size().columns if width is None else width
    writer = _Writer(seen, ascii)
    items = items_of(seen.graph)
    if len(items.items) > max_nodes:
        items = without_middle(without_runs(items, writer.is_output), max_nodes)
    items = writer.fitted(items, room)
    if not items.items:
        return []
    gap = writer.length.gap
    found = arrange(widths_of(items, writer.width), items.edges, gap, room=room)
    return _Sheet(items, found, writer, room).lines()


class _Writer:
    """What is written on the items, in a length that fits."""

    def __init__(self, seen: View, ascii: bool) -> None:
        self.seen = seen
        self.ascii = ascii
        self.length = _LENGTHS[0]

    def fitted(self, items: Items, room: int) -> Items:
        """The items, folded as far as they must be to fit into so many columns."""
        for candidate in (items, without_runs(items, self.is_output)):
            for self.length in _LENGTHS:
                if not too_wide(candidate, self.width, self.length.gap, room):
                    return candidate
        return narrowed(candidate, self.width, self.length.gap, room)

    def is_output(self, item: Item) -> bool:
        """Whether the graph returns what is in the item."""
        return any(node.index in self.seen.outputs for node in item.nodes)

    def width(self, item: Item) -> int:
        """The columns of what is written on an item."""
        return sum(cells(part) for part, _ in self.label(item))

    def label(self, item: Item) -> list[Part]:
        """What is written on an item."""
        node = item.nodes[0]
        if len(item.nodes) > 1:
            parts = [(f"… {len(item.nodes)} more …", "italic")]
            return [(in_ascii(part) if self.ascii else part, style) for part, style in parts]
        length = self.length
        name = title(node, length.title)
        parts = [(f"║{name}║" if is_folded(node) else name, _KINDS.get(node.kind, "bold"))]
        if node.index in self.seen.outputs:
            parts.insert(0, ("return ", "bold red"))
        value = self.seen.shown(node)
        if value is not NOTHING:
            sign, style = _MODES[self.seen.mode]
            parts += [(f" {sign} ", _EDGE), (value_text(value, length.digits, length.few), style)]
        return [(in_ascii(part) if self.ascii else part, style) for part, style in parts]


class _Sheet:
    """Items at whole columns, and the lines of text that they and their edges make."""

    def __init__(self, items: Items, found: Arrangement, writer: _Writer, room: int) -> None:
        self.items = items
        self.found = found
        self.writer = writer
        self.room = room
        self.labels = [self._wide_enough(number) for number in range(len(items.items))]
        self.spans = self._spans()
        """Of each vertex, its first and its last column."""

    def _wide_enough(self, number: int) -> list[Part]:
        """The label of an item; where more lines meet it than it is wide, with a bar beside it."""
        label = self.writer.label(self.items.items[number])
        nets = {tuple(sorted(self.found.down[above])) for above in self.found.up[number]}
        missing = 2 * len(nets) - 1 - _width(label)
        bar = ("-" if self.writer.ascii else "─") * ((missing + 1) // 2)
        return [(bar, _EDGE), *label, (bar, _EDGE)] if missing > 0 else label

    def _spans(self) -> list[tuple[int, int]]:
        """Round to whole columns, and put passages straight below each other where that is near."""
        found, widths = self.found, widths_of(self.items, self.writer.width)
        widths += [1] * (len(found.x) - len(widths))
        left = [floor(x - width / 2 + 0.5) for x, width in zip(found.x, widths, strict=True)]
        for row in found.rows:
            for place, vertex in enumerate(row):
                if vertex >= len(self.labels):
                    before = left[row[place - 1]] + widths[row[place - 1]] + 1 if place else 0
                    after = left[row[place + 1]] - 2 if place + 1 < len(row) else self.room - 1
                    left[vertex] = self._straight(vertex, left, before, after)
        return [(first, first + width - 1) for first, width in zip(left, widths, strict=True)]

    def _straight(self, vertex: int, left: list[int], before: int, after: int) -> int:
        """The column of a passage: that of the one above it, if it is near and free."""
        above = self.found.up[vertex][0]
        if above < len(self.labels):
            return left[vertex]
        wanted = max(min(left[above], after), before)
        return wanted if abs(wanted - left[vertex]) <= _NEAR else left[vertex]

    def lines(self) -> list[list[Part]]:
        """All lines of the drawing."""
        lines = []
        for layer, row in enumerate(self.found.rows):
            if layer:
                nets = self._nets(self.found.rows[layer - 1])
                between = channel(nets, ascii=self.writer.ascii)
                lines += [[(line, _EDGE)] for line in between]
            lines.append(self._row(row))
        return lines

    def _row(self, row: Sequence[int]) -> list[Part]:
        """The line of a layer: labels, and the edges that pass."""
        parts: list[Part] = []
        end = 0
        for vertex in row:
            label = self._label(vertex)
            start = self._start(vertex)
            parts += [(" " * (start - end), ""), *label]
            end = start + _width(label)
        return parts

    def _label(self, vertex: int) -> list[Part]:
        if vertex < len(self.labels):
            return self.labels[vertex]
        return [("|" if self.writer.ascii else "│", _EDGE)]

    def _start(self, vertex: int) -> int:
        first, last = self.spans[vertex]
        return (first + last) // 2 - _width(self._label(vertex)) // 2

    def _centre(self, vertex: int) -> int:
        first, last = self.spans[vertex]
        return (first + last) // 2

    def _reach(self, vertex: int) -> tuple[int, int]:
        """The columns at which a line can meet a vertex."""
        start = self._start(vertex)
        return start, start + _width(self._label(vertex)) - 1

    def _nets(self, row: Sequence[int]) -> list[Net]:
        """The lines below a layer. What leads to the same vertices is one net."""
        groups: dict[tuple[int, ...], list[int]] = {}
        for vertex in row:
            if self.found.down[vertex]:
                groups.setdefault(tuple(sorted(self.found.down[vertex])), []).append(vertex)
        nets = [Net([self._leaving(v) for v in tops], [0]) for tops in groups.values()]
        entries: dict[int, list[Net]] = {}
        for targets, net in zip(groups, nets, strict=True):
            net.bottoms = []
            for target in targets:
                entries.setdefault(target, []).append(net)
        for target, entering in entries.items():
            for net, column in self._ports(target, entering):
                net.bottoms.append(column)
        return [Net(net.tops, net.bottoms) for net in nets]

    def _leaving(self, vertex: int) -> int:
        """The column in which the lines of a vertex leave it: straight down, where that can be."""
        centre = self._centre(vertex)
        below = self.found.down[vertex]
        if len(below) == 1 and vertex < len(self.labels):
            target = self._centre(below[0])
            first, last = self._reach(vertex)
            if below[0] >= len(self.labels) and first <= target <= last:
                return target
        return centre

    def _ports(self, target: int, nets: Sequence[Net]) -> list[tuple[Net, int]]:
        """The column in which each net meets a vertex, from left to right as they come."""
        first, last = self._reach(target)
        centre = (first + last) // 2
        ordered = sorted(nets, key=lambda net: sum(net.tops) / len(net.tops))
        if target >= len(self.labels):
            return [(nets[0], centre)]
        for place, net in enumerate(ordered):
            straight = net.tops[0]
            leftmost = straight - 2 * place
            rightmost = straight + 2 * (len(nets) - 1 - place)
            if len(net.tops) == 1 and first <= leftmost and rightmost <= last:
                return [(net, leftmost + 2 * k) for k, net in enumerate(ordered)]
        leftmost = centre - len(nets) + 1
        return [(net, leftmost + 2 * place) for place, net in enumerate(ordered)]


def _width(parts: Sequence[Part]) -> int:
    return sum(cells(part) for part, _ in parts)
