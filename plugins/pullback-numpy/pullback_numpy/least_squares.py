"""Rules for pseudo-inverses and least squares.

Convention: the rank does not change. Singular values that are cut off by rounding alone, as by
the default ``rcond``, count as 0; those that a given ``rcond`` cuts off count as they are.
"""

from __future__ import annotations

import numpy as np

from pullback import nondifferentiable, primitive, rule
from pullback.errors import DerivativeNotImplementedError
from pullback.spaces import undifferentiated
from pullback_numpy.axes import NO_VALUE, as_array, as_columns, conjugate
from pullback_numpy.strong import divide

ranks = nondifferentiable(np.linalg.matrix_rank)


@rule(np.linalg.pinv, differentiable=("a",))
def pinv(a, rcond=None, hermitian=False, *, rtol=NO_VALUE):
    """Moore-Penrose pseudo-inverse, by the formula of `_pinv_cotangent`.

    Of a ``hermitian`` matrix NumPy reads the lower triangle only, which gets all of the cotangent.
    """
    a = as_array(a)
    y = np.linalg.pinv(a, rcond, hermitian, rtol=rtol)
    given = rcond if rcond is not None else rtol
    cut = given is not None and given is not NO_VALUE
    if rcond is None and rtol is None:
        given = max(a.shape[-2:]) * np.finfo(a.dtype).eps
    elif not cut:
        given = 1e-15

    def pinv_pullback(ct):
        wide = _double(a)
        p = y if wide is a else np.linalg.pinv(wide, given, hermitian)
        if hermitian:
            return _to_lower(_pinv_cotangent(ct, _from_lower(wide), p, cut))
        return _pinv_cotangent(ct, wide, p, cut)

    return y, (pinv_pullback, None, None)


def _double(a):
    """``a`` in double precision, as in LAPACK: single precision would lose all digits sooner."""
    dtype = np.result_type(a.dtype, np.float64)
    return a if a.dtype == dtype else a.astype(dtype)


def _pinv_cotangent(ct, a, p, cut):
    """The cotangent of ``a`` from that of its pseudo-inverse ``p``, at constant rank.

    ``dp = -p da p + y + z`` with ``y = p pᴴ daᴴ (1 - a p)`` and ``z = (1 - p a) daᴴ pᴴ p`` (Golub
    and Pereyra 1973, equation 4.12). If ``p`` belongs to less than ``a``, there is a remainder
    ``r = a - a p a``, and first-order perturbation of singular vectors gives ``y = p pᴴ (daᴴ (1 -
    a p) + p da rᴴ + y r rᴴ ...)``, that is `stein`'s equation; and so for ``z``. The transposes
    read better with conjugation, so they are written for ``g = conj(ct)``.
    """
    scale = _size(undifferentiated(a))  # a constant: whatever it is, it cancels
    a, p = a / scale, p * scale
    g, ph = conjugate(ct), _adjoint(p)
    gh = _adjoint(g)
    r = _outside(a, p, a)
    r = r - (r @ p) @ a  # 0 where nothing is cut off, and not what is lost by rounding
    of_y = stein(p, r, g) if cut else g
    of_z = stein(ph, _adjoint(r), gh) if cut else gh
    left, right = _adjoint(of_y) @ p @ ph, ph @ p @ of_z
    of_a = -(ph @ g @ ph) + _outside(a, p, left)
    of_a = of_a + _adjoint(_outside(_adjoint(a), ph, _adjoint(right)))
    if cut:
        of_a = of_a + _adjoint(left @ p) @ r + r @ _adjoint(p @ right)
    return conjugate(of_a) / scale / scale


def _outside(a, p, x):
    """``(1 - a p) x``; projected once more, rounding errors that grow with the condition go."""
    x = x - a @ (p @ x)
    return x - a @ (p @ x)


def _size(a):
    """For each matrix the power of two that is next to its largest element; 1 if that is 0."""
    largest = np.abs(a).max((-2, -1), keepdims=True, initial=0)
    largest = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    return np.ldexp(largest.dtype.type(1), np.frexp(largest)[1] - 1)


def _adjoint(x):
    return conjugate(x).mT


def _from_lower(a):
    """The Hermitian matrix whose lower triangle, and real diagonal, are those of ``a``."""
    below = np.tril(a, -1)
    return below + _adjoint(below) + np.real(np.triu(np.tril(a)))


def _to_lower(ct):
    """The transpose of `_from_lower`."""
    return np.tril(ct, -1) + _adjoint(np.triu(ct, 1)) + np.real(np.triu(np.tril(ct)))


