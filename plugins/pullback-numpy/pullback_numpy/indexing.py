"""Rules for reading elements: ``x[...]``, `numpy.take` and its kin.

A read returns a `Scattered` cotangent. The engine merges all that arrive for one array at once, so
a loop that reads every element costs O(n).
"""

from __future__ import annotations

from math import prod

import numpy as np

from pullback import Deferred, primitive, rule
from pullback.arguments import any_traced
from pullback.spaces import Traced, array_type_of, plain, recorded
from pullback.tracer import apply_function
from pullback_numpy.axes import NO_OUT, along, as_array, given, refuse_out

_INTEGERS = frozenset({int, *(np.dtype(code).type for code in np.typecodes["AllInteger"])})
_BASIC = _INTEGERS | {slice, type(None), type(Ellipsis)}
"""The types of indices that read no element twice and that nobody can change later."""
_MANY = 16


class Scattered(Deferred):
    """A cotangent of the elements that ``index`` reads; all others have the cotangent 0."""

    __slots__ = ("cotangent", "index")

    def __init__(self, index, cotangent):
        self.index = index
        self.cotangent = cotangent

    @classmethod
    def merge(cls, dense, parts, space):
        """One array for all parts, and ``dense``; by `scatter` where a cotangent is traced.

        Arrays of other libraries are added to as `pullback.at` does it.
        """
        kind, shape, dtype = space
        if kind is not np.ndarray:
            array_type = array_type_of(kind)
            total = array_type.zeros(space) if dense is None else dense
            for part in parts:
                total = array_type.update(total, part.index, part.cotangent, add=True)
            return total
        indices = [part.index for part in parts]
        cotangents = [part.cotangent for part in parts]
        if any(issubclass(kind, Traced) for kind in {*map(type, cotangents)}) or (
            not _BASIC.issuperset(map(type, indices)) and any_traced(indices)  # by a graph
        ):
            total = scatter(shape, dtype, indices, *cotangents)
        else:
            total = np.zeros(shape, dtype)
            _add_into(total, indices, cotangents)
        return total if dense is None else dense + total


@primitive
def scatter(shape, dtype, indices, *cotangents):
    """Zeros of ``shape`` with each cotangent added to the elements that its index reads.

    >>> scatter((4,), float, (0, [2, 2]), 1.0, np.array([3.0, 4.0]))
    array([1., 0., 7., 0.])
    """
    total = np.zeros(shape, dtype)
    _add_into(total, indices, cotangents)
    return total


@rule(scatter, differentiable=("cotangents",))
def scatter_rule(shape, dtype, indices, *cotangents):
    """Scattering is linear, and reading at the same places is its transpose."""

    def reader(index):
        def scatter_pullback(ct):
            return read(ct, index)

        return scatter_pullback

    kept = map(kept_index, indices)
    return scatter(shape, dtype, indices, *cotangents), (None, None, None, *map(reader, kept))


def _add_into(total, indices, cotangents):
    """Add each cotangent to the elements of ``total`` (C-contiguous) that its index reads."""
    if total.ndim == 1 and len(indices) > _MANY and _INTEGERS.issuperset(map(type, indices)):
        places = np.fromiter(indices, np.intp, len(indices))
        np.add.at(total, places, np.fromiter(cotangents, total.dtype, len(indices)))
        return
    flat = total.ravel()
    every_place = None
    is_zero = True
    for index, cotangent in zip(indices, cotangents, strict=True):
        if is_basic(index):
            part = total[index]
            if is_zero and type(part) is np.ndarray:
                np.add(cotangent, 0.0, out=part)  # what 0.0 + cotangent is, without reading zeros
            else:
                total[index] += cotangent
            is_zero = False
            continue
        is_zero = False
        first, *others = index if type(index) is tuple else (index,)
        if others:
            if every_place is None:
                every_place = np.arange(total.size).reshape(total.shape)
            read = every_place[index]
        else:
            array = _index_array(first)
            if array.dtype.kind == "b":
                total[array] += cotangent
                continue
            read = _rows(array, total.shape)
        # On a flat array of the same dtype this is 3 ns an element, on any other up to 100.
        np.add.at(flat, read.ravel(), np.asarray(cotangent, total.dtype).ravel())


def is_basic(index):
    """Whether ``index`` is one that reads no element twice and that nobody can change later."""
    kind = type(index)
    return kind in _BASIC or (kind is tuple and _BASIC.issuperset(map(type, index)))


