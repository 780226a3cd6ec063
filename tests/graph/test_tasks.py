"""Graphs as dicts in dask's convention, both ways."""

from __future__ import annotations

from functools import partial
from graphlib import TopologicalSorter
from operator import add, getitem, mul, sub

import numpy as np
import pytest

import pullback
from pullback import Graph, grad, trace
from pullback.containers import flatten
from pullback.errors import CyclicGraphError, GraphError, UnknownNodeError
from pullback.graph import Literal


def dask_get(tasks, key):
    """What `dask.get` computes, by dask's own words: keys, tasks, lists; all else is a value."""
    done = {}

    def value(item):
        if isinstance(item, list):
            return [value(member) for member in item]
        if isinstance(item, tuple) and item and callable(item[0]):
            return item[0](*map(value, item[1:]))
        if isinstance(item, str) and item in done:
            return done[item]
        return item

    def names(item):
        if isinstance(item, (list, tuple)):
            for member in item:
                yield from names(member)
        elif isinstance(item, str) and item in tasks:
            yield item

    for name in TopologicalSorter({n: [*names(task)] for n, task in tasks.items()}).static_order():
        done[name] = value(tasks[name])
    return done[key]


def test_the_nine_nodes():
    tasks = {
        "w3": (mul, 2.0, "x1"),
        "w4": (np.exp, "w3"),
        "w5": (mul, "x2", "x2"),
        "w6": (mul, "x1", "w5"),
        "w7": (add, "w4", "w6"),
        "w8": (np.cos, "x2"),
        "w9": (add, "w7", "w8"),
    }
    graph = Graph.from_dict(tasks, inputs=["x1", "x2"])
    assert graph(1.0, 2.0) == pytest.approx(np.exp(2) + 4 + np.cos(2), rel=1e-15)
    of_x1, of_x2 = grad(graph, argnums=(0, 1))(1.0, 2.0)
    assert (of_x1, of_x2) == pytest.approx((2 * np.exp(2) + 4, 4 - np.sin(2)), rel=1e-15)
    assert graph.to_dict() == tasks
    assert [node.name for node in graph] == ["x1", "x2", *tasks]


def test_the_order_is_that_of_need_and_else_of_the_dict():
    tasks = {"c": (add, "b", "a"), "b": (mul, "x", 2.0), "a": (mul, "x", 3.0)}
    graph = Graph.from_dict(tasks, inputs=["x"])
    assert [node.name for node in graph] == ["x", "b", "a", "c"]
    assert graph == Graph.from_dict(dict(reversed(tasks.items())), inputs=["x"])


def test_values_are_variables_and_names_are_other_names():
    graph = Graph.from_dict(
        {
            "c": 1.5,
            "n": 2,
            "w": np.ones(2),
            "same": "x",
            "y": (mul, "same", "c"),
            "z": (add, "y", "w"),
        },
        inputs=["x"],
        outputs=["z", "same", "n"],
    )
    assert dict(graph.variables).keys() == {"c", "n", "w"}
    z, same, n = graph(2.0)
    np.testing.assert_array_equal(z, [4.0, 4.0])
    assert (same, n) == (2.0, 2.0)


def test_nested_tasks_lists_literals_and_strings():
    tasks = {
        "a": (np.concatenate, [(mul, "x", 2.0), "x", [1.0, 2.0]]),
        "b": (np.einsum, (Literal("i,i->"),), "a", (np.sort, "a")),
        "c": (np.einsum, "i,i->", "a", "a"),
        "d": (Literal("x"),),
        "e": (np.concatenate, (tuple, ["x", "x"])),
        "f": (np.sum, "e"),
        "y": (add, "b", (sub, "c", "f")),
    }
    graph = Graph.from_dict(tasks, inputs=["x"], outputs=["y", "d"])
    x = np.array([3.0, 1.0])
    a = np.array([6.0, 2.0, 3.0, 1.0, 1.0, 2.0])
    want = a @ np.sort(a) + a @ a - 8.0
    y, d = graph(x)
    assert (y, d) == (pytest.approx(want), "x")
    assert dask_get({**tasks, "x": x}, "y") == pytest.approx(want)


