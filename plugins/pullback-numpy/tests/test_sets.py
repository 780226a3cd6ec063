"""Arrays as sets: equal elements share, in every order and from both arrays."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, jacobian, vjp

X = np.array([[3.0, 1.0], [2.0, 3.0]])
CT = np.array([1.0, 10.0, 100.0])
SHARED = [[50, 1], [10, 50]]
UNIQUE = [
    np.unique,
    lambda x: np.unique(x, return_counts=True)[0],
    lambda x: np.unique(x, True, True, True)[0],
    lambda x: np.unique_counts(x).values,
    lambda x: np.unique_inverse(x).values,
    lambda x: np.unique_all(x).values,
]


@pytest.mark.parametrize("function", UNIQUE)
def test_equal_elements_share(function):
    y, pullback = vjp(function, X)
    assert_array_equal(y, [1, 2, 3])
    assert_array_equal(pullback(CT), SHARED)


def test_in_any_order():
    for z in (X, X * (1 + 2j)):
        y, pullback = vjp(np.unique_values, z)
        assert_array_equal(pullback(y), np.where(z.real == 3, z / 2, z))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_along_an_axis(check_derivative, axis):
    x = np.array([[1.0, 2.0, 1.0], [0.0, 5.0, 0.0], [1.0, 2.0, 1.0]])
    y, pullback = vjp(lambda x: np.unique(x, axis=axis), x)
    counts = np.unique(x, axis=axis, return_counts=True)[1]
    assert_allclose(np.sum(pullback(y) * x), np.sum(y * y))
    assert sorted(counts) == [1, 2]
    check_derivative(lambda x: np.unique(x, axis=axis) ** 2, np.arange(6.0).reshape(2, 3))


def test_against_differences(check_derivative):
    a, b = np.array([3.0, 1.0, 5.0]), np.array([[2.0, 4.0]])
    check_derivative(lambda a: np.unique(a * a) ** 2, a)
    check_derivative(lambda a, b: np.union1d(a * a, b) ** 2, a, b)
    check_derivative(lambda a, b: np.setxor1d(a * a, b) ** 2, a, b)
    check_derivative(lambda a, b: np.setdiff1d(a * a, b) ** 2, a, b)


def test_two_arrays():
    a, b = np.array([2.0, 3.0, 2.0]), np.array([5.0, 3.0])
    of_a, of_b = vjp(np.union1d, a, b)[1](np.array([2.0, 10.0, 100.0]))
    assert_array_equal(of_a, [1, 5, 1])
    assert_array_equal(of_b, [100, 5])
    of_a, of_b = vjp(np.setxor1d, a, b)[1](np.array([2.0, 10.0]))
    assert_array_equal(of_a, [1, 0, 1])
    assert_array_equal(of_b, [10, 0])
    of_a, of_b = vjp(np.setdiff1d, a, b)[1](np.array([2.0]))
    assert_array_equal(of_a, [1, 0, 1])
    assert_array_equal(of_b, [0, 0])
    of_a, _ = vjp(lambda a, b: np.setdiff1d(a, b, assume_unique=True), a, b)[1](np.array([2.0, 4]))
    assert_array_equal(of_a, [2, 0, 4])


def test_nothing_in_it():
    empty = np.zeros(0)
    for function in (np.unique, lambda x: np.setdiff1d(x, [1.0]), lambda x: np.union1d(x, x)):
        assert vjp(function, empty)[1](empty).shape == (0,)
    assert_array_equal(vjp(lambda x: np.setdiff1d(x, x), X)[1](empty), 0)


def test_nan_is_a_value():
    x = np.array([np.nan, 2.0, np.nan])
    assert_array_equal(vjp(np.unique, x)[1](np.array([3.0, 8.0])), [4, 3, 4])


def test_counts_are_constant():
    assert grad(lambda x: np.sum(x) * np.unique(x, return_counts=True)[1][2])(X).tolist() == [
        [2.0, 2.0],
        [2.0, 2.0],
    ]


@pytest.mark.parametrize("unique", [False, True])
@pytest.mark.parametrize("indices", [False, True])
def test_an_intersection_moves_with_the_first_array(check_derivative, unique, indices):
    def common(a, b):
        y = np.intersect1d(a, b, assume_unique=unique, return_indices=indices)
        return y[0] if indices else y

    # Both arrays have the elements, so they stay common whatever the parameters are.
    check_derivative(
        lambda p, q: common(p * p, np.concatenate([q, (p * p)[2:0:-1]])) ** 2,
        np.array([0.5, 2.0, 1.0]),
        np.array([7.0]),
    )
    a, b = np.array([[4.0, 2.0, 3.0]]), np.array([5.0, 3.0, 4.0])
    y, pullback = vjp(common, a, b)
    assert_array_equal(y, [3, 4])
    of_a, of_b = pullback(np.array([10.0, 100.0]))
    assert_array_equal(of_a, [[100, 0, 10]])
    assert_array_equal(of_b, [0, 0, 0])


def test_equal_elements_of_an_intersection_share():
    _, pullback = vjp(lambda x: np.intersect1d(x, [3.0, 1.0, 5.0, 3.0]), X)
    assert_array_equal(pullback(np.array([1.0, 100.0])), [[50, 1], [0, 50]])
    places = grad(lambda x: x.sum() * np.intersect1d(x, [2.0], return_indices=True)[1][0])(X)
    assert_array_equal(places, np.full((2, 2), 2.0))


def test_a_second_derivative():
    got = jacobian(lambda x: grad(lambda x: np.sum(np.unique(x) ** 3))(x))(np.array([2.0, 1.0]))
    assert_allclose(got, np.diag([12.0, 6.0]))
