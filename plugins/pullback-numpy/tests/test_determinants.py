"""Determinants: singular matrices at every order, stacks, signs, and matrices of bad scale."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, vjp
from pullback_numpy.determinants import cofactors, inverse_or_infinite

SINGULAR = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


def random(shape, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is np.complex128 else x


def of_rank(n, rank, seed=0, dtype=np.float64):
    return random((n, rank), seed, dtype) @ random((rank, n), seed + 1, dtype)


def by_minors(a):
    """Cofactors by their definition, in exact arithmetic."""

    def det(rows):
        if not rows:
            return Fraction(1)
        return sum(
            (-1) ** j * x * det([row[:j] + row[j + 1 :] for row in rows[1:]])
            for j, x in enumerate(rows[0])
        )

    rows = [[Fraction(float(x)) for x in row] for row in a]
    return np.array(
        [
            [
                float(
                    (-1) ** (i + j)
                    * det([row[:j] + row[j + 1 :] for k, row in enumerate(rows) if k != i])
                )
                for j in range(len(rows))
            ]
            for i in range(len(rows))
        ]
    ).reshape(a.shape)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (4, 4), (2, 3, 3), (2, 0, 2, 2), (0, 0)])
def test_det_and_slogdet(check_derivative, shape, dtype):
    a = random(shape, dtype=dtype)
    check_derivative(np.linalg.det, a)
    check_derivative(np.linalg.slogdet, a)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize(("n", "rank"), [(n, rank) for n in (1, 2, 3, 5) for rank in range(n)])
def test_det_of_a_singular_matrix(check_derivative, n, rank, dtype):
    check_derivative(np.linalg.det, of_rank(n, rank, dtype=dtype))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_cofactors_of_every_rank(n):
    for rank in range(n + 1):
        a = of_rank(n, rank, seed=n)
        assert_allclose(cofactors(a), by_minors(a), rtol=1e-12, atol=1e-13)
    assert_allclose(grad(np.linalg.det)(np.diag([0.0] + [2.0] * (n - 1)))[0, 0], 2.0 ** (n - 1))


def test_a_stack_of_regular_and_singular_matrices(check_derivative):
    stack = np.stack([random((3, 3)), SINGULAR, np.zeros((3, 3))])
    check_derivative(np.linalg.det, stack)
    for one, many in zip(stack, grad(lambda a: np.sum(np.linalg.det(a)))(stack), strict=True):
        assert_allclose(grad(np.linalg.det)(one), many)


def test_the_third_derivative_is_the_sign_of_permutations():
    third = jacobian(jacobian(jacobian(np.linalg.det)))
    want = np.zeros((3,) * 6)
    for rows, columns in itertools.product(itertools.permutations(range(3)), repeat=2):
        sign = np.linalg.det(np.eye(3)[[*rows]]) * np.linalg.det(np.eye(3)[[*columns]])
        want[rows[0], columns[0], rows[1], columns[1], rows[2], columns[2]] = sign
    for a in (np.zeros((3, 3)), SINGULAR, random((3, 3))):
        assert_allclose(third(a), want, atol=1e-12)


def test_mixed_derivatives_of_order_four(check_derivative):
    a, *directions = (random((5, 5), seed) for seed in range(4))
    check_derivative(cofactors, a, *directions)
    check_derivative(cofactors, of_rank(5, 2), *directions)
    assert_array_equal(cofactors(a[:2, :2], *(x[:2, :2] for x in directions)), np.zeros((2, 2)))


@pytest.mark.parametrize(
    "a",
    [
        np.array([[1e200, 1.0], [1.0, 1.0]]),
        np.array([[1.0, 2.0, 3.0], [4e-200, 5e-200, 6e-200], [7e150, 8e150, 10e150]]),
        np.array([[1.0, 2.0, 3.0], [4e-200, 5e-200, 6e-200], [7e100, 8e100, 9e100]]),
        np.diag([1e150, 1e-150, 1e100, 1e-200]),
        np.diag([1e-200, 1e-200, 1e-200]),
    ],
)
def test_rows_of_very_different_size(a):
    assert_allclose(cofactors(a), by_minors(a), rtol=1e-13, atol=1e-300)


def test_the_logarithm_where_the_determinant_underflows(check_derivative):
    a = 1e-200 * (random((4, 4)) + 3 * np.eye(4))
    assert np.linalg.det(a) == 0.0
    got = grad(lambda a: np.linalg.slogdet(a).logabsdet)(a)
    assert_allclose(got, np.linalg.inv(a).T, rtol=1e-12)


def test_the_sign_of_a_complex_matrix_turns(check_derivative):
    a = random((3, 3), dtype=np.complex128)
    check_derivative(lambda a: np.linalg.slogdet(a).sign, a)
    _, pullback = vjp(lambda t: np.linalg.slogdet(np.exp(1j * t) * a).sign, 0.5)
    turned = np.linalg.slogdet(np.exp(0.5j) * a).sign
    assert_allclose(pullback(1.0 + 0j), np.real(3j * turned))


def test_the_logarithm_of_a_singular_matrix_has_infinite_derivatives():
    gradient = grad(lambda a: np.linalg.slogdet(a).logabsdet)
    assert_array_equal(gradient(np.diag([2.0, 0.0])), [[0.0, 0.0], [0.0, np.inf]])
    assert_array_equal(gradient(np.array([[1.0, 2.0], [2.0, 4.0]])), np.inf * SIGNS)
    assert_array_equal(inverse_or_infinite(np.array([[1.0, 2.0], [2.0, 4.0]])), np.inf * SIGNS)


SIGNS = np.array([[1.0, -1.0], [-1.0, 1.0]])


def test_a_program_that_avoids_singular_matrices_has_finite_derivatives():
    def guarded(stack):
        sign, log = np.linalg.slogdet(stack)
        return np.sum(np.where(sign == 0, 0.0, log))

    stack = np.stack([np.eye(2), np.ones((2, 2))])
    assert_array_equal(grad(guarded)(stack), [np.eye(2), np.zeros((2, 2))])
    second = hessian(guarded)(stack)
    assert np.all(np.isfinite(second))
    assert_array_equal(second[1], np.zeros((2, 2, 2, 2, 2)))


def test_nan_stays_in_its_matrix():
    stack = np.stack([np.eye(2), np.full((2, 2), np.nan)])
    with np.errstate(invalid="ignore"):
        for function in (np.linalg.det, lambda a: np.linalg.slogdet(a).logabsdet):
            got = vjp(function, stack)[1](np.ones(2))
            assert_array_equal(got, [np.eye(2), np.full((2, 2), np.nan)])


def test_what_does_not_depend_on_a_matrix_is_not_spoilt_by_its_size():
    a, direction = np.array([[0.5, -1.5], [2.5e199, -0.25]]), np.array([[2.0, 3.0], [4.0, 5.0]])
    assert_allclose(cofactors(a, direction), [[5.0, -4.0], [-3.0, 2.0]], rtol=1e-14)


def test_cofactors_refuse_what_is_not_square():
    with pytest.raises(np.linalg.LinAlgError, match="square"):
        cofactors(np.ones((2, 3)))


def test_single_precision_stays():
    a = random((3, 3)).astype(np.float32)
    for function in (np.linalg.det, lambda a: np.linalg.slogdet(a).logabsdet):
        y, pullback = vjp(function, a)
        assert y.dtype == pullback(y).dtype == np.float32
    assert cofactors(a, a).dtype == cofactors(a).dtype == inverse_or_infinite(a).dtype == np.float32
