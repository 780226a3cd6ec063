"""Random programs: their graphs compute, differentiate, and go into other forms like they do."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pullback import Graph, grad, jvp, trace, vjp
from pullback.graph.running import live_nodes

UNARY = [
    np.sin,
    np.tanh,
    np.negative,
    np.abs,
    lambda a: a * a,
    lambda a: 1.0 / (1.0 + a * a),
    lambda a: np.where(a > 0.1, a, 0.5 * a),
    lambda a: np.sqrt(a * a + 1.0),
    lambda a: np.floor(a) + a,
    np.sum,
    lambda a: np.mean(a, axis=-1, keepdims=True) if np.ndim(a) else a,
    lambda a: np.max(a, axis=0) if np.ndim(a) else a,
    lambda a: np.sort(a, axis=-1) if np.ndim(a) else a,
    lambda a: np.cumsum(a, axis=0) if np.ndim(a) else a,
    lambda a: a[..., ::-1] if np.ndim(a) else a,
    lambda a: a[np.argmax(a, axis=0)] if np.ndim(a) == 1 else a,
    lambda a: np.take_along_axis(a, np.argsort(a, axis=-1), -1) if np.ndim(a) else a,
    np.transpose,
    lambda a: np.concatenate([a, a[:1]])[1:] if np.ndim(a) else a,
    lambda a: np.sum(a, where=a > 0),
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.maximum,
    np.arctan2,
    lambda a, b: a + 0.5 * b,
    lambda a, b: np.where(a < b, a, b * b),
    lambda a, b: a @ b if np.ndim(a) and np.ndim(b) and a.shape[-1] == b.shape[0] else a * b,
    lambda a, b: np.stack([a, b]).sum(axis=0) if np.shape(a) == np.shape(b) else a - b,
    lambda a, b: np.einsum("...i,i->...", a, b) if np.shape(a)[-1:] == np.shape(b) == (3,) else a,
    lambda a, b: a / (2.0 + np.abs(b)),
]
STEPS = st.lists(
    st.tuples(st.integers(0, len(UNARY) + len(BINARY) - 1), st.integers(0, 99), st.integers(0, 99)),
    min_size=3,
    max_size=40,
)
SEEDS = st.integers(0, 2**32 - 1)


def program(steps):
    """A function of a number, a vector and a matrix: each step takes values that came before."""

    def f(s, v, m):
        values = [s, v, m]
        for operation, i, j in steps:
            a, b = values[i % len(values)], values[j % len(values)]
            if operation < len(UNARY):
                y = UNARY[operation](a)
            else:
                y = BINARY[operation - len(UNARY)](a, b)
            if np.shape(y) in ((), (3,), (1,), (3, 1), (1, 3), (3, 3)):
                values.append(np.tanh(y))  # nothing grows
        total = sum(np.sum(value) for value in values)
        return {"total": total, "last": [values[-1], values[-2]]}

    return f


def inputs(seed):
    rng = np.random.default_rng(seed)
    return (float(rng.standard_normal()), *(rng.standard_normal(n) for n in ((3,), (3, 3))))


def leaves(tree):
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    if isinstance(tree, (list, tuple)):
        return [leaf for item in tree for leaf in leaves(item)]
    return [tree]


def assert_same(got, want):
    """Equal structure, types, shapes and dtypes; numbers to the last digits."""
    a, b = leaves(got), leaves(want)
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert type(x) is type(y), (x, y)
        assert np.shape(x) == np.shape(y)
        assert getattr(x, "dtype", None) == getattr(y, "dtype", None)
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-11)


def cotangents_like(y, seed):
    rng = np.random.default_rng(seed)

    def one(value):
        if isinstance(value, dict):
            return {key: one(item) for key, item in value.items()}
        if isinstance(value, list):
            return [one(item) for item in value]
        noise = rng.standard_normal(np.shape(value))
        return noise if isinstance(value, np.ndarray) else type(value)(noise)

    return one(y)


many = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)


@many
@given(STEPS, SEEDS)
def test_a_graph_of_any_program(steps, seed):
    f = program(steps)
    x, other = inputs(seed), inputs(seed + 1)
    graph = trace(f, *x)
    for point in (x, other):
        assert_same(graph(*point), f(*point))
    y, back = vjp(f, *other)
    ct = cotangents_like(y, seed)
    want = back(ct)
    assert_same(vjp(graph, *other)[1](ct), want)
    run = graph.run(*other)
    assert_same(run.y, y)
    assert_same(run.reverse(ct), want)
    tangents = inputs(seed + 2)
    pushed = jvp(f, other, tangents)
    assert_same(jvp(graph, other, tangents), pushed)
    assert_same(run.forward(*tangents), pushed[1])


@many
@given(STEPS, SEEDS)
def test_a_graph_of_any_derivative(steps, seed):
    f = program(steps)
    scalar = lambda *x: f(*x)["total"]
    gradient = grad(scalar, argnums=(0, 1, 2))
    x, other = inputs(seed), inputs(seed + 1)
    graph = trace(gradient, *x)
    assert_same(graph(*other), gradient(*other))
    push = lambda *x: jvp(scalar, x, other)
    assert_same(trace(push, *x)(*other), push(*other))


@many
@given(STEPS, SEEDS)
def test_other_forms_of_any_graph(steps, seed):
    f = program(steps)
    x, other = inputs(seed), inputs(seed + 1)
    graph = trace(f, *x)
    assert graph == trace(f, *x)
    apart = graph.unfold(*x)
    assert apart == graph
    assert_same(apart(*other), graph(*other))
    names = [output.name for output in graph.outputs]
    again = Graph.from_dict(graph.to_dict(), inputs=["s", "v", "m"], outputs=names)
    used = {node.name for node in live_nodes(graph)}
    if {"s", "v", "m"} <= used:
        assert_same(again(*other), tuple(leaves(graph(*other))))
    assert Graph.from_dict(again.to_dict(), inputs=["s", "v", "m"], outputs=names) == again
