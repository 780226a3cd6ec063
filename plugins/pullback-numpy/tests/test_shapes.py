"""Moving elements: against differences over random shapes, and what comes out as a view."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import grad, vjp
from pullback.errors import DerivativeNotImplementedError

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)
nonempty_axes = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)
seeds = st.integers(0, 1000)


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def check(check_derivative, f, *primals):
    """The value is that of NumPy, and the derivative that of differences.

    Of a function that only moves elements the second derivative is 0, so it is taken of squares.
    """
    assert_array_equal(vjp(f, *primals)[0], f(*primals), strict=True)
    check_derivative(lambda *xs: f(*[x * x for x in xs]), *primals)


@bounded
@given(shapes, st.sampled_from("CF"), seeds, st.randoms())
def test_reshape_and_ravel(check_derivative, shape, order, seed, choice):
    x = random(shape, seed)
    if choice.random() < 0.5:
        x = x.T
    target = choice.choice([shape[::-1], (x.size,), (1, *shape), (-1, 1) if x.size else shape])
    check(check_derivative, lambda x: np.reshape(x, target, order=order), x)
    check(check_derivative, lambda x: np.reshape(x, target, order, copy=True), x)
    check(check_derivative, lambda x: np.ravel(x, order), x)
    check(check_derivative, lambda x: np.ravel(x[::-1] if x.ndim else x, order), x)


def test_ravel_in_the_order_of_memory(check_derivative):
    x = random((2, 3, 4))
    cotangent = random(24)
    # Differences would add a C-ordered direction, so the oracle is the permutation itself.
    for order in "AK":
        check(check_derivative, lambda x, order=order: np.ravel(x, order), x)
        _, pullback = vjp(lambda x, order=order: np.ravel(x, order), np.asfortranarray(x))
        assert_array_equal(pullback(cotangent), cotangent.reshape(4, 3, 2).T)
    with pytest.raises(DerivativeNotImplementedError, match="say order='C'"):
        vjp(lambda x: np.ravel(x, "K"), x.transpose(0, 2, 1))


@bounded
@given(nonempty_axes, seeds, st.randoms())
def test_axes_in_another_order(check_derivative, shape, seed, choice):
    x = random(shape, seed)
    ndim = len(shape)
    axes = choice.sample(range(ndim), ndim)
    first, second = choice.randrange(-ndim, ndim), choice.randrange(-ndim, ndim)
    some = choice.sample(range(ndim), choice.randrange(ndim + 1))
    places = choice.sample(range(ndim), len(some))
    check(check_derivative, np.transpose, x)
    check(check_derivative, lambda x: np.transpose(x, axes), x)
    check(check_derivative, lambda x: np.transpose(x, [axis - ndim for axis in axes]), x)
    check(check_derivative, lambda x: np.swapaxes(x, first, second), x)
    check(check_derivative, lambda x: np.moveaxis(x, some, places), x)
    check(check_derivative, lambda x: np.moveaxis(x, first, second), x)
    start = choice.randrange(-ndim, ndim + 1)
    check(check_derivative, lambda x: np.rollaxis(x, first, start), x)
    if ndim > 1:
        check(check_derivative, np.matrix_transpose, x)
        check(check_derivative, np.linalg.matrix_transpose, x)


@bounded
@given(shapes, seeds)
def test_axes_of_length_one(check_derivative, shape, seed):
    x = random(shape, seed)
    check(check_derivative, lambda x: np.expand_dims(x, 0), x)
    check(check_derivative, lambda x: np.expand_dims(x, (0, -1)), x)
    check(check_derivative, np.squeeze, x.reshape(1, *shape, 1))
    check(check_derivative, lambda x: np.squeeze(x, 0), x.reshape(1, *shape))
    for function in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
        check(check_derivative, function, x)
        check_derivative(lambda x, y, f=function: f(x, np.ones(2), y * y), x, 2.0)


@bounded
@given(shapes, seeds)
def test_broadcasting(check_derivative, shape, seed):
    x = random(shape, seed)
    check(check_derivative, lambda x: np.broadcast_to(x, (2, *shape)), x)
    ones = x[..., :1] if shape else x
    check(check_derivative, lambda x: np.broadcast_to(x, shape), ones)
    check_derivative(lambda a, b: np.broadcast_arrays(a * a, b * b), x, ones)
    check_derivative(lambda b: np.broadcast_arrays(x, b * b)[1], ones)
    check_derivative(lambda a: np.broadcast_arrays(a * a), x)


@bounded
@given(nonempty_axes, seeds, st.randoms())
def test_reversing_and_rolling(check_derivative, shape, seed, choice):
    x = random(shape, seed)
    ndim = len(shape)
    axis = choice.randrange(-ndim, ndim)
    check(check_derivative, np.flip, x)
    check(check_derivative, lambda x: np.flip(x, axis), x)
    check(check_derivative, lambda x: np.flip(x, (axis,)), x)
    check(check_derivative, np.flipud, x)
    shift = choice.randrange(-4, 5)
    check(check_derivative, lambda x: np.roll(x, shift), x)
    check(check_derivative, lambda x: np.roll(x, shift, axis), x)
    check(check_derivative, lambda x: np.roll(x, (shift, 1), (axis, 0)), x)
    if ndim > 1:
        check(check_derivative, np.fliplr, x)
        check(check_derivative, lambda x: np.rot90(x, shift), x)
        check(check_derivative, lambda x: np.rot90(x, shift, (1, 0)), x)


def test_full_like(check_derivative):
    x = random((2, 3))
    check(check_derivative, np.full_like, x, 2.0)
    check(check_derivative, np.full_like, x, random(3))
    y, pullback = vjp([partial(np.full_like, x)], 2.0)
    assert_array_equal(y, np.full((2, 3), 2.0))
    assert pullback(x) == pytest.approx(x.sum())
    check_derivative(lambda x, v: x * np.full_like(x, v * v), x, 2.0)
    # The value is traced outside, the array inside: NumPy looks only at the array.
    check_derivative(
        lambda v: grad(lambda x: np.sum(x * x * np.full_like(x, v * v)))(x),
        2.0,
        order=1,
    )
    assert_array_equal(grad(lambda x: np.sum(np.full_like(x, 3.0)))(x), np.zeros((2, 3)))
    with pytest.raises(TypeError, match=r"np\.broadcast_to\(value, shape\)"):
        grad(lambda v: np.sum(np.full_like(x, v)))(2.0)


def test_copies_and_dtypes(check_derivative):
    x = random((2, 3))
    check(check_derivative, np.copy, x)
    check(check_derivative, lambda x: np.astype(x, complex) * 1j, x)
    y, pullback = vjp(lambda x: np.astype(x, np.float32), x)
    assert y.dtype == np.float32
    assert pullback(y).dtype == np.float64
    assert grad(lambda x: np.sum(np.astype(x, int)) * 1.0)(x).sum() == 0


def test_a_copy_of_a_scalar_is_an_array():
    for scalar in (2.0, np.float32(2.0), np.array(2.0)):
        y, pullback = vjp(np.copy, scalar)
        assert type(y) is np.ndarray
        assert type(pullback(y)) is type(scalar)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.reshape(x, ()),
        np.ravel,
        np.squeeze,
        lambda x: np.expand_dims(x, 0),
        np.atleast_2d,
        lambda x: np.broadcast_to(x, (2, 2)),
        np.transpose,
        np.flip,
        np.copy,
    ],
)
def test_numbers_count_as_arrays(function):
    assert grad(lambda x: np.sum(function(x) * x))(2.0) == function(np.ones(())).size * 4.0
    assert type(grad(lambda x: np.sum(function(x)))(2.0)) is float


def test_pullbacks_return_views():
    from pullback.plugins import rule_function

    for function, args in [(np.reshape, (6,)), (np.transpose, ()), (np.ravel, ())]:
        y, pullback = rule_function(function)(np.ones((2, 3)), *args)
        assert np.shares_memory(pullback(y), y)
