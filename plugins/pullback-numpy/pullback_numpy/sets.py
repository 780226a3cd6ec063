"""Rules for arrays as sets: `numpy.unique` and its kin, unions and differences.

Convention: elements that are equal, of one array or of both, share the cotangent of their value
equally. That they stay equal is taken for granted: one that moved alone would be another value.
Differences and intersections are made of elements of the first array, which get all of it.
"""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback.spaces import undifferentiated
from pullback_numpy.axes import as_array, in_precision_of
from pullback_numpy.indexing import extract, read, scatter


@rule(np.unique)
def unique(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    equal_nan=True,
    sorted=True,
):
    """The different elements, or along an axis the different parts."""
    ar = as_array(ar)
    options = {} if sorted else {"sorted": sorted}  # NumPy 2.3 has it
    y = np.unique(
        ar, return_index, return_inverse, return_counts, axis, equal_nan=equal_nan, **options
    )
    if axis is None or ar.ndim == 1:
        return y, _of_values(y, ar)
    place = axis % ar.ndim

    def unique_pullback(cts):
        _, inverse, counts = np.unique(ar, return_inverse=True, return_counts=True, axis=place)
        ct = _first(cts)
        share = ct / in_precision_of(ct, counts).reshape(-1, *(1,) * (ar.ndim - place - 1))
        return np.take(share, inverse.reshape(-1), place)

    return y, unique_pullback


@rule(np.unique_values)
def unique_values(x):
    """The different elements."""
    x = as_array(x)
    y = np.unique_values(x)
    return y, _of_values(y, x)


@rule(np.unique_counts)
def unique_counts(x):
    """The different elements, and how often each occurs."""
    x = as_array(x)
    y = np.unique_counts(x)
    return y, _of_values(y, x)


@rule(np.unique_inverse)
def unique_inverse(x):
    """The different elements, and which of them each one is."""
    x = as_array(x)
    y = np.unique_inverse(x)
    return y, _of_values(y, x)


@rule(np.unique_all)
def unique_all(x):
    """The different elements, where they stand, which of them each one is, and their counts."""
    x = as_array(x)
    y = np.unique_all(x)
    return y, _of_values(y, x)


@rule(np.union1d)
def union1d(ar1, ar2):
    """The elements of either array."""
    ar1, ar2 = as_array(ar1), as_array(ar2)
    y = np.union1d(ar1, ar2)
    return y, _of_values(y, ar1, ar2)


@rule(np.intersect1d)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """The elements of the first array that the second has too; nothing depends on the second."""
    ar1, ar2 = as_array(ar1), as_array(ar2)
    y = np.intersect1d(ar1, ar2, assume_unique, return_indices)
    if not assume_unique:
        return y, (_of_values(y, ar1), None, None, None)
    # NumPy sorts both and takes the first of two neighbours, whether or not they are of one array.
    both = np.concatenate([np.ravel(undifferentiated(ar1)), np.ravel(undifferentiated(ar2))])
    order = np.argsort(both, kind="stable")
    places = order[:-1][both[order[1:]] == both[order[:-1]]]
    size, shapes = ar1.size, (ar1.shape, ar2.shape)

    def intersect1d_pullback(cts):
        ct = _first(cts)
        of_both = scatter(both.shape, ct.dtype, [places], ct)
        return of_both[:size].reshape(shapes[0]), of_both[size:].reshape(shapes[1])

    return y, intersect1d_pullback


@rule(np.setdiff1d)
def setdiff1d(ar1, ar2, assume_unique=False):
    """The elements of the first array that the second has not; nothing depends on the second."""
    ar1, ar2 = as_array(ar1), as_array(ar2)
    y = np.setdiff1d(ar1, ar2, assume_unique)
    if assume_unique:  # they are in their order, and equal ones are not made one
        _, (_, setdiff1d_pullback) = extract(np.isin(ar1, ar2, invert=True), ar1)
        return y, (setdiff1d_pullback, None, None)
    return y, (_of_values(y, ar1), None, None)


@rule(np.setxor1d)
def setxor1d(ar1, ar2, assume_unique=False):
    """The elements of one array that the other has not."""
    ar1, ar2 = as_array(ar1), as_array(ar2)
    y = np.setxor1d(ar1, ar2, assume_unique)
    return y, _of_values(y, ar1, ar2)


def _first(y):
    """The values, which stand first where there are counts or places as well."""
    return y[0] if isinstance(y, tuple) else y


def _of_values(y, *arrays):
    """The pullback of values ``y`` that occur in ``arrays``, whose equal elements share."""
    values = _first(y)

    def values_pullback(cts):
        order = np.argsort(values)
        ordered = values[order]
        places = [_place(ordered, a) for a in arrays]
        counts = np.bincount(
            np.concatenate([p.ravel() for p in places]), minlength=len(ordered) + 1
        )
        ct = read(_first(cts), order)
        ct = np.concatenate([ct, np.zeros(1, ct.dtype)])
        share = ct / in_precision_of(ct, np.maximum(counts, 1))
        shares = [read(share, place) for place in places]
        return shares[0] if len(shares) == 1 else tuple(shares)

    return values_pullback


def _place(ordered, a):
    """Where each element of ``a`` stands among the sorted values; beyond them if it is none."""
    first = np.searchsorted(ordered, a)
    return np.where(np.searchsorted(ordered, a, "right") == first, len(ordered), first)
