"""How the nodes of a graph are folded into fewer items."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullback import Graph
from pullback.drawing.items import (
    items_of,
    narrowed,
    too_wide,
    widths_of,
    without_middle,
    without_runs,
)


def total(*values):
    return sum(values)


@st.composite
def graphs(draw):
    graph = Graph()
    values = [graph.placeholder("x"), graph.placeholder("y")]
    for _ in range(draw(st.integers(0, 25))):
        parents = draw(st.lists(st.sampled_from(values[-6:]), min_size=1, max_size=4))
        values.append(graph.call(total, *parents))
    return graph


def chain(length):
    graph = Graph()
    value = graph.placeholder("x")
    for _ in range(length):
        value = graph.call(total, value)
    return graph


def check(graph, items):
    """Every node is in one item, edges are those of the nodes, and nothing goes round."""
    place = {node.index: k for k, item in enumerate(items.items) for node in item.nodes}
    assert sorted(place) == [*range(len(graph))]
    assert sum(len(item.nodes) for item in items.items) == len(graph)
    pairs = {(place[p.index], place[n.index]) for n in graph.nodes for p in n.parents}
    assert {*items.edges} == {(a, b) for a, b in pairs if a != b}
    parents = {number: set() for number in range(len(items.items))}
    for source, target in items.edges:
        parents[target].add(source)
    TopologicalSorter(parents).prepare()  # raises, if there is a cycle


def never(item):
    return False


def five(item):
    return 5 if len(item.nodes) == 1 else 9


@given(graphs(), st.integers(1, 30), st.integers(9, 50))
def test_folding_loses_no_node_and_makes_no_cycle(graph, most, room):
    items = items_of(graph)
    check(graph, items)
    check(graph, without_runs(items, never))
    middle = without_middle(items, most)
    check(graph, middle)
    assert len(middle.items) <= most
    fitted = narrowed(items, five, 1, room)
    check(graph, fitted)
    assert not too_wide(fitted, five, 1, room)


def test_of_a_run_the_ends_stay():
    items = without_runs(items_of(chain(6)), never)
    assert [len(item.nodes) for item in items.items] == [1, 5, 1]
    assert [len(item.nodes) for item in without_runs(items_of(chain(3)), never).items] == [1] * 4


def test_a_run_is_interrupted_where_a_node_must_be_seen():
    graph = chain(9)
    items = without_runs(items_of(graph), lambda item: item.nodes[0] is graph.nodes[4])
    assert [len(item.nodes) for item in items.items] == [1, 3, 1, 4, 1]


def test_of_a_long_graph_both_ends_stay():
    items = without_middle(items_of(chain(20)), 7)
    assert [len(item.nodes) for item in items.items] == [1, 1, 1, 15, 1, 1, 1]


def test_what_leads_to_the_same_nodes_meets_them_as_one_line():
    graph = Graph()
    x, y, z = (graph.placeholder(name) for name in "xyz")
    both = graph.call(total, x, y, z)
    graph.call(total, both, x)
    widths = widths_of(items_of(graph), lambda item: 1)
    # x goes on to the second call as well, so it comes to the first beside y and z.
    assert widths == [1, 1, 1, 3, 1]


@pytest.mark.parametrize(("room", "wide"), [(9, [0]), (10, [0]), (11, [])])
def test_what_is_too_wide(room, wide):
    graph = Graph()
    graph.call(total, graph.placeholder("x"), graph.placeholder("y"))
    assert too_wide(items_of(graph), five, 1, room) == wide
