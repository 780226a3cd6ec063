"""Eigenvalues and eigenvectors: against differences, in closed form, and where they coincide."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, vjp
from pullback_numpy.eigenvalues import regular

WEIGHTS = np.array([[1.0, -2.0, 0.5], [0.3, 1.5, -1.0], [2.0, 0.7, 0.2]])
DEFECTIVE = np.array([[0.0, 1.0], [0.0, 0.0]])


def random(shape, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


def symmetric(values, seed=0):
    """A symmetric matrix with these eigenvalues."""
    q, _ = np.linalg.qr(random((len(values), len(values)), seed))
    return (q * values) @ q.T


def invariant(a, UPLO="L"):
    """A number made of the eigenvalues and of the vectors up to their phases."""
    w, v = np.linalg.eigh(a, UPLO)
    return np.sum(np.sin(w)) + np.sum(np.abs(v) ** 2 * WEIGHTS) + np.sum(w * np.abs(v[0]) ** 4)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("UPLO", ["L", "U", "u"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_what_does_not_depend_on_phases(check_derivative, shape, UPLO, dtype):
    a = random(shape, dtype=dtype)
    check_derivative(lambda a: invariant(a, UPLO) if a.ndim == 2 else invariant(a[1], UPLO), a)
    check_derivative(lambda a: np.linalg.eigvalsh(a, UPLO), a)
    gradient = grad(lambda a: np.sum(np.linalg.eigvalsh(a, UPLO) ** 3))(a)
    other = np.triu(gradient, 1) if UPLO == "L" else np.tril(gradient, -1)
    assert_array_equal(other, np.zeros(shape))


def test_vectors_of_real_symmetric_matrices_themselves(check_derivative):
    for seed in range(3):
        check_derivative(np.linalg.eigh, random((2, 3, 3), seed))


def test_a_function_of_a_symmetric_matrix():
    a = symmetric([1.0, 2.0, 4.0])
    both = grad(lambda a: np.sum(np.exp(np.linalg.eigvalsh(a + a.T))))(a) / 2
    w, v = np.linalg.eigh(2 * a)
    assert_allclose(both, (v * np.exp(w)) @ v.T)


@pytest.mark.parametrize("values", [[2.0, 2.0, 2.0], [1.0, 1.0, 3.0]])
def test_equal_eigenvalues_share(values):
    """The largest of them is a multiple of a projector then, whatever basis LAPACK has found."""
    for a in (np.diag(values), symmetric(values)):
        gradient = grad(lambda a: np.max(np.linalg.eigvalsh(a + a.T) / 2))(a)
        w, v = np.linalg.eigh(a)
        largest = v[:, np.abs(w - w[-1]) < 1e-9]
        assert_allclose(gradient, largest @ largest.T / largest.shape[1], atol=1e-14)
        squares = grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2))(a)
        assert_allclose(squares, _lower(2 * a), atol=1e-14)
        assert np.all(np.isfinite(hessian(lambda a: np.sum(np.linalg.eigh(a)[1]))(a)))


def _lower(gradient):
    return np.tril(gradient) + np.tril(gradient, -1)


def test_the_space_of_equal_eigenvalues_moves(check_derivative):
    for a in (np.diag([1.0, 1.0, 3.0]), symmetric([1.0, 1.0, 3.0], 1)):

        def projector(a):
            v = np.linalg.eigh(a)[1][:, :2]
            return v @ v.T

        check_derivative(projector, a, order=1)


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("seed", range(3))
def test_vectors_of_length_one_with_one_real_component(check_derivative, dtype, seed):
    a = random((3, 3), seed, dtype)
    if dtype is float:
        a = a - 2 * a.T  # so that there is a complex pair
    assert np.iscomplexobj(np.linalg.eigvals(a))
    check_derivative(np.linalg.eig, a, rtol=1e-6)
    check_derivative(np.linalg.eigvals, a)
    check_derivative(lambda a: np.linalg.eig(np.stack([a, 2 * a + np.eye(3)])), a, rtol=1e-6)


def test_power_sums_of_eigenvalues():
    a = random((4, 4), 1)
    gradient = grad(lambda a: np.real(np.sum(np.linalg.eigvals(a) ** 3)))(a)
    assert_allclose(gradient, 3 * (a @ a).T, atol=1e-12)
    assert_allclose(grad(lambda a: np.sum(np.real(np.linalg.eig(a)[0])))(a), np.eye(4), atol=1e-13)


def test_the_length_of_a_vector_does_not_change():
    for dtype in (float, complex):
        gradient = grad(lambda a: np.sum(np.abs(np.linalg.eig(a)[1]) ** 2))(
            random((3, 3), 2, dtype)
        )
        assert_allclose(gradient, np.zeros((3, 3)), atol=1e-13)


def test_equal_eigenvalues_of_general_matrices():
    a = 2.0 * np.eye(3)
    assert_allclose(grad(lambda a: np.sum(np.linalg.eigvals(a) ** 2))(a), 4 * np.eye(3))
    assert_allclose(grad(lambda a: np.linalg.eigvals(a)[1])(a), np.eye(3) / 3)
    assert_array_equal(vjp(np.linalg.eig, a)[1]((np.zeros(3), WEIGHTS)), np.zeros((3, 3)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("a", [DEFECTIVE, np.array([[1.0, 1.0], [0.0, 1.0]])])
def test_the_mean_of_equal_eigenvalues_moves_where_there_are_too_few_vectors(a, dtype):
    a = np.stack([a, [[1.0, 2.0], [3.0, 4.0]]]).astype(dtype)
    w, pullback = vjp(np.linalg.eigvals, a)
    assert_array_equal(pullback(np.zeros_like(w)), np.zeros_like(a))
    gradient = pullback(np.array([1, 2], w.dtype) * np.ones_like(w))
    assert_allclose(gradient[0], 1.5 * np.eye(2), atol=10 * np.finfo(dtype).eps ** 0.5)
    assert_allclose(gradient[1], vjp(np.linalg.eigvals, a[1])[1](np.array([1, 2], w.dtype)))
    assert np.all(np.isfinite(vjp(np.linalg.eig, a)[1]((w, np.ones_like(a)))))


@pytest.mark.parametrize("seed", range(4))
def test_eigenvalues_that_rounding_has_split_are_equal(seed):
    basis = random((2, 2), seed)
    a = basis @ np.array([[2.0, 1.0], [0.0, 2.0]]) @ np.linalg.inv(basis)
    gradient = grad(lambda a: np.real(np.linalg.eigvals(a)[0]))(a)
    assert_allclose(gradient, np.eye(2) / 2, atol=1e-6)


def test_singular_matrices_are_moved_a_little():
    a = np.stack([np.ones((2, 2)), 2 * np.eye(2)])
    y = regular(a)
    assert np.max(np.abs(np.linalg.inv(y[0]))) > 1e7
    assert_array_equal(y[1], a[1])


@pytest.mark.parametrize("function", [np.linalg.eigvalsh, np.linalg.eigvals])
def test_empty_matrices_and_single_precision(function):
    assert vjp(function, np.zeros((2, 0, 0)))[1](np.zeros((2, 0))).shape == (2, 0, 0)
    a = symmetric([1.0, 2.0]).astype(np.float32)
    w, pullback = vjp(function, a)
    assert (w.dtype, pullback(w).dtype) == (np.float32, np.float32)


def test_diagonal_and_triangular_matrices():
    _, pullback = vjp(np.linalg.eigh, np.diag([3.0, 1.0, 2.0]))
    gradient = pullback((np.array([1.0, 2.0, 3.0]), np.zeros((3, 3))))
    assert_array_equal(gradient, np.diag([3.0, 1.0, 2.0]))
    triangular = np.array([[1.0, 5.0], [0.0, 2.0]])
    assert_allclose(grad(lambda a: np.linalg.eigvals(a)[0])(triangular), [[1, 0], [-5, 0]])
