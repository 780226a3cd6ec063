"""Sinc, Bessel functions, windows, phases and repairs: closed forms, derivatives of any order."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, primitive, vjp
from pullback.errors import InPlaceWriteError
from pullback_numpy.special import bessel_i, sinc_slope

NEAR_AND_FAR = [0.0, 1e-300, 1e-9, -1e-3, 0.2, -0.47, 0.48, 1.0, -2.5, 17.3]


def nested(f, order):
    """The derivative of an order."""
    for _ in range(order):
        f = grad(f)
    return f


@pytest.mark.parametrize("x", NEAR_AND_FAR)
def test_sinc(x):
    # Integration by Gauss and Legendre of πⁿ ∫ tⁿ cos(πxt + nπ/2) dt over [0, 1].
    t, weights = np.polynomial.legendre.leggauss(60)
    t = (t + 1) / 2
    for order in range(1, 5):
        terms = (np.pi * t) ** order * np.cos(np.pi * x * t + order * np.pi / 2)
        want = np.sum(weights * terms) / 2
        assert_allclose(nested(np.sinc, order)(x), want, rtol=1e-12, atol=1e-13)


def test_sinc_at_zero():
    assert nested(np.sinc, 1)(0.0) == nested(np.sinc, 3)(0.0) == 0.0
    assert nested(np.sinc, 2)(0.0) == pytest.approx(-(np.pi**2) / 3, rel=1e-15)
    assert nested(np.sinc, 4)(0.0) == pytest.approx(np.pi**4 / 5, rel=1e-15)


def test_sinc_of_complex_numbers(check_derivative):
    check_derivative(np.sinc, np.array([0.3 + 0.1j, 2.0 - 1.0j, 0.1j]))


def test_sinc_in_single_precision():
    x = np.array([0.0, 0.3, -2.5], np.float32)
    gradient = grad(lambda x: np.sum(np.sinc(x)))(x)
    assert gradient.dtype == sinc_slope(x, 2).dtype == np.float32
    assert_allclose(gradient, grad(lambda x: np.sum(np.sinc(x)))(x.astype(float)), rtol=1e-5)


@pytest.mark.parametrize(
    "x", [0.0, 1e-300, -1e-3, -7.9, 8.1, 12.1, 29.9, -30.1, 35.0, 120.0, 700.0]
)
def test_bessel_functions(x):
    # The trapezoidal rule for Iₙ(x) = ∫ exp(x cos t) cos(nt) dt / π (DLMF 10.32.3), scaled.
    t = np.linspace(0, np.pi, 401)
    weights = np.full(401, 1 / 400)
    weights[[0, -1]] /= 2
    for order in range(1, 4):
        scaled = np.exp(x * np.cos(t) - abs(x)) * np.cos(t) ** order
        want = np.sum(weights * scaled)
        assert_allclose(nested(np.i0, order)(x) * np.exp(-abs(x)), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("order", [0, 1, 2, 5, 6, 7, 9])
def test_bessel_functions_join_where_the_series_does(order):
    border = max(30, order * order)
    below, above = np.nextafter(border, 0.0), np.nextafter(border, np.inf)
    assert_allclose(bessel_i(below, order), bessel_i(above, order), rtol=1e-12)
    assert_allclose(bessel_i(-above, order), (-1) ** order * bessel_i(above, order))


def test_bessel_functions_are_accurate_relative_to_themselves():
    assert bessel_i(1e-100, 1) == 5e-101
    assert bessel_i(2e-50, 3) == pytest.approx(1e-150 / 6, rel=1e-14)
    assert_allclose(bessel_i(np.array([0, 1, 2]), 0), np.i0([0, 1, 2]), rtol=1e-14)


@pytest.mark.parametrize("arguments", [(1.0, -1), (1j, 0)])
def test_what_bessel_functions_are_not_for(arguments):
    with pytest.raises(ValueError, match="real numbers"):
        bessel_i(*arguments)
    with pytest.raises(ValueError, match="not negative"):
        sinc_slope(1.0, -1)


def test_zeros_win_over_what_overflows():
    x = np.array([800.0, 1.0])
    with np.errstate(all="ignore"):
        gradient = grad(lambda x: np.sum(np.where(x < 700, np.i0(x), 0)))(x)
    assert_allclose(gradient, [0, bessel_i(1.0, 1)])


@pytest.mark.parametrize("M", [0, 1, 2, 5, 6])
@pytest.mark.parametrize("beta", [0.0, 0.5, 8.6, -3.0])
def test_kaiser(check_derivative, M, beta):
    window = primitive(np.kaiser)
    check_derivative(lambda beta: window(M, beta), beta)
    check_derivative(lambda beta: window(M=M, beta=beta * beta), beta, order=1)


def test_the_other_windows_pass_as_constants():
    for window in (np.bartlett, np.blackman, np.hamming, np.hanning):
        length = primitive(window)
        gradient = grad(lambda x, f=length: np.sum(x * f(3)))(np.ones(3))
        assert_array_equal(gradient, window(3))


@pytest.mark.parametrize("discont", [None, 5.0])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_unwrap(check_derivative, discont, axis):
    p = np.random.default_rng(0).uniform(-20, 20, (3, 5))
    check_derivative(lambda p: np.unwrap(p * p, discont, axis), p)
    check_derivative(lambda p, t: np.unwrap(p * p, discont, axis, period=t), p, 4.0)
    _, back = vjp(lambda p: np.unwrap(p, discont, axis), p)
    assert_array_equal(back(p), p)


def test_the_period_counts_as_often_as_it_was_added():
    p = np.array([0.0, 3.5, 7.2, 0.3])
    _, back = vjp(lambda p, period: np.unwrap(p, period=period), p, 4.0)
    assert_array_equal(np.unwrap(p, period=4.0), p + 4.0 * np.array([0, -1, -2, 0]))
    assert back(np.array([1.0, 10.0, 100.0, 1000.0]))[1] == -210.0


HOLES = np.array([1.0, np.nan, np.inf, -np.inf, np.nan])


def test_repairs():
    assert_array_equal(grad(lambda x: np.sum(np.nan_to_num(x) / 4))(HOLES), [0.25, 0, 0, 0, 0])
    f = lambda x, a, b, c: np.nan_to_num(x, nan=a, posinf=b, neginf=c)
    _, back = vjp(f, HOLES, 5.0, 6.0, 7.0)
    of_x, *others = back(np.array([1.0, 10.0, 100.0, 1000.0, 10000.0]))
    assert_array_equal(of_x, [1, 0, 0, 0, 0])
    assert others == [10010.0, 100.0, 1000.0]


def test_repairs_by_an_array():
    _, back = vjp(lambda x, a: np.nan_to_num(x, nan=a), HOLES, np.arange(5.0))
    assert_array_equal(back(np.arange(5.0))[1], [0, 1, 0, 0, 4])


def test_each_part_of_a_complex_number_is_repaired_by_itself():
    z = np.array([1 + 2j, complex(np.nan, 3), complex(4, np.inf), complex(np.nan, np.nan)])
    _, back = vjp(lambda z, a, b: np.nan_to_num(z, nan=a, posinf=b), z, 5.0, 6.0)
    of_z, of_nan, of_inf = back(np.array([1 + 2j, 10 + 20j, 100 + 200j, 1000 + 2000j]))
    assert_array_equal(of_z, [1 + 2j, 20j, 100, 0])
    # Re(ct · 1) of what replaced a real part, Re(ct · 1j) of what replaced an imaginary one.
    assert (of_nan, of_inf) == (10.0 + 1000.0 - 2000.0, -200.0)


def test_repairs_of_repairs():
    def f(x, a):
        return np.sum(np.nan_to_num(x, nan=a * a, posinf=1.0, neginf=1.0) ** 2)

    assert_array_equal(hessian(f)(HOLES, 2.0), np.diag([2.0, 0, 0, 0, 0]))
    assert grad(grad(lambda a: f(HOLES + a, a)))(2.0) == 2.0 + 2 * 12 * 4.0
    assert_array_equal(jacobian(lambda a: np.nan_to_num(HOLES + a, nan=a))(2.0), [1, 1, 0, 0, 1])


def test_repairs_in_place_are_refused():
    with pytest.raises(InPlaceWriteError, match=r"copy=False.*writes in place"):
        grad(lambda x: np.sum(np.nan_to_num(x, copy=False)))(HOLES)
