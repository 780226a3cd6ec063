"""In which order the vertices of each layer stand, so that few edges cross.

Barycentre sweeps: up and down through the layers, each sorts a layer by the mean place of what its
vertices are joined to in the one before. After each sweep, neighbours change places wherever that
saves crossings. The best order that was met is kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeAlias

Rows: TypeAlias = list[list[int]]
"""The vertices of each layer, from left to right."""

_SWEEPS: Final = 16
_PATIENCE: Final = 4
"""Sweeps without a better order, after which none is expected."""
_SWAPPING_PASSES: Final = 3


def order(
    layers: Sequence[int], down: Sequence[Sequence[int]], up: Sequence[Sequence[int]]
) -> Rows:
    """The vertices of each layer in an order with few crossings.

    Args:
        layers: the layer of each vertex.
        down: of each vertex, those in the next layer that it is joined to.
        up: of each vertex, those in the layer before.

    >>> order([0, 0, 1, 1], down=[[3], [2], [], []], up=[[], [], [1], [0]])
    [[0, 1], [3, 2]]
    """
    rows = _depth_first(layers, down, up)
    places = [0] * len(layers)
    for row in rows:
        _number(row, places)
    best, fewest = [[*row] for row in rows], crossings(rows, down, places)
    stalled = 0
    for sweep in range(_SWEEPS):
        if not fewest or stalled == _PATIENCE:
            break
        downwards = sweep % 2 == 1
        for row in rows if downwards else reversed(rows):
            if sweep % 4 >= 2:
                row.reverse()  # sorting keeps equal ones as they are; so they are tried both ways
            _sort(row, up if downwards else down, places)
        for _ in range(_SWAPPING_PASSES):
            swaps = sum(_swap(row, down, up, places) for row in rows)
            if not swaps:
                break
        found = crossings(rows, down, places)
        stalled += 1
        if found < fewest:
            best, fewest, stalled = [[*row] for row in rows], found, 0
    return _right_way_round(best, up)


def _right_way_round(rows: Rows, up: Sequence[Sequence[int]]) -> Rows:
    """The order or its mirror image: that in which more inputs stand in their own order."""
    turned = sum(
        1 if left > right else -1
        for row in rows
        for left, right in pairwise(vertex for vertex in row if not up[vertex])
    )
    return [row[::-1] for row in rows] if turned > 0 else rows


def crossings(rows: Rows, down: Sequence[Sequence[int]], places: Sequence[int]) -> int:
    """How many pairs of edges cross.

    Args:
        rows: the vertices of each layer, in order.
        down: of each vertex, those in the next layer that it is joined to.
        places: of each vertex, its place in its layer.
    """
    total = 0
    for row in rows:
        seen: list[int] = []
        for vertex in row:
            ends = sorted(places[target] for target in down[vertex])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _depth_first(
    layers: Sequence[int], down: Sequence[Sequence[int]], up: Sequence[Sequence[int]]
) -> Rows:
    """An order in which what hangs together stands together: that of a depth-first walk."""
    rows: Rows = [[] for _ in range(max(layers, default=-1) + 1)]
    seen = [False] * len(layers)
    for root in range(len(layers)):
        waiting = [] if up[root] else [root]
        while waiting:
            vertex = waiting.pop()
            if not seen[vertex]:
                seen[vertex] = True
                rows[layers[vertex]].append(vertex)
                waiting.extend(reversed(down[vertex]))
    return rows


def _number(row: Sequence[int], places: list[int]) -> None:
    for place, vertex in enumerate(row):
        places[vertex] = place


def _sort(row: list[int], joined: Sequence[Sequence[int]], places: list[int]) -> None:
    """Sort a layer by the mean place of the neighbours; what has none stays where it is."""

    def barycentre(vertex: int) -> float:
        near = joined[vertex]
        return sum(places[other] for other in near) / len(near) if near else places[vertex]

    row.sort(key=barycentre)
    _number(row, places)


def _swap(
    row: list[int],
    down: Sequence[Sequence[int]],
    up: Sequence[Sequence[int]],
    places: list[int],
) -> int:
    """Let neighbours change places where that saves crossings; how many did."""
    above = {vertex: sorted(places[other] for other in up[vertex]) for vertex in row}
    below = {vertex: sorted(places[other] for other in down[vertex]) for vertex in row}
    swaps = 0
    for place in range(len(row) - 1):
        left, right = row[place], row[place + 1]
        if _saved(above[left], above[right]) + _saved(below[left], below[right]) > 0:
            row[place], row[place + 1] = right, left
            swaps += 1
    _number(row, places)
    return swaps


def _saved(left: Sequence[int], right: Sequence[int]) -> int:
    """How many crossings less there are if two neighbours, joined to these places, are swapped."""
    saved = 0
    for end in left:
        saved += bisect_left(right, end) + bisect_right(right, end) - len(right)
    return saved
