"""Rules for the values of polynomials in the six bases of `numpy.polynomial`.

NumPy does not dispatch these functions, except for ``polyval2d`` and ``polygrid2d``. On traced
values those of one variable run as they stand, operation by operation; these rules are taken by
``pullback.primitive(np.polynomial.chebyshev.chebval)``, or where they are named in a chain.

The coefficients of the power ``k`` of a series stand in ``c[k]``, the lowest first. A basis is told
by its recurrence, ``B_(k+1) = (α x + β) B_k - γ B_(k-1)``, and by the coefficients of a series'
derivative in the same basis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, hermite_e, laguerre, legendre, polynomial

from pullback import primitive, rule
from pullback.spaces import plain
from pullback_numpy.axes import as_array
from pullback_numpy.reductions import prod
from pullback_numpy.strong import multiply


@dataclass(frozen=True)
class Basis:
    """What the rules of a basis are made of.

    Attributes:
        module: the module of its functions.
        name: what their names begin with.
        recurrence: ``k -> (α, β, γ)``.
        slope: ``(c, k) -> the coefficients of the derivative``, where ``k`` counts those of ``c``.
    """

    module: ModuleType
    name: str
    recurrence: Callable[[int], tuple[float, float, float]]
    slope: Callable[[Any, Any], Any]

    def function(self, kind):
        """The function of a kind, such as ``val2d``."""
        return getattr(self.module, self.name + kind)


def tails(c, step):
    """``Σ c_i`` over ``i = k, k + step, k + 2 step, ...``, for every ``k``.

    >>> tails(np.array([1, 10, 100, 1000]), 2)
    array([ 101, 1010,  100, 1000])
    """
    count, *inner = c.shape
    missing = -count % step
    padded = np.pad(c, [(0, missing), *[(0, 0)] * len(inner)])
    rows = padded.reshape(((count + missing) // step, step, *inner))
    return np.cumsum(rows[::-1], axis=0)[::-1].reshape(padded.shape)[:count]


def chebyshev_slope(c, k):
    """``T_k' = 2k (T_(k-1) + T_(k-3) + ...)``, of which ``T_0`` is taken half (DLMF 18.9.21)."""
    return tails(c * k, 2)[1:] * np.where(k[1:] == 1, 1, 2).astype(k.dtype)


POWERS = Basis(polynomial, "poly", lambda k: (1, 0, 0), lambda c, k: (c * k)[1:])
CHEBYSHEV = Basis(chebyshev, "cheb", lambda k: (2 if k else 1, 0, 1), chebyshev_slope)
LEGENDRE = Basis(  # P_k' = (2k - 1) P_(k-1) + (2k - 5) P_(k-3) + ...
    legendre,
    "leg",
    lambda k: ((2 * k + 1) / (k + 1), 0, k / (k + 1)),
    lambda c, k: tails(c, 2)[1:] * (2 * k[1:] - 1),
)
HERMITE = Basis(hermite, "herm", lambda k: (2, 0, 2 * k), lambda c, k: (c * k)[1:] * 2)
HERMITE_E = Basis(hermite_e, "herme", lambda k: (1, 0, k), lambda c, k: (c * k)[1:])
LAGUERRE = Basis(  # L_k' = -(L_0 + ... + L_(k-1))
    laguerre,
    "lag",
    lambda k: (-1 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1)),
    lambda c, k: -tails(c, 1)[1:],
)
BASES = (POWERS, CHEBYSHEV, LEGENDRE, HERMITE, HERMITE_E, LAGUERRE)


def _values(basis):
    function = basis.function("val")
    evaluate = primitive(function)

    @rule(function)
    def values(x, c, tensor=True):
        """``y = Σ c_k B_k(x)``: ``dx = ct y'(x)``, and ``dc_k = Σ ct B_k(x)`` by the recurrence."""
        x, c = _listed(x), as_array(c)
        y = evaluate(x, c, tensor)
        shape = np.shape(plain(x))
        count, inner = (c.shape[0], c.ndim - 1) if c.ndim else (1, 0)

        def values_pullback_x(ct):
            if count == 1:
                return np.zeros(shape, ct.dtype)
            k = np.arange(count, dtype=_real(c)).reshape((-1, *(1,) * inner))
            of_x = multiply(ct, evaluate(x, basis.slope(c, k), tensor))
            return np.sum(of_x, axis=tuple(range(of_x.ndim - len(shape))))

        def values_pullback_c(ct):
            outer = ct.ndim - inner
            axes = tuple(range(inner, ct.ndim) if tensor else range(outer))
            of_each = []
            before = None
            for k in range(count):
                of_each.append(np.sum(ct, axis=axes))
                ct, before = _next(basis.recurrence(k), x, ct, before), ct
            return np.stack(of_each)

        return y, (values_pullback_x, values_pullback_c, None)

    return values


