"""Which of NumPy's functions tell of the shape of an array, and whose shapes depend on values.

A graph of a program holds for one shape of each input; this is what it must know to say so.
"""

from __future__ import annotations

import numpy as np

from pullback.arguments import any_traced
from pullback.spaces import plain, recorded

_INT = np.dtype(int)

METADATA = (
    *(
        getattr(owner, name)
        for owner in (np.ndarray, np.generic)
        for name in ("shape", "ndim", "size", "dtype", "itemsize", "nbytes")
    ),
    np.ndarray.__len__,
    np.shape,
    np.ndim,
    np.size,
    np.iscomplexobj,
    np.isrealobj,
    np.result_type,
    np.can_cast,
    np.common_type,
)
"""What tells of the type, the shape and the dtype of an array alone."""


def _always(*args, **params):
    return True


def _by_mask(a, index):
    """Whether an index has a mask in it whose values may change."""
    items = index if isinstance(index, tuple) else (index,)
    return any(recorded(item) and getattr(plain(item), "dtype", _INT).kind == "b" for item in items)


def _by_rest(a, *rest, **params):
    """Whether an argument but the first is traced, such as counts or places."""
    return any_traced((*rest, *params.values()))


VALUE_DEPENDENT = {
    np.ndarray.__getitem__: _by_mask,
    np.where: lambda condition, *values: not values,
    **dict.fromkeys(
        (
            np.delete,
            np.insert,
            np.linspace,
            np.geomspace,
            np.logspace,
            np.ndarray.repeat,
            np.ones_like,
            np.zeros_like,
            np.empty_like,
            np.full_like,
            np.pad,
            np.repeat,
            np.split,
            np.array_split,
            np.hsplit,
            np.vsplit,
            np.dsplit,
            np.tile,
            np.resize,
            np.ndarray.reshape,
            np.reshape,
            np.broadcast_to,
        ),
        _by_rest,
    ),
    **dict.fromkeys(
        (
            np.nonzero,
            np.ndarray.base,
            np.ndarray.nonzero,
            np.flatnonzero,
            np.argwhere,
            np.compress,
            np.ndarray.compress,
            np.extract,
            np.unique,
            np.unique_all,
            np.unique_counts,
            np.unique_inverse,
            np.unique_values,
            np.union1d,
            np.intersect1d,
            np.setdiff1d,
            np.setxor1d,
            np.trim_zeros,
            np.bincount,
            np.histogram,
            np.histogram_bin_edges,
            np.histogram2d,
            np.histogramdd,
            np.polydiv,
            np.roots,
            np.linalg.eig,
            np.linalg.eigvals,
            np.real_if_close,
            np.emath.sqrt,
            np.emath.log,
            np.emath.log2,
            np.emath.log10,
            np.emath.logn,
            np.emath.power,
            np.emath.arccos,
            np.emath.arcsin,
            np.emath.arctanh,
        ),
        _always,
    ),
}
"""What makes arrays of a shape or dtype that depends on the values that it is given."""
