"""Rules for eigenvalues and eigenvectors, and what they share with singular values.

Every rule changes to the basis of the vectors, where the derivative is a product element by
element, and back. In the docstrings ``Aᴴ`` is the adjoint, ``A*`` the conjugate and ``∘`` that
product. Stacks of matrices are decomposed each by itself.

Conventions:

- Equal eigenvalues share their cotangents equally: each has the derivative of their mean, which
  exists even where a matrix has too few vectors. The vectors of equal ones are taken not to turn
  among themselves. Values count as equal if they are so up to rounding.
- Eigenvectors of Hermitian matrices may be multiplied by a phase. What does not depend on it is
  differentiated exactly; the vectors themselves are taken not to turn in it.
- The eigenvectors of `numpy.linalg.eig` have length 1, and their largest component is real. So
  LAPACK has it, and so have the derivatives.
"""

from __future__ import annotations

import math

import numpy as np

from pullback import primitive, rule
from pullback_numpy.axes import as_array, conjugate
from pullback_numpy.complex_numbers import is_complex


def adjoint(x):
    """The conjugate of the transposed matrices."""
    return conjugate(x.mT)


def rounding(x, axis):
    """What sums of numbers along ``axis`` may be off by: count times largest times epsilon."""
    largest = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    return largest * (math.prod(x.shape[axis] for axis in axis) * float(np.finfo(x.dtype).eps))


def reciprocal(x, vanishing):
    """``1 / x``, and 0 where ``vanishing`` says so."""
    return np.where(vanishing, 0, 1 / np.where(vanishing, 1, x))


def equal_values(w, uncertainty):
    """Which pairs of values are equal up to rounding: of shape ``(..., n, n)``."""
    larger = np.maximum(uncertainty[..., None, :], uncertainty[..., :, None])
    return np.abs(w[..., None, :] - w[..., :, None]) <= larger


def one_over_gaps(w, equal):
    """``1 / (w_j - w_i)``, and 0 where the two are equal."""
    return reciprocal(w[..., None, :] - w[..., :, None], equal)


def shared(ct, equal):
    """The cotangents of values, where equal ones share theirs."""
    total = np.sum(np.where(equal, ct[..., None, :], 0), axis=-1)
    return total / np.maximum(np.sum(equal, axis=-1, dtype=np.real(ct).dtype), 1)


def with_diagonal(diagonal, matrix):
    """``matrix`` with another diagonal."""
    return np.where(np.eye(matrix.shape[-1], dtype=bool), diagonal[..., None, :], matrix)


def half_diagonal(n, like):
    """Ones, and halves on the diagonal."""
    dtype = np.real(np.zeros((), like.dtype)).dtype
    return np.ones((n, n), dtype) - np.eye(n, dtype=dtype) / 2


@primitive
def regular(v):
    """Matrices as they are, but singular ones moved by the root of a rounding error.

    With their inverse it then cancels to as many digits as it is off.

    >>> regular(np.ones((2, 2))) - 1.0 > 0.0
    array([[ True, False],
           [False,  True]])
    """
    singular = np.linalg.slogdet(v).sign == 0
    largest = np.max(np.abs(v), axis=(-2, -1), keepdims=True, initial=1)
    moves = largest * np.finfo(v.dtype).eps ** 0.5 * np.eye(v.shape[-1], dtype=v.dtype)
    return np.where(singular[..., None, None], v + moves, v)


@rule(regular)
def regular_rule(v):
    """The move is a constant."""

    def regular_pullback(ct):
        return ct

    return regular(v), regular_pullback


# Symmetric and Hermitian matrices


