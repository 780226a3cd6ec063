from __future__ import annotations

import operator
from itertools import product
from math import inf, nan

import numpy as np
import pytest

from pullback import jvp, vjp
from pullback_numpy.strong import bilinear, divide, multiply, over_root, power_log

FUNCTIONS = [
    divide,
    multiply,
    bilinear,
    over_root,
    lambda ct, a: power_log(ct, a, 2.5),
    lambda ct, a: power_log(ct, a, 2),
    lambda ct, a: power_log(ct, a, -1.5, 2),
]
EDGES = [0.0, 1.0, -1.0, inf, nan]


class TestDerivatives:
    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_by_both_arguments(self, function, check_derivative):
        rng = np.random.default_rng(0)
        for shapes in (((), ()), ((3,), (3,)), ((2, 3), (3,))):
            ct = rng.standard_normal(shapes[0])
            factor = rng.uniform(0.5, 2, shapes[1])
            check_derivative(function, ct, factor)
            check_derivative(lambda ct, d: vjp(function, ct, d)[1](np.cos(ct * d)), ct, factor)

    @pytest.mark.parametrize("k", [0, 1, 2])
    def test_by_the_exponent(self, k, check_derivative):
        ct, a = np.array([1.0, -2.0, 0.3]), np.array([0.4, 1.0, 2.0])
        check_derivative(lambda ct, a, p: power_log(ct, a, p, k), ct, a, np.array([1.3, -0.5, 2]))
        check_derivative(lambda p: power_log(ct, a, p, k=k), 0.7)

    def test_complex(self, check_derivative):
        ct, d = np.array([0.5 - 1j, 2j]), np.array([0.6 + 0.5j, -0.4 + 1j])
        for function in (*FUNCTIONS, lambda ct, d: power_log(ct, d, 0.5 + 1j, 1)):
            check_derivative(function, ct, d)

    def test_a_zero_cotangent_hides_no_derivative_by_the_cotangent(self):
        zero, two = np.zeros(2), np.full(2, 2.0)
        want = [0.5, 2, 2, 0.5**0.5, 2**2.5, 4, 2**-1.5 * np.log(2) ** 2]
        for function, slope in zip(FUNCTIONS, want, strict=True):
            of_ct, of_factor = vjp(function, zero, two)[1](np.ones(2))
            np.testing.assert_allclose(of_ct, slope, rtol=1e-15)
            assert of_factor.tolist() == [0, 0]


class TestZeros:
    """Whatever the other factor is, and for numbers, arrays and mixtures of them, in silence."""

    @pytest.mark.parametrize("function", FUNCTIONS)
    @pytest.mark.parametrize("factor", [*EDGES, -inf])
    def test_win(self, function, factor):
        for make_ct, make_factor in product(
            (float, np.float64, np.array, lambda x: np.array([x, 1.0])), repeat=2
        ):
            y = function(make_ct(0.0), make_factor(factor))
            assert np.ravel(y)[0] == 0

    @pytest.mark.parametrize("function", FUNCTIONS)
    def test_win_in_derivatives_too(self, function):
        for factor in EDGES:
            for g in EDGES:
                zero, d = np.array([0.0]), np.array([factor])
                assert vjp(function, zero, d, argnums=1)[1](np.array([g])) == 0
            for ct in (0.0, 1.0):
                of_both = vjp(function, np.array([ct]), np.array([factor]))[1](np.array([0.0]))
                assert of_both == (0, 0)

    def test_win_in_big_arrays(self):
        ct, d = np.zeros(5000), np.linspace(0, 1, 5000)
        ct[-1] = 1
        for function in FUNCTIONS:
            y = function(ct, d)
            assert not y[:-1].any()
            assert np.isfinite(y[-1])

    def test_in_the_forward_mode(self):
        x, v = np.array([0.0, 4.0]), np.array([0.0, 1.0])
        assert jvp(np.sqrt, (x,), (v,))[1].tolist() == [0, 0.25]

    def test_of_a_factor_do_not_win(self):
        with np.errstate(invalid="ignore"):
            assert np.isnan(multiply(np.array([inf]), np.array([0.0])))
        assert bilinear(np.array([inf]), np.array([0.0])) == 0


