"""Large arrays are written over where nobody needs them any more, and nothing else is."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from equality import difference

from pullback import at, compile, grad, primitive, trace, value_and_grad
from pullback.compiler.buffers import CAPTURED, LARGE, memory_of, plan
from pullback.compiler.facts import known_facts

N = 4 * LARGE
X = np.linspace(-1.0, 1.0, N)
SIDE = 1 << 8
VIEWS = {
    "reversed": lambda y: y[::-1],
    "a reshape": lambda y: y.reshape(2, -1).reshape(-1),
    "a transpose": lambda y: np.transpose(y.reshape(SIDE, -1)).reshape(SIDE, -1).T.ravel(),
    "a slice": lambda y: np.concatenate([y[1:], y[:1]]),
    "halves": lambda y: np.concatenate(np.split(y, 2)[::-1]),
    "broadcast": lambda y: np.broadcast_to(y, (2, N))[1],
    "real": np.real,
    "atleast": lambda y: np.atleast_2d(y)[0],
    "diff of order 0": lambda y: np.diff(y, n=0),
    "a copy": np.copy,
    "a tile": lambda y: np.tile(y, 1),
    "no axes": lambda y: np.max(y, axis=()),
    "clipped": lambda y: np.clip(y, None, None),
    "as its own type": lambda y: y.astype(float, copy=False),
    "rounded": lambda y: np.round(y, 20),
    "set": lambda y: at(y)[0].set(1.0),
    "nothing set": lambda y: at(y)[:0].add(1.0),
    "a field of complex": lambda y: (y + 0j).real,
    "moved": lambda y: np.moveaxis(y.reshape(SIDE, -1), 0, 0).ravel(),
    "rolled": lambda y: np.roll(y, 0),
    "a triangle": lambda y: np.triu(y.reshape(SIDE, -1), -N).ravel(),
    "selected": lambda y: np.where(y > -9, y, 0.0),
    "chosen": lambda y: np.choose(np.zeros(N, int), [y, y]),
    "the first power": lambda y: np.linalg.matrix_power(y[: SIDE * SIDE // 4].reshape(128, -1), 1),
}


def frozen(x):
    x = np.copy(x)
    x.flags.writeable = False
    return x


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_what_may_be_a_view_is_not_written_over(view):
    def f(x):
        y = x * 2.0
        z = view(y)
        a = np.sin(y)
        b = np.cos(a) * 3.0
        return np.sum(z) * (b - a), z

    def only(x):
        return view(x * 2.0)

    x, other = frozen(X), frozen(X * X)
    for g in (f, only, view, grad(lambda x: np.sum(f(x)[0] * X))):
        compiled = compile(g)
        for value in (x, other, x):
            assert not difference(compiled(value), g(value), 64)


def test_overlapping_views_of_one_buffer():
    def f(x):
        y = np.sin(x)
        z = y[::-1]
        a = y + z
        b = a * z + a[::-1]
        return b - z

    assert not difference(compile(f)(frozen(X)), f(X))


def test_neither_constants_nor_results_are_written_over():
    constant = frozen(X)

    def f(x):
        y = x + constant
        z = np.exp(y)
        w = z * constant
        v = np.tanh(w) + constant
        return y, w, (v, v * 2.0), constant * x

    compiled = compile(f)
    first = compiled(X)
    assert not difference(first, f(X), 4)
    compiled(2.0 * X)
    assert not difference(first, f(X), 4)
    assert np.array_equal(constant, X)


def test_other_dtypes_and_shapes_are_left():
    def f(x):
        y = x * 2.0
        single = y.astype(np.float32)
        short = single * np.float32(0.5)
        whole = np.floor(y).astype(int)
        flags = y > 0
        z = y * 1j
        row = y.reshape(1, -1)
        return short + whole, flags & (whole > 1), np.abs(z), row + np.sum(row)

    assert not difference(compile(f)(frozen(X)), f(X), 64)


def test_numbers_and_broadcasts_beside_a_buffer():
    def f(x, s):
        y = x * s
        y = s - y
        y = np.maximum(0.25, y)
        y = np.power(y, 2)
        column = y.reshape(-1, 1)[:SIDE]
        return column * y[:SIDE], 1.0 / (1.0 + y)

    for s in (0.5, np.float64(0.5), 2, np.array(0.5)):
        assert not difference(compile(f)(frozen(X), s), f(X, s), 64)


def long(x):
    y = x
    for _ in range(12):
        y = np.sin(y) * 0.5 + 1.0
    return np.sum(y * y)


def peak(f, *args):
    """The most memory that a call takes, in arrays of the size of ``X``."""
    f(*args)
    tracemalloc.start()
    try:
        f(*args)
        return tracemalloc.get_traced_memory()[1] / X.nbytes
    finally:
        tracemalloc.stop()


def test_the_peak_of_a_long_program():
    """Of 36 arrays that are computed one is alive at a time; of a gradient those that it needs."""
    assert peak(compile(long), X) < 2.5
    assert peak(compile(value_and_grad(long)), X) < 14.5


def test_small_arrays_are_left_to_numpy():
    def f(x):
        return np.tanh(np.sin(x) * 0.5) + 1.0

    compiled = compile(f)
    compiled(X[: LARGE - 1])
    assert "out=" not in compiled.source
    compiled(X[:LARGE])
    assert compiled.source.count("out=") == 3


@primitive
def row(table, n):
    return table[n]


def planned(f, *args):
    graph = trace(f, *args)
    found = plan(graph.nodes, graph.outputs, known_facts())
    names = {node.index: node.name for node in graph}
    written = {names[index]: names[target] for index, target in found.written.items()}
    freed = {names[index]: [names[one] for one in gone] for index, gone in found.freed.items()}
    return written, freed


def test_the_plan():
    def f(x):
        sin = np.sin(x)
        cos = np.cos(sin)
        return cos * 2.0

    assert planned(f, X)[0] == {"cos": "sin", "mul": "cos"}
    assert planned(f, X[:9]) == ({}, {})
    assert planned(lambda x: (np.sin(x), np.cos(x)), X) == ({}, {})
    assert planned(lambda x: np.sum(np.sin(x)), X)[1] == {"sum": ["sin"]}


def test_whose_memory_it_is():
    def f(x):
        y = np.sin(x)
        return y[1:], y

    def of(f, *args):
        graph = trace(f, *args)
        names = {node.index: node.name for node in graph} | {CAPTURED: "captured"}
        owners = memory_of(graph.nodes, known_facts())
        return {node.name: {names[o] for o in owners[node.index]} for node in graph}

    found = of(f, X)
    assert found["getitem"] == {"sin"}
    assert found["sin"] == {"sin"}
    table = X.reshape(2, -1)
    found = of(lambda n: np.sin(row(table, n)), np.int64(1))
    assert found["row"] == {"row", "n", "captured"}
    assert found["sin"] == {"sin"}


def test_a_view_of_what_is_captured_is_the_caller_s():
    table = X.reshape(2, -1).copy()
    compiled = compile(lambda n: row(table, n))
    for n in (0, 1, 1):
        found = compiled(n)
        assert np.array_equal(found, X.reshape(2, -1)[n])
        found[...] = 7.0
    assert np.array_equal(table, X.reshape(2, -1))
