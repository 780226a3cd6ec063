"""Rules for determinants.

A determinant is a polynomial, so it has derivatives of every order also where the matrix is
singular. They are those of its `cofactors`, which nothing here divides by a determinant.
"""

from __future__ import annotations

from itertools import permutations
from string import ascii_lowercase

import numpy as np

from pullback import primitive, rule
from pullback.domains import interval
from pullback_numpy.axes import as_array
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.strong import divide, multiply


@rule(np.linalg.det)
def det(a):
    """``d det = Σ c_ij da_ij`` with the cofactors ``c``: ``da = ct c`` (Jacobi)."""
    a = as_array(a)

    def det_pullback(ct):
        return multiply(_as_matrices(ct), cofactors(a))

    return np.linalg.det(a), det_pullback


@rule(np.linalg.slogdet)
def slogdet(a):
    """``sign = det / |det|``, ``logabsdet = log |det|``, by ``d log det = tr(a⁻¹ da)``.

    The real part of that is ``d logabsdet``, and ``i sign`` times the imaginary part ``d sign``.
    The sign of a real matrix is a constant. Of a singular one the logarithm is infinite, as are
    its derivatives by the elements whose cofactor is not 0.
    """
    a = as_array(a)
    y = np.linalg.slogdet(a)
    sign, real = y.sign, not is_complex(a)

    def slogdet_pullback(cts):
        sign_ct, log_ct = cts
        weight = log_ct if real else log_ct + 1j * np.imag(sign_ct * sign)
        return multiply(_as_matrices(weight), inverse_or_infinite(a).mT)

    return y, slogdet_pullback


def _as_matrices(ct):
    """One number for each matrix, in the shape of matrices."""
    return ct.reshape((*ct.shape, 1, 1))


@primitive
def inverse_or_infinite(a):
    """Inverses of matrices; of a singular one infinities, 0 where its adjugate has 0.

    >>> inverse_or_infinite(np.array([[2.0, 0.0], [0.0, 0.0]]))
    array([[ 0.,  0.],
           [ 0., inf]])
    """
    with np.errstate(all="ignore"):
        singular = _as_matrices(np.linalg.slogdet(a).sign) == 0
        [scaled], each, _ = _equilibrated(a)
        poor = _as_matrices(np.linalg.det(scaled)) == 0  # by an underflow or by rounding
        other = np.where(singular, np.eye(a.shape[-1], dtype=a.dtype), a)
        y = np.linalg.inv(np.where(poor, other, scaled))
        y = _times_power_of_two(y, np.where(poor, 0, -each).mT)
        if singular.any():
            y = np.where(singular, divide(cofactors(a).mT, a.dtype.type(0)), y)
    return y


@rule(inverse_or_infinite)
def inverse_or_infinite_rule(a):
    """``da = -yᵀ ct yᵀ``, where the ``y`` of a singular matrix is its adjugate over 0."""
    y = inverse_or_infinite(a)

    def inverse_or_infinite_pullback(ct):
        regular = np.isfinite(y).all((-2, -1), keepdims=True)
        factor, denominator = np.where(regular, y.mT, cofactors(a)), regular.astype(y.dtype)
        return -divide(divide(factor @ ct @ factor, denominator), denominator)

    return y, inverse_or_infinite_pullback


@primitive
def cofactors(a, *directions):
    """The matrix of cofactors of ``a``, or its mixed derivative along ``directions``.

    So it is the gradient of ``det a``, or of the derivative of ``det a`` along ``directions``; a
    polynomial in ``a`` and linear in each direction, exact also where ``a`` is singular.

    Args:
        a: matrices of shape (..., n, n).
        directions: matrices of the same shape, in any order; with ``k`` of them the work is of
            the order of n³ + n^(k+1).

    >>> cofactors(np.array([[1.0, 2.0], [3.0, 4.0]])).round(12)
    array([[ 4., -3.],
           [-2.,  1.]])
    """
    a, *others = np.broadcast_arrays(a, *directions)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError("cofactors are those of square matrices")
    if not a.size:
        return np.zeros(a.shape, np.result_type(a, *others))
    finite = np.isfinite(a).all((-2, -1), keepdims=True)
    with np.errstate(all="ignore"):
        nothing = 0 * _as_matrices(np.linalg.det(a))  # or NaN; infinite ones can have the det 0
        a = np.where(finite, a, np.eye(a.shape[-1], dtype=a.dtype))
        if len(others) == a.shape[-1] - 1:  # nothing depends on its size then
            a = np.zeros_like(a)
        (a, *scaled), each, all_ = _equilibrated(a, *others)
        y = _of_frame(a, scaled) if others else _of_inverse(a)
        y = np.where(finite, _times_power_of_two(y, all_ - each), nothing)
    for direction in others:
        y = np.where(direction.any((-2, -1), keepdims=True), y, 0)
    return y


