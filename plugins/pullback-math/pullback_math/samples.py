"""How the functions of this package are called when their rules are checked.

The order is that of the modules of rules. A function of which nothing is said here is called with
the numbers, and arrays, of the domain that its rule declares. Nothing imports this module until
rules are checked, as it imports hypothesis.
"""

from __future__ import annotations

import cmath
import math
import operator
import sys

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, integers, masks
from pullback.domains import above, below, interval, negative, nonzero, positive, unit
from pullback_math.polygamma import polygamma
from pullback_math.strong import (
    bilinear,
    divide,
    not_negative,
    power_log,
    scale,
    sign,
    whole_quotient,
)

complexes = st.builds(complex, floats(), floats())
upper_plane = st.builds(complex, floats(), floats(positive))
lists = st.lists(floats(), min_size=1, max_size=4, unique=True)
whole = integers(-3, 5)
natural = integers(0, 9)

# Quotients between 2.04 and 2.95, or -2.95 and -2.04: no jump of the remainder is near.
dividends = interval(5.1, 5.9), interval(-5.9, -5.1)
divisors = interval(2.0, 2.5), interval(-2.5, -2.0)
# The quotient is too large for a float.
endless = call(exactly(each(1e300, -1e300)), exactly(1e-10))


def register(samples):
    """Hand over the cases of this package.

    Args:
        samples: a `pullback.conformance.Samples`.
    """
    arithmetic(samples)
    elementary(samples)
    special(samples)
    sums(samples)
    parts(samples)
    complex_numbers(samples)
    constants(samples)
    strong(samples)


def arithmetic(samples):
    """The operators; those that write in place are given numbers, as they refuse arrays."""
    quotients = (
        call(exactly(each(*map(floats, dividends))), exactly(each(*map(floats, divisors)))),
        call(
            exactly(each(*(arrays("n,m", domain) for domain in dividends))),
            exactly(each(*(arrays("n,m", domain) for domain in divisors))),
        ),
        call(exactly(floats(dividends[0])), exactly(arrays("n", divisors[0]))),
        call(exactly(arrays("n", dividends[0])), exactly(floats(divisors[0]))),
        endless,
    )
    powers = (
        call(floats(positive), floats()),
        call(floats(negative), each(2, 3, -1)),
        call(complexes, each(complexes, floats(), 2)),
    )
    samples.add([operator.floordiv, operator.mod, divmod], *quotients)
    samples.add([operator.ifloordiv, operator.imod], quotients[0], endless)
    samples.add(
        operator.truediv,
        call(each(floats(), complexes), each(floats(nonzero), complexes)),
        call(arrays("n,m"), each(arrays("n,m", nonzero), floats(nonzero))),
        call(floats(), arrays("n,m", nonzero)),
    )
    samples.add(
        [operator.pow, pow],
        *powers,
        call(arrays("n,m", positive), each(arrays("n,m"), floats(), 2)),
        call(each(floats(positive), 2), arrays("n,m")),
    )
    samples.add(pow, call(natural, natural, each(None, 5, 7)), call(3, 5, 7))
    samples.add(operator.ipow, *powers)
    samples.add(
        [abs, operator.abs],
        call(each(floats(), complexes, complexes.map(np.complex64), arrays("n,m"))),
        call(exactly(math.inf)),
    )
    samples.add(
        [operator.iadd, operator.isub, operator.imul],
        call(floats(), floats()),
        call(complexes, complexes),
    )
    samples.add(
        operator.itruediv, call(floats(), floats(nonzero)), call(complexes, each(complexes, 2.0))
    )


def elementary(samples):
    """The logarithm has a second argument; the others follow from their domains."""
    samples.add(
        math.log,
        call(floats(positive)),
        call(floats(positive), each(floats(interval(0.0, 1.0)), floats(above(1.0)), 10)),
    )


def special(samples):
    """Positive numbers, and between the poles at 0, -1, -2 and -3."""
    numbers = each(
        floats(positive),
        floats(interval(-0.9, -0.1)),
        floats(interval(-1.9, -1.1)),
        floats(interval(-2.9, -2.1)),
    )
    samples.add([math.gamma, math.lgamma], call(numbers))
    samples.add(polygamma, call(each(0, 1, 2, 3), numbers))


