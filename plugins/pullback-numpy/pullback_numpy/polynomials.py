"""Rules for polynomials as arrays of coefficients, the highest power first, in NumPy's order.

A `numpy.poly1d` beside a traced value counts as the array of its coefficients. NumPy drops the
leading zeros of products and remainders, and what it dropped has no cotangent: the derivative is
that of the coefficients which are there.

Products and quotients are made of three primitives that are closed under differentiation:
`product` and `overlap`, the transposes of each other, and `series_quotient`.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from pullback import primitive, rule
from pullback.errors import DerivativeNotImplementedError
from pullback.names import name_of
from pullback_numpy.axes import as_array, as_columns
from pullback_numpy.special import called
from pullback_numpy.strong import all_finite, bilinear, divide, multiply


@rule(np.poly)
def poly(seq_of_zeros):
    """``Π (x - z_i)``, one factor after the other: ``p → x p - z p``, whose transpose it undoes.

    Raises:
        DerivativeNotImplementedError: a matrix was given.
    """
    y = np.poly(seq_of_zeros)
    z = np.ravel(_vector(seq_of_zeros, np.poly, "of a matrix write np.poly(np.linalg.eigvals(a))"))
    count = z.size

    def poly_pullback(ct):
        products = [np.ones(1, z.dtype)]
        for place in range(count - 1):
            products.append(_times_factor(products[-1], z[place]))
        of_zeros = []
        for place in reversed(range(count)):
            of_zeros.append(-np.sum(multiply(ct[1:], products[place])))
            ct = ct[:-1] - multiply(ct[1:], z[place])
        return np.stack(of_zeros[::-1]) if count else np.zeros(0, z.dtype)

    return y, poly_pullback


def _times_factor(p, z):
    """``(x - z) p(x)``."""
    return np.pad(p, (0, 1)) - z * np.pad(p, (1, 0))


@rule(np.roots)
def roots(p):
    """Where ``p(r) = 0``, so ``dr = -dp(r) / p'(r)``; infinite where a root is a double one."""
    p = as_array(p)
    r = np.roots(p)

    def roots_pullback(ct):
        slope = divide(ct, np.polyval(np.polyder(np.ravel(p)), r))
        slope, powers = slope.astype(ct.dtype), np.vander(r, p.size).astype(r.dtype)
        return -np.sum(multiply(powers, as_columns(slope)), axis=0)

    return r, roots_pullback


@rule(np.polyint)
def polyint(p, m=1, k=None):
    """``x^i → x^(i+m) i! / (i+m)!``, and the constants ``k``: ``x^(m-1-j) / (m-1-j)!``."""
    p = _vector(p, np.polyint)
    k = None if k is None else as_array(k)
    shape = () if k is None else k.shape
    count = shape[0] if shape else 1
    y = called(np.polyint, p, m, k)

    def polyint_pullback(ct):
        if not p.ndim:  # NumPy integrates it as often as not at all
            return ct
        powers = np.arange(p.size - 1, -1, -1)
        return ct[: p.size] / _rising(powers, m, ct.dtype)

    def polyint_pullback_k(ct):
        factors = np.array([*map(factorial, reversed(range(m)))], np.finfo(ct.dtype).dtype)
        constants = ct[p.size :] / factors
        if count == 1:
            return np.sum(constants, keepdims=bool(shape))
        return np.pad(constants, (0, count - m))

    return y, (polyint_pullback, None, polyint_pullback_k)


def _rising(powers, m, dtype):
    """``(i + 1) ... (i + m)`` for each of the powers."""
    rising = np.ones(powers.shape, np.finfo(dtype).dtype)
    for step in range(1, m + 1):
        rising *= powers + step
    return rising


@rule(np.polyder)
def polyder(p, m=1):
    """``x^(i+m) → x^i (i+m)! / i!``."""
    p = _vector(p, np.polyder)
    size = p.size

    def polyder_pullback(ct):
        powers = np.arange(size - m - 1, -1, -1)
        return np.pad(ct * _rising(powers, m, ct.dtype), (0, min(m, size)))

    return np.polyder(p, m), polyder_pullback


