"""Rules for reading and replacing elements of dask arrays: ``x[...]`` and `pullback.at`.

An index is what dask takes, as far as the shape of what it reads is known: integers, slices,
``None``, ``...``, and one vector of integers or booleans, which is a list or a NumPy array.
"""

from __future__ import annotations

import dask.array as da
import numpy as np

from pullback import primitive, rule
from pullback.errors import DerivativeNotImplementedError, PrimalError
from pullback_numpy.indexing import Scattered, kept_index


@rule(da.Array.__getitem__)
def getitem(a, index):
    """Elements: the cotangent goes back to the places that were read."""
    index = _known(index)
    kept = kept_index(index)

    def getitem_pullback(ct):
        return Scattered(kept, ct)

    return a[index], (getitem_pullback, None)


@primitive
def set_at(x, index, value):
    """``x`` with ``value`` at ``index``.

    Args:
        x: a dask array.
        index: as in ``x[index]``; no place may occur in it twice.
        value: broadcasts to ``x[index]``.

    >>> set_at(da.zeros(3), slice(1, None), 7.0).compute()
    array([0., 7., 7.])
    """
    read_shape = x[_known(index)].shape
    index, axis = _per_axis(index, x.shape)
    if axis is not None and len(np.unique(index[axis])) < len(index[axis]):
        raise PrimalError(
            "pullback.at(x)[i].set(v) of a dask array takes an index in which no place occurs "
            "twice; .add(v) takes any"
        )
    return _replaced(x, index, _in_place_shape(value, read_shape, x[index].shape))


@rule(set_at, differentiable=("x", "value"))
def set_at_rule(x, index, value):
    """What is overwritten has the cotangent 0."""
    index = kept_index(_known(index))

    def set_at_pullback_x(ct):
        return set_at(ct, index, 0)

    def set_at_pullback_value(ct):
        return ct[index]

    return set_at(x, index, value), (set_at_pullback_x, None, set_at_pullback_value)


@primitive
def add_at(x, index, value):
    """``x`` with ``value`` added at ``index``.

    Args:
        x: a dask array.
        index: as in ``x[index]``; where a place occurs twice, all values are added.
        value: broadcasts to ``x[index]``.

    >>> add_at(da.zeros(3), [1, 1], np.array([2.0, 5.0])).compute()
    array([0., 7., 0.])
    """
    read_shape = x[_known(index)].shape
    index, axis = _per_axis(index, x.shape)
    value = _in_place_shape(value, read_shape, x[index].shape)
    if axis is not None:
        places, which = np.unique(index[axis], return_inverse=True)
        value = _sums_of_equal(value, which, len(places), axis)
        index = (*index[:axis], places, *index[axis + 1 :])
    return _replaced(x, index, x[index] + value)


@rule(add_at, differentiable=("x", "value"))
def add_at_rule(x, index, value):
    """Addition at some places: each summand has the cotangent that is there."""
    index = kept_index(_known(index))

    def add_at_pullback_x(ct):
        return ct

    def add_at_pullback_value(ct):
        return ct[index]

    return add_at(x, index, value), (add_at_pullback_x, None, add_at_pullback_value)


def _known(index):
    """``index``.

    Raises:
        PrimalError: it holds a dask array, which would have to be computed.
        DerivativeNotImplementedError: it holds several vectors, as that of a diagonal does.
    """
    items = index if type(index) is tuple else (index,)
    if any(isinstance(item, da.Array) for item in items):
        raise PrimalError(
            "a dask array is no index of a derivative, as its values are not known; write "
            "np.where(mask, x, 0) instead of x[mask], or compute the index first"
        )
    if sum(np.ndim(item) > 0 for item in items) > 1:
        raise DerivativeNotImplementedError(
            "dask arrays are read with one vector of indices at most, so the derivatives of "
            "np.diagonal and np.trace are not written for them; write np.sum(x * np.eye(n), axis=0)"
        )
    return index


def _per_axis(index, shape):
    """``index`` as slices, one for each axis, one of which may be a vector, and its place or None.

    An integer becomes a slice of length one: dask replaces elements only so beside a vector. The
    vector, a list or array of integers or booleans, becomes one of integers from 0.
    """
    items = [item for item in (index if type(index) is tuple else (index,)) if item is not None]
    if not any(item is Ellipsis for item in items):
        items.append(Ellipsis)
    (place,) = [place for place, item in enumerate(items) if item is Ellipsis]
    items[place : place + 1] = [slice(None)] * (len(shape) - len(items) + 1)
    vector_axis = None
    for axis, (item, length) in enumerate(zip(items, shape, strict=True)):
        if np.ndim(item) == 1:
            vector_axis = axis
            vector = np.asarray(item)
            items[axis] = np.flatnonzero(vector) if vector.dtype.kind == "b" else vector % length
        elif not isinstance(item, slice):
            items[axis] = slice(item % length, item % length + 1)
    return tuple(items), vector_axis


def _in_place_shape(value, read_shape, shape):
    """``value``, which broadcasts to what an index reads, in the ``shape`` of `_per_axis`."""
    return da.broadcast_to(da.asarray(value), read_shape).reshape(shape)


def _replaced(x, index, value):
    """Another array with ``value`` at ``index``, which has one item for each axis."""
    dtype = np.result_type(x, value)
    # NumPy would drop the imaginary part, or what follows the point, and the derivative with it.
    y = x.copy() if x.dtype.kind == dtype.kind else x.astype(dtype)
    if x[index].size:
        y[index] = value
    return y


def _sums_of_equal(values, which, count, axis):
    """The sums of those ``values`` along ``axis`` that have the same number in ``which``."""
    lengths = tuple((count,) if place == axis else c for place, c in enumerate(values.chunks))
    return da.map_blocks(
        _sum_block,
        values.rechunk({axis: -1}),
        which=which,
        count=count,
        axis=axis,
        chunks=lengths,
        dtype=values.dtype,
        meta=values._meta,
    )


def _sum_block(block, which, count, axis):
    sums = np.zeros((*block.shape[:axis], count, *block.shape[axis + 1 :]), block.dtype)
    np.add.at(np.moveaxis(sums, axis, 0), which, np.moveaxis(block, axis, 0))
    return sums