def test_keywords():
    tasks = {
        "a": (partial(np.sum, axis=0), "x"),
        "b": (partial(np.clip, a_max=None), "a", 0.0),
        "y": (np.sum, "b"),
    }
    graph = Graph.from_dict(tasks, inputs=["x"])
    assert graph(np.array([[1.0, -2.0], [3.0, -4.0]])) == 4.0
    assert graph["a"].params == {"axis": 0}


def f_einsum(x, y):
    return np.einsum("ij,j->i", x, y)


def f_everything(x, y):
    a = np.concatenate((y, [1.0, 2.0], y[::2]))
    b = np.clip(a, a_min=y[0], a_max=None)
    q, r = np.linalg.qr(x)
    s = np.linalg.slogdet(x)
    c = np.where(b > 0, b, 2.0)[..., np.newaxis]
    return {
        "q": q @ r,
        "log": s.logabsdet,
        "sum": np.sum(c, axis=(0, 1), keepdims=True),
        "c": [y, 1.0],
    }


TRACED = {
    "einsum": f_einsum,
    "everything": f_everything,
    "tuples": lambda x, y: np.stack((y, 2 * y), axis=1) + x[:, 1:],
    "keyword nodes": lambda x, y: np.average(x, axis=1, weights=y),
    "slices": lambda x, y: x[0, ::-1] * y[-2:, None],
    "list of lists": lambda x, y: np.block([[x, x], [x, 2 * x]]) * y[0],
    "mask": lambda x, y: np.sum(x[x > 0]) * y,
    "derivative": grad(lambda x, y: np.sum(np.tanh(x @ y) ** 2)),
    "a string as a value": lambda x, y: np.sort(y, kind="stable") * x,
}


@pytest.mark.parametrize("name", TRACED)
def test_a_traced_graph_goes_there_and_back(name):
    x, y = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([0.5, -1.5])
    graph = trace(TRACED[name], x, y)
    tasks = graph.to_dict()
    names = [out.name for out in graph.outputs if hasattr(out, "name")]
    again = Graph.from_dict(tasks, inputs=[node.name for node in graph.inputs], outputs=names)
    assert again.to_dict().keys() == tasks.keys()
    assert [node.name for node in again] == [node.name for node in graph]
    got = again(2 * x, 3 * y)
    want = [
        leaf
        for leaf, out in zip(leaves(graph(2 * x, 3 * y)), graph.outputs, strict=True)
        if hasattr(out, "name")
    ]
    for a, b in zip(leaves(got), want, strict=True):
        np.testing.assert_array_equal(a, b)
    for node_name, value in zip(names, want, strict=True):
        np.testing.assert_array_equal(
            dask_get({**tasks, **feeds(graph, 2 * x, 3 * y)}, node_name), value
        )


def leaves(value):
    """Numbers and arrays of a container, in the order of pullback."""
    return [value] if isinstance(value, (float, np.ndarray, np.generic)) else flatten(value)[0]


def feeds(graph, *values):
    """Name -> value of the inputs."""
    return {node.name: value for node, value in zip(graph.inputs, values, strict=True)}


@pytest.mark.parametrize("name", TRACED)
def test_graphs_of_one_dict_are_equal(name):
    x, y = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([0.5, -1.5])
    graph = trace(TRACED[name], x, y)
    if graph.structure is not None:
        return  # a dict of tasks has no containers of outputs
    inputs = [node.name for node in graph.inputs]
    outputs = graph.outputs[0].name
    once = Graph.from_dict(graph.to_dict(), inputs=inputs, outputs=outputs)
    assert once == graph
    assert Graph.from_dict(once.to_dict(), inputs=inputs, outputs=outputs) == once


def test_tasks_of_values_alone():
    tasks = {
        "w": np.array([[2.0, 1.0], [1.0, 3.0]]),
        "qr": (np.linalg.qr, "w"),
        "q": (getitem, "qr", 0),
        "parts": (divmod, 7.0, 2.0),
        "both": ["q", (getitem, "parts", 1), "text", 3],
    }
    graph = Graph.from_dict({**tasks, "text": 1.0}, outputs="both")
    q, rest, text, three = graph()
    np.testing.assert_array_equal(q, np.linalg.qr(tasks["w"])[0])
    assert (rest, text, three) == (1.0, 1.0, 3)
    again = Graph.from_dict(graph.to_dict(), outputs="both")
    assert again == graph
    np.testing.assert_array_equal(again()[0], q)


