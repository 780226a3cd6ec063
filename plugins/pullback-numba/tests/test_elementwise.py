"""Operations on elements: to the bit what NumPy computes, special values included."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

from pullback_numpy import strong

SPECIAL = np.array([0.0, -0.0, 1.0, -1.5, 3.0, 1e-310, 1e200, -1e200, np.inf, -np.inf, np.nan])
DTYPES = [np.float64, np.float32]

UNARY = [
    np.negative,
    np.positive,
    np.absolute,
    np.fabs,
    np.sqrt,
    np.square,
    np.reciprocal,
    np.sign,
    np.conjugate,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.logical_not,
    np.exp,
    np.expm1,
    np.log,
    np.log1p,
    np.sin,
    np.cos,
    np.tan,
    np.tanh,
    np.arctan,
    np.arcsin,
    np.floor,
    np.rint,
    np.cbrt,
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.power,
    np.arctan2,
    np.hypot,
    np.logaddexp,
    np.copysign,
    np.remainder,
    np.floor_divide,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.equal,
    np.not_equal,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
]
EXTREMES = [np.maximum, np.minimum, np.fmax, np.fmin]


def special(dtype=np.float64):
    with np.errstate(over="ignore"):
        return SPECIAL.astype(dtype)


def pairs(dtype=np.float64):
    values = special(dtype)
    return np.repeat(values, len(values)), np.tile(values, len(values))


def all_of(functions):
    return lambda *args: tuple(f(*args) for f in functions)


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_one_array(native, dtype):
    native(all_of(UNARY), special(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_two_arrays(native, dtype):
    native(all_of(BINARY), *pairs(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_larger_of_zeros_may_have_either_sign_and_nothing_else_may(lower, dtype):
    a, b = pairs(dtype)
    _, program, _ = lower(all_of(EXTREMES), a, b)
    for got, want in zip(program(a, b), all_of(EXTREMES)(a, b), strict=True):
        np.testing.assert_array_equal(got, want, strict=True)


def test_operators_with_numbers(native):
    def f(x):
        return (
            (x + 1, 2.0 - x, x * -0.0, 1 / x, x / 3, -x, abs(x), +x),
            (x**2, x**-1, x**1, x**3, 2.0**x),
            (x > 0, x >= 1, x == 0, x != 3),
        )

    native(f, SPECIAL[np.abs(SPECIAL) != 3.0])


def test_numbers_do_not_widen_single_precision(native):
    native(lambda x, a: (x * 0.1, 1 - x, x / 3, a * x, x + a), special(np.float32), 0.1)


def test_a_double_number_of_numpy_widens_single_precision(native):
    native(lambda x: (x * np.float64(0.1), x - np.float32(0.1)), np.float32([1.0, 2.5]))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_integers_wrap_around(native, dtype):
    x = np.array([0, 1, 2, 100, 127], dtype)
    y = np.array([1, 127, 2, 3, 127], dtype)
    functions = [
        np.add,
        np.subtract,
        np.multiply,
        np.maximum,
        np.minimum,
        np.less,
        np.equal,
        np.bitwise_and,
        np.bitwise_or,
        np.bitwise_xor,
    ]
    native(lambda x, y: (*all_of(functions)(x, y), -x, ~x, x * x, x + 1, x > 2), x, y)


def test_integers_become_floats_where_numpy_makes_them(native):
    x = np.arange(-3, 4)
    native(lambda x: (x / 2, x * 0.5, np.sqrt(x * x), np.sin(x), x + np.float32(1)), x)


def test_truth_values(native):
    x, y = np.array([True, True, False, False]), np.array([True, False, True, False])
    functions = [np.logical_and, np.logical_or, np.logical_xor, np.bitwise_and, np.bitwise_xor]
    native(lambda x, y: (*all_of(functions)(x, y), ~x, x == y, x * 1.0, x + 2), x, y)


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
def test_complex_numbers(native, dtype):
    rng = np.random.default_rng(0)
    z, w = (rng.standard_normal((2, 20)) + 1j * rng.standard_normal((2, 20))).astype(dtype)

    def f(z, w):
        arithmetic = (z + w, z - w, -z, z + 1, z * 2.0, z == w, z != w)
        return *arithmetic, np.conjugate(z), z.real, z.imag, np.exp(z), np.sin(w), z / w, abs(z)

    native(f, z, w)
    native(lambda z, w: (z * w, z * (1 + 2j), z**2), z, w, ulps=8)


def test_where(native):
    def f(x):
        return np.where(x > 0, x, 0), np.where(x, 1, x), np.where(x < 1, 2.0, 3.0)

    native(f, SPECIAL)


def test_casts(native):
    x = np.array([0.0, 1.5, -2.25, 1e30])
    native(lambda x: (x.astype(np.float32), x.astype(complex), x.astype(bool), x.copy()), x)
    native(lambda n: (n.astype(float), n.astype(np.int8), n.astype(np.float32)), np.arange(300))


def test_a_strong_zero_wins_over_infinity_and_nan(lower):
    def f(x, y):
        return strong.multiply(x, y), strong.divide(x, y), strong.bilinear(x, y)

    graph, program, _ = lower(f, *pairs())
    for got, want in zip(program(*pairs()), graph(*pairs()), strict=True):
        np.testing.assert_array_equal(got, want, strict=True)


def test_strong_zeros_of_finite_numbers(native):
    def f(x, y):
        return strong.multiply(x, y), strong.divide(x, y), strong.bilinear(x, y)

    finite = SPECIAL[np.isfinite(SPECIAL)]
    native(f, np.repeat(finite, 6), np.tile(finite[finite != 0], 8))
    x = np.array([0.0, 1.0, 2.0, -2.0])
    native(lambda ct, x: [strong.power_log(ct, x, p) for p in (1, 2, 3)], x[::-1].copy(), x)


FUNCTIONS = [math.sin, math.asin, math.exp, math.log, math.sqrt, math.tanh, math.atan, math.expm1]


def test_numbers_of_python_are_computed_by_the_same_library(native):
    def f(x, y):
        values = [f(x) for f in map(pullback_primitive, FUNCTIONS)]
        return *values, x + y, x * y - 3, x / y, -x, x**2, x < y

    native(f, 0.3, 0.7)


def pullback_primitive(f):
    from pullback import primitive

    return primitive(f)


def test_numbers_that_python_refuses_are_infinite_or_not_a_number(lower):
    _, program, _ = lower(
        lambda x, y: (x / y, pullback_primitive(math.log)(x), pullback_primitive(math.exp)(x)),
        1.0,
        2.0,
    )
    assert program(0.0, 1.0)[1] == -math.inf
    assert program(1.0, 0.0)[0] == math.inf
    assert program(1e4, 1.0)[2] == math.inf
    assert math.isnan(program(-1.0, 1.0)[1])


def test_numbers_of_numpy_keep_their_types(native):
    def f(x, y):
        return np.sin(x) * y, np.exp(x), x * y, x + 1, np.float32(2) * x, np.maximum(x, y)

    native(f, np.float64(0.3), 0.5, ulps=2)
    native(f, np.float32(0.3), 0.5, ulps=2)
    native(f, np.float32(0.3), np.float64(0.5), ulps=2)


def test_arrays_without_axes(native):
    native(lambda x, y: (x * 2, np.sin(x) + y, x + np.ones(3)), np.array(0.5), np.array([1.0]))


def test_what_has_no_native_form_stays_with_numpy(same):
    x = np.array([[2.0, 1.0], [1.0, 3.0]])

    def f(x):
        return np.linalg.det(np.exp(x) + x.T) * x + np.linalg.inv(x) @ x

    _, parts = same(f, x, ulps=64)
    whys = {name: part.why for part in parts for name in part.nodes if part.where == "numpy"}
    assert whys == {"det": "no native form of det", "inv": "no native form of inv"}


def test_powers_of_integers_stay_with_numpy(same):
    _, parts = same(lambda n: n ** (n + 1) - n // 2, np.arange(5))
    assert {part.where for part in parts} == {"numba", "numpy"}


@pytest.mark.parametrize("operate", [operator.add, operator.mul])
def test_broadcasting(native, operate):
    a, b = np.arange(12.0).reshape(3, 1, 4), np.arange(10.0).reshape(5, 2)[:, :1]
    native(lambda a, b, c: operate(operate(a, b), c), a, b, 0.5)
