"""Complex functions: holomorphic derivatives, the parts of a number, polar coordinates."""

from __future__ import annotations

import cmath
import math

import pytest

from pullback import grad, primitive, vjp

Z = 0.6 + 0.8j


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (cmath.exp, cmath.exp(Z)),
        (cmath.log, 1 / Z),
        (cmath.log10, 1 / (Z * math.log(10))),
        (cmath.sqrt, 0.5 * Z**-0.5),
        (cmath.sin, cmath.cos(Z)),
        (cmath.cos, -cmath.sin(Z)),
        (cmath.tan, cmath.cos(Z) ** -2),
        (cmath.asin, (1 - Z**2) ** -0.5),
        (cmath.acos, -((1 - Z**2) ** -0.5)),
        (cmath.atan, 1 / (1 + Z**2)),
        (cmath.sinh, cmath.cosh(Z)),
        (cmath.cosh, cmath.sinh(Z)),
        (cmath.tanh, cmath.cosh(Z) ** -2),
        (cmath.asinh, (1 + Z**2) ** -0.5),
        (cmath.acosh, (Z - 1) ** -0.5 * (Z + 1) ** -0.5),
        (cmath.atanh, 1 / (1 - Z**2)),
    ],
)
def test_holomorphic_functions(f, derivative):
    found = grad(f, holomorphic=True)(Z)
    assert type(found) is complex
    assert found == pytest.approx(derivative, rel=1e-14)


ON_THE_CUTS = {
    cmath.asin: (2.0, -2.0),
    cmath.acos: (2.0, -2.0),
    cmath.atanh: (2.0, -2.0),
    cmath.acosh: (-2.0, 0.5),
    cmath.asinh: (2j, -2j),
    cmath.atan: (2j, -2j),
    cmath.sqrt: (-2.0,),
    cmath.log: (-2.0,),
}


@pytest.mark.parametrize("side", [0.0, -0.0])
@pytest.mark.parametrize(
    ("f", "point"), [(f, point) for f, points in ON_THE_CUTS.items() for point in points]
)
def test_the_sign_of_zero_tells_the_side_of_a_branch_cut(f, point, side):
    def along(t):
        return complex(side, t) if isinstance(point, complex) else complex(t, side)

    t, step = (point.imag, 1e-6j) if isinstance(point, complex) else (point, 1e-6)
    slope = (f(along(t + 1e-6)) - f(along(t - 1e-6))) / (2 * step)
    assert grad(f, holomorphic=True)(along(t)) == pytest.approx(slope, rel=1e-8)


@pytest.mark.parametrize("f", [cmath.asinh, cmath.atan, cmath.atanh])
def test_far_away_nothing_overflows(f):
    # asinh(z) is log(2 z) there, and the others' derivatives underflow.
    z = 5e199 + 5e199j
    slope = 1 / z if f is cmath.asinh else 0.0
    assert grad(f, holomorphic=True)(z) == pytest.approx(slope, rel=1e-13, abs=1e-300)
    assert vjp(f, z)[1](0j) == 0


@pytest.mark.parametrize("f", [cmath.asin, cmath.acos])
@pytest.mark.parametrize("x", [2.0, -2.0])
def test_a_float_lies_on_the_upper_side_of_a_branch_cut(f, x):
    slope = (f(x + 1e-6) - f(x - 1e-6)) / 2e-6
    assert vjp(f, x)[1](1j) == pytest.approx((1j * slope).real, rel=1e-8)


def test_second_derivative_of_a_chain():
    second = grad(grad([cmath.sin, cmath.exp], holomorphic=True), holomorphic=True)(Z)
    wanted = cmath.exp(cmath.sin(Z)) * (cmath.cos(Z) ** 2 - cmath.sin(Z))
    assert second == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize(
    ("f", "derivative"), [(lambda z: z**2, 2 * Z), (cmath.sqrt, 0.5 * Z**-0.5)]
)
def test_a_pullback_has_its_transpose_at_the_cotangent_zero_too(f, derivative):
    _, pullback = vjp(f, Z)
    y, transpose = vjp(pullback, 0j)
    assert (y, transpose(1j)) == (0, pytest.approx(1j * derivative))


def test_logarithm_to_a_base():
    _, pullback = vjp(cmath.log, Z, 2j)
    log = cmath.log(2j)
    assert pullback(1.0) == pytest.approx((1 / (Z * log), -cmath.log(Z) / (2j * log**2)))
    y, pullback = vjp(cmath.log, 0j, 2j)
    assert cmath.isinf(y)
    assert pullback(0j) == (0j, 0j)


def test_a_real_primal_gets_a_real_cotangent():
    y, pullback = vjp(cmath.sqrt, -4.0)
    assert y == 2j
    assert pullback(1j) == 0.25
    assert type(pullback(1j)) is float


def test_branches_end_in_infinity_and_strong_zeros():
    _, pullback = vjp(cmath.sqrt, 0j)
    assert cmath.isinf(pullback(1.0))
    assert pullback(0.0) == 0j
    assert vjp(cmath.asin, 1 + 0j)[1](0.0) == 0j


def test_parts_of_numbers():
    y, pullback = vjp(lambda z: z.real, Z)
    assert (y, pullback(2.0)) == (0.6, 2 + 0j)
    y, pullback = vjp(lambda z: z.imag, Z)
    assert (y, pullback(2.0)) == (0.8, -2j)
    y, pullback = vjp(lambda z: z.conjugate(), Z)
    assert (y, pullback(1j)) == (Z.conjugate(), -1j)
    assert grad(lambda x: x.real * x.conjugate())(3.0) == 6.0
    assert grad(lambda x: x * x.imag)(3.0) == 0.0
    assert grad(lambda z: (z * z.conjugate()).real)(Z) == pytest.approx(2 * Z.conjugate())


def test_polar_coordinates():
    # the unit vectors along r and phi, as unconjugated cotangents
    (r, phi), pullback = vjp(cmath.polar, Z)
    assert (r, phi) == cmath.polar(Z)
    assert pullback((1.0, 0.0)) == pytest.approx(0.6 - 0.8j)
    assert pullback((0.0, 1.0)) == pytest.approx(-0.8 - 0.6j)
    assert vjp(cmath.phase, Z)[1](1.0) == pytest.approx(-0.8 - 0.6j)
    assert vjp(cmath.polar, 0j)[1]((1.0, 1.0)) == 0j
    assert vjp(cmath.phase, 0j)[1](1.0) == 0j
    assert vjp(cmath.phase, complex(-math.inf, 0.0))[1](1.0) == 0j
    for f, ct in ((cmath.phase, 0.0), (cmath.polar, (0.0, 0.0))):
        assert vjp(f, 5e-324)[1](ct) == 0.0


def test_there_and_back_again_is_the_identity():
    polar, rect = primitive(cmath.polar), primitive(cmath.rect)
    assert vjp(lambda z: rect(*polar(z)), Z)[1](2 - 1j) == pytest.approx(2 - 1j)


def test_from_polar_coordinates():
    _, pullback = vjp(cmath.rect, 2.0, 0.5)
    assert pullback(1.0) == pytest.approx((math.cos(0.5), -2 * math.sin(0.5)))
    assert pullback(-1j) == pytest.approx((math.sin(0.5), 2 * math.cos(0.5)))
