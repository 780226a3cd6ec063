"""Counting: weights, densities, edges, and what lies outside of all bins."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, vjp
from pullback.errors import DerivativeNotImplementedError

X = np.array([0.3, 1.2, 2.9, 1.7, 0.8, 2.2, 5.0])
Y = np.array([0.1, 0.9, 0.4, 0.6, 0.2, 0.7, 0.5])
W = np.array([1.0, 2.0, 0.5, 1.5, 3.0, 0.25, 7.0])
EDGES = np.array([0.0, 1.0, 1.5, 3.1])
OUTSIDE = X > 3.1


def test_bincount(check_derivative):
    places = np.array([1, 0, 3, 1, 1, 0, 3])
    check_derivative(lambda w: np.bincount(places, w * w, 6) ** 2, W)
    assert_array_equal(vjp(lambda w: np.bincount(places, w), W)[1](np.arange(4.0)), places)


@pytest.mark.parametrize("density", [False, True])
def test_weights_and_edges(check_derivative, density):
    def f(w, edges):
        counts, same = np.histogram(X, edges, weights=w * w, density=density)
        return counts**2, same * edges

    check_derivative(f, W, EDGES)
    check_derivative(lambda e: np.histogram(X, e, density=True)[0] ** 2, EDGES)
    got = vjp(lambda w: np.histogram(X, EDGES, weights=w, density=density)[0], W)[1](np.ones(3))
    assert_array_equal(got[OUTSIDE], 0)


@pytest.mark.parametrize("bins", [3, "sqrt"])
@pytest.mark.parametrize("density", [False, True])
def test_equal_bins_move_with_the_ends_of_the_data(check_derivative, bins, density):
    def f(x):
        counts, edges = np.histogram(x, bins, density=density)
        return counts * edges[1:]

    # By small steps, as a number that crosses an edge is a jump.
    check_derivative(lambda p: f(X + 0.01 * np.sin(p)), X)
    edges = grad(lambda x: np.histogram_bin_edges(x, bins)[1])(X)
    assert_allclose(edges, np.where(X == 0.3, 2 / 3, np.where(X == 5, 1 / 3, 0)))


def test_the_last_edge_belongs_to_the_last_bin():
    x = np.array([0.0, 1.0, 2.0, 2.5, -0.5, np.nan])
    y, pullback = vjp(lambda w: np.histogram(x, [0, 1, 2], weights=w)[0], W[:6])
    assert_array_equal(y, [1, 2.5])
    assert_array_equal(pullback(np.array([1.0, 10.0])), [1, 10, 10, 0, 0, 0])


def test_with_a_range_the_edges_are_constant():
    f = lambda x: np.histogram(x, 3, (0.0, 3.0), density=True)  # noqa: E731
    assert not grad(lambda x: np.sum(f(x)[0] ** 2) + np.sum(f(x)[1] ** 2))(X).any()
    with pytest.raises(DerivativeNotImplementedError, match="limits of the bins"):
        grad(lambda x, r: np.histogram(x, 3, (0.0, r))[1].sum(), argnums=(0, 1))(X, 3.0)


@pytest.mark.parametrize("density", [False, True])
def test_two_dimensions(check_derivative, density):
    def f(w, edges, others):
        counts, a, b = np.histogram2d(X, Y, [edges, others], weights=w * w, density=density)
        return counts**2, a * edges, b**2

    check_derivative(f, W, EDGES, np.array([0.0, 0.45, 1.0]))
    check_derivative(
        lambda w, e: np.histogram2d(X, Y, e, weights=w, density=density)[0] ** 2,
        W,
        np.array([-0.5, 0.55, 3.5, 6.0]),
    )
    check_derivative(
        lambda p, q: np.histogram2d(
            X + 0.01 * np.sin(p), Y + 0.01 * np.sin(q), [2, 3], weights=W, density=density
        ),
        X,
        Y,
    )


def test_one_row_is_a_plain_histogram():
    w = W[~OUTSIDE]
    want = vjp(lambda w: np.histogram(X[~OUTSIDE], EDGES, weights=w, density=True)[0], w)
    got = vjp(
        lambda w: np.histogram2d(
            X[~OUTSIDE], Y[~OUTSIDE], [EDGES, [0, 1]], weights=w, density=True
        )[0],
        w,
    )
    assert_allclose(got[0][:, 0], want[0])
    assert_allclose(got[1](got[0]), want[1](want[0]))


def test_bins_that_are_empty_and_those_without_width():
    x, edges = np.array([5.0]), np.array([0.0, 1.0])
    with np.errstate(invalid="ignore"):
        y, pullback = vjp(lambda w: np.histogram(x, edges, weights=w, density=True)[0], np.ones(1))
    assert np.isnan(y).all()
    assert_array_equal(pullback(np.ones(1)), 0)


def test_counts_alone_are_constant():
    assert grad(lambda x: x.sum() * np.histogram(x, EDGES)[0][0])(X).tolist() == [2.0] * 7


def test_more_dimensions_are_refused():
    with pytest.raises(DerivativeNotImplementedError, match="histogram2d"):
        grad(lambda w: np.histogramdd(np.stack([X, Y], 1), 2, weights=w)[0].sum())(W)
