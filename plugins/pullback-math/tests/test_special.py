"""Derivatives of the special functions against `scipy.special` and closed forms."""

from __future__ import annotations

import math

import pytest
from scipy import special

from pullback import grad, primitive, vjp


@pytest.mark.parametrize("x", [0.01, 0.7, 1.4616321449683622, 3.0, 25.5, 150.0, -0.5, -3.25])
def test_gamma_functions(x):
    assert grad(math.lgamma)(x) == pytest.approx(special.digamma(x), rel=1e-13, abs=0.0)
    slope = special.gamma(x) * special.digamma(x)
    assert grad(math.gamma)(x) == pytest.approx(slope, rel=1e-13, abs=0.0)


@pytest.mark.parametrize("x", [0.3, 2.0, 40.0])
def test_higher_derivatives_of_lgamma_are_polygammas(x):
    f = grad(math.lgamma)
    for n in (1, 2, 3):
        f = grad(f)
        assert f(x) == pytest.approx(special.polygamma(n, x), rel=1e-12)


def test_second_derivative_of_gamma():
    x = 2.5
    wanted = special.gamma(x) * (special.digamma(x) ** 2 + special.polygamma(1, x))
    assert grad(grad(math.gamma))(x) == pytest.approx(wanted, rel=1e-13)


def test_the_zero_of_lgamma_is_strong_next_to_its_pole():
    assert vjp(math.lgamma, 5e-324)[1](0.0) == 0.0
    assert grad(grad(lambda x: 0.0 * primitive(math.lgamma)(x)))(5e-324) == 0.0


def test_error_functions():
    slope = 2 / math.sqrt(math.pi) * math.exp(-0.49)
    assert grad(math.erf)(0.7) == pytest.approx(slope, rel=1e-15)
    assert grad(math.erfc)(0.7) == pytest.approx(-slope, rel=1e-15)
    assert grad(grad(math.erf))(0.7) == pytest.approx(-1.4 * slope, rel=1e-15)
    assert grad(math.erfc)(1e200) == 0.0


@pytest.mark.parametrize("x", [0.0, -2.0])
def test_poles_are_the_errors_of_math(x):
    with pytest.raises(ValueError):  # noqa: PT011 - each Python version words it in its own way
        grad(lambda x: primitive(math.gamma)(x))(x)
