"""Averages, covariances, correlations: closed forms, weights, what has no degrees of freedom."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, vjp


def random(shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


@pytest.mark.parametrize("axis", [None, 0, -1, (1, 0), (2, 0)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_average(check_derivative, axis, keepdims):
    a, w = random((2, 3, 4)), random((2, 3, 4), 1)

    def f(a, w):
        y, total = np.average(a, axis, w, True, keepdims=keepdims)
        return y * total + np.average(a * a, axis, weights=w, keepdims=keepdims)

    check_derivative(f, a, w)
    check_derivative(lambda a: np.average(a, axis, keepdims=keepdims) ** 2, a)


@pytest.mark.parametrize(
    ("axis", "shape"),
    [
        (1, 3),
        (-1, 4),
        ((2, 0), (4, 2)),
        ((0, 1), (2, 3)),
        ((-1, 1), (4, 3)),
        ((2, 0, 1), (4, 2, 3)),
    ],
)
def test_weights_of_some_axes(check_derivative, axis, shape):
    a, w = random((2, 3, 4)), random(shape, 1)
    check_derivative(lambda a, w: np.average(a, axis, w) ** 2, a, w)
    check_derivative(lambda w: np.average(a, axis, w, returned=True)[1] ** 2, w)


def test_an_average_in_closed_form():
    a, w = np.array([1.0, 5.0]), np.array([3.0, 1.0])
    assert_array_equal(grad(np.average)(a), [0.5, 0.5])
    of_a, of_w = grad(lambda a, w: np.average(a, weights=w), argnums=(0, 1))(a, w)
    assert_array_equal(of_a, [0.75, 0.25])
    assert_array_equal(of_w, [-0.25, 0.75])  # (a - 2) / 4


@pytest.mark.parametrize("function", [np.cov, np.corrcoef])
@pytest.mark.parametrize("rowvar", [True, False])
@pytest.mark.parametrize(
    "shapes", [[(5,)], [(3, 5)], [(5,), (5,)], [(2, 5), (5,)], [(2, 5), (3, 5)]]
)
def test_variables(check_derivative, function, rowvar, shapes):
    data = [random(shape if rowvar else shape[::-1], k) for k, shape in enumerate(shapes)]
    if not rowvar and len(data) > 1 and data[0].ndim != data[1].ndim:
        data[1] = data[1].reshape(-1, 1)
    options = {"y": None} if len(data) == 1 else {}
    check_derivative(lambda *data: function(*data, rowvar=rowvar, **options), *data)


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"ddof": 0}, {"ddof": 2}])
@pytest.mark.parametrize("frequencies", [None, np.array([1, 2, 0, 3, 1])])
def test_covariance_with_weights(check_derivative, options, frequencies):
    m, weights = random((2, 5)), random(5, 1)
    options = options | {"fweights": frequencies}
    check_derivative(lambda m: np.cov(m, **options), m)
    check_derivative(lambda m, w: np.cov(m, aweights=w, **options), m, weights)


def test_frequencies_count_repetitions():
    m, counts = random((2, 4)), np.array([1, 3, 0, 2])
    repeated = np.repeat(m, counts, axis=1)
    y, pullback = vjp(lambda m: np.cov(m, fweights=counts), m)
    want, want_pullback = vjp(np.cov, repeated)
    assert_allclose(y, want)
    ct = random((2, 2), 1)
    of_repeated = want_pullback(ct)
    assert_allclose(pullback(ct)[:, 1], of_repeated[:, 1:4].sum(axis=1))
    assert_array_equal(pullback(ct)[:, 2], 0)


def test_a_variance_is_a_covariance():
    x = random(5)
    assert_allclose(grad(np.cov)(x), grad(lambda x: np.var(x, ddof=1))(x))
    assert_allclose(hessian(np.cov)(x), hessian(lambda x: np.var(x, ddof=1))(x), atol=1e-12)


def test_complex_numbers(check_derivative):
    z, w = random((2, 4)) + 1j * random((2, 4), 1), random(4, 2)
    check_derivative(lambda z: np.cov(z), z)
    check_derivative(lambda z, w: np.cov(z, aweights=w), z, w)
    check_derivative(lambda z: np.corrcoef(z), z)
    check_derivative(lambda z, x: np.cov(z, x), z, random(4, 3))
    check_derivative(lambda z, w: np.average(z, 1, w), z, w + 1j)


def test_a_correlation_does_not_feel_the_scale():
    x = random((3, 6))
    slopes = grad(lambda x: np.corrcoef(x)[0, 1])(x)
    assert_allclose(np.sum(slopes * x, axis=1), 0, atol=1e-14)
    assert_allclose(np.sum(slopes, axis=1), 0, atol=1e-14)
    assert_array_equal(slopes[2], 0)
    assert_array_equal(jacobian(np.corrcoef)(x)[[0, 1, 2], [0, 1, 2]], 0)
    assert_array_equal(grad(lambda x: np.corrcoef(x))(x[0]), 0)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_constant_has_no_correlation():
    x = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0], [3.0, 0.0, 1.0]])
    y, pullback = vjp(np.corrcoef, x)
    assert_array_equal(np.isnan(y), [[True] * 3, [True, False, False], [True, False, False]])
    got = pullback(np.ones((3, 3)))
    assert_array_equal(got[0], 0)
    assert_allclose(got[1:], vjp(np.corrcoef, x[1:])[1](np.ones((2, 2))))


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_too_few_degrees_of_freedom():
    for x in (np.ones((2, 1)), np.zeros((2, 0)), np.zeros((0, 3))):
        y, pullback = vjp(np.cov, x)
        assert_array_equal(pullback(np.ones_like(y)), np.zeros_like(x))
    x = random((2, 3))
    assert_array_equal(vjp(lambda x: np.cov(x, ddof=3), x)[1](np.ones((2, 2))), 0)


def test_dtypes():
    x = random((2, 5)).astype(np.float32)
    y, pullback = vjp(lambda x: np.cov(x, dtype=np.float32), x)
    assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)
    y, pullback = vjp(np.cov, x)
    assert (y.dtype, pullback(y).dtype) == (np.float64, np.float32)
    y, pullback = vjp(np.average, x)
    assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)
