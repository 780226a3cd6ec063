"""Rules for fits of polynomials: Vandermonde matrices and least squares."""

from __future__ import annotations

import numpy as np

from pullback import primitive, rule
from pullback.errors import DerivativeNotImplementedError
from pullback.spaces import plain
from pullback_numpy.axes import as_array, as_columns, conjugate
from pullback_numpy.strong import multiply

_NOT_UNIQUE = (
    "the derivative of numpy.polyfit by the points and weights is written for fits that are "
    "unique: choose a smaller degree, or a smaller rcond"
)
_COEFFICIENTS_ONLY = "the derivative is written for the coefficients alone"


@rule(np.vander)
def vander(x, N=None, increasing=False):
    """``y_ij`` is a power of ``x_i``: ``dx_i = Σ_j ct_ij j x_i^(j-1)``."""
    x = as_array(x)
    y = np.vander(x, N, increasing)
    count = y.shape[1]

    def vander_pullback(ct):
        if count < 2:
            return np.zeros(x.shape, ct.dtype)
        falling = ct[:, ::-1] if increasing else ct
        powers = np.arange(count - 1, 0, -1).astype(np.finfo(x.dtype).dtype)
        return np.sum(multiply(falling[:, :-1], np.vander(x, count - 1) * powers), axis=1)

    return y, vander_pullback


@rule(
    np.polyfit,
    differentiable=("x", "y", "w"),
    not_implemented={"full": _COEFFICIENTS_ONLY, "cov": _COEFFICIENTS_ONLY},
)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """The least squares ``c`` of ``a c = b`` with ``a = w vander(x)`` and ``b = w y``.

    With ``g = aᴴ a`` and the residuals ``r = b - a c``, which are orthogonal to ``a``,
    ``g dc = daᴴ r + aᴴ (db - da c)`` (Golub and Pereyra 1973, equation 4.12). So with
    ``gᵀ s = ct`` and ``t = conj(a) s``: ``db = t`` and ``da = conj(r sᵀ) - t cᵀ``.

    Raises:
        DerivativeNotImplementedError: ``full`` or ``cov`` was asked for; in the pullback by
            ``x`` or ``w``, that the fit is not unique.
    """
    if full or cov:
        raise DerivativeNotImplementedError(f"numpy.polyfit(full=, cov=): {_COEFFICIENTS_ONLY}")
    x, y, w = as_array(x), as_array(y), None if w is None else as_array(w)
    coefficients = np.polyfit(x, y, deg, rcond, False, w)
    values, vander_pullback = vander(x, int(deg) + 1)
    if rcond is None:
        rcond = x.size * np.finfo(np.result_type(x.dtype, np.float16)).eps
    a, b = _weighted(w, values), _weighted(w, _matrix(y))

    def adjoint(ct):
        s = solve_normal(conjugate(a), _matrix(ct), rcond)
        return s, conjugate(a) @ s

    def of_matrix(ct):
        if len(_factors(plain(a), rcond)[1]) <= deg:
            raise DerivativeNotImplementedError(_NOT_UNIQUE)
        s, t = adjoint(ct)
        c = _matrix(coefficients)
        return conjugate((b - a @ c) @ s.T) - t @ c.T, t

    def polyfit_pullback_x(ct):
        return vander_pullback(_weighted(w, of_matrix(ct)[0]))

    def polyfit_pullback_y(ct):
        return _weighted(w, adjoint(ct)[1]).reshape(y.shape)

    def polyfit_pullback_w(ct):
        of_a, of_b = of_matrix(ct)
        return np.sum(of_a * values, axis=1) + np.sum(of_b * _matrix(y), axis=1)

    pullbacks = (polyfit_pullback_x, polyfit_pullback_y, None, None, None, polyfit_pullback_w, None)
    return coefficients, pullbacks


def _matrix(y):
    """``y`` with its columns, or as one column."""
    return as_columns(y) if y.ndim == 1 else y


def _weighted(w, rows):
    return rows if w is None else as_columns(w) * rows


@primitive
def solve_normal(a, t, rcond):
    """``(aᴴ a)⁻¹ t``, without the loss of half of the digits; the pseudo-inverse where need be.

    Args:
        a: a matrix of shape ``(m, n)``.
        t: a matrix of shape ``(n, k)``.
        rcond: which singular values, of ``a`` with columns of length 1, count as zero.

    >>> solve_normal(np.array([[1.0], [2.0]]), np.array([[10.0]]), 1e-15)
    array([[2.]])
    """
    if np.ndim(a) != 2 or np.ndim(t) != 2:
        raise ValueError("solve_normal takes two matrices")
    lengths, s, v = _factors(a, rcond)
    return (v @ ((v.conj().T @ (t / lengths)) / s[:, None] ** 2)) / lengths


def _factors(a, rcond):
    """The lengths of the columns of ``a``, and of ``a`` over them the singular values and vectors.

    Those singular values that count as zero are left out.
    """
    lengths = np.sqrt(np.sum(np.abs(a) ** 2, axis=0))
    _, s, vh = np.linalg.svd(a / lengths, full_matrices=False)
    kept = s > rcond * s[0]
    return lengths[:, None], s[kept], vh[kept].conj().T


@rule(solve_normal, differentiable=("a", "t"))
def solve_normal_rule(a, t, rcond):
    """With ``(aᴴ a)ᵀ s = ct``: ``dt = s`` and ``da = -conj(a) s zᵀ - conj(a z sᵀ)``."""
    a, t = as_array(a), as_array(t)
    z = solve_normal(a, t, rcond)

    def solve_normal_pullback_a(ct):
        s = solve_normal(conjugate(a), ct, rcond)
        return -(conjugate(a) @ s) @ z.T - conjugate((a @ z) @ s.T)

    def solve_normal_pullback_t(ct):
        return solve_normal(conjugate(a), ct, rcond)

    return z, (solve_normal_pullback_a, solve_normal_pullback_t, None)
