"""Rules for sampled functions: differences, slopes, integrals, convolution.

All are linear in the samples, so their pullbacks are the transposes: of a difference the
difference with a zero on each side, of a sum of neighbours the sum, of a convolution the
convolution with the reversed kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pullback import rule
from pullback.spaces import plain, project
from pullback_numpy.axes import NO_VALUE, along, as_array, conjugate, given
from pullback_numpy.strong import divide, multiply


def _padded(ct, axis, before, after):
    """``ct`` with zeros before and after it along ``axis``, which is not negative."""
    widths = [(0, 0)] * np.ndim(ct)
    widths[axis] = (before, after)
    return np.pad(ct, widths)


def _undiff(ct, shape, axis=0, n=1):
    """The transpose of ``n`` differences along ``axis`` of an array of ``shape``."""
    if n >= shape[axis]:  # none was left
        return np.zeros(shape, ct.dtype)
    difference = np.diff(_padded(ct, axis, n, n), n, axis)
    return -difference if n % 2 else difference


def _neighbours(a, axis):
    """``a_{i+1} + a_i`` along ``axis``."""
    return a[along(axis, slice(1, None))] + a[along(axis, slice(None, -1))]


def _fitted(ct, shape):
    """``ct`` summed over the axes along which an array of ``shape`` was broadcast."""
    return project(ct, (np.ndarray, shape, ct.dtype))


@rule(np.diff)
def diff(a, n=1, axis=-1, prepend=NO_VALUE, append=NO_VALUE):
    """``n`` times ``a_{i+1} - a_i``, of ``prepend``, ``a`` and ``append`` joined.

    The transpose of a difference is, with the other sign, the difference of ``0, ct, 0``.
    """
    if not n:  # what was given comes out, a list too

        def diff_pullback_none(ct):
            return ct

        return np.diff(a, n), (diff_pullback_none, None, None, None, None)
    a = as_array(a)
    ends = [end if end is NO_VALUE else as_array(end) for end in (prepend, append)]
    y = np.diff(a, n, axis, **given(prepend=ends[0], append=ends[1]))
    place = axis % a.ndim
    before, after = (_length(end, place) for end in ends)
    length = a.shape[place]
    shapes = (_shape(prepend), _shape(append))
    whole = list(a.shape)
    whole[place] += before + after

    def diff_pullback(ct):
        return _undiff(ct, whole, place, n)[along(place, slice(before, before + length))]

    def diff_pullback_prepend(ct):
        return _of_end(_undiff(ct, whole, place, n)[along(place, slice(before))], shapes[0])

    def diff_pullback_append(ct):
        rest = along(place, slice(before + length, None))
        return _of_end(_undiff(ct, whole, place, n)[rest], shapes[1])

    return y, (diff_pullback, None, None, diff_pullback_prepend, diff_pullback_append)


def _length(end, axis):
    """How much ``end`` adds to an axis: a number counts as one."""
    if end is NO_VALUE:
        return 0
    return end.shape[axis] if end.ndim else 1


def _shape(end):
    return () if end is NO_VALUE else np.shape(plain(as_array(end)))


def _of_end(ct, shape):
    """The cotangent of an array of ``shape``, of which ``ct`` may be a broadcast."""
    return ct if ct.shape == shape else ct.sum().reshape(shape)


@rule(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    """``to_begin``, the differences of the flattened array, and ``to_end``."""
    ary = as_array(ary)
    to_begin, to_end = (end if end is None else as_array(end) for end in (to_begin, to_end))
    y = np.ediff1d(ary, to_end, to_begin)
    shape, size = ary.shape, ary.size
    begin_shape, end_shape = np.shape(plain(to_begin)), np.shape(plain(to_end))
    start = 0 if to_begin is None else to_begin.size
    stop = start + max(size - 1, 0)

    def ediff1d_pullback(ct):
        return _undiff(ct[start:stop], (size,)).reshape(shape)

    def ediff1d_pullback_end(ct):
        return ct[stop:].reshape(end_shape)

    def ediff1d_pullback_begin(ct):
        return ct[:start].reshape(begin_shape)

    return y, (
        ediff1d_pullback,
        None if to_end is None else ediff1d_pullback_end,
        None if to_begin is None else ediff1d_pullback_begin,
    )


@rule(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """Slopes by second-order differences: means of the slopes ``s_i = (f_{i+1} - f_i) / h_i``.

    Inside, ``y_i = r_i s_{i-1} + (1 - r_i) s_i`` with ``r_i = h_i / (h_{i-1} + h_i)``; at an end
    the first slope, or with ``edge_order=2`` twice the first slope minus the next value of ``y``.
    """
    f = _without_wraparound(as_array(f))
    spacings = [_spacing(spacing) for spacing in varargs]
    y = np.gradient(f, *spacings, axis=axis, edge_order=edge_order)
    if axis is None:
        axes = [*range(f.ndim)]
    else:
        axes = [place % f.ndim for place in (axis if isinstance(axis, tuple) else (axis,))]
    uniform = [np.ndim(spacing) == 0 for spacing in spacings]
    steps: list[Any]
    if not spacings:
        steps = [1.0] * len(axes)
    elif len(spacings) == 1:
        steps = spacings * len(axes)
    else:
        steps = spacings
    steps = [step if np.ndim(step) == 0 else np.diff(step) for step in steps]
    single = len(axes) == 1

    def gradient_pullback(ct):
        cts = [ct] if single else ct
        return sum(
            _slope_transpose(ct, place, step, edge_order)
            for ct, place, step in zip(cts, axes, steps, strict=True)
        )

    def of_spacing(number):
        def gradient_pullback_spacing(ct):
            cts = [ct] if single else ct
            places = range(len(axes)) if len(spacings) == 1 else [number]
            total = sum(_by_step(f, cts[k], axes[k], steps[k], edge_order) for k in places)
            return total if uniform[number] else _undiff(total, spacings[number].shape)

        return gradient_pullback_spacing

    return y, (gradient_pullback, *map(of_spacing, range(len(spacings))))


def _without_wraparound(a):
    """``a`` as floating-point numbers where it has integers, whose differences may not fit."""
    return a.astype(float) if a.dtype.kind in "iu" else a


def _spacing(spacing):
    """A spacing as an array, but a Python number as it is, of no precision."""
    if isinstance(spacing, (int, float, complex)):
        return spacing
    return _without_wraparound(as_array(spacing))


def _of_slopes(ct, axis, edge_order):
    """``ct`` with ``axis`` last, as the cotangents of the first, the inner and the last slopes."""
    ct = np.moveaxis(ct, axis, -1)
    first, inner, last = ct[..., :1], ct[..., 1:-1], ct[..., -1:]
    if edge_order != 1:  # the end is twice the slope minus its neighbour
        ndim, others = ct.ndim - 1, inner.shape[-1] - 1
        inner = inner - _padded(first, ndim, 0, others) - _padded(last, ndim, others, 0)
        first, last = first * 2, last * 2
    return first, inner, last


def _share(step):
    """The weight ``r`` of the slope before, and that of the slope after."""
    if np.ndim(step) == 0:
        return 0.5, 0.5
    both = step[1:] + step[:-1]
    return divide(step[1:], both), divide(step[:-1], both)


def _slope_cotangent(ct, axis, step, edge_order):
    """The cotangents of the slopes between neighbours; ``axis`` comes last."""
    first, inner, last = _of_slopes(ct, axis, edge_order)
    before, after = _share(step)
    return np.concatenate([first, multiply(inner, after)], -1) + np.concatenate(
        [multiply(inner, before), last], -1
    )


def _slope_transpose(ct, axis, step, edge_order):
    """The cotangent of ``f`` from the slopes along one axis."""
    if np.ndim(step):
        total = divide(_slope_cotangent(ct, axis, step, edge_order), step)
        length = total.shape[-1] + 1
        total = _undiff(total, (*total.shape[:-1], length), total.ndim - 1)
    else:  # an element gets nothing from the slope at its own place
        first, inner, last = _of_slopes(ct, axis, edge_order)
        zero, zeros = np.zeros_like(first), np.zeros_like(inner)
        inner = inner / 2
        total = np.concatenate([-first, zeros, last], -1)
        total = total + np.concatenate([zero, first, inner], -1)
        total = divide(total - np.concatenate([inner, last, zero], -1), step)
    return np.moveaxis(total, -1, axis)


def _by_step(f, ct, axis, step, edge_order):
    """The cotangent of the spacing along one axis: one number, or one for each interval.

    ``ds = -s dh / h``, and ``dr_i = ((1 - r_i) dh_i - r_i dh_{i-1}) / (h_{i-1} + h_i)``.
    """
    rise = np.diff(np.moveaxis(f, axis, -1))
    slopes = divide(rise, step)
    direct = -multiply(divide(_slope_cotangent(ct, axis, step, edge_order), step), slopes)
    if np.ndim(step) == 0:
        return direct.sum()
    _, inner, _ = _of_slopes(ct, axis, edge_order)
    before, after = _share(step)
    bend = divide(inner * (slopes[..., :-1] - slopes[..., 1:]), step[1:] + step[:-1])
    rows = tuple(range(f.ndim - 1))
    bend = bend.sum(axis=rows)
    zero = np.zeros(1, bend.dtype)
    return (
        direct.sum(axis=rows)
        + np.concatenate([zero, bend * after])
        - np.concatenate([bend * before, zero])
    )


@rule(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """``Σ h_i (y_{i+1} + y_i) / 2`` along an axis; ``h`` is ``dx``, or the difference of ``x``.

    A vector ``x`` lies along ``axis``; of any other shape, it broadcasts with ``y``.
    """
    y = as_array(y)
    x = x if x is None else as_array(x)
    place = axis % y.ndim
    value = np.trapezoid(y, x, dx, axis)
    if x is None:
        step = dx
    elif x.ndim == 1:
        step = np.diff(x).reshape([-1 if i == place else 1 for i in range(y.ndim)])
    else:
        step = np.diff(x, axis=axis)

    length = y.shape[place]
    pairs = (*y.shape[:place], max(length - 1, 0), *y.shape[place + 1 :])
    whole = np.broadcast_shapes(pairs, np.shape(step))

    def trapezoid_pullback(ct):
        if not length:
            return None
        ct = _fitted(np.broadcast_to(np.expand_dims(ct, axis) * step / 2, whole), pairs)
        return _padded(ct, place, 0, 1) + _padded(ct, place, 1, 0)

    def trapezoid_pullback_dx(ct):
        return np.expand_dims(ct, axis) * _neighbours(y, place) / 2

    def trapezoid_pullback_x(ct):
        ct = _fitted(np.broadcast_to(trapezoid_pullback_dx(ct), whole), step.shape)
        return _undiff(ct.ravel(), x.shape) if x.ndim == 1 else _undiff(ct, x.shape, axis % x.ndim)

    if x is None:
        return value, (trapezoid_pullback, None, trapezoid_pullback_dx, None)
    return value, (trapezoid_pullback, trapezoid_pullback_x, None, None)


_MODES = {0: "valid", 1: "same", 2: "full"}


@rule(np.convolve)
def convolve(a, v, mode="full"):
    """``y_k = Σ_i a_i v_{k-i}``, or the middle of it: bilinear, without a conjugate."""
    a, v = as_array(a), as_array(v)
    y = np.convolve(a, v, mode)
    return y, (*_convolution(a, v, (min(a.size, v.size) - 1) // 2, mode), None)


@rule(np.correlate)
def correlate(a, v, mode="valid"):
    """``y_k = Σ_n a_{n+k} conj(v_n)``: the convolution with the reversed conjugate of ``v``."""
    a, v = as_array(a), as_array(v)
    y = np.correlate(a, v, mode)
    start = (v.size - 1) // 2 if a.size >= v.size else a.size // 2
    pullback_a, pullback_kernel = _convolution(a, conjugate(v).ravel()[::-1], start, mode)
    shape = v.shape

    def correlate_pullback_v(ct):
        return conjugate(pullback_kernel(ct)[::-1]).reshape(shape)

    return y, (pullback_a, correlate_pullback_v, None)


def _convolution(a, b, start, mode):
    """The pullbacks of a convolution of which ``mode`` "same" keeps what begins at ``start``."""
    mode = _MODES.get(mode, mode)

    def transpose(ct, shape, factor):
        size = math.prod(shape)
        factor = factor.ravel()[::-1]
        if mode == "valid" and size < factor.size:
            return np.convolve(factor, ct, "valid").reshape(shape)
        if mode == "valid":
            return np.convolve(ct, factor).reshape(shape)
        missing = size + factor.size - 1 - ct.size
        before = start if mode == "same" else 0
        ct = _padded(ct, 0, before, missing - before)
        return np.convolve(ct, factor, "valid").reshape(shape)

    a_shape, b_shape = a.shape, b.shape

    def convolve_pullback_a(ct):
        return transpose(ct, a_shape, b)

    def convolve_pullback_b(ct):
        return transpose(ct, b_shape, a)

    return convolve_pullback_a, convolve_pullback_b
