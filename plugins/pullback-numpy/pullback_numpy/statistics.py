"""Rules for weighted averages, covariances and correlations.

Where the value is NaN (too few degrees of freedom, the correlation with a constant), no element
has a part in it: the cotangent is 0.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import rule
from pullback_numpy.axes import (
    as_array,
    as_columns,
    conjugate,
    given,
    in_precision_of,
    keeps,
    restore_axes,
    weights_along,
)
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.moments import mean
from pullback_numpy.strong import divide, multiply


@rule(np.average)
def average(a, axis=None, weights=None, returned=False, keepdims=False):
    """``y = Σ w a / Σ w``: ``da = ct w / Σ w`` and ``dw = ct (a - y) / Σ w``."""
    a, keepdims = as_array(a), keeps(keepdims)
    if weights is None:
        return _plain_average(a, axis, returned, keepdims)
    value = np.average(a, axis, weights, returned, keepdims=keepdims)
    shape = a.shape
    weights = as_array(weights)
    along = weights_along(weights, shape, axis)
    y = restore_axes(value[0] if returned else value, shape, axis, keepdims)
    total = along.sum(axis=axis, keepdims=True)

    def restored(ct):
        return restore_axes(ct, shape, axis, keepdims)

    def average_pullback_a(ct):
        return restored(ct[0] if returned else ct) / total * along

    def average_pullback_weights(ct):
        of_weights = multiply(restored(ct[0] if returned else ct) / total, a - y)
        if returned:
            of_weights = of_weights + restored(ct[1])
        return _as_given(of_weights, weights.shape, axis)

    return value, (average_pullback_a, None, average_pullback_weights, None, None)


def _plain_average(a, axis, returned, keepdims):
    """The mean, and how many elements it is of."""
    _, mean_pullback = mean(a, axis, keepdims=keepdims)

    def average_pullback(ct):
        return mean_pullback(ct[0] if returned else ct)

    return np.average(a, axis, None, returned, keepdims=keepdims), average_pullback


def _as_given(ct, shape, axis):
    """``ct``, with all axes of the elements, in the ``shape`` in which the weights were given."""
    if ct.shape == shape:
        return ct
    places = [place % ct.ndim for place in (axis if isinstance(axis, tuple) else (axis,))]
    others = tuple(place for place in range(ct.ndim) if place not in places)
    order = sorted(places)
    return ct.sum(axis=others).transpose([order.index(place) for place in places])


@rule(np.cov, differentiable=("m", "y", "aweights"))
def cov(
    m,
    y=None,
    rowvar=True,
    bias=False,
    ddof=None,
    fweights=None,
    aweights=None,
    dtype=None,
):
    """``C = X W Xᴴ / n`` of centred rows ``X``: ``dX = (ct conj(X) + conj(ctᵀ X)) W / n``.

    The derivative through the mean vanishes, as ``X W 1 = 0``. For weights ``w = f a`` the
    divisor is ``n = Σ w - ddof Σ w a / Σ w``, and with ``q_k = Σ ct_ij X_ik conj(X_jk)``
    ``da_k = f_k q_k / n - Σ w q / n² dn/da_k``.
    """
    m, y = as_array(m), None if y is None else as_array(y)
    params = given(fweights=fweights, aweights=aweights, dtype=dtype)
    value = np.cov(m, y, rowvar, bias, ddof, **params)
    if not value.size:  # NumPy does not look at y where m has no rows
        return value, (None,) * 8
    m, restore_m = _as_rows(m, not rowvar and m.ndim == 2)
    rows, first = m, len(m)
    if y is not None:
        y, restore_y = _as_rows(y, not rowvar and y.ndim == 2 and len(y) != 1)
        rows = np.concatenate([m, y])
    size, count = rows.shape
    rows = rows.astype(value.dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    f = np.ones(count) if fweights is None else np.array(fweights, float)
    a = np.ones(count) if aweights is None else as_array(aweights)
    f, a = in_precision_of(rows, f), in_precision_of(rows, a)

    def of_rows(ct, chosen):
        x, w, n = _centred(rows, f, a, ddof)
        ct = ct.reshape(size, size) / n
        if is_complex(x):
            return w * (ct[chosen] @ x.conj() + (ct.T[chosen] @ x).conj())
        return w * ((ct + ct.T)[chosen] @ x)

    def cov_pullback_m(ct):
        return restore_m(of_rows(ct, slice(first)))

    def cov_pullback_y(ct):
        return restore_y(of_rows(ct, slice(first, None)))

    def cov_pullback_aweights(ct):
        x, w, n = _centred(rows, f, a, ddof)
        q = np.real(((ct.reshape(size, size).T / n) @ x * conjugate(x)).sum(axis=0))
        total = w.sum()
        n_by_a = f * (1 - ddof * (2 * a - (w * a).sum() / total) / total)
        return f * q - (w * q).sum() / n * n_by_a

    of_y = None if y is None else cov_pullback_y
    return value, (cov_pullback_m, of_y, *(None,) * 4, cov_pullback_aweights, None)


def _as_rows(x, flips):
    """The variables as rows, and what brings their cotangents into the shape of ``x``."""
    shape = x.shape

    def restore(ct):
        return (ct.T if flips else ct).reshape(shape)

    rows = x if len(shape) == 2 else x.reshape(1, -1)
    return (rows.T if flips else rows), restore


def _centred(rows, f, a, ddof):
    """The rows less their means, the weights, and the divisor; infinite for one below 0."""
    w = f * a
    total = w.sum()
    n = total - ddof * divide((w * a).sum(), total)
    means = divide((rows * w).sum(axis=1, keepdims=True), total)
    return rows - means, w, np.where(n > 0, n, math.inf)


@rule(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, dtype=None):
    """``R_ij = C_ij / (s_i s_j)`` of the covariances ``C``, with ``s_i² = C_ii``.

    ``dC_ij = ct_ij / (s_i s_j)`` off the diagonal and ``dC_ii = -Re Σ_j (ct_ij R_ij + ct_ji R_ji)
    / (2 C_ii)`` on it. That NumPy keeps rounding from leading out of [-1, 1] changes nothing.
    """
    x, y = as_array(x), None if y is None else as_array(y)
    value = np.corrcoef(x, y, rowvar, **given(dtype=dtype))
    c, (cov_pullback_x, cov_pullback_y, *_) = cov(x, y, rowvar, dtype=dtype)
    if value.size < 2:  # the correlation with itself is 1
        return value, (None,) * 4

    def of_c(ct):
        variance = np.real(c.diagonal())
        deviation = np.sqrt(variance)
        unknown = np.isnan(value)
        apart = np.where(unknown | np.eye(len(c), dtype=bool), 0, ct)
        share = apart * np.where(unknown, 0, value)
        of_variance = np.real(share.sum(axis=0) + share.sum(axis=1))
        of_c = divide(divide(apart, deviation), as_columns(deviation))
        return of_c - np.diag(divide(0.5 * of_variance, variance))

    def corrcoef_pullback_x(ct):
        return cov_pullback_x(of_c(ct))

    def corrcoef_pullback_y(ct):
        return cov_pullback_y(of_c(ct))

    return value, (corrcoef_pullback_x, None if y is None else corrcoef_pullback_y, None, None)