def test_dask_runs_it():
    dask = pytest.importorskip("dask", reason="tox -e dask has it")
    graph = trace(f_einsum, np.eye(2), np.ones(2))
    tasks = {**graph.to_dict(), "x": 2 * np.eye(2), "y": np.ones(2)}
    np.testing.assert_array_equal(dask.get(tasks, graph.outputs[0].name), [2.0, 2.0])


def test_a_constant_that_looks_like_a_task_or_a_name():
    graph = Graph()
    x = graph.placeholder("x")
    graph.output(graph.call(lambda a, b, c: (a, b, c), x, "x", (np.sin, 1.0)))
    again = Graph.from_dict(graph.to_dict(), inputs=["x"])
    assert again(2.0) == graph(2.0) == (2.0, "x", (np.sin, 1.0))
    assert again == graph


def test_a_variable_that_looks_like_a_task_a_list_or_a_name():
    graph = Graph()
    x = graph.placeholder("x")
    graph.variable("name", "x")
    task = graph.variable("task", (np.negative, 1.0))
    graph.output(graph.call(lambda x, task: (x, task), x, task))
    again = Graph.from_dict(graph.to_dict(), inputs=["x"], outputs=graph.outputs[0].name)
    assert again(3.0) == (3.0, (np.negative, 1.0))


def test_errors():
    for tasks, inputs, error, message in [
        (
            {"a": (add, "c", 1.0), "b": (add, "a", 1.0), "c": (add, "b", 1.0)},
            [],
            CyclicGraphError,
            "depend on each other in a circle: (a|b|c) -> .* one of them must be an input",
        ),
        ({"a": (add, "a", 1.0)}, [], CyclicGraphError, "circle: a -> a"),
        (
            {"a": (add, "xx", 1.0)},
            ["xy"],
            UnknownNodeError,
            "a uses 'xx', which is neither a task nor",
        ),
        (
            {"a": (add, "xval", 1.0)},
            ["xvals"],
            UnknownNodeError,
            r"mean xvals\? Name it in inputs=\['xval'\]",
        ),
        (
            {"a": (add, "x", 1.0)},
            "x",
            GraphError,
            r"inputs is a list of names; write inputs=\['x'\]",
        ),
        ({"x": (add, "x", 1.0)}, ["x"], GraphError, "x is an input, and has a task too; keep one"),
        ({("a", 0): 1.0}, [], GraphError, r"a task is named by a string, not by \('a', 0\)"),
    ]:
        with pytest.raises(error, match=message):
            Graph.from_dict(tasks, inputs=inputs)
    with pytest.raises(UnknownNodeError, match="the outputs uses 'z', which is neither"):
        Graph.from_dict({"a": (add, "x", 1.0)}, inputs=["x"], outputs="z")
    with pytest.raises(GraphError, match=r"its ends are a, b\. Say graph"):
        Graph.from_dict({"a": (add, "x", 1.0), "b": (add, "x", 2.0)}, inputs=["x"])(1.0)


def test_a_path_is_no_dict():
    graph = trace(lambda x: x if x > 0 else -x, 1.0)
    message = (
        "holds only while the bool of gt is True, which a dict of tasks cannot say; write np.w"
    )
    with pytest.raises(GraphError, match=message):
        graph.to_dict()


def test_folded_things_are_single_tasks():
    graph = Graph()
    x = graph.placeholder("x")
    graph.output(graph.call([np.sin, np.exp], graph.call(trace(lambda t: t * t, 2.0), x)))
    again = Graph.from_dict(graph.to_dict(), inputs=["x"])
    assert again == graph
    assert again(0.5) == graph(0.5) == np.exp(np.sin(0.25))
    assert len(graph.to_dict()) == 2


def test_a_long_chain_in_a_dict():
    tasks = {f"a{k}": (add, f"a{k - 1}" if k else "x", 1.0) for k in range(20_000)}
    graph = Graph.from_dict(dict(reversed(tasks.items())), inputs=["x"])
    assert graph(0.5) == 20_000.5
    assert graph.to_dict() == tasks
    assert pullback.grad(graph)(0.5) == 1.0
