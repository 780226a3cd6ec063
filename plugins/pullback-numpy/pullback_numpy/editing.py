"""Rules for editing arrays: inserting, deleting, trimming; blocks, grids and pieces.

All of these move elements. Where NumPy decides where they go, it is asked once for the places, and
the pullback reads the cotangents from there.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import rule
from pullback.spaces import project
from pullback_numpy.axes import along, as_array
from pullback_numpy.indexing import Scattered, read
from pullback_numpy.joining import concatenate


@rule(np.append)
def append(arr, values, axis=None):
    """Two arrays, one after the other; flattened where ``axis`` is ``None``."""
    y, concatenate_pullback = concatenate([as_array(arr), as_array(values)], axis)

    def append_pullback(ct):
        return tuple(concatenate_pullback(ct))

    return y, append_pullback


@rule(np.insert, differentiable=("arr", "values"))
def insert(arr, obj, values, axis=None):
    """``values`` before the places ``obj`` of an axis, or of the flattened array.

    ``values`` broadcast to what is inserted. At one place, given as a number, their first axis
    lies along ``axis``; else they are as they would be in an assignment.
    """
    arr, values = as_array(arr), as_array(values)
    y = np.insert(arr, obj, values, axis)
    arr_shape, shape = arr.shape, values.shape
    place = 0 if axis is None else axis % arr.ndim
    length = arr.size if axis is None else arr_shape[place]
    # Numbers in the place of values, -1 elsewhere; so sorting tells where each of them went.
    marks = np.insert(np.full(length, -1), obj, np.arange(y.shape[place] - length))
    order = np.argsort(marks, kind="stable")
    old, new = along(place, order[:length]), along(place, order[length:])
    first_axis_along = np.ndim(obj) == 0 and not isinstance(obj, slice)

    def insert_pullback(ct):
        return read(ct, old).reshape(arr_shape)

    def insert_pullback_values(ct):
        ct = read(ct, new)
        if first_axis_along:
            ct = np.moveaxis(ct, place, 0)
        inner = shape[max(len(shape) - ct.ndim, 0) :]  # an assignment drops axes of length one
        return project(ct, (np.ndarray, inner, ct.dtype)).reshape(shape)

    return y, (insert_pullback, None, insert_pullback_values, None)


@rule(np.delete, differentiable=("arr",))
def delete(arr, obj, axis=None):
    """Without the places ``obj`` of an axis, or of the flattened array."""
    arr = as_array(arr)
    shape, size = arr.shape, arr.size
    y = np.delete(arr, obj, axis)
    place = 0 if axis is None else axis % arr.ndim
    left = np.delete(np.arange(size if axis is None else shape[place]), obj)

    def delete_pullback(ct):
        if axis is None:
            return Scattered(np.unravel_index(left, shape), ct) if shape else ct.sum()
        return Scattered(along(place, left), ct)

    return y, (delete_pullback, None, None)


@rule(np.trim_zeros)
def trim_zeros(filt, trim="fb", axis=None):
    """Without zeros at the ends; which are zero is constant. Of a list it is a part of the list."""
    y = np.trim_zeros(filt, trim, **({} if axis is None else {"axis": axis}))  # NumPy 2.2
    whole, left = np.shape(filt), np.shape(y)
    index = [slice(length) for length in left]
    if "f" in trim.lower() and math.prod(left):
        firsts = map(np.min, np.nonzero(filt)) if whole else ()
        for place, first in enumerate(firsts):
            if left[place] != whole[place]:  # else this axis was left as it is
                index[place] = slice(first, first + left[place])

    is_list = isinstance(filt, (list, tuple))

    def trim_zeros_pullback(ct):
        if is_list:
            before = index[0].start or 0
            return [*(None,) * before, *ct, *(None,) * (whole[0] - before - left[0])]
        return Scattered(tuple(index), ct) if whole else ct

    return y, trim_zeros_pullback


@rule(np.resize)
def resize(a, new_shape):
    """The flattened array, again and again, in a new shape: an element sums over its copies."""
    a = as_array(a)
    shape, size = a.shape, a.size

    def resize_pullback(ct):
        if not size:
            return None
        ct = ct.ravel()
        copies = math.ceil(ct.size / size)
        whole = np.pad(ct, (0, copies * size - ct.size)).reshape(copies, size)
        return whole.sum(axis=0).reshape(shape)

    return np.resize(a, new_shape), resize_pullback


@rule(np.block)
def block(arrays):
    """Nested lists of blocks: the innermost are joined along the last axis, and so on outwards."""
    y = np.block(arrays)
    shapes = _shapes_of(arrays, y.ndim)
    depth = _depth(arrays)

    def block_pullback(ct):
        return _cut(ct, shapes, ct.ndim - depth)

    return y, block_pullback


def _depth(nest):
    return 1 + _depth(nest[0]) if isinstance(nest, list) else 0


def _shapes_of(nest, ndim):
    """For each block of a nest its shape, and that shape with ones in front."""
    if isinstance(nest, list):
        return [_shapes_of(item, ndim) for item in nest]
    shape = np.shape(as_array(nest))
    return shape, (1,) * (ndim - len(shape)) + shape


def _cut(ct, shapes, axis):
    """``ct`` as the nest of cotangents of the blocks."""
    if isinstance(shapes, tuple):
        return ct.reshape(shapes[0])
    pieces = []
    start = 0
    for item in shapes:
        corner = item
        while isinstance(corner, list):
            corner = corner[0]
        stop = start + corner[1][axis]
        pieces.append(_cut(ct[along(axis, slice(start, stop))], item, axis + 1))
        start = stop
    return pieces


@rule(np.diagflat)
def diagflat(v, k=0):
    """A matrix with the flattened array on a diagonal."""
    v = as_array(v)
    shape = v.shape

    def diagflat_pullback(ct):
        return ct.diagonal(k).reshape(shape)

    return np.diagflat(v, k), diagflat_pullback


@rule(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """Coordinates of the points of a grid: each number gets the sum over its row or plane."""
    arrays = [as_array(x) for x in xi]
    y = np.meshgrid(*arrays, copy=copy and sparse, sparse=True, indexing=indexing)
    if not sparse:
        # Not np.meshgrid, whose views warn when they are asked whether they can be written.
        whole = np.broadcast_shapes(*[grid.shape for grid in y])
        y = tuple([np.broadcast_to(grid, whole) for grid in y])
        y = tuple([grid.copy() for grid in y]) if copy else y
    return y, _summed([array.shape for array in arrays], indexing)


def _summed(shapes, indexing):
    """The pullback of spreading arrays of ``shapes`` over the axes of a grid."""
    axes = [*range(len(shapes))]
    if indexing == "xy" and len(axes) > 1:
        axes[:2] = 1, 0

    def meshgrid_pullback(cts):
        return tuple(
            None
            if ct is None
            else ct.sum(axis=tuple(other for other in axes if other != axis)).reshape(shape)
            for ct, axis, shape in zip(cts, axes, shapes, strict=True)
        )

    return meshgrid_pullback


@rule(np.ix_)
def ix_(*args):
    """Vectors along one axis each of a grid; integers and masks become indices."""
    shapes = [np.shape(as_array(arg)) for arg in args]

    def ix_pullback(cts):
        return tuple(
            None if ct is None else ct.reshape(shape) for ct, shape in zip(cts, shapes, strict=True)
        )

    return np.ix_(*args), ix_pullback


def _unstack(x, /, *, axis=0):
    """The members along an axis, each without it."""
    x = as_array(x)
    shape, dtype = x.shape, x.dtype

    def unstack_pullback(cts):
        return np.stack([*cts], axis) if cts else np.zeros(shape, dtype)

    return np.unstack(x, axis=axis), unstack_pullback


newer = tuple(rule(np.unstack)(_unstack) for _ in range(hasattr(np, "unstack")))  # NumPy 2.1
