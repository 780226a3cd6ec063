"""Reductions: against differences over random shapes and axes, and in closed form at ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, val_and_grad, vjp
from pullback.errors import OutArgumentError

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
lengths = st.integers(1, 3)
shapes = st.lists(lengths, max_size=3).map(tuple)
seeds = st.integers(0, 1000)
SMOOTH = [np.sum, np.prod]
EXTREMES = [np.max, np.min, np.amax, np.amin, np.ptp]
WITH_WHERE = [np.sum, np.prod, np.max, np.min]


@st.composite
def shapes_and_axes(draw, least=0):
    """A shape, and ``None``, an axis, a negative axis or a tuple of axes of it."""
    shape = draw(st.lists(lengths, min_size=least, max_size=3).map(tuple))
    axes = st.none()
    if shape:
        single = st.integers(-len(shape), len(shape) - 1)
        several = st.lists(single, unique_by=lambda axis: axis % len(shape)).map(tuple)
        axes = st.none() | single | several
    return shape, draw(axes)


def spaced(shape, seed):
    """Random numbers that differ by at least 0.9."""
    rng = np.random.default_rng(seed)
    numbers = rng.permutation(int(np.prod(shape))).reshape(shape)
    return numbers + rng.uniform(0, 0.1, shape)


def random(shape, seed):
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape)


@pytest.mark.parametrize("function", SMOOTH + EXTREMES, ids=lambda f: f.__name__)
@bounded
@given(shapes_and_axes(), st.booleans(), seeds)
def test_reductions_against_differences(check_derivative, function, case, keepdims, seed):
    shape, axis = case
    x = spaced(shape, seed)
    y, _ = vjp(lambda x: function(x, axis=axis, keepdims=keepdims), x)
    assert_array_equal(y, function(x, axis=axis, keepdims=keepdims), strict=True)
    check_derivative(lambda x: function(x, axis=axis, keepdims=keepdims), x)
    check_derivative(lambda x: function(x.T, axis, keepdims=keepdims), x, order=1)


@pytest.mark.parametrize("function", WITH_WHERE, ids=lambda f: f.__name__)
@bounded
@given(shapes_and_axes(1), st.booleans(), seeds)
def test_reductions_of_what_a_mask_selects(check_derivative, function, case, keepdims, seed):
    shape, axis = case
    x = spaced(shape, seed)
    where = np.random.default_rng(seed).uniform(size=shape) > 0.4
    params = {"axis": axis, "keepdims": keepdims, "where": where}
    if function in (np.max, np.min):
        params["initial"] = -0.5 if function is np.max else x.size + 0.5
    check_derivative(lambda x: function(x, **params), x)


def test_a_mask_that_is_written_to_later_is_read_as_it_was():
    where = np.array([True, False])
    _, pullback = vjp(lambda x: np.sum(x, where=where) * 2, np.ones(2))
    where[:] = True
    assert_array_equal(pullback(1.0), [2.0, 0.0])


@pytest.mark.parametrize("function", [np.sum, np.prod, np.max, np.min])
@pytest.mark.parametrize("initial", [-3.0, 0.7, 5.0])
def test_the_start_of_a_reduction_is_differentiated(check_derivative, function, initial):
    x = np.array([[1.0, 2.0], [4.0, 1.5]])
    check_derivative(lambda x, i: function(x, initial=i), x, initial)
    check_derivative(lambda x, i: function(x, axis=1, initial=i), x, initial)
    # Mixed: the start is traced outside, the array inside.
    check_derivative(lambda i: grad(lambda x: function(x * x, initial=i))(x), initial, order=1)


@bounded
@given(shapes_and_axes(1), seeds)
def test_running_sums_and_products(check_derivative, case, seed):
    shape, axis = case
    x = random(shape, seed)
    axis = axis[0] if isinstance(axis, tuple) and axis else None if axis == () else axis
    check_derivative(lambda x: np.cumsum(x, axis=axis), x)
    check_derivative(lambda x: np.cumprod(x, axis=axis), x)


def test_complex_numbers(check_derivative):
    rng = np.random.default_rng(0)
    z = rng.standard_normal((3, 2)) + 1j * rng.standard_normal((3, 2))
    for function in (*SMOOTH, np.cumsum, np.cumprod):
        check_derivative(lambda z, f=function: f(z, axis=0), z)


@pytest.mark.parametrize("function", [*SMOOTH, *EXTREMES, np.cumsum, np.cumprod])
def test_single_precision_stays(function):
    x = spaced((2, 3), 0).astype(np.float32)
    y, pullback = vjp(lambda x: function(x, axis=0), x)
    assert y.dtype == np.float32
    assert pullback(np.ones_like(y)).dtype == np.float32
    scalar, gradient = val_and_grad(lambda x: np.sum(function(x)), x)
    assert scalar.dtype == np.float32
    assert gradient.dtype == np.float32


@pytest.mark.parametrize("function", [*SMOOTH, *EXTREMES])
def test_numbers_count_as_arrays(function):
    assert type(grad(lambda x: function(x) * x)(2.0)) is float
    assert type(grad(lambda x: function(x) * x)(np.float32(2.0))) is np.float32


def test_empty_arrays():
    for function in (np.sum, np.prod, np.cumsum, np.cumprod):
        x = np.zeros((0, 2))
        y, pullback = vjp(lambda x, f=function: f(x, axis=0), x)
        assert pullback(np.ones_like(y)).shape == (0, 2)
    assert grad(lambda x: np.max(x, initial=1.0))(np.zeros(0)).shape == (0,)


def test_empty_products_of_several_axes():
    x = np.zeros((2, 0, 3))
    for axis in [None, 1, (0, 2), (1, -1)]:
        y, pullback = vjp(lambda x, axis=axis: np.prod(x, axis), x)
        assert pullback(np.ones_like(y)).shape == x.shape
    assert vjp(np.cumprod, x)[1](np.zeros(0)).shape == x.shape


def test_products_with_zeros_are_exact():
    gradients = {
        (0.0, 2.0, 3.0): [6.0, 0.0, 0.0],
        (0.0, 0.0, 3.0): [0.0, 0.0, 0.0],
        (2.0, 3.0, 0.0): [0.0, 0.0, 6.0],
    }
    for x, expected in gradients.items():
        assert_array_equal(grad(np.prod)(np.array(x)), expected)
    second = hessian(np.prod)(np.array([0.0, 0.0, 3.0]))
    assert_array_equal(second, [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


def test_running_products_with_zeros_are_exact(check_derivative):
    x = np.array([2.0, 0.0, 3.0, 0.0, 5.0])
    # The Jacobian of the product of the first k is the products of the others among them.
    _, pullback = vjp(np.cumprod, x)
    jacobian = np.stack([pullback(row) for row in np.eye(5)])
    expected = [
        [np.prod(np.delete(x[: k + 1], i)) if i <= k else 0.0 for i in range(5)] for k in range(5)
    ]
    assert_array_equal(jacobian, expected)
    check_derivative(np.cumprod, x)


def test_third_derivatives_of_products(check_derivative):
    x = np.array([0.0, 2.0, 0.0, 3.0])
    for f in (np.prod, lambda x: np.cumprod(x)[-1]):
        check_derivative(lambda x, f=f: hessian(f)(x), x, order=1)


def test_equal_extremes_share_equally():
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    assert_allclose(grad(lambda x: np.max(x, axis=1).sum())(x), [[0, 0.5, 0.5], [1 / 3] * 3])
    assert_allclose(grad(np.min)(x), [[1, 0, 0], [0, 0, 0]])
    assert_allclose(grad(np.ptp)(x[1]), [0, 0, 0])
    of_x, of_initial = vjp(lambda x, i: np.max(x, initial=i), x[0], 3.0)[1](1.0)
    assert_allclose(of_x, [0, 1 / 3, 1 / 3])
    assert of_initial == pytest.approx(1 / 3)


def test_an_extreme_that_is_nan_has_a_silent_zero_derivative():
    assert_array_equal(grad(np.max)(np.array([1.0, np.nan])), [0.0, 0.0])


@pytest.mark.parametrize(
    "function", [np.sum, np.prod, np.max, np.min, np.ptp, np.mean, np.var, np.std]
)
def test_the_default_of_keepdims_in_numpy_may_be_given(function):
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    y, pullback = vjp(lambda x: function(x, 1, keepdims=np._NoValue), x)
    assert_array_equal(y, function(x, 1), strict=True)
    assert_array_equal(pullback(y), vjp(lambda x: function(x, 1), x)[1](y))


def test_the_cotangent_of_a_sum_is_a_view():
    rule_output, (pullback, *_) = _rule_of(np.sum)(np.ones((1000, 1000)))
    assert pullback(rule_output).strides == (0, 0)
    _, (pullback, *_) = _rule_of(np.sum)(np.ones((1000, 10)), 0)
    assert pullback(np.ones(10)).strides == (0, 8)
    gradient = grad(np.sum)(np.ones((3, 2)))
    assert gradient.flags.owndata
    assert gradient.flags.writeable


def _rule_of(function):
    from pullback.plugins import rule_function

    return rule_function(function)


@pytest.mark.parametrize("function", [*SMOOTH, *EXTREMES, np.cumsum, np.cumprod])
def test_out_is_refused(function):
    buffer = np.zeros(())
    with pytest.raises(OutArgumentError, match="would lose the derivative"):
        grad(lambda x: function(x, out=buffer))(np.ones(2))
    position = {np.max: 2, np.min: 2, np.amax: 2, np.amin: 2, np.ptp: 2}.get(function, 3)
    args = [None] * (position - 1)
    with pytest.raises(OutArgumentError, match=function.__name__.removeprefix("a")):
        grad(lambda x: function(x, *args, buffer))(np.ones(2))


def test_a_numpy_integer_is_an_axis(check_derivative):
    check_derivative(lambda x: np.prod(x, axis=np.int64(1)), np.array([[0.5, -1.5], [0.25, 2.5]]))


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="NumPy 2.1 added it")
@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
@pytest.mark.parametrize("include_initial", [False, True])
def test_cumulative(check_derivative, name, include_initial):
    function = getattr(np, name)
    x = random((2, 3), 0)
    for axis in (0, 1, -1):
        options = {"axis": axis, "include_initial": include_initial}
        check_derivative(lambda x, options=options: function(x, **options) ** 2, x)
    check_derivative(lambda x: function(x, include_initial=include_initial), x[0])
    with pytest.raises(ValueError, match="axis"):
        grad(lambda x: function(x).sum())(x)
    with pytest.raises(OutArgumentError, match="would lose"):
        grad(lambda x: function(x, out=np.zeros(3)).sum())(x[0])
