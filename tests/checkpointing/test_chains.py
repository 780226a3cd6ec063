"""Checkpointed chains: the derivatives of the chain, with so many states and so many runs."""

from __future__ import annotations

import operator
import pickle
import threading
import tracemalloc
import weakref
from functools import cache, partial
from math import cos, exp, sin

import numpy as np
import pytest

import pullback
from pullback import Chain, checkpoint, grad, hessian, hvp, jvp, linearize, trace, val_and_grad, vjp
from pullback.errors import (
    ChainError,
    CheckpointError,
    EmptyChainError,
    MissingRuleError,
    TracerConversionError,
)

X = np.array([0.5, -1.25, 2.0])
V = np.array([1.0, 0.25, -2.0])


def sine_tower(n, x):
    """The n-fold sine of x and its derivative."""
    slope = 1.0
    for _ in range(n):
        x, slope = np.sin(x), slope * np.cos(x)
    return x, slope


@cache
def fewest_runs(n, states):
    """By a dynamic program: how many links must be run to reverse ``n`` of them."""
    if n == 1:
        return 0
    if states == 1:
        return n * (n - 1) // 2
    return min(
        first + fewest_runs(n - first, states - 1) + fewest_runs(first, states)
        for first in range(1, n)
    )


class Counter:
    """A primitive that notes its runs, and how many of its outputs are alive at each of them."""

    def __init__(self):
        self.plain = self.by_rule = self.pulled = self.most_alive = 0
        self.made = []

        @pullback.primitive
        def counted(x):
            self.look()
            self.plain += 1
            y = np.sin(x)
            self.made.append(weakref.ref(y))
            return y

        @pullback.rule(counted)
        def counted_rule(x):
            self.look()
            self.by_rule += 1

            def counted_pullback(ct):
                self.pulled += 1
                return ct * np.cos(x)

            return np.sin(x), counted_pullback

        pullback.register(counted_rule)
        self.link = counted

    def look(self):
        self.made = [made for made in self.made if made() is not None]
        self.most_alive = max(self.most_alive, len(self.made))


@pytest.fixture
def counter(own_rules):
    return Counter()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7, 10, 16, 33, 100])
@pytest.mark.parametrize("states", [1, 2, 3, 5, 8, 100])
def test_links_are_run_as_rarely_as_can_be_and_states_stay_within_bounds(counter, n, states):
    y, gradient = val_and_grad(
        lambda x: np.sum(checkpoint([counter.link] * n, states=states)(x)), X
    )
    expected, slope = sine_tower(n, X)
    np.testing.assert_array_equal(y, np.sum(expected))
    np.testing.assert_allclose(gradient, slope, rtol=1e-13)
    assert counter.plain == fewest_runs(n, states)
    assert counter.by_rule == counter.pulled == n
    # The input is a state that no link makes; the present value is no saved state.
    assert counter.most_alive == min(states, n - 1)


def test_without_a_derivative_each_link_runs_once(counter):
    checkpoint([counter.link] * 10, states=2)(X)
    assert (counter.plain, counter.by_rule) == (10, 0)


def test_later_calls_of_the_pullback_start_again_from_the_input(counter):
    n, states = 20, 3
    _, back = vjp(checkpoint([counter.link] * n, states=states), X)
    first = back(V)
    assert counter.plain == fewest_runs(n, states)
    np.testing.assert_array_equal(back(V), first)
    np.testing.assert_array_equal(back(2 * V), 2 * first)
    assert counter.plain == 3 * fewest_runs(n, states)
    assert counter.most_alive <= states


