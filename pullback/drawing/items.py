"""What is drawn of a graph where not all of it fits: items that stand for one node or many.

Nodes are folded into one item such that what is left is still free of cycles: a run of nodes that
lead one into the other, nodes of one layer, or all nodes of some layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pullback.drawing.arrange import layers_of
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node

_SHORTEST: Final = 3
"""Runs of fewer nodes are not folded."""


@dataclass(frozen=True, slots=True)
class Item:
    """One node, or several that are drawn as one."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a drawing, and the edges between them as pairs of their numbers."""

    items: list[Item]
    edges: list[tuple[int, int]]

    def layers(self) -> list[int]:
        """The layer of each item."""
        return layers_of(len(self.items), self.edges)

    def folded(self, groups: Iterable[Sequence[int]]) -> Items:
        """The same with each group of items as one; the groups share no item."""
        group_of = {number: group for group in groups for number in group}
        items: list[Item] = []
        place: dict[int, int] = {}
        for number, item in enumerate(self.items):
            if number in place:
                continue
            group = group_of.get(number, (number,))
            place.update(dict.fromkeys(group, len(items)))
            nodes = [node for member in group for node in self.items[member].nodes]
            items.append(item if len(group) == 1 else Item(tuple(nodes)))
        edges = dict.fromkeys((place[a], place[b]) for a, b in self.edges)
        return Items(items, [(a, b) for a, b in edges if a != b])


def items_of(graph: Graph) -> Items:
    """Each node of a graph as an item."""
    edges = [(parent.index, node.index) for node in graph.nodes for parent in node.parents]
    return Items([Item((node,)) for node in graph.nodes], [*dict.fromkeys(edges)])


def without_runs(items: Items, kept: Callable[[Item], bool]) -> Items:
    """Fold the inside of each run of items that lead one into the other and nowhere else.

    Args:
        items: what is drawn.
        kept: whether an item must stay on its own.
    """
    count = len(items.items)
    parents: list[list[int]] = [[] for _ in range(count)]
    children: list[list[int]] = [[] for _ in range(count)]
    for source, target in items.edges:
        parents[target].append(source)
        children[source].append(target)

    def is_inside(number: int) -> bool:
        return (
            len(parents[number]) == len(children[number]) == 1
            and len(children[parents[number][0]]) == 1
            and len(parents[children[number][0]]) == 1
            and not kept(items.items[number])
        )

    inside = [is_inside(number) for number in range(count)]
    runs = []
    for number in range(count):
        if inside[number] and not inside[parents[number][0]]:
            run = [number]
            while inside[children[run[-1]][0]]:
                run.append(children[run[-1]][0])
            if len(run) >= _SHORTEST:
                runs.append(run)
    return items.folded(runs)


def without_middle(items: Items, most: int) -> Items:
    """Fold what is in the middle into one item, so that at most so many items are left."""
    if len(items.items) <= most:
        return items
    layers = items.layers()
    sizes = [0] * (max(layers) + 1)
    for layer in layers:
        sizes[layer] += 1
    first, last = 0, len(sizes) - 1
    left = most - 1
    while first <= last:
        at_top = first <= len(sizes) - 1 - last
        size = sizes[first] if at_top else sizes[last]
        if size > left:
            break
        left -= size
        first, last = (first + 1, last) if at_top else (first, last - 1)
    # Nothing in the middle leads to its first layer, so some of that can stay.
    kept = {*_between(layers, first, first)[: max(left, 0)]}
    middle = _between(layers, first, last)
    return items.folded([[number for number in middle if number not in kept]])


def _between(layers: Sequence[int], first: int, last: int) -> list[int]:
    return [number for number, layer in enumerate(layers) if first <= layer <= last]


Width: TypeAlias = Callable[[Item], int]


def widths_of(items: Items, width: Width, layers: Sequence[int] | None = None) -> list[int]:
    """Of each item: an odd number of columns, with room for the lines that meet it.

    What leads to the same items of a layer comes as one line.
    """
    layers = items.layers() if layers is None else layers
    targets: dict[tuple[int, int], list[int]] = {}
    last: dict[int, int] = {}
    for source, target in items.edges:
        targets.setdefault((source, layers[target]), []).append(target)
        last[source] = max(last.get(source, 0), layers[target])
    lines: list[set[tuple[int, ...]]] = [set() for _ in items.items]
    for (source, layer), together in targets.items():
        goes_on = layer < last[source]
        line = (*sorted(together), -1 - source) if goes_on else tuple(sorted(together))
        for target in together:
            lines[target].add(line)
    return [
        max(width(item), 2 * len(its_lines) - 1) | 1
        for item, its_lines in zip(items.items, lines, strict=True)
    ]


