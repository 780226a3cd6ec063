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
    given,
    in_precision_of,
    keeps,
    masked,
    refuse_out,
    restore_axes,
    spread,
)
from pullback_numpy.complex_numbers import is_complex

_FLOAT64 = np.dtype(np.float64)
_NOT_BY_COUNT = "the derivative by the number of degrees of freedom is not written"
_BY_COUNT = not_implemented(_NOT_BY_COUNT)
COUNTED = NO_OUT | {"ddof": _NOT_BY_COUNT, "correction": _NOT_BY_COUNT}


def _count(a, axis, where=True):
    """How many elements of ``a`` each element of a reduction is made of; an array with ``where``.

    Counted by the shapes alone, so it costs no pass over the array.
    """
    if where is not True:
        return np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=True)
    if axis is None:
        return a.size
    return math.prod([a.shape[place] for place in (axis if isinstance(axis, tuple) else (axis,))])


def _mean(a, axis, dtype, keepdims, where):
    """``a.mean(...)``: its arithmetic, without the Python that a small array's mean consists of."""
    usual = where is True and dtype is None
    if usual and type(a) is np.ndarray and a.dtype is _FLOAT64 and a.size:
        return a.sum(axis=axis, keepdims=keepdims) / _count(a, axis)
    params = {} if usual else given(dtype=dtype, where=where)
    return a.mean(axis=axis, keepdims=keepdims, **params)


@rule(np.mean, linear=1, not_implemented=NO_OUT)
def mean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
    """Mean over axes; an element's weight is one over the number of elements (in ``where``)."""
    refuse_out(out, np.mean)
    keepdims = keeps(keepdims)
    a = as_array(a)
    shape = a.shape
    y = _mean(a, axis, dtype, keepdims, where)
    count = _count(a, axis, where)

    def mean_pullback(ct):
        share = restore_axes(ct, shape, axis, keepdims) / in_precision_of(ct, count)
        return spread(masked(share, where), shape)

    return y, mean_pullback


def _centred_shape(a, mean):
    """The shape of ``a - mean``, which is larger than that of ``a`` where ``mean`` broadcasts."""
    return a.shape if mean is NO_VALUE else np.broadcast_shapes(a.shape, np.shape(mean))


def _times_centred(weight, a, axis, ddof, where, mean):
    """``weight / (n - ddof) * conj(a - mean)``, which is half of what ``|a - mean|²`` gives.

    NumPy squares real numbers without the absolute value, also where their ``mean`` is complex.
    """
    if mean is NO_VALUE:
        mean = _mean(a, axis, None, True, where)
    centred = conjugate(a - mean) if is_complex(a) else a - mean
    # Both are 0 outside of the mask, as 0 times infinity would be NaN.
    freedom = in_precision_of(weight, _count(a, axis, where) - ddof)
    weight = masked(weight / freedom, where)
    return weight * masked(centred, where)


@rule(np.var, not_implemented=COUNTED)
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
    keepdims = keeps(keepdims)
    a = as_array(a)
    y, ddof = _spread_of(a, np.var, axis, dtype, ddof, keepdims, where, mean, correction)
    shape = _centred_shape(a, mean)

    def var_pullback(ct):
        weight = restore_axes(real_part(ct, a), shape, axis, keepdims) * 2
        return _times_centred(weight, a, axis, ddof, where, mean)

    return y, for_each(var_pullback)


@rule(np.std, not_implemented=COUNTED)
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
    keepdims = keeps(keepdims)
    a = as_array(a)
    y, ddof = _spread_of(a, np.std, axis, dtype, ddof, keepdims, where, mean, correction)
    shape = _centred_shape(a, mean)

    def std_pullback(ct):
        weight = restore_axes(_over(real_part(ct, a), y), shape, axis, keepdims)
        return _times_centred(weight, a, axis, ddof, where, mean)

    return y, for_each(std_pullback)


def real_part(x, a):
    """The real part where ``a`` is complex: its spread is real, also with ``dtype=complex``."""
    return np.real(x) if is_complex(a) else x


def _over(ct, y):
    """``ct / y``, and 0 where ``y`` is 0."""
    if isinstance(y, np.floating):
        return ct / (y or math.inf)
    return ct / np.where(y == 0, math.inf, y)


def _spread_of(a, function, axis, dtype, ddof, keepdims, where, mean, correction):
    """The variance or standard deviation, with ``ddof`` and ``where`` as they were meant."""
    if correction is not NO_VALUE:
        ddof = correction
    usual = dtype is None and where is True and mean is NO_VALUE
    params = {} if usual else given(dtype=dtype, where=where, mean=mean)
    return function(a, axis, ddof=ddof, keepdims=keepdims, **params), ddof


def for_each(pullback):
    """The pullbacks by all arguments, of that by the array."""

    def pullback_mean(ct):
        return -pullback(ct)

    return (pullback, None, None, None, _BY_COUNT, None, None, pullback_mean, _BY_COUNT)