class TestValues:
    @pytest.mark.parametrize(
        ("function", "plain"),
        [
            (divide, operator.truediv),
            (multiply, operator.mul),
            (bilinear, operator.mul),
            (over_root, lambda ct, d: ct / np.sqrt(d)),
            (lambda ct, a: power_log(ct, a, -1.5), lambda ct, a: ct * a**-1.5),
            (lambda ct, a: power_log(ct, a, 3), lambda ct, a: ct * a**3),
            (
                lambda ct, a: power_log(ct, a, 0.5, k=2),
                lambda ct, a: ct * (a**0.5 * np.log(a) ** 2),
            ),
        ],
    )
    def test_are_those_of_the_plain_formula_elsewhere(self, function, plain):
        rng = np.random.default_rng(1)
        for dtype in (np.float16, np.float32, np.float64, np.complex64):
            ct, d = rng.uniform(-2, 2, (3, 4)).astype(dtype), rng.uniform(0.5, 2, 4).astype(dtype)
            y = function(ct, d)
            assert y.dtype == dtype
            np.testing.assert_allclose(y, plain(ct, d), rtol=2 * np.finfo(dtype).eps)

    def test_at_a_zero_denominator_are_infinite(self):
        ones = np.array([1.0, -1.0])
        assert divide(ones, np.zeros(2)).tolist() == [inf, -inf]
        assert over_root(ones, np.zeros(2)).tolist() == [inf, -inf]
        assert power_log(ones, np.zeros(2), -0.5).tolist() == [inf, -inf]
        assert divide(np.float32(-1), np.float32(0)) == -inf
        assert divide(1.0, 0.0) == inf

    def test_of_powers_continue_to_a_zero_base(self):
        zero = np.array([0.0])
        assert power_log(3.0, zero, 0) == 3
        assert power_log(3.0, zero, np.array([0.0])) == 3
        assert power_log(3.0, zero, 2.0, 1) == 0
        assert power_log(3.0, zero, 0.0, 1) == -inf

    def test_of_complex_powers_take_complex_logarithms(self):
        a, p = np.array([-1.5, 2.0]), 2 + 1j
        found = power_log(1.0, a, p, 2)
        wanted = [(a + 0j) ** p * np.log(a + 0j) ** 2 for a in (-1.5, 2.0)]
        np.testing.assert_allclose(found, wanted, rtol=1e-14)
        of_p = vjp(np.power, a, p)[1](np.ones(2, complex))[1]
        np.testing.assert_allclose(of_p, np.sum((a + 0j) ** p * np.log(a + 0j)), rtol=1e-14)

    def test_of_powers_that_vanish_are_zero(self):
        for base in (np.array([2.5]), np.array([-2.5])):
            assert power_log(-inf, base, -inf).tolist() == [0]
        assert power_log(inf, np.array([0.0]), 2).tolist() == [0]
        _, pullback = vjp(np.power, np.array([2.5]), np.array([-inf]))
        assert [ct.tolist() for ct in pullback(np.ones(1))] == [[0], [0]]

    def test_of_an_exponent_zero_have_a_finite_transpose(self):
        zeros = np.zeros(2)
        y, y_tangent = jvp(
            lambda ct, a: power_log(ct, a, 0), (zeros + 3, zeros), (zeros + 2, zeros + 1)
        )
        assert (y.tolist(), y_tangent.tolist()) == ([3, 3], [2, 2])

    def test_do_not_depend_on_the_size(self):
        rng = np.random.default_rng(2)
        ct, d = rng.standard_normal((2, 3000))
        ct[::7], d[::5] = 0, 0
        for function in FUNCTIONS[:4]:
            whole = function(ct, d)
            parts = [
                function(a, b) for a, b in zip(ct.reshape(-1, 10), d.reshape(-1, 10), strict=True)
            ]
            np.testing.assert_array_equal(whole, np.ravel(parts))


class Duck(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of another library: NumPy's functions reach it through the protocols alone."""

    def __init__(self, array):
        self.array = array

    def __array_ufunc__(self, ufunc, method, *inputs, **params):
        return Duck(getattr(ufunc, method)(*map(inner, inputs), **params))

    def __array_function__(self, function, types, args, params):
        return Duck(function(*map(inner, args), **params))

    def __getitem__(self, index):
        return Duck(self.array[index])


def inner(value):
    return value.array if isinstance(value, Duck) else value


@pytest.mark.parametrize("function", FUNCTIONS)
def test_arrays_of_other_libraries_stay_with_their_library(function):
    ct, d = np.array([0.0, 1.0, 2.0]), np.array([0.0, 4.0, 1.0])
    want = function(ct, d)
    for a, b in ((Duck(ct), Duck(d)), (Duck(ct), d), (ct, Duck(d))):
        y = function(a, b)
        assert type(y) is Duck
        assert y.array.tolist() == want.tolist()