def _rows(index, shape):
    """The places, in a flat array of ``shape``, of the rows that ``index`` reads."""
    if len(shape) == 1:
        return index
    length = prod(shape[1:])
    return index[..., None] * length + np.arange(length)


def _index_array(index):
    """An array or list of indices or booleans, copied: the caller may write to it later.

    Indices get the widest type, as products with the lengths of axes do not fit into eight bits.
    """
    if recorded(index):
        if type(plain(index)) is int:
            return index
        return index if index.dtype.kind == "b" else index.astype(np.intp)
    array = np.asarray(index)
    return array.astype(bool if array.dtype.kind == "b" else np.intp)


def kept_index(index):
    """``index`` as it is now, for the time when the cotangent arrives."""
    kind = type(index)
    if kind in _BASIC:
        return index
    if kind is tuple:
        return tuple([item if type(item) in _BASIC else _index_array(item) for item in index])
    return _index_array(index)


def read(a, index):
    """``a[index]``, also where a graph records the index and not the array."""
    if type(index) in _BASIC or isinstance(a, Traced) or not any_traced((index,)):
        return a[index]
    return apply_function(np.ndarray.__getitem__, (a, index), {})


def scattered(shape, indices, axis, ct):
    """The cotangent of what was taken at ``indices`` of ``axis``, or of the flattened array."""
    if not shape:
        return ct  # a scalar gets the sum of all of it
    if not ct.size:
        return np.zeros(shape, ct.dtype)  # numbers that are out of bounds were not looked at
    if axis is None:
        index = np.unravel_index(indices, shape) if len(shape) > 1 else indices
    else:
        index = along(axis % len(shape), indices)
    return Scattered(index, ct)


@rule(np.ndarray.__getitem__, linear=1)
def getitem(a, index):
    """Elements, slices, masks: the cotangent goes back to the places that were read."""
    y = read(a, index)
    kept = kept_index(index)

    def getitem_pullback(ct):
        return Scattered(kept, ct)

    return y, (getitem_pullback, None)


@rule(np.take, linear=1, not_implemented=NO_OUT)
def take(a, indices, axis=None, out=None, mode="raise"):
    """Elements along an axis, by number; one that is taken twice gets both cotangents."""
    refuse_out(out, np.take)
    a = as_array(a)
    shape = a.shape
    if hasattr(a, "take") and not recorded(indices):
        y = a.take(indices, axis=axis, mode=mode)
    else:  # an array of another library, which lacks NumPy's method
        y = np.take(a, indices, axis, **given(mode=mode))
    if type(indices) is not int:
        indices = _index_array(indices)
    length = shape[axis] if shape and axis is not None else a.size
    if mode == "clip":
        indices = np.clip(indices, 0, length - 1)
    elif mode == "wrap" or axis is None:
        indices = indices % length

    def take_pullback(ct):
        return scattered(shape, indices, axis, ct)

    return y, take_pullback


@rule(np.take_along_axis, linear=1)
def take_along_axis(arr, indices, axis=-1):
    """Elements along an axis, by numbers that differ from row to row."""
    shape, size = arr.shape, arr.size
    y = np.take_along_axis(arr, indices, axis)
    indices = _index_array(indices)

    def take_along_axis_pullback(ct):
        if axis is None:
            return scattered(shape, indices % size, None, ct)
        index = [
            np.arange(length).reshape([length if i == other else 1 for i in range(len(shape))])
            for other, length in enumerate(shape)
        ]
        index[axis] = indices
        return Scattered(tuple(index), ct)

    return y, take_along_axis_pullback


@rule(np.compress, differentiable=("a",), not_implemented=NO_OUT)
def compress(condition, a, axis=None, out=None):
    """Elements along an axis where a condition holds."""
    refuse_out(out, np.compress)
    a = as_array(a)
    shape = a.shape
    chosen = np.flatnonzero(condition)

    def compress_pullback(ct):
        return scattered(shape, chosen, axis, ct)

    return np.compress(condition, a, axis), (None, compress_pullback)


@rule(np.extract, differentiable=("arr",))
def extract(condition, arr):
    """Elements where a condition holds, of both flattened."""
    arr = as_array(arr)
    shape = arr.shape
    chosen = np.flatnonzero(condition)

    def extract_pullback(ct):
        return scattered(shape, chosen, None, ct)

    return np.extract(condition, arr), (None, extract_pullback)
