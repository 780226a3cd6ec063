"""Rules for products of vectors, matrices and tensors.

Each rule returns one closure for each factor, which keeps the other factor and no more. With a
constant ``X``, ``X @ w`` so costs one product on the way back.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from pullback import rule
from pullback_numpy.axes import (
    NO_OUT,
    as_array,
    as_columns,
    conjugate,
    inverse,
    refuse_out,
    transposed,
)


@rule(operator.matmul, linear=2)
def matmul(a, b):
    """Matrix product ``a @ b``: ``da = ct @ bᵀ``, ``db = aᵀ @ ct``.

    A vector counts as one row on the left and as one column on the right; leading axes broadcast.
    """
    a, b = as_array(a), as_array(b)
    return a @ b, _matrix_product(a, b)


def _matrix_product(a, b):
    """The pullbacks of ``a @ b``.

    A factor without leading axes takes one product of folded matrices, not one for each batch.
    """
    a_ndim, b_ndim = a.ndim, b.ndim
    if a_ndim == 1 and b_ndim == 1:
        return _pairing(a, b)

    def matmul_pullback_a(ct):
        if b_ndim == 1:
            return as_columns(ct) * b
        if b_ndim == 2:
            return ct @ b.T
        if a_ndim > 2:
            return ct @ transposed(b)
        rows = [*range(b_ndim - 2), b_ndim - 1]
        if a_ndim == 1:
            return np.tensordot(b, ct, (rows, [*range(b_ndim - 1)]))
        return np.tensordot(ct, b, (rows, rows))

    def matmul_pullback_b(ct):
        if a_ndim == 1:
            return a[:, None] * ct[..., None, :]
        if a_ndim == 2:
            return a.T @ ct
        if b_ndim > 2:
            return transposed(a) @ ct
        columns = [*range(a_ndim - 1)]
        return np.tensordot(a, ct, (columns, columns))

    return matmul_pullback_a, matmul_pullback_b


def _pairing(a, b):
    def product_pullback_a(ct):
        return ct * b

    def product_pullback_b(ct):
        return ct * a

    return product_pullback_a, product_pullback_b


matmul_ufunc = replace(matmul, primitive=np.matmul)
matmul_linalg = replace(matmul, primitive=np.linalg.matmul)


@rule(np.dot, linear=2, not_implemented=NO_OUT)
def dot(a, b, out=None):
    """Sum over the last axis of ``a`` and the last but one of ``b``; scalars multiply."""
    refuse_out(out, np.dot)
    a, b = as_array(a), as_array(b)
    y = np.dot(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return y, _pairing(a, b)
    if b.ndim <= 2:
        return y, _matrix_product(a, b)
    return y, _contraction(a, b, [a.ndim - 1], [b.ndim - 2])


@rule(np.inner, linear=2)
def inner(a, b):
    """Sum over the last axes of both; scalars multiply."""
    a, b = as_array(a), as_array(b)
    y = np.inner(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return y, _pairing(a, b)
    if b.ndim == 1:
        return y, _matrix_product(a, b)
    return y, _contraction(a, b, [a.ndim - 1], [b.ndim - 1])


@rule(np.vdot)
def vdot(a, b):
    """``Σ conj(a) b`` over flattened arrays: ``da = conj(ct b)``, ``db = ct conj(a)``."""
    a, b = as_array(a), as_array(b)
    a_shape, b_shape = a.shape, b.shape

    def vdot_pullback_a(ct):
        return conjugate(ct * b).reshape(a_shape)

    def vdot_pullback_b(ct):
        return (ct * conjugate(a)).reshape(b_shape)

    return np.vdot(a, b), (vdot_pullback_a, vdot_pullback_b)


@rule(np.outer, linear=2, not_implemented=NO_OUT)
def outer(a, b, out=None):
    """``y_ij = a_i b_j`` of flattened arrays: ``da = ct @ b``, ``db = a @ ct``."""
    refuse_out(out, np.outer)
    a, b = as_array(a), as_array(b)
    a_shape, b_shape = a.shape, b.shape

    def outer_pullback_a(ct):
        return (ct @ b.ravel()).reshape(a_shape)

    def outer_pullback_b(ct):
        return (a.ravel() @ ct).reshape(b_shape)

    return np.outer(a, b), (outer_pullback_a, outer_pullback_b)


outer_linalg = replace(outer, primitive=np.linalg.outer)


@rule(np.tensordot, linear=2)
def tensordot(a, b, axes=2):
    """Sum over chosen axes of both; the axes that are left of ``a`` come first, then of ``b``."""
    a, b = as_array(a), as_array(b)
    y = np.tensordot(a, b, axes)
    if np.ndim(axes) == 0:
        axes = (range(a.ndim - axes, a.ndim), range(axes))
    of_a, of_b = ([chosen] if np.ndim(chosen) == 0 else [*chosen] for chosen in axes)
    return y, _contraction(a, b, [i % a.ndim for i in of_a], [i % b.ndim for i in of_b])


tensordot_linalg = replace(tensordot, primitive=np.linalg.tensordot)


def _contraction(a, b, of_a, of_b):
    """The pullbacks of the sum over the axes ``of_a`` of ``a`` paired with ``of_b`` of ``b``."""
    left_of_a = [axis for axis in range(a.ndim) if axis not in of_a]
    left_of_b = [axis for axis in range(b.ndim) if axis not in of_b]
    first = [*range(len(left_of_a))]
    last = [*range(len(left_of_a), len(left_of_a) + len(left_of_b))]

    def contraction_pullback_a(ct):
        paired = [axis for _, axis in sorted(zip(of_b, of_a, strict=True))]
        product = np.tensordot(ct, b, (last, left_of_b))
        return product.transpose(inverse(left_of_a + paired))

    def contraction_pullback_b(ct):
        paired = [axis for _, axis in sorted(zip(of_a, of_b, strict=True))]
        product = np.tensordot(a, ct, (left_of_a, first))
        return product.transpose(inverse(paired + left_of_b))

    return contraction_pullback_a, contraction_pullback_b


@rule(np.vecdot)
def vecdot(a, b):
    """``Σ conj(a) b`` over the last axis: ``da = conj(ct b)``, ``db = ct conj(a)``."""
    a = as_array(a)

    def vecdot_pullback_a(ct):
        return conjugate(as_columns(ct) * b)

    def vecdot_pullback_b(ct):
        return as_columns(ct) * conjugate(a)

    return np.vecdot(a, b), (vecdot_pullback_a, vecdot_pullback_b)


def _matvec(a, b):
    """Matrices times vectors: ``da = ct bᵀ``, ``db = aᵀ ct``."""
    a, b = as_array(a), as_array(b)

    def matvec_pullback_a(ct):
        return as_columns(ct) * b[..., None, :]

    def matvec_pullback_b(ct):
        return np.matvec(transposed(a), ct)

    return np.matvec(a, b), (matvec_pullback_a, matvec_pullback_b)


def _vecmat(a, b):
    """Conjugated vectors times matrices: ``da = conj(b ct)``, ``db = conj(a) ctᵀ``."""
    a = as_array(a)

    def vecmat_pullback_a(ct):
        return conjugate(np.matvec(b, ct))

    def vecmat_pullback_b(ct):
        return conjugate(a)[..., None] * ct[..., None, :]

    return np.vecmat(a, b), (vecmat_pullback_a, vecmat_pullback_b)


newer = tuple(  # NumPy 2.2 added these
    rule(getattr(np, name))(function)
    for name, function in (("matvec", _matvec), ("vecmat", _vecmat))
    if hasattr(np, name)
)
