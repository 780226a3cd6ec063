"""Kronecker and cross products of every combination of dimensions, against differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, vjp


def random(shape, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


@pytest.mark.parametrize("a", [(), (2,), (3, 2), (2, 1, 3)])
@pytest.mark.parametrize("b", [(), (3,), (2, 2), (1, 2, 2)])
def test_kron(check_derivative, a, b):
    check_derivative(np.kron, random(a), random(b, 1))
    check_derivative(np.kron, random(a, 0, complex), random(b, 1, complex))


def test_the_derivative_of_a_kronecker_product_by_the_identity_is_a_sum_of_traces():
    b = random((3, 3))
    gradient = grad(lambda a: np.trace(np.kron(a, b)))(np.eye(2))
    assert_allclose(gradient, np.trace(b) * np.eye(2))


@pytest.mark.parametrize(
    ("a", "b", "params"),
    [
        ((3,), (3,), {}),
        ((4, 3), (3,), {}),
        ((4, 1, 3), (2, 3), {"axisc": 0}),
        ((3, 4), (4, 3), {"axisa": 0, "axisc": -2}),
        ((2, 3, 4), (3, 4), {"axisa": 1, "axisb": 0, "axisc": 1}),
        ((3, 2), (3, 2), {"axis": 0}),
    ],
)
@pytest.mark.parametrize("dtype", [float, complex])
def test_cross(check_derivative, a, b, params, dtype):
    check_derivative(
        lambda a, b: np.cross(a, b, **params), random(a, 0, dtype), random(b, 1, dtype)
    )


def test_a_product_with_itself_is_zero_and_so_is_its_derivative():
    y, back = vjp(lambda a: np.linalg.cross(a, a), random(3))
    assert_array_equal(y, np.zeros(3))
    assert_array_equal(back(np.ones(3)), np.zeros(3))


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors:DeprecationWarning")
@pytest.mark.parametrize(("a", "b"), [((2,), (2,)), ((4, 2), (3,)), ((3,), (4, 2)), ((2,), (4, 2))])
def test_vectors_of_two_numbers_lie_in_the_plane(check_derivative, a, b):
    check_derivative(np.cross, random(a), random(b, 1))


@pytest.mark.parametrize("axis", [0, -1])
def test_stacked_scalar_products(check_derivative, axis):
    a, b = random((3, 3), 0, complex), random((3, 3), 1, complex)
    check_derivative(lambda a, b: np.linalg.vecdot(a, b, axis=axis), a, b)
    check_derivative(
        lambda a, b: np.linalg.vecdot(a, b, axis=axis),
        a.real,
        b.real[:1, :1] * np.ones((3, 1) if axis == 0 else (1, 3)),
    )
    check_derivative(lambda a, b: np.linalg.cross(a, b, axis=axis), a, b)
