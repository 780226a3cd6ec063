"""Each simplification where it is done, and beside it a near miss where it is not."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from exactness import bits, calls

from pullback import trace
from pullback.compiler.passes.algebra import algebra
from pullback.compiler.passes.dead_code import dead_code

NEGATIVE_ZERO = -0.0
SPECIAL = [
    *(0.0, -0.0, 1.0, -1.0, 1.5, -2.75, math.inf, -math.inf, math.nan),
    *(5e-324, -5e-324, 2.5e-308, 1.7e308, -1.7e308, 0.1, 1 / 3, 1e-300, 1e300),
]
KINDS = {
    "float": float,
    "float64": np.float64,
    "float32": np.float32,
    "array": lambda x: np.full(3, x),
    "single array": lambda x: np.full(3, x, np.float32),
    "array without axes": lambda x: np.full((), x),
}
"""What a program is run on: Python's floats, scalars and arrays of NumPy."""


def simpler(f, *example):
    return dead_code(algebra(trace(f, *example)))


DONE = {
    "1 x": (lambda x, y: 1.0 * x, []),
    "x 1": (lambda x, y: x * 1.0, []),
    "x / 1": (lambda x, y: x / 1.0, []),
    "-(-x)": (lambda x, y: operator.neg(-x), []),
    "+x": (lambda x, y: +x, []),
    "x**1": (lambda x, y: x**1, []),
    "x**1.0": (lambda x, y: x**1.0, []),
    "x - 0": (lambda x, y: x - 0.0, []),
    "x + (-0)": (lambda x, y: x + -0.0, []),
    "-0 - x": (lambda x, y: -0.0 - x, ["operator.neg"]),
    "0 + x²": (lambda x, y: 0.0 + x * x, ["operator.mul"]),
    "-1 x": (lambda x, y: -1.0 * x, ["operator.neg"]),
    "x / (-1)": (lambda x, y: x / -1.0, ["operator.neg"]),
    "a + (-b)": (lambda x, y: x + (-y), ["operator.sub"]),
    "(-a) + b": (lambda x, y: (-x) + y, ["operator.sub"]),
    "a - (-b)": (lambda x, y: x - (-y), ["operator.add"]),
    "(-a)(-b)": (lambda x, y: (-x) * (-y), ["operator.mul"]),
    "(-a) / (-b)": (lambda x, y: (-x) / (-y), ["operator.truediv"]),
    "c (-x)": (lambda x, y: 3.0 * (-x), ["operator.mul"]),
    "-(c x)": (lambda x, y: -(3.0 * x), ["operator.mul"]),
    "c (2 x)": (lambda x, y: 3.3 * (2.0 * x), ["operator.mul"]),
    "x / 4": (lambda x, y: x / 4.0, ["operator.mul"]),
}
KEPT = {
    "0 x": (lambda x, y: 0.0 * x, ["operator.mul"]),
    "x + 0": (lambda x, y: x + 0.0, ["operator.add"]),
    "0 + xy": (lambda x, y: 0.0 + x * y, ["operator.mul", "operator.add"]),
    "0 - x": (lambda x, y: 0.0 - x, ["operator.sub"]),
    "x - (-0)": (lambda x, y: x - NEGATIVE_ZERO, ["operator.sub"]),
    "x - x": (lambda x, y: x - x, ["operator.sub"]),
    "x / x": (lambda x, y: x / x, ["operator.truediv"]),
    "-(a - b)": (lambda x, y: -(x - y), ["operator.sub", "operator.neg"]),
    "c (d x)": (lambda x, y: 3.3 * (0.7 * x), ["operator.mul", "operator.mul"]),
    "c (x / 2)": (lambda x, y: 3.3 * (0.5 * x), ["operator.mul", "operator.mul"]),
    "small c (2 x)": (lambda x, y: 0.1 * (2.0 * x), ["operator.mul", "operator.mul"]),
    "2 (c x)": (lambda x, y: 2.0 * (0.1 * x), ["operator.mul", "operator.mul"]),
    "x / 3": (lambda x, y: x / 3.0, ["operator.truediv"]),
    "x / 2**-1074": (lambda x, y: x / 5e-324, ["operator.truediv"]),
    "nan x": (lambda x, y: -(math.nan * x), ["operator.mul", "operator.neg"]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", [*DONE, *KEPT])
def test_real_arithmetic(case, kind):
    f, want = (DONE | KEPT)[case]
    make = KINDS[kind]
    graph = trace(f, make(1.5), make(2.5))
    found = dead_code(algebra(graph))
    if kind != "array without axes":  # a result of which is a scalar, and so no input of its kind
        assert calls(found) == want
    for a in SPECIAL:
        for b in SPECIAL:
            with np.errstate(all="ignore"):
                x, y = make(a), make(b)
                outputs = []
                for each in (graph, found):
                    try:
                        outputs.append(bits(each(x, y)))
                    except (ZeroDivisionError, OverflowError) as error:
                        outputs.append(type(error))
            assert outputs[0] == outputs[1], (a, b)


@pytest.mark.parametrize("case", ["1 x", "x / 1", "x - 0", "a + (-b)", "-(c x)", "c (2 x)"])
def test_complex_numbers_are_left_alone(case):
    f, done = DONE[case]
    z = np.array([1 + 2j, -0.0 - 1j])
    assert len(calls(simpler(f, z, z))) > len(done) or calls(simpler(f, z, z)) != done
    assert calls(simpler(f, 1 + 2j, 3j)) == calls(trace(f, 1 + 2j, 3j))


def test_the_reason_for_complex_numbers():
    assert bits(1.0 * np.complex128(complex(-0.0, -1.0))) != bits(np.complex128(complex(-0.0, -1)))


def test_integers_are_left_alone():
    x = np.array([1, 2])
    f = lambda x: (1.0 * x, x / 1.0, x - 0.0, -1.0 * x, x / -1.0, -0.0 - x)
    assert len(calls(simpler(f, x))) == 6
    assert [y.dtype.kind for y in simpler(f, x)(x)] == ["f"] * 6


@pytest.mark.parametrize("f", [lambda x, n: x * -n, lambda x, n: x + -n, lambda x, n: -x * -n])
def test_there_is_no_integer_minus_zero(f):
    x, n = np.array([-0.0, 1.0]), np.array([0, 2])
    assert bits(simpler(f, x, n)(x, n)) == bits(f(x, n))


def test_shapes_that_a_product_makes_are_not_lost():
    f = lambda x, y: (np.ones((2, 3)) * x, 1.0 * x)
    graph = simpler(f, np.ones(3), 1.0)
    assert graph(np.ones(3), 1.0)[0].shape == (2, 3)
    assert calls(graph) == ["operator.mul"]


def test_precision_that_a_product_makes_is_not_lost():
    x = np.ones(3, np.float32)
    f = lambda x: (np.float64(1.0) * x, x + np.zeros(3))
    assert [y.dtype for y in simpler(f, x)(x)] == [np.float64, np.float64]


def test_equal_summands_are_twice_one():
    graph = simpler(lambda x: x + x, np.ones(3))
    assert calls(graph) == ["operator.mul"]
    assert graph.nodes[1].args[0] == 2.0
    assert calls(simpler(lambda x, y: x + y, 1.0, 1.0)) == ["operator.add"]


def test_powers_of_floats_are_left_to_python():
    x = next(x for x in np.random.default_rng(0).uniform(1, 2, 10**5).tolist() if x**2 != x * x)
    assert calls(simpler(lambda x: x**2, x)) == ["operator.pow"]
    assert simpler(lambda x: x**2, x)(x) == x**2


def test_lists_are_no_numbers():
    graph = trace(lambda x: operator.add([x], [x]), 2.0)
    assert algebra(graph)(2.0) == [2.0, 2.0]
