"""Rules for sums, products, extremes, means and variances of what is not NaN.

NaN gets the cotangent 0, and where nothing is left that is not NaN, everything does. Medians and
quantiles that skip NaN stand beside the others, in `pullback_numpy.quantiles`.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import rule
from pullback.spaces import Traced
from pullback.tracer import apply_function
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
)
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.moments import COUNTED, for_each, real_part
from pullback_numpy.reductions import cumprod, cumsum, prod, reduced, shares, sum_


def _filled(a, value):
    """``a`` with ``value`` in the place of NaN, and the mask of what is not NaN."""
    a = as_array(a)
    known = ~np.isnan(a)
    return np.where(known, a, value), known


@rule(np.nansum, not_implemented=NO_OUT)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """The sum, with 0 in the place of NaN."""
    refuse_out(out, np.nansum)
    filled, known = _filled(a, 0)
    y, (sum_pullback, *others) = sum_(filled, axis, dtype, None, keepdims, initial, where)

    def nansum_pullback(ct):
        return masked(sum_pullback(ct), known)

    return y, (nansum_pullback, *others)


@rule(np.nanprod, not_implemented=NO_OUT)
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """The product, with 1 in the place of NaN."""
    refuse_out(out, np.nanprod)
    filled, known = _filled(a, 1)
    y, (prod_pullback, *others) = prod(filled, axis, dtype, None, keepdims, initial, where)

    def nanprod_pullback(ct):
        return masked(prod_pullback(ct), known)

    return y, (nanprod_pullback, *others)


@rule(np.nancumsum, not_implemented=NO_OUT)
def nancumsum(a, axis=None, dtype=None, out=None):
    """Running sums, with 0 in the place of NaN."""
    refuse_out(out, np.nancumsum)
    filled, known = _filled(a, 0)
    y, cumsum_pullback = cumsum(filled, axis, dtype)

    def nancumsum_pullback(ct):
        return masked(cumsum_pullback(ct), known)

    return y, nancumsum_pullback


@rule(np.nancumprod, not_implemented=NO_OUT)
def nancumprod(a, axis=None, dtype=None, out=None):
    """Running products, with 1 in the place of NaN."""
    refuse_out(out, np.nancumprod)
    filled, known = _filled(a, 1)
    y, cumprod_pullback = cumprod(filled, axis, dtype)

    def nancumprod_pullback(ct):
        return masked(cumprod_pullback(ct), known)

    return y, nancumprod_pullback


@rule(np.nanmax, not_implemented=NO_OUT)
def nanmax(a, axis=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """The maximum; equal maxima (``initial`` among them) share, as for `numpy.max`."""
    refuse_out(out, np.nanmax)
    return _extreme(np.nanmax, a, axis, keeps(keepdims), initial, where)


@rule(np.nanmin, not_implemented=NO_OUT)
def nanmin(a, axis=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """The minimum; equal minima (``initial`` among them) share, as for `numpy.min`."""
    refuse_out(out, np.nanmin)
    return _extreme(np.nanmin, a, axis, keeps(keepdims), initial, where)


def _extreme(function, a, axis, keepdims, initial, where):
    """The rule of ``function``: a NaN equals no extreme, so it gets no share."""
    a = as_array(a)
    y = reduced(function, a, initial, where, axis=axis, keepdims=keepdims)

    def extreme_pullback(ct):
        return shares(ct, y, a, axis, keepdims, initial, where)[0]

    def extreme_pullback_initial(ct):
        return shares(ct, y, a, axis, keepdims, initial, where)[1]

    return y, (extreme_pullback, None, None, None, extreme_pullback_initial, None)


@rule(np.nanmean, not_implemented=NO_OUT)
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, where=True):
    """Mean: an element's weight is one over the number of those that are not NaN."""
    refuse_out(out, np.nanmean)
    a, keepdims = as_array(a), keeps(keepdims)
    shape, known = a.shape, ~np.isnan(a) & where
    y = np.nanmean(a, axis, keepdims=keepdims, **given(dtype=dtype, where=where))

    def nanmean_pullback(ct):
        count = in_precision_of(ct, np.maximum(known.sum(axis=axis, keepdims=True), 1))
        return np.where(known, restore_axes(ct, shape, axis, keepdims) / count, 0)

    return y, nanmean_pullback


def _times_centred(weight, a, axis, ddof, where, mean):
    """``weight / (n - ddof) * conj(a - mean)``; 0 where it is NaN or the value is."""
    known = ~np.isnan(a) & where
    count = known.sum(axis=axis, keepdims=True)
    if mean is NO_VALUE:
        total = np.where(known, a, 0).sum(axis=axis, keepdims=True)
        mean = total / in_precision_of(total, np.maximum(count, 1))
    elif not is_complex(a):
        mean = np.real(mean)  # as NumPy casts it
    freedom = in_precision_of(weight, count - ddof)
    weight = weight / np.where(freedom > 0, freedom, math.inf)
    return np.where(known, weight, 0) * np.where(known, conjugate(a - mean), 0)


@rule(np.nanvar, not_implemented=COUNTED)
def nanvar(
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
    """Variance: ``da = ct * 2 conj(a - mean) / (n - ddof)`` with ``n`` of those not NaN."""
    refuse_out(out, np.nanvar)
    a, keepdims = as_array(a), keeps(keepdims)
    y, ddof = _spread_of(np.nanvar, a, axis, dtype, ddof, keepdims, where, mean, correction)

    def nanvar_pullback(ct):
        weight = restore_axes(real_part(ct, a), a.shape, axis, keepdims) * 2
        return _times_centred(weight, a, axis, ddof, where, mean)

    return y, for_each(nanvar_pullback)


@rule(np.nanstd, not_implemented=COUNTED)
def nanstd(
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
    refuse_out(out, np.nanstd)
    a, keepdims = as_array(a), keeps(keepdims)
    y, ddof = _spread_of(np.nanstd, a, axis, dtype, ddof, keepdims, where, mean, correction)

    def nanstd_pullback(ct):
        over = real_part(ct, a) / np.where((y == 0) | np.isnan(y), math.inf, y)
        weight = restore_axes(over, a.shape, axis, keepdims)
        return _times_centred(weight, a, axis, ddof, where, mean)

    return y, for_each(nanstd_pullback)


def _spread_of(function, a, axis, dtype, ddof, keepdims, where, mean, correction):
    """The variance or standard deviation, with the ``ddof`` that was meant."""
    params = given(dtype=dtype, where=where, mean=mean, correction=correction)
    params |= {"ddof": ddof, "keepdims": keepdims}
    if isinstance(mean, Traced):  # NumPy does not look for a tracer there
        y = apply_function(function, (a, axis), params)
    else:
        y = function(a, axis, **params)
    return y, ddof if correction is NO_VALUE else correction
