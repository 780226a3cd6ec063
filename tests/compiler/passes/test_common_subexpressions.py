"""Equal calls become one; what is only nearly equal stays two."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exactness import calls

from pullback import Graph, folded, primitive, trace
from pullback.compiler.passes.common_subexpressions import common_subexpressions
from pullback.compiler.passes.dead_code import dead_code


def merged(f, *example):
    return common_subexpressions(trace(f, *example))


V = np.arange(3.0)
EQUAL = {
    "a function": (lambda x: np.sin(x) * np.sin(x), 2),
    "of merged calls": (lambda x: np.exp(np.sin(x)) * np.exp(np.sin(x)), 3),
    "a number": (lambda x: (x * 2.0, x * 2.0), 1),
    "a NaN that is the same": (lambda x: (x * math.nan, x * math.nan), 1),
    "a slice": (lambda x: (x[1:], x[1:]), 1),
    "a tuple": (lambda x: (x.reshape((3, 1)), x.reshape((3, 1))), 1),
    "a list": (lambda x: (np.stack([x, x]), np.stack([x, x])), 1),
    "parameters": (lambda x: (np.sum(x, axis=0), np.sum(x, axis=0)), 1),
    "a small array": (lambda x: (x + V, x + V), 1),
    "a list of arrays": (lambda x: (np.stack([x, V]), np.stack([x, V])), 1),
    "a scalar": (lambda x: (x + np.float64(0.5), x + np.float64(0.5)), 1),
    "in another order": (lambda x: (x * np.sin(x), np.sin(x) * x), 2),
    "numbers in another order": (lambda x: (x + 2.0, 2.0 + x), 1),
    "several outputs": (lambda x: (np.modf(x)[0], np.modf(x)[1], np.modf(x)[0]), 3),
}
DIFFERENT = {
    "1 and 1.0": (lambda x: (x * 1, x * 1.0), 2),
    "1 and True": (lambda x: (x * 1, x * True), 2),
    "0.0 and -0.0": (lambda x: (x + 0.0, x + -0.0), 2),
    "0j and -0j": (lambda x: (x + 0j, x + complex(-0.0, 0.0)), 2),
    "slices": (lambda x: (x[1:], x[:2]), 2),
    "slices of other types": (lambda x: (x[(1,)], x[1]), 2),
    "parameters": (lambda x: (np.sum(x, axis=0), np.sum(x, axis=0, keepdims=True)), 2),
    "large arrays": (lambda x: (x + np.ones((99, 3)), x + np.ones((99, 3))), 2),
    "arrays": (lambda x: (x + np.ones(3), x + np.zeros(3)), 2),
    "zeros": (lambda x: (x + np.zeros(3), x + -np.zeros(3)), 2),
    "shapes": (lambda x: (x + np.ones((1, 3)), x + np.ones(3)), 2),
    "precisions": (lambda x: (x + np.zeros(6, np.float32)[:3], x + np.zeros(3)), 2),
    "lists of them": (lambda x: (np.stack([x, x + V]), np.stack([x, x])), 3),
    "a difference in another order": (lambda x: (x - 2.0, 2.0 - x), 2),
    "functions": (lambda x: (np.sin(x), np.cos(x)), 2),
}


@pytest.mark.parametrize("case", EQUAL)
def test_equal(case):
    f, number = EQUAL[case]
    graph = merged(f, V)
    assert len(calls(graph)) == number < len(calls(trace(f, V)))
    for got, want in zip(graph(V + 1), f(V + 1), strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("case", DIFFERENT)
def test_different(case):
    f, number = DIFFERENT[case]
    graph = merged(f, V)
    assert len(calls(graph)) == number
    for got, want in zip(graph(V + 1), f(V + 1), strict=True):
        np.testing.assert_array_equal(got, want)


def test_complex_products_do_not_change_places():
    z = np.array([1 + 2j])
    assert len(calls(merged(lambda x: (x * np.sin(x), np.sin(x) * x), z))) == 3
    assert len(calls(merged(lambda x: (x * 2.0, 2.0 * x), 1 + 2j))) == 2


def test_values_of_unknown_type_do_not_change_places():
    graph = Graph()
    x, y = graph.placeholder("x"), graph.placeholder("y")
    graph.output(x + y, y + x)
    assert common_subexpressions(graph)("a", "b") == ("ab", "ba")


def test_functions_of_the_user_count_as_pure():
    @primitive
    def once(x):
        return x * 2.0

    @folded
    def whole(x):
        return x * 3.0

    inner = trace(lambda x: x * 4.0, 1.0)
    graph = Graph()
    x = graph.placeholder("x", 1.0)
    parts = [graph.call(f, x) for f in (once, once, whole, whole, inner, inner)]
    graph.output(sum(parts[1:], parts[0]))
    found = common_subexpressions(graph)
    assert len(calls(found)) == 3 + 5
    assert found(2.0) == graph(2.0) == 36.0


def test_guards_of_equal_calls_are_asked_once():
    def f(x):
        if x > 0:
            x = x * 2.0
        return x if x > 0 else -x

    same = lambda x: (x if x > 0 else -x) + (x if x > 0 else -x)
    assert len(dead_code(merged(same, 1.0)).guards) == 1
    assert len(dead_code(merged(f, 1.0)).guards) == 2
