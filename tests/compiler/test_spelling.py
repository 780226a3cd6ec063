"""How calls are written: as people write them, under names that mean what they say."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from equality import difference

from pullback import compile
from pullback.compiler.naming import Names
from pullback.compiler.spelling import Spelling
from pullback.graph.nodes import Node


def spelled():
    return Spelling({}, Names(), {})


def node(name, kind=np.ndarray, index=0):
    return Node(index, name, "placeholder", space=(kind, (2,), np.dtype(float)))


X, Y = node("x"), node("y", index=1)
CALLS = {
    "x + y": (operator.add, (X, Y)),
    "x * -2.0": None,
    "-x": (operator.neg, (X,)),
    "(-2.0) ** x": (operator.pow, (-2.0, X)),
    "x @ y": (operator.matmul, (X, Y)),
    "x < y": (operator.lt, (X, Y)),
    "x[0]": (operator.getitem, (X, 0)),
    "x[1:, ::2]": (operator.getitem, (X, (slice(1, None), slice(None, None, 2)))),
    "x[0,]": (operator.getitem, (X, (0,))),
    "x[:, None, ...]": (operator.getitem, (X, (slice(None), None, ...))),
    "x[()]": (operator.getitem, (X, ())),
    "x.T": (np.ndarray.T, (X,)),
    "x.reshape((2, -1))": (np.ndarray.reshape, (X, (2, -1))),
    "np.sin(x)": (np.sin, (X,)),
    "math.sin(x)": (math.sin, (X,)),
    "np.add.reduce(x)": (np.add.reduce, (X,)),
    "np.linalg.solve(x, y)": (np.linalg.solve, (X, Y)),
    "np.stack([x, y])": (np.stack, ([X, Y],)),
    "abs(x)": (abs, (X,)),
    "max(x, y)": (max, (X, Y)),
}


@pytest.mark.parametrize(("text", "call"), CALLS.items(), ids=CALLS)
def test_calls(text, call):
    if call is None:
        call = (operator.mul, (X, -2.0))
        text = "x * (-2.0)"
    spelling = spelled()
    spelling.variables = {0: "x", 1: "y"}
    assert spelling.call(Node(2, "z", "call", call[0], call[1])) == text


def test_literals_and_what_has_none():
    spelling = spelled()
    for value in (1, -1, 1.5, -0.0, True, None, "a'b\n", ..., [1, (2.0,)], {"a": 1}, slice(1, 2)):
        text = spelling.argument(value)
        assert not difference(eval(text), value) or eval(text) == value
        assert spelling.namespace == {}
    for value in (
        math.inf,
        math.nan,
        1j,
        b"x",
        np.float64(1.0),
        np.ones(2),
        frozenset({1}),
        range(2),
    ):
        text = spelling.argument(value)
        assert spelling.namespace[text] is value
        assert text not in dir(__builtins__)
    assert spelling.argument(np.float64) == "np.float64"
    assert spelling.argument(float) == "float"


def test_names_that_are_taken():
    spelling = spelled()
    spelling.name_inputs(["np", "max", "float64"])
    for function in (np.sin, max, np.add.reduce):
        text = spelling.function(function)
        assert text.isidentifier()
        assert text not in ("max", "np")
        assert spelling.namespace[text] is function
    assert spelling.constant(np.dtype(float), "float64") == "float64_2"
    assert spelling.free("float64") not in ("float64", "float64_2")
    assert spelling.free("bytes") == "bytes_"


def test_functions_that_no_module_has():
    local = lambda x: x * 2
    spelling = spelled()
    assert spelling.namespace[spelling.function(local)] is local
    assert spelling.function(local) == spelling.function(local)


def test_keywords_and_nested_arguments():
    def f(x, y):
        z = np.concatenate([x, y], axis=0)
        return np.sum(z, axis=(0,), keepdims=True), np.einsum("i,i->", x, y), np.clip(z, -0.5, None)

    x, y = np.array([0.5, -1.5]), np.array([2.0, 0.25])
    compiled = compile(f, passes=())
    assert not difference(compiled(x, y), f(x, y))
    assert "np.concatenate([x, y], axis=0)" in compiled.source
    assert "np.sum(z, axis=(0,), keepdims=True)" in compiled.source
    assert "np.einsum('i,i->', x, y)" in compiled.source


def test_names_of_the_program():
    weights = np.array([1.0, 2.0])

    def f(x):
        hidden = np.tanh(x * weights)
        answer = hidden * 2.0
        total = np.sum(answer)
        return total

    compiled = compile(f)
    assert compiled(np.ones(2)) == f(np.ones(2))
    for text in ("hidden = ", "answer_2 = ", "total = ", "weights: float64(2), captured"):
        assert text in compiled.source
