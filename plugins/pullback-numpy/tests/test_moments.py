"""Means, variances, standard deviations: against differences, and in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, val_and_grad, vjp
from pullback.errors import DerivativeNotImplementedError, OutArgumentError

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MOMENTS = [np.mean, np.var, np.std]
POWER = {np.var: 1.0, np.std: 0.5}


def random(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape)


@st.composite
def shapes_and_axes(draw):
    """A shape, and ``None``, an axis, a negative axis or a tuple of axes of it."""
    shape = draw(st.lists(st.integers(1, 3), max_size=3).map(tuple))
    axes = st.none()
    if shape:
        single = st.integers(-len(shape), len(shape) - 1)
        axes |= single | st.lists(single, unique_by=lambda axis: axis % len(shape)).map(tuple)
    return shape, draw(axes)


@pytest.mark.parametrize("function", MOMENTS)
@bounded
@given(shapes_and_axes(), st.booleans(), st.booleans(), st.integers(0, 1000))
def test_moments_against_differences(check_derivative, function, case, keepdims, masked, seed):
    shape, axis = case
    x = 3 * random(shape, seed)
    where = np.random.default_rng(seed).uniform(size=shape) > 0.4
    assume(np.all(where.any(axis=axis)))
    params = {"axis": axis, "keepdims": keepdims, **({"where": where} if masked else {})}
    if function is np.std:
        assume(np.all(np.std(x, **params) > 0.5))
    assert_array_equal(vjp(lambda x: function(x, **params), x)[0], function(x, **params))
    check_derivative(lambda x: function(x, **params), x)
    check_derivative(lambda x: function(x.T, axis, keepdims=keepdims), x, order=1)


@pytest.mark.parametrize("params", [{}, {"where": True}, {"where": np.True_}])
def test_half_precision_has_a_mean_of_more_elements_than_it_can_count(params):
    x = np.ones(100_000, np.float16)
    of_x = vjp(lambda x: np.mean(x, **params), x)[1](np.float16(1000))
    assert_array_equal(of_x, np.full(x.shape, 0.01, np.float16), strict=True)


@pytest.mark.parametrize("function", MOMENTS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, np.complex64])
def test_values_and_dtypes_are_those_of_numpy(function, dtype):
    x = (10 * random((5, 7), 0)).astype(dtype)
    for params in ({}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}):
        y, pullback = vjp(lambda x, params=params: function(x, **params), x)
        assert_array_equal(y, function(x, **params), strict=True)
        assert pullback(y).dtype == dtype
    assert vjp(lambda x: function(x, dtype=np.float64), x.real)[0].dtype == np.float64


def test_a_scalar_gradient_in_single_precision():
    for function in MOMENTS:
        y, gradient = val_and_grad(function, np.array([1.0, 2.0], np.float32))
        assert (y.dtype, gradient.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("function", MOMENTS)
def test_complex_numbers(check_derivative, function):
    z = random((3, 2), 0) + 1j * random((3, 2), 1)
    check_derivative(lambda z: function(z, axis=0), z)
    assert_array_equal(vjp(function, z)[0], function(z), strict=True)


@pytest.mark.parametrize("function", MOMENTS)
def test_numbers_count_as_arrays(function):
    assert type(grad(lambda x: function(x) * x)(2.0)) is float


def test_a_mask_that_is_written_to_later_is_read_as_it_was():
    where = np.array([True, False])
    for function in MOMENTS:
        _, pullback = vjp(lambda x, f=function: f(x, where=where), np.array([1.0, 5.0]))
        expected = pullback(1.0)
        where[:] = True
        assert_array_equal(pullback(1.0), expected)
        where[1] = False


def test_an_infinity_outside_of_a_mask_stays_there():
    x, where = np.array([1.0, 3.0, np.inf]), np.array([True, True, False])
    for function, expected in ((np.mean, [0.5, 0.5]), (np.var, [-1, 1]), (np.std, [-0.5, 0.5])):
        assert_array_equal(grad(lambda x, f=function: f(x, where=where))(x), [*expected, 0.0])


def test_the_standard_deviation_of_equal_numbers_has_no_slope_at_any_order():
    x = np.full(3, 2.0)
    assert_array_equal(grad(np.std)(x), np.zeros(3))
    assert_array_equal(hessian(np.std)(x), np.zeros((3, 3)))
    rows = np.array([[1.0, 1.0], [0.0, 2.0]])
    # The other rows are not touched: d std / dx = (x - mean) / (n std).
    assert_allclose(grad(lambda x: np.std(x, axis=1).sum())(rows), [[0, 0], [-0.5, 0.5]])


def test_degrees_of_freedom_and_given_means(check_derivative):
    x = random((4, 3), 0)
    mean = np.mean(x, axis=0, keepdims=True) + 0.1
    for function in (np.var, np.std):
        check_derivative(lambda x, f=function: f(x, axis=0, ddof=1), x)
        check_derivative(lambda x, f=function: f(x, axis=0, correction=1), x)
        check_derivative(lambda x, m, f=function: f(x, axis=0, mean=m), x, mean)
        check_derivative(
            lambda m, f=function: grad(lambda x: f(x * x, axis=0, mean=m).sum())(x), mean, order=1
        )


@pytest.mark.parametrize("function", [np.var, np.std])
@pytest.mark.parametrize("name", ["ddof", "correction"])
@pytest.mark.parametrize("given", [{}, {"mean": np.array([2.0])}])
def test_the_derivative_by_degrees_of_freedom_is_refused(function, name, given):
    x = np.array([1.0, 2.0, 4.0])
    _, pullback = vjp(lambda x, d: function(x, **{name: d}, **given), x, 0.5)
    with pytest.raises(DerivativeNotImplementedError, match="degrees of freedom is not written"):
        pullback(1.0)


@pytest.mark.parametrize("shape", [(1, 3), (2, 1, 3), (2, 4, 3), (1, 1)])
@pytest.mark.parametrize("axis", [0, -1, (0, 1)])
def test_given_means_of_other_shapes(check_derivative, shape, axis):
    x, mean = random((4, 3), 3), random(shape, 4)
    for function in (np.var, np.std):
        check_derivative(lambda x, m, f=function: f(x, axis, mean=m, ddof=1), x, mean, order=1)


@pytest.mark.parametrize("function", [np.var, np.std])
@pytest.mark.parametrize("name", ["ddof", "correction"])
def test_degrees_of_freedom_need_not_be_whole(function, name):
    x = np.array([1.0, 2.0, 4.0])

    def written(x):
        return (np.sum((x - np.mean(x)) ** 2) / 2.5) ** POWER[function]

    found = grad(lambda x: function(x, **{name: 0.5}))(x)
    assert_allclose(found, grad(written)(x), rtol=1e-12)


@pytest.mark.parametrize("function", MOMENTS)
@pytest.mark.parametrize("x", [random(4, 1), random(4, 1) + 1j * random(4, 2)])
def test_a_complex_dtype_is_only_the_arithmetic(function, x):
    y, pullback = vjp(lambda x: function(x, dtype=complex), x)
    assert y == pytest.approx(function(x), rel=1e-14)
    of_real, of_imaginary = pullback(np.complex128(1)), pullback(np.complex128(1j))
    own = vjp(function, x)[1]
    assert_allclose(of_real, own(function(x) / function(x)), rtol=1e-13)
    if function is np.mean and x.dtype.kind == "c":
        assert_allclose(of_imaginary, own(1j), rtol=1e-13)
    else:
        assert_array_equal(of_imaginary, np.zeros(4))


@pytest.mark.parametrize("function", MOMENTS)
def test_out_is_refused(function):
    with pytest.raises(OutArgumentError, match=f"{function.__name__}.*would lose the derivative"):
        grad(lambda x: function(x, None, None, np.zeros(())))(np.ones(2))


@pytest.mark.parametrize("function", [np.var, np.std])
def test_real_numbers_with_a_complex_mean(check_derivative, function):
    # NumPy squares them as they are, so the spread is a complex number.
    mean = np.array([[0.5 + 1.0j, -1.5 + 0.5j]])
    x = np.array([[0.5, -1.5], [0.25, -0.25], [2.5, -2.5]])
    check_derivative(lambda a, m: function(a, axis=0, mean=m), x, mean)
