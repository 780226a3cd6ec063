"""Rules for decompositions of rectangular matrices: QR, singular values and vectors.

In the docstrings ``Aᴴ`` is the adjoint, ``A*`` the conjugate, ``∘`` the product element by element,
and ``k`` the smaller side. Stacks of matrices are decomposed each by itself.

Conventions:

- The diagonal of ``R`` is real, and ``Q`` a product of reflections. So LAPACK has it, and so have
  the derivatives.
- Singular vectors may be multiplied by a phase, those of equal values may be rotated among each
  other, and so may those that ``full_matrices`` adds. What does not depend on that is
  differentiated exactly; the vectors themselves are taken not to turn in these ways.
- Equal singular values share their cotangents equally. By itself a singular value has the slope 0
  where it is 0; beside its vectors that of ``uᴴ A v``, so that ``u s vᴴ`` is smooth there.
"""

from __future__ import annotations

import numpy as np

from pullback import not_implemented, primitive, rule
from pullback_numpy.axes import as_array, as_columns, conjugate
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.eigenvalues import (
    adjoint,
    eigh_cotangent,
    equal_values,
    half_diagonal,
    of_triangle,
    one_over_gaps,
    reciprocal,
    regular,
    rounding,
    shared,
    with_diagonal,
)

_RAW = "the derivative of the reflectors (mode='raw') is not written; use mode='complete'"


@rule(np.linalg.qr)
def qr(a, mode="reduced"):
    """``A = Q R``: the rule of `qr_cotangent`. Mode ``raw`` is not implemented.

    Where only ``R`` is asked for, ``Q`` is computed all the same. The columns that ``complete``
    adds are a function of the others: `completed_cotangent` and `reflected_cotangent`.
    """
    a = as_array(a)
    y = np.linalg.qr(a, mode)
    if mode in ("raw", "e", "economic"):
        return y, not_implemented(_RAW)
    k = min(a.shape[-2:])
    q, r = np.linalg.qr(a) if mode == "r" else y
    whole, q, r = q, q[..., :k], r[..., :k, :]

    def qr_pullback(cts):
        if mode == "r":
            return qr_cotangent(q, r, None, cts)
        q_ct, r_ct = cts
        if whole.shape[-1] > k:
            q_ct = completed_cotangent(whole, q_ct, k) + reflected_cotangent(whole, q_ct, k)
        return qr_cotangent(q, r, q_ct, r_ct[..., :k, :])

    return y, qr_pullback


def qr_cotangent(q, r, q_ct, r_ct):
    """``Q* ct_R + (ct_Q - Q* Qᵀ ct_Q + Q* Z) R⁻ᵀ``, the last term for the first ``k`` columns.

    ``Z`` is ``N - Nᴴ`` below the diagonal and half of it there, with ``N = Qᵀ ct_Q - ct_R Rᵀ``. So
    Walter and Lehmann 2018 for real matrices, and for wide ones Roberts and Roberts 2020. What is
    above the diagonal of ``Qᴴ dA R⁻¹``, and the real part of what is on it, belongs to ``R``.
    A zero on the diagonal of ``R`` is taken to turn no vector.

    Args:
        q: of shape ``(..., m, k)``.
        r: of shape ``(..., k, n)``.
        q_ct: the cotangent of ``q``; ``None`` for zeros.
        r_ct: the cotangent of ``r``.
    """
    (m, k), n = q.shape[-2:], r.shape[-1]
    r_ct = np.triu(r_ct)
    of_r = conjugate(q) @ r_ct
    inner = -r_ct @ r.mT
    if q_ct is not None:
        projected = q.mT @ q_ct
        inner = inner + projected
    skew = inner - adjoint(inner)
    real = not is_complex(skew)
    turned = conjugate(q) @ (np.tril(skew, -1) if real else np.tril(skew) * half_diagonal(k, skew))
    if q_ct is not None and m > k:
        turned = turned + (q_ct - conjugate(q) @ projected)
    square = r[..., :k]
    pivots = np.abs(np.diagonal(square, axis1=-2, axis2=-1))
    vanishing = pivots <= rounding(square, (-2,))[..., 0, :]
    square = np.where(as_columns(vanishing) & np.eye(k, dtype=bool), 1, square)
    turned = np.where(vanishing[..., None, :], 0, turned)
    of_q = back_substitute(square, turned.mT).mT
    if n == k:
        return of_r + of_q
    return np.concatenate([of_r[..., :k] + of_q, of_r[..., k:]], axis=-1)