def test_threads_may_share_a_pullback():
    _, back = vjp(checkpoint([np.sin] * 30, states=3), X)
    found = [None] * 8
    ready = threading.Barrier(8)

    def pull(place):
        ready.wait()
        found[place] = back(V * place)

    threads = [threading.Thread(target=pull, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place in range(8):
        np.testing.assert_allclose(found[place], V * place * sine_tower(30, X)[1], rtol=1e-13)


def test_memory_holds_the_states_and_little_more():
    x = np.linspace(0.0, 1.0, 100_000)

    def peak(chain):
        val_and_grad(chain, x)
        tracemalloc.start()
        val_and_grad(chain, x)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top / x.nbytes

    links = [*[np.sin] * 100, np.sum]
    assert peak(links) > 90
    for states in (5, 10):
        assert states - 1 <= peak(checkpoint(links, states=states)) < states + 5


LINKS = {
    "primitives": [np.sin, np.exp, np.tanh, np.sum],
    "functions": [lambda x: x * x[::-1], np.sin, lambda x: x @ x],
    "containers": [
        lambda x: {"a": x, "b": (2.0 * x, 3)},
        lambda d: d["a"] * d["b"][0] * d["b"][1],
        np.sum,
    ],
    "chains": [[np.sin, np.cos], Chain([np.exp, [np.tanh]]), np.sum],
    "partials": [partial(np.multiply, V), partial(np.sum, axis=0), np.exp],
    "checkpoints": [checkpoint([np.sin] * 5, states=2), checkpoint(lambda x: x * x), np.sum],
    "numbers": [np.sum, sin, exp],
    "the first and the last": [lambda x: (x, x * x), lambda t: np.sum(t[0] * t[1])],
    "one": [lambda x: np.sum(x**3)],
}
EVERY_CHAIN = pytest.mark.parametrize("name", LINKS)
SOME_STATES = pytest.mark.parametrize("states", [1, 2, 3, None])


def difference(f, x, v, step=1e-6):
    """The derivative of ``f`` along ``v``, by central differences."""
    return (f(x + step * v) - f(x - step * v)) / (2 * step)


@EVERY_CHAIN
@SOME_STATES
def test_first_derivatives(name, states):
    links = LINKS[name]
    chain = checkpoint(links, states=states)
    y, gradient = val_and_grad(chain, X)
    assert y == Chain(links)(X)
    assert type(y) is type(Chain(links)(X))
    assert gradient @ V == pytest.approx(difference(Chain(links), X, V), rel=1e-7, abs=1e-9)
    np.testing.assert_array_equal(gradient, grad(links)(X))
    assert jvp(chain, (X,), (V,))[1] == pytest.approx(gradient @ V, rel=1e-13)
    assert linearize(chain, X)[1](V) == pytest.approx(gradient @ V, rel=1e-13)


@EVERY_CHAIN
@SOME_STATES
def test_second_and_third_derivatives(name, states):
    links = LINKS[name]
    chain = checkpoint(links, states=states)
    product = hvp(chain)(X, V)
    expected = difference(grad(links), X, V)
    np.testing.assert_allclose(product, expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(hessian(chain)(X) @ V, product, rtol=1e-11, atol=1e-12)
    third = grad(lambda x: V @ hvp(chain)(x, V))(X)
    expected = difference(lambda x: hvp(links)(x, V), X, V)
    np.testing.assert_allclose(third, expected, rtol=1e-6, atol=1e-7)


def test_the_first_link_may_take_several_arguments():
    chain = checkpoint([operator.mul, sin, sin, sin], states=1)
    y, gradient = val_and_grad(chain, 2.0, 3.0)
    expected, slope = sine_tower(3, 6.0)
    assert y == expected
    assert gradient == pytest.approx((3.0 * slope, 2.0 * slope), rel=1e-14)
    assert grad(lambda a: chain(3.0, a))(2.0) == pytest.approx(3.0 * slope)
    assert grad(chain, argnums=1)(2.0, 3.0) == pytest.approx(2.0 * slope)


def test_the_first_link_may_take_containers():
    chain = checkpoint([lambda d, i: d["a"][i] * d["b"], np.sin, np.sum], states=2)
    indices = np.array([0, 0, 1])
    gradient = grad(chain)({"a": X, "b": 2.0}, indices)
    slopes = np.cos(2.0 * X[indices])
    np.testing.assert_allclose(gradient["a"], [2 * (slopes[0] + slopes[1]), 2 * slopes[2], 0.0])
    assert gradient["b"] == pytest.approx(np.sum(X[indices] * slopes))


def test_the_first_link_may_be_a_chain():
    product = [[lambda d: d["a"] * d["b"]], lambda x: {"y": x}]
    chain = checkpoint([product, lambda d: d["y"], sin, sin], states=1)
    y, gradient = val_and_grad(chain, {"a": 2.0, "b": 3.0})
    expected, slope = sine_tower(2, 6.0)
    assert y == expected
    assert gradient == pytest.approx({"a": 3.0 * slope, "b": 2.0 * slope})
    second = hvp(chain)({"a": 2.0, "b": 3.0}, {"a": 1.0, "b": 0.0})
    plain = difference(lambda a: grad(chain)({"a": a, "b": 3.0})["a"], 2.0, 1.0)
    assert second["a"] == pytest.approx(plain, rel=1e-7)
    assert grad(checkpoint([[sin, sin], Chain([sin]), sin], states=1))(1.0) == pytest.approx(
        sine_tower(4, 1.0)[1]
    )


def test_several_outputs():
    chain = checkpoint([np.sin, lambda x: {"twice": 2.0 * x, "more": (x * x, 7, "word")}], states=1)
    y, back = vjp(chain, X)
    assert y["more"][1:] == (7, "word")
    ct = {"twice": V, "more": (np.ones(3), 0, "word")}
    expected = np.cos(X) * (2.0 * V + 2.0 * np.sin(X))
    np.testing.assert_allclose(back(ct), expected)
    np.testing.assert_allclose(back(ct), expected)
    product = hvp(lambda x: np.sum(chain(x)["more"][0]))(X, V)
    np.testing.assert_allclose(product, 2.0 * np.cos(2.0 * X) * V)
    _, tangent = jvp(chain, (X,), (V,))
    np.testing.assert_allclose(tangent["twice"], 2.0 * np.cos(X) * V)


def test_a_link_without_a_derivative_ends_it():
    chain = checkpoint([np.sin, np.floor, np.exp, np.exp, np.sum], states=2)
    y, back = vjp(chain, X)
    assert y == np.sum(np.exp(np.exp(np.floor(np.sin(X)))))
    np.testing.assert_array_equal(back(1.0), np.zeros(3))
    np.testing.assert_array_equal(back(1.0), np.zeros(3))
    assert val_and_grad(checkpoint([sin, lambda x: 3.0]), 2.0) == (3.0, 0.0)


def test_a_long_chain_does_not_recurse():
    chain = checkpoint([operator.neg] * 200_000)
    assert chain.states == 631  # C(633, 2) = 200028
    assert val_and_grad(chain, 2.0) == (2.0, 1.0)


def test_a_link_that_closes_over_the_value_of_an_outer_derivative():
    def outer(x):
        chain = checkpoint([sin, lambda w: sin(1.0) * w * x, sin, lambda y: {"y": y}], states=1)
        return grad(lambda w: 3.0 * x * chain(w)["y"])(2.0)

    def closed(x):  # of 3 x sin(a x sin(w)) by w
        a = sin(1.0)
        return 3.0 * x * cos(a * x * sin(2.0)) * a * x * cos(2.0)

    assert outer(1.5) == pytest.approx(closed(1.5))
    assert grad(outer)(1.5) == pytest.approx(difference(closed, 1.5, 1.0), rel=1e-7)


def test_a_link_that_closes_over_a_value_of_the_same_derivative_is_refused():
    with pytest.raises(TracerConversionError, match="uses a traced value which is none of its"):
        grad(lambda x: checkpoint([sin, lambda y: y * x], states=1)(x))(1.0)


def test_arguments_may_be_changed_before_the_derivative_is_taken():
    x, other = X.copy(), V.copy()
    chain = checkpoint([lambda x, other: x * other, np.sin, np.sin], states=1)
    _, back = vjp(lambda x: chain(x, other), x)
    x[:] = 0.0
    other[:] = 0.0
    np.testing.assert_allclose(back(np.ones(3)), V * sine_tower(2, X * V)[1])


def test_a_first_link_that_writes_to_a_constant_argument():
    def scaled(x, factor):
        factor[0] += 1.0
        return x * factor[0]

    chain = checkpoint([scaled, np.sin, np.sin, np.sum], states=1)
    found = grad(lambda x: chain(x, np.array([1.0])))(X)
    np.testing.assert_allclose(found, 2.0 * sine_tower(2, 2.0 * X)[1])


def test_a_link_of_other_chains(counter):
    part = checkpoint([counter.link] * 10, states=2)
    y, gradient = val_and_grad([part, np.cos, part, np.sum], X)
    assert counter.plain == 2 * fewest_runs(10, 2)
    middle, first = sine_tower(10, X)
    last, second = sine_tower(10, np.cos(middle))
    assert y == np.sum(last)
    np.testing.assert_allclose(gradient, -first * np.sin(middle) * second)


def test_in_a_graph_a_chain_is_one_node_and_its_pullback_another():
    chain = checkpoint([np.sin] * 10, states=2)
    graph = trace(lambda x: np.sum(chain(x)), X)
    assert [node.function for node in graph if node.kind == "call"] == [chain, np.sum]
    np.testing.assert_array_equal(graph(V), np.sum(sine_tower(10, V)[0]))
    np.testing.assert_allclose(grad(graph)(V), sine_tower(10, V)[1])
    graph = trace(grad(lambda x: np.sum(chain(x) ** 2)), X)
    value, slope = sine_tower(10, V)
    np.testing.assert_allclose(graph(V), 2 * value * slope)


def test_the_pullback_of_a_chain_in_a_graph_keeps_to_the_schedule(counter):
    n, states = 20, 3
    graph = trace(grad(lambda x: np.sum(checkpoint([counter.link] * n, states=states)(x))), X)
    counter.plain = counter.most_alive = 0
    np.testing.assert_allclose(graph(V), sine_tower(n, V)[1])
    assert counter.plain == fewest_runs(n, states)
    assert counter.most_alive <= states


def test_equality_and_names():
    links = [sin, [exp]]
    chain = checkpoint(links, states=2)
    assert chain == checkpoint(Chain(links), states=2)
    assert hash(chain) == hash(checkpoint(links, states=2))
    assert chain != checkpoint(links, states=1)
    assert chain != checkpoint([sin, sin], states=2)
    assert chain != checkpoint(sin)
    assert repr(chain) == "checkpoint(Chain([math.sin, [math.exp]]), states=2)"


def test_a_chain_can_be_pickled():
    chain = checkpoint([sin, exp], states=1)
    assert pickle.loads(pickle.dumps(chain)) == chain


def test_what_is_no_chain_is_refused():
    with pytest.raises(EmptyChainError, match="a chain needs at least one link"):
        checkpoint([])
    with pytest.raises(ChainError, match="link 1 of the chain is 3"):
        checkpoint([sin, 3])
    with pytest.raises(CheckpointError, match="the number of states is 0"):
        checkpoint([sin], states=0)
    with pytest.raises(CheckpointError, match="the number of states is True"):
        checkpoint([sin], states=True)


def test_a_chain_that_does_something_else_the_second_time_is_refused():
    runs = []

    def unsteady(x):
        runs.append(x)
        return x if len(runs) == 1 else [x, x]

    _, back = vjp(checkpoint([sin, unsteady], states=1), 1.0)
    assert back(1.0) == cos(1.0)
    with pytest.raises(CheckpointError, match="was run again for its derivative"):
        back(1.0)


def test_a_missing_rule_is_named():
    @pullback.primitive
    def ruleless(x):
        return x

    chain = checkpoint([sin, ruleless, sin], states=1)
    with pytest.raises(MissingRuleError, match="ruleless"):
        grad(chain)(1.0)
