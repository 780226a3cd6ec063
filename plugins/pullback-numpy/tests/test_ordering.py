"""Sorting: permutations, ties, complex numbers, and what writes in place."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, vjp
from pullback.errors import InPlaceWriteError

TIED = np.array([3.0, 1.0, 3.0, 2.0, 3.0])


def random(shape, seed=0):
    return np.random.default_rng(seed).permutation(np.arange(np.prod(shape)) + 0.25).reshape(shape)


@pytest.mark.parametrize("axis", [None, 0, 1, -1, -3])
@pytest.mark.parametrize("kind", [None, "stable"])
def test_sort(check_derivative, axis, kind):
    x = random((2, 3, 4))
    check_derivative(lambda x: np.sort(x, axis, kind) ** 2, x)
    check_derivative(lambda x: np.sort(x * x, axis=axis, stable=kind is None), x)


@pytest.mark.parametrize("kth", [0, -1, [1, 2]])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_partition(check_derivative, kth, axis):
    x = random((4, 5))
    check_derivative(lambda x: np.partition(x, kth, axis) ** 2, x)
    y, pullback = vjp(lambda x: np.partition(x, kth, axis), x)
    assert_array_equal(y, np.partition(x, kth, axis))
    assert_array_equal(pullback(y), x)  # each gets back what it was


def test_a_jacobian_is_a_permutation():
    x = random(5)
    order = np.argsort(x)
    assert_array_equal(jacobian(np.sort)(x), np.eye(5)[order])
    assert not hessian(lambda x: np.sort(x) @ np.arange(5.0))(x).any()


@pytest.mark.parametrize("function", [np.sort, lambda x: np.partition(x, 2)])
def test_ties_share(function):
    # Whichever places the equal numbers have, each gets the mean of the cotangents there.
    y, pullback = vjp(function, TIED)
    ct = np.arange(5.0)
    got = pullback(ct)
    assert_allclose(got[[0, 2, 4]], np.mean(ct[y == 3]))
    assert_array_equal(got[[1, 3]], [ct[y == 1][0], ct[y == 2][0]])


def test_ends_of_a_sorted_array_are_extremes():
    assert_allclose(grad(lambda x: np.sort(x)[-1])(TIED), grad(np.max)(TIED))
    assert_allclose(grad(lambda x: np.sort(x)[0])(-TIED), grad(np.min)(-TIED))


def test_ties_along_other_axes_do_not_meet():
    x = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])
    got = vjp(lambda x: np.sort(x, 0), x)[1](np.arange(6.0).reshape(3, 2))
    assert_array_equal(got, [[1, 5], [4, 2], [1, 2]])


def test_complex_numbers_sort_lexicographically(check_derivative):
    z = np.array([1 + 2j, 1 - 1j, 0.5 + 3j])
    assert_array_equal(vjp(np.sort, z)[1](np.array([1, 2j, 3])), [3, 2j, 1])
    check_derivative(lambda z: np.sort(z * z), z)
    x = np.array([2.0, 1.0])
    y, pullback = vjp(np.sort_complex, x)
    assert y.dtype == np.complex128
    assert_array_equal(pullback(np.array([1 + 1j, 2 - 1j])), [2, 1])


def test_nan_stands_at_the_end():
    x = np.array([np.nan, 2.0, 1.0])
    assert_array_equal(vjp(np.sort, x)[1](np.array([1.0, 2.0, 3.0])), [3, 2, 1])
    assert_array_equal(vjp(np.sort, x)[1](np.array([1.0, 2.0, np.nan])), [np.nan, 2, 1])


def test_methods_that_sort_in_place_are_refused():
    with pytest.raises(InPlaceWriteError, match=r"np\.sort"):
        grad(lambda x: x.sort())(TIED)
    with pytest.raises(InPlaceWriteError, match=r"np\.partition"):
        grad(lambda x: x.partition(1))(TIED)
