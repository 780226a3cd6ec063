"""Polynomials against differences, closed forms, and against what undoes them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, jacobian, vjp
from pullback.errors import DerivativeNotImplementedError
from pullback_numpy.polynomials import overlap, product, series_quotient


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_from_roots(check_derivative):
    check_derivative(np.poly, np.array([0.5, -1.0, 2.0, 2.0]))
    check_derivative(np.poly, random(3) + 1j * random(3, 1))
    # (x - a)(x - b) = x² - (a + b) x + ab
    assert_array_equal(jacobian(np.poly)(np.array([2.0, 5.0])), [[0, 0], [-1, -1], [5, 2]])
    single = jacobian(np.poly)(np.array([2.0, 5.0], np.float32))
    assert single.dtype == np.float32


def test_conjugate_roots_give_real_coefficients():
    z = np.array([1 + 2j, 1 - 2j])
    y, back = vjp(np.poly, z)
    assert_array_equal(y, np.array([1.0, -2.0, 5.0]), strict=True)
    assert_allclose(back(np.array([0.0, 0.0, 1.0])), z[::-1])


def test_a_matrix_is_refused():
    with pytest.raises(DerivativeNotImplementedError, match=r"np.poly\(np.linalg.eigvals\(a\)\)"):
        vjp(np.poly, np.eye(2))


@pytest.mark.parametrize(
    "p",
    [[1.0, -3.0, 1.0], [2.0, 1.0, 3.0, -1.0], [1.5, 2.0], [1.0, -3.0, 1.0, 0.0], [1j, 2.0, 3.0]],
)
def test_roots(check_derivative, p):
    p = np.array(p)
    check_derivative(np.roots, p)
    _, back = vjp(lambda p: np.poly(np.roots(p)), p)  # the same polynomial, but monic
    _, same = vjp(lambda p: p / p[0], p)
    ct = random(p.shape).astype(p.dtype)
    assert_allclose(back(ct), same(ct), atol=1e-12)


def test_roots_at_the_ends():
    # A leading zero is a root that comes from infinity, and leaves the others where they are.
    p = np.array([0.0, 1.0, -3.0])
    assert_allclose(jacobian(np.roots)(p), [[-9, -3, -1]])
    assert_array_equal(grad(lambda p: np.sum(np.roots(p)))(np.array([3.0])), [0])
    # The double root of x² moves as the root of what is added.
    _, back = vjp(np.roots, np.array([1.0, 0.0, 0.0]))
    assert_array_equal(back(np.array([1.0, 0.0])), [0, 0, -np.inf])
    assert_array_equal(back(np.zeros(2)), np.zeros(3))


@pytest.mark.parametrize("m", [0, 1, 2, 4, 6])
def test_derivatives_of_polynomials(check_derivative, m):
    p = random(5)
    check_derivative(lambda p: np.polyder(p * p, m), p)
    assert_array_equal(
        jacobian(lambda p: np.polyder(p, m))(p), [*map(list, columns(np.polyder, m))]
    )


def columns(function, m):
    return np.array([function(unit, m) for unit in np.eye(5)]).T


@pytest.mark.parametrize("m", [0, 1, 2, 4])
@pytest.mark.parametrize("k", [None, 2.0, [3.0], np.arange(4.0), np.arange(6.0)])
def test_integrals_of_polynomials(check_derivative, m, k):
    p = random(5)
    if k is None:
        check_derivative(lambda p: np.polyint(p * p, m), p)
        assert_allclose(jacobian(lambda p: np.polyint(p, m))(p), columns(np.polyint, m))
    else:
        check_derivative(lambda p, k: np.polyint(p * p, m, k), p, k)


@pytest.mark.parametrize("function", [np.polyadd, np.polysub, np.polymul, np.polydiv])
@pytest.mark.parametrize("sizes", [(3, 3), (5, 2), (2, 5), (4, 1), (1, 4), (1, 1)])
@pytest.mark.parametrize("factor", [1, 1 + 1j])
def test_arithmetic(check_derivative, function, sizes, factor):
    a, b = (random(size, seed) * factor for seed, size in enumerate(sizes))
    check_derivative(function, a, b)


def test_arithmetic_with_numbers_and_lists(check_derivative):
    for function in (np.polyadd, np.polysub, np.polymul, np.polydiv):
        check_derivative(function, [1.0, 2.0, 4.0], 2.0)
        check_derivative(
            lambda a, f=function: f(np.poly1d([2.0, 1.0, 3.0]), a), np.array([0.5, 2.0])
        )
    rows = random((2, 3))
    check_derivative(np.polyadd, rows, random((2, 1)))
    check_derivative(np.polysub, rows, random(2)[:, None])


def test_what_is_dropped_from_a_product():
    # (e x + 1)(x + 2) = e x² + (1 + 2e) x + 2, of which e x² is not there at e = 0.
    y, back = vjp(np.polymul, np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    assert_array_equal(y, [1, 2])
    of_first, of_second = back(np.array([1.0, 10.0]))
    assert_array_equal(of_first, [2, 21])
    assert_array_equal(of_second, [1, 10])
    _, back = vjp(np.polymul, np.zeros(0), np.ones(2))
    assert [ct.tolist() for ct in back(np.ones(2))] == [[], [0, 0]]


def test_a_quotient_undoes_a_product(check_derivative):
    v, rest = np.array([2.0, -1.0, 0.5]), np.array([0.25, 3.0])

    def quotient(q, v, r):
        return np.polydiv(np.polyadd(np.polymul(q, v), r), v)

    _, back = vjp(quotient, np.array([1.0, -3.0, 2.0]), v, rest)
    ct_q, ct_r = random(3), random(2)
    of_q, of_v, of_r = back((ct_q, ct_r))
    assert_allclose(of_q, ct_q)
    assert_allclose(of_v, np.zeros(3), atol=1e-14)
    assert_allclose(of_r, ct_r)
    check_derivative(lambda q: quotient(q, v, rest), np.array([1.0, -3.0, 2.0]))


def test_division_by_a_zero_leading_coefficient_keeps_zeros():
    with np.errstate(all="ignore"):
        (q, r), back = vjp(np.polydiv, np.arange(1.0, 5.0), np.array([0.0, 1.0]))
        of_u, of_v = back((np.zeros_like(q), np.zeros_like(r)))
    assert_array_equal(of_u, np.zeros(4))
    assert_array_equal(of_v, np.zeros(2))


def test_more_axes_than_polynomials_have_are_refused():
    with pytest.raises(DerivativeNotImplementedError, match="polyder is written for one axis"):
        vjp(np.polyder, np.ones((3, 2)))


@pytest.mark.parametrize(
    "x",
    [0.5, np.float64(-1.5), random(4), random((2, 3)), random(3) + 1j * random(3, 2), [1.0, 2.0]],
)
@pytest.mark.parametrize("p", [random(4), random(1), random(4) * 1j, [1.0, -2.0, 3.0]])
def test_values(check_derivative, p, x):
    check_derivative(np.polyval, p, x)


def test_values_of_several_polynomials(check_derivative):
    p = random((4, 3))
    for x in (0.5, random(3), random((2, 3)), random((2, 1))):
        check_derivative(np.polyval, p, x)
    check_derivative(np.polyval, random((4, 1)), random((2, 3)))


def test_values_of_nothing():
    _, back = vjp(np.polyval, np.zeros(0), 2.0)
    of_p, of_x = back(np.float64(1.0))
    assert (of_p.shape, of_x) == ((0,), 0.0)


def test_values_stay_in_single_precision_and_zeros_stay_zeros():
    p, x = random(3).astype(np.float32), np.array([2.0, np.inf], np.float32)
    with np.errstate(all="ignore"):
        y, back = vjp(np.polyval, p, x)
        of_p, of_x = back(np.array([1.0, 0.0], np.float32))
    assert of_p.dtype == of_x.dtype == y.dtype == np.float32
    assert_array_equal(of_p, [4, 2, 1])
    assert of_x[1] == 0


def test_a_polynomial_of_a_polynomial_is_refused():
    with pytest.raises(DerivativeNotImplementedError, match="polynomial in a polynomial"):
        vjp(lambda p: np.polyval(p, np.poly1d([1, 2])), random(3))


def test_the_hessian_of_a_value():
    p = np.array([2.0, 0.0, 1.0, 5.0])  # 2x³ + x + 5, at 3
    of_p, of_x = (hessian(lambda p, x: np.polyval(p, x), argnums=n)(p, 3.0) for n in (0, 1))
    assert_array_equal(of_p, np.zeros((4, 4)))
    assert of_x == 36.0


def test_products_and_overlaps_ignore_infinities_that_meet_zeros():
    assert_array_equal(overlap(np.array([0.0, 0.0, 1.0]), np.array([np.inf, 2.0])), [0, 2])
    assert_array_equal(product(np.array([0.0, 1.0]), np.array([np.inf, 2.0])), [0, np.inf, 2])
    assert_array_equal(product(np.array([0j, 1.0]), np.array([2j])), [0, 2j])
    assert_array_equal(series_quotient(np.zeros(2), np.zeros(1)), np.zeros(2))


@pytest.mark.parametrize("function", [overlap, product, series_quotient])
def test_what_they_do_not_take(function):
    for arguments in [(np.ones(2), np.ones((1, 1))), (np.ones(2), np.ones(0))]:
        with pytest.raises(ValueError, match="two vectors"):
            function(*arguments)