def too_wide(items: Items, width: Width, gap: int, room: int) -> list[int]:
    """The layers that take more than so many columns.

    Args:
        items: what is drawn.
        width: of what is written on an item; an edge that passes a layer takes 1.
        gap: between neighbours.
        room: the columns that there are.
    """
    layers = items.layers()
    needed = [-gap] * (max(layers, default=-1) + 1)
    for columns, layer in zip(widths_of(items, width, layers), layers, strict=True):
        needed[layer] += columns + gap
    for _, first, last in _passages(items, layers):
        for layer in range(first, last + 1):
            needed[layer] += 1 + gap
    return [layer for layer, columns in enumerate(needed) if columns > room]


def _passages(items: Items, layers: Sequence[int]) -> list[tuple[int, int, int]]:
    """Each item whose edges pass layers, with the first and the last of those."""
    last: dict[int, int] = {}
    for source, target in items.edges:
        last[source] = max(last.get(source, 0), layers[target] - 1)
    return [(n, layers[n] + 1, end) for n, end in last.items() if end > layers[n]]


def narrowed(items: Items, width: Width, gap: int, room: int) -> Items:
    """Fold items until every layer fits into so many columns; at worst, all of them into one."""
    for fold in (_fold_rows, _fold_rows, _fold_bands, _fold_sources, _fold_rows, _fold_spans):
        wide = too_wide(items, width, gap, room)
        if not wide:
            return items
        items = fold(items, wide, width, gap, room)
    if too_wide(items, width, gap, room):
        return items.folded([range(len(items.items))])
    return items


def _fold_rows(items: Items, wide: Sequence[int], width: Width, gap: int, room: int) -> Items:
    """Of each layer that is too wide, fold what does not fit beside the first ones."""
    layers = items.layers()
    widths = widths_of(items, width, layers)
    lines = [0] * (max(layers) + 1)
    for _, first, last in _passages(items, layers):
        for layer in range(first, last + 1):
            lines[layer] += 1 + gap
    groups = []
    for layer in wide:
        members = _between(layers, layer, layer)
        rest = width(Item(tuple(node for n in members for node in items.items[n].nodes))) | 1
        left = room - lines[layer] - rest
        fitting = 0
        while fitting < len(members) and left >= widths[members[fitting]] + gap:
            left -= widths[members[fitting]] + gap
            fitting += 1
        groups.append(members[fitting:])
    return items.folded(group for group in groups if len(group) > 1)


def _fold_sources(items: Items, wide: Sequence[int], width: Width, gap: int, room: int) -> Items:
    """Fold those of a layer whose edges pass a layer that is too wide: they then pass as one."""
    layers = items.layers()
    groups: dict[int, list[int]] = {}
    for number, first, last in _passages(items, layers):
        if any(first <= layer <= last for layer in wide):
            groups.setdefault(layers[number], []).append(number)
    return items.folded(sorted(group) for group in groups.values() if len(group) > 1)


def _fold_bands(items: Items, wide: Sequence[int], width: Width, gap: int, room: int) -> Items:
    """Fold what is in layers that are too wide: one item for those that follow each other."""
    layers = items.layers()
    bands: list[list[int]] = []
    for layer in wide:
        if bands and bands[-1][1] == layer - 1:
            bands[-1][1] = layer
        else:
            bands.append([layer, layer])
    return items.folded(_between(layers, first, last) for first, last in bands)


def _fold_spans(items: Items, wide: Sequence[int], width: Width, gap: int, room: int) -> Items:
    """Fold all from the first layer that is too wide, or from which an edge passes it, on."""
    layers = items.layers()
    starts = [
        layers[number]
        for number, first, last in _passages(items, layers)
        if any(first <= layer <= last for layer in wide)
    ]
    return items.folded([_between(layers, min([*starts, *wide]), max(wide))])