@rule(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """``A V = V W``: the rule of `eigh_cotangent`, of the triangle that is read."""
    a = as_array(a)
    y = np.linalg.eigh(a, UPLO)
    w, v = y

    def eigh_pullback(cts):
        return of_triangle(eigh_cotangent(w, v, *cts), UPLO)

    return y, eigh_pullback


@rule(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    """``dw = diag(Vᴴ dA V)``, so ``V* diag(ct) Vᵀ``, of the triangle that is read."""
    w, v = np.linalg.eigh(as_array(a), UPLO)

    def eigvalsh_pullback(ct):
        ct = shared(ct, equal_values(w, rounding(w, (-1,))))
        return of_triangle(conjugate(v) * ct[..., None, :] @ v.mT, UPLO)

    return w, eigvalsh_pullback


def eigh_cotangent(w, v, w_ct, v_ct):
    """``V* (diag(ct_w) + Vᵀ ct_V ∘ E) Vᵀ`` with ``E_ij = 1 / (w_j - w_i)``.

    Giles 2008, section 3.1, where ``V`` has an inverse instead of an adjoint.
    """
    equal = equal_values(w, rounding(w, (-1,)))
    inner = (v.mT @ v_ct) * one_over_gaps(w, equal)
    return conjugate(v) @ with_diagonal(shared(w_ct, equal), inner) @ v.mT


def of_triangle(ct, UPLO):
    """The cotangent of the triangle of a Hermitian matrix that is read; 0 for the other one.

    An element counts for its mirror image too, and of the diagonal only the real parts.
    """
    both = (ct + adjoint(ct)) * half_diagonal(ct.shape[-1], ct)
    return np.tril(both) if UPLO.upper() == "L" else np.triu(both)


# General square matrices


@rule(np.linalg.eig)
def eig(a):
    """``V⁻ᵀ (diag(ct_w) + Vᵀ ct_V ∘ E) Vᵀ`` with ``E_ij = 1 / (w_j - w_i)``.

    Giles 2008, section 3.1. There the vectors have any length; here `normalised_cotangent` comes
    first.
    """
    a = as_array(a)
    y = np.linalg.eig(a)
    w, v = y
    v = regular(v)

    def eig_pullback(cts):
        w_ct, v_ct = cts
        inverse_v = np.linalg.inv(v)
        equal = equal_by_condition(a, w, inverse_v)
        inner = (v.mT @ normalised_cotangent(v, v_ct)) * one_over_gaps(w, equal)
        return inverse_v.mT @ with_diagonal(shared(w_ct, equal), inner) @ v.mT

    return y, eig_pullback


@rule(np.linalg.eigvals)
def eigvals(a):
    """``dw = diag(V⁻¹ dA V)``, so ``V⁻ᵀ diag(ct) Vᵀ``."""
    a = as_array(a)
    w, v = np.linalg.eig(a)
    v = regular(v)

    def eigvals_pullback(ct):
        inverse_v = np.linalg.inv(v)
        ct = shared(ct, equal_by_condition(a, w, inverse_v))
        return inverse_v.mT * ct[..., None, :] @ v.mT

    return w, eigvals_pullback


def equal_by_condition(a, w, inverse_v):
    """Which pairs of eigenvalues are equal up to rounding.

    An eigenvalue is off by the rounding error of ``A`` times the length of its row of the inverse
    of the vectors, to first order (Golub and Van Loan, section 7.2.2).
    """
    condition = np.sum(np.abs(inverse_v), axis=-1)
    return equal_values(w, rounding(a, (-2, -1))[..., 0] * condition)


def normalised_cotangent(v, ct):
    """The cotangent of vectors ``V`` before they are given length 1 and one real component.

    Of ``dv + c v`` the real part of ``c`` keeps ``vᴴ v`` and its imaginary part keeps ``v_k`` real:
    ``c = -Re(vᴴ dv) - i Im(dv_k) / v_k``. LAPACK's ``geev`` takes the largest component for ``k``.
    """
    along = np.sum(ct * v, axis=-2, keepdims=True)
    if not is_complex(v) or not v.shape[-1]:
        return ct - along * v
    size = np.abs(v) + (v.imag == 0)
    place = np.argmax(size, axis=-2)[..., None, :]
    chosen = np.arange(v.shape[-1])[:, None] == place
    component = np.sum(np.where(chosen, v.real, 0), axis=-2, keepdims=True)
    return ct - along.real * v.conj() - np.where(chosen, along.imag / component * 1j, 0)
