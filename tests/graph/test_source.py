"""The text of a graph, and the function that is generated to run it."""

from __future__ import annotations

import gc
import linecache
import textwrap
import tracemalloc

import numpy as np
import pytest

from pullback import Graph, trace


def shown(graph):
    return "\n" + str(graph) + "\n"


def dedent(text):
    return textwrap.dedent(text)


def test_the_text_of_a_traced_function():
    def f(x1, x2):
        return np.exp(2 * x1) + x1 * x2**2 + np.cos(x2[0]), -x1

    assert shown(trace(f, 1.0, np.ones((2, 1)))) == dedent(
        """
        def f(x1: float, x2: float64(2, 1)):
            mul = 2 * x1              # float
            exp = numpy.exp(mul)      # float64
            pow = x2 ** 2             # float64(2, 1)
            mul_2 = x1 * pow          # float64(2, 1)
            add = exp + mul_2         # float64(2, 1)
            getitem = x2[0]           # float64(1)
            cos = numpy.cos(getitem)  # float64(1)
            add_2 = add + cos         # float64(2, 1)
            neg = -x1                 # float
            return add_2, neg
        """
    )


def test_the_text_of_a_graph_by_hand():
    graph = Graph("by_hand")
    x = graph.placeholder("x")
    c = graph.variable("c", -1.5)
    w = graph.constant(np.ones(3))
    y = graph.call([np.sin, np.exp], x * -2.0)
    graph.output(graph.call(np.sum, [x, (c, w)], axis=-1), (y,))
    assert shown(graph) == dedent(
        """
        def by_hand(x):
            c = (-1.5)                                      # variable
            constant = <float64(3)>                         # constant
            mul = x * (-2.0)
            chain = chain(mul)
            sum = numpy.sum([x, (c, constant)], axis=(-1))
            return sum, chain
        """
    )


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda x: x**-2, "x ** (-2)"),
        (lambda x: (-2.0) ** x, "(-2.0) ** x"),
        (lambda x: -x, "-x"),
        (lambda x: +x, "+x"),
        (lambda x: x @ x, "x @ x"),
        (lambda x: x - -1.0, "x - (-1.0)"),
        (lambda x: x // 2 % 3, "floordiv % 3"),
        (lambda x: x >= -1, "x >= (-1)"),
        (lambda x: ~(x > 1), "~gt"),
        (lambda x: (x > 1) & (x < 2), "gt & lt"),
        (lambda x: (x > 1) | True, "gt | True"),
        (lambda x: (x > 1) ^ (x < 2), "gt ^ lt"),
        (lambda x: np.where(x > 1, x, np.inf), "numpy.where(gt, x, inf)"),
        (
            lambda x: np.sum(x, axis=(0, -1), keepdims=True),
            "numpy.sum(x, axis=(0, (-1)), keepdims=True)",
        ),
        (lambda x: np.sum(x, axis=(0,)), "numpy.sum(x, axis=(0,))"),
        (lambda x: np.concatenate([x, x]), "numpy.concatenate([x, x])"),
        (lambda x: np.einsum("ij->ji", x), "numpy.einsum('ij->ji', x)"),
        (lambda x: x[0], "x[0]"),
        (lambda x: x[1:, None], "x[(slice(1, None, None), None)]"),
        (lambda x: x * np.ones((3, 1, 2)), "x * <float64(3, 1, 2)>"),
        (lambda x: x.T, "numpy.ndarray.T(x)"),
        (lambda x: x * (1 - 2j), "x * (1-2j)"),
    ],
)
def test_one_line(make, line):
    graph = trace(make, np.ones((2, 2)))
    text = str(graph).splitlines()[-2].split("  #")[0].rstrip()
    assert text.partition(" = ")[2] == line


SIGNS = [
    lambda x: x**-2.0,
    lambda x: (-2.0) ** x,
    lambda x: (-x) ** 2.0,
    lambda x: -(x**2.0),
    lambda x: x - -1.0,
    lambda x: x * float("inf") + float("nan") * x,
    lambda x: x / -0.0,
    lambda x: x * (-1j) ** 2,
    lambda x: 2 - (x - 1),
    lambda x: 8 / (x / 4),
    lambda x: x * True - False,
]


