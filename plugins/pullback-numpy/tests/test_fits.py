"""Least squares against differences, the normal equations, and where they are not unique."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, vjp
from pullback.errors import DerivativeNotImplementedError
from pullback_numpy.fits import solve_normal

X = np.array([-1.5, -0.5, 0.25, 1.0, 2.0])


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("n", [None, 0, 1, 2, 4])
@pytest.mark.parametrize("increasing", [False, True])
@pytest.mark.parametrize("x", [X, X + 1j * X[::-1]])
def test_vandermonde_matrices(check_derivative, n, increasing, x):
    check_derivative(lambda x: np.vander(x * x, n, increasing), x)


def test_vandermonde_matrices_at_the_ends():
    assert_array_equal(jacobian(np.vander)(np.zeros(2)), [[[1, 0], [0, 0]], [[0, 1], [0, 0]]])
    _, back = vjp(lambda x: np.vander(x, 4), np.array([np.inf, 2.0]))
    assert_array_equal(back(np.array([[0.0, 0, 0, 0], [1, 1, 1, 1]])), [0, 17])


@pytest.mark.parametrize("degree", [0, 1, 3, 4])
@pytest.mark.parametrize("shape", [(5,), (5, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_fits(check_derivative, degree, shape, weighted):
    y = random(shape)
    w = np.array([1.0, 2.0, 0.5, 1.5, 1.0])
    if weighted:
        check_derivative(lambda x, y, w: np.polyfit(x, y, degree, w=w), X, y, w)
    else:
        check_derivative(lambda x, y: np.polyfit(x, y, degree), X, y)


def test_fits_of_complex_numbers(check_derivative):
    z = X + 1j * random(5)
    check_derivative(lambda z, y: np.polyfit(z, y, 2), z, random(5) * 1j + X)
    check_derivative(lambda y, w: np.polyfit(X, y, 1, None, False, w), z, 2 + X / 4)


def test_the_slope_of_a_line():
    # The slope is the covariance of x and y over the variance of x.
    y = random(5)
    centred = X - X.mean()
    slope = grad(lambda y: np.polyfit(X, y, 1)[0])(y)
    assert_allclose(slope, centred / np.sum(centred**2), atol=1e-15)
    assert_allclose(
        hessian(lambda x: np.polyfit(x, y, 1)[0])(X),
        hessian(lambda x: np.sum((x - x.mean()) * y) / np.sum((x - x.mean()) ** 2))(X),
        atol=1e-12,
    )


def test_a_difficult_fit_keeps_its_digits():
    # The normal equations themselves would lose them all.
    x = 1000 + np.arange(8.0)
    found = jacobian(lambda y: np.polyfit(x, y, 2)[0])(np.zeros(8))
    assert_allclose(found, np.polyfit(x, np.eye(8), 2)[0], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::numpy.exceptions.RankWarning")
def test_a_fit_that_is_not_unique():
    x, y = np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 4.0])
    assert_allclose(jacobian(lambda y: np.polyfit(x, y, 2))(y), np.polyfit(x, np.eye(3), 2))
    for f in (lambda x: np.polyfit(x, y, 2), lambda w: np.polyfit(x, y, 2, w=w)):
        _, back = vjp(f, x)
        with pytest.raises(DerivativeNotImplementedError, match="fits that are unique"):
            back(np.ones(3))


def test_a_tolerance_makes_a_fit_less_than_unique():
    with pytest.warns(np.exceptions.RankWarning):
        _, back = vjp(lambda x: np.polyfit(x, X, 2, rcond=0.9), X)
    with pytest.raises(DerivativeNotImplementedError, match="a smaller rcond"):
        back(np.ones(3))


ASKED = [{"full": True}, {"cov": True}, {"cov": "unscaled"}]


def numbers(outputs):
    """The outputs that have a derivative."""
    return tuple(y for y in outputs if np.ndim(y) > 0)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("shape", [(5,), (5, 2)])
@pytest.mark.parametrize("weighted", [False, True])
def test_all_that_a_fit_returns(check_derivative, asked, shape, weighted):
    def f(x, y, w):
        return numbers(np.polyfit(x, y, 2, w=w if weighted else None, **asked))

    w = np.array([1.0, 2.0, 0.5, 1.5, 1.0])
    check_derivative(f, X, random(shape), w)


@pytest.mark.parametrize("asked", ASKED)
def test_all_that_a_fit_of_complex_numbers_returns(check_derivative, asked):
    z, y = X + 1j * random(5), random(5) * 1j + X
    check_derivative(lambda z, y, w: numbers(np.polyfit(z, y, 1, w=w, **asked)), z, y, 2 + X / 4)


def test_residuals_and_covariance_of_a_mean():
    # Of a constant, the covariance is the variance of the mean.
    y = random(5)
    (c, _, rank, s, rcond), back = vjp(lambda y: np.polyfit(X, y, 0, full=True), y)
    assert (c[0], rank, s.tolist()) == (pytest.approx(y.mean()), 1, [pytest.approx(1.0)])
    assert rcond == 5 * np.finfo(float).eps
    got = back((np.zeros(1), np.ones(1), 0, np.zeros(1), 0.0))
    assert_allclose(got, 2 * (y - y.mean()))
    got = grad(lambda y: np.polyfit(X, y, 0, cov=True)[1][0, 0])(y)
    assert_allclose(got, 2 * (y - y.mean()) / 4 / 5)
    of_w = grad(lambda w: np.polyfit(X, y, 0, w=w, cov="unscaled")[1][0, 0])(np.full(5, 2.0))
    assert_allclose(of_w, np.full(5, -2 * 2.0 / 20**2))


@pytest.mark.filterwarnings("ignore::numpy.exceptions.RankWarning")
def test_what_a_fit_that_is_not_unique_has_a_derivative_of():
    x, y = np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 4.0])
    f = lambda x: np.polyfit(x, y, 2, full=True)
    assert f(x)[1].size == 0
    # The largest singular value is that of three unit vectors, and a function of the points.
    values = lambda x: np.linalg.svdvals(
        np.vander(x, 3) / np.sqrt(np.sum(np.vander(x, 3) ** 2, axis=0))
    )[0]
    assert_allclose(grad(lambda x: f(x)[3][0])(x), grad(values)(x), atol=1e-14)
    with pytest.raises(DerivativeNotImplementedError, match="fits that are unique"):
        grad(lambda x: f(x)[0][0])(x)


def test_powers_of_integers_that_do_not_fit_into_integers():
    x = np.arange(1, 20001, 2000)
    found = jacobian(lambda y: np.polyfit(x, y, 5))(np.zeros(10))
    assert_allclose(found, np.polyfit(x, np.eye(10), 5), rtol=1e-6, atol=1e-12)


def test_single_precision_and_lists():
    x, y = X.astype(np.float32), random(5).astype(np.float32)
    c, back = vjp(lambda x, y: np.polyfit(x, y, 1), x, y)
    assert {ct.dtype for ct in back(c)} == {np.dtype(np.float32)}
    points = [0.0, 1.0, 3.0]
    _, back = vjp(lambda y: np.polyfit(points, y, 1), y[:3])
    assert_allclose(back(np.array([0.0, 1.0])), np.polyfit(points, np.eye(3), 1)[1], rtol=1e-6)


def test_normal_equations(check_derivative):
    a, t = random((4, 2)), random((2, 3), 1)
    assert_allclose(a.T @ a @ solve_normal(a, t, 1e-15), t)
    check_derivative(lambda a, t: solve_normal(a, t, 1e-15), a, t)
    z = a + 1j * random((4, 2), 2)
    check_derivative(lambda a, t: solve_normal(a, t, 1e-15), z, t + 1j)
    with pytest.raises(ValueError, match="two matrices"):
        solve_normal(a, t[0], 1e-15)
