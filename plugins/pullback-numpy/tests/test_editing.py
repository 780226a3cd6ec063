"""Inserting, deleting, trimming, blocks and grids: NumPy's values, and differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from pullback import grad, primitive, vjp
from pullback.errors import InPlaceWriteError


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


@pytest.mark.parametrize("axis", [None, 0, -1])
def test_append(check_derivative, axis):
    check(check_derivative, lambda a, b: np.append(a, b, axis), random((2, 2)), random((2, 2), 1))
    check(check_derivative, lambda a, b: np.append(a, b), 1.0, random((2, 1)))


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize(
    "obj",
    [
        *(0, -1, 3, [1], [], [2, 0, 2], np.array([-1, 1]), slice(1, 3), slice(None, None, -1)),
        np.array([True, False, True]),
    ],
)
def test_insert(check_derivative, axis, obj):
    f = lambda a, v: np.insert(a, obj, v, axis)
    x = random((3, 3))
    check(check_derivative, f, x, 0.5)
    if axis is not None:
        along = axis == 0 or (np.ndim(obj) == 0 and not isinstance(obj, slice))
        check(check_derivative, f, x, random((1, 3) if along else (3, 1), 1))
    if axis == 0:
        check(check_derivative, f, x, random(3, 1))


def test_each_value_is_inserted_at_its_place(check_derivative):
    x = random((3, 2))
    check(check_derivative, lambda a, v: np.insert(a, [2, 0, 2], v, 0), x, random((3, 2), 1))
    check(check_derivative, lambda a, v: np.insert(a, 1, v, 0), x, random((4, 2), 1))
    check(check_derivative, lambda a, v: np.insert(a, 1, v, 1), x, random((4, 3), 1))
    check(check_derivative, lambda a, v: np.insert(a, [1], v, 1), x, random((3, 4), 1))
    check(check_derivative, lambda a, v: np.insert(a, [1, 0], v, 0), x, random((1, 2, 2), 1))
    _, back = vjp(lambda v: np.insert(np.zeros(3), [2, 0, 2], v), np.zeros(3))
    assert_array_equal(back(np.arange(6.0)), [3, 0, 4])


def test_places_that_are_written_to_later_are_as_they_were():
    obj = np.array([0, 2])
    _, back = vjp(lambda a: np.insert(a, obj, 0.0), np.ones(2))
    _, back_delete = vjp(lambda a: np.delete(a, obj), np.ones(3))
    obj[:] = 1
    assert_array_equal(back(np.arange(4.0)), [1, 2])
    assert_array_equal(back_delete(np.ones(1)), [0, 1, 0])


@pytest.mark.parametrize("axis", [None, 0, 1, -2])
@pytest.mark.parametrize("obj", [0, -2, [0, 0, 2], [], slice(None, None, 2), slice(2, None, -2)])
def test_delete(check_derivative, axis, obj):
    check(check_derivative, lambda a: np.delete(a, obj, axis), random((3, 3)))


def test_delete_by_a_mask(check_derivative):
    mask = np.array([True, False, True])
    check(check_derivative, lambda a: np.delete(a, mask, 1), random((2, 3)))
    assert grad(lambda a: np.delete(a, []).sum())(np.array(2.0)) == 1.0


@pytest.mark.parametrize("trim", ["fb", "f", "b", "BF"])
def test_zeros_at_the_ends_get_nothing(trim):
    x = np.array([0.0, 0.0, 3.0, 0.0, np.nan, 0.0])
    first, last = 2 if "f" in trim.lower() else 0, 5 if "b" in trim.lower() else 6
    y, back = vjp(lambda x: np.trim_zeros(x, trim), x)
    assert_array_equal(y, x[first:last])
    assert_array_equal(back(np.ones_like(y)), [first <= i < last for i in range(6)])
    assert_array_equal(vjp(lambda x: np.trim_zeros(x, trim), np.zeros(2))[1](np.zeros(0)), [0, 0])


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.2.0", reason="it took vectors only")
@pytest.mark.parametrize(
    ("axis", "rows", "columns"),
    [(None, (1, 3), (0, 1)), (0, (1, 3), (0, 4)), (-1, (0, 5), (0, 1)), ((0, 1), (1, 3), (0, 1))],
)
def test_frames_of_zeros_get_nothing(axis, rows, columns):
    x = np.pad(np.ones((2, 1)), [(1, 2), (0, 3)])
    y, back = vjp(lambda x: np.trim_zeros(x, "fb", axis), x)
    assert_array_equal(y, x[slice(*rows), slice(*columns)])
    expected = np.zeros((5, 4))
    expected[slice(*rows), slice(*columns)] = 1
    assert_array_equal(back(np.ones_like(y)), expected)


@pytest.mark.parametrize("trim", ["fb", "f", "b"])
@pytest.mark.parametrize("items", [[0.0, 0.0, 3.0, 0.0, 5.0, 0.0], [0.0, 0.0], [2.0]])
def test_a_list_is_trimmed_to_a_list(trim, items):
    y, back = vjp(primitive(np.trim_zeros), items, trim=trim)
    assert y == np.trim_zeros(items, trim)
    assert type(y) is list
    start = len(items) - len(np.trim_zeros(items, "f")) if "f" in trim and y else 0
    cts = [10.0 + place for place in range(len(y))]
    expected = [0.0] * len(items)
    expected[start : start + len(y)] = cts
    assert back(cts) == expected
    traced = primitive(np.trim_zeros)
    assert_array_equal(
        grad(lambda x: 2.0 * traced([0.0, x, x * x, 0.0], trim)[-1 - ("b" not in trim)])(3.0), 12.0
    )


@pytest.mark.parametrize("shape", [7, 3, (2, 2), (5, 3), (0, 2), ()])
def test_resize(check_derivative, shape):
    check(check_derivative, lambda a: np.resize(a, shape), random((2, 2)))
    assert_array_equal(grad(lambda a: np.sum(np.resize(a, shape)))(np.ones((0, 2))).shape, (0, 2))


def test_block(check_derivative):
    a, b, c = random((2, 2)), random((2, 3), 1), random(5, 2)
    check(check_derivative, lambda a, b, c: np.block([[a, b], [c]]), a, b, c)
    check(check_derivative, lambda a, b: np.block([[a, 2.0 * np.ones((2, 1))], [b]]), a, b)
    check(check_derivative, lambda a: np.block([a, a[0, 0] * np.ones((2, 1))]), a)
    check(check_derivative, lambda a, x: np.block([a[0], x, 3.0]), a, 0.5)
    check(check_derivative, lambda a, x: np.block([[[a, a]], [[x, a]]]), a, random((2, 2), 3))
    check(check_derivative, lambda a: np.block(a), a)


@pytest.mark.parametrize("k", [0, 2, -1])
def test_diagflat(check_derivative, k):
    check(check_derivative, lambda v: np.diagflat(v, k), random((2, 2)))
    assert grad(lambda x: np.sum(np.diagflat(x, k)))(3.0) == 1.0


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("copy", [False, True])
def test_meshgrid(check_derivative, indexing, sparse, copy):
    params = {"indexing": indexing, "sparse": sparse, "copy": copy}
    x, y, z = random(2), random((2, 2), 1), random(3, 2)
    check(check_derivative, lambda x: np.meshgrid(x, **params), y)
    check(check_derivative, lambda x, y, z: np.meshgrid(x, y, z, **params), x, y, z)
    check(check_derivative, lambda x, z: np.meshgrid(x, [1, 2], z, **params), x, z)


def test_ix(check_derivative):
    x = random(3)
    check(check_derivative, lambda x: np.ix_(x, np.array([2, 0]), x), x)
    check(check_derivative, lambda x: np.ix_([True, False, True], x), x)


@pytest.mark.skipif(not hasattr(np, "unstack"), reason="NumPy 2.1 added it")
def test_unstack(check_derivative):
    for axis in (0, 1, -1):
        check(check_derivative, lambda x, axis=axis: np.unstack(x, axis=axis), random((2, 3, 2)))
    gradient = grad(lambda x: np.unstack(x)[1] ** 2)(np.array([1.0, 3.0]))
    assert_array_equal(gradient, [0, 6])
    assert vjp(np.unstack, np.ones((0, 2)))[1](()).shape == (0, 2)


@pytest.mark.parametrize(
    "write",
    [
        lambda x: np.copyto(x, 0.0),
        lambda x: np.copyto(np.zeros(4), x),
        lambda x: np.put(x, [0], 0.0),
        lambda x: np.put(np.zeros(4), [0], x[0]),
        lambda x: np.place(x, x > 0, [0.0]),
        lambda x: np.putmask(np.zeros(4), x > 0, x),
        lambda x: np.put_along_axis(x, np.array([0]), 0.0, 0),
        lambda x: np.fill_diagonal(x.reshape(2, 2), 0.0),
    ],
)
def test_writes_in_place_name_what_to_write_instead(write):
    with pytest.raises(InPlaceWriteError, match=r"Build a new value instead: np\.where"):
        grad(write)(np.ones(4))
