"""The values and derivatives of the guarded quotients, powers and signs, at their singularities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pullback import grad, vjp
from pullback_math.strong import bilinear, divide, power_log, scale, sign, whole_quotient

INF = math.inf


@pytest.mark.parametrize(
    ("ct", "x", "quotient"),
    [(6.0, 4.0, 1.5), (0.0, 0.0, 0.0), (2.0, 0.0, INF), (-2.0, 0.0, -INF), (0.0, math.nan, 0.0)],
)
def test_divide_has_strong_zeros_and_no_error(ct, x, quotient):
    assert divide(ct, x) == quotient


def test_divide_keeps_nan_as_nan():
    assert math.isnan(divide(math.nan, 0.0))
    assert math.isnan(divide(1.0, math.nan))


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (divide, (0j, 2.0)),
        (divide, (0.0, 2j)),
        (bilinear, (0.0, 2j)),
        (bilinear, (np.complex64(0), 2.0)),
        (power_log, (0.0, 2j, 3.0, 0)),
        (power_log, (0.0, -2.0, 0.5, 0)),
        (power_log, (0.0, -2.0, 3.0, 1)),
        (power_log, (0j, 2.0, 3.0, 1)),
    ],
)
def test_a_zero_is_complex_where_its_neighbours_are(function, args):
    assert function(*args) == 0
    assert type(function(*args)) is complex


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_divide_by_zero_of_a_zero_cotangent_is_flat_at_every_order(order):
    f = lambda x: divide(0.0, x)
    for _ in range(order):
        f = grad(f)
    assert f(0.0) == 0.0


@pytest.mark.parametrize(("order", "derivative"), [(1, -INF), (2, INF), (3, -INF)])
def test_divide_by_zero_is_infinite_at_every_order(order, derivative):
    f = lambda x: divide(3.0, x)
    for _ in range(order):
        f = grad(f)
    assert f(0.0) == derivative


def test_derivatives_of_divide_are_those_of_a_quotient():
    third = grad(grad(grad(lambda x: divide(3.0, x))))
    assert third(2.0) == pytest.approx(-18.0 / 2.0**4, rel=1e-15)


def test_a_zero_is_strong_against_an_infinite_cotangent():
    assert bilinear(math.inf, 0.0) == bilinear(0.0, math.inf) == 0.0
    assert grad(lambda x: divide(divide(0.0, x), x))(0.0) == 0.0
    assert grad(lambda x: divide(power_log(0.0, x, -0.5, 0), x))(0.0) == 0.0
    assert grad(grad(lambda a, b: bilinear(a, b)), 1)(2.0, 3.0) == 1.0


def test_the_component_of_a_unit_vector_is_zero_where_its_length_is():
    assert divide(0.0, abs(0.0)) == 0.0
    assert grad(lambda ct: ct * divide(0.0, 0.0))(1.0) == 0.0


@pytest.mark.parametrize(
    ("args", "value"),
    [
        ((3.0, 2.0, 3.0, 0), 24.0),
        ((3.0, 2.0, 3.0, 2), 24.0 * math.log(2.0) ** 2),
        ((0.0, 0.0, -1.0, 3), 0.0),
        ((2.0, 0.0, 0.0, 0), 2.0),
        ((2.0, 0.0, 0.0, 1), -INF),
        ((2.0, 0.0, 0.0, 2), INF),
        ((2.0, 0.0, 1.5, 4), 0.0),
        ((-2.0, 0.0, -1.5, 0), -INF),
        ((1.0, 1e-200, -2.0, 0), INF),
        ((1.0, -1e-200, -3, 0), -INF),
        ((1.0, 1e-200, 2.0, 1), 0.0),
    ],
)
def test_power_log(args, value):
    assert power_log(*args) == value


def test_power_log_of_a_negative_base_is_complex():
    assert power_log(1.0, -2.0, 3.0, 1) == pytest.approx(-8 * (math.log(2.0) + 1j * math.pi))


def test_scale_does_not_overflow():
    assert scale(1.5, 3) == 12.0
    assert scale(-1.0, 5000) == -INF


def test_sign_and_whole_quotient_are_constants():
    assert [sign(x) for x in (-2.5, 0.0, 3.0)] == [-1.0, 0.0, 1.0]
    assert [sign(np.float64(x)) for x in (-2.5, 0.0)] == [sign(np.array(-2.5)), 0.0] == [-1.0, 0.0]
    assert math.isnan(sign(math.nan))
    assert vjp(lambda x: x * sign(x), -2.0)[1](1.0) == -1.0
    assert whole_quotient(1e300, 1e-300) == INF
    assert vjp(lambda x: x * whole_quotient(x, 2.0), 5.0)[1](1.0) == 2.0
