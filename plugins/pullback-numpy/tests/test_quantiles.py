"""Medians and quantiles: all methods, ties, kinks in q, weights, NaN."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, jacobian, val_and_grad, vjp
from pullback.errors import (
    DerivativeNotImplementedError,
    InPlaceWriteError,
    OutArgumentError,
)
from pullback_numpy.quantiles import CONTINUOUS, STEPS

METHODS = [
    *CONTINUOUS,
    *STEPS,
    *("midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation"),
]
PLAIN_AND_SKIPPING = [(np.quantile, np.nanquantile), (np.percentile, np.nanpercentile)]


def random(shape, seed=0):
    return np.random.default_rng(seed).permutation(np.arange(np.prod(shape)) + 0.25).reshape(shape)


def with_nan(x):
    x = x.copy()
    x[..., 1] = np.nan
    x[0] = 7.0 + np.arange(x[0].size).reshape(x[0].shape)
    return x


@pytest.mark.parametrize("axis", [None, 0, -1, (2, 0), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_median(check_derivative, axis, keepdims):
    x = random((2, 3, 4))
    check_derivative(lambda x: np.median(x * x, axis, keepdims=keepdims) ** 2, x)
    a, b = (vjp(lambda x, f=f: f(x, axis) ** 2, x) for f in (np.median, np.nanmedian))
    assert_array_equal(a[1](a[0]), b[1](b[0]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("whole", [1.0, 100.0])
def test_methods(check_derivative, method, whole):
    plain, skipping = PLAIN_AND_SKIPPING[whole == 100.0]
    x, p = random((5, 2)), np.array([0.13, 0.47, 0.94])

    def q(p):  # a little around, and far from the kinks
        return (np.array([0.13, 0.47, 0.94]) + 0.005 * np.sin(p)) * whole

    check_derivative(lambda x, p: plain(x, q(p), method=method) ** 2, x, p)
    check_derivative(lambda x, p: plain(x, q(p), 0, method=method) ** 2, x, p)
    check_derivative(lambda x, p: skipping(x, q(p), 0, method=method) ** 2, x, p)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 4, 5, 8])
def test_exact_places(method, n):
    # With unit vectors as elements the quantile is linear, so it is its own derivative.
    x = np.arange(float(n))
    for q in (0.0, 0.125, 0.25, 0.3, 0.5, 0.625, 0.75, 0.9, 1.0):
        y, slopes = val_and_grad(lambda x, q=q: np.quantile(x, q, method=method), x)
        assert_allclose(slopes @ x, y, atol=1e-12)
        assert_allclose(slopes.sum(), 1.0)


@pytest.mark.parametrize("method", CONTINUOUS)
def test_kinks_in_q(method):
    # The mean of the slopes on both sides, and the one inside at 0 and 1.
    x = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    for q in (0.0, 0.1, 0.2, 0.25, 0.5, 0.75, 0.9, 1.0):
        at = np.quantile(x, q, method=method)
        step = 1e-6
        sides = []
        if q > 0:
            sides.append((at - np.quantile(x, q - step, method=method)) / step)
        if q < 1:
            sides.append((np.quantile(x, q + step, method=method) - at) / step)
        got = grad(lambda q: np.quantile(x, q, method=method))(q)
        assert_allclose(got, np.mean(sides), rtol=1e-6, atol=1e-8)


def test_a_step_in_q_has_the_derivative_zero():
    assert grad(lambda q: np.quantile(np.arange(5.0), q, method="nearest"))(0.3) == 0.0
    assert grad(lambda q: np.percentile(np.arange(5.0), q))(30.0) == 0.04


def test_ties_share():
    x = np.array([2.0, 1.0, 2.0, 3.0, 2.0])
    third = 1 / 3
    assert_allclose(grad(np.median)(x), [third, 0, third, 0, third])
    assert_allclose(grad(lambda x: np.quantile(x, 1.0))(-x), grad(np.max)(-x))
    # Between 1 and the smallest of three twos.
    assert_allclose(grad(lambda x: np.quantile(x, 0.125))(x), [1 / 6, 0.5, 1 / 6, 0, 1 / 6])


def test_weights(check_derivative):
    x, w = random((5, 3)), 0.2 + np.random.default_rng(1).random((5, 3))
    options = {"weights": w, "method": "inverted_cdf"}
    for axis in (None, 0, 1):
        q = np.array([0.0, 0.31, 0.77, 1.0])
        check_derivative(lambda x, axis=axis, q=q: np.quantile(x, q, axis, **options) ** 2, x)
    y, slopes = val_and_grad(
        lambda x: np.percentile(x, 20, weights=[0, 0, 1, 1], method="inverted_cdf"), random(4)
    )
    assert_array_equal(slopes, random(4) == y)
    by_weight = grad(lambda w: np.quantile(x, 0.3, weights=w, method="inverted_cdf"))(w)
    assert not by_weight.any()
    # An element without weight is not even the smallest.
    least = {"weights": [0, 1, 1], "method": "inverted_cdf"}
    assert_array_equal(grad(lambda x: np.quantile(x, 0.0, **least))(np.arange(3.0)), [0, 1, 0])
    # Of two that are equal it is always the one that weighs more than half.
    tied = {"weights": [1, 3, 0], "method": "inverted_cdf"}
    assert_array_equal(grad(lambda x: np.quantile(x, 0.5, **tied))(np.ones(3)), [0, 1, 0])


def test_nan_makes_a_value_that_nothing_has_a_part_in():
    x = np.array([[1.0, np.nan, 2.0], [4.0, 3.0, 5.0]])
    for f in (lambda x: np.median(x, 1), lambda x: np.quantile(x, 0.5, 1)):
        y, pullback = vjp(f, x)
        assert_array_equal(y, [np.nan, 4])
        assert_array_equal(pullback(np.ones(2)), [[0, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_skipping_nan(axis):
    x = with_nan(random((4, 3)))
    for f in (np.nanmedian, lambda x, a: np.nanquantile(x, 0.3, a)):
        y, pullback = vjp(lambda x, f=f: f(x, axis), x)
        got = pullback(y)
        assert_array_equal(got[np.isnan(x)], 0)
        assert_allclose(np.nansum(got * x), np.sum(y * y))
    known = x[~np.isnan(x)]
    got = grad(lambda x: np.nanmedian(x))(x)
    assert_array_equal(got[~np.isnan(x)], grad(np.median)(known))


def test_slices_of_nan_alone():
    x = np.array([[np.nan, np.nan], [1.0, 3.0]])
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        y, pullback = vjp(lambda x: np.nanquantile(x, [0.25, 0.5], 1), x)
    assert_array_equal(y, [[np.nan, 1.5], [np.nan, 2]])
    assert_array_equal(pullback(np.ones((2, 2))), [[0, 0], [1.25, 0.75]])


def test_second_derivatives(check_derivative):
    x = random(6)
    check_derivative(lambda x, q: np.quantile(x * x, q * q), x, 0.55)
    mixed = jacobian(lambda x: grad(lambda q: np.quantile(x, q))(0.55))(x)
    assert_allclose(mixed, 5.0 * (np.eye(6)[np.argsort(x)[3]] - np.eye(6)[np.argsort(x)[2]]))


def test_single_precision_stays():
    x = np.arange(5, dtype=np.float32)
    for f in (np.median, np.nanmedian, lambda x: np.quantile(x, 0.3)):
        y, pullback = vjp(f, x)
        assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)


def test_nothing_is_written_into():
    x = np.ones((3, 2))
    with pytest.raises(InPlaceWriteError, match="overwrite_input"):
        grad(lambda x: np.median(x, overwrite_input=True))(x)
    with pytest.raises(OutArgumentError, match=r"numpy\.quantile.*would lose"):
        grad(lambda x: np.quantile(x, 0.5, out=np.zeros(())))(x)
    with pytest.raises(DerivativeNotImplementedError, match="flatten q"):
        grad(lambda x: np.nanquantile(x, [[0.5], [0.2]], (0, 1)).sum())(x)
