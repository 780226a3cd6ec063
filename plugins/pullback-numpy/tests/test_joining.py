"""Joining, splitting and repeating, against differences over random shapes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import grad, val_and_grad, vjp
from pullback.errors import OutArgumentError

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
lengths = st.integers(0, 3)
shapes = st.lists(lengths, min_size=1, max_size=3).map(tuple)


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def check(check_derivative, f, *primals):
    """The value is that of NumPy; the second derivative is taken of squares, as ``f`` is linear."""
    got, expected = vjp(f, *primals)[0], f(*primals)
    for y, value in zip(
        *((z if isinstance(z, (list, tuple)) else [z]) for z in (got, expected)), strict=True
    ):
        assert_array_equal(y, value, strict=True)
    assert type(got) is type(expected)
    check_derivative(lambda *xs: f(*[x * x for x in xs]), *primals)


@bounded
@given(shapes, st.lists(lengths, min_size=1, max_size=3), st.randoms())
def test_concatenate(check_derivative, shape, counts, choice):
    axis = choice.randrange(-len(shape), len(shape))
    place = axis % len(shape)
    arrays = [
        random((*shape[:place], n, *shape[place + 1 :]), seed) for seed, n in enumerate(counts)
    ]
    check(check_derivative, lambda *xs: np.concatenate(xs, axis), *arrays)
    check(check_derivative, lambda *xs: np.concatenate([*xs], axis=axis), *arrays)
    check(check_derivative, lambda *xs: np.concatenate((*xs, arrays[0]), axis), *arrays)
    check(check_derivative, lambda *xs: np.concatenate([*xs, random((2, 2))], None), *arrays)


@bounded
@given(shapes, st.integers(1, 3), st.randoms())
def test_stacks(check_derivative, shape, count, choice):
    arrays = [random(shape, seed) for seed in range(count)]
    axis = choice.randrange(-len(shape) - 1, len(shape) + 1)
    check(check_derivative, lambda *xs: np.stack(xs, axis), *arrays)
    for function in (np.vstack, np.hstack, np.dstack, np.column_stack):
        check(check_derivative, lambda *xs, f=function: f([*xs, arrays[0]]), *arrays)


def test_numbers_and_vectors_are_joined(check_derivative):
    check(check_derivative, lambda a, b: np.stack([a, b, 3.0]), 1.0, 2.0)
    check(check_derivative, lambda a, b: np.hstack([a, b]), 1.0, random(2))
    check(check_derivative, lambda a, b: np.vstack([a, b]), random(3), random((2, 3)))
    check(check_derivative, lambda a, b: np.column_stack([a, b]), random(3), random((3, 2)))
    check(check_derivative, lambda a, b: np.dstack([a, b]), random((2, 3)), random((2, 3, 2)))
    assert val_and_grad(lambda a: np.sum(np.stack([a, a]) * [2.0, 3.0]), 1.0) == (5.0, 5.0)
    assert type(grad(lambda a: np.stack([a, a])[0])(1.0)) is float


@pytest.mark.parametrize(
    "function", [np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack]
)
def test_the_rows_of_one_array_are_joined(check_derivative, function):
    check(check_derivative, function, random((2, 3, 2)))
    if function is np.stack:
        check(check_derivative, lambda x: np.stack(x, 1), random((2, 3, 2)))


def test_dtypes_of_joined_arrays():
    x = np.ones(2, np.float32)
    y, pullback = vjp(lambda a, b: np.concatenate([a, b]), x, np.ones(2))
    assert [ct.dtype for ct in pullback(y)] == [np.float32, np.float64]
    y, pullback = vjp(lambda a: np.concatenate([a, a], dtype=complex, casting="safe"), x)
    assert y.dtype == complex
    assert pullback(y).dtype == np.float32


@bounded
@given(st.lists(st.integers(1, 4), min_size=3, max_size=3), st.integers(1, 3), st.integers(0, 2))
def test_splits(check_derivative, shape, parts, axis):
    x = random([n * parts if place == axis else n for place, n in enumerate(shape)])
    check(check_derivative, lambda x: np.split(x, parts, axis), x)
    check(check_derivative, lambda x: np.array_split(x, 3, axis), x)
    check(check_derivative, lambda x: np.split(x, [1, 1, 3], axis - 3), x)
    single = [np.vsplit, np.hsplit, np.dsplit][axis]
    check(check_derivative, lambda x: single(x, parts), x)
    check(check_derivative, lambda x: np.split(x, parts, axis)[0], x)
    check(check_derivative, lambda x: np.hsplit(x, [1]), random(3))


def test_pieces_between_places_in_any_order_overlap(check_derivative):
    x = random((4, 5, 3))
    check(check_derivative, lambda x: np.split(x, [3, 1]), x)
    check(check_derivative, lambda x: np.array_split(x, np.array([2, 2, 0, -1]), -2), x)
    check(check_derivative, lambda x: np.vsplit(x, (9, -3)), x)
    check(check_derivative, lambda x: np.hsplit(x, [4, 0]), x)
    check(check_derivative, lambda x: np.hsplit(x, [4, 0]), x[0, :, 0])
    check(check_derivative, lambda x: np.dsplit(x, [2, 1]), x)
    _, pullback = vjp(lambda x: np.split(x, [2, 1]), np.zeros(3))
    assert_array_equal(pullback([np.ones(2), np.ones(0), np.full(2, 5.0)]), [1, 6, 5])


def test_pieces_that_nothing_arrives_at_get_zeros():
    x = np.arange(6.0)
    gradient = grad(lambda x: np.sum(np.split(x, 3)[1] ** 2))(x)
    assert_array_equal(gradient, [0, 0, 4, 6, 0, 0])


@bounded
@given(shapes, st.integers(0, 3), st.randoms())
def test_repeat(check_derivative, shape, count, choice):
    x = random(shape)
    axis = choice.randrange(-len(shape), len(shape))
    each = [choice.randrange(3) for _ in range(shape[axis])]
    check(check_derivative, lambda x: np.repeat(x, count), x)
    check(check_derivative, lambda x: np.repeat(x, count, axis), x)
    check(check_derivative, lambda x: np.repeat(x, [count], axis=axis), x)
    check(check_derivative, lambda x: np.repeat(x, each, axis=axis), x)
    check(check_derivative, lambda x: np.repeat(x, [choice.randrange(1, 2)] * x.size), x)


@bounded
@given(shapes, st.lists(st.integers(0, 3), max_size=4))
def test_tile(check_derivative, shape, counts):
    x = random(shape)
    check(check_derivative, lambda x: np.tile(x, counts), x)
    check(check_derivative, lambda x: np.tile(x, 2), x)


def test_numbers_are_repeated():
    assert grad(lambda x: np.sum(np.repeat(x, 3)))(2.0) == 3.0
    assert grad(lambda x: np.sum(np.tile(x, (2, 3))))(2.0) == 6.0
    for axis in (None, 0, -1):
        assert grad(lambda x, axis=axis: np.sum(np.repeat(x, 3, axis)))(2.0) == 3.0
        assert grad(lambda x, axis=axis: np.sum(np.repeat(x, [2], axis)))(np.array(2.0)) == 2.0


def test_out_is_refused():
    for function in (np.concatenate, np.stack):
        with pytest.raises(OutArgumentError, match=f"{function.__name__}.*would lose"):
            grad(lambda x, f=function: f([x, x], 0, np.zeros(4)).sum())(np.ones(2))