def sums(samples):
    """Numbers in lists, tuples and arrays of one axis, or one by one."""
    pairs = st.tuples(floats(), floats())
    positives = st.lists(floats(positive), min_size=1, max_size=4, unique=True)
    samples.add(
        sum,
        call(each(lists, pairs, arrays("n"), arrays("n,m"))),
        call(each(lists, pairs), each(floats(), 0)),
        call(lists, start=each(floats(), 2)),
        call(st.lists(arrays("n"), min_size=1, max_size=3), each(floats(), arrays("n"))),
        call(arrays("n,m"), start=arrays("m")),
    )
    samples.add(math.fsum, call(each(lists, pairs, arrays("n"))))
    samples.add(
        math.prod,
        call(each(lists, pairs, arrays("n"), arrays("n,m"))),
        call(each(lists, arrays("n")), start=each(floats(), 2)),
        call(arrays((0,)), start=each(floats(), 2)),
        call(st.lists(arrays("n"), min_size=1, max_size=3), start=floats()),
    )
    samples.add(
        math.hypot, call(floats()), call(floats(), floats()), call(floats(), floats(), floats())
    )
    points = (
        call(pairs, each(pairs, pairs.map(list))),
        call(st.tuples(floats()).map(list), st.tuples(floats())),
        call(arrays("n"), arrays("n")),
        call(arrays((2,)), pairs),
        call(pairs, arrays((2,))),
    )
    samples.add(math.dist, *points)
    samples.add(
        [min, max],
        call(each(lists, pairs, arrays("n"), arrays("n,1"))),
        call(floats(), floats()),
        call(floats(), floats(), floats(), key=each(None, operator.neg)),
        call(exactly(positives), key=each(abs, math.cos), default=each(0, None)),
        call([], default=each(2, None)),
    )
    if sys.version_info >= (3, 12):
        samples.add(math.sumprod, *points)


def parts(samples):
    """Numbers that are no jump of what is constant: a quotient, a whole part, an exponent."""
    samples.add(
        math.fmod,
        call(exactly(each(*map(floats, dividends))), exactly(each(*map(floats, divisors)))),
        endless,
    )
    samples.add(
        math.remainder,
        endless,
        *(
            call(exactly(floats(dividend)), exactly(each(*map(floats, divisors))))
            for dividend, divisors in (
                (interval(5.1, 5.5), (interval(2.25, 2.4), interval(-2.4, -2.25))),
                (interval(5.5, 5.9), (interval(2.0, 2.15), interval(-2.15, -2.0))),
            )
        ),
    )
    samples.add(math.ldexp, call(floats(), each(-2, 0, 3)))
    samples.add(math.nextafter, call(floats(), floats()))
    if sys.version_info >= (3, 12):
        samples.add(math.nextafter, call(floats(), floats(), steps=each(0, 1, 2)))
    fractions = each(floats(interval(2.0, 3.0)), floats(interval(-1.0, 0.0)))
    samples.add(math.modf, call(exactly(fractions)))
    mantissas = each(floats(interval(2.0, 4.0)), floats(interval(-0.5, -0.25)))
    samples.add(math.frexp, call(exactly(mantissas)))


def complex_numbers(samples):
    """Complex numbers, and real ones on either side of the branch points."""
    entire = [cmath.exp, cmath.sin, cmath.cos, cmath.tan, cmath.atan]
    hyperbolic = [cmath.sinh, cmath.cosh, cmath.tanh, cmath.asinh]
    samples.add(entire + hyperbolic, call(each(complexes, floats())))
    imaginary = floats().map(lambda y: complex(0.0, y))
    samples.add(
        [cmath.sqrt, cmath.log10], call(each(complexes, floats(positive), floats(negative)))
    )
    samples.add(
        [cmath.asin, cmath.acos, cmath.acosh, cmath.atanh],
        call(each(complexes, floats(unit), floats(above(1.0)), floats(below(-1.0)), imaginary)),
    )
    bases = each(complexes, floats(interval(0.0, 1.0)), floats(above(1.0)), 10)
    samples.add(
        cmath.log,
        call(each(complexes, floats(positive), floats(negative))),
        call(each(complexes, floats(positive)), bases),
    )
    samples.add(
        [cmath.phase, cmath.polar], call(each(complexes, floats(positive), floats(negative)))
    )
    samples.add(cmath.rect, call(floats(), floats()))
    samples.add([float.real, float.imag, float.conjugate], call(floats()))
    samples.add([complex.real, complex.imag, complex.conjugate], call(complexes))