@primitive
def back_substitute(r, b):
    """``r⁻¹ b`` of upper triangular matrices, by halves; the lower triangle is not read.

    Unlike that of `numpy.linalg.solve`, a row of the result depends on no row of ``b`` above it: an
    infinity there does not become NaN here.

    Raises:
        numpy.linalg.LinAlgError: a pivot is 0.
    """
    if np.ndim(r) < 2 or np.shape(r)[-1] != np.shape(r)[-2] or np.shape(r)[:-1] != np.shape(b)[:-1]:
        raise ValueError("back_substitute takes square matrices r and as many matrices b")
    if not np.diagonal(r, axis1=-2, axis2=-1).all():
        raise np.linalg.LinAlgError("Singular matrix")
    half = r.shape[-1] // 2
    if not half:
        return b / r if r.shape[-1] else b.copy()
    below = back_substitute(r[..., half:, half:], b[..., half:, :])
    rest = b[..., :half, :] - r[..., :half, half:] @ below
    return np.concatenate([back_substitute(r[..., :half, :half], rest), below], axis=-2)


@rule(back_substitute)
def back_substitute_rule(r, b):
    """``db = r⁻ᵀ ct``, ``dr = -db yᵀ`` (Giles 2008, section 2.3.1).

    With its rows and columns in reverse, ``rᵀ`` is upper triangular too.
    """
    y = back_substitute(r, b)

    def back_substitute_pullback(ct):
        of_b = back_substitute(r.mT[..., ::-1, ::-1], ct[..., ::-1, :])[..., ::-1, :]
        return np.triu(-of_b @ y.mT), of_b

    return y, back_substitute_pullback


def completed_cotangent(q, q_ct, k):
    """The cotangent of the first ``k`` columns of a unitary matrix, of those of all columns.

    The others cannot but stay orthogonal to them: ``dQ₂ = -Q₁ (Q₂ᴴ dQ₁)ᴴ`` and no rotation of
    ``Q₂`` in itself.
    """
    first, rest = q[..., :k], q[..., k:]
    return q_ct[..., :k] - conjugate(rest) @ (adjoint(q_ct[..., k:]) @ conjugate(first))


def reflected_cotangent(q, q_ct, k):
    """What comes on top of `completed_cotangent` for a product of ``k`` Householder reflections.

    Such a ``Q`` is ``1 - Y T Yᴴ`` with ``k`` columns in ``Y`` (Schreiber and Van Loan 1989). So its
    other columns are ``Q₂ = E₂ + (Q₁ - E₁) Z``, where ``E`` is the identity and ``(1 - Q₁₁ᴴ) Z =
    -Q₂₁ᴴ`` for the upper and lower parts of ``Q₁``. They turn by ``Q₂ᴴ dQ₂ = S - Sᴴ + Zᴴ Q₁ᴴ dQ₁
    Z`` with ``S = (dQ₂₁ - Zᴴ dQ₁₁) Z``. Where a reflection was left out, 0 is taken for ``Z``.
    """
    first, rest = q[..., :k], q[..., k:]
    y = np.linalg.inv(regular(np.eye(k, dtype=q.dtype) - adjoint(first[..., :k, :])))
    known = (
        np.max(np.abs(y), axis=(-2, -1), keepdims=True, initial=0)
        < np.finfo(q.dtype).eps ** -0.5 / 4
    )
    z = np.where(known, -y @ adjoint(first[..., k:, :]), 0)
    turn = rest.mT @ q_ct[..., k:]
    of_lower = (turn - adjoint(turn)) @ z.mT
    of_upper = conjugate(z) @ of_lower
    both = np.concatenate([-of_upper, of_lower], axis=-2)
    return both + conjugate(first) @ of_upper / 2


