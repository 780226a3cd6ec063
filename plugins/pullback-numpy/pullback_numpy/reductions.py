"""Rules for reductions over axes: sums, products, extremes, running sums and products.

Convention: equal extremes share the cotangent equally.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from pullback import rule
from pullback.spaces import Traced
from pullback.tracer import apply_function
from pullback_numpy.axes import (
    NO_OUT,
    NO_VALUE,
    along,
    as_array,
    in_precision_of,
    inverse,
    keeps,
    masked,
    refuse_out,
    restore_axes,
    spread,
)
from pullback_numpy.strong import multiply


def reduced(function, a, initial, where, **params):
    """``function(a, ...)`` with NumPy's ``initial`` and ``where``, if they were given."""
    if initial is not NO_VALUE:
        params["initial"] = initial
    if where is not True:
        params["where"] = where
    if isinstance(initial, Traced):  # NumPy does not look for tracers there
        return apply_function(function, (a,), params)
    return function(a, **params)


@rule(np.sum, not_implemented=NO_OUT)
def sum_(a, axis=None, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """Sum over axes. Each summand gets the cotangent of its sum, as a view and not a copy."""
    refuse_out(out, np.sum)
    keepdims = keeps(keepdims)
    a = as_array(a)
    shape = a.shape
    if initial is NO_VALUE and where is True:  # in half the time
        y = a.sum(axis=axis, dtype=dtype, keepdims=keepdims)
    else:
        y = reduced(np.sum, a, initial, where, axis=axis, dtype=dtype, keepdims=keepdims)

    def sum_pullback(ct):
        return spread(masked(restore_axes(ct, shape, axis, keepdims), where), shape)

    return y, (sum_pullback, None, None, None, None, _initial_pullback, None)


def _initial_pullback(ct):
    return ct


def _sum_pushforward(primals, tangents, **params):
    """The sum of the tangents; ``initial`` has one of its own, which is left to the pullback."""
    a, *rest = primals
    if len(rest) > 4 or "initial" in params:
        return NotImplemented
    return sum_(a, *rest, **params)[0], sum_(tangents[0], *rest, **params)[0]


sum_ = replace(sum_, pushforward=_sum_pushforward)


@rule(np.max, not_implemented=NO_OUT)
def max_(a, axis=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """Maximum over axes; equal maxima (``initial`` among them) share the cotangent equally."""
    refuse_out(out, np.max)
    keepdims = keeps(keepdims)
    a = as_array(a)
    y = reduced(np.max, a, initial, where, axis=axis, keepdims=keepdims)

    def max_pullback(ct):
        return shares(ct, y, a, axis, keepdims, initial, where)[0]

    def max_pullback_initial(ct):
        return shares(ct, y, a, axis, keepdims, initial, where)[1]

    if initial is NO_VALUE:
        return y, max_pullback
    return y, (max_pullback, None, None, None, max_pullback_initial, None)


@rule(np.min, not_implemented=NO_OUT)
def min_(a, axis=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """Minimum over axes; equal minima (``initial`` among them) share the cotangent equally."""
    refuse_out(out, np.min)
    keepdims = keeps(keepdims)
    a = as_array(a)
    y = reduced(np.min, a, initial, where, axis=axis, keepdims=keepdims)

    def min_pullback(ct):
        return shares(ct, y, a, axis, keepdims, initial, where)[0]

    def min_pullback_initial(ct):
        return shares(ct, y, a, axis, keepdims, initial, where)[1]

    if initial is NO_VALUE:
        return y, min_pullback
    return y, (min_pullback, None, None, None, min_pullback_initial, None)


def shares(ct, y, a, axis, keepdims, initial, where):
    """The cotangents of ``a`` and ``initial`` where ``y`` is an extreme of them."""
    extreme = where & (a == restore_axes(y, a.shape, axis, keepdims))
    # A NaN equals nothing; max(1, 0) keeps its share from being a division by zero.
    ties = np.count_nonzero(extreme) if axis is None else extreme.sum(axis=axis, keepdims=keepdims)
    if initial is not NO_VALUE:
        ties = ties + (y == initial)
    share = ct / in_precision_of(ct, np.maximum(ties, 1))
    of_a = np.where(extreme, restore_axes(share, a.shape, axis, keepdims), 0)
    return of_a, None if initial is NO_VALUE else np.where(y == initial, share, 0)


@rule(np.ptp, not_implemented=NO_OUT)
def ptp(a, axis=None, out=None, keepdims=False):
    """Maximum minus minimum, each with its own rule."""
    refuse_out(out, np.ptp)
    high, high_pullback = max_(a, axis, None, keepdims)
    low, low_pullback = min_(a, axis, None, keepdims)

    def ptp_pullback(ct):
        return high_pullback(ct) - low_pullback(ct)

    return high - low, ptp_pullback


amax = replace(max_, primitive=np.amax)
amin = replace(min_, primitive=np.amin)


@rule(np.prod, not_implemented=NO_OUT)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """Product over axes: each factor gets the product of the others, exactly, zeros or not."""
    refuse_out(out, np.prod)
    keepdims = keeps(keepdims)
    a = as_array(a)
    y = reduced(np.prod, a, initial, where, axis=axis, dtype=dtype, keepdims=keepdims)

    def factors():
        return a if where is True else np.where(where, a, 1)

    def prod_pullback(ct):
        ct = ct if initial is NO_VALUE else multiply(ct, initial)
        ct = restore_axes(ct, a.shape, axis, keepdims)
        return masked(multiply(ct, _product_of_others(factors(), axis)), where)

    def prod_pullback_initial(ct):
        return multiply(ct, factors().prod(axis=axis, keepdims=keepdims))

    return y, (prod_pullback, None, None, None, None, prod_pullback_initial, None)


def _product_of_others(a, axis):
    """For each element of ``a`` the product of all others along ``axis``: no division."""
    shape = a.shape
    if axis is None:
        return _others_along(a.ravel(), 0).reshape(shape)
    if not shape:
        return 1
    if not isinstance(axis, tuple):
        return _others_along(a, axis % len(shape))
    reduced = [place % len(shape) for place in axis]
    order = (*(place for place in range(len(shape)) if place not in reduced), *reduced)
    moved = a.transpose(order)
    last = len(shape) - len(reduced)
    kept, length = moved.shape[:last], math.prod(moved.shape[last:])
    others = _others_along(moved.reshape(*kept, length), last)
    return others.reshape(moved.shape).transpose(inverse(order))


def _others_along(a, axis):
    """Those before times those after, both as running products."""
    one = np.ones_like(a[along(axis, slice(1))])
    backwards = along(axis, slice(None, None, -1))
    before = np.concatenate([one, a[along(axis, slice(None, -1))]], axis)
    after = np.concatenate([one, a[along(axis, slice(None, 0, -1))]], axis)
    return before.cumprod(axis=axis) * after.cumprod(axis=axis)[backwards]


@rule(np.cumsum, not_implemented=NO_OUT)
def cumsum(a, axis=None, dtype=None, out=None):
    """Running sums: an element's cotangent is the sum of those from its place on."""
    refuse_out(out, np.cumsum)
    a = as_array(a)
    shape = a.shape
    y = a.cumsum(axis=axis, dtype=dtype)

    def cumsum_pullback(ct):
        place = 0 if axis is None or not shape else axis % len(shape)
        backwards = along(place, slice(None, None, -1))
        return ct[backwards].cumsum(axis=place)[backwards].reshape(shape)

    return y, cumsum_pullback


@rule(np.cumprod, not_implemented=NO_OUT)
def cumprod(a, axis=None, dtype=None, out=None):
    """Running products ``y_k = a_0 ... a_k``, exactly, zeros or not.

    ``da_i = (a_0 ... a_{i-1}) s_i`` with ``s_i = ct_i + a_{i+1} s_{i+1}``, without a division.
    """
    refuse_out(out, np.cumprod)
    a = as_array(a)
    y = a.cumprod(axis=axis, dtype=dtype)

    def cumprod_pullback(ct):
        shape = a.shape
        place = 0 if axis is None or not shape else axis % len(shape)
        factors = a.ravel() if axis is None or not shape else a
        total = _totals(ct, factors[along(place, slice(1, None))], place)
        one = np.ones_like(factors[along(place, slice(1))])
        before = np.concatenate([one, factors[along(place, slice(None, -1))]], place)
        return multiply(total, before.cumprod(axis=place)).reshape(shape)

    return y, cumprod_pullback


def _cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Running sums, after a 0 if ``include_initial`` says so, whose cotangent goes nowhere."""
    refuse_out(out, np.cumulative_sum)
    return _cumulative(np.cumulative_sum, cumsum, x, axis, dtype, include_initial)


def _cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Running products, after a 1 if ``include_initial`` says so, whose cotangent goes nowhere."""
    refuse_out(out, np.cumulative_prod)
    return _cumulative(np.cumulative_prod, cumprod, x, axis, dtype, include_initial)


def _cumulative(function, running, x, axis, dtype, include_initial):
    """The rule of ``function``, of that without an initial value."""
    x = as_array(x)
    y = function(x, axis=axis, dtype=dtype, include_initial=include_initial)
    _, running_pullback = running(x, axis, dtype)
    place = 0 if axis is None else axis % y.ndim

    def cumulative_pullback(ct):
        return running_pullback(ct[along(place, slice(1, None))] if include_initial else ct)

    return y, cumulative_pullback


def _totals(x, factors, axis):
    """``s_i = x_i + factors_i s_{i+1}`` along ``axis``, with one factor less than there are ``x``.

    By reduction to the even places (Blelloch 1990): each step is on whole arrays of half the size,
    so the work is that of a loop over the elements.
    """
    shape = x.shape
    length = shape[axis]
    if length < 2:
        return x

    def part(array, *limits):
        return array[along(axis, slice(*limits))]

    half, followed = length // 2, (length - 1) // 2
    x_even, x_odd = part(x, 0, None, 2), part(x, 1, None, 2)
    f_even, f_odd = part(factors, 0, None, 2), part(factors, 1, None, 2)
    x_pairs = part(x_even, half) + multiply(x_odd, f_even)
    s_even = _totals(
        np.concatenate([x_pairs, part(x_even, half, None)], axis),
        part(f_even, followed) * f_odd,
        axis,
    )
    s_odd = part(x_odd, followed) + multiply(part(s_even, 1, None), f_odd)
    s_odd = np.concatenate([s_odd, part(x_odd, followed, None)], axis)
    pairs = np.stack([part(s_even, half), s_odd], axis + 1)
    pairs = pairs.reshape((*shape[:axis], 2 * half, *shape[axis + 1 :]))
    return np.concatenate([pairs, part(s_even, half, None)], axis)


newer = tuple(  # NumPy 2.1 added these
    rule(getattr(np, name), not_implemented=NO_OUT)(function)
    for name, function in (
        ("cumulative_sum", _cumulative_sum),
        ("cumulative_prod", _cumulative_prod),
    )
    if hasattr(np, name)
)
