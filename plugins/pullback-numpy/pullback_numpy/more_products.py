"""Rules for Kronecker, cross and stacked scalar products."""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback.spaces import project
from pullback_numpy import products
from pullback_numpy.axes import as_array


@rule(np.kron)
def kron(a, b):
    """Blocks ``a_i b``: each factor sums the cotangent, in blocks, times the other factor.

    The shorter shape counts as one with ones in front.
    """
    a, b = as_array(a), as_array(b)
    ndim = max(a.ndim, b.ndim)
    a_shape, b_shape = a.shape, b.shape
    outer, inner = ((1,) * (ndim - len(shape)) + shape for shape in (a_shape, b_shape))
    blocks = [length for pair in zip(outer, inner, strict=True) for length in pair]
    of_outer, of_inner = [*range(0, 2 * ndim, 2)], [*range(1, 2 * ndim, 2)]

    def contracted(ct, axes, factor, shape):
        return np.tensordot(ct.reshape(blocks), factor.reshape(shape), (axes, [*range(ndim)]))

    def kron_pullback_a(ct):
        return contracted(ct, of_inner, b, inner).reshape(a_shape)

    def kron_pullback_b(ct):
        return contracted(ct, of_outer, a, outer).reshape(b_shape)

    return np.kron(a, b), (kron_pullback_a, kron_pullback_b)


@rule(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """``ct · (da × b) = da · (b × ct)`` and ``ct · (a × db) = db · (ct × a)``.

    A vector of two numbers, which NumPy deprecates, has a third that is 0.
    """
    a, b = as_array(a), as_array(b)
    y = np.cross(a, b, axisa, axisb, axisc, axis)
    if axis is not None:
        axisa = axisb = axisc = axis
    flat = a.shape[axisa] == 2 and b.shape[axisb] == 2
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    a_shape, b_shape = a.shape, b.shape

    def last(ct):
        """``ct`` with its three numbers on the last axis; of plane vectors there is only one."""
        if flat:
            return np.pad(np.expand_dims(ct, -1), [(0, 0)] * np.ndim(ct) + [(2, 0)])
        return np.moveaxis(ct, axisc, -1)

    def back(ct, shape, place):
        ct = ct[..., : shape[-1]]
        return np.moveaxis(project(ct, (np.ndarray, shape, ct.dtype)), -1, place)

    def cross_pullback_a(ct):
        return back(np.cross(_in_space(b), last(ct)), a_shape, axisa)

    def cross_pullback_b(ct):
        return back(np.cross(last(ct), _in_space(a)), b_shape, axisb)

    return y, (cross_pullback_a, cross_pullback_b)


def _in_space(a):
    """Vectors on the last axis with three numbers."""
    missing = 3 - a.shape[-1]
    return np.pad(a, [(0, 0)] * (a.ndim - 1) + [(0, missing)]) if missing else a


@rule(np.linalg.cross)
def cross_linalg(x1, x2, /, *, axis=-1):
    """`numpy.cross` of vectors of three numbers along one axis."""
    x1, x2 = as_array(x1), as_array(x2)
    _, pullbacks = cross(x1, x2, axis=axis)
    return np.linalg.cross(x1, x2, axis=axis), pullbacks


@rule(np.linalg.vecdot)
def vecdot_linalg(x1, x2, /, *, axis=-1):
    """`numpy.vecdot` along an axis, which each factor counts by itself."""
    x1, x2 = as_array(x1), as_array(x2)
    first, second = np.moveaxis(x1, axis, -1), np.moveaxis(x2, axis, -1)
    y, (back_first, back_second) = products.vecdot(first, second)
    first_shape, second_shape = first.shape, second.shape

    def vecdot_pullback_x1(ct):
        ct = back_first(ct)
        return np.moveaxis(project(ct, (np.ndarray, first_shape, ct.dtype)), -1, axis)

    def vecdot_pullback_x2(ct):
        ct = back_second(ct)
        return np.moveaxis(project(ct, (np.ndarray, second_shape, ct.dtype)), -1, axis)

    return y, (vecdot_pullback_x1, vecdot_pullback_x2)
