"""Rules for other elements in an array: what `pullback.at` calls."""

from __future__ import annotations

import numpy as np

from pullback import primitive, rule
from pullback_numpy.indexing import is_basic, kept_index, read


@primitive
def set_at(x, index, value):
    """A copy of ``x`` with ``value`` at ``index``.

    Args:
        x: an array.
        index: as in ``x[index]``.
        value: broadcasts to ``x[index]``; where an index occurs twice, the last value counts.

    >>> set_at(np.zeros(3), slice(1, None), 7.0)
    array([0., 7., 7.])
    """
    y = _copy(x, value)
    y[index] = value
    return y


@rule(set_at, differentiable=("x", "value"))
def set_at_rule(x, index, value):
    """What is overwritten has the cotangent 0, be it of ``x`` or an earlier value."""
    index = kept_index(index)
    y = set_at(x, index, value)
    shape = y.shape

    def set_at_pullback_x(ct):
        return set_at(ct, index, 0)

    def set_at_pullback_value(ct):
        if is_basic(index):
            return ct[index]
        return np.where(_lasts(shape, index), read(ct, index), 0)

    return y, (set_at_pullback_x, None, set_at_pullback_value)


@primitive
def add_at(x, index, value):
    """A copy of ``x`` with ``value`` added at ``index``.

    Args:
        x: an array.
        index: as in ``x[index]``.
        value: broadcasts to ``x[index]``; where an index occurs twice, all values are added.

    >>> add_at(np.zeros(3), [1, 1], np.array([2.0, 5.0]))
    array([0., 7., 0.])
    """
    y = _copy(x, value)
    np.add.at(y, index, value)
    return y


@rule(add_at, differentiable=("x", "value"))
def add_at_rule(x, index, value):
    """Addition at some places: each summand has the cotangent that is there."""
    index = kept_index(index)

    def add_at_pullback_x(ct):
        return ct

    def add_at_pullback_value(ct):
        return read(ct, index)

    return add_at(x, index, value), (add_at_pullback_x, None, add_at_pullback_value)


def _copy(x, value):
    """A copy of ``x``, complex or floating where ``value`` is and ``x`` is not.

    NumPy would drop the imaginary part, or what follows the point, and the derivative with it.
    """
    value = value if isinstance(value, (int, float, complex)) else np.asarray(value)
    common = np.result_type(x, value)
    return np.array(x, x.dtype if x.dtype.kind == common.kind else common)


def _lasts(shape, index):
    """Which of the elements that ``index`` reads, of an array of ``shape``, it reads no more."""
    place = np.zeros(shape, int)
    found = read(place, index)
    order = np.arange(found.size).reshape(found.shape)
    return read(set_at(place, index, order), index) == order
