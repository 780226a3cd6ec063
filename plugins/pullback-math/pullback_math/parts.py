"""Parts of a number: its sign, its remainder, its fraction, its mantissa.

Each is differentiable between its jumps: what is constant there (a quotient, an exponent) is a
constant of the formula.
"""

from __future__ import annotations

import math
import sys

from pullback import elementwise, primitive, rule
from pullback.domains import nonzero, reals
from pullback_math.strong import bilinear, scale, sign, whole_quotient

copysign, nextafter = primitive(math.copysign), primitive(math.nextafter)
frexp, modf = primitive(math.frexp), primitive(math.modf)

fabs_rule = elementwise(math.fabs, lambda ct, x: ct * sign(x), points={0.0: 0.0})
copysign_rule = elementwise(
    math.copysign,
    lambda ct, a, b: ct * sign(a) * copysign(1.0, b),
    None,
    points={(0.0, 1.0): (0.0, 0.0)},
)
fmod_rule = elementwise(
    math.fmod,
    lambda ct: ct,
    lambda ct, a, b, y: -bilinear(ct, whole_quotient(a - y, b)),
    domain=(reals, nonzero),
)
remainder_rule = elementwise(
    math.remainder,
    lambda ct: ct,
    lambda ct, a, b, y: -bilinear(ct, whole_quotient(a - y, b)),
    domain=(reals, nonzero),
)
ldexp_rule = elementwise(math.ldexp, lambda ct, b: scale(ct, b), None, domain=(reals, None))


@rule(math.nextafter, differentiable=("x",))
def nextafter_rule(x, y, **steps):
    """A neighbour of ``x``, which moves with it; ``y`` tells the side."""

    def nextafter_pullback(ct):
        return ct

    return nextafter(x, y, **steps), (nextafter_pullback, None)


@rule(math.modf)
def modf_rule(x):
    """The fraction moves with ``x``, the whole part stays."""

    def modf_pullback(cts):
        return cts[0]

    return modf(x), modf_pullback


@rule(math.frexp, domain=nonzero)
def frexp_rule(x):
    """``mantissa = x / 2**exponent``, where the exponent is a constant."""
    mantissa, exponent = frexp(x)

    def frexp_pullback(cts):
        return scale(cts[0], -exponent)

    return (mantissa, exponent), frexp_pullback


if sys.version_info >= (3, 13):
    fma_rule = elementwise(math.fma, lambda ct, b: ct * b, lambda ct, a: ct * a, lambda ct: ct)
