"""A grid in which lines of several nets are drawn with box-drawing characters.

Lines of one net that meet are joined. Those of two nets cross: the line that goes down is whole,
and the other passes behind it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, TypeAlias

Point: TypeAlias = tuple[int, int]
"""A row and a column."""

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
_GLYPHS: Final = " ││││┘┐┤│└┌├─┴┬┼"
"""By the sum of the directions in which lines leave a cell."""
_ASCII: Final = " ||||+++|+++-+++"


class Canvas:
    r"""A drawing of lines.

    >>> canvas = Canvas(3)
    >>> canvas.line(0, (-1, 1), (1, 1))
    >>> canvas.line(0, (1, 1), (1, 4))
    >>> canvas.line(0, (1, 4), (3, 4))
    >>> print(*canvas.rows(), sep="\n")
     │
     └──┐
        │
    """

    def __init__(self, height: int) -> None:
        self._lines: list[dict[int, dict[int, int]]] = [{} for _ in range(height)]
        """Of each row: column -> net -> the directions in which its lines leave."""

    def line(self, net: int, start: Point, end: Point) -> None:
        """A line of a net, down or across; what is above or below the grid is left out."""
        (row, column), (last_row, last_column) = sorted((start, end))
        for place in range(row, last_row):
            self._leave(net, place, column, DOWN)
            self._leave(net, place + 1, column, UP)
        for place in range(column, last_column):
            self._leave(net, row, place, RIGHT)
            self._leave(net, row, place + 1, LEFT)

    def _leave(self, net: int, row: int, column: int, direction: int) -> None:
        if 0 <= row < len(self._lines):
            nets = self._lines[row].setdefault(column, {})
            nets[net] = nets.get(net, 0) | direction

    def rows(self, *, ascii: bool = False) -> list[str]:
        """The drawing, a text for each row."""
        glyphs = _ASCII if ascii else _GLYPHS
        rows = []
        for lines in self._lines:
            letters = [" "] * (max(lines, default=-1) + 1)
            for column, nets in lines.items():
                letters[column] = _glyph(nets.values(), glyphs)
            rows.append("".join(letters))
        return rows


def _glyph(nets: Collection[int], glyphs: str) -> str:
    if len(nets) == 1:
        (directions,) = nets
        return glyphs[directions]
    assert sorted(nets) == [UP | DOWN, LEFT | RIGHT], "lines lie on each other"
    return glyphs[UP | DOWN]
