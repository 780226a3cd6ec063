"""Graphs of functions: what a trace notes, and that it bakes in nothing that depends on values."""

from __future__ import annotations

import math
import threading
from functools import partial

import numpy as np
import pytest

import pullback
from pullback import Graph, at, grad, hessian, jacobian, jvp, stop_gradient, trace
from pullback.errors import (
    FeedError,
    InPlaceWriteError,
    LeakedTracerError,
    OutArgumentError,
    PathChangedError,
    TracerConversionError,
)

X = np.array([1.0, -2.0, 3.0])
Y = np.array([1.5, 2.0, -3.0])
M = np.array([[1.0, -2.0], [3.0, 0.5]])


def same(got, want):
    """Whether two results are the same in structure, type, dtype, shape and bits."""
    if isinstance(want, dict):
        return got.keys() == want.keys() and all(same(got[k], want[k]) for k in want)
    if isinstance(want, (list, tuple)):
        return type(got) is type(want) and all(map(same, got, want)) and len(got) == len(want)
    if type(got) is not type(want):
        return False
    if not hasattr(want, "dtype"):
        return got == want or (got != got and want != want)
    return got.dtype == want.dtype and np.array_equal(got, want, equal_nan=True)


def set_where(x):
    a = np.zeros(3)
    a[np.argmax(x)] = 1.0
    return a * x


