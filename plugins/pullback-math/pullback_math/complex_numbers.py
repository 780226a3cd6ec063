"""Complex numbers: the functions of `cmath`, and the parts of ``float`` and ``complex``.

A cotangent is paired with a tangent without conjugation, so a holomorphic function has the formula
of its real one, ``ct * f'(x)``.
"""

from __future__ import annotations

import cmath

from pullback import elementwise, nondifferentiable, primitive, rule
from pullback.domains import nonzero
from pullback.spaces import plain
from pullback_math.elementary import LOG_10, logarithm
from pullback_math.strong import bilinear, divide

cos, sin = primitive(cmath.cos), primitive(cmath.sin)
cosh, sinh = primitive(cmath.cosh), primitive(cmath.sinh)
phase, polar, rect = primitive(cmath.phase), primitive(cmath.polar), primitive(cmath.rect)
sqrt = primitive(cmath.sqrt)

# Powers, exponentials and logarithms
sqrt_rule = elementwise(cmath.sqrt, lambda ct, y: divide(0.5 * ct, y), domain=nonzero)
exp_rule = elementwise(cmath.exp, lambda ct, y: ct * y)
log_rule = logarithm(cmath.log, nonzero)
log10_rule = elementwise(cmath.log10, lambda ct, x: ct / (x * LOG_10), domain=nonzero)


def over_cosine(ct, x):
    """``ct / sqrt(1 - x²)``, where the root is the cosine of ``asin(x)``.

    The sign of a zero imaginary part tells on which side of a branch cut ``x`` lies; a float lies
    on the upper one. The sign is lost in ``1.0 - x`` and ``1.0 + x``, and kept in ``x - 1.0``.
    """
    if not isinstance(plain(x), complex):
        x = x + 0j
    return divide(ct, sqrt(-(x - 1.0)) * sqrt(x - -1.0))


# Trigonometric functions
sin_rule = elementwise(cmath.sin, lambda ct, x: ct * cos(x))
cos_rule = elementwise(cmath.cos, lambda ct, x: -ct * sin(x))
tan_rule = elementwise(cmath.tan, lambda ct, y: ct * (1.0 + y * y))
BELOW_THE_CUT = complex(2.0, -0.0)
asin_rule = elementwise(cmath.asin, over_cosine, points={BELOW_THE_CUT: -1j / 3**0.5})
acos_rule = elementwise(
    cmath.acos, lambda ct, x: -over_cosine(ct, x), points={BELOW_THE_CUT: 1j / 3**0.5}
)
atan_rule = elementwise(cmath.atan, lambda ct, x: ct / (x - 1j) / (x + 1j))

# Hyperbolic functions
sinh_rule = elementwise(cmath.sinh, lambda ct, x: ct * cosh(x))
cosh_rule = elementwise(cmath.cosh, lambda ct, x: ct * sinh(x))
tanh_rule = elementwise(cmath.tanh, lambda ct, y: ct * (1.0 - y * y))
asinh_rule = elementwise(cmath.asinh, lambda ct, y: divide(ct, cosh(y)))
acosh_rule = elementwise(cmath.acosh, lambda ct, x: divide(ct, sqrt(x - 1.0) * sqrt(x - -1.0)))
atanh_rule = elementwise(cmath.atanh, lambda ct, x: ct / (1.0 - x) / (1.0 + x))


# Polar coordinates: log(x) = log(r) + i phi
@rule(cmath.phase, domain=nonzero, points={0j: 0j})
def phase_rule(x):
    """``dphi = Im(conj(x) dx) / |x|²``; 0 at 0."""

    def phase_pullback(ct):
        r = abs(x)
        return -1j * bilinear(divide(ct, r), divide(x.conjugate(), r))

    return phase(x), phase_pullback


@rule(cmath.polar, domain=nonzero, points={0j: 0j})
def polar_rule(x):
    """``dr = Re(conj(x) dx) / r`` and ``dphi = Im(conj(x) dx) / r²``; both 0 at 0."""
    r, phi = polar(x)

    def polar_pullback(cts):
        r_ct, phi_ct = cts
        along = divide(x.conjugate(), r)
        return r_ct * along - 1j * bilinear(divide(phi_ct, r), along)

    return (r, phi), polar_pullback


@rule(cmath.rect)
def rect_rule(r, phi):
    """``dy = exp(i phi) dr + i y dphi``."""
    y = rect(r, phi)

    def rect_pullback_r(ct):
        return ct * rect(1.0, phi)

    def rect_pullback_phi(ct):
        return 1j * ct * y

    return y, (rect_pullback_r, rect_pullback_phi)


@rule(float.real)
def float_real_rule(x):
    """A float is its own real part."""

    def real_pullback(ct):
        return ct

    return x.real, real_pullback


@rule(complex.real)
def complex_real_rule(x):
    """``Re(dx)``."""

    def real_pullback(ct):
        return ct

    return x.real, real_pullback


@rule(complex.imag)
def complex_imag_rule(x):
    """``Im(dx) = Re(-i dx)``."""

    def imag_pullback(ct):
        return -1j * ct

    return x.imag, imag_pullback


float_conjugate_rule = elementwise(float.conjugate, lambda ct: ct)
complex_conjugate_rule = elementwise(complex.conjugate, lambda ct: ct.conjugate())
float_imag_rule = nondifferentiable(float.imag)
