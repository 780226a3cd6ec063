"""Graphs by hand: placeholders, variables, constants, outputs, feeds, names, and every error."""

from __future__ import annotations

import operator
from pathlib import Path

import numpy as np
import pytest

import pullback
from pullback import Graph, grad, jvp, vjp
from pullback.errors import (
    FeedError,
    GraphError,
    InPlaceWriteError,
    LeakedTracerError,
    PathChangedError,
    TracerConversionError,
    UnknownNodeError,
    UnusedInputError,
)


def seed_graph():
    """``(x y + c) c + x`` with c = 1.3."""
    graph = Graph("seed")
    x, y = graph.placeholder("x"), graph.placeholder("y")
    c = graph.variable("c", 1.3)
    graph.output((x * y + c) * c + x)
    return graph


def test_the_values_of_the_seed():
    graph = seed_graph()
    assert graph(0.2, 0.8) == pytest.approx((0.2 * 0.8 + 1.3) * 1.3 + 0.2)
    assert graph(y=0.8, x=0.2) == graph(0.2, y=0.8) == graph(0.2, 0.8)
    of_x, of_y = grad(graph, argnums=(0, 1))(0.2, 0.8)
    assert (of_x, of_y) == pytest.approx((0.8 * 1.3 + 1, 0.2 * 1.3))


def test_a_variable_is_set_and_read():
    graph = seed_graph()
    assert dict(graph.variables) == {"c": 1.3}
    graph.variables["c"] = 2
    assert graph.variables["c"] == 2.0
    assert type(graph.variables["c"]) is float
    assert graph(1.0, 1.0) == 7.0
    assert repr(graph.variables) == "{'c': 2.0}"
    assert len(graph.variables) == 1


def test_a_variable_keeps_its_space():
    graph = Graph()
    graph.output(graph.variable("w", np.ones(2)) * 2.0)
    with pytest.raises(
        FeedError, match=r"^w was traced as float64\(2\), and is given as float64\(3\)"
    ):
        graph.variables["w"] = np.ones(3)
    with pytest.raises(UnknownNodeError, match="has no variable 'v'; its variables are: w"):
        graph.variables["v"] = np.ones(2)


def test_a_variable_is_differentiated_by_a_run():
    run = seed_graph().run(0.2, 0.8)
    run.reverse()
    assert run["c"].cotangent == pytest.approx(0.2 * 0.8 + 2 * 1.3)


def test_variables_and_constants_are_copies_of_what_was_given():
    w = np.ones(2)
    graph = Graph()
    graph.output(graph.variable("w", w) * graph.constant(w) * w)
    w[:] = 7.0
    np.testing.assert_array_equal(graph(), [1.0, 1.0])


def test_the_output_is_not_a_constant_of_the_graph():
    graph = Graph()
    graph.output(graph.constant(np.ones(2)))
    graph()[:] = 5.0
    np.testing.assert_array_equal(graph(), [1.0, 1.0])


def test_several_outputs_and_containers():
    graph = Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y")
    graph.output(x + y, {"product": x * y, "both": [x, 2.0]})
    assert graph(2.0, 5.0) == (7.0, {"product": 10.0, "both": [2.0, 2.0]})


def test_the_only_end_is_the_output():
    graph = Graph()
    x = graph.placeholder("x")
    x * x + 1.0
    assert graph(3.0) == 10.0
    assert [node.name for node in graph.outputs] == ["add"]


def test_no_output():
    graph = Graph()
    x = graph.placeholder("x")
    _ = x + 1.0, x * 2.0
    message = "has no output, and which one is meant is not clear: its ends are add, mul. Say graph"
    with pytest.raises(GraphError, match=message):
        graph(1.0)
    with pytest.raises(GraphError, match="its ends are no node at all"):
        Graph()()


def test_an_unused_input():
    graph = Graph()
    x, _ = graph.placeholder("x"), graph.placeholder("y")
    graph.output(x + 1.0)
    with pytest.raises(UnusedInputError, match="no output of graph depends on y: use it, or leave"):
        graph(1.0, 2.0)
    with pytest.raises(UnusedInputError, match="depends on y"):
        graph.run(1.0, 2.0)


