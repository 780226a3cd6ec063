"""Dask arrays as primals, cotangents and constants: spaces, projection, ownership."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from pullback import at, grad, hessian, jacobian, jvp, stop_gradient, vjp
from pullback.errors import (
    CotangentError,
    IntegerPrimalError,
    PrimalError,
    TracerConversionError,
)

X = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
ROW = np.array([0.5, -2.0, 1.5])


def test_cotangents_are_summed_to_the_shape_of_a_broadcast_primal(chunked, assert_same):
    assert_same(grad(lambda row, x: np.sum(row * x))(chunked(ROW), chunked(X)), X.sum(axis=0))
    column = np.array([[1.0], [2.0], [3.0], [4.0]])
    gradient = grad(lambda column, x: np.sum(column * x))(chunked(column), chunked(X))
    assert_same(gradient, X.sum(axis=1, keepdims=True))


def test_cotangents_have_the_dtype_of_their_primal(chunked, assert_same):
    gradient = grad(lambda x, c: np.sum(x * c))(chunked(X.astype(np.float32)), chunked(X))
    assert_same(gradient, X.astype(np.float32))


def test_cotangents_of_real_primals_are_real(chunked, assert_same):
    _, pullback = vjp(lambda x: x * (2.0 + 3.0j), chunked(ROW))
    assert_same(pullback(chunked(ROW + 1.0j)), 2.0 * ROW - 3.0)


def test_a_primal_that_is_not_used_has_zeros(chunked, assert_same):
    gradients = grad(lambda x, row: np.sum(x), argnums=(0, 1))(chunked(X), chunked(ROW))
    assert_same(gradients, (np.ones((4, 3)), np.zeros(3)))


def test_a_cotangent_may_be_a_numpy_array_but_not_of_another_shape(chunked, assert_same):
    _, pullback = vjp(np.square, chunked(X))
    assert_same(pullback(np.ones((4, 3))), 2.0 * X)
    with pytest.raises(CotangentError, match="Array of shape"):
        pullback(ROW)


def test_derivatives_by_unit_vectors(chunked, nothing_computed, assert_same):
    with nothing_computed():
        jacobians = (
            jacobian(lambda x: np.sum(x * x, axis=0))(chunked(X)),
            hessian(lambda row: np.prod(row))(chunked(ROW)),
        )
    by_columns = np.array([2.0 * X * (np.arange(3) == k) for k in range(3)])
    a, b, c = ROW
    assert_same(jacobians, (by_columns, np.array([[0, c, b], [c, 0, a], [b, a, 0]])))


def test_forward_mode(chunked, nothing_computed, assert_same):
    with nothing_computed():
        outputs = jvp(np.square, (chunked(X),), (chunked(X + 1.0),))
    assert_same(outputs, (X * X, 2.0 * X * (X + 1.0)))


def test_a_primal_that_is_a_number_has_a_number_which_is_computed_for_it(chunked):
    for number in (2.0, np.float32(2.0)):
        gradient = grad(lambda a, x: np.sum(x * a + a * x))(number, chunked(X + 1.0))
        assert type(gradient) is type(number)
        assert gradient == pytest.approx(24.0)


def test_a_numpy_primal_has_a_numpy_cotangent_or_is_refused(chunked):
    gradient = grad(lambda row, x: np.sum((row + x) ** 2))(ROW, chunked(X))
    assert type(gradient) is np.ndarray
    np.testing.assert_allclose(gradient, 2.0 * np.sum(X + ROW, axis=0), rtol=1e-12)
    for f in (
        lambda row, x: np.sum(x + row),
        lambda row, x: np.sum(x @ row),
        lambda row, x: np.sum(np.add(x, row)),
        lambda row, x: np.sum(x > row),
    ):
        with pytest.raises(TracerConversionError, match=r"da\.asarray\(w\)"):
            grad(f)(ROW, chunked(X))


@pytest.mark.parametrize(("f", "slope"), [(np.square, 2.0 * ROW), (np.positive, np.ones(3))])
def test_a_traced_cotangent_is_brought_into_the_space(f, slope, chunked, assert_same):
    _, pullback = vjp(f, chunked(ROW.astype(np.float32)))
    seen = []

    def total(ct):
        cotangent = pullback(ct)
        seen.append((type(stop_gradient(cotangent)), cotangent.dtype))
        return np.sum(cotangent)

    assert_same(grad(total)(chunked(ROW)), slope)
    np.testing.assert_allclose(grad(total)(ROW), slope)
    assert seen == [(da.Array, np.float32)] * 2


def test_a_later_write_changes_no_derivative(chunked, assert_same):
    constant = chunked(ROW)
    _, pullback = vjp(lambda x: np.sin(x) * constant, chunked(ROW))
    constant[0] = 100.0
    assert_same(pullback(da.ones(3)), np.cos(ROW) * ROW)


def test_what_is_handed_out_may_be_written_to(chunked, assert_same):
    _, pullback = vjp(lambda x: x, chunked(ROW))
    ct = da.ones(3)
    first = pullback(ct)
    first[0] = 100.0
    assert_same((ct, pullback(ct)), (np.ones(3), np.ones(3)))


def test_what_carries_no_derivative_is_refused(chunked):
    with pytest.raises(IntegerPrimalError, match=r"astype\(float\)"):
        grad(np.sum)(da.ones(3, dtype=int))
    x = chunked(X)
    with pytest.raises(PrimalError, match="unknown shape"):
        grad(np.sum)(x[x > 0.0])


def test_elements_can_be_replaced_in_an_array_that_is_not_traced(chunked, assert_same):
    expected = ROW.copy()
    expected[1] = 7.0
    assert_same(at(chunked(ROW))[1].set(7.0), expected)
