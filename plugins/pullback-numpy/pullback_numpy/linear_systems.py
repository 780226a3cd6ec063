"""Rules for linear systems: inverses, solutions, Cholesky factors, powers and chains of products.

Matrices are the last two axes; those before are a stack. Cotangents pair without conjugation, so
the transpose in the rules is ``.mT`` for complex matrices too.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from math import prod

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
from pullback_numpy.products import dot


@rule(np.linalg.inv)
def inv(a):
    """``d(a⁻¹) = -a⁻¹ da a⁻¹``: ``da = -yᵀ ct yᵀ``."""
    y = np.linalg.inv(as_array(a))

    def inv_pullback(ct):
        return _inverse_cotangent(y, ct)

    return y, inv_pullback


def _inverse_cotangent(y, ct):
    """The cotangent of a matrix from that of its inverse ``y``."""
    return -(transposed(y) @ ct @ transposed(y))


@rule(np.linalg.solve)
def solve(a, b):
    """``a dx = db - da x``: ``db = a⁻ᵀ ct`` and ``da = -db xᵀ``.

    ``b`` is one vector, or a stack of matrices; the axes of stacks broadcast.
    """
    a, b = as_array(a), as_array(b)
    x = np.linalg.solve(a, b)
    vector = b.ndim == 1

    def solve_pullback(ct):
        columns = as_columns(x) if vector else x
        of_b = _solve_transposed(a, as_columns(ct) if vector else ct)
        if a.ndim == 2 < columns.ndim:  # one product, not one for each of a stack
            summed = [*range(columns.ndim - 2), columns.ndim - 1]
            of_a = -np.tensordot(of_b, columns, (summed, summed))
        else:
            of_a = -(of_b @ transposed(columns))
        return of_a, of_b[..., 0] if vector else of_b

    return x, solve_pullback


def _solve_transposed(a, b):
    """``a⁻ᵀ b``, also where rounding leaves a pivot of ``a`` but none of its transpose."""
    try:
        return np.linalg.solve(transposed(a), b)
    except np.linalg.LinAlgError:
        return transposed(np.linalg.inv(a)) @ b


@rule(np.linalg.tensorinv, differentiable=("a",))
def tensorinv(a, ind=2):
    """The inverse of the matrix whose rows are the first ``ind`` axes, in the shape of a tensor."""
    a = as_array(a)
    shape = a.shape
    y = np.linalg.tensorinv(a, ind)

    def tensorinv_pullback(ct):
        square = (prod(shape[ind:]), prod(shape[:ind]))
        return _inverse_cotangent(y.reshape(square), ct.reshape(square)).reshape(shape)

    return y, (tensorinv_pullback, None)


@rule(np.linalg.tensorsolve, differentiable=("a", "b"))
def tensorsolve(a, b, axes=None):
    """`solve`, of the matrix whose rows are the axes of ``b``; ``axes`` of ``a`` come last."""
    a, b = as_array(a), as_array(b)
    y = np.linalg.tensorsolve(a, b, axes)
    order = [*range(a.ndim)]
    for axis in axes or ():
        order.remove(axis)
        order.append(axis)

    def tensorsolve_pullback(ct):
        moved = a.transpose(order)
        of_b = _solve_transposed(moved.reshape(b.size, b.size), ct.ravel())
        of_a = -(as_columns(of_b) * y.ravel()).reshape(moved.shape)
        return of_a.transpose(inverse(order)), of_b.reshape(b.shape)

    return y, tensorsolve_pullback


@rule(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    """``a = l lᴴ``: with ``s = l⁻ᵀ Φ(lᵀ ct) l⁻*``, ``da = Φ(s + sᴴ)``.

    ``Φ`` takes the lower triangle and half of the diagonal (Murray 2016, arXiv:1602.07527,
    equation 10, there for real matrices). NumPy reads one triangle of ``a`` only, and the real
    part of the diagonal, so the other elements have the cotangent 0. The upper factor is ``lᴴ``.
    """
    y = np.linalg.cholesky(as_array(a), upper=upper)

    def cholesky_pullback(ct):
        factor, ct = (_adjoint(y), _adjoint(ct)) if upper else (y, ct)
        finite = np.isfinite(ct)
        s = _half_lower(factor.mT @ np.tril(np.where(finite, ct, 0)))
        s = np.linalg.solve(factor.mT, s)
        s = np.linalg.solve(_adjoint(factor), s.mT).mT
        of_a = np.where(_spoilt(np.tril(~finite)), np.nan, _half_lower(s + _adjoint(s)))
        return _adjoint(of_a) if upper else of_a

    return y, cholesky_pullback


def _adjoint(x):
    return conjugate(x).mT


def _spoilt(bad):
    """The elements of a matrix that ``bad`` ones of its factor depend on.

    These are ``a_kl`` for ``l_ij`` if ``l <= j`` and either ``k <= j`` or ``k = i``. The products
    would spread a NaN over all, as 0 times NaN is NaN.
    """
    backwards = bad[..., ::-1]
    from_rows = np.logical_or.accumulate(backwards, -1)[..., ::-1]
    from_columns = np.logical_or.accumulate(backwards.any(-2), -1)[..., ::-1]
    return np.tril(from_rows | from_columns[..., None])


def _half_lower(x):
    """The lower triangle, with half of the diagonal."""
    return (np.tril(x) + np.tril(x, -1)) / 2


@rule(np.linalg.matrix_power, differentiable=("a",))
def matrix_power(a, n):
    """``d(aⁿ) = Σ aᵏ da aⁿ⁻¹⁻ᵏ``, and for negative ``n`` that of the inverse's power."""
    a = as_array(a)
    y = np.linalg.matrix_power(a, n)
    n = operator.index(n)
    if n == 0:
        return y, None

    def matrix_power_pullback(ct):
        if n > 0:
            return _sum_of_powers(a.mT, ct, n)
        base = np.linalg.inv(a)
        return _inverse_cotangent(base, _sum_of_powers(base.mT, ct, -n))

    return y, (matrix_power_pullback, None)


