"""Rules for functions of signal processing: sinc, Bessel functions, windows, phases, repairs.

`sinc_slope` and `bessel_i` are primitives for the derivatives of `numpy.sinc` and `numpy.i0`: two
families that are closed under differentiation, so the derivatives of every order are exact.
"""

from __future__ import annotations

from math import factorial, pi

import numpy as np

from pullback import nondifferentiable, primitive, rule
from pullback.arguments import any_traced
from pullback.errors import InPlaceWriteError
from pullback.tracer import apply_function
from pullback_numpy.axes import as_array
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.strong import bilinear, divide, multiply

_EPS = 2.0**-53


def called(function, *args, **params):
    """``function(...)``, also where a traced value is one that NumPy does not look at."""
    if any_traced((*args, *params.values())):
        return apply_function(function, args, params)
    return function(*args, **params)


@rule(np.sinc)
def sinc(x):
    """``sin(πx) / (πx)``, and 1 at 0, where it is smooth."""

    def sinc_pullback(ct):
        return multiply(ct, sinc_slope(x, 1))

    return np.sinc(as_array(x)), sinc_pullback


@primitive
def sinc_slope(x, order):
    """The derivative of `numpy.sinc` of an order: ``πⁿ ∫₀¹ tⁿ cos(πxt + nπ/2) dt``.

    >>> sinc_slope(np.array([0.0, 1.0]), 2)  # -π²/3 at 0
    array([-3.28986813,  2.        ])
    """
    if order < 0:
        raise ValueError(f"the order of a derivative is not negative, as {order} is")
    x = as_array(x)
    u = pi * x.astype(np.result_type(x.dtype, float), copy=False)
    border = 1 + order / 2
    near = np.abs(u) <= border
    with np.errstate(all="ignore"):
        y = np.where(near, _sinc_near(np.where(near, u, 0), order, border), _sinc_far(u, order))
    return (pi**order * y).astype(np.result_type(x.dtype, np.float16))[()]


def _sinc_far(u, n):
    """By ``g = sin(u) / u``, so ``u g⁽ᵏ⁾ = sin⁽ᵏ⁾(u) - k g⁽ᵏ⁻¹⁾``, which is stable for large u."""
    sin, cos = np.sin(u), np.cos(u)
    g = sin / u
    for k in range(1, n + 1):
        g = ((sin, cos, -sin, -cos)[k % 4] - k * g) / u
    return g


