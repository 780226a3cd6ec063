"""Rules for sorting: `numpy.sort`, `numpy.sort_complex`, `numpy.partition`.

Convention: equal elements share the cotangents of their places equally, as equal extremes do, so
that ``np.sort(x)[-1]`` and ``np.max(x)`` have the same gradient.
"""

from __future__ import annotations

import numpy as np

from pullback import primitive, rule
from pullback.spaces import recorded
from pullback_numpy.axes import along, as_array


@rule(np.sort)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    """``y = a[order]``: an element gets the cotangent of its place, equal ones share theirs."""
    a = as_array(a)
    shape = a.shape
    y = np.sort(a, axis, kind, order, stable=stable)
    if axis is None:
        a, axis = a.reshape(-1), 0
    axis %= len(shape) or 1
    ranks = _inverse(np.argsort(a, axis, kind, order, stable=stable), axis)
    ties = y[along(axis, slice(1, None))] == y[along(axis, slice(-1))]

    def sort_pullback(ct):
        return np.take_along_axis(share_ties(ct, ties, axis), ranks, axis).reshape(shape)

    return y, (sort_pullback, None, None, None)


@rule(np.sort_complex)
def sort_complex(a):
    """The last axis sorted, as complex numbers; the engine takes the real part for a real one."""
    return np.sort_complex(as_array(a)), sort(a)[1][0]


@rule(np.partition)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """A sorted array in another order: its pullback sorts, in ``n log n`` where NumPy takes ``n``.

    NumPy does not tell which of the smaller elements it puts where; sorting both finds that out.
    """
    a = as_array(a)
    y = np.partition(a, kth, axis, kind, order)
    place = 0 if axis is None else axis

    def partition_pullback(ct):
        _, (sort_pullback, *_) = sort(a, axis)
        return sort_pullback(np.take_along_axis(ct, np.argsort(y, place), place))

    return y, (partition_pullback, None, None, None, None)


def _inverse(order, axis):
    """The permutations along ``axis`` that undo those of ``order``."""
    if recorded(order):  # by a graph, which takes no writes
        return np.argsort(order, axis)
    inverse = np.empty_like(order)
    steps = np.arange(order.shape[axis]).reshape(-1, *(1,) * (order.ndim - axis - 1))
    np.put_along_axis(inverse, order, steps, axis)
    return inverse


@primitive
def share_ties(ct, ties, axis):
    """``ct`` with its mean over each run of places that tie; linear, and its own transpose.

    Args:
        ct: the cotangent of a sorted array.
        ties: whether an element is equal to the one before, from the second on.
        axis: the axis that is sorted, not negative.

    >>> share_ties(np.array([1.0, 2.0, 6.0, 3.0]), np.array([False, True, False]), 0)
    array([1., 4., 4., 3.])
    """
    if not np.count_nonzero(ties):
        return ct
    first = np.insert(~ties, 0, True, axis)
    starts = np.flatnonzero(np.moveaxis(first, axis, -1))
    moved = np.moveaxis(ct, axis, -1)
    lengths = np.diff(starts, append=ct.size)
    means = np.add.reduceat(moved.ravel(), starts) / lengths
    shared = np.repeat(means, lengths).astype(ct.dtype).reshape(moved.shape)
    return np.moveaxis(shared, -1, axis)


@rule(share_ties, differentiable=("ct",))
def share_ties_rule(ct, ties, axis):
    """Taking means is a symmetric matrix."""
    ties = ties if recorded(ties) else np.array(ties)

    def share_ties_pullback(g):
        return share_ties(g, ties, axis)

    return share_ties(ct, ties, axis), (share_ties_pullback, None, None)