def test_feeds():
    graph = seed_graph()
    for args, feeds, message in [
        ((1.0,), {}, r"seed is missing y: give a value for each of its inputs \(x, y\)"),
        ((), {}, "seed is missing x, y"),
        ((1.0, 2.0, 3.0), {}, r"seed takes 2 inputs \(x, y\), and was given 3"),
        ((1.0, 2.0), {"x": 1.0}, "seed was given x twice: by position and by name"),
        ((1.0,), {"z": 1.0}, "seed has no input 'z'; its inputs are x, y"),
        ((1.0, 2.0), {"c": 1.0}, "seed has no input 'c'"),
    ]:
        with pytest.raises(FeedError, match=message):
            graph(*args, **feeds)
        with pytest.raises(FeedError, match=message):
            graph.run(*args, **feeds)


def test_a_placeholder_with_an_example_takes_only_its_like():
    graph = Graph()
    x = graph.placeholder("x", np.ones((2, 3)))
    graph.output(x.T.sum(axis=0))
    np.testing.assert_array_equal(graph(np.full((2, 3), 2.0)), [6.0, 6.0])
    for other, shown in [
        (np.ones(3), r"float64\(3\)"),
        (np.ones((2, 3), np.float32), r"float32\(2, 3\)"),
        (np.ones((2, 3), int), r"int64\(2, 3\)"),
        (1.0, "float"),
    ]:
        with pytest.raises(
            FeedError, match=rf"x was traced as float64\(2, 3\), and is given as {shown}"
        ):
            graph(other)


def test_an_int_is_a_float_where_a_float_was_traced():
    graph = Graph()
    graph.output(graph.placeholder("x", 1.0) / 2)
    assert graph(3) == 1.5
    with pytest.raises(FeedError, match="given as bool"):
        graph(True)


def test_a_placeholder_without_an_example_takes_anything():
    graph = Graph()
    x = graph.placeholder("x")
    graph.output(np.sin(x) @ x[0])
    for value in (np.eye(2), np.ones((3, 3), np.float32)):
        np.testing.assert_array_equal(graph(value), np.sin(value) @ value[0])


def test_what_an_unknown_value_cannot_be_asked():
    x = Graph().placeholder("x")
    with pytest.raises(
        AttributeError, match=r"whose type is not known, so sum cannot be looked up"
    ):
        x.sum()
    with pytest.raises(
        TracerConversionError, match="a program asked for the bool of gt, a value of"
    ):
        bool(x > 0)
    with pytest.raises(TracerConversionError, match="asked for the len of x"):
        len(x)


def test_names():
    graph = Graph()
    x = graph.placeholder("x")
    y = graph.named("y", x + 1.0)
    z = y + 2.0
    assert [node.name for node in graph] == ["x", "y", "add"]
    assert graph["y"].parents == [graph["x"]]
    assert graph["add"].label == "add"
    assert graph["x"].label == "x"
    assert repr(graph) == "<graph graph(x) of 3 nodes>"
    assert repr(graph["y"]) == "<node y>"
    assert repr(z) == "<add of a graph, ?>"
    assert len(graph) == 3
    assert graph


def test_a_name_is_free_again_and_is_never_given_twice():
    graph = Graph()
    x = graph.placeholder("x")
    graph.named("first", x + 1.0)
    x + 2.0
    x + 3.0
    assert [node.name for node in graph] == ["x", "first", "add", "add_2"]
    for make in (
        graph.placeholder,
        lambda name: graph.variable(name, 1.0),
        lambda name: graph.named(name, x),
    ):
        with pytest.raises(GraphError, match="graph has a node named add already; choose another"):
            make("add")


def test_a_node_that_is_not_there():
    graph = seed_graph()
    with pytest.raises(UnknownNodeError, match="seed has no node 'mull'; there is mul"):
        graph["mull"]
    with pytest.raises(LookupError, match="there is x, y, c"):
        graph["qqqqqq"]


