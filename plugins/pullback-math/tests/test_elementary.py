"""Chains and closed forms of elementary functions, and what happens where they are singular."""

from __future__ import annotations

import math
from fractions import Fraction
from math import acos, acosh, asin, asinh, atan, cbrt, cos, exp, log, sin, sqrt, tan

import pytest

from pullback import grad, primitive, val_and_grad, vjp

INF = math.inf


def nth_derivative(f, order):
    for _ in range(order):
        f = grad(f)
    return f


def seed_derivatives(x):
    """exp(sin(sin(x))) and its first three derivatives: f' = f g, with g = cos(sin x) cos x."""
    s, c, u, v = sin(x), cos(x), sin(sin(x)), cos(sin(x))
    g = v * c
    g1 = -u * c * c - v * s
    g2 = -v * c**3 + 3 * u * c * s - v * c
    return [exp(u) * factor for factor in (1.0, g, g * g + g1, g**3 + 3 * g * g1 + g2)]


def test_the_seed_chain_is_exact():
    assert val_and_grad([sin, sin, exp], 2.0) == (2.2013533791690376, -0.562752038662712)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_the_seed_chain(order):
    wanted = seed_derivatives(2.0)[order]
    assert nth_derivative([sin, sin, exp], order)(2.0) == pytest.approx(wanted, rel=1e-13)


def test_the_second_derivative_of_the_seed_chain_is_the_published_one():
    assert grad(grad([sin, sin, exp]))(2.0) == pytest.approx(-1.3865894053802, abs=1e-12)


@pytest.mark.parametrize(
    ("f", "x", "third"),
    [
        (sqrt, 4.0, 3 / 8 * 4.0**-2.5),
        (log, 2.0, 2 / 2.0**3),
        (tan, 0.5, 2 / cos(0.5) ** 4 * (1 + 2 * sin(0.5) ** 2)),
        (atan, 0.5, (6 * 0.5**2 - 2) / (1 + 0.5**2) ** 3),
        (asinh, 0.5, (2 * 0.5**2 - 1) / (1 + 0.5**2) ** 2.5),
        (acosh, 2.0, (2 * 2.0**2 + 1) / (2.0**2 - 1) ** 2.5),
        (asin, 0.5, (2 * 0.5**2 + 1) / (1 - 0.5**2) ** 2.5),
        (acos, 0.5, -(2 * 0.5**2 + 1) / (1 - 0.5**2) ** 2.5),
        (cbrt, 8.0, 10 / 27 * 8.0 ** (-8 / 3)),
    ],
)
def test_third_derivatives(f, x, third):
    assert nth_derivative(f, 3)(x) == pytest.approx(third, rel=1e-12)


@pytest.mark.parametrize(
    ("f", "x", "derivative"),
    [
        (sqrt, 0.0, INF),
        (sqrt, -0.0, INF),
        (cbrt, 0.0, INF),
        (asin, 1.0, INF),
        (asin, -1.0, INF),
        (acos, 1.0, -INF),
        (acosh, 1.0, INF),
        (log, 5e-324, INF),
    ],
)
def test_a_singular_derivative_is_infinite_and_its_zero_is_strong(f, x, derivative):
    _, pullback = vjp(f, x)
    assert pullback(1.0) == derivative
    assert pullback(-1.0) == -derivative
    assert pullback(0.0) == 0.0
    dispatching = primitive(f)
    masked = lambda x: 0.0 * dispatching(x)
    assert grad(masked)(x) == 0.0
    assert grad(grad(masked))(x) == 0.0


@pytest.mark.parametrize(("f", "x"), [(log, 0.0), (sqrt, -1.0), (asin, 2.0), (math.atanh, 1.0)])
def test_errors_of_math_stay_its_own(f, x):
    with pytest.raises(ValueError) as plain:  # noqa: PT011
        f(x)
    with pytest.raises(ValueError) as traced:  # noqa: PT011
        val_and_grad([f], x)
    assert str(traced.value) == str(plain.value)


@pytest.mark.parametrize(
    ("f", "x", "derivative"),
    [
        (asinh, 1e200, 1e-200),
        (acosh, 1e200, 1e-200),
        (math.expm1, -40.0, exp(-40.0)),
        (asin, 0.99999, float(1 - Fraction(0.99999) ** 2) ** -0.5),
        (acos, -0.99999, -(float(1 - Fraction(0.99999) ** 2) ** -0.5)),
        (math.atanh, 0.99999, 1 / float(1 - Fraction(0.99999) ** 2)),
        (acosh, 1.00001, float(Fraction(1.00001) ** 2 - 1) ** -0.5),
    ],
)
def test_derivatives_neither_overflow_nor_cancel(f, x, derivative):
    assert grad(f)(x) == pytest.approx(derivative, rel=1e-15, abs=0.0)


def test_logarithm_to_a_base():
    y, pullback = vjp(log, 8.0, 2.0)
    assert y == 3.0
    assert pullback(1.0) == pytest.approx((1 / (8 * log(2)), -3 / (2 * log(2))), rel=1e-15)
    assert grad(log)(8.0, 2.0) == pytest.approx(1 / (8 * log(2)), rel=1e-15)


def test_angle_at_the_origin_and_far_away():
    assert vjp(math.atan2, 0.0, 0.0)[1](1.0) == (0.0, 0.0)
    assert vjp(math.atan2, 1e200, 1e200)[1](1.0) == pytest.approx(
        (5e-201, -5e-201), rel=1e-14, abs=0.0
    )
    assert vjp(math.atan2, 1.0, 0.0)[1](1.0) == (0.0, -1.0)
    assert vjp(math.atan2, -math.inf, 0.5)[1](1.0) == (0.0, 0.0)


TINY = 5e-324


def test_zeros_are_strong_next_to_the_singularities():
    assert vjp(math.atan2, TINY, TINY)[1](0.0) == (0.0, 0.0)
    assert vjp(log, TINY, 0.73)[1](0.0) == (0.0, 0.0)
    assert vjp(log, TINY, 0.73)[1](1.0)[0] == -math.inf


def test_degrees_and_radians_are_linear():
    assert grad(math.degrees)(1.0) == math.degrees(1.0)
    assert grad(math.radians)(1.0) == math.radians(1.0)