def _sum_of_powers(a, ct, n):
    """``s(n) = Σ aᵏ ct aⁿ⁻¹⁻ᵏ`` over ``k < n``, by squaring: a few products for each bit of ``n``.

    ``s(2m) = aᵐ s(m) + s(m) aᵐ`` and ``s(m + 1) = aᵐ ct + s(m) a``.
    """
    power, total = a, ct
    for bit in bin(n)[3:]:
        total = power @ total + total @ power
        power = power @ power
        if bit == "1":
            total = power @ ct + total @ a
            power = power @ a
    return total


@rule(np.linalg.multi_dot, not_implemented=NO_OUT)
def multi_dot(arrays, *, out=None):
    """A product of many matrices: what is cheapest on the way there is so on the way back.

    The first and the last may be vectors. Two factors are those of `numpy.dot`.
    """
    refuse_out(out, np.linalg.multi_dot)
    factors = [as_array(array) for array in arrays]
    if len(factors) == 2:
        y, pullbacks = dot(*factors)

        def dot_pullback(ct):
            return [pullback(ct) for pullback in pullbacks]

        return y, dot_pullback
    shapes = [factor.shape for factor in factors]
    if (
        len(factors) < 2
        or {*map(len, shapes[1:-1])} - {2}
        or {len(shapes[0]), len(shapes[-1])} - {1, 2}
    ):
        return np.linalg.multi_dot(arrays), None  # NumPy says what is wrong
    rows = factors[0] if len(shapes[0]) == 2 else factors[0][None, :]
    columns = factors[-1] if len(shapes[-1]) == 2 else as_columns(factors[-1])
    product, chain_pullback = _chain([rows, *factors[1:-1], columns])

    def multi_dot_pullback(ct):
        cotangents = chain_pullback(ct.reshape(product.shape))
        return [part.reshape(shape) for part, shape in zip(cotangents, shapes, strict=True)]

    return product.reshape(shapes[0][:-1] + shapes[-1][1:])[()], multi_dot_pullback


def _chain(matrices):
    """The product of matrices and its pullback; both take two products for each that it has."""
    if len(matrices) == 1:
        return matrices[0], _one
    _, split = _cheapest(tuple([matrix.shape[0] for matrix in matrices]) + matrices[-1].shape[1:])
    left, left_pullback = _chain(matrices[:split])
    right, right_pullback = _chain(matrices[split:])

    def chain_pullback(ct):
        return left_pullback(ct @ right.T) + right_pullback(left.T @ ct)

    return left @ right, chain_pullback


def _one(ct):
    return [ct]


@lru_cache(maxsize=4096)
def _cheapest(lengths):
    """The multiplications in a chain of matrices, and where to split it for so few.

    >>> _cheapest((10, 100, 5, 50))
    (7500, 2)
    """
    if len(lengths) == 2:
        return 0, 0
    first, *between, last = lengths
    return min(
        (_cheapest(lengths[: k + 1])[0] + _cheapest(lengths[k:])[0] + first * length * last, k)
        for k, length in enumerate(between, 1)
    )