def test_a_graph_has_a_name_like_a_function():
    with pytest.raises(GraphError, match="a graph is named like a function, and 'a b' is no such"):
        Graph("a b")


def test_values_of_another_graph():
    graph, other = Graph(), Graph()
    x = graph.placeholder("x")
    y = other.placeholder("y")
    with pytest.raises(
        GraphError, match=r"<y of a graph, \?> is no value of graph: a graph is made"
    ):
        graph.output(y)
    with pytest.raises(GraphError, match=r"5\.0 is no value of graph"):
        graph.named("five", 5.0)
    assert x is not y


def test_a_node_calls_a_function():
    graph = Graph()
    x = graph.placeholder("x")
    with pytest.raises(GraphError, match="a node calls a function, and 3 is none"):
        graph.call(3, x)
    graph.output(graph.call(divmod, x, 2.0))
    assert graph(5.0) == (2.0, 1.0)


def test_calls_of_everything():
    graph = Graph()
    x = graph.placeholder("x")
    a = graph.call([np.sin, np.exp], x)
    b = graph.call(seed_graph(), x, y=a)
    c = graph.call(lambda u, v: u * v, a, v=b)
    graph.output(c)
    want = np.exp(np.sin(0.3)) * ((0.3 * np.exp(np.sin(0.3)) + 1.3) * 1.3 + 0.3)
    assert graph(0.3) == pytest.approx(want)
    assert [node.label for node in graph] == ["x", "chain", "seed", "lambda"]
    assert grad(graph)(0.3) == pytest.approx(
        grad(lambda x: (lambda a: a * ((x * a + 1.3) * 1.3 + x))(np.exp(np.sin(x))))(0.3)
    )


def test_a_graph_is_a_function_of_derivatives_and_chains():
    graph = seed_graph()
    f = lambda x, y: (x * y + 1.3) * 1.3 + x
    y, back = vjp(graph, 0.2, 0.8)
    assert y == f(0.2, 0.8)
    assert back(2.0) == vjp(f, 0.2, 0.8)[1](2.0)
    assert jvp(graph, (0.2, 0.8), (1.0, -1.0)) == jvp(f, (0.2, 0.8), (1.0, -1.0))
    square = Graph()
    x = square.placeholder("x")
    square.output(x * x)
    assert pullback.val_and_grad([np.sin, square], 0.4)[1] == pytest.approx(np.sin(0.8))
    assert grad(grad(square))(3.0) == 2.0


def test_operators_of_truth_values_and_integers():
    graph = Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y")
    small, big = x < 1, x > y
    graph.output(small & big, small | big, small ^ big, ~small, True & small, 1 << (x > 3))
    x, y = np.array([0, 2, 5]), np.array([-1, 2, 3])
    small, big = x < 1, x > y
    want = (small & big, small | big, small ^ big, ~small, small, 1 << (x > 3))
    for a, b in zip(graph(x, y), want, strict=True):
        np.testing.assert_array_equal(a, b)


def test_comparisons_are_nodes():
    graph = Graph()
    x = graph.placeholder("x")
    graph.output(x < 1, x <= 1, x == 1, x != 1, x > 1, x >= 1)
    assert graph(1.0) == (False, True, True, False, False, True)


def test_writes_are_refused():
    graph = Graph()
    x = graph.placeholder("x", np.ones(3))
    for write in (
        lambda: x.sort(),
        lambda: np.put(x, [0], 1.0),
        lambda: np.copyto(np.zeros(3), x),
        lambda: np.put_along_axis(np.zeros(3), np.argsort(x), 1.0, 0),
        lambda: operator.setitem(x, 0, 1.0),
    ):
        with pytest.raises(InPlaceWriteError):
            write()
    assert len(graph) <= 2


def test_a_call_for_its_effects_is_refused():
    graph = Graph()
    x = graph.placeholder("x", 1.0)
    with pytest.raises(InPlaceWriteError, match="of a value of a graph returned nothing"):
        graph.call(print, x)


