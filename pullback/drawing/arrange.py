"""A layered arrangement of boxes that are joined by edges: every edge goes downwards.

The classical steps for directed acyclic graphs: a layer for each box, vertices for the long edges
where they pass a layer, an order in each layer (`ordering`), and then places (`positions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pullback.drawing.ordering import order
from pullback.drawing.positions import positions

_PULL: Final = 3.0
"""Of the vertices of long edges, beside 1 of boxes, so that long edges are straight."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where boxes stand, and where the edges between them pass.

    Vertices are numbered: first the boxes, then those that long edges have where they pass a layer
    between their ends. All the edges of one box pass a layer through the same vertex.
    """

    rows: list[list[int]]
    """The vertices of each layer, from left to right."""
    layers: list[int]
    """The layer of each vertex; the first is 0."""
    x: list[float]
    """The centre of each vertex; the leftmost one begins at 0."""
    width: float
    """Of the whole."""
    down: list[list[int]]
    """Of each vertex, those in the next layer that it is joined to."""
    up: list[list[int]]
    """Of each vertex, those in the layer before that it is joined to."""
    routes: dict[tuple[int, int], list[int]]
    """Edge -> the vertices that it passes, from its source to its target."""


def arrange(
    widths: Sequence[float],
    edges: Sequence[tuple[int, int]],
    gap: float,
    *,
    passage: float = 1.0,
    room: float | None = None,
) -> Arrangement:
    """Arrange boxes in layers; every edge goes downwards.

    Args:
        widths: the width of each box.
        edges: pairs of the numbers of two boxes, without a cycle. Equal pairs count as one.
        gap: between neighbours in a layer, at least.
        passage: the width of an edge where it passes a layer.
        room: how wide the whole may be; what is in one layer must fit.

    >>> arrangement = arrange([4, 4, 2], [(0, 1), (0, 2), (1, 2)], gap=1)
    >>> arrangement.layers, arrangement.routes[0, 2]
    ([0, 1, 2, 1], [0, 3, 2])
    """
    edges = [*dict.fromkeys(edges)]
    boxes = len(widths)
    layers = layers_of(boxes, edges)
    routes = _with_passages(layers, edges)
    down: list[list[int]] = [[] for _ in layers]
    up: list[list[int]] = [[] for _ in layers]
    steps = [step for route in routes.values() for step in pairwise(route)]
    for above, below in dict.fromkeys(steps):
        down[above].append(below)
        up[below].append(above)
    rows = order(layers, down, up)
    passages = len(layers) - boxes
    all_widths = [*widths, *[passage] * passages]
    pull = [1.0] * boxes + [_PULL] * passages
    x = positions(rows, down, up, all_widths, gap, pull, room)
    spans = zip(x, all_widths, strict=True)
    width = max((centre + span / 2 for centre, span in spans), default=0.0)
    return Arrangement(rows, layers, x, width, down, up, routes)


def layers_of(boxes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each box: below all that lead to it, and inputs just above their first use.

    Args:
        boxes: how many there are.
        edges: pairs of the numbers of two boxes, without a cycle.

    >>> layers_of(4, [(0, 1), (1, 2), (3, 2)])
    [0, 1, 2, 1]
    """
    targets: list[list[int]] = [[] for _ in range(boxes)]
    missing = [0] * boxes
    for source, target in edges:
        targets[source].append(target)
        missing[target] += 1
    inputs = [box for box in range(boxes) if not missing[box]]
    layers = [0] * boxes
    ready = [*inputs]
    for box in ready:
        for target in targets[box]:
            layers[target] = max(layers[target], layers[box] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for box in inputs:
        layers[box] = min((layers[target] - 1 for target in targets[box]), default=0)
    return layers


def _with_passages(
    layers: list[int], edges: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], list[int]]:
    """The route of each edge; adds to ``layers`` the vertices where long edges pass a layer."""
    lines: dict[int, list[int]] = {}
    routes = {}
    for source, target in edges:
        line = lines.setdefault(source, [source])
        length = layers[target] - layers[source]
        while len(line) < length:
            layers.append(layers[source] + len(line))
            line.append(len(layers) - 1)
        routes[source, target] = [*line[:length], target]
    return routes