# Elements of very different sizes have small ones among their minors, without a digit.
@rule(cofactors, domain=interval(-1e6, 1e6))
def cofactors_rule(a, *directions):
    """The derivative along one direction more; by a direction, along the cotangent in its place."""

    def cofactors_pullback_a(ct):
        return cofactors(a, *directions, ct)

    def pullback_of(place):
        others = directions[:place] + directions[place + 1 :]

        def cofactors_pullback_direction(ct):
            return cofactors(a, *others, ct)

        return cofactors_pullback_direction

    pullbacks = (cofactors_pullback_a, *map(pullback_of, range(len(directions))))
    return cofactors(a, *directions), pullbacks


def _of_inverse(a):
    """``det(a) a⁻ᵀ`` where that is safe: the pivot that is nearly 0 cancels from the two."""
    dets = _as_matrices(np.linalg.det(a))
    safe = (dets != 0) & np.isfinite(dets)
    y = dets * np.linalg.inv(np.where(safe, a, np.eye(a.shape[-1], dtype=a.dtype))).mT
    safe = (safe & np.isfinite(y)).all((-2, -1))
    if not safe.all():
        y[~safe] = _of_frame(a[~safe], ())
    return y


def _of_frame(a, directions):
    """By the singular value decomposition ``a = u s v`` (Stewart 1998, On the adjugate matrix).

    In its frame the matrix is diagonal. With ``w`` the products of all singular values but some,
    ``det``'s derivative of order m along ``x₀ ...`` is, over all m-tuples of places,
    ``Σ w_ij... Σ_σ sgn σ (x₀)_iσ(i) (x₁)_jσ(j) ...``, and its gradient leaves out ``x₀``.
    """
    u, s, v = np.linalg.svd(a)
    framed = [u.conj().mT @ direction @ v.conj().mT for direction in directions]
    order, length = len(directions) + 1, a.shape[-1]
    letters = ascii_lowercase[:order]
    weights = _products_of_others(s, order)
    total = 0
    for images in permutations(range(order)):
        terms = [f"...{letters[i]}{letters[images[i]]}" for i in range(1, order)]
        output = "...a" if images[0] == 0 else f"...a{letters[images[0]]}"
        part = np.einsum(f"{','.join([f'...{letters}', *terms])}->{output}", weights, *framed)
        if images[0] == 0:
            part = part[..., None] * np.eye(length, dtype=s.dtype)
        total = total + _sign(images) * part
    phase = _as_matrices(np.linalg.det(u) * np.linalg.det(v))
    return phase * (u.conj() @ total @ v.conj())


def _equilibrated(*matrices):
    """Matrices with the rows, and then the columns, of all of them scaled to the size 1.

    A decomposition of rows of very different size has no correct digits of the small ones.

    Returns:
        The scaled matrices; the exponents of two by which each element was divided; and those of
        the determinants of the scaling.
    """
    sizes = np.maximum.reduce([np.abs(matrix) for matrix in matrices])
    rows = np.frexp(sizes.max(-1, keepdims=True, initial=0))[1]
    columns = np.frexp(np.ldexp(sizes, -rows).max(-2, keepdims=True, initial=0))[1]
    each = rows + columns
    scaled = [_times_power_of_two(matrix, -each) for matrix in matrices]
    return scaled, each, rows.sum(-2, keepdims=True) + columns.sum(-1, keepdims=True)


def _times_power_of_two(x, exponents):
    """``x * 2**exponents`` in two steps, as the power alone may overflow."""
    one = x.real.dtype.type(1)
    half = exponents // 2
    return x * np.ldexp(one, half) * np.ldexp(one, exponents - half)


def _sign(permutation):
    """1 for an even permutation, -1 for an odd one."""
    pairs = [(a, b) for place, b in enumerate(permutation) for a in permutation[:place]]
    return (-1) ** sum(a > b for a, b in pairs)


def _products_of_others(s, order):
    """For each tuple of ``order`` places the product of all ``s`` elsewhere; 0 if two are equal.

    Products without a division, as sums of logarithms, so that no part of them overflows.
    """
    length = s.shape[-1]
    places = np.arange(length + 1)
    later = np.where(places[:-1] >= places[:, None], np.log(s)[..., None, :], 0)
    sums = np.concatenate([np.zeros_like(later[..., :1]), later.cumsum(-1)], -1)  # from i to j - 1
    chosen = np.sort(np.indices((length,) * order).reshape(order, -1), axis=0)
    starts = np.concatenate([np.zeros_like(chosen[:1]), chosen + 1])
    ends = np.concatenate([chosen, np.full_like(chosen[:1], length)])
    products = np.exp(sums[..., starts, ends].sum(-2))
    distinct = (chosen[1:] > chosen[:-1]).all(0)
    return np.where(distinct, products, 0).reshape(s.shape[:-1] + (length,) * order)
