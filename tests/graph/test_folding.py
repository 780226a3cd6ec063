"""Functions, chains and graphs as single nodes, and taken apart again."""

from __future__ import annotations

import numpy as np
import pytest

import pullback
from pullback import Graph, folded, grad, jvp, trace, vjp


@folded
def square(x, *, factor=1.0):
    """A square."""
    return factor * x * x


@folded
def parts(x):
    return {"sin": np.sin(x), "both": (x, 2 * x)}


X = np.array([0.5, -1.0, 2.0])


def labels(graph):
    return [node.label for node in graph]


def test_a_folded_function_is_one_node():
    graph = trace(lambda x: square(np.sin(x), factor=3.0) + 1.0, 0.5)
    assert labels(graph) == ["x", "sin", "square", "add"]
    assert graph(0.25) == 3.0 * np.sin(0.25) ** 2 + 1.0
    apart = graph.unfold()
    assert apart(0.25) == graph(0.25)
    assert labels(apart) == ["x", "sin", "mul", "mul", "add"]


def test_a_folded_function_is_itself_everywhere_else():
    assert square(3.0) == 9.0
    assert grad(square)(3.0) == 6.0
    assert square.__name__ == "square"
    assert square.__doc__ == "A square."
    assert repr(square).startswith("folded(<function square")
    assert square == folded(square.function)
    assert square != parts
    assert {square: 1}[folded(square.function)] == 1


@pytest.mark.parametrize(
    "f",
    [
        lambda x: square(x) * 2,
        lambda x: parts(x)["sin"] + parts(2 * x)["both"][1],
        lambda x: grad(lambda t: np.sum(square(np.sin(t))))(x),
        lambda x: pullback.Chain([np.sin, square, [np.exp, np.tanh]])(x),
        lambda x: trace(lambda t: square(t) + 1.0, X)(x) * x,
    ],
)
def test_folded_graphs_compute_and_differentiate_alike(f):
    graph = trace(f, X)
    apart = graph.unfold(X)
    other = 2 * X[::-1]
    want, back = vjp(f, other)
    tangent = jvp(f, (other,), (X,))[1]
    for g in (graph, apart):
        np.testing.assert_allclose(g(other), want, rtol=1e-14)
        np.testing.assert_allclose(vjp(g, other)[1](X), back(X), rtol=1e-13)
        np.testing.assert_allclose(jvp(g, (other,), (X,))[1], tangent, rtol=1e-13)
        np.testing.assert_allclose(g.run(other).reverse(X), back(X), rtol=1e-13)
        np.testing.assert_allclose(g.run(other).forward(X), tangent, rtol=1e-13)


def test_chains_and_graphs_by_hand_are_taken_apart():
    inner = Graph("inner")
    a, b = inner.placeholder("a"), inner.placeholder("b")
    inner.output(np.sin(a) * b)
    graph = Graph()
    x = graph.placeholder("x")
    c = graph.variable("c", 2.0)
    k = graph.constant(0.5)
    y = graph.call([np.exp, [np.sin, square]], x)
    graph.output(graph.call(inner, y, c) + k)
    apart = graph.unfold()
    assert labels(apart) == ["x", "c", "constant", "exp", "sin", "mul", "mul", "sin", "mul", "add"]
    want = np.sin(np.sin(np.exp(0.3)) ** 2) * 2.0 + 0.5
    assert graph(0.3) == pytest.approx(want, rel=1e-15)
    assert apart(0.3) == graph(0.3)
    apart.variables["c"] = 0.0
    assert apart(0.3) == 0.5
    assert graph(0.3) == pytest.approx(want)
    assert apart.unfold() == apart.unfold()


def test_unfolding_what_is_flat_changes_nothing():
    graph = trace(lambda p, y: {"a": np.sin(p["w"]) @ y, "b": (p["w"], 1.0)}, {"w": X}, X)
    apart = graph.unfold({"w": X}, X)
    assert apart == graph
    assert apart({"w": 2 * X}, X)["a"] == graph({"w": 2 * X}, X)["a"]


def test_unfolding_keeps_what_was_asked():
    graph = trace(lambda x: square(x) if x[0] > 0 else x, X)
    apart = graph.unfold(X)
    np.testing.assert_array_equal(apart(X), X * X)
    with pytest.raises(pullback.errors.PathChangedError):
        apart(-X)


def test_a_folded_function_that_looks_at_its_argument():
    @folded
    def looks(x):
        return x * len(x) if x[0] > 0 else x.sum() + x

    graph = trace(looks, X)
    np.testing.assert_array_equal(graph(-X), -X.sum() - X)  # one node, which runs the function
    apart = graph.unfold(X)
    np.testing.assert_array_equal(apart(X), 3 * X)
    with pytest.raises(pullback.errors.PathChangedError):
        apart(-X)
    with pytest.raises(
        pullback.errors.TracerConversionError, match="a value of a graph that has n"
    ):
        _by_hand(looks).unfold()


def _by_hand(function):
    graph = Graph()
    graph.output(graph.call(function, graph.placeholder("x")))
    return graph
