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
    f = lambda x: np.histogram(x, 3, (0.0, 3.0), density=True)
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


@pytest.mark.parametrize("density", [False, True])
def test_more_dimensions(check_derivative, density):
    z = X * Y
    points = np.stack([X, Y, z], axis=1)

    def f(w, edges, others):
        bins = [edges, 2, others]
        counts, [a, b, c] = np.histogramdd(points, bins, weights=w * w, density=density)
        return counts**2, a * edges, b, c**2

    check_derivative(f, W, EDGES, np.array([0.0, 0.45, 3.0]))
    moved = lambda p: np.stack([X, Y, z], axis=1) + 0.01 * np.sin(p)
    check_derivative(
        lambda p: np.histogramdd(moved(p), [2, 3, 2], weights=W, density=density), points
    )
    ranges = [None, (0.0, 1.0), None]
    check_derivative(lambda p: np.histogramdd(moved(p), 2, ranges, density, W), points, rtol=1e-6)


@pytest.mark.parametrize("density", [False, True])
def test_two_of_the_dimensions_are_those_of_histogram2d(density):
    points, edges = np.stack([X, Y], axis=1), [EDGES, np.array([0.0, 0.45, 1.0])]
    y, back = vjp(lambda w: np.histogramdd(points, edges, weights=w, density=density)[0], W)
    want, back2d = vjp(lambda w: np.histogram2d(X, Y, edges, None, density, w)[0], W)
    assert_array_equal(y, want)
    assert_allclose(back(np.cos(y)), back2d(np.cos(y)))


def test_a_list_is_taken_for_the_coordinates_of_all_points():
    f = lambda x, y: np.histogramdd([x, y], 2)[1]
    of_x, of_y = vjp(f, X, Y)[1]([np.array([1.0, 2.0, 4.0]), np.zeros(3)])
    # From 0.3 to 5.0, and the edge in the middle has a half of each.
    assert_array_equal(of_x, np.where(X == 0.3, 2.0, np.where(X == 5.0, 5.0, 0.0)))
    assert not of_y.any()
    line = grad(lambda x: np.histogramdd(x, 2)[1][0][1])(X)
    assert_array_equal(line, np.where((X == 0.3) | (X == 5.0), 0.5, 0.0))


def test_rows_of_an_array_are_edges_of_the_dimensions():
    edges = np.array([[0.0, 1.0, 3.0], [-1.0, 0.5, 2.0]])
    got = grad(lambda e: np.histogramdd(np.stack([X, Y], 1), e)[1][1][2])(edges)
    assert_array_equal(got, [[0, 0, 0], [0, 0, 1]])


def test_the_derivative_by_limits_of_more_dimensions_is_refused():
    def f(w, limit):
        ranges = [(0.0, limit), (0.0, 1.0)]
        return np.histogramdd(np.stack([X, Y], 1), 2, ranges, weights=w)[0].sum()

    assert_array_equal(grad(f)(W, 3.0), ~OUTSIDE)
    with pytest.raises(DerivativeNotImplementedError, match="limits of the bins"):
        grad(f, argnums=(0, 1))(W, 3.0)
