"""Remainders, signs, fractions and mantissas, between their jumps and at them."""

from __future__ import annotations

import math
import operator
import sys

import pytest

from pullback import grad, primitive, vjp


@pytest.mark.parametrize(
    ("f", "a", "b", "quotient"),
    [
        (math.fmod, 7.5, 2.0, 3.0),
        (math.fmod, -7.5, 2.0, -3.0),
        (math.fmod, 5.0, math.inf, 0.0),
        (math.remainder, 7.5, 2.0, 4.0),
        (math.remainder, 5.0, 2.0, 2.0),
        (math.remainder, 7.0, 2.0, 4.0),
        (math.fmod, 2.9999999999999996, 1.0, 2.0),
        (math.fmod, 0.3, 0.1, 2.0),
        (math.fmod, 38.12, 0.94, 40.0),
        (math.remainder, 38.12, 0.94, 41.0),
    ],
)
def test_remainders(f, a, b, quotient):
    y, pullback = vjp(f, a, b)
    assert (y, pullback(1.0)) == (f(a, b), (1.0, -quotient))


def test_a_remainder_of_astronomic_numbers_has_a_slope():
    assert vjp(math.fmod, 1e300, 1e-300)[1](1.0) == (1.0, -math.inf)


@pytest.mark.parametrize("f", [math.fmod, math.remainder, operator.mod, operator.imod])
def test_the_zero_of_a_remainder_is_strong_against_an_infinite_quotient(f):
    assert vjp(f, 5.0, 5e-324)[1](0.0) == (0.0, 0.0)
    assert vjp(divmod, 5.0, 5e-324)[1]((0.0, 0.0)) == (0.0, 0.0)


def test_a_neighbour_moves_with_its_number():
    nextafter = primitive(math.nextafter)
    y, pullback = vjp(nextafter, 2.5, 3.0)
    assert (y, pullback(2.0)) == (2.5000000000000004, (2.0, 0.0))
    assert grad(lambda x: x * nextafter(x, x - 1.0))(2.5) == pytest.approx(5.0, rel=1e-15)
    if sys.version_info >= (3, 12):
        assert vjp(lambda x: nextafter(x, 3.0, steps=2), 2.5)[1](2.0) == 2.0


def test_signs():
    assert [grad(math.fabs)(x) for x in (-2.0, 0.0, 2.0)] == [-1.0, 0.0, 1.0]
    copysign = primitive(math.copysign)
    assert [
        grad(copysign)(a, b) for a, b in [(2.0, -3.0), (-2.0, -3.0), (0.0, -3.0), (2.0, -0.0)]
    ] == [
        -1.0,
        1.0,
        0.0,
        -1.0,
    ]
    assert grad(copysign, 1)(2.0, -3.0) == 0.0
    assert grad(lambda x: copysign(x, x))(-3.0) == 1.0


def test_fraction_and_whole_part():
    (fraction, whole), pullback = vjp(math.modf, -3.25)
    assert (fraction, whole) == (-0.25, -3.0)
    assert pullback((2.0, 7.0)) == 2.0
    modf = primitive(math.modf)
    assert grad(lambda x: modf(x)[0] ** 2 * modf(x)[1])(3.25) == 1.5


def test_mantissa_and_exponent():
    frexp, ldexp = primitive(math.frexp), primitive(math.ldexp)
    (mantissa, exponent), pullback = vjp(math.frexp, 12.0)
    assert (mantissa, exponent) == (0.75, 4)
    assert pullback((1.0, 0)) == 1 / 16
    assert grad(lambda x: ldexp(*frexp(x)))(12.0) == 1.0
    assert grad(grad(lambda x: frexp(x)[0] ** 2))(12.0) == 2 / 256
    assert grad(ldexp)(3.0, -2) == 0.25
    assert grad(lambda x: frexp(x)[0])(5e-324) == math.inf


@pytest.mark.skipif(sys.version_info < (3, 13), reason="math.fma is new in Python 3.13")
def test_fused_multiply_add():
    y, pullback = vjp(math.fma, 2.0, 3.0, 4.0)
    assert (y, pullback(1.0)) == (10.0, (3.0, 2.0, 1.0))
