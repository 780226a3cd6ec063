"""The operators on NumPy arrays and scalars, alone and mixed with Python's numbers."""

from __future__ import annotations

import math
import operator
import os
import subprocess
import sys

import numpy as np
import pytest

from pullback import grad, hessian, primitive, val_and_grad, vjp

COLUMN = np.array([[1.5], [-0.7], [2.3]])
ROW = np.array([0.8, -1.9])
POSITIVE = np.array([0.6, 1.7])
BINARY = [operator.add, operator.sub, operator.mul, operator.truediv]


@pytest.mark.parametrize("operate", BINARY)
@pytest.mark.parametrize(
    ("a", "b"),
    [
        (COLUMN, ROW),
        (ROW, COLUMN),
        (ROW, 2.5),
        (2.5, ROW),
        (ROW, 3),
        (np.float64(2.5), ROW),
        (ROW, np.float64(2.5)),
        (np.float64(2.5), 1.5),
        (1.5, np.float64(2.5)),
        (COLUMN, COLUMN),
    ],
)
def test_arithmetic_broadcasts(operate, a, b, check_derivative):
    if isinstance(b, int):
        check_derivative(lambda a: operate(a, b), a)
    else:
        check_derivative(operate, a, b)
        y, pullback = vjp(operate, a, b)
        cotangents = pullback(np.ones_like(y))
        assert [type(ct) for ct in cotangents] == [type(a), type(b)]
        assert [np.shape(ct) for ct in cotangents] == [np.shape(a), np.shape(b)]


@pytest.mark.parametrize(
    ("a", "b"),
    [(POSITIVE, ROW), (POSITIVE, 2.5), (2.5, ROW), (np.float64(2.5), 1.5), (COLUMN**2, POSITIVE)],
)
def test_powers(a, b, check_derivative):
    check_derivative(operator.pow, a, b)
    check_derivative(primitive(pow), a, b)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, 2.0])
def test_whole_powers(exponent, check_derivative):
    check_derivative(lambda x: x**exponent, ROW)


def test_powers_of_arrays_with_zeros():
    x = np.array([0.0, 2.0])
    assert vjp(lambda x: x**2, x)[1](np.ones(2)).tolist() == [0.0, 4.0]
    assert vjp(lambda x: x**0, x)[1](np.ones(2)).tolist() == [0.0, 0.0]
    assert vjp(lambda x: x**0.5, x)[1](np.array([0.0, 1.0])).tolist() == [0.0, 0.5 * 2.0**-0.5]


DIVISIONS = [
    operator.truediv,
    operator.mod,
    lambda a, b: divmod(a, b)[1],
]


@pytest.mark.parametrize("divide", DIVISIONS)
def test_a_division_by_zero_that_is_masked_out_is_flat_and_silent(divide):
    def masked(a, b):
        return np.where(b > 0, divide(a, b), 0.0)

    a, b = np.array([3.5, 3.5]), np.array([0.0, 2.0])
    with np.errstate(all="ignore"):  # of the division itself
        _, pullback = vjp(masked, a, b)
    a_cotangent, b_cotangent = pullback(np.ones(2))
    wanted = vjp(masked, a[1:], b[1:])[1](np.ones(1))
    assert a_cotangent.tolist() == [0.0, wanted[0][0]]
    assert b_cotangent.tolist() == [0.0, wanted[1][0]]