@rule(np.polyadd)
def polyadd(a1, a2):
    """The sum; a shorter polynomial gets the cotangents of the low powers."""
    a1, a2 = as_array(a1), as_array(a2)
    longer = _longer(a1, a2)

    def polyadd_pullback_a1(ct):
        return _low_powers(ct, a1.ndim, -longer)

    def polyadd_pullback_a2(ct):
        return _low_powers(ct, a2.ndim, longer)

    return np.polyadd(a1, a2), (polyadd_pullback_a1, polyadd_pullback_a2)


@rule(np.polysub)
def polysub(a1, a2):
    """The difference; a shorter polynomial gets the cotangents of the low powers."""
    a1, a2 = as_array(a1), as_array(a2)
    longer = _longer(a1, a2)

    def polysub_pullback_a1(ct):
        return _low_powers(ct, a1.ndim, -longer)

    def polysub_pullback_a2(ct):
        return -_low_powers(ct, a2.ndim, longer)

    return np.polysub(a1, a2), (polysub_pullback_a1, polysub_pullback_a2)


def _longer(a, b):
    """How many coefficients ``a`` has more than ``b``."""
    return (a.shape[0] if a.ndim else 1) - (b.shape[0] if b.ndim else 1)


def _low_powers(ct, ndim, missing):
    """``ct`` of what has ``ndim`` axes and was ``missing`` coefficients at the front."""
    if ct.ndim > max(ndim, 1):
        ct = np.sum(ct, axis=tuple(range(ct.ndim - max(ndim, 1))))
    return ct[..., max(missing, 0) :]


@rule(np.polymul)
def polymul(a1, a2):
    """``y_k = Σ a_i b_(k-i)``: ``da_i = Σ ct_(i+j) b_j``; leading zeros are dropped from ``y``."""
    a1, a2 = as_array(a1), as_array(a2)
    a, b = np.ravel(a1), np.ravel(a2)
    some = a.size and b.size

    def polymul_pullback_a1(ct):
        return overlap(_last(ct, a.size + b.size - 1), b) if some else np.zeros(a.shape, ct.dtype)

    def polymul_pullback_a2(ct):
        return overlap(_last(ct, a.size + b.size - 1), a) if some else np.zeros(b.shape, ct.dtype)

    return np.polymul(a1, a2), (polymul_pullback_a1, polymul_pullback_a2)


def _last(ct, length):
    """The last elements of ``ct``, after zeros where there are fewer."""
    missing = length - ct.size
    return np.pad(ct, (missing, 0)) if missing > 0 else ct[-missing:]


@primitive
def overlap(c, b):
    """``y_i = Σ_j c_(i+j) b_j``, as far as ``b`` lies within ``c``; 0 times infinity is 0 here.

    >>> overlap(np.array([1.0, 2.0, 3.0]), np.array([10.0, 1.0]))
    array([12., 23.])
    """
    if np.ndim(c) != 1 or np.ndim(b) != 1 or not 0 < b.size <= c.size:
        raise ValueError("overlap takes two vectors, the second of which is not the longer one")
    if all_finite(c) and all_finite(b):
        return np.correlate(c, np.conj(b), "valid")
    return np.sum(bilinear(np.lib.stride_tricks.sliding_window_view(c, b.size), b), axis=1)


@primitive
def product(a, b):
    """``y_k = Σ_i a_i b_(k-i)``: the transpose of `overlap`; 0 times infinity is 0 here.

    >>> product(np.array([1.0, 2.0]), np.array([10.0, 1.0]))
    array([10., 21.,  2.])
    """
    if np.ndim(a) != 1 or np.ndim(b) != 1 or not a.size or not b.size:
        raise ValueError("product takes two vectors that are not empty")
    if all_finite(a) and all_finite(b):
        return np.convolve(a, b)
    return overlap(np.pad(a, b.size - 1), b[::-1])


@rule(overlap)
def overlap_rule(c, b):
    """Bilinear: ``dc_k = Σ_i ct_i b_(k-i)`` and ``db_j = Σ_i ct_i c_(i+j)``."""

    def overlap_pullback_c(ct):
        return product(ct, b)

    def overlap_pullback_b(ct):
        return overlap(c, ct)

    return overlap(c, b), (overlap_pullback_c, overlap_pullback_b)


@rule(product)
def product_rule(a, b):
    """Bilinear: ``da_i = Σ_j ct_(i+j) b_j``, and the same for ``b``."""

    def product_pullback_a(ct):
        return overlap(ct, b)

    def product_pullback_b(ct):
        return overlap(ct, a)

    return product(a, b), (product_pullback_a, product_pullback_b)


