"""Passes in one walk do what they do one after the other, each by itself."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from exactness import calls

from pullback import trace, value_and_grad
from pullback.compiler.facts import Call
from pullback.compiler.passes import PASSES, Local, simplified
from pullback.compiler.passes.running import in_order, visitor


def by(table):
    """A pass of its own, of some simplifications."""

    @Local
    def mine():
        return visitor(table)

    return mine


def test_nothing_is_done_without_passes():
    graph = trace(lambda x: 1.0 * x, 2.0)
    assert calls(simplified(graph, ())) == ["operator.mul"]


def test_the_graph_that_is_given_stays_as_it_is():
    graph = trace(lambda x: 1.0 * x + 2 * x * x, 2.0)
    before = str(graph)
    simplified(graph)
    assert str(graph) == before


@pytest.mark.parametrize("name", PASSES)
def test_each_pass_has_its_name_and_works_alone(name):
    one = PASSES[name]
    assert one.__name__ == name
    assert one.__doc__
    graph = trace(value_and_grad(lambda x: np.sum(np.sin(x) ** 2 + 2 * x)), np.ones(3))
    alone = one(graph)
    for got, want in zip(alone(np.arange(3.0)), graph(np.arange(3.0)), strict=True):
        np.testing.assert_array_equal(got, want)


def test_a_walk_sees_the_last_form_of_what_a_node_depends_on():
    f = lambda x, y: (x * y) * 1.0 + (y * x)
    assert calls(simplified(trace(f, 2.0, 3.0))) == ["operator.mul", "operator.mul"]


def test_a_call_that_is_made_of_others_puts_them_before_it():
    def squares(node):
        (x,) = node.args
        inner = Call(operator.mul, (x, x), {}, node.space)
        return Call(operator.sub, (Call(operator.add, (inner, 1.0), {}, node.space), inner))

    graph = by({operator.neg: [squares]})(trace(lambda x: -x, 3.0))
    assert calls(graph) == ["operator.mul", "operator.add", "operator.mul", "operator.sub"]
    assert [node.index for node in graph.nodes] == [*range(len(graph))]
    assert len({node.name for node in graph.nodes}) == len(graph)
    assert graph(3.0) == 1.0


def test_calls_within_calls_are_simplified_too():
    double = lambda node: Call(
        operator.add, (Call(operator.mul, (1.0, node.args[0]), {}, node.space), node.args[0])
    )
    graph = trace(lambda x: -x, 3.0)
    both = in_order(graph, [by({operator.neg: [double]}), *PASSES.values()])
    assert str(both).splitlines()[1].split("#")[0].strip() == "neg = 2.0 * x"


def test_what_is_of_another_type_takes_no_place():
    graph = by({operator.mul: [lambda node: node.args[0]]})(
        trace(lambda x, y: (x * y, y * x), 2.0, np.ones(3))
    )
    assert [len(np.shape(y)) for y in graph(1.0, np.ones(3))] == [1, 1]
    assert calls(graph) == ["operator.mul"]


def test_simplifications_that_undo_each_other_end():
    swapped = lambda node: Call(node.function, node.args[::-1])
    graph = by({operator.mul: [swapped]})(trace(lambda x: 3.0 * x, 2.0))
    assert graph(2.0) == 6.0


def test_graphs_that_are_called_are_left_alone():
    inner = trace(lambda x: x * 1.0, 2.0)
    graph = simplified(trace(lambda x: inner(x) + inner(x), 2.0))
    assert graph(2.0) == 4.0