@pytest.mark.parametrize(
    ("a", "b"), [(ROW, 0.6), (7.1, ROW), (COLUMN, ROW), (np.float64(7.1), 2.0)]
)
def test_remainders(a, b, check_derivative):
    check_derivative(operator.mod, a, b)
    check_derivative(lambda a, b: divmod(a, b)[1], a, b)
    y, pullback = vjp(operator.mod, a, b)
    np.testing.assert_array_equal(y, a % b)
    assert np.all(pullback(np.ones_like(y))[1] == -np.sum(a // b, axis=reduced(a, b)))


def reduced(a, b):
    """The axes along which ``b`` was broadcast, where its cotangent keeps the others."""
    return 0 if np.ndim(b) and np.ndim(a) > np.ndim(b) else None if not np.ndim(b) else ()


def test_floor_division_is_constant():
    assert grad(lambda x: (x // 0.5 * x).sum())(np.array([0.7, 1.3])).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("absolute", [abs, operator.abs])
def test_absolute_values(absolute):
    _, pullback = vjp(absolute, np.array([-2.0, 0.0, 3.0]))
    assert pullback(np.ones(3)).tolist() == [-1.0, 0.0, 1.0]
    _, pullback = vjp(absolute, np.array([3 + 4j]))
    assert pullback(np.ones(1)) == pytest.approx(0.6 - 0.8j)


def test_signs():
    assert vjp(operator.neg, ROW)[1](np.ones(2)).tolist() == [-1.0, -1.0]
    assert vjp(operator.pos, ROW)[1](np.ones(2)).tolist() == [1.0, 1.0]


def test_single_precision_stays_single():
    x = np.array([0.5, 2.0], np.float32)
    y, pullback = vjp(lambda x: -((2.0 * x - 1) ** 2) / 3 + abs(x) % 0.3, x)
    assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)


def test_a_float_between_arrays_gets_a_float():
    value, gradient = val_and_grad(lambda s: ((s * ROW) ** 2 / s).sum(), 3.0)
    assert value == pytest.approx(3.0 * np.sum(ROW**2))
    assert gradient == pytest.approx(np.sum(ROW**2))
    assert type(gradient) is float


def test_sums_of_array_items(check_derivative):
    x = np.array([0.5, -2.0, 1.5])
    for f in (sum, math.fsum, math.prod, min, max):
        y, pullback = vjp(f, x)
        assert y == f(x)
        assert type(pullback(1.0)) is np.ndarray
        check_derivative(lambda x, f=f: primitive(f)(x), x)
    check_derivative(lambda x: primitive(math.dist)(x, x**2), x)
    assert vjp(max, x)[1](1.0).tolist() == [0.0, 0.0, 1.0]


def test_rows_are_summed_multiplied_and_compared(check_derivative):
    x = np.array([[0.5, -2.0], [1.5, 0.7], [2.0, 1.0]])
    check_derivative(lambda x: primitive(sum)(x * x), x)
    check_derivative(lambda x: primitive(math.prod)(x), x)
    check_derivative(lambda x, start: primitive(sum)(x * x, start), x[0], x[1])
    check_derivative(lambda x, start: primitive(math.prod)(x, start=start), x[:, 0], x)
    column = x[:, :1]
    for extreme in (min, max):
        check_derivative(lambda x, f=extreme: primitive(f)(x * x), column)
        check_derivative(lambda x, f=extreme: primitive(f)([x[0], x[1], x[2]]), column)
        _, pullback = vjp(extreme, column)
        assert pullback(np.array([math.inf])).tolist().count([0.0]) == 2


@pytest.mark.parametrize(("f", "y"), [(sum, 0), (math.fsum, 0.0), (math.prod, 1)])
def test_arrays_without_items(f, y):
    for shape in ((0,), (0, 2)) if f is not math.fsum else ((0,),):
        found, pullback = vjp(f, np.zeros(shape))
        assert found == y
        assert pullback(1.0).shape == shape
    assert vjp(math.dist, np.zeros(0), np.zeros(0))[1](1.0)[0].shape == (0,)
    gradients = vjp(lambda x, start: primitive(math.prod)(x, start=start), np.zeros(0), 2.0)[1](3.0)
    assert (gradients[0].shape, gradients[1]) == ((0,), 3.0)


@pytest.mark.parametrize("x", [0.0, np.float64(0.0), np.float32(0.0), np.array(0.0)])
def test_numpy_scalars_have_the_strong_zeros_of_arrays(x):
    if type(x) is not float:
        with np.errstate(divide="ignore"):
            assert grad(lambda x: np.where(x > 0, 1 / x, 0.0))(x) == 0.0
            assert grad(lambda x: np.where(x > 0, x**-0.5, 0.0))(x) == 0.0
    assert grad(lambda x: abs(x) * 2.0)(x) == 0.0


def test_functions_of_math_take_numpy_scalars():
    y, pullback = vjp(math.sin, np.float64(2.0))
    assert (y, type(y)) == (math.sin(2.0), float)
    assert (pullback(1.0), type(pullback(1.0))) == (math.cos(2.0), np.float64)
    mixed = hessian(lambda x: primitive(math.exp)(x[0] * x[1]))(np.array([0.5, 2.0]))
    assert mixed == pytest.approx(math.e * np.array([[4.0, 2.0], [2.0, 0.25]]), rel=1e-15)


def test_the_package_works_without_numpy():
    program = (
        "import sys, math; sys.modules['numpy'] = None\n"
        "import pullback\n"
        "print(pullback.grad(lambda x: abs(-x) ** 2 / 3 % 5)(3.0))"
    )
    environment = {**os.environ, "PULLBACK_DISABLE_PLUGINS": "numpy"}
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("2.0\n", "")
