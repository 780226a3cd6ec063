"""Numbers instead of arrays and of integers, and calls of plain values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exactness import bits, calls

from pullback import Graph, trace
from pullback.compiler.passes.constants import constants

X = np.array([1.5, -0.0, 3.0])
SINGLE = X.astype(np.float32)


def constant_of(f, x):
    """What stands beside the input in the one call of a program; its value stays what it was."""
    graph = constants(trace(f, x))
    (call,) = [node for node in graph.nodes if node.kind == "call"]
    with np.errstate(all="ignore"):
        assert bits(graph(x)) == bits(f(x))
    (found,) = [arg for arg in call.args if not hasattr(arg, "kind")]
    return found


NUMBERS = {
    "ones": (lambda x: np.ones(3) * x, X, 1.0),
    "on the right": (lambda x: np.multiply(x, np.full(3, 0.1)), X, 0.1),
    "broadcast": (lambda x: np.add(np.broadcast_to(0.5, (3,)), x), X, 0.5),
    "negative zeros": (lambda x: x + np.full(3, -0.0), X, -0.0),
    "NaN": (lambda x: x - np.full(3, math.nan), X, math.nan),
    "fewer axes": (lambda x: x * np.array([2.5]), X, 2.5),
    "no axes": (lambda x: x * np.array(2.5), X, 2.5),
    "a scalar": (lambda x: np.float64(2.5) * x, X, 2.5),
    "beside a scalar": (lambda x: np.float64(2.5) * x, np.float64(3.0), 2.5),
    "single precision": (lambda x: np.full(3, 0.1, np.float32) * x, SINGLE, float(np.float32(0.1))),
    "single beside double": (lambda x: np.full(3, 0.1, np.float32) * x, X, float(np.float32(0.1))),
    "truth": (lambda x: x * np.ones(3, bool), X, 1.0),
    "integers": (lambda x: x * np.full(3, 7), X, 7.0),
    "an integer": (lambda x: 2 * x, X, 2.0),
    "an integer, single": (lambda x: 2 * x, SINGLE, 2.0),
    "an integer and a float": (lambda x: 1 + x, 2.0, 1.0),
    "an integer and a scalar": (lambda x: 1 - x, np.float64(2.0), 1.0),
    "complex": (lambda x: x * np.full(3, 2j), X + 1j, 2j),
}
KEPT = {
    "different elements": (lambda x: np.array([1.0, 1.0, 2.0]) * x, X),
    "zeros of both signs": (lambda x: np.array([0.0, -0.0, 0.0]) + x, X),
    "more elements": (lambda x: np.ones((2, 3)) * x, X),
    "more axes": (lambda x: np.ones((1, 3)) * x, X),
    "double beside single": (lambda x: np.full(3, 0.1) * x, SINGLE),
    "a double beside single": (lambda x: np.float64(0.1) * x, SINGLE),
    "integers beside single": (lambda x: np.full(3, 3) * x, SINGLE),
    "a scalar beside a float": (lambda x: np.float64(0.5) * x, 2.0),
    "complex beside real": (lambda x: np.full(3, 2j) * x, X),
    "an integer beside integers": (lambda x: 2 * x, np.arange(3)),
    "an integer over integers": (lambda x: x / 2, np.arange(3)),
    "a large integer": (lambda x: (2**60 + 1) * x, X),
    "an integer that single precision has not": (lambda x: (2**24 + 1) * x, SINGLE),
    "integers beside integers": (lambda x: np.full(3, 2) * x, np.arange(3)),
    "an exponent": (lambda x: x**2, 1.1),
    "a comparison": (lambda x: x > 2, X),
    "nothing": (lambda x: np.ones((0,)) * x, np.ones(0)),
    "extended": (lambda x: np.full(3, 0.1, np.longdouble) * x, X.astype(np.longdouble)),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers(case):
    f, x, want = NUMBERS[case]
    assert bits(constant_of(f, x)) == bits(want)


@pytest.mark.parametrize("case", KEPT)
def test_kept(case):
    f, x = KEPT[case]
    found = constant_of(f, x)
    assert type(found) is not float
    if case == "complex beside real":
        assert type(found) is np.ndarray


def test_calls_of_constants_are_made():
    graph = Graph()
    x, c = graph.placeholder("x", 2.0), graph.constant(3.0)
    graph.output(x * np.sin(c))
    found = constants(graph)
    assert calls(found) == ["operator.mul"]
    assert found(2.0) == 2.0 * np.sin(3.0)


def test_what_raises_does_so_when_it_is_run():
    fails = False

    def function(x):
        if fails:
            raise ZeroDivisionError("now")
        return x

    graph = Graph()
    x, c = graph.placeholder("x", 2.0), graph.constant(0.0)
    graph.output(x + graph.call(function, c))
    fails = True
    found = constants(graph)
    with pytest.raises(ZeroDivisionError, match="now"):
        found(1.0)


def test_a_result_that_is_known_can_be_written_to():
    graph = Graph()
    x, c = graph.placeholder("x", 2.0), graph.constant(np.ones(2))
    graph.output(x, c * 2.0)
    found = constants(graph)
    found(1.0)[1][:] = 7.0
    np.testing.assert_array_equal(found(1.0)[1], [2.0, 2.0])
