"""QR and singular values: against differences, by identities, where values are equal or vanish."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, vjp
from pullback.errors import DerivativeNotImplementedError
from pullback_numpy.decompositions import back_substitute

SHAPES = [(3, 3), (4, 2), (2, 4), (1, 3), (3, 1), (2, 3, 2)]
DTYPES = [float, complex]


def random(shape, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


def of_rank(rank, shape, dtype=float):
    return random((shape[0], rank), 1, dtype) @ random((rank, shape[1]), 2, dtype)


def adjoint(x):
    return np.conj(x.mT)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
def test_qr_of_every_shape(check_derivative, shape, mode, dtype):
    """The factors themselves, as LAPACK's signs and phases are smooth."""
    check_derivative(lambda a: np.linalg.qr(a, mode), random(shape, 0, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_product_of_the_factors_is_the_matrix(shape, dtype):
    a, ct = random(shape, 0, dtype), random(shape, 1, dtype)
    assert_allclose(vjp(lambda a: np.matmul(*np.linalg.qr(a, "complete")), a)[1](ct), ct)

    def product(a, full=False):
        u, s, vh = np.linalg.svd(a, full_matrices=full)
        k = s.shape[-1]
        return u[..., :k] * s[..., None, :] @ vh[..., :k, :]

    for full in (False, True):
        y, pullback = vjp(lambda a, full=full: product(a, full), a)
        assert_allclose(y, a)
        assert_allclose(pullback(ct), ct, atol=1e-12)


def test_reflections_are_not_differentiated():
    _, pullback = vjp(lambda a: np.linalg.qr(a, "raw")[1], np.eye(2))
    with pytest.raises(DerivativeNotImplementedError, match="use mode='complete'"):
        pullback(np.ones(2))
    with pytest.raises(ValueError, match="Unrecognized mode"):
        vjp(lambda a: np.linalg.qr(a, "other"), np.eye(2))


@pytest.mark.parametrize("dtype", DTYPES)
def test_columns_that_complete_a_triangular_matrix(check_derivative, dtype):
    """There are no reflections then, and only the space of the columns has a derivative."""
    a = np.triu(random((4, 2), 3, dtype)) + 2 * np.eye(4, 2)

    def projector(a):
        rest = np.linalg.qr(a, "complete")[0][:, 2:]
        return rest @ adjoint(rest)

    check_derivative(projector, a)
    assert np.all(np.isfinite(grad(lambda a: np.sum(np.linalg.qr(a, "complete")[0].real))(a)))


def test_qr_of_dependent_columns_is_finite():
    for a in (np.zeros((3, 2)), of_rank(1, (3, 3)), np.array([[1.0, 0.0], [2.0, 0.0], [0.5, 0.0]])):
        y, pullback = vjp(np.linalg.qr, a)
        assert np.all(np.isfinite(pullback(y)))
        assert_array_equal(pullback(tuple(map(np.zeros_like, y))), np.zeros_like(a))
    # The length of the first column, whose derivative is a unit vector, beside a column of zeros.
    gradient = grad(lambda a: np.abs(np.linalg.qr(a)[1][0, 0]))(a)
    assert_allclose(gradient[:, 0], a[:, 0] / np.linalg.norm(a[:, 0]))


def test_columns_of_very_different_lengths():
    a, ct, scale = random((3, 3)), random((3, 3), 1), np.array([1.0, 1e-30, 1e30])
    want = vjp(lambda a: np.linalg.qr(a, "r"), a)[1](ct)
    found = vjp(lambda a: np.linalg.qr(a, "r"), a * scale)[1](ct / scale)
    assert_allclose(found * scale, want)


def test_back_substitution_keeps_infinities_in_their_rows():
    r = np.triu(random((3, 3))) + 2 * np.eye(3)
    b = np.array([[np.inf], [1.0], [2.0]])
    assert_allclose(back_substitute(r, b)[1:], np.linalg.solve(r, [[0.0], [1.0], [2.0]])[1:])
    with pytest.raises(ValueError, match="square matrices"):
        back_substitute(np.ones((2, 3)), np.ones((2, 1)))


def invariant(a, full_matrices):
    """What does not depend on phases, nor on the basis of what ``full_matrices`` adds."""
    u, s, vh = np.linalg.svd(a, full_matrices)
    k = s.shape[-1]
    weights = np.arange(1.0, k + 1)
    parts = (u[..., :k] * weights) @ vh[..., :k, :], (u[..., :k] * weights**2) @ adjoint(u[..., :k])
    rest = u[..., k:] @ adjoint(u[..., k:]), adjoint(vh[..., k:, :]) @ vh[..., k:, :]
    return *parts, *rest, np.sin(s)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("full_matrices", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors_up_to_phases(check_derivative, shape, full_matrices, dtype):
    check_derivative(lambda a: invariant(a, full_matrices), random(shape, 0, dtype), rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_vectors_of_real_matrices_themselves(check_derivative, shape):
    check_derivative(lambda a: np.linalg.svd(a, full_matrices=False), random(shape), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_singular_values_of_hermitian_matrices(check_derivative, dtype):
    a = random((3, 3), 0, dtype)
    assert np.min(np.linalg.eigvalsh(a)) < 0

    def weighted(a):
        u, s, vh = np.linalg.svd(a, hermitian=True)
        return (u * np.sin(s)) @ vh, np.abs(u) ** 2

    check_derivative(weighted, a)
    check_derivative(lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True), a)
    gradient = grad(lambda a: np.sum(np.linalg.svd(a, hermitian=True)[1]))(a)
    assert_array_equal(np.triu(gradient, 1), np.zeros((3, 3)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_alone(check_derivative, dtype):
    for shape in SHAPES:
        check_derivative(np.linalg.svdvals, random(shape, 0, dtype))
    gradient = grad(lambda a: np.sum(np.linalg.svdvals(a) ** 2))(random((3, 2), 0, dtype))
    assert_allclose(gradient, 2 * np.conj(random((3, 2), 0, dtype)))


def test_equal_singular_values_share():
    q, _ = np.linalg.qr(random((3, 3)))
    for a in (np.eye(3), q, np.eye(3, 2), q[:, :2]):
        k = min(a.shape)
        gradient = grad(lambda a: np.linalg.svdvals(a)[0])(a)
        assert_allclose(gradient, a / k, atol=1e-14)
        assert_allclose(grad(lambda a: np.linalg.svd(a)[1][-1])(a), gradient, atol=1e-14)
        assert np.all(np.isfinite(hessian(lambda a: np.sum(np.linalg.svd(a)[0]))(a)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_that_are_zero(dtype):
    """The sum of the singular values has the gradient of those that are not 0."""
    for shape in [(3, 3), (4, 2), (2, 4)]:
        a = of_rank(1, shape, dtype)
        u, _, vh = np.linalg.svd(a)
        want = np.conj(np.outer(u[:, 0], vh[0]))
        assert_allclose(grad(lambda a: np.sum(np.linalg.svdvals(a)))(a), want, atol=1e-14)
        y, pullback = vjp(np.linalg.svd, a)
        assert np.all(np.isfinite(pullback(y)))
    zero = np.zeros((2, 2), dtype)
    assert_array_equal(vjp(np.linalg.svdvals, zero)[1](np.ones(2)), zero)


def test_values_of_an_infinite_matrix_come_to_an_end():
    a = np.stack([np.eye(3), np.full((3, 3), np.inf), random((3, 3))])
    s, pullback = vjp(np.linalg.svdvals, a)
    assert_array_equal(np.isnan(s), np.isnan(np.linalg.svdvals(a)))
    assert_array_equal(pullback(np.ones_like(s))[1], np.zeros((3, 3)))
    assert_allclose(s[0], np.ones(3))


def test_the_product_of_a_singular_matrix_is_smooth(check_derivative):
    a = of_rank(2, (3, 3))

    def product(a):
        u, s, vh = np.linalg.svd(a)
        return (u * s) @ vh

    ct = random((3, 3), 5)
    assert_allclose(vjp(product, a)[1](ct), ct, atol=1e-12)


@pytest.mark.parametrize("function", [np.linalg.qr, np.linalg.svd, np.linalg.svdvals])
def test_single_precision_and_empty_matrices(function):
    for dtype in (np.float32, np.complex64):
        a = random((3, 2)).astype(dtype)
        y, pullback = vjp(function, a)
        assert pullback(y).dtype == dtype
    for shape in [(0, 3), (2, 0), (0, 0), (2, 0, 3), (0, 2, 3)]:
        y, pullback = vjp(function, np.zeros(shape))
        assert_array_equal(pullback(y), np.zeros(shape))
