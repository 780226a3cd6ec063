"""Pseudo-inverses and least squares: every shape and rank, cut-offs, what is not written."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, jvp, vjp
from pullback.errors import DerivativeNotImplementedError
from pullback_numpy.least_squares import stein

DTYPES = [np.float64, np.complex128]


def random(shape, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is np.complex128 else x


def with_values(shape, values, dtype=np.float64):
    u, _ = np.linalg.qr(random((shape[0],) * 2, 1, dtype))
    v, _ = np.linalg.qr(random((shape[1],) * 2, 2, dtype))
    k = len(values)
    return (u[:, :k] * values) @ v[:k]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 3), (4, 2), (2, 4), (2, 4, 3), (0, 3, 2), (0, 3), (3, 0)]
)
def test_pinv(check_derivative, shape, dtype):
    check_derivative(np.linalg.pinv, random(shape, dtype=dtype))


def test_pinv_of_a_badly_scaled_matrix_is_its_inverse():
    a, ct = np.array([[0.5, -1.5], [0.25, -2.5e7]]), np.array([[-0.25, 0.7], [0.45, -1.3]])
    inverse = np.linalg.inv(a).T
    got = vjp(np.linalg.pinv, a)[1](ct)
    assert_allclose(got, -inverse @ ct @ inverse, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4)])
@pytest.mark.parametrize("params", [{"rcond": 0.3}, {"rtol": 0.3}, {"rcond": np.array(0.05)}])
def test_singular_values_that_a_cut_off_drops(check_derivative, shape, params, dtype):
    a = with_values(shape, [3.0, 2.0, 0.5], dtype)
    check_derivative(lambda a: np.linalg.pinv(a, **params), a)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rcond", [None, 0.3])
def test_pinv_of_hermitian_matrices(check_derivative, rcond, dtype):
    a = random((3, 3), dtype=dtype)
    a = (a + a.conj().T) / 8 + np.diag([3.0, -2.0, 0.3])
    check_derivative(lambda a: np.linalg.pinv(a, rcond, hermitian=True), a)
    check_derivative(lambda a: np.linalg.pinv(a, rcond, True), np.stack([a, a + np.eye(3) / 9]))
    _, pullback = vjp(lambda a: np.linalg.pinv(a, rcond, True), a)
    assert_array_equal(np.triu(pullback(random((3, 3), 1, dtype)), 1), np.zeros((3, 3)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_along_matrices_of_one_rank_that_is_not_full(check_derivative, dtype):
    def product(u, v):
        return np.linalg.pinv(u @ v, rcond=1e-10)

    check_derivative(product, random((4, 2), 1, dtype), random((2, 3), 2, dtype))
    x = random(4, 3, dtype)

    def solution(u, v):
        return np.linalg.lstsq(u @ v, x)[0]

    check_derivative(solution, random((4, 2), 1, dtype), random((2, 3), 2, dtype))


def test_of_a_regular_matrix_it_is_the_inverse():
    a, ct = random((3, 3)), random((3, 3), 1)
    want = vjp(np.linalg.inv, a)[1](ct)
    assert_allclose(vjp(np.linalg.pinv, a)[1](ct), want, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1e-100, 1e150, 1e200])
def test_matrices_of_any_scale(scale):
    a, ct = random((4, 3)), random((3, 4), 1)
    want = vjp(lambda a: np.linalg.pinv(a, 1e-5), a)[1](ct)
    got = vjp(lambda a: np.linalg.pinv(a * scale, 1e-5) * scale, a)[1](ct)
    assert_allclose(got, want, rtol=1e-9)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2)])
def test_a_cut_that_cuts_nothing_loses_no_digits(shape):
    a, ct = np.zeros(shape), random(shape[::-1], 1)
    a[:2, :2] = [[500.0, -1500.0], [0.25, -0.25]]
    inverse, rest = np.linalg.inv(a[:2, :2]), ct[:2, :2]
    got = vjp(lambda a: np.linalg.pinv(a, 1e-6), a)[1](ct)[:2, :2]
    assert_allclose(got, -inverse.T @ rest @ inverse.T, rtol=1e-11)


def test_zero_has_the_derivative_zero():
    _, pullback = vjp(np.linalg.pinv, np.zeros((2, 3)))
    assert_array_equal(pullback(np.ones((3, 2))), np.zeros((2, 3)))


def test_stein(check_derivative):
    p, r, c = random((2, 3, 2)) / 4, random((4, 3), 1) / 4, random((2, 3, 4), 2)
    y = stein(p, r, c)
    assert_allclose(y - p @ p.mT @ y @ r @ r.T, c)
    check_derivative(stein, p, r, c)
    check_derivative(stein, p + 0.1j, r - 0.2j, c)
    for vectors in ((p, r, c[0, 0]), (p[0, 0], r, c), (p, r[0], c)):
        with pytest.raises(np.linalg.LinAlgError, match=r"^stein takes matrices$"):
            stein(*vectors)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("b", [(4,), (4, 2), (4, 0)])
@pytest.mark.parametrize("rcond", [None, 1e-5, -1])
@pytest.mark.parametrize("columns", [2, 4, 6])
def test_lstsq(check_derivative, b, columns, rcond, dtype):
    a, b = random((4, columns), dtype=dtype), random(b, 1, dtype)

    def solution(a, b):
        x, residuals, _, _ = np.linalg.lstsq(a, b, rcond=rcond)
        return x, residuals

    check_derivative(solution, a, b)
    check_derivative(lambda a: solution(a, b), a)
    check_derivative(lambda b: solution(a, b), b)


def test_lstsq_without_rows_or_columns(check_derivative):
    for shape in ((0, 2), (3, 0)):
        check_derivative(lambda a, b: np.linalg.lstsq(a, b)[0], np.ones(shape), np.ones(shape[0]))


def test_lstsq_with_singular_values_cut_off(check_derivative):
    a, b = with_values((5, 3), [3.0, 2.0, 0.5]), random((5, 2))
    check_derivative(lambda a, b: np.linalg.lstsq(a, b, 0.3)[0], a, b)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4, 3), (3, 4)])
def test_the_singular_values_of_lstsq(check_derivative, shape, dtype):
    a = with_values(shape, [3.0, 2.0, 0.5], dtype)
    check_derivative(lambda a: np.linalg.lstsq(a, np.ones(shape[0]))[3], a, order=1)


def test_equal_singular_values_share():
    def largest(a):
        return np.linalg.lstsq(a, np.ones(2))[3][0]

    assert_allclose(grad(largest)(np.eye(2)), np.eye(2) / 2)
    assert_array_equal(grad(largest)(np.zeros((2, 2))), np.zeros((2, 2)))


def test_the_second_derivative_of_singular_values_says_where_it_is():
    def f(a):
        return np.sum(np.linalg.lstsq(a, np.ones(3))[3])

    a = random((3, 2))
    with pytest.raises(DerivativeNotImplementedError, match=r"numpy\.linalg\.svd"):
        vjp(grad(f), a)[1](a)


def test_forward_mode_of_all_outputs():
    a, da = random((4, 2)), random((4, 2), 1)
    _, tangents = jvp(lambda a: np.linalg.lstsq(a, np.ones(4))[::3], (a,), (da,))
    x, s = (
        np.subtract(*parts) / 2e-6
        for parts in zip(
            *(np.linalg.lstsq(a + t * da, np.ones(4))[::3] for t in (1e-6, -1e-6)), strict=True
        )
    )
    assert_allclose(tangents[0], x, rtol=1e-6)
    assert_allclose(tangents[1], s, rtol=1e-6)


def test_a_fitted_line():
    x, y = np.arange(6.0), np.array([1.0, 2.9, 5.1, 7.0, 9.2, 10.8])

    def slope(y):
        return np.linalg.lstsq(np.stack([x, np.ones(6)], axis=1), y)[0][0]

    assert_allclose(grad(slope)(y), (x - x.mean()) / np.sum((x - x.mean()) ** 2), atol=1e-12)


def test_the_rank_is_a_constant():
    a = random((3, 3))
    assert_array_equal(grad(lambda a: np.sum(a) * np.linalg.matrix_rank(a))(a), np.full((3, 3), 3))


def test_single_precision_stays():
    a = random((4, 3)).astype(np.float32)
    for params in ({}, {"rtol": None}, {"rcond": 1e-3}):
        y, pullback = vjp(lambda a, params=params: np.linalg.pinv(a, **params), a)
        assert y.dtype == pullback(y).dtype == np.float32
    y, pullback = vjp(lambda a: np.linalg.lstsq(a, a[:, 0])[0], a)
    assert y.dtype == pullback(y).dtype == np.float32
