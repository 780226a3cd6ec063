"""Rules for diagonals, traces and triangles of matrices."""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback_numpy.axes import NO_OUT, as_array, as_columns, refuse_out
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.indexing import Scattered


def _diagonal_index(shape, offset, axis1, axis2):
    """The index of a diagonal, and the axis on which the diagonal lies in what it reads."""
    axis1, axis2 = axis1 % len(shape), axis2 % len(shape)
    down, right = max(-offset, 0), max(offset, 0)
    steps = np.arange(max(min(shape[axis1] - down, shape[axis2] - right), 0))
    index = [slice(None)] * len(shape)
    index[axis1], index[axis2] = steps + down, steps + right
    # NumPy puts the axis of two index arrays in their place if they are neighbours, else first.
    return tuple(index), min(axis1, axis2) if abs(axis1 - axis2) == 1 else 0


@rule(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """The elements on a diagonal of two axes, which become the last axis."""
    a = as_array(a)
    shape = a.shape

    def diagonal_pullback(ct):
        index, place = _diagonal_index(shape, offset, axis1, axis2)
        return Scattered(index, np.moveaxis(ct, -1, place))

    return np.diagonal(a, offset, axis1, axis2), diagonal_pullback


@rule(np.trace, not_implemented=NO_OUT)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    """The sum of a diagonal, each of whose elements gets the cotangent."""
    refuse_out(out, np.trace)
    a = as_array(a)
    shape, real = a.shape, not is_complex(a)

    def trace_pullback(ct):
        index, place = _diagonal_index(shape, offset, axis1, axis2)
        length = len(index[axis1 % len(shape)])
        if real:
            ct = np.real(ct)
        ct = np.broadcast_to(as_columns(ct), (*ct.shape, length))
        return Scattered(index, np.moveaxis(ct, -1, place))

    return a.trace(offset, axis1, axis2, dtype), trace_pullback


@rule(np.diag)
def diag(v, k=0):
    """A matrix with a given diagonal, or the diagonal of a given matrix."""
    v = as_array(v)
    if v.ndim == 2:
        return diagonal(v, k)

    def diag_pullback(ct):
        return np.diagonal(ct, k)

    return np.diag(v, k), diag_pullback


@rule(np.tril)
def tril(m, k=0):
    """The lower triangle, and zeros."""

    def tril_pullback(ct):
        return np.tril(ct, k)

    return np.tril(as_array(m), k), tril_pullback


@rule(np.triu)
def triu(m, k=0):
    """The upper triangle, and zeros."""

    def triu_pullback(ct):
        return np.triu(ct, k)

    return np.triu(as_array(m), k), triu_pullback


@rule(np.linalg.diagonal)
def diagonal_linalg(x, *, offset=0):
    """The diagonals of the last two axes."""
    return diagonal(x, offset, -2, -1)


@rule(np.linalg.trace)
def trace_linalg(x, *, offset=0, dtype=None):
    """The sums of the diagonals of the last two axes."""
    return trace(x, offset, -2, -1, dtype)
