"""Where the vertices of ordered layers stand, so that edges are short and straight.

One layer after the other is moved to where its neighbours are, as near as its order and the widths
allow. That is an isotonic regression, which pooling of adjacent violators solves exactly: vertices
that would overlap become a block, which stands at the mean of where its members want to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

_ROUNDS: Final = 8
_LOOSE: Final = 0.1
"""The pull of a vertex without neighbours to where it is, beside 1 of an edge."""


def positions(
    rows: Sequence[Sequence[int]],
    down: Sequence[Sequence[int]],
    up: Sequence[Sequence[int]],
    widths: Sequence[float],
    gap: float,
    pull: Sequence[float],
    room: float | None = None,
) -> list[float]:
    """The centre of each vertex; the leftmost one begins at 0.

    Args:
        rows: the vertices of each layer, from left to right.
        down: of each vertex, those in the next layer that it is joined to.
        up: of each vertex, those in the layer before.
        widths: of each vertex.
        gap: between neighbours, at least.
        pull: of each vertex, how strongly its edges pull.
        room: how wide the whole may be; as wide as it gets, if not given.

    >>> positions([[0], [1, 2]], [[1, 2], [], []], [[], [0], [0]], [4, 2, 2], 1, [1, 1, 1])
    [2.5, 1.0, 4.0]
    """
    offsets = [0.0] * len(widths)
    """Of each vertex, its centre if its layer stood at 0 and without gaps to spare."""
    spare = [inf] * len(rows)
    """Of each layer, how much narrower than the room it is."""
    for layer, row in enumerate(rows):
        edge = 0.0
        for vertex in row:
            offsets[vertex] = edge + widths[vertex] / 2
            edge += widths[vertex] + gap
        if room is not None:
            spare[layer] = max(room - edge + gap, 0.0)
    x = [*offsets]
    both = [[*above, *below] for above, below in zip(up, down, strict=True)]
    for turn in range(2 * _ROUNDS):
        downwards = turn % 2 == 0
        joined = both if turn >= 2 * _ROUNDS - 2 else up if downwards else down
        layers = range(len(rows))
        for layer in layers if downwards else reversed(layers):
            _settle(rows[layer], joined, offsets, x, pull, spare[layer])
    left = min((x[vertex] - widths[vertex] / 2 for row in rows for vertex in row), default=0.0)
    return [centre - left for centre in x]


def _settle(
    row: Sequence[int],
    joined: Sequence[Sequence[int]],
    offsets: Sequence[float],
    x: list[float],
    pull: Sequence[float],
    spare: float,
) -> None:
    """Move a layer to its neighbours: of all places in its order, those of least squares."""
    blocks: list[tuple[float, float, int]] = []
    """Of each, the sum of its weighted shifts, the sum of its weights, its number of vertices."""
    for vertex in row:
        total, weight = 0.0, 0.0
        for other in joined[vertex]:
            strength = pull[vertex] * pull[other]
            total += strength * x[other]
            weight += strength
        if not weight:
            total, weight = _LOOSE * x[vertex], _LOOSE
        block = (total - weight * offsets[vertex], weight, 1)
        while blocks and blocks[-1][0] * block[1] > block[0] * blocks[-1][1]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    vertices = iter(row)
    for total, weight, count in blocks:
        shift = total / weight
        if spare < inf:
            shift = min(max(shift, 0.0), spare)
        for _ in range(count):
            vertex = next(vertices)
            x[vertex] = shift + offsets[vertex]
