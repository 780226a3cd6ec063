"""Checkpointed functions: the derivatives of the function, which is run again for them."""

from __future__ import annotations

import cmath
import gc
import math
import operator
import threading
import tracemalloc
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

import pullback
from pullback import (
    Chain,
    Graph,
    checkpoint,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    stop_gradient,
    trace,
    val_and_grad,
    vjp,
)
from pullback.checkpointing import Checkpointed
from pullback.errors import (
    CheckpointError,
    LeakedTracerError,
    NonFiniteError,
    TracerConversionError,
)

X = np.array([0.5, -1.25, 2.0])
V = np.array([1.0, 0.25, -2.0])
W = np.array([[0.5, -1.0, 0.25], [1.0, 0.5, -0.75]])


def difference(f, x, v, step=1e-6):
    """The derivative of ``f`` along ``v``, by central differences."""
    return (f(x + step * v) - f(x - step * v)) / (2 * step)


@dataclass
class Pair:
    first: Any
    second: Any


def norm(pair, *, power=2):
    return np.sum(pair.first**power) * pair.second


@checkpoint
def layer(x, weights=W, scale=1.0):
    """A layer."""
    return np.tanh(weights @ x) * scale


PROGRAMS = {
    "a function": lambda x: np.sum(layer(x)),
    "a primitive": lambda x: np.sum(checkpoint(np.sin)(x) * x),
    "a keyword": lambda x: np.sum(layer(x, scale=x[0])),
    "a list": lambda x: checkpoint(lambda items: items[0] * items[1])([x[0], np.sum(x * x)]),
    "a dict and a dataclass": lambda x: checkpoint(norm)(Pair(x, x[1]), power=3),
    "a dict": lambda x: checkpoint(lambda d, n: d["a"] ** n * d["b"][0])(
        {"a": x[0], "b": [x[2]]}, 2
    ),
    "several outputs": lambda x: operator.mul(*checkpoint(lambda x: (x[0] ** 2, np.sum(x)))(x)),
    "some outputs unused": lambda x: checkpoint(lambda x: (x[0] ** 2, x, 3 * x))(x)[0],
    "a container": lambda x: checkpoint(lambda x: {"a": [x[0] ** 2], "b": 3})(x)["a"][0] * x[1],
    "several traced": lambda x: checkpoint(lambda a, b, c: a * b + c)(x[0], x[1], x[0]),
    "used twice": lambda x: np.sum(layer(x) * layer(2.0 * x)),
    "nested": lambda x: checkpoint(lambda x: np.sum(layer(np.sin(x)) ** 2))(x),
    "a checkpoint of one": lambda x: checkpoint(checkpoint(lambda x: x @ x))(x),
    "in a chain": lambda x: Chain([np.sin, layer, np.exp, np.sum])(x),
    "an array of traced values": lambda x: np.sum(layer(np.array([x[2], x[0] ** 2, 1.0]))),
    "a partial": lambda x: np.sum(checkpoint(partial(layer.function, scale=3.0))(x)),
    "a branch": lambda x: checkpoint(lambda t: t * t if t > 0 else -t)(x[1]),
    "a graph": lambda x: np.sum(checkpoint(trace(lambda t: np.sin(t) * t, X))(x)),
}
EVERY_PROGRAM = pytest.mark.parametrize("name", PROGRAMS)


@EVERY_PROGRAM
def test_first_derivatives(name):
    f = PROGRAMS[name]
    y, gradient = val_and_grad(f, X)
    slope = difference(f, X, V)
    assert y == pytest.approx(f(X), rel=1e-15)
    assert type(y) is type(f(X))
    assert gradient @ V == pytest.approx(slope, rel=1e-7)
    assert jvp(f, (X,), (V,))[1] == pytest.approx(slope, rel=1e-7)
    assert linearize(f, X)[1](V) == pytest.approx(slope, rel=1e-7)


