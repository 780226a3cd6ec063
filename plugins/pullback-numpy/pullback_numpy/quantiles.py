"""Rules for medians, quantiles and percentiles, with NaN and without.

A quantile interpolates between two elements of the sorted array: ``(1 - t) s[low] + t s[high]``.
Convention: equal elements share the cotangent equally, unless they have weights; where NumPy's
value is NaN it is 0; and where two linear pieces in ``q`` meet, the derivative is the mean of both.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pullback import rule
from pullback.arguments import any_traced
from pullback.errors import DerivativeNotImplementedError, InPlaceWriteError
from pullback.names import name_of
from pullback.spaces import recorded, undifferentiated
from pullback_numpy.axes import NO_OUT, as_array, inverse, keeps, refuse_out, weights_along
from pullback_numpy.indexing import scatter
from pullback_numpy.ordering import sort
from pullback_numpy.strong import multiply

NO_OVERWRITE = NO_OUT | {"overwrite_input": "it writes into the array that is differentiated"}

CONTINUOUS = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "linear": (1, 1),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}
"""The methods that are continuous in ``q``, by the ``alpha`` and ``beta`` of Hyndman and Fan."""

STEPS: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.around}
"""The methods that take an element beside the place of the linear one."""


def _refuse_overwrite(overwrite_input):
    """Raise where NumPy was told to sort the array itself.

    Raises:
        InPlaceWriteError: ``overwrite_input`` is true.
    """
    if overwrite_input:
        raise InPlaceWriteError(
            "overwrite_input=True lets NumPy write into an array in place, which a traced value "
            f"cannot take part in: {NO_OVERWRITE['overwrite_input']}. Leave it out."
        )


@rule(np.median, not_implemented=NO_OVERWRITE)
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """The middle element, or the mean of the two in the middle."""
    return _median(np.median, a, axis, out, overwrite_input, keepdims)


@rule(np.nanmedian, not_implemented=NO_OVERWRITE)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """The median of what is not NaN."""
    return _median(np.nanmedian, a, axis, out, overwrite_input, keepdims)


@rule(np.quantile, differentiable=("a", "q"), not_implemented=NO_OVERWRITE)
def quantile(
    a,
    q,
    axis=None,
    out=None,
    overwrite_input=False,
    method="linear",
    keepdims=False,
    weights=None,
):
    """The element below which the part ``q`` of the others lies, interpolated by ``method``."""
    return _quantile(np.quantile, a, q, axis, out, overwrite_input, method, keepdims, weights)


@rule(np.nanquantile, differentiable=("a", "q"), not_implemented=NO_OVERWRITE)
def nanquantile(
    a,
    q,
    axis=None,
    out=None,
    overwrite_input=False,
    method="linear",
    keepdims=False,
    weights=None,
):
    """The quantile of what is not NaN."""
    return _quantile(np.nanquantile, a, q, axis, out, overwrite_input, method, keepdims, weights)


@rule(np.percentile, differentiable=("a", "q"), not_implemented=NO_OVERWRITE)
def percentile(
    a,
    q,
    axis=None,
    out=None,
    overwrite_input=False,
    method="linear",
    keepdims=False,
    weights=None,
):
    """The quantile at ``q / 100``."""
    return _quantile(np.percentile, a, q, axis, out, overwrite_input, method, keepdims, weights)


@rule(np.nanpercentile, differentiable=("a", "q"), not_implemented=NO_OVERWRITE)
def nanpercentile(
    a,
    q,
    axis=None,
    out=None,
    overwrite_input=False,
    method="linear",
    keepdims=False,
    weights=None,
):
    """The quantile, at ``q / 100``, of what is not NaN."""
    return _quantile(np.nanpercentile, a, q, axis, out, overwrite_input, method, keepdims, weights)


def _median(function, a, axis, out, overwrite_input, keepdims):
    """The rule of ``function``, a median: half of the cotangent for each of the middle elements."""
    refuse_out(out, function)
    _refuse_overwrite(overwrite_input)
    a = as_array(a)
    shape = a.shape
    y = function(a, axis, keepdims=keeps(keepdims))

    def median_pullback(ct):
        rows = _as_rows(a, axis)
        count = _count(rows, function is np.nanmedian)
        low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(rows) - 1)
        of_rows = _of_places(_known(ct, y, rows.shape[1:]), rows, low, high, 0.5)
        return _from_rows(of_rows, shape, axis)

    return y, median_pullback


def _quantile(function, a, q, axis, out, overwrite_input, method, keepdims, weights):
    """The rule of ``function``, a quantile or percentile."""
    refuse_out(out, function)
    _refuse_overwrite(overwrite_input)
    a, q = as_array(a), q if np.isscalar(q) else as_array(q)
    shape, q_shape = a.shape, np.shape(q)
    y = function(a, q, axis, method=method, keepdims=keeps(keepdims), weights=weights)
    skip_nan = function in (np.nanquantile, np.nanpercentile)
    whole = 100 if function in (np.percentile, np.nanpercentile) else 1
    if skip_nan and len(q_shape) > 1 and isinstance(axis, tuple) and len(axis) > 1:
        raise DerivativeNotImplementedError(
            f"{name_of(function)} mixes up the axes of a q of two axes where axis is a tuple; "
            "flatten q"
        )
    if weights is not None:
        weights = undifferentiated(np.broadcast_to(weights_along(weights, shape, axis), shape))
        weights = weights if recorded(weights) else np.array(weights)

    def parts(n_dims):
        """The parts of one, with axes for what they are broadcast to."""
        # NumPy divides in the precision of ``a``.
        part = np.divide(q, a.dtype.type(whole) if a.dtype.kind == "f" else whole)
        return np.reshape(part, q_shape + (1,) * n_dims)

    def quantile_pullback_a(ct):
        rows = _as_rows(a, axis)
        ct = _known(ct, y, q_shape + rows.shape[1:])
        if weights is None:
            part = parts(rows.ndim - 1)
            low, high, t = _places(_count(rows, skip_nan, part.dtype), part, method)
            of_rows = _of_places(ct, rows, low, high, t)
        else:
            index = _weighted_index(rows, _as_rows(weights, axis), parts(0))
            of_rows = scatter(rows.shape, ct.dtype, [index], ct)
        return _from_rows(of_rows, shape, axis)

    def quantile_pullback_q(ct):
        rows = _as_rows(a, axis)
        if method not in CONTINUOUS or not rows.size:
            return np.zeros(q_shape, ct.dtype)
        part = parts(rows.ndim - 1)
        low, high, slope = _pieces(_count(rows, skip_nan, part.dtype), part, method)
        ordered, columns = np.sort(rows, 0), np.indices(rows.shape[1:], sparse=True)
        rise = ordered[(high, *columns)] - ordered[(low, *columns)]
        of_q = multiply(_known(ct, y, rise.shape), rise * (slope / whole))
        return of_q.sum(axis=tuple(range(len(q_shape), of_q.ndim)))

    return y, (quantile_pullback_a, quantile_pullback_q, *(None,) * 6)


def _as_rows(a, axis):
    """``a`` with the axes that are reduced as its first one."""
    if axis is None:
        return a.reshape(-1)
    order = _axes_first(a.ndim, axis)
    count = len(axis) if isinstance(axis, tuple) else 1
    moved = a.transpose(order)
    return moved.reshape(math.prod(moved.shape[:count]), *moved.shape[count:])


def _from_rows(rows, shape, axis):
    """What stands in rows, in the shape that `_as_rows` made them of."""
    if axis is None:
        return rows.reshape(shape)
    order = _axes_first(len(shape), axis)
    return rows.reshape([shape[place] for place in order]).transpose(inverse(order))


def _axes_first(ndim, axis):
    reduced = [place % ndim for place in (axis if isinstance(axis, tuple) else (axis,))]
    return [*reduced, *(place for place in range(ndim) if place not in reduced)]


def _count(rows, skip_nan, dtype=None):
    """How many elements count in each column; an int where none can be NaN."""
    if not skip_nan:
        return len(rows)
    count = np.count_nonzero(~np.isnan(rows), axis=0)
    return count if dtype is None or dtype.kind != "f" else count.astype(dtype)


def _known(ct, y, shape):
    """``ct`` in ``shape``, and 0 where the value is NaN: that no element has a part in."""
    return np.where(np.isnan(y), 0, ct).reshape(shape)


def _of_places(ct, rows, low, high, t):
    """What ``rows`` get that, sorted, are interpolated between ``low`` and ``high``."""
    if not ct.size or not rows.size:
        return np.zeros(rows.shape, ct.dtype)
    columns = np.indices(rows.shape[1:], sparse=True)
    indices = [(low, *columns), (high, *columns)]
    of_sorted = scatter(rows.shape, ct.dtype, indices, ct * (1 - t), ct * t)
    return sort(rows, 0)[1][0](of_sorted)


def _places(n, q, method):
    """``low``, ``high`` and ``t`` of a quantile of ``n`` elements, by Hyndman and Fan (1996)."""
    t = 0.5
    if method in CONTINUOUS:
        place = _place(n, q, method)
        low = np.floor(place)
        high, t = low + 1, place - low
    elif method == "midpoint":
        low, high = np.floor((n - 1) * q), np.ceil((n - 1) * q)
    elif method == "averaged_inverted_cdf":
        low, high = np.ceil(n * q - 1), np.floor(n * q)
    elif method == "inverted_cdf":
        low = high = np.ceil(n * q - 1)
    elif method == "closest_observation":
        place = n * q - 1.5
        low = np.floor(place)
        low = high = np.where((place == low) & (low % 2 == 1), low, low + 1)
    else:
        low = high = STEPS[method]((n - 1) * q)
    return _inside(low, n), _inside(high, n), t


def _pieces(n, q, method):
    """``low``, ``high`` and ``slope``: by ``q`` a quantile has ``slope * (s[high] - s[low])``.

    At a kink ``low`` and ``high`` are two apart; at 0 and 1 the piece inside counts alone.
    """
    alpha, beta = CONTINUOUS[method]
    place = _place(n, q, method)
    low, high = np.floor(place), np.ceil(place)
    low, high = np.where(q > 0, high - 1, low), np.where(q < 1, low + 1, high)
    return _inside(low, n), _inside(high, n), (n + 1 - alpha - beta) / (high - low)


def _place(n, q, method):
    """The place, between those of a sorted array, that a continuous method looks at."""
    if method == "linear":
        return (n - 1) * q
    alpha, beta = CONTINUOUS[method]
    return n * q + (alpha + q * (1 - alpha - beta)) - 1


def _inside(place, n):
    """The nearest number of an element."""
    return np.clip(place, 0, np.maximum(n - 1, 0)).astype(np.intp)


def _weighted_index(rows, weights, q):
    """The index of weighted quantiles in ``rows``: each is one of the elements, found as in NumPy.

    Among equal elements it is the one whose weight decides.
    """
    order = np.argsort(rows, 0)
    weights = np.take_along_axis(np.where(np.isnan(rows), 0, weights), order, 0)
    reached = weights.cumsum(axis=0, dtype=float) / weights.sum(axis=0, dtype=float)
    # An element without weight is none, at q = 0 either.
    reached = np.where(reached == 0, -1, reached.astype(q.dtype))
    kept = rows.shape[1:]
    reached, order = reached.reshape(len(rows), -1), order.reshape(len(rows), -1)
    places = [
        line[_inside(np.searchsorted(steps, q), len(rows))]
        for line, steps in zip(order.T, reached.T, strict=True)
    ]
    found = np.stack(places).astype(np.intp) if any_traced(places) else np.array(places, np.intp)
    found = found.reshape(-1, q.size).T.reshape(q.shape + kept)
    return (found, *np.indices(kept, sparse=True))