@rule(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """``A = U S Vᴴ``: the rule of `svd_cotangent`.

    The columns that ``full_matrices`` adds stay orthogonal to the others and do not turn in
    themselves. With ``hermitian`` the rule is that of `eigh`, and only the lower triangle counts.
    """
    a = as_array(a)
    if not compute_uv:
        return hermitian_values(a) if hermitian else svdvals(a)
    y = np.linalg.svd(a, full_matrices, hermitian=hermitian)
    u, s, vh = y
    k = s.shape[-1]

    def svd_pullback(cts):
        u_ct, s_ct, vh_ct = cts
        if hermitian:
            sign = signs(u, vh)
            u_ct = u_ct + adjoint(vh_ct) * sign[..., None, :]
            return of_triangle(eigh_cotangent(s * sign, u, s_ct * sign, u_ct), "L")
        if u.shape[-1] > k:
            u_ct = completed_cotangent(u, u_ct, k)
        if vh.shape[-2] > k:
            vh_ct = adjoint(completed_cotangent(adjoint(vh), adjoint(vh_ct), k))
        return svd_cotangent(u[..., :k], s, vh[..., :k, :], u_ct, s_ct, vh_ct)

    return y, svd_pullback


def signs(u, vh):
    """The signs of the eigenvalues of a Hermitian matrix, by its singular vectors."""
    return np.where(np.sum(np.real(u * vh.mT), axis=-2) < 0, -1, 1).astype(np.real(u).dtype)


def svd_cotangent(u, s, vh, u_ct, s_ct, vh_ct):
    """The cotangent of ``A`` by a thin decomposition (Wan and Zhang 2019, in another form).

    With ``P = Uᴴ dA V`` the sum of ``Uᴴ dU`` and ``Vᴴ dV`` is ``(P + Pᴴ) ∘ 1 / (s_j - s_i)`` and
    their difference ``(P - Pᴴ) ∘ 1 / (s_j + s_i)``. So, with ``B`` and ``C`` for ``Uᵀ ct_U`` and
    ``Vᵀ ct_V``, the halves of their sum and difference take these factors on the way back. What
    turns out of the space of the vectors, ``(1 - U Uᴴ) dA V / s``, comes on top.
    """
    b = u.mT @ u_ct
    c = vh_ct @ vh.mT
    uncertainty = rounding(s, (-1,))
    equal = equal_values(s, uncertainty)
    one_over_s = reciprocal(s, s <= uncertainty)
    sums = s[..., None, :] + s[..., :, None]
    one_over_sums = reciprocal(sums, sums <= uncertainty[..., None])
    together = (b + adjoint(c)) / 2 * one_over_gaps(s, equal)
    apart = (b - adjoint(c)) / 2 * one_over_sums
    inner = together + adjoint(together) + apart - adjoint(apart)
    diagonal = np.diagonal(inner, axis1=-2, axis2=-1) + shared(s_ct, equal)
    left = conjugate(u) @ with_diagonal(diagonal, inner)
    if u.shape[-2] > s.shape[-1]:
        left = left + (u_ct - conjugate(u) @ b) * one_over_s[..., None, :]
    y = left @ conjugate(vh)
    if vh.shape[-1] > s.shape[-1]:
        y = y + conjugate(u) @ ((vh_ct - c @ conjugate(vh)) * as_columns(one_over_s))
    return y


@rule(np.linalg.svdvals)
def svdvals(x):
    """``ds = Re diag(Uᴴ dA V)``, so ``U* diag(ct) V*ᴴ``; 0 for the values that are 0."""
    u, s, vh = thin_svd(as_array(x))

    def svdvals_pullback(ct):
        return of_values(u, values_cotangent(ct, s), vh)

    return s, svdvals_pullback


def thin_svd(a):
    """The thin decomposition; the values of a matrix that holds an infinity are NaN.

    So they are if NumPy is asked for them alone. For the vectors too, LAPACK may run for ever.
    """
    infinite = np.any(np.isinf(a), axis=(-2, -1), keepdims=True)
    u, s, vh = np.linalg.svd(np.where(infinite, 0, a), full_matrices=False)
    return u, np.where(infinite[..., 0], np.nan, s), vh


def of_values(u, ct, vh):
    """The cotangent of ``A``, of those of its singular values."""
    return conjugate(u) * ct[..., None, :] @ conjugate(vh)


def values_cotangent(ct, s):
    """The cotangents of singular values: equal ones share theirs, and those at 0 have none."""
    uncertainty = rounding(s, (-1,))
    return np.where(s <= uncertainty, 0, shared(ct, equal_values(s, uncertainty)))


def hermitian_values(a):
    """The absolute values of the eigenvalues of a Hermitian matrix, by `svdvals`' convention."""
    u, s, vh = np.linalg.svd(a, hermitian=True)

    def svd_pullback(ct):
        ct = values_cotangent(ct, s) * signs(u, vh)
        return of_triangle(conjugate(u) * ct[..., None, :] @ u.mT, "L")

    return s, svd_pullback