@EVERY_PROGRAM
def test_second_and_third_derivatives(name):
    f = PROGRAMS[name]
    product = hvp(f)(X, V)
    np.testing.assert_allclose(product, difference(grad(f), X, V), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(hessian(f)(X) @ V, product, rtol=1e-12, atol=1e-13)
    forward = jvp(grad(f), (X,), (V,))[1]
    np.testing.assert_allclose(forward, product, rtol=1e-12, atol=1e-13)
    outside = grad(lambda x: jvp(f, (x,), (V,))[1])(X)
    np.testing.assert_allclose(outside, product, rtol=1e-12, atol=1e-13)
    third = grad(lambda x: V @ hvp(f)(x, V))(X)
    expected = difference(lambda x: hvp(f)(x, V), X, V)
    np.testing.assert_allclose(third, expected, rtol=1e-6, atol=1e-7)


@EVERY_PROGRAM
def test_graphs_compute_the_same_at_other_values(name):
    f, other = PROGRAMS[name], X * 1.5 + 0.125
    np.testing.assert_allclose(trace(f, X)(other), f(other), rtol=1e-15)
    np.testing.assert_allclose(trace(f, X).unfold()(other), f(other), rtol=1e-15)
    of_gradient = trace(grad(f), X)
    np.testing.assert_allclose(of_gradient(other), grad(f)(other), rtol=1e-14)
    again = grad(lambda x: V @ of_gradient(x))(other)
    np.testing.assert_allclose(again, hvp(f)(other, V), rtol=1e-12, atol=1e-13)
    product = trace(lambda x: hvp(f)(x, V), X)
    np.testing.assert_allclose(product(other), hvp(f)(other, V), rtol=1e-12, atol=1e-13)


def test_closed_forms():
    cube = checkpoint(lambda x: x * x * x)
    assert cube(2.0) == 8.0
    assert grad(cube)(2.0) == 12.0
    assert grad(grad(cube))(2.0) == 12.0
    assert grad(grad(grad(cube)))(2.0) == 6.0
    assert grad(grad(grad(grad(cube))))(2.0) == 0.0
    assert jacobian(checkpoint(lambda x, y: [x * y, x]), argnums=(0, 1))(2.0, 3.0) == [
        (3.0, 2.0),
        (1.0, 0.0),
    ]


def test_types_and_complex_numbers():
    y, gradient = val_and_grad(checkpoint(np.sin), np.float32(1.0))
    assert type(y) is type(gradient) is np.float32
    assert type(grad(checkpoint(math.sin))(1)) is float
    x = np.ones(2, np.float32)
    assert grad(checkpoint(lambda x, y: np.sum(x * y)))(x, np.ones(2)).dtype == np.float32
    z = 1.0 + 2.0j
    found = grad(checkpoint(lambda z: np.exp(z) * z), holomorphic=True)(z)
    assert found == pytest.approx(cmath.exp(z) * (z + 1))
    assert grad(checkpoint(lambda z: abs(z) ** 2))(z) == pytest.approx(2 * z.conjugate())


@pytest.fixture
def runs(own_rules):
    """The kinds of the runs of a primitive ``sine``, in order."""
    seen = []

    @pullback.primitive
    def sine(x):
        seen.append("plain")
        return np.sin(x)

    @pullback.rule(sine)
    def sine_rule(x):
        seen.append("rule")

        def sine_pullback(ct):
            seen.append("pullback")
            return ct * np.cos(x)

        return np.sin(x), sine_pullback

    pullback.register(sine_rule)
    seen.append(sine)
    return seen


def test_the_function_runs_plainly_and_then_by_its_rules(runs):
    sine = runs.pop()
    block = checkpoint(lambda x: sine(sine(x)))
    val_and_grad([block, block], 1.0)
    block_back = ["rule"] * 2 + ["pullback"] * 2
    assert runs == ["plain"] * 4 + block_back * 2


def test_it_runs_again_for_every_call_of_the_pullback(runs):
    sine = runs.pop()
    _, back = vjp(checkpoint(sine), 1.0)
    assert back(1.0) == back(1.0) == math.cos(1.0)
    assert runs == ["plain", "rule", "pullback", "rule", "pullback"]


def test_forward_mode_runs_it_once(runs):
    sine = runs.pop()
    jvp(checkpoint(lambda x: sine(sine(x))), (1.0,), (1.0,))
    assert runs.count("rule") == 2
    assert "plain" not in runs


def test_an_array_of_traced_values_counts_as_one(runs):
    sine = runs.pop()
    block = checkpoint(lambda x: np.sum(sine(x)))
    grad(lambda x: block(np.array([x, 2.0 * x])))(1.0)
    assert runs == ["plain", "rule", "pullback"]


def peak(f, x):
    """The most memory that ``f`` takes, in arrays of the size of ``x``."""
    f(x)
    tracemalloc.start()
    f(x)
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top / x.nbytes


def blocks(wrap):
    """Ten blocks of ten sines."""
    block = wrap(lambda x: Chain([np.sin] * 10)(x))

    def loss(x):
        for _ in range(10):
            x = block(x)
        return np.sum(x)

    return loss


def test_memory_holds_the_arguments_and_one_function():
    x = np.linspace(0.0, 1.0, 100_000)
    assert peak(grad(blocks(lambda f: f)), x) > 95
    assert peak(grad(blocks(checkpoint)), x) < 30


def test_memory_of_higher_derivatives_holds_as_little():
    x = np.linspace(0.0, 1.0, 20_000)

    def product(wrap):
        return lambda x: hvp(blocks(wrap))(x, x)

    assert peak(product(checkpoint), x) < peak(product(lambda f: f), x) / 2.5


@pytest.mark.parametrize(
    "f",
    [
        checkpoint(lambda x: np.sum(np.sin(x))),
        checkpoint([np.sin, np.sin, np.sin, np.sum], states=2),
        lambda x: checkpoint(lambda d: np.sum(d["a"] * d["b"]))({"a": x, "b": 2.0}),
    ],
)
def test_nothing_waits_for_the_garbage_collector(f):
    def differentiate():
        grad(f)(X)
        vjp(f, X)[1](1.0)
        vjp(f, X)
        hvp(f)(X, V)

    differentiate()
    gc.collect()
    gc.disable()
    try:
        differentiate()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_arguments_may_be_changed_before_the_derivative_is_taken():
    x, other, listed = X.copy(), V.copy(), [V.copy()]
    block = checkpoint(lambda x, other, listed: np.sin(x * other) * listed[0])
    _, back = vjp(lambda x: block(x, other, listed), x)
    x[:], other[:], listed[0][:] = 0.0, 0.0, 0.0
    np.testing.assert_allclose(back(np.ones(3)), np.cos(X * V) * V * V)


def test_a_function_that_writes_to_a_constant_argument():
    def scaled(x, factor):
        factor[0] += 1.0
        return x * factor[0]

    factor = np.array([1.0])
    _, back = vjp(lambda x: checkpoint(scaled)(x, factor), 3.0)
    assert factor[0] == 2.0  # as without a derivative
    assert back(1.0) == 2.0
    assert back(1.0) == 2.0
    assert factor[0] == 2.0


def test_a_function_that_writes_to_its_differentiated_argument_is_refused():
    def doubled(x):
        x *= 2.0
        return x

    with pytest.raises(pullback.errors.InPlaceWriteError):
        grad(lambda x: np.sum(checkpoint(doubled)(1.0 * x)))(X)


def test_no_derivative_where_there_is_none():
    assert val_and_grad(checkpoint(lambda x: 3.0), 2.0) == (3.0, 0.0)
    assert val_and_grad(lambda x: x * checkpoint(lambda x: "word")(x).count("w"), 2.0) == (2.0, 1.0)
    assert val_and_grad(lambda x: x * checkpoint(math.floor)(x), 2.5) == (5.0, 2.0)
    assert grad(lambda x: x * checkpoint(stop_gradient)(x))(3.0) == 3.0
    assert grad(lambda x: x if checkpoint(lambda x: None)(x) is None else 0.0)(3.0) == 1.0


def test_a_traced_value_that_is_no_argument_is_refused():
    message = "uses a traced value which is none of its arguments"
    with pytest.raises(TracerConversionError, match=message):
        grad(lambda x: checkpoint(lambda y: y * x)(x))(1.0)
    with pytest.raises(TracerConversionError, match=message):
        grad(lambda x: checkpoint(lambda y: {"a": y, "b": [x]})(x)["a"])(1.0)
    with pytest.raises(TracerConversionError, match="uses a value of a graph which is none of its"):
        trace(lambda x: checkpoint(lambda y: y * x)(x + 1.0), 1.0)
    with pytest.raises(LeakedTracerError) as caught:
        grad(lambda x: checkpoint(lambda y: y * np.floor(x))(x))(1.0)
    assert "pass traced values that it uses as arguments" in caught.value.__notes__[0]


def test_a_traced_value_that_is_no_argument_is_right_without_any_that_is():
    f = lambda x: checkpoint(lambda y: y * x * x)(3.0)
    assert grad(f)(2.0) == 12.0
    assert trace(f, 1.0)(2.0) == 12.0


@pytest.mark.parametrize("wrap", [checkpoint, lambda f: checkpoint(checkpoint(f))])
def test_a_value_of_an_outer_derivative_may_be_closed_over(wrap):
    def inner(x):  # d/dw of 3 x sin(w x)
        return grad(lambda w: 3.0 * x * wrap(lambda w: np.sin(w * x))(w))(2.0)

    def closed(x):
        return 3.0 * x * x * math.cos(2.0 * x)

    assert inner(1.5) == pytest.approx(closed(1.5))
    assert grad(inner)(1.5) == pytest.approx(difference(closed, 1.5, 1.0), rel=1e-8)
    assert jvp(inner, (1.5,), (1.0,))[1] == pytest.approx(difference(closed, 1.5, 1.0), rel=1e-8)
    assert trace(inner, 1.5)(0.5) == pytest.approx(closed(0.5))


def test_the_nested_gradient_that_counts_its_traces():
    assert grad(lambda x: x * grad(checkpoint(lambda y, x: x + y))(1.0, x))(1.0) == 1.0


def test_a_function_that_does_something_else_the_second_time_is_refused():
    runs = []

    def unsteady(x):
        runs.append(x)
        return x if len(runs) == 1 else (x, x)

    with pytest.raises(CheckpointError, match=r"unsteady was run again .* another structure or sh"):
        grad(checkpoint(unsteady))(1.0)
    runs.clear()

    def growing(x):
        runs.append(x)
        return np.concatenate([x] * len(runs))

    with pytest.raises(CheckpointError, match="growing was run again"):
        grad(lambda x: np.sum(checkpoint(growing)(x)))(X)


def test_threads_may_share_a_function():
    found = [None] * 8
    ready = threading.Barrier(8)

    def differentiate(place):
        ready.wait()
        found[place] = [grad(grad(lambda x: np.sum(layer(x * X))))(float(place)) for _ in range(20)]

    threads = [threading.Thread(target=differentiate, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in range(8):
        y = np.tanh(W @ X * place)
        expected = np.sum(-2.0 * y * (1.0 - y * y) * (W @ X) ** 2)
        np.testing.assert_allclose(found[place], [expected] * 20, atol=1e-14)


def test_in_a_graph_the_function_is_one_node_and_its_pullback_another():
    graph = trace(lambda x: np.sum(layer(x, scale=2.0)), X)
    (node,) = [node for node in graph if isinstance(node.function, Checkpointed)]
    assert node.label == "layer"
    graph = trace(grad(lambda x: np.sum(layer(x) ** 2)), X)
    nodes = [node for node in graph if isinstance(node.function, Checkpointed)]
    assert [node.label for node in nodes] == ["layer", "layer_pullback"]
    apart = graph.unfold(X)
    assert [node.label for node in apart if isinstance(node.function, Checkpointed)] == [
        "layer",
        "layer_pullback",
    ]
    inside = trace(nodes[1].function.function, X, np.ones(2))
    assert [node.label for node in inside].count("tanh") == 1


def test_in_a_graph_made_by_hand():
    graph = Graph("model")
    x = graph.placeholder("x")
    graph.output(np.multiply(layer(x), 2.0))
    np.testing.assert_array_equal(graph(X), 2.0 * np.tanh(W @ X))
    expected = 2.0 * (1.0 - np.tanh(W @ X) ** 2)[:, None] * W
    np.testing.assert_allclose(jacobian(graph)(X), expected)


def test_an_inspected_run_of_a_graph():
    run = trace(lambda x: np.sum(layer(x, scale=2.0)), X).run(X)
    expected = 2.0 * (1.0 - np.tanh(W @ X) ** 2) @ W
    np.testing.assert_allclose(run.reverse(), expected)


def test_within_debug_the_recomputation_is_watched():
    with pullback.debug(), pytest.raises(NonFiniteError, match=r"the pullback of numpy\.sqrt"):
        grad(checkpoint(lambda x: np.sqrt(x)))(0.0)


def test_a_method():
    class Model:
        def __init__(self, factor):
            self.factor = factor

        @checkpoint
        def power(self, x):
            return self.factor * x**3

    assert Model(2.0).power(2.0) == 16.0
    assert grad(Model(2.0).power)(2.0) == 24.0
    assert grad(grad(lambda x: Model(2.0).power(x)))(2.0) == 24.0
    assert isinstance(Model.power, Checkpointed)


def test_it_looks_like_the_function():
    assert layer.__name__ == "layer"
    assert layer.__doc__ == "A layer."
    assert layer.__wrapped__ is layer.function
    assert repr(layer).startswith("checkpoint(")
    assert repr(layer).endswith("layer)")
    assert layer == checkpoint(layer.function)
    assert layer != checkpoint(norm)
    assert layer != layer.function
    assert {layer: 1}[checkpoint(layer.function)] == 1


def test_what_cannot_be_checkpointed_is_refused():
    with pytest.raises(TypeError, match=r"checkpoint takes a function, a chain or .* 3 \(int\)"):
        checkpoint(3)
    with pytest.raises(CheckpointError, match="states=2 with a function, which has no states"):
        checkpoint(math.sin, states=2)
