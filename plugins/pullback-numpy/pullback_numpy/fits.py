"""Rules for fits of polynomials: Vandermonde matrices and least squares."""

from __future__ import annotations

import numpy as np

from pullback import primitive, rule
from pullback.errors import DerivativeNotImplementedError
from pullback.spaces import plain, undifferentiated
from pullback_numpy.axes import as_array, as_columns, conjugate
from pullback_numpy.decompositions import svdvals
from pullback_numpy.strong import multiply

_NOT_UNIQUE = (
    "the derivative of numpy.polyfit by the points and weights is written for fits that are "
    "unique: choose a smaller degree, or a smaller rcond"
)


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


@rule(np.polyfit, differentiable=("x", "y", "w"))
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """The least squares ``c`` of ``a c = b`` with ``a = w vander(x)`` and ``b = w y``.

    With ``g = aᴴ a`` and the residuals ``r = b - a c``, which are orthogonal to ``a``,
    ``g dc = daᴴ r + aᴴ (db - da c)`` (Golub and Pereyra 1973, equation 4.12). So with
    ``gᵀ s = ct`` and ``t = conj(a) s``: ``db = t`` and ``da = conj(r sᵀ) - t cᵀ``.

    What ``full`` and ``cov`` add: the sums of squares ``d|r|² = 2 Re rᴴ (db - da c)``; the
    singular values of `_scaled` ``a``; and the covariance, which is `_inverse_square` of ``a``
    times ``|r|²`` over the degrees of freedom, or alone if it is ``"unscaled"``.

    Raises:
        DerivativeNotImplementedError: in the pullback of the coefficients by ``x`` or ``w``, that
            the fit is not unique.
    """
    x, y, w = _floating(x), _floating(y), None if w is None else _floating(w)
    found = np.polyfit(x, y, deg, rcond, full, w, cov)
    c = _matrix(found[0] if full or cov else found)
    values, vander_pullback = vander(x, int(deg) + 1)
    if rcond is None:
        rcond = x.size * np.finfo(x.dtype).eps
    a, b = _weighted(w, values), _weighted(w, _matrix(y))
    squares = found[1].size > 0 if full else cov and cov != "unscaled"
    freedom = x.size - c.shape[0]

    def adjoint(ct):
        s = solve_normal(conjugate(a), _matrix(ct), rcond)
        return s, conjugate(a) @ s

    def of_residuals(cts):
        """The cotangent of ``r``, by that of ``|r|²``."""
        r = b - a @ c
        if full:
            return conjugate(r) * (2 * cts[1])
        of_factor = _layers(cts[1]) * _inverse_square(a)[0][..., None]
        return conjugate(r) * (np.real(np.sum(of_factor, axis=(0, 1))) * 2 / freedom)

    def of_inverse(ct):
        """The cotangent of `_inverse_square`, by that of the covariance."""
        if not squares:
            return _layers(ct)[..., 0]
        factors = np.sum(np.abs(b - a @ c) ** 2, axis=0) / freedom
        return np.sum(_layers(ct) * factors, axis=-1)

    def of_right(cts):
        of_b = adjoint(cts[0] if full or cov else cts)[1]
        return of_b + of_residuals(cts) if squares else of_b

    def of_left(cts):
        ct = cts[0] if full or cov else cts
        if len(_factors(undifferentiated(a), rcond)[1]) > deg:
            s, t = adjoint(ct)
            of_a = conjugate((b - a @ c) @ s.T) - t @ c.T
        elif np.any(ct):
            raise DerivativeNotImplementedError(_NOT_UNIQUE)
        else:
            of_a = np.zeros_like(plain(a))
        if squares:
            of_a = of_a - of_residuals(cts) @ c.T
        if full:
            u, _, scaled_pullback = _scaled(a)
            of_a = of_a + scaled_pullback(svdvals(u)[1](cts[3]))
        elif cov:
            of_a = of_a + _inverse_square(a)[1](of_inverse(cts[1]))
        return of_a

    def polyfit_pullback_x(cts):
        return vander_pullback(_weighted(w, of_left(cts)))

    def polyfit_pullback_y(cts):
        return _weighted(w, of_right(cts)).reshape(y.shape)

    def polyfit_pullback_w(cts):
        of_values, of_y = of_left(cts) * values, of_right(cts) * _matrix(y)
        return np.sum(of_values, axis=1) + np.sum(of_y, axis=1)

    pullbacks = (polyfit_pullback_x, polyfit_pullback_y, None, None, None, polyfit_pullback_w, None)
    return found, pullbacks


def _layers(covariance):
    """A covariance with one axis more, as it has where there are several right sides."""
    return covariance.reshape(*covariance.shape[:2], -1)


def _scaled(a):
    """Columns ``u = a / l`` with ``l² = Σ a²``, and ``l``: ``du = da / l - u (uᵀ da) / l``."""
    lengths = np.sqrt(np.sum(a * a, axis=0))
    u = a / lengths

    def scaled_pullback(ct):
        return (ct - u * np.sum(ct * u, axis=0)) / lengths

    return u, lengths, scaled_pullback


def _inverse_square(a):
    """``b = (aᵀ a)⁻¹``, by way of `_scaled`: ``db = -b (daᵀ a + aᵀ da) b``."""
    u, lengths, _ = _scaled(a)
    inverse = np.linalg.inv(u.T @ u) / lengths
    b = (inverse.T / lengths).T

    def inverse_square_pullback(ct):
        return -(u @ inverse) @ ((ct + ct.T) @ b)

    return b, inverse_square_pullback


def _floating(x):
    """``x`` as an array of floating-point numbers, as powers of integers may not fit."""
    x = as_array(x)
    return x.astype(float) if x.dtype.kind in "iub" else x


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
