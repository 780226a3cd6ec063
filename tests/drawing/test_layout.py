"""The layout of a graph."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullback import Graph, trace
from pullback.drawing.layout import layout


@st.composite
def graphs(draw):
    """Graphs of sums of what came before, with inputs that may be used anywhere."""
    graph = Graph()
    values = [graph.placeholder(f"x{place}", 1.0) for place in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(0, 12))):
        a, b = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        values.append(a + b)
    graph.output(values[-1])
    return graph


def width_of(node):
    return len(node.name) + 2


@given(graphs())
def test_every_node_has_a_place_and_every_argument_an_edge(graph):
    found = layout(graph, width_of)
    assert [place.node for place in found.places.values()] == [*graph.nodes]
    given_to = {(edge.source, edge.target): edge.count for edge in found.edges}
    pairs = [(parent, node) for node in graph.nodes for parent in node.parents]
    assert given_to == {pair: pairs.count(pair) for pair in pairs}
    assert found.layers == 1 + max(place.layer for place in found.places.values())


@given(graphs())
def test_edges_go_from_centre_to_centre_with_a_point_in_each_layer(graph):
    found = layout(graph, width_of)
    for edge in found.edges:
        source, target = found.places[edge.source.index], found.places[edge.target.index]
        assert edge.points[0] == (source.x, source.layer)
        assert edge.points[-1] == (target.x, target.layer)
        assert [layer for _, layer in edge.points] == [*range(source.layer, target.layer + 1)]
        assert len(edge.points) > 1
        assert all(0 <= x <= found.width for x, _ in edge.points)


@given(graphs(), st.sampled_from([0.0, 2.0, 3.5]))
def test_nodes_of_a_layer_do_not_overlap(graph, gap):
    found = layout(graph, width_of, gap=gap)
    spans = sorted(
        (place.layer, place.x - width_of(place.node) / 2, place.x + width_of(place.node) / 2)
        for place in found.places.values()
    )
    for (layer, _, right), (other, left, _) in pairwise(spans):
        assert layer != other or left - right >= gap - 1e-9


@given(graphs())
def test_a_layout_is_found_again(graph):
    assert layout(graph, width_of) == layout(graph, width_of)


def test_inputs_stand_above_their_first_use():
    def model(x, w1, w2):
        return np.tanh(np.tanh(x @ w1) @ w2)

    graph = trace(model, np.ones(2), np.ones((2, 3)), np.ones((3, 1)))
    layers = {place.node.name: place.layer for place in layout(graph, width_of).places.values()}
    assert layers["x"] == layers["w1"] == 0
    assert layers["w2"] == layers["matmul_2"] - 1


def test_a_graph_of_one_node():
    graph = Graph()
    graph.placeholder("x")
    found = layout(graph, lambda node: 7.0)
    assert found.places[0].x == pytest.approx(3.5)
    assert (found.layers, found.width, found.edges) == (1, 7.0, [])