def test_an_error_in_a_node_says_which():
    graph = Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y")
    graph.output(graph.named("product", x @ y))
    for run in (graph, graph.run):
        with pytest.raises(ValueError, match="matmul") as caught:
            run(np.ones(2), np.ones(3))
        (note,) = caught.value.__notes__
        assert note.startswith(
            "in node product, a call of operator.matmul (rule of pullback-numpy), made at "
        )
        assert "test_graph.py:" in note


def test_the_line_of_a_node_is_the_users():
    graph = Graph()
    x = graph.placeholder("x")
    y = np.sin(x)
    graph.output(y)
    node = graph["sin"]
    assert node.line[0].endswith("test_graph.py")
    assert "y = np.sin(x)" in Path(node.line[0]).read_text().splitlines()[node.line[1] - 1]


def test_a_closed_graph_takes_no_more_nodes():
    kept = []
    graph = pullback.trace(lambda x: kept.append(x) or x * 2.0, 1.0)
    with pytest.raises(LeakedTracerError, match=r"used in operator\.add after the traced function"):
        kept[0] + 1.0
    with pytest.raises(LeakedTracerError):
        bool(kept[0])
    assert graph(2.0) == 4.0


def test_a_graph_grows_after_it_was_run():
    graph = Graph()
    x = graph.placeholder("x")
    y = x * 2.0
    assert graph(3.0) == 6.0
    y = y + 1.0
    assert graph(3.0) == graph.run(3.0).y == grad(graph)(3.0) + 5.0 == 7.0
    graph.output(y, y * x)
    assert graph(3.0) == (7.0, 21.0)


def test_equality():
    assert seed_graph() == seed_graph()
    other = seed_graph()
    other.variables["c"] = 1.0
    assert seed_graph() != other
    assert seed_graph() != Graph()
    assert seed_graph().__eq__(3) is NotImplemented
    with pytest.raises(TypeError, match="unhashable"):
        hash(seed_graph())


def build(make):
    graph = Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y")
    graph.output(make(x, y))
    return graph


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: y + x,
        lambda x, y: x - y,
        lambda x, y: (x + y) + 0.0,
        lambda x, y: [x + y],
        lambda x, y: np.add(x, y),
        lambda x, y: x + 2.0 * y,
    ],
)
def test_graphs_that_differ(make):
    assert build(make) == build(make)
    assert build(make) != build(lambda x, y: x + y)


def test_constants_are_compared_by_value_type_and_shape():
    def holding(value):
        return build(lambda x, y: x + y * value)

    nan = holding(np.array([np.nan, 1.0]))
    assert nan == holding(np.array([np.nan, 1.0]))
    assert nan != holding(np.array([np.nan, 2.0]))
    assert holding(np.ones(2)) != holding(np.ones((1, 2)))
    assert holding(np.ones(2)) != holding(np.ones(2, np.float32))
    assert holding(1.0) != holding(1)
    assert holding(float("nan")) == holding(float("nan"))


def test_the_order_of_independent_nodes_does_not_count():
    graph, other = Graph(), Graph()
    for g, turned in ((graph, False), (other, True)):
        x = g.placeholder("x")
        made = {}
        for name, f in sorted({"a": np.sin, "b": np.cos}.items(), reverse=turned):
            made[name] = g.named(name, f(x))
        g.output(made["a"] * made["b"])
    assert graph == other


def test_a_guard_that_fails():
    graph = pullback.trace(lambda x: x if x > 0 else -x, 1.0)
    assert graph(2.0) == 2.0
    message = (
        r"the function that function was traced from went on because the bool of gt was True "
        r"\(.*test_graph.py:\d+\), which it is not for these inputs. Trace it again with them, or"
    )
    for run in (graph, graph.run, lambda x: vjp(graph, x), lambda x: jvp(graph, (x,), (1.0,))):
        with pytest.raises(PathChangedError, match=message):
            run(-2.0)