@primitive
def stein(p, r, c):
    """The solution ``y`` of Stein's equation ``y - p pᴴ y r rᴴ = c``.

    Args:
        p: matrices of shape (..., n, k).
        r: matrices of shape (..., m, l).
        c: matrices of shape (..., n, m).

    Raises:
        numpy.linalg.LinAlgError: one of them has fewer than two axes.

    >>> stein(np.array([[0.5]]), np.array([[1.0]]), np.array([[3.0]])).round(12)
    array([[4.]])
    """
    if min(p.ndim, r.ndim, c.ndim) < 2:
        raise np.linalg.LinAlgError("stein takes matrices")
    left, right = p @ _adjoint(p), r @ _adjoint(r)
    finite = [np.isfinite(x).all((-2, -1), keepdims=True) for x in (left, right)]
    s, u = np.linalg.eigh(np.where(finite[0], left, 0))
    t, v = np.linalg.eigh(np.where(finite[1], right, 0))
    framed = divide(_adjoint(u) @ c @ v, 1 - s[..., :, None] * t[..., None, :])
    y = u @ framed @ _adjoint(v)
    return np.where(finite[0] & finite[1], y, np.nan)


@rule(stein)
def stein_rule(p, r, c):
    """``dy`` solves the equation for ``dc + d(p pᴴ) y r rᴴ + p pᴴ y d(r rᴴ)``."""
    y = stein(p, r, c)

    def stein_pullback(ct):
        of_c = stein(conjugate(p), conjugate(r), ct)
        of_left = of_c @ (y @ r @ _adjoint(r)).mT
        of_right = (p @ (_adjoint(p) @ y)).mT @ of_c
        of_p = (of_left + _adjoint(of_left)) @ conjugate(p)
        of_r = (of_right + _adjoint(of_right)) @ conjugate(r)
        return of_p, of_r, of_c

    return y, stein_pullback


@rule(np.linalg.lstsq, differentiable=("a", "b"))
def lstsq(a, b, rcond=None):
    """``x = p b`` with the pseudo-inverse ``p``, residuals ``|e|²``, rank and singular values.

    ``db = pᵀ ct``, and ``da`` is that of ``p`` for the cotangent ``ct bᵀ``. With ``e = b - a x``,
    to which the columns of ``a`` are orthogonal, ``d|e|² = 2 Re eᴴ (db - da x)``.
    """
    a, b = as_array(a), as_array(b)
    y = x, residuals, _, _ = np.linalg.lstsq(a, b, rcond)
    cut = rcond is not None and 0 < rcond < 1  # LAPACK takes all others for its own precision
    vector = b.ndim == 1

    def lstsq_pullback(cts):
        x_ct, residuals_ct, _, s_ct = cts
        sides, columns = (as_columns(b), as_columns(x)) if vector else (b, x)
        x_ct = as_columns(x_ct) if vector else x_ct
        wide = _double(a)
        p = np.linalg.pinv(wide, rcond if cut else np.finfo(float).eps * max(a.shape))
        of_a = _pinv_cotangent(x_ct @ sides.mT, wide, p, cut)
        of_b = p.mT @ x_ct
        if residuals.shape[0]:
            of_error = conjugate(sides - a @ columns) * (2 * residuals_ct)
            of_a, of_b = of_a - of_error @ columns.mT, of_b + of_error
        of_a = of_a + conjugate(singular_frame(s_ct, a))
        return of_a, of_b[..., 0] if vector else of_b

    return y, lstsq_pullback


_NO_SECOND = (
    "the second derivative by the singular values of numpy.linalg.lstsq is not written; take them "
    "from numpy.linalg.svd"
)


@primitive
def singular_frame(c, a):
    """``u c vᴴ`` with the singular vectors of ``a``: the gradient of ``Σ c_i s_i``, conjugated.

    Equal singular values share their ``c``, and those that are 0 have none.

    >>> singular_frame(np.array([1.0, 0.0]), np.diag([3.0, 2.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    if c.shape != (min(a.shape),):
        raise ValueError("singular_frame takes one number for each singular value")
    if not np.any(c):
        return np.zeros_like(a)
    u, s, v = np.linalg.svd(a, full_matrices=False)
    return (u * _shared(c, s)) @ v


def _shared(c, s):
    """``c``, or where some of ``s`` are equal the mean of theirs; 0 where they are 0."""
    equal = (s == s[:, None]).astype(s.dtype)
    return np.where(s == 0, 0, equal @ c / np.sum(equal, axis=1))


@rule(singular_frame, not_implemented={"a": _NO_SECOND})
def singular_frame_rule(c, a):
    """Linear in ``c``: ``dc_i = u_iᵀ ct conj(v_i)``; nothing by ``a`` where ``c`` is 0."""

    def singular_frame_pullback_c(ct):
        u, s, v = np.linalg.svd(a, full_matrices=False)
        return _shared(np.sum(u * (ct @ v.mT), axis=0), s)

    def singular_frame_pullback_a(ct):
        if np.any(c):
            raise DerivativeNotImplementedError(_NO_SECOND)

    return singular_frame(c, a), (singular_frame_pullback_c, singular_frame_pullback_a)