def constants(samples):
    """Steps, questions, comparisons, and functions of whole numbers."""
    samples.add([math.floor, math.ceil, math.trunc], call(floats()))
    samples.add(round, call(floats()), call(floats(), each(None, 0, 1)))
    samples.add(
        [math.ulp, float.is_integer, float.as_integer_ratio, float.hex],
        call(floats()),
    )
    close = each(1e-9, 0.5)
    samples.add(math.isclose, call(floats(), floats(), rel_tol=close, abs_tol=each(0.0, 0.5)))
    samples.add(
        cmath.isclose,
        call(complexes, each(complexes, floats()), rel_tol=close, abs_tol=each(0.0, 0.5)),
    )
    samples.add([math.isfinite, math.isinf, math.isnan], call(floats()))
    samples.add([cmath.isfinite, cmath.isinf, cmath.isnan], call(each(complexes, floats())))
    ordering = [operator.lt, operator.le, operator.ge, operator.gt]
    samples.add(
        [*ordering, operator.eq, operator.ne],
        call(floats(), each(floats(), whole)),
        call(arrays("n,m"), each(arrays("n,m"), floats())),
    )
    samples.add([operator.eq, operator.ne], call(complexes, each(complexes, floats())))
    samples.add([operator.is_, operator.is_not], call(floats(), each(floats(), None)))
    samples.add([operator.not_, operator.truth], call(each(floats(), complexes)))
    samples.add([math.comb, math.gcd, math.lcm, math.perm], call(natural, natural))
    samples.add([math.gcd, math.lcm, math.perm], call(natural))
    samples.add([math.factorial, math.isqrt], call(natural))
    samples.add([operator.index, operator.inv, operator.invert], call(whole))
    bitwise = [operator.and_, operator.or_, operator.xor]
    in_place = [operator.iand, operator.ior, operator.ixor]
    samples.add(bitwise + in_place, call(whole, whole))
    samples.add(bitwise, call(masks("n,m"), each(masks("n,m"), True)))
    shifts = [operator.lshift, operator.rshift, operator.ilshift, operator.irshift]
    samples.add(shifts, call(whole, natural))


def strong(samples):
    """What the formulas are made of: a cotangent, and a factor that may be singular."""
    counts = exactly(each(0, 1, 2))  # of derivatives
    samples.add(divide, call(floats(), floats(nonzero)), call(exactly(math.inf), floats(nonzero)))
    samples.add(
        divide,
        call(each(floats(), complexes), each(floats(), complexes), exactly(each(1, 2, 3))),
    )
    samples.add(
        power_log,
        call(floats(), floats(positive), floats(), counts),
        call(exactly(math.inf), floats(positive), floats(), counts),
        call(floats(), floats(positive), exactly(math.inf), counts),
        call(complexes, upper_plane, each(complexes, floats()), counts),
        call(floats(), exactly(complex(-1e-160)), exactly(-1.0), 0),
    )
    samples.add(
        bilinear,
        call(each(floats(), complexes), each(floats(), complexes)),
        call(floats(), exactly(math.inf)),
    )
    samples.add(not_negative, call(floats(positive)))
    samples.add(scale, call(floats(), each(-2, 0, 3, 2000)))
    samples.add(sign, call(floats()))
    samples.add(
        whole_quotient,
        call(exactly(each(*map(floats, dividends))), exactly(each(*map(floats, divisors)))),
    )
