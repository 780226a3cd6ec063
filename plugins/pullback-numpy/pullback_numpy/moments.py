"""Rules for means, variances and standard deviations.

Convention: the standard deviation of equal numbers has the derivative 0, at every order.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import rule
from pullback_numpy.axes import (
    NO_VALUE,
    as_array,
    conjugate,
    frozen,
    kept_shape,
    refuse_out,
    restore_axes,
    spread,
)

_FLOAT64 = np.dtype(np.float64)


def _count(a, axis, where=True):
    """How many elements of ``a`` each element of a reduction is made of; an array with ``where``.

    Counted by the shapes alone, so it costs no pass over the array.
    """
    if where is not True:
        return np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=True)
    if axis is None:
        return a.size
    shape = a.shape
    if type(axis) is int:
        return shape[axis] if shape else 1
    kept = kept_shape(shape, axis)
    return math.prod([n for n, one in zip(shape, kept, strict=True) if one == 1])


def _mean(a, axis, keepdims):
    """``a.mean(...)``: its arithmetic, without the Python that a small array's mean consists of."""
    if type(a) is np.ndarray and a.dtype is _FLOAT64 and a.size:
        return a.sum(axis=axis, keepdims=keepdims) / _count(a, axis)
    return a.mean(axis=axis, keepdims=keepdims)


@rule(np.mean)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
    """Mean over axes; an element's weight is one over the number of elements (in ``where``)."""
    refuse_out(out, np.mean)
    a = as_array(a)
    shape = a.shape
    if where is True and dtype is None:
        y = _mean(a, axis, keepdims)
    else:
        params = {} if where is True else {"where": where}
        y = a.mean(axis=axis, dtype=dtype, keepdims=keepdims, **params)
        where = frozen(where)
    count = _count(a, axis, where)

    def mean_pullback(ct):
        share = restore_axes(ct, shape, axis, keepdims) / count
        return spread(share if where is True else np.where(where, share, 0), shape)

    return y, mean_pullback


def _centred(a, axis, mean, where):
    """``conj(a - mean)``: what ``|a - mean|²`` has as its derivative, halved."""
    if mean is NO_VALUE and where is True:
        mean = _mean(a, axis, True)
    elif mean is NO_VALUE:
        mean = a.mean(axis=axis, keepdims=True, where=where)
    centred = conjugate(a - mean)
    return centred if where is True else np.where(where, centred, 0)


@rule(np.var)
def var(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    where=True,
    mean=NO_VALUE,
    correction=NO_VALUE,
):
    """Variance ``Σ|a - mean|² / (n - ddof)``: ``da = ct * 2 conj(a - mean) / (n - ddof)``.

    The derivative through the mean vanishes, as ``Σ(a - mean) = 0``. A ``mean`` that is given
    counts as an argument of its own.
    """
    refuse_out(out, np.var)
    a = as_array(a)
    y, ddof, where = _spread_of(a, np.var, axis, dtype, ddof, keepdims, where, mean, correction)

    def var_pullback(ct):
        weight = restore_axes(ct, a.shape, axis, keepdims) * 2
        return weight / (_count(a, axis, where) - ddof) * _centred(a, axis, mean, where)

    return y, _with_mean(var_pullback, mean)


@rule(np.std)
def std(
    a,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    where=True,
    mean=NO_VALUE,
    correction=NO_VALUE,
):
    """Standard deviation: ``da = ct * conj(a - mean) / ((n - ddof) * std)``, 0 where it is 0."""
    refuse_out(out, np.std)
    a = as_array(a)
    y, ddof, where = _spread_of(a, np.std, axis, dtype, ddof, keepdims, where, mean, correction)

    def std_pullback(ct):
        weight = restore_axes(_over(ct, y), a.shape, axis, keepdims)
        return weight / (_count(a, axis, where) - ddof) * _centred(a, axis, mean, where)

    return y, _with_mean(std_pullback, mean)


def _over(ct, y):
    """``ct / y``, and 0 where ``y`` is 0."""
    if isinstance(ct, np.floating) and isinstance(y, np.floating):
        return ct / y if y else ct * 0
    zero = y == 0
    return np.where(zero, 0, ct / np.where(zero, 1, y))


def _spread_of(a, function, axis, dtype, ddof, keepdims, where, mean, correction):
    """The variance or standard deviation, with ``ddof`` and ``where`` as they were meant."""
    params = {"axis": axis, "dtype": dtype, "keepdims": keepdims}
    if correction is not NO_VALUE:
        ddof = correction
    if where is not True:
        params["where"] = where
    if mean is not NO_VALUE:
        params["mean"] = mean
    return function(a, ddof=ddof, **params), ddof, frozen(where)


def _with_mean(pullback, mean):
    if mean is NO_VALUE:
        return pullback

    def pullback_mean(ct):
        return -pullback(ct)

    return (pullback, None, None, None, None, None, None, pullback_mean, None)
