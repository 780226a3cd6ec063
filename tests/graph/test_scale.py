"""A graph of 10⁵ nodes: nothing recurses, and every form of it works."""

from __future__ import annotations

import pytest

from pullback import Graph, grad, jvp, trace

NODES = 100_000


def f(x):
    for k in range(NODES):
        x = x + 1.0 if k % 2 else x * 1.0
    return x


@pytest.fixture(scope="module")
def graph():
    return trace(f, 0.5)


def test_values_and_derivatives(graph):
    assert len(graph) == NODES + 1
    assert graph(0.25) == f(0.25)
    assert grad(graph)(0.25) == 1.0
    assert jvp(graph, (0.25,), (2.0,)) == (f(0.25), 2.0)


def test_a_run(graph):
    run = graph.run(0.25)
    assert run.y == f(0.25)
    assert run.reverse() == run["x"].cotangent == 1.0
    assert len(run.reverse_steps) == NODES + 1
    assert run.forward(2.0) == 2.0


def test_other_forms(graph):
    tasks = graph.to_dict()
    again = Graph.from_dict(tasks, inputs=["x"])
    assert again == graph
    assert again(0.25) == f(0.25)
    assert str(graph).count("\n") == NODES + 1