FOLLOWED = {
    "comparison": (lambda x: np.where(x > 0, x, 2 * x), [Y]),
    "chained comparison": (lambda x: np.where((x > 0) & ~(x > 2), x, 0.5), [Y, -Y]),
    "floor": (lambda x: x * np.floor(x), [Y / 2]),
    "floor division": (lambda x: x // 0.7 + x % 0.7, [Y]),
    "argmax": (lambda x: x[np.argmax(x)], [Y]),
    "argsort": (lambda x: x[np.argsort(x)] * x, [Y]),
    "nonzero": (lambda x: x[np.nonzero(x > 0)].sum(), [Y, -Y, np.abs(Y)]),
    "where with one argument": (lambda x: x[np.where(x > 0)].sum(), [Y, -Y, np.abs(Y)]),
    "mask": (lambda x: (x * x)[x > 0].sum(), [Y, -Y, np.abs(Y)]),
    "mean of a mask": (lambda x: np.mean(x[x > 0]), [Y, -Y]),
    "take of a constant": (lambda x: np.take_along_axis(Y, np.argsort(x), 0), [-X]),
    "unique": (lambda x: np.unique(x) * 2, [Y, np.ones(3)]),
    "histogram": (lambda x: np.histogram(x, 3), [Y, np.ones(3)]),
    "at argmax": (lambda x: at(x)[np.argmax(x)].set(0.0), [Y]),
    "at mask": (lambda x: at(x)[x > 1].add(x[0]), [Y, -Y]),
    "object array": (lambda x: np.array([x, 2 * x]).sum(axis=0), [Y]),
    "list of numbers": (lambda x: np.asarray([x[0], 1.0]) * x[:2], [Y]),
    "keyword": (lambda x: np.clip(np.ones(3), a_min=x, a_max=None), [Y]),
    "keyword initial": (lambda x: np.sum(x, initial=x[0]), [Y]),
    "weights": (lambda x: np.average(x, weights=x * x), [Y]),
    "where=": (lambda x: np.sum(x, where=x > 0), [Y, -Y]),
    "piecewise": (lambda x: np.piecewise(x, [x < 0, x > 2], [np.negative, np.square]), [Y]),
    "select": (lambda x: np.select([x < 0, x > 1], [x, x * x], 0.5), [Y]),
    "choose": (lambda x: np.choose(np.argsort(x), [x, 2 * x, 3 * x]), [Y]),
    "reduce": (lambda x: np.add.reduce(x) * np.multiply.reduce(x), [Y]),
    "einsum": (lambda x: np.einsum("i,j->ij", x, x), [Y]),
    "einsum optimized": (lambda x: np.einsum("i,i,i->", x, x, x, optimize=True), [Y]),
    "matmul": (lambda x: x @ np.outer(x, x) @ x, [Y]),
    "quantile": (
        lambda x: np.quantile(x, 0.4, weights=x * x, method="inverted_cdf"),
        [Y, np.array([1.0, 9.0, 2.0])],
    ),
    "polyfit": (lambda x: np.polyfit(x, x * x, 1), [Y]),
    "isin": (lambda x: np.isin(x, [1.0, 2.0]) * x, [Y]),
    "searchsorted": (lambda x: np.searchsorted([0.0, 1.2], x) * x, [Y]),
    "eigenvalues": (
        lambda x: np.abs(np.linalg.eigvals(np.diag(x) + np.ones((3, 3)))).sum(),
        [Y],
    ),
    "complex roots": (lambda x: np.abs(np.roots(x)), [Y, np.array([1.0, 0.0, 1.0])]),
    "emath": (lambda x: np.emath.sqrt(x) * 2, [np.abs(Y)]),
    "repeat": (lambda x: np.repeat(x, np.argsort(x)), [Y]),
    "flat": (lambda x: sum(v * v for v in x.flat), [Y]),
    "tolist": (lambda x: sum(x.tolist()), [Y]),
    "iteration": (lambda x: sum(i * v for i, v in enumerate(x)), [Y]),
    "stop_gradient": (lambda x: x * stop_gradient(np.sin(x)), [Y]),
    "apply_along_axis": (lambda x: np.apply_along_axis(lambda t: t * t.max(), 0, x), [Y]),
    "polydiv": (lambda x: np.polydiv(x, np.ones(2))[1], [Y, np.ones(3)]),
    "grad of stop_gradient": (grad(lambda x: np.sum(x * stop_gradient(np.sin(x)))), [Y]),
    "grad of a sort": (grad(lambda x: np.sum(np.sort(x) * X)), [Y]),
    "grad of a median": (grad(np.median), [Y]),
    "grad of where=": (grad(lambda x: np.sum(x * x, where=x > 0)), [Y, -Y]),
    "grad of select": (grad(lambda x: np.sum(np.select([x < 0, x > 1], [x, x * x]))), [Y]),
    "grad of a mask": (grad(lambda x: np.sum(x[x > 0] ** 2)), [Y, X[::-1].copy()]),
    "grad of a maximum": (grad(lambda x: max([*x], key=lambda t: t * t)), [X * 2]),
    "grad of a quantile": (
        grad(lambda x: np.quantile(x, 0.3, weights=x * x, method="inverted_cdf")),
        [Y],
    ),
    "grad of polyfit": (grad(lambda x: np.sum(np.polyfit(x, x**3, 1))), [Y]),
    "grad of a histogram": (grad(lambda x: np.histogram(x, 3)[1][1]), [Y]),
    "grad of nansum": (grad(lambda x: np.nansum(x * x)), [np.array([np.nan, 1.0, 2.0])]),
    "grad of at": (grad(lambda x: np.sum(at(x)[np.argsort(x)[:2]].set(x[:2]) ** 2)), [Y]),
    "jacobian": (jacobian(lambda x: np.sort(x) * x), [Y]),
    "hessian": (hessian(lambda x: np.sum(np.sort(x) ** 3 * x)), [Y]),
    "jvp": (lambda x: jvp(lambda t: np.sort(t) * np.max(t), (x,), (Y,)), [Y]),
    "grad of grad": (grad(lambda x: np.sum(grad(lambda t: np.sum(np.cumprod(t)))(x))), [Y]),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_depends_on_values_is_followed(name):
    f, others = FOLLOWED[name]
    graph = trace(f, X)
    for x in [X, *others]:
        assert same(graph(x), f(x)), (graph(x), f(x))


NOT_FOLLOWED = {
    "branch": (lambda x: x if x[0] > 0 else -x, -X),
    "chained branch": (lambda x: x if 0 < x[0] < 2 else -x, 3 * X),
    "conditional expression": (lambda x: x[0] and x[1], np.zeros(3)),
    "in": (lambda x: x * 2 if 3.0 in x else x, Y),
    "in, within a gradient": (
        grad(lambda x: np.sum(x * 2) if 3.0 in x else np.sum(x)),
        Y,
    ),
    "range": (lambda x: sum(x[0] * i for i in range(np.count_nonzero(x > 0))), np.abs(Y)),
    "floor as a count": (lambda x: [x] * math.floor(x[0]), 2 * X),
    "len of a mask": (lambda x: x * len(x[x > 0]), np.abs(Y)),
    "size of a mask": (lambda x: x * x[x > 0].size, np.abs(Y)),
    "shape of a mask": (lambda x: x * np.shape(x[x > 0])[0], np.abs(Y)),
    "shape of what follows a mask": (lambda x: x * (2 * x[x > 0]).shape[0], np.abs(Y)),
    "iteration over a mask": (lambda x: sum(v * v for v in x[x > 0]), np.abs(Y)),
    "unpacking a mask": (lambda x: np.stack([*x[x > 0]]), np.abs(Y)),
    "list of a mask": (lambda x: sum(x[x > 0].tolist()), np.abs(Y)),
    "zeros of a count": (lambda x: np.zeros(np.argmax(x) + 1), Y),
    "dtype": (lambda x: np.ones(3, np.emath.sqrt(x).dtype), np.abs(Y)),
    "type": (lambda x: x if isinstance(np.emath.sqrt(x[0]), complex) else -x, -X),
    "slice": (lambda x: x[: np.argmax(x)], Y),
    "list index": (lambda x: [x, 2 * x, 3 * x][np.argmax(x)], Y),
    "dict key": (lambda x: {0: x, 1: 2 * x, 2: 3 * x}[int(np.argmax(x))], Y),
    "write at": (set_where, Y),
    "sorted": (lambda x: np.stack(sorted(x)), Y),
    "sorted by key": (lambda x: np.stack(sorted(x, key=lambda t: -t * t)), Y[::-1]),
    "max": (lambda x: max(x), Y),
    "allclose": (lambda x: x if np.allclose(x, 1.0) else 2 * x, np.ones(3)),
    "all": (lambda x: x if all(x > 2) else 2 * x, np.full(3, 4.0)),
    "grad of a mask": (grad(lambda x: np.sum(x[x > 0] ** 2)), np.abs(Y)),
    "grad of unique": (grad(lambda x: np.sum(np.unique(x) ** 2)), np.ones(3)),
    "grad of trim_zeros": (
        grad(lambda x: np.sum(np.trim_zeros(x) ** 2)),
        np.array([0.0, 1.0, 2.0]),
    ),
    "repeat of a count": (grad(lambda x: np.sum(np.repeat(x, math.floor(x[0])))), 2 * X),
}


@pytest.mark.parametrize("name", NOT_FOLLOWED)
def test_what_cannot_be_followed_is_refused_at_other_points(name):
    f, other = NOT_FOLLOWED[name]
    graph = trace(f, X)
    assert same(graph(X), f(X))
    with pytest.raises(PathChangedError, match=r"Trace it again with them, or write np\.where"):
        graph(other)


@pytest.mark.parametrize("name", ["branch", "len of a mask", "sorted", "grad of a mask"])
def test_a_run_refuses_what_a_call_refuses(name):
    f, other = NOT_FOLLOWED[name]
    graph = trace(f, X)
    assert same(graph.run(X).y, f(X))
    with pytest.raises(PathChangedError):
        graph.run(other)


def copied_into(x):
    a = np.zeros(3)
    a[:] = x
    return a


def added_into(x):
    a = np.zeros(3)
    a += x
    return a


def put(x):
    a = np.zeros(3)
    np.put_along_axis(a, np.argsort(x), 1.0, 0)
    return a * x


def masked(x):
    a = np.zeros(3)
    a[x > 0] = 1.0
    return a * x


REFUSED = {
    "int": (lambda x: int(x[0]), TracerConversionError, "about to become an int"),
    "float": (lambda x: float(x[0]), TracerConversionError, "about to become a plain float"),
    "complex": (lambda x: complex(x[0]), TracerConversionError, "a plain complex number"),
    "float of a text": (lambda x: float(f"{x[0]:.3f}"), ValueError, "<getitem of a graph, 1.000>"),
    "hash": (lambda x: {x[0]: 1}, TypeError, "unhashable"),
    "random": (lambda x: np.random.default_rng(0).normal(x[0]), TracerConversionError, "float"),
    "index of a constant": (
        lambda x: Y[x > 0],
        TracerConversionError,
        "Make the array an argument of the function",
    ),
    "out=": (lambda x: np.add(x, 1, out=np.zeros(3)), OutArgumentError, "in place"),
    "sort in place": (lambda x: x.sort(), InPlaceWriteError, "writes into an array in place"),
    "setitem": (lambda x: x.__setitem__(0, 1.0), InPlaceWriteError, r"pullback.at\(x\)\[i\].set"),
    "into a plain array": (copied_into, TracerConversionError, "stored into an array of numbers"),
    "added into a plain array": (added_into, OutArgumentError, "in place"),
    "put_along_axis": (put, InPlaceWriteError, "numpy.put_along_axis writes into an array"),
    "mask of a plain array": (masked, TracerConversionError, "indexed with a value of a graph"),
    "grad of piecewise": (
        grad(lambda x: np.sum(np.piecewise(x, [x < 0], [np.negative, np.square]))),
        TracerConversionError,
        "derivative of np.piecewise cannot be put into a graph",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_recorded_is_refused(name):
    f, error, message = REFUSED[name]
    x = X.copy()
    with pytest.raises(error, match=message):
        trace(f, x)
    np.testing.assert_array_equal(x, X)


def test_a_constant_that_is_changed_after_the_trace():
    w, nested = np.ones(3), [np.ones(3)]
    big = np.ones(10_000)
    graph = trace(lambda x: x * w + np.stack([x, *nested])[1] + big[0] * np.sum(big), X)
    want = graph(X)
    w[:], nested[0][:], big[:] = 5.0, 6.0, 7.0
    np.testing.assert_array_equal(graph(X), want)


def test_the_example_is_not_kept():
    x = X.copy()
    graph = trace(lambda x: x * 2.0, x)
    x[:] = 0.0
    np.testing.assert_array_equal(graph(X), 2 * X)


def test_outputs_that_no_node_made():
    graph = trace(lambda x: (x, 3.0, Y, {"n": None, "x": [x]}), X)
    got = graph(Y)
    assert same(got, (Y, 3.0, Y, {"n": None, "x": [Y]}))
    got[2][:] = 0.0
    assert same(graph(X)[2], np.array([1.5, 2.0, -3.0]))


def test_a_gradient_owns_what_it_returns():
    for f in (np.sum, lambda x: np.sum(x[::-1]), lambda x: x[0] + x.T[1]):
        graph = trace(grad(f), X)
        y = graph(X)
        assert y.flags.writeable
        y[:] = 9.0
        np.testing.assert_array_equal(graph(X), grad(f)(X))


def test_containers():
    def f(p, scale):
        return {"y": p["w"] @ p["b"][0] * scale, "w": p["w"]}

    p = {"w": M, "b": (np.ones(2), 2.0)}
    graph = trace(f, p, 2.0)
    assert [node.name for node in graph.inputs] == [
        "p['b'][0]",
        "p['b'][1]",
        "p['w']",
        "scale",
    ] or [node.name for node in graph.inputs] == ["p['w']", "p['b'][0]", "p['b'][1]", "scale"]
    other = {"w": M.T, "b": (np.arange(2.0), 3.0)}
    assert same(graph(other, 4.0), f(other, 4.0))
    assert same(graph(p=other, scale=4.0), f(other, 4.0))
    with pytest.raises(FeedError, match="p must have the structure that was traced"):
        graph({"w": M}, 1.0)
    with pytest.raises(
        FeedError, match=r"was traced as float64\(2, 2\), and is given as float64\(3\)"
    ):
        graph({"w": X, "b": (np.ones(2), 2.0)}, 1.0)


def test_derivatives_of_a_graph_with_containers():
    f = lambda p: np.sum(np.sin(p["a"]) * p["b"])
    p = {"a": X, "b": Y}
    graph = trace(f, {"a": Y, "b": Y})
    assert same(grad(graph)(p), grad(f)(p))
    assert same(jvp(graph, (p,), ({"a": Y, "b": X},)), jvp(f, (p,), ({"a": Y, "b": X},)))


def test_keyword_arguments_are_constants():
    graph = trace(lambda x, n: x**n, 2.0, n=3)
    assert graph(3.0) == 27.0
    assert [node.name for node in graph.inputs] == ["x"]


def test_unused_inputs_of_a_function_are_allowed():
    graph = trace(lambda x, y: x * 2.0, 1.0, 2.0)
    assert graph(3.0, 4.0) == 6.0
    assert grad(graph, argnums=(0, 1))(3.0, 4.0) == (2.0, 0.0)


def test_what_is_not_needed_is_left_out():
    graph = trace(lambda x: (np.exp(x), np.sin(x))[1], 1.0)
    assert [node.label for node in graph] == ["x", "sin"]
    assert [node.index for node in graph] == [0, 1]


@pytest.mark.parametrize(
    "f", [[np.sin, np.exp], pullback.Chain([np.sin, [np.exp]]), np.exp, np.linalg.slogdet]
)
def test_chains_and_primitives(f):
    x = M if f is np.linalg.slogdet else 0.3
    graph = trace(f, x)
    call = f if callable(f) else pullback.Chain(f)
    assert same(graph(x), call(x))
    if f is not np.linalg.slogdet:
        assert [node.label for node in graph][-1] == "exp"


def test_the_names_of_inputs():
    def f(first, *rest):
        return first + sum(rest)

    names = lambda f, *example: [node.name for node in trace(f, *example).inputs]
    assert names(f, 1.0) == ["first"]
    assert names(f, 1.0, 2.0) == ["x", "y"]
    assert names(f, 1.0, 2.0, 3.0, 4.0) == ["x0", "x1", "x2", "x3"]
    assert names(np.multiply, 1.0, 2.0) == ["x", "y"] or names(np.multiply, 1.0, 2.0)[0] == "x1"
    assert trace(f, 1.0).name == "f"
    assert trace(lambda x: x, 1.0).name == "function"
    assert trace([np.sin], 1.0).name == "chain"
    assert trace(partial(f, 1.0), 2.0).name == "f"


def test_a_traced_integer_array():
    graph = trace(lambda x, n: x[n] * n, X, np.array([0, 2]))
    assert same(graph(Y, np.array([1, 1])), Y[[1, 1]] * np.array([1, 1]))
    assert trace(lambda n: n / 2, 3)(5) == 2.5


def test_a_graph_in_a_derivative_in_a_graph():
    inner = trace(lambda x: np.sum(np.sin(x) * x), X)
    outer = trace(grad(lambda x: inner(x) * inner(2 * x)), X)
    want = grad(lambda x: np.sum(np.sin(x) * x) * np.sum(np.sin(2 * x) * 2 * x))
    np.testing.assert_allclose(outer(Y), want(Y), rtol=1e-14)


def test_tracing_inside_of_a_derivative():
    def f(x):
        graph = trace(lambda t: t * x, 1.0)  # closes over a value that is differentiated
        return graph(x)

    assert grad(f)(3.0) == 6.0
    assert jvp(f, (3.0,), (1.0,)) == (9.0, 6.0)


def test_a_value_that_escapes():
    kept = []
    trace(lambda x: kept.append(np.sin(x)) or x, 1.0)
    with pytest.raises(LeakedTracerError, match="after the traced function had returned"):
        trace(lambda x: x + kept[0], 1.0)
    with pytest.raises(LeakedTracerError):
        Graph().call(np.add, kept[0], 1.0)


def test_an_exception_leaves_nothing_behind():
    def fails(x):
        raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        trace(fails, 1.0)
    assert trace(lambda x: x * 2.0, 1.0)(3.0) == 6.0


def test_threads():
    def make(number, found):
        f = lambda x: np.sum(np.sin(x * number) * grad(lambda t: np.sum(t**3))(x))
        graph = trace(grad(f), X)
        found[number] = all(same(graph(Y * k), grad(f)(Y * k)) for k in range(1, 6))

    found = {}
    threads = [threading.Thread(target=make, args=(n, found)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == dict.fromkeys(range(8), True)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128, np.longdouble])
def test_dtypes(dtype):
    f = lambda x: x * x + 1
    graph = trace(lambda x: pullback.vjp(f, x)[1](np.ones_like(X, dtype)), X.astype(dtype))
    want = pullback.vjp(f, Y.astype(dtype))[1](np.ones_like(X, dtype))
    assert same(graph(Y.astype(dtype)), want)