def _listed(x):
    """``x``, or the array of it where it is a list; a number stays one, of no precision."""
    return as_array(x) if isinstance(x, (list, tuple)) else x


def _next(factors, x, ct, before):
    """``ct`` times the next polynomial of the basis, from ``ct`` times this and the one before."""
    alpha, beta, gamma = factors
    following = alpha * multiply(ct, x)
    if beta:
        following = following + beta * ct
    return following if before is None or not gamma else following - gamma * before


def _real(c):
    """The dtype of the real numbers that go with ``c``, which may be of integers."""
    return np.finfo(c.dtype).dtype if c.dtype.kind in "fc" else np.float64


def _in_turn(function, values, c, points, tensor):
    """The values of a series in several variables, one after the other, and the pullbacks."""
    if not tensor:
        points = [as_array(x) for x in points]
        if len({x.shape for x in points}) > 1:
            return primitive(function)(*points, c), None  # which raises
    y, pullbacks = c, []
    for place, x in enumerate(points):
        y, back = values(x, y, tensor or not place)
        pullbacks.append(back)

    def through(place):
        def values_pullback(ct):
            for _, of_coefficients, _ in reversed(pullbacks[place + 1 :]):
                ct = of_coefficients(ct)
            return pullbacks[place][0](ct)

        return values_pullback

    def values_pullback_c(ct):
        for _, of_coefficients, _ in reversed(pullbacks):
            ct = of_coefficients(ct)
        return ct

    return y, (*map(through, range(len(points))), values_pullback_c)


def _two(basis, values, kind):
    function = basis.function(kind)

    @rule(function)
    def values_2d(x, y, c):
        """The values of the series in ``x``, whose coefficients are those of series in ``y``."""
        return _in_turn(function, values, c, (x, y), kind == "grid2d")

    return values_2d


def _three(basis, values, kind):
    function = basis.function(kind)

    @rule(function)
    def values_3d(x, y, z, c):
        """The values of series in ``x``, then ``y``, then ``z``."""
        return _in_turn(function, values, c, (x, y, z), kind == "grid3d")

    return values_3d


one_variable = tuple(map(_values, BASES))
two_variables = tuple(
    _two(basis, values, kind)
    for basis, values in zip(BASES, one_variable, strict=True)
    for kind in ("val2d", "grid2d")
)
three_variables = tuple(
    _three(basis, values, kind)
    for basis, values in zip(BASES, one_variable, strict=True)
    for kind in ("val3d", "grid3d")
)


@rule(polynomial.polyvalfromroots)
def polyvalfromroots(x, r, tensor=True):
    """``Π (x - r_i)``: the rule of `numpy.prod`."""
    x, r = _listed(x), as_array(r)
    ndim = np.ndim(plain(x))
    if not tensor and ndim >= r.ndim > 0:
        return primitive(polynomial.polyvalfromroots)(x, r, tensor), None  # which raises
    shape = (r.shape or (1,)) + (1,) * (ndim if tensor else 0)
    y, (product_pullback, *_) = prod(x - r.reshape(shape), axis=0)

    def polyvalfromroots_pullback_x(ct):
        of_x = product_pullback(ct)
        return np.sum(of_x, axis=tuple(range(of_x.ndim - ndim)))

    def polyvalfromroots_pullback_r(ct):
        of_roots = product_pullback(ct)
        return -np.sum(of_roots, axis=tuple(range(max(r.ndim, 1), len(shape))))

    return y, (polyvalfromroots_pullback_x, polyvalfromroots_pullback_r, None)
