"""Rules for means, variances and standard deviations.

Convention: the standard deviation of equal numbers has the derivative 0, at every order.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import not_implemented, rule
from pullback_numpy.axes import (
    NO_OUT,
    NO_VALUE,
    as_array,
    conjugate,
    frozen,
    kept_shape,
    masked,
    refuse_out,
    restore_axes,
    spread,
)
from pullback_numpy.complex_numbers import is_complex

_FLOAT64 = np.dtype(np.float64)
_NOT_BY_COUNT = "the derivative by the number of degrees of freedom is not written"
_COUNTED = NO_OUT | {"ddof": _NOT_BY_COUNT, "correction": _NOT_BY_COUNT}


def _count(a, axis, where=True):
    """How many elements of ``a`` each element of a reduction is made of; an array with ``where``.

    Counted by the shapes alone, so it costs no pass over the array.
    """
    if where is not True:
        return np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=True)
    if axis is None:
        return a.size
    if type(axis) is int:
        return a.shape[axis]
    kept = kept_shape(a.shape, axis)
    return math.prod([n for n, one in zip(a.shape, kept, strict=True) if one == 1])


def _mean(a, axis, keepdims):
    """``a.mean(...)``: its arithmetic, without the Python that a small array's mean consists of."""
    if a.dtype is _FLOAT64 and a.ndim:
        return a.sum(axis=axis, keepdims=keepdims) / _count(a, axis)
    return a.mean(axis=axis, keepdims=keepdims)


@rule(np.mean, not_implemented=NO_OUT)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
    """Mean over axes; an element's weight is one over the number of elements (in ``where``)."""
    refuse_out(out, np.mean)
    a = as_array(a)
    shape = a.shape
    if where is True and dtype is None:
        y = _mean(a, axis, keepdims)
    else:
        y = a.mean(axis=axis, dtype=dtype, keepdims=keepdims, where=where)
        where = frozen(where)
    count = _count(a, axis, where)

    def mean_pullback(ct):
        share = restore_axes(ct, shape, axis, keepdims) / count
        return spread(masked(share, where), shape)

    return y, mean_pullback


def _centred_shape(a, mean):
    """The shape of ``a - mean``, which is larger than that of ``a`` where ``mean`` broadcasts."""
    return a.shape if mean is NO_VALUE else np.broadcast_shapes(a.shape, np.shape(mean))


def _centred(a, axis, mean, where):
    """``conj(a - mean)``: what ``|a - mean|²`` has as its derivative, halved.

    NumPy squares real numbers without the absolute value, also where their ``mean`` is complex.
    """
    if mean is NO_VALUE and where is True:
        mean = _mean(a, axis, True)
    elif mean is NO_VALUE:
        mean = a.mean(axis=axis, keepdims=True, where=where)
    return masked(conjugate(a - mean) if is_complex(a) else a - mean, where)


@rule(np.var, not_implemented=_COUNTED)
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
    shape = _centred_shape(a, mean)

    def var_pullback(ct):
        weight = restore_axes(_real(ct, a), shape, axis, keepdims) * 2
        weight = weight / (_count(a, axis, where) - ddof)
        return masked(weight * _centred(a, axis, mean, where), where)

    return y, _for_each(var_pullback)


@rule(np.std, not_implemented=_COUNTED)
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
    shape = _centred_shape(a, mean)

    def std_pullback(ct):
        weight = restore_axes(_over(_real(ct, a), y), shape, axis, keepdims)
        weight = weight / (_count(a, axis, where) - ddof)
        return masked(weight * _centred(a, axis, mean, where), where)

    return y, _for_each(std_pullback)


def _real(x, a):
    """The real part where ``a`` is complex: its spread is real, also with ``dtype=complex``."""
    return np.real(x) if is_complex(a) else x


def _over(ct, y):
    """``ct / y``, and 0 where ``y`` is 0."""
    zero = y == 0
    return np.where(zero, 0, ct / np.where(zero, 1, y))


def _spread_of(a, function, axis, dtype, ddof, keepdims, where, mean, correction):
    """The variance or standard deviation, with ``ddof`` and ``where`` as they were meant."""
    if correction is not NO_VALUE:
        ddof = correction
    y = function(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean)
    return y, ddof, frozen(where)


def _for_each(pullback):
    """The pullbacks by all arguments: the array has ``pullback``, and the mean minus that."""

    def pullback_mean(ct):
        return -pullback(ct)

    by_count = not_implemented(_NOT_BY_COUNT)
    return (pullback, None, None, None, by_count, None, None, pullback_mean, by_count)