def _sinc_near(u, n, border):
    """By the Taylor series ``Σ (-1)ʲ u²ʲ⁻ⁿ / (2j + 1) / (2j - n)!``."""
    power = n % 2
    term = u**power * (-1.0) ** ((n + power) // 2)
    y = term / (n + power + 1)
    while border**power > _EPS * factorial(power):
        term = -term * u * u / ((power + 1) * (power + 2))
        power += 2
        y = y + term / (n + power + 1)
    return y


@rule(sinc_slope, differentiable=("x",))
def sinc_slope_rule(x, order):
    """The derivative of the next order."""

    def sinc_slope_pullback(ct):
        return multiply(ct, sinc_slope(x, order + 1))

    return sinc_slope(x, order), (sinc_slope_pullback, None)


@rule(np.i0)
def i0(x):
    """The modified Bessel function ``I₀``, whose derivative is ``I₁`` (DLMF 10.29.3)."""

    def i0_pullback(ct):
        return multiply(ct, bessel_i(x, 1))

    return np.i0(as_array(x)), i0_pullback


@primitive
def bessel_i(x, order):
    """The modified Bessel function ``Iₙ`` of an integer order (DLMF 10.25.2, 10.40.1).

    >>> bessel_i(np.array([0.0, 1.0, -1.0]), 1)
    array([ 0.        ,  0.5651591, -0.5651591])
    """
    x = np.asarray(x)
    if order < 0 or x.dtype.kind == "c":
        raise ValueError("bessel_i is for real numbers and for orders that are not negative")
    r = np.abs(x.astype(np.result_type(x.dtype, float), copy=False))
    border = max(30, order * order)
    near = r <= border
    with np.errstate(all="ignore"):
        y = np.where(
            near,
            _bessel_near(np.where(near, r, 0), order),
            _bessel_far(np.where(near, np.inf, r), order, border) * np.exp(r),
        )
        y = y * np.sign(x) if order % 2 else y
        return y.astype(np.result_type(x.dtype, np.float16))[()]


def _bessel_near(r, n):
    """``Σ (r/2)²ᵏ⁺ⁿ / k! / (n + k)!``: all are positive, so nothing cancels."""
    half = r / 2
    term = y = half**n / factorial(n)
    k = 0
    largest = np.max(half, initial=0) ** 2
    while k * (n + k) <= largest or np.any(term > _EPS * y):
        k += 1
        term = term * (half * half / (k * (n + k)))
        y = y + term
    return y


def _bessel_far(r, n, border):
    """``exp(-r) Iₙ(r)`` for large ``r``: ``Σ Π ((2k - 1)² - 4n²) / (8kr) / sqrt(2πr)``."""
    term = y = 1.0
    k, size = 0, 1.0
    while abs(size) > _EPS and k < 2 * border:
        k += 1
        factor = ((2 * k - 1) ** 2 - 4 * n * n) / (8 * k)
        size *= factor / border
        term = term * (factor / r)
        y = y + term
    return y / np.sqrt(2 * pi * r)


@rule(bessel_i, differentiable=("x",))
def bessel_i_rule(x, order):
    """``2 Iₙ' = Iₙ₋₁ + Iₙ₊₁`` (DLMF 10.29.1), and ``I₋₁ = I₁``."""

    def bessel_i_pullback(ct):
        slope = bessel_i(x, abs(order - 1)) / 2 + bessel_i(x, order + 1) / 2
        return multiply(ct, slope)

    return bessel_i(x, order), (bessel_i_pullback, None)


@rule(np.kaiser, differentiable=("beta",))
def kaiser(M, beta):
    """The window ``y = I₀(βs) / I₀(β)``: ``dy = (s I₁(βs) - y I₁(β)) / I₀(β) dβ``."""
    y = primitive(np.kaiser)(M, beta)

    def kaiser_pullback(ct):
        if M == 1:
            return 0 * beta
        middle = (M - 1) / 2
        s = np.sqrt(1 - ((np.arange(0, M) - middle) / middle) ** 2)
        slope = s * bessel_i(beta * s, 1) - multiply(y, bessel_i(beta, 1))
        return np.sum(multiply(ct, divide(slope, np.i0(beta))))

    return y, (None, kaiser_pullback)


windows = nondifferentiable(np.bartlett, np.blackman, np.hamming, np.hanning)


@rule(np.unwrap, differentiable=("p", "period"))
def unwrap(p, discont=None, axis=-1, period=2 * pi):
    """``p``, plus whole periods, whose numbers are piecewise constant."""
    p = as_array(p)
    y = called(np.unwrap, p, discont, axis, period=period)

    def unwrap_pullback(ct):
        return ct

    def unwrap_pullback_period(ct):
        return bilinear(ct, np.rint(divide(y - p, period)))

    return y, (unwrap_pullback, None, None, unwrap_pullback_period)


@rule(np.nan_to_num, differentiable=("x", "nan", "posinf", "neginf"))
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """``x`` where it is finite, and given numbers elsewhere, which get the cotangents there.

    The real and the imaginary part of a complex number are repaired each by itself.
    """
    if not copy:
        raise InPlaceWriteError(
            "numpy.nan_to_num(x, copy=False) writes in place, which would lose the derivative; "
            "write y = nan_to_num(x)"
        )
    x = as_array(x)
    y = called(np.nan_to_num, x, copy, nan, posinf, neginf)
    of_repairs = map(_of_repairs(x), (np.isnan, np.isposinf, np.isneginf))

    def nan_to_num_pullback(ct):
        of_real, of_imaginary = _selected(np.isfinite, x, ct)
        return of_real + 1j * of_imaginary if is_complex(x) else of_real

    return y, (nan_to_num_pullback, None, *of_repairs)


def _of_repairs(x):
    """For a test of elements, the pullback of the number that stands where it is true."""

    def of_repair(test):
        def nan_to_num_pullback_repair(ct):
            of_real, of_imaginary = _selected(test, x, ct)
            return of_real - of_imaginary  # the real part of ct * (1 + 1j)

        return nan_to_num_pullback_repair

    return of_repair


def _selected(test, x, ct):
    """The real and the imaginary part of ``ct``, where ``test`` is true of that of ``x``."""
    if not is_complex(x):
        return np.where(test(x), ct, 0), 0
    return tuple(np.where(test(part(x)), part(ct), 0) for part in (np.real, np.imag))
