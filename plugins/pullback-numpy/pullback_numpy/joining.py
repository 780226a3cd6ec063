"""Rules for joining arrays, taking them apart, and repeating them.

Joining hands each array its piece of the cotangent, as a view; splitting joins the cotangents of
the pieces.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from pullback import rule
from pullback.errors import DerivativeNotImplementedError
from pullback_numpy.axes import NO_OUT, along, as_array, given, refuse_out
from pullback_numpy.indexing import scatter, scattered


def _cut(members, axis, lengths):
    """The pullback of joining ``members`` along ``axis``, where they have ``lengths``."""
    shapes = [member.shape for member in members]

    def concatenate_pullback(ct):
        pieces = []
        start = 0
        for length, shape in zip(lengths, shapes, strict=True):
            piece = ct[along(axis, slice(start, start + length))]
            pieces.append(piece if piece.shape == shape else piece.reshape(shape))
            start += length
        return pieces

    return concatenate_pullback


def _lengths(members, axis):
    """How long each member is along ``axis``, which short ones get with length one."""
    return [member.shape[axis] if member.ndim > axis else 1 for member in members]


@rule(np.concatenate, not_implemented=NO_OUT)
def concatenate(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """Arrays one after the other along an axis they have; flattened if ``axis`` is ``None``."""
    refuse_out(out, np.concatenate)
    members = [as_array(array) for array in arrays]
    params = given(dtype=dtype, casting=casting)
    if axis is None:
        # A Python number among them has no precision.
        joined = [
            array if type(array) in (int, float, complex) else member
            for array, member in zip(arrays, members, strict=True)
        ]
        y = np.concatenate(joined, axis, **params)
        return y, _cut(members, 0, [member.size for member in members])
    y = np.concatenate(members, axis, **params)
    return y, _cut(members, axis % y.ndim, _lengths(members, axis))


@rule(np.stack, not_implemented=NO_OUT)
def stack(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    """Arrays of one shape along a new axis: the pullback reads them off it."""
    refuse_out(out, np.stack)
    members = [as_array(array) for array in arrays]

    def stack_pullback(ct):
        return [*np.moveaxis(ct, axis, 0)]

    return np.stack(members, axis, **given(dtype=dtype, casting=casting)), stack_pullback


@rule(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    """Arrays one below the other; a vector counts as a row."""
    members = [as_array(array) for array in tup]
    lengths = [member.shape[0] if member.ndim > 1 else 1 for member in members]
    return np.vstack(members, **given(dtype=dtype, casting=casting)), _cut(members, 0, lengths)


@rule(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    """Arrays side by side: along the second axis, vectors along their only one."""
    members = [as_array(array) for array in tup]
    y = np.hstack(members, **given(dtype=dtype, casting=casting))
    axis = 0 if y.ndim == 1 else 1
    return y, _cut(members, axis, _lengths(members, axis))


@rule(np.dstack)
def dstack(tup):
    """Arrays one behind the other, along the third axis."""
    members = [as_array(array) for array in tup]
    return np.dstack(members), _cut(members, 2, _lengths(members, 2))


@rule(np.column_stack)
def column_stack(tup):
    """Columns side by side; a vector counts as a column."""
    members = [as_array(array) for array in tup]
    return np.column_stack(members), _cut(members, 1, _lengths(members, 1))


def _joined(pieces, ary, cuts, axis):
    """The pullback of cutting ``ary`` into ``pieces`` along ``axis``.

    Where ``cuts`` are not in order, pieces overlap.

    Raises:
        DerivativeNotImplementedError: ``ary`` is a list, which NumPy cuts by its length, whatever
            the axis.
    """
    if isinstance(ary, (list, tuple)):
        raise DerivativeNotImplementedError(
            "the derivative of splitting is written for arrays, not for lists; "
            "make an array of the list first, with np.stack"
        )
    shape, dtype = ary.shape, ary.dtype
    if sum([piece.shape[axis] for piece in pieces]) == shape[axis]:

        def split_pullback(cts):
            return np.concatenate([*cts], axis)

        return split_pullback
    slices = [slice(start, stop) for start, stop in pairwise([0, *cuts, None])]
    indices = [along(axis % len(shape), part) for part in slices]

    def split_pullback_overlapping(cts):
        return scatter(shape, dtype, indices, *cts)

    return split_pullback_overlapping


@rule(np.split)
def split(ary, indices_or_sections, axis=0):
    """Pieces of equal length, or between given places."""
    y = np.split(ary, indices_or_sections, axis)
    return y, _joined(y, ary, indices_or_sections, axis)


@rule(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """Pieces of nearly equal length, or between given places."""
    y = np.array_split(ary, indices_or_sections, axis)
    return y, _joined(y, ary, indices_or_sections, axis)


@rule(np.hsplit)
def hsplit(ary, indices_or_sections):
    """Pieces side by side."""
    y = np.hsplit(ary, indices_or_sections)
    return y, _joined(y, ary, indices_or_sections, 1 if np.ndim(ary) > 1 else 0)


@rule(np.vsplit)
def vsplit(ary, indices_or_sections):
    """Pieces one below the other."""
    y = np.vsplit(ary, indices_or_sections)
    return y, _joined(y, ary, indices_or_sections, 0)


@rule(np.dsplit)
def dsplit(ary, indices_or_sections):
    """Pieces one behind the other."""
    y = np.dsplit(ary, indices_or_sections)
    return y, _joined(y, ary, indices_or_sections, 2)


@rule(np.repeat)
def repeat(a, repeats, axis=None):
    """Each element several times: it gets the sum of the cotangents of its copies."""
    a = as_array(a)
    y = a.repeat(repeats, axis)
    shape, size = a.shape, a.size
    flat = axis is None or not shape
    place = 0 if flat else axis % len(shape)
    lengths = (size,) if flat else shape
    if np.size(repeats) != 1:
        source = np.repeat(np.arange(lengths[place]), repeats)

        def repeat_pullback_each(ct):
            return scattered(shape, source, axis, ct)

        return y, repeat_pullback_each
    (count,) = np.ravel(repeats)

    def repeat_pullback(ct):
        copies = ct.reshape(*lengths[: place + 1], count, *lengths[place + 1 :])
        return copies.sum(axis=place + 1).reshape(shape)

    return y, repeat_pullback


@rule(np.tile)
def tile(A, reps):
    """The whole array several times along axes: an element gets the sum over its copies."""
    array = as_array(A)
    y = np.tile(array, reps)
    shape = array.shape
    counts = tuple(np.atleast_1d(reps))
    lengths = (1,) * len(counts) + shape
    counts = (1,) * len(shape) + counts

    def tile_pullback(ct):
        both = [n for pair in zip(counts, lengths, strict=True) for n in pair]
        return ct.reshape(both).sum(axis=tuple(range(0, len(both), 2))).reshape(shape)

    return y, tile_pullback
