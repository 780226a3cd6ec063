"""Where the nodes and edges of a graph are drawn: one layout, for every format.

Inputs stand above, outputs below, and every edge goes downwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pullback.drawing.arrange import arrange
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node

__all__ = ["Edge", "Layout", "Place", "layout"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is drawn."""

    node: Node
    layer: int
    """From 0, above."""
    x: float
    """Of the centre, in the unit of the widths."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a node to one that uses its value."""

    source: Node
    target: Node
    points: list[tuple[float, float]]
    """``(x, layer)`` from the source to the target, with a point in each layer between them."""
    count: int = 1
    """How many times the target is given the value: 2 in ``x * x``."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of the nodes of a graph, and its edges."""

    places: dict[int, Place]
    """The index of a node -> its place."""
    edges: list[Edge]
    """In the order of their targets, and of the arguments of each."""
    layers: int
    """How many there are."""
    width: float
    """Of the whole drawing, in the unit of the widths. It begins at 0."""


def layout(graph: Graph, width: Callable[[Node], float], *, gap: float = 2.0) -> Layout:
    """The places of the nodes of a graph in a drawing, and the routes of its edges.

    The same graph with the same widths has the same layout.

    Args:
        graph: what is to be drawn.
        width: how wide a node is drawn, in any unit, such as columns of a terminal.
        gap: between two nodes of a layer, at least, in the same unit.

    >>> import pullback
    >>> graph = pullback.trace(lambda x: (x * x) * x, 2.0)
    >>> found = layout(graph, lambda node: 5.0)
    >>> [(place.node.name, place.layer) for place in found.places.values()]
    [('x', 0), ('mul', 1), ('mul_2', 2)]
    >>> [(edge.source.name, edge.target.name, edge.count) for edge in found.edges]
    [('x', 'mul', 2), ('mul', 'mul_2', 1), ('x', 'mul_2', 1)]
    """
    widths = [width(node) for node in graph.nodes]
    counts = Counter((parent.index, node.index) for node in graph.nodes for parent in node.parents)
    found = arrange(widths, [*counts], gap)
    places = {
        node.index: Place(node, found.layers[node.index], found.x[node.index])
        for node in graph.nodes
    }
    edges = []
    for (source, target), count in counts.items():
        points = [(found.x[v], float(found.layers[v])) for v in found.routes[source, target]]
        edges.append(Edge(graph.nodes[source], graph.nodes[target], points, count))
    return Layout(places, edges, len(found.rows), found.width)
