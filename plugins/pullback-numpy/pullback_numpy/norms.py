"""Rules for norms of vectors and matrices, and for condition numbers.

Conventions:

- A norm has the derivative 0 where it is 0, at every order, and so has the share of an element that
  is 0 wherever its absolute value has a kink.
- Equal extremes share the cotangent equally: elements of a vector, sums of rows or columns,
  singular values.
- An infinite condition number has the derivative 0.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import not_implemented, rule
from pullback_numpy import decompositions
from pullback_numpy.axes import NO_VALUE, as_array, as_columns, conjugate, restore_axes
from pullback_numpy.decompositions import of_values, thin_svd
from pullback_numpy.eigenvalues import equal_values, regular, rounding, shared
from pullback_numpy.reductions import shares
from pullback_numpy.strong import power_log

_NOT_BY_ORDER = "the derivative by the order of a norm is not written"
_BY_ORDER = not_implemented(_NOT_BY_ORDER)


@rule(np.linalg.norm, points={0.0: 0.0}, not_implemented={"ord": _NOT_BY_ORDER})
def norm(x, ord=None, axis=None, keepdims=False):
    """Of vectors along an axis, or of all elements, `of_vectors`; of matrices `of_matrices`."""
    x = as_array(x)
    y = np.linalg.norm(x, ord, axis, keepdims)
    axes = _axes(axis, x.ndim)
    if ord is None or ord in ("f", "fro"):
        pullback = of_vectors(x, y, 2, axes, keepdims)
    elif len(axes) == 1:
        pullback = of_vectors(x, y, ord, axes, keepdims)
    else:
        pullback = of_matrices(x, y, ord, axes, keepdims)
    return y, (pullback, _BY_ORDER, None, None)


@rule(np.linalg.vector_norm, points={0.0: 0.0}, not_implemented={"ord": _NOT_BY_ORDER})
def vector_norm(x, axis=None, keepdims=False, ord=2):
    """Of vectors along one axis, several or all: `of_vectors`."""
    x = as_array(x)
    y = np.linalg.vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)
    pullback = of_vectors(x, y, ord, _axes(axis, x.ndim), keepdims)
    return y, (pullback, None, None, _BY_ORDER)


@rule(np.linalg.matrix_norm, differentiable=("x",))
def matrix_norm(x, *, keepdims=False, ord="fro"):
    """As `numpy.linalg.norm` of the last two axes."""
    y, (pullback, *_) = norm(x, ord, (-2, -1), keepdims)
    return y, pullback


def _axes(axis, ndim):
    """The axes, counted from the first one, as a tuple."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(int(place) % ndim for place in (axis if isinstance(axis, tuple) else (axis,)))


def of_vectors(x, y, ord, axes, keepdims):
    """The pullback of ``y = (Σ|x|^p)^(1/p)``: ``dx = ct conj(sign x) (|x| / y)^(p-1)``.

    For ``p`` = 2 that is ``conj(x) / y``. The largest and smallest absolute value, ``p`` = ±∞, have
    the rule of an extreme, and the number of elements that are not 0, ``p`` = 0, has none.
    """
    if ord == 0:
        return None

    def norm_pullback(ct):
        if abs(ord) == math.inf:
            share, _ = shares(ct, y, np.abs(x), axes, keepdims, NO_VALUE, True)
            return share * conjugate(np.sign(x))
        whole, ct = (restore_axes(value, x.shape, axes, keepdims) for value in (y, ct))
        if ord == 2:
            return ct * conjugate(x / np.where(whole == 0, math.inf, whole))
        ct, size = ct * conjugate(np.sign(x)), np.abs(x)
        if ord == 1:
            return ct
        if ord > 1:
            return power_log(ct, size / np.where(whole == 0, math.inf, whole), ord - 1)
        return power_log(ct, whole / np.where(size == 0, 1, size), 1 - ord)

    return norm_pullback


def of_matrices(x, y, ord, axes, keepdims):
    """The pullback of an operator norm, or of the sum of the singular values.

    For ``ord`` = 1 (and -1) that is the largest (smallest) sum of absolute values of a column, for
    ±∞ that of a row, for ±2 the largest (smallest) singular value.
    """
    if ord in (2, -2, "nuc"):
        return _by_singular_values(x, ord, axes, keepdims)
    row, column = axes
    sums = np.sum(np.abs(x), axis=row if abs(ord) == 1 else column, keepdims=True)

    def norm_pullback(ct):
        whole, ct = (restore_axes(value, x.shape, axes, keepdims) for value in (y, ct))
        return shares(ct, whole, sums, axes, True, NO_VALUE, True)[0] * conjugate(np.sign(x))

    return norm_pullback


def _by_singular_values(x, ord, axes, keepdims):
    s, pullback = decompositions.svdvals(np.moveaxis(x, axes, (-2, -1)))
    weights = np.ones(s.shape[-1], bool) if ord == "nuc" else _unit(s, 0 if ord == 2 else -1)

    def norm_pullback(ct):
        ct = restore_axes(ct, x.shape, axes, keepdims)
        ct = np.moveaxis(ct, axes, (-2, -1))[..., 0] * weights
        return np.moveaxis(pullback(ct), (-2, -1), axes)

    return norm_pullback


def _unit(s, place):
    """Which of the singular values is the first, or last, one."""
    count = s.shape[-1]
    return np.arange(count) == place % max(count, 1)


@rule(np.linalg.cond, differentiable=("x",))
def cond(x, p=None):
    """The ratio of the extreme singular values, or ``‖A‖ ‖A⁻¹‖``: by the rules of the factors."""
    x = as_array(x)
    y = np.linalg.cond(x, p)
    ratio = _ratio(x, y, p) if p is None or p in (2, -2) else _product(x, p)

    def cond_pullback(ct):
        return ratio(np.where(np.isfinite(y), ct, 0))

    return y, cond_pullback


def _ratio(x, y, p):
    """``d(a / b) = (da - y db) / b`` of the extreme singular values ``a`` and ``b``."""
    u, s, vh = thin_svd(x)
    equal = equal_values(s, rounding(s, (-1,)))
    above, below = (-1, 0) if p == -2 else (0, -1)

    def ratio_pullback(ct):
        divisor = s[..., below]
        share = as_columns(ct / np.where(divisor == 0, math.inf, divisor))
        ratio = as_columns(np.where(np.isfinite(y), y, 0))
        ct = share * _unit(s, above) - share * ratio * _unit(s, below)
        return of_values(u, shared(ct, equal), vh)

    return ratio_pullback


def _product(x, p):
    inverse_x = np.linalg.inv(regular(x))
    size, (pullback, *_) = norm(x, p, (-2, -1))
    size_of_inverse, (pullback_inverse, *_) = norm(inverse_x, p, (-2, -1))

    def product_pullback(ct):
        of_inverse = pullback_inverse(ct * size)
        return pullback(ct * size_of_inverse) - inverse_x.mT @ of_inverse @ inverse_x.mT

    return product_pullback
