"""Inverses, solutions, Cholesky factors, powers and chains: identities, stacks, what they cost."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, vjp
from pullback.errors import OutArgumentError
from pullback_numpy import linear_systems

DTYPES = [np.float64, np.complex128]


def random(shape, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is np.complex128 else x


def regular(shape, seed=0, dtype=np.float64):
    return random(shape, seed, dtype) / 2 + 3 * np.eye(shape[-1])


def positive(shape, seed=0, dtype=np.float64):
    half = random(shape, seed, dtype)
    return half @ half.conj().mT + np.eye(shape[-1])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 1, 3, 3), (0, 2, 2), (0, 0)])
def test_inv(check_derivative, shape, dtype):
    check_derivative(np.linalg.inv, regular(shape, dtype=dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((3, 3), (4, 3, 2)),
        ((4, 3, 3), (3, 2)),
        ((4, 3, 3), (3,)),
        ((4, 1, 3, 3), (2, 3, 3)),
        ((0, 0), (0, 2)),
        ((2, 2), (2, 0)),
    ],
)
def test_solve(check_derivative, a, b, dtype):
    a, b = regular(a, dtype=dtype), random(b, 1, dtype)
    check_derivative(np.linalg.solve, a, b)
    check_derivative(lambda a: np.linalg.solve(a, b), a)
    check_derivative(lambda b: np.linalg.solve(a, b), b)
    if dtype is np.complex128:
        check_derivative(np.linalg.solve, a, b.real)


def test_one_matrix_for_a_stack_of_sides_takes_one_product():
    _, pullback = linear_systems.solve(regular((3, 3)), random((9, 3, 2)))
    of_a, of_b = pullback(random((9, 3, 2), 1))
    assert (of_a.shape, of_b.shape) == ((3, 3), (9, 3, 2)), "nothing is left to sum"


def test_a_matrix_whose_transpose_alone_is_singular_in_floating_point():
    a = np.array([[0.5, -1.5, 0.25, -0.25], [2.5, -2.5, 1.25, -1.25], [0.75, -0.75, 0.08, -0.08]])
    a = np.vstack([a, [0.69, -0.69, 1.3, -1.3]])
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.solve(a.T, np.ones(4))
    pullback = vjp(np.linalg.solve, a, np.ones(4))[1]
    assert np.all(np.isfinite(pullback(np.ones(4))[1]))


def test_singular_matrices_are_refused_as_by_numpy():
    for function in (np.linalg.inv, lambda a: np.linalg.solve(a, np.ones(2))):
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            vjp(function, np.ones((2, 2)))


@pytest.mark.parametrize(("shape", "ind"), [((6, 2, 3), 1), ((2, 3, 6), 2), ((2, 3, 3, 2), 2)])
def test_tensorinv(check_derivative, shape, ind):
    a = regular((6, 6)).reshape(shape)
    check_derivative(lambda a: np.linalg.tensorinv(a, ind), a)
    check_derivative(lambda a: np.linalg.tensorinv(a, ind=ind), a + 0j)


@pytest.mark.parametrize("axes", [None, (1,), [0], (0, 2), (2, 1)])
def test_tensorsolve(check_derivative, axes):
    a, order = regular((12, 12)).reshape(2, 6, 3, 4), [0, 1, 2, 3]
    for axis in axes or ():
        order.remove(axis)
        order.append(axis)
    a, b = a.transpose(np.argsort(order)), random((2, 6), 1)
    assert_array_equal(a.transpose(order).reshape(12, 12), regular((12, 12)))
    check_derivative(lambda a, b: np.linalg.tensorsolve(a, b, axes), a, b)
    check_derivative(lambda b: np.linalg.tensorsolve(a, b, axes=axes), b)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (2, 3, 3), (0, 0)])
def test_cholesky(check_derivative, shape, upper, dtype):
    a = positive(shape, dtype=dtype)
    check_derivative(lambda a: np.linalg.cholesky(a, upper=upper), a)


@pytest.mark.parametrize("upper", [False, True])
def test_the_triangle_that_cholesky_does_not_read_has_no_derivative(upper):
    a = positive((3, 3), dtype=np.complex128)
    _, pullback = vjp(lambda a: np.linalg.cholesky(a, upper=upper), a)
    ct = pullback(random((3, 3), 1, np.complex128))
    assert_array_equal(np.tril(ct, -1) if upper else np.triu(ct, 1), np.zeros((3, 3)))
    assert_array_equal(np.diag(ct).imag, np.zeros(3))


def test_half_the_logarithm_of_a_determinant_by_its_cholesky_factor():
    def half_log_det(a):
        return np.sum(np.log(np.diag(np.linalg.cholesky(a))))

    a = positive((4, 4))
    inverse = np.linalg.inv(a)
    assert_allclose(grad(half_log_det)(a), np.tril(inverse) - np.diag(np.diag(inverse)) / 2)


def test_a_nan_in_the_cotangent_of_a_factor_stays_where_it_came_from():
    ct = np.ones((3, 3))
    _, pullback = vjp(np.linalg.cholesky, positive((3, 3)))
    want = pullback(ct)
    ct[1, 1] = ct[0, 2] = np.nan  # the second is in the triangle of zeros
    got = pullback(ct)
    assert np.isnan(got[[0, 1, 1], [0, 0, 1]]).all()
    assert_allclose(got[2, 1:], [want[2, 1], want[2, 2]])


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 4, 7, 10, np.int64(5)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_matrix_power(check_derivative, n, dtype):
    a = regular((2, 3, 3), dtype=dtype) / 3
    check_derivative(lambda a: np.linalg.matrix_power(a, n), a)


def test_a_high_power():
    _, (pullback, _) = linear_systems.matrix_power(np.array([[1.0, 0.5], [0.0, 1.0]]), 1000)
    assert_allclose(pullback(np.eye(2)), [[1000.0, 0.0], [999 * 500 * 0.5 * 2, 1000.0]])


def test_the_power_of_a_singular_matrix(check_derivative):
    check_derivative(lambda a: np.linalg.matrix_power(a, 5), np.ones((2, 2)) / 2)


CHAINS = {
    "two matrices": [(2, 3), (3, 4)],
    "two vectors": [(3,), (3,)],
    "a number and an array": [(), (2, 3)],
    "a matrix and a stack": [(2, 3), (4, 3, 2)],
    "three": [(2, 3), (3, 1), (1, 4)],
    "four": [(2, 3), (3, 1), (1, 4), (4, 2)],
    "six": [(2, 9), (9, 1), (1, 8), (8, 2), (2, 7), (7, 3)],
    "vector first": [(3,), (3, 2), (2, 4)],
    "vector last": [(2, 3), (3, 2), (2,)],
    "vectors at both ends": [(3,), (3, 2), (2, 4), (4,)],
    "empty": [(2, 0), (0, 3), (3, 2)],
}


@pytest.mark.parametrize("chain", CHAINS)
def test_multi_dot(check_derivative, chain):
    factors = [random(shape, seed) for seed, shape in enumerate(CHAINS[chain])]
    y, _ = vjp(lambda *xs: np.linalg.multi_dot(xs), *factors)
    want = np.linalg.multi_dot(factors)
    assert (type(y), np.shape(y)) == (type(want), np.shape(want))
    assert_allclose(y, want, rtol=1e-14)
    check_derivative(lambda *xs: np.linalg.multi_dot([*xs]), *factors)
    check_derivative(lambda x: np.linalg.multi_dot([*factors[:1], x, *factors[2:]]), factors[1])


def test_multi_dot_of_a_stack(check_derivative):
    check_derivative(lambda x: np.linalg.multi_dot(x), random((3, 2, 2)))


def test_a_chain_is_multiplied_in_the_order_of_numpy():
    # The textbook's: Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, 15.2.
    assert linear_systems._cheapest((30, 35, 15, 5, 10, 20, 25)) == (15125, 3)


@pytest.mark.parametrize(
    ("shapes", "error"),
    [
        ([(2, 2)], ValueError),
        ([(2, 2), (2, 2, 2), (2, 2)], np.linalg.LinAlgError),
        ([(2, 2), (2, 2), (2, 2, 2)], np.linalg.LinAlgError),
        ([(2, 2), (2, 3), (2, 2)], ValueError),
    ],
)
def test_chains_that_numpy_refuses_are_refused(shapes, error):
    with pytest.raises(error):
        vjp(lambda *xs: np.linalg.multi_dot(xs), *map(np.ones, shapes))


def test_out_is_refused():
    with pytest.raises(OutArgumentError, match=r"multi_dot.*would lose"):
        grad(lambda x: np.linalg.multi_dot([x, x, x], out=np.zeros((2, 2))))(np.ones((2, 2)))


@pytest.mark.parametrize(
    "function",
    [
        np.linalg.inv,
        np.linalg.cholesky,
        lambda a: np.linalg.solve(a, a),
        lambda a: np.linalg.matrix_power(a, -3),
        lambda a: np.linalg.multi_dot([a, a, a]),
    ],
)
def test_single_precision_stays(function):
    a = positive((3, 3)).astype(np.float32)
    y, pullback = vjp(function, a)
    assert y.dtype == pullback(y).dtype == np.float32


def test_a_list_in_place_of_a_matrix():
    b = np.array([1.0, 2.0])
    got = jacobian(lambda b: np.linalg.solve([[2.0, 1.0], [0.0, 4.0]], b))(b)
    assert_allclose(got, np.linalg.inv([[2.0, 1.0], [0.0, 4.0]]))


def test_the_curvature_of_a_quadratic_minimum():
    a = positive((3, 3))
    curvature = hessian(lambda b: b @ np.linalg.solve(a, b) / 2)(random(3))
    assert_allclose(curvature, np.linalg.inv(a), atol=1e-12)