@rule(np.polydiv)
def polydiv(u, v):
    """``u = q v + r``: ``dq`` and ``dr`` are the quotient and the rest of ``du - q dv`` by ``v``.

    The transpose of that: with ``T`` the triangular matrix of the products of ``v`` that the
    quotient is computed from, and ``C`` that of the others, ``Tᵀ h = ct_q - Cᵀ ct_r`` gives the
    cotangents ``(h, ct_r)`` of ``u``. A remainder's leading zeros are dropped.
    """
    u, v = _vector(u, np.polydiv), _vector(v, np.polydiv)
    q, r = np.polydiv(u, v)
    size, degree = u.size, v.size - 1
    count = size - degree

    def polydiv_pullback(cts):
        ct_q, ct_r = cts
        if count < 1:
            return _last(ct_r, size), None
        rest = _last(ct_r, degree)
        divisor = np.ravel(v)
        ahead = ct_q - overlap(np.pad(rest, (count, 0)), divisor)
        w = np.concatenate([series_quotient(ahead[::-1], divisor)[::-1], rest])
        return w, -overlap(w, q)

    return (q, r), polydiv_pullback


@primitive
def series_quotient(c, v):
    """The first coefficients of the power series ``c / v``, as many as ``c`` has; 0 for zeros.

    >>> series_quotient(np.array([1.0, 0.0, 0.0]), np.array([1.0, -0.5]))
    array([1.  , 0.5 , 0.25])
    """
    if np.ndim(c) != 1 or np.ndim(v) != 1 or not c.size or not v.size:
        raise ValueError("series_quotient takes two vectors that are not empty")
    rest = np.array(c, np.result_type(c, v, np.float16))
    with np.errstate(all="ignore"):
        for place in range(c.size):
            if rest[place] != 0:
                rest[place] /= v[0]
                after = rest[place + 1 : place + v.size]
                after -= rest[place] * v[1 : 1 + after.size]
    return rest


@rule(series_quotient)
def series_quotient_rule(c, v):
    """``Σ_j v_j h_(i-j) = c_i``: the quotient from the other end, and its overlap with ``h``."""
    h = series_quotient(c, v)
    most = min(v.size, c.size)

    def series_quotient_pullback_c(ct):
        return series_quotient(ct[::-1], v)[::-1]

    def series_quotient_pullback_v(ct):
        s = series_quotient(ct[::-1], v)[::-1]
        return np.pad(-overlap(np.pad(s, (0, most - 1)), h), (0, v.size - most))

    return h, (series_quotient_pullback_c, series_quotient_pullback_v)


@rule(np.polyval)
def polyval(p, x):
    """``y = Σ p_i x^i``: ``dx = ct p'(x)``, and ``dp_i = ct x^i`` by Horner's scheme backwards.

    Raises:
        DerivativeNotImplementedError: ``x`` is a `numpy.poly1d`.
    """
    if isinstance(x, np.poly1d):
        raise DerivativeNotImplementedError("numpy.polyval of a polynomial in a polynomial")
    p, x = as_array(p), as_array(x)
    y = np.polyval(p, x)
    count, inner = p.shape[0], p.ndim - 1

    def polyval_pullback_p(ct):
        of_powers = []
        for _ in range(count):
            of_powers.append(np.sum(ct, axis=tuple(range(ct.ndim - inner))))
            ct = multiply(ct, x)
        return np.stack(of_powers[::-1]) if count else np.zeros(p.shape, ct.dtype)

    def polyval_pullback_x(ct):
        kind = np.result_type(p.dtype, np.float16)
        powers = np.arange(count - 1, 0, -1).astype(np.finfo(kind).dtype)
        slope = p[:-1] * powers.reshape((-1, *(1,) * inner))
        return multiply(ct, np.polyval(slope, x))

    return y, (polyval_pullback_p, polyval_pullback_x)


def _vector(p, function, instead="write it for each polynomial"):
    """``p`` as an array without axes or with one, as `numpy.poly1d` would take it.

    Raises:
        DerivativeNotImplementedError: it has more axes.
    """
    p = as_array(p)
    if p.ndim > 1:
        raise DerivativeNotImplementedError(
            f"the derivative of {name_of(function)} is written for one axis; {instead}"
        )
    return p
