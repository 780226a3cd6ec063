"""The polygamma functions against `scipy.special`, and by their functional equations."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from pullback import grad
from pullback_math.polygamma import polygamma

ORDERS = st.integers(0, 6)


@given(ORDERS, st.floats(1e-8, 1e8) | st.floats(1e-3, 30.0) | st.floats(1.4613, 1.462))
@settings(max_examples=300, deadline=None, database=None)
def test_thirteen_digits_at_positive_numbers(n, x):
    assert polygamma(n, x) == pytest.approx(float(special.polygamma(n, x)), rel=1e-13, abs=0.0)


@given(ORDERS, st.integers(-6, -1), st.floats(0.05, 0.95))
@settings(max_examples=200, deadline=None, database=None)
def test_negative_numbers_by_the_recurrence(n, whole, fraction):
    # psi_n(x + 1) = psi_n(x) + (-1)**n n! / x**(n + 1), from the positive side; A & S 6.4.6
    x = whole + fraction
    steps = [(-1) ** n * math.factorial(n) / (x + k) ** (n + 1) for k in range(-whole)]
    wanted = float(special.polygamma(n, x - whole)) - math.fsum(steps)
    scale = max(map(abs, steps))
    assert polygamma(n, x) == pytest.approx(wanted, rel=1e-12, abs=1e-13 * scale)


def test_the_root_of_digamma():
    digits = Decimal("1.46163214496836234126265954232572132846819620400644629512959840859878")
    for x in (1.4616321449683622, 1.4616321449683624, 1.461632144968):
        shift = float(Decimal(x) - digits)
        slope, curvature = special.polygamma(1, x - shift), special.polygamma(2, x - shift)
        wanted = shift * (slope + shift * curvature / 2)
        assert polygamma(0, x) == pytest.approx(wanted, rel=1e-14, abs=0.0)


def test_ends_of_the_range():
    assert polygamma(0, math.inf) == math.inf
    assert polygamma(2, math.inf) == 0.0
    assert math.isnan(polygamma(0, math.nan))
    assert math.isnan(polygamma(1, -math.inf))
    assert polygamma(1, 1e-200) == math.inf
    assert polygamma(2, 1e-200) == -math.inf


@pytest.mark.parametrize("x", [0.0, -1.0, -7.0])
def test_poles_are_refused(x):
    with pytest.raises(ValueError, match=r"polygamma\(1, x\) has a pole"):
        polygamma(1, x)


def test_an_array_without_axes_is_a_number_and_is_not_written_to():
    for number in (0.5, -0.5):
        x = np.array(number)
        assert polygamma(1, x) == polygamma(1, number)
        assert x == number
        assert grad(math.lgamma)(x) == grad(math.lgamma)(number)


def test_its_derivative_is_the_next_one():
    assert grad(polygamma, 1)(2, 1.5) == polygamma(3, 1.5)
