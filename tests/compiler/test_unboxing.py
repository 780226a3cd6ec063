"""Numbers of NumPy as Python floats: the same numbers, types, errors and warnings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from equality import difference

from pullback import compile, grad, trace, value_and_grad
from pullback.compiler.facts import known_facts
from pullback.compiler.unboxing import as_floats

X = np.linspace(-1.0, 2.0, 12)


def float_calls(f, *args):
    """The names of the functions that a program of numbers is made of."""
    found = as_floats(trace(f, *args))
    return [node.function for node in found.graph if node.kind == "call"]


def test_functions_of_numbers_become_those_of_math():
    assert float_calls(lambda x: np.sin(np.exp(x)), 0.5) == [math.exp, math.sin, np.float64]
    assert float_calls(lambda x: np.sin(x), X) == [np.sin]
    assert float_calls(lambda x: np.sin(x), np.float32(0.5)) == [np.sin]
    assert not as_floats(trace(lambda x: x * 2.0, X)).is_risky
    assert as_floats(trace(lambda x: np.log(x), 0.5)).is_risky


@pytest.mark.parametrize("number", [1e-3, 0.3, 1.0, 2.5, 20.0, 300.0])
@pytest.mark.parametrize("function", [f for f in known_facts().numbers if isinstance(f, np.ufunc)])
def test_every_function_is_that_of_numpy_up_to_the_last_digit(function, number):
    f = lambda *args: function(*args)
    signs = (1.0, -1.0)
    for args in [(s * number,) * function.nin for s in signs] + [(number, 0.7), (0.7, -number)]:
        given = args[: function.nin]
        with np.errstate(all="ignore"):
            assert not difference(compile(f)(*given), f(*given), 2)
            both = lambda *args: f(*map(np.sin, args))
            assert not difference(compile(both)(*given), both(*given), 64)


def test_results_are_numbers_of_numpy():
    def f(x, y):
        z = np.sin(x)
        return z, z * y, [x, y], float(np.float64(1.0)), z.item(), -z, z > 0, np.stack([z, y])

    for args in ((0.5, 2.0), (np.float64(0.5), 2.0), (0.5, np.float64(2.0))):
        assert not difference(compile(f)(*args), f(*args), 2)


def test_numbers_beside_arrays_keep_their_dtype():
    f = lambda x, a: (np.sin(x) * a, a + np.sin(x), np.where(a > np.sin(x), a, np.sin(x)))
    for dtype in (float, np.float32, np.float16, int, complex):
        a = np.array([1, 2, 3], dtype)
        for x in (0.5, np.float64(0.5), np.float32(0.5)):
            assert not difference(compile(f)(x, a), f(x, a), 2)


def test_elements_of_vectors():
    def few(x):
        return np.sin(x[0]) * x[-1] + x[3]

    def many(x):
        return sum(np.sin(x[i]) * x[i - 1] for i in range(len(x)))

    for f in (few, many, value_and_grad(few), value_and_grad(many)):
        compiled = compile(f)
        for x in (X, X[::-1], X.astype(">f8"), X.astype("f4"), X.astype(int) + 0.0, np.tile(X, 2)):
            eps = np.finfo("f4").eps if x.dtype.itemsize == 4 else 0.0
            assert not difference(compiled(x), f(x), 16, eps=eps)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: np.sin(x) * y * np.cos(x), lambda x, y: np.sin(x) / y,
        lambda x, y: np.sin(x) ** y,
        lambda x, y: np.sin(x * y) * (1 / np.exp(x)), lambda x, y: np.abs(np.sin(x) ** y),
        lambda x, y: np.stack([np.sin(x) ** y, x * y]), lambda x, y: (np.sin(x) ** y) * (x < y),
        lambda x, y: np.sin(x) * y if np.exp(x) > y else np.sqrt(y),
    ],
)  # fmt: skip
def test_values_that_python_does_not_have(f):
    """Powers that are not real, divisions by zero, infinities: NumPy's results, not errors."""
    compiled = compile(f)
    slopes = value_and_grad(lambda x, y: np.sum(f(x, y)), argnums=(0, 1))
    fast = compile(slopes)
    with np.errstate(all="ignore"):
        for x in (0.5, -0.5, 0.0, np.inf, np.nan, -800.0, 800.0):
            for y in (2.0, 0.5, -0.5, 0.0, -1.0, np.inf, np.nan):
                for kind in (float, np.float64):
                    assert not difference(compiled(kind(x), kind(y)), f(kind(x), kind(y)), 4)
                    want = slopes(kind(x), kind(y))
                    assert not difference(fast(kind(x), kind(y)), want, 64), (x, y)


def test_strong_zeros():
    f = lambda x: np.where(x > 0, np.sqrt(x), 0.0) * 1.0
    for x in (0.0, 4.0, -1.0, np.float64(0.0)):
        with np.errstate(all="ignore"):
            assert not difference(compile(grad(f))(x), grad(f)(x), 4)
    assert compile(grad(f))(0.0) == 0.0


def test_a_warning_is_given_once_and_the_result_is_that_of_numpy():
    compiled = compile(lambda x: np.exp(x) + np.float64(1.0))
    assert compiled(1.0) == np.exp(1.0) + 1.0
    with pytest.warns(RuntimeWarning, match="overflow encountered in exp") as given:
        assert compiled(1000.0) == np.inf
    assert len(given) == 1


def test_whole_numbers_stay_whole():
    f = lambda n, x: (n * 2, n * np.sin(x), n**2, np.sin(n), 2**60 * n, n / 3, x**n)
    for args in ((3, 0.5), (2**53 + 1, 0.5), (-3, 2.0), (0, 0.5)):
        assert not difference(compile(f)(*args), f(*args), 2)
