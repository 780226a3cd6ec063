"""Norms and condition numbers: against differences, in closed form, at zeros and ties."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, vjp
from pullback.errors import DerivativeNotImplementedError

VECTOR_ORDERS = [None, 2, 1, inf, -inf, 0, 3, 1.5, 0.5, -1, -2.5]
MATRIX_ORDERS = [None, "fro", "f", "nuc", 1, -1, 2, -2, inf, -inf]
NORMS = [np.linalg.norm, np.linalg.vector_norm]


def random(shape, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("ord", VECTOR_ORDERS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_vectors(check_derivative, ord, keepdims, dtype):
    x = random((2, 3), 0, dtype)
    for axis in (0, -1, (1,)):
        check_derivative(lambda x, i=axis: np.linalg.norm(x, ord, i, keepdims), x)
    if ord is not None:
        for axis in (None, 1, (0, -1), (-1, 0)):
            params = {"axis": axis, "keepdims": keepdims, "ord": ord}
            check_derivative(lambda x, p=params: np.linalg.vector_norm(x, **p), x)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("ord", MATRIX_ORDERS)
@pytest.mark.parametrize("keepdims", [False, True])
def test_matrices(check_derivative, ord, keepdims, dtype):
    x = random((2, 3, 4), 0, dtype)
    check_derivative(lambda x: np.linalg.norm(x, ord, keepdims=keepdims), x[0])
    check_derivative(lambda x: np.linalg.norm(x, ord, (1, -3), keepdims), x)
    check_derivative(lambda x: np.linalg.matrix_norm(x, keepdims=keepdims, ord=ord), x)


def test_all_elements(check_derivative):
    for shape in [(), (3,), (2, 3), (2, 3, 2)]:
        check_derivative(np.linalg.norm, random(shape))
        check_derivative(np.linalg.vector_norm, random(shape))
    assert type(grad(np.linalg.norm)(-2.0)) is float
    assert grad(np.linalg.norm)(-2.0) == -1.0


@pytest.mark.parametrize("ord", VECTOR_ORDERS)
def test_a_vector_of_zeros_has_no_slope(ord):
    with np.errstate(all="ignore"):  # NumPy warns of negative powers of 0
        assert_array_equal(grad(lambda x: np.linalg.norm(x, ord))(np.zeros(3)), np.zeros(3))
        partly = grad(lambda x: np.linalg.norm(x, ord))(np.array([0.0, 2.0]))
    assert partly[0] == 0.0
    assert np.isfinite(partly[1])
    assert_array_equal(hessian(np.linalg.norm)(np.zeros(2)), np.zeros((2, 2)))


@pytest.mark.parametrize("ord", MATRIX_ORDERS)
def test_a_matrix_of_zeros_has_no_slope(ord):
    zeros = np.zeros((2, 3))
    assert_array_equal(grad(lambda x: np.linalg.norm(x, ord))(zeros), zeros)
    assert_array_equal(grad(lambda x: np.linalg.matrix_norm(x, ord=ord))(zeros), zeros)


def test_a_norm_beside_a_branch_that_is_not_taken():
    def unit(x):
        length = np.linalg.norm(x)
        return np.sum(np.where(length > 0, x / np.where(length > 0, length, 1.0), 0.0))

    assert_array_equal(grad(unit)(np.zeros(2)), np.zeros(2))


def test_extremes_that_are_equal_share():
    x = np.array([3.0, -3.0, 1.0])
    assert_allclose(grad(lambda x: np.linalg.norm(x, inf))(x), [0.5, -0.5, 0])
    assert_allclose(grad(lambda x: np.linalg.norm(x, -inf))(x[:2]), [0.5, -0.5])
    a = np.array([[1.0, -2.0], [2.0, 1.0]])
    for ord in (1, -1, inf, -inf):
        assert_allclose(grad(lambda a, o=ord: np.linalg.norm(a, o))(a), np.sign(a) / 2)
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    for ord in (2, -2):
        assert_allclose(grad(lambda a, o=ord: np.linalg.norm(a, o))(rotation), rotation / 2)


@pytest.mark.parametrize("dtype", [float, complex])
def test_the_nuclear_norm_has_the_unitary_factor_as_its_gradient(dtype):
    a = random((3, 2), 0, dtype)
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    nuclear = grad(lambda a: np.linalg.norm(a, "nuc"))
    assert_allclose(nuclear(a), np.conj(u @ vh))
    one = np.outer(a[:, 0], a[0])  # of rank 1
    assert_allclose(nuclear(one), np.conj(one) / np.linalg.norm(one), atol=1e-14)


@pytest.mark.parametrize("function", NORMS)
def test_the_derivative_by_the_order_is_refused(function):
    x = np.array([1.0, 2.0])
    y, pullback = vjp(lambda x, p: function(x, ord=p), x, 3.0)
    with pytest.raises(DerivativeNotImplementedError, match="order of a norm is not written"):
        pullback(y)


def test_sizes_that_overflow_in_the_square_stay_finite():
    for x in (np.array([1e-200, 1e-180]), np.array([0.0, 1e-200])):
        assert np.all(np.isfinite(grad(np.linalg.norm)(x)))
        assert np.all(np.isfinite(grad(lambda x: np.linalg.norm(x, 3))(x)))


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_precision_stays(dtype):
    x = random((2, 2)).astype(dtype)
    for ord in MATRIX_ORDERS:
        y, pullback = vjp(lambda x, o=ord: np.linalg.norm(x, o), x)
        assert (y.dtype, pullback(y).dtype) == (np.float32, dtype)
    for ord in VECTOR_ORDERS[1:]:
        y, pullback = vjp(lambda x, o=ord: np.linalg.vector_norm(x, ord=o), x)
        assert (y.dtype, pullback(y).dtype) == (np.float32, dtype)
    for p in (None, -2, 1, inf, "fro"):
        y, pullback = vjp(lambda x, p=p: np.linalg.cond(x, p), x)
        assert (y.dtype, pullback(y).dtype) == (np.float32, dtype)


def test_empty_arrays():
    for ord in (None, 1, 2, "fro", "nuc", inf):
        x = np.zeros((2, 0))
        assert grad(lambda x, o=ord: np.linalg.norm(x, o))(x).shape == (2, 0)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, inf, -inf, "fro", "nuc"])
def test_condition_numbers(check_derivative, p, dtype):
    a = random((2, 3, 3), 3, dtype)
    check_derivative(lambda a: np.linalg.cond(a, p), a, rtol=1e-6)
    check_derivative(lambda a: np.linalg.cond(a, p), a[0], rtol=1e-6)
    if p in (None, 2, -2):
        check_derivative(lambda a: np.linalg.cond(a[:, :2], p), a[0], rtol=1e-6)


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, inf, -inf, "fro"])
def test_condition_numbers_of_singular_and_of_scaled_matrices(p):
    singular = np.stack([np.zeros((2, 2)), np.diag([1.0, 0.0]), np.diag([1.0, 2.0])])
    y, pullback = vjp(lambda a: np.linalg.cond(a, p), singular)
    assert_array_equal(np.isinf(y[:2]), [True, p != -2])
    gradient = pullback(np.ones(3))
    assert_array_equal(gradient[0], np.zeros((2, 2)))
    assert np.all(np.isfinite(gradient))
    assert_array_equal(pullback(np.zeros(3)), np.zeros((3, 2, 2)))
    a = random((3, 3))
    along_itself = np.sum(grad(lambda a: np.linalg.cond(a, p))(a) * a)
    assert abs(along_itself) < 1e-10  # no scale changes it
