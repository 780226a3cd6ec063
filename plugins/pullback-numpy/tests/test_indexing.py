"""Reading elements: every kind of index against differences; loops of reads cost what they read."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, hvp, val_and_grad, vjp
from pullback.errors import OutArgumentError
from pullback_numpy.indexing import Scattered, scatter

bounded = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
X = np.random.default_rng(0).standard_normal((3, 4, 5))
INDICES = {
    "number": 1,
    "negative number": -1,
    "numpy integer": np.int32(2),
    "numbers": (1, -1, 0),
    "slice": slice(1, 3),
    "negative step": slice(None, None, -2),
    "slices": (slice(None, None, -1), slice(1, None, 2)),
    "number beside slice": (slice(None), 2),
    "ellipsis": (..., 2),
    "only ellipsis": ...,
    "new axes": (None, slice(None), None, 1),
    "nothing": (),
    "empty slice": slice(2, 1),
    "list": [0, 2, 2],
    "empty list": [],
    "array": np.array([[0, 1], [-1, 1]]),
    "array of no dimension": np.array(1),
    "array beside slice": (slice(None), [0, 0, 3]),
    "arrays": ([0, 0, 2], [1, 1, 3]),
    "arrays around a slice": ([0, 0, 2], slice(1, 3), [1, 1, -1]),
    "broadcast arrays": (np.array([[0], [2]]), np.array([[1, 1, 3]])),
    "array, number and new axis": ([0, 0], None, 1),
    "mask": X > 0,
    "mask of rows": np.array([True, False, True]),
    "mask as a list": [True, False, True],
    "mask of columns": (slice(None), X[0, :, 0] > 0),
    "mask and array": (np.array([True, False, True]), [1, 3]),
    "truth": True,
    "falsehood": False,
    "mask of nothing": np.zeros(3, bool),
}


@pytest.mark.parametrize("name", INDICES)
@pytest.mark.parametrize("layout", ["C", "F", "strided"])
def test_indices(check_derivative, name, layout):
    index = INDICES[name]
    x = X.copy(order=layout) if layout != "strided" else np.repeat(X, 2, axis=1)[:, ::2]
    y, pullback = vjp(lambda x: x[index], x)
    assert_array_equal(y, x[index])
    cotangent = np.asarray(pullback(np.ones_like(y)))
    assert cotangent.shape == X.shape
    check_derivative(lambda x: x[index] * 1.0, x)
    check_derivative(lambda x: (x * x)[index] + x[index] * x[index], x)


@bounded
@given(st.data())
def test_any_index(check_derivative, data):
    shape = data.draw(shapes)
    basic = hnp.basic_indices(shape, allow_newaxis=True)
    advanced = hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2))
    index = data.draw(basic | advanced)
    x = np.random.default_rng(0).standard_normal(shape)
    check_derivative(lambda x: x[index] * 1.0, x)
    check_derivative(lambda x: (x * x)[index] + 2 * x[index], x)


def test_an_index_that_is_written_to_later_is_read_as_it_was():
    x = np.arange(4.0)
    for index in (np.array([0, 0]), np.array([True, False, False, False]), [0, 0]):
        _, pullback = vjp(lambda x, index=index: np.sum(x[index]) + np.sum(x[index,]), x)
        expected = 2 * np.bincount([0] * x[index].size, minlength=4)
        index[0] = index[1]
        index[1] = 1
        assert_array_equal(pullback(1.0), expected)


def test_indices_of_eight_bits_reach_every_place():
    index = np.array([2, 2], np.uint8)
    places = np.arange(600.0).reshape(3, 200)
    expected = 2.0 * (places >= 400)
    for read in (lambda x: x[index], lambda x: np.take(x, index, axis=0)):
        assert_array_equal(grad(lambda x, read=read: np.sum(read(x)))(places), expected)
    for mode in ("raise", "wrap", "clip"):
        gradient = grad(lambda x, mode=mode: np.sum(np.take(x, index, mode=mode)))(places)
        assert_array_equal(np.flatnonzero(gradient), [2])


def test_complex_and_single_precision():
    z = np.array([1 + 2j, 3j])
    assert_array_equal(grad(lambda z: z[[1, 1]].sum(), holomorphic=True)(z), [0, 2])
    x = np.ones(20, np.float32)
    for f in (lambda x: sum(x[i] * x[i] for i in range(20)), lambda x: np.sum(x[[0, 0]] * 2)):
        y, gradient = val_and_grad(f, x)
        assert (y.dtype, gradient.dtype) == (np.float32, np.float32)


def test_arrays_without_axes_are_read():
    assert grad(lambda x: x[()] ** 2)(np.array(3.0)) == 6.0
    assert_array_equal(grad(lambda x: (x[None, None] ** 2).sum())(np.array(3.0)), 6.0)


def test_a_traced_scalar_takes_no_index():
    # As a sequence, NumPy would report it in its own words when it is stored into an array.
    with pytest.raises(TypeError, match="object is not subscriptable"):
        grad(lambda x: x[0][()])(np.ones(3))


def count_merges(f, x):
    """How often, and with how many parts, cotangents are merged in a gradient of ``f``."""
    counts = []
    merge = Scattered.merge

    def counting(dense, parts, space):
        counts.append(len(parts))
        return merge(dense, parts, space)

    with mock.patch.object(Scattered, "merge", counting):
        gradient = grad(f)(x)
    return gradient, counts


def test_a_loop_of_reads_is_merged_once():
    n = 300
    x = np.linspace(-1, 1, n)
    gradient, counts = count_merges(lambda x: sum(x[i] * x[i + 1] for i in range(n - 1)), x)
    assert counts == [2 * (n - 1)]
    padded = np.concatenate([[0], x, [0]])
    assert_allclose(gradient, padded[:-2] + padded[2:])
    _, counts = count_merges(lambda x: sum(row.sum() for row in x), x.reshape(30, 10))
    assert counts == [30]


def test_a_loop_of_reads_allocates_one_array(monkeypatch):
    n = 200
    x = np.linspace(-1, 1, n)
    made = []
    zeros = np.zeros

    def counting(shape, *args, **params):
        made.append(int(np.prod(shape)))
        return zeros(shape, *args, **params)

    monkeypatch.setattr(np, "zeros", counting)
    grad(lambda x: sum(x[i : i + 2][0] * x[i, ...] for i in range(n - 1)))(x)
    assert sum(made) <= n + 2 * n, "one array for x, and one of two elements for each slice"


def test_reads_join_what_else_arrives(check_derivative):
    x = np.random.default_rng(0).standard_normal(5)
    check_derivative(lambda x: np.sum(x * x) + x[0] * x[1] + np.sum(x[[0, 0]]), x)
    check_derivative(lambda x: np.broadcast_to(x, (2, 5)).sum() * x[2] * np.split(x, 5)[0][0], x)
    assert_array_equal(grad(lambda x: np.sum(x) + x[0])(x), [2, 1, 1, 1, 1])


def test_loops_of_reads_at_higher_order():
    x = np.linspace(-1, 1, 30)

    def f(x):
        return sum(x[i] * x[i + 1] * x[i] for i in range(29))

    # d²f/dx_i² = 2 x_{i+1}, d²f/dx_i dx_{i+1} = 2 x_i.
    expected = np.diag([*(2 * x[1:]), 0.0]) + np.diag(2 * x[:-1], 1) + np.diag(2 * x[:-1], -1)
    assert_allclose(hessian(f)(x), expected)
    v = np.cos(x)
    assert_allclose(hvp(f)(x, v), expected @ v)

    def third(x):
        return hvp(f)(x, v) @ v

    # The third derivative of x_i² x_{i+1} along v, v.
    along = np.zeros(30)
    along[:-1] += 4 * v[:-1] * v[1:]
    along[1:] += 2 * v[:-1] ** 2
    assert_allclose(grad(third)(x), along)


def test_a_read_is_a_link_of_a_chain():
    x = np.arange(9.0).reshape(3, 3)
    y, gradient = val_and_grad([np.diagonal, np.sum], x)
    assert (y, gradient.tolist()) == (12.0, np.eye(3).tolist())
    _, pullback = vjp([np.trace, np.exp], x / 10)
    assert_allclose(pullback(1.0), np.exp(1.2) * np.eye(3))


def test_scatter(check_derivative):
    indices = (0, [2, 2], slice(1, 3))
    parts = [1.5, np.array([3.0, 4.0]), np.array([5.0, 6.0])]
    assert_array_equal(scatter((4,), float, indices, *parts), [1.5, 5, 13, 0])
    check_derivative(
        lambda *parts: scatter((4,), np.dtype(float), indices, *[p * p for p in parts]), *parts
    )


@bounded
@given(shapes, st.sampled_from(["raise", "wrap", "clip"]), st.data())
def test_take(check_derivative, shape, mode, data):
    x = np.random.default_rng(0).standard_normal(shape)
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    length = x.size if axis is None else shape[axis]
    bound = 2 * length if mode != "raise" else length - 1
    numbers = st.integers(-min(bound, length), bound)
    indices = data.draw(
        numbers | st.lists(numbers, max_size=3) | hnp.arrays(int, (2, 2), elements=numbers)
    )
    if isinstance(indices, list) and not indices:
        indices = np.array([], int)
    check_derivative(lambda x: np.take(x * x, indices, axis, mode=mode), x)
    y, _ = vjp(lambda x: np.take(x, indices, axis=axis, mode=mode), x)
    assert_array_equal(y, np.take(x, indices, axis=axis, mode=mode))


@bounded
@given(shapes, st.data())
def test_take_along_axis(check_derivative, shape, data):
    x = np.random.default_rng(0).standard_normal(shape)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    taken = [*shape]
    taken[axis] = data.draw(st.integers(1, 3))
    numbers = st.integers(-shape[axis], shape[axis] - 1)
    indices = data.draw(hnp.arrays(int, taken, elements=numbers))
    check_derivative(lambda x: np.take_along_axis(x * x, indices, axis), x)
    order = np.argsort(x, axis=axis)
    check_derivative(lambda x: np.take_along_axis(x, order, axis=axis), x, order=1)
    flat = np.arange(x.size)[::-2]
    check_derivative(lambda x: np.take_along_axis(x * x, flat, None), x)


@bounded
@given(shapes, st.data())
def test_compress_and_extract(check_derivative, shape, data):
    x = np.random.default_rng(0).standard_normal(shape)
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    rows = data.draw(hnp.arrays(bool, shape[axis]))
    mask = data.draw(hnp.arrays(bool, shape))
    check_derivative(lambda x: np.compress(rows, x * x, axis), x)
    check_derivative(lambda x: np.compress(mask.ravel(), x * x), x)
    check_derivative(lambda x: np.extract(mask, x * x), x)


def test_numbers_of_rows_that_are_broadcast(check_derivative):
    x = np.random.default_rng(0).standard_normal((2, 3))
    check_derivative(lambda x: np.take_along_axis(x * x, np.array([[2, -1, 2]]), 1), x)
    check_derivative(lambda x: np.take_along_axis(x * x, np.array([[0, 0, 0]] * 2), 0), x[:1])
    check_derivative(lambda x: np.take_along_axis(x * x, np.array([-1, 4, -1]), None), x)


def test_a_number_is_taken_along_its_only_axis():
    for axis in (None, 0, -1):
        assert grad(lambda x, axis=axis: np.sum(np.take(x, [0, -1], axis)))(2.0) == 2.0
        assert grad(lambda x, axis=axis: np.take(x, 5, axis, mode="clip"))(np.array(2.0)) == 1.0


def test_out_is_refused():
    x = np.ones(3)
    with pytest.raises(OutArgumentError, match=r"numpy\.take.*would lose"):
        grad(lambda x: np.take(x, [0], None, np.zeros(1)).sum())(x)
    with pytest.raises(OutArgumentError, match=r"numpy\.compress.*would lose"):
        grad(lambda x: np.compress([True], x, None, np.zeros(1)).sum())(x)


@pytest.mark.parametrize("index", [1, [0, 2, 2]])
def test_taking_from_nothing_what_is_out_of_bounds(index):
    # NumPy does not look at the numbers where the result is empty.
    y, pullback = vjp(lambda x: np.take(x, index, axis=1), np.empty((0, 0)))
    assert pullback(np.ones_like(y)).shape == (0, 0)