@pytest.mark.parametrize("f", SIGNS)
def test_the_generated_code_means_what_the_program_means(f):
    with np.errstate(all="ignore"):
        graph = trace(f, np.float64(3.0))
        np.testing.assert_array_equal(graph(np.float64(2.0)), f(np.float64(2.0)))


def test_the_code_is_in_tracebacks_and_is_let_go_of():
    graph = trace(lambda x: (x, np.sin(x) @ x), np.ones(3))
    before = {*linecache.cache}
    graph(np.ones(3))
    (name,) = {*linecache.cache} - before
    assert (
        "".join(linecache.cache[name][2])
        == """\
def function_run(graph, v0):
    try:
        v2 = (f0(v0)) @ v0
        return graph.restored([v0, v2])
    except Exception as error:
        explain(nodes, error)
        raise

def function_call(graph, v0):
    if type(v0) is not f1 or v0.shape != (3,) or v0.dtype != k2:
        return graph.called_with(v0)
    try:
        v2 = (f0(v0)) @ v0
        return graph.restored([v0, v2])
    except Exception as error:
        explain(nodes, error)
        raise
"""
    )
    gc.disable()
    del graph  # which no cycle keeps
    assert name not in linecache.cache
    gc.enable()


def test_calls_that_are_used_once_are_nested_and_an_error_still_says_which():
    graph = trace(lambda x: np.exp(np.linalg.inv(x) @ x - 1.0)[0], np.eye(2))
    before = {*linecache.cache}
    graph(np.eye(2))
    (name,) = {*linecache.cache} - before
    assert linecache.cache[name][2][2].count("(") > 3
    with pytest.raises(np.linalg.LinAlgError) as caught:
        graph(np.zeros((2, 2)))
    (note,) = caught.value.__notes__
    assert note.startswith("in node inv, a call of numpy.linalg.inv (rule of pullback-numpy), made")


def test_deep_expressions_are_cut():
    graph = trace(lambda x: [x := np.sin(x) for _ in range(300)][-1], 0.5)
    want = 0.5
    for _ in range(300):
        want = np.sin(want)
    assert graph(0.5) == want


def test_values_are_let_go_of_after_their_last_use():
    """The most memory is that of a few values, not that of all."""

    def f(x):
        for _ in range(50):
            x = np.sin(x)
        return x

    x = np.ones(100_000)
    for size in (50, 60_000):
        graph = trace(f, x) if size == 50 else long_graph(size)
        value = x if size == 50 else np.ones(10_000)
        graph(value)
        tracemalloc.start()
        graph(value)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 6 * value.nbytes + 300 * size + 100_000


def long_graph(size):
    """More nodes than are put into one function."""
    graph = Graph()
    x = graph.placeholder("x")
    for _ in range(size):
        x = x + 1.0
    graph.output(x)
    return graph


def test_both_ways_of_running_agree():
    short, long = trace(lambda x: {"a": np.sin(x), "b": [x, 1.0]}, 1.0), long_graph(10_001)
    assert short(0.5) == short.call_apart([0.5], lambda f: f) == {"a": np.sin(0.5), "b": [0.5, 1.0]}
    before = {*linecache.cache}
    assert [long(0.5) for _ in range(12)] == [10_001.5] * 12
    assert len({*linecache.cache} - before) == 1  # called so often, it is compiled


def test_an_error_in_a_long_graph_says_which_node():
    graph = Graph()
    x = graph.placeholder("x")
    for _ in range(10_001):
        x = x + 1.0
    graph.output(graph.named("bad", x @ np.ones(3)))
    with pytest.raises(ValueError, match="matmul") as caught:
        graph(np.ones(2))
    assert caught.value.__notes__[0].startswith("in node bad, a call of operator.matmul")
