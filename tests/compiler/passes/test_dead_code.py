"""What no output and no guard needs goes, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from exactness import calls

from pullback import Graph, trace
from pullback.compiler.passes.common_subexpressions import common_subexpressions
from pullback.compiler.passes.constants import constants
from pullback.compiler.passes.dead_code import dead_code
from pullback.errors import PathChangedError


def test_calls_without_use_go():
    graph = Graph()
    x = graph.placeholder("x", 2.0)
    _ = x * 3.0 + 1.0
    graph.output(x - 1.0)
    found = dead_code(graph)
    assert calls(found) == ["operator.sub"]
    assert found(2.0) == 1.0


def test_a_graph_without_any_is_the_same():
    graph = trace(lambda x: x * 2.0, 1.0)
    assert dead_code(graph) is graph


def test_inputs_and_variables_stay():
    graph = Graph()
    x, y = graph.placeholder("x", 2.0), graph.placeholder("y", 2.0)
    graph.variable("c", 5.0)
    _ = x * y
    graph.output(x * 2.0, y)
    found = dead_code(graph)
    assert [node.name for node in found.inputs] == ["x", "y"]
    assert found.variables["c"] == 5.0
    assert found(1.0, 3.0) == (2.0, 3.0)


def test_guards_keep_what_they_ask():
    graph = trace(lambda x: x if np.sin(x) > 0 else -x, 1.0)
    found = dead_code(graph)
    assert calls(found) == ["numpy.sin", "operator.gt"]
    with pytest.raises(PathChangedError):
        found(-1.0)


def test_a_question_is_asked_once():
    def f(x):
        positive = x > 0
        return (x if positive else -x) + (1.0 if positive else 2.0)

    graph = trace(f, 1.0)
    assert len(graph.guards) == 2
    assert len(dead_code(graph).guards) == 1
    other = trace(lambda x, y: (x if x > 0 else -x) + (y if y > 0 else -y), 1.0, 1.0)
    assert len(dead_code(other).guards) == 2


def test_the_truth_of_a_truth_is_asked_once():
    graph = Graph()
    x = graph.placeholder("x", 2.0)
    positive = x > 0
    if positive:
        assert graph.call(bool, positive)
    graph.output(x * 2.0)
    assert len(graph.guards) == 2
    assert len(dead_code(graph).guards) == 1


def test_a_question_to_what_is_known_goes():
    graph = Graph()
    x, c = graph.placeholder("x", 2.0), graph.constant(3.0)
    if c > 2.0:
        x = x * 2.0
    graph.output(x)
    assert len(graph.guards) == 1
    found = dead_code(constants(graph))
    assert not found.guards
    assert found(1.0) == 2.0
    assert len(dead_code(common_subexpressions(graph)).guards) == 1
