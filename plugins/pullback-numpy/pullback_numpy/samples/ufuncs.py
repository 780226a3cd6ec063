"""Cases of `pullback_numpy.ufuncs`: keywords and methods of ufuncs."""

from __future__ import annotations

from math import inf, nan

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats, indices, masks
from pullback.domains import interval, nonzero, positive, reals
from pullback_numpy import ufuncs
from pullback_numpy.samples.elementwise import DIVIDENDS, DIVISORS

SEVENS = np.array([7.25, 7.75])
KEEP = each(False, True)
DTYPES = each(np.float32, np.complex128)
ROUNDED_DOWN = [np.remainder, np.fmod, np.divmod]
"""They jump where a quotient is a whole number."""
INTEGER = [
    np.gcd,
    np.lcm,
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor),
    *(np.left_shift, np.right_shift),
]
COMPARISONS = [
    *(np.greater, np.greater_equal, np.less, np.less_equal),
    *(np.equal, np.not_equal),
]
LOGICAL = [np.logical_and, np.logical_or, np.logical_xor]


def register(samples):
    """Hand over the cases of ufuncs with keywords, and of their methods."""
    keywords(samples)
    selected(samples)
    outer(samples)
    accumulate(samples)
    reduce(samples)
    steps(samples)


def keywords(samples):
    """``np.log(x, where=mask)``. What is not selected NumPy leaves undefined, so here all is."""
    everything = exactly(each(True, np.True_, masks("n,m").map(np.ones_like), np.ones(1, bool)))
    unary = each(np.sin, np.sqrt, np.square, np.log)
    binary = [np.multiply, np.divide, np.hypot, np.power]
    fraction, seven, two = interval(0.1, 0.9), interval(7.1, 7.9), interval(2.1, 2.3)
    samples.add(
        np.ufunc.__call__,
        call(unary, arrays("n,m", fraction), where=everything),
        call(
            each(*binary, np.greater),
            arrays("n,m", positive),
            arrays("m", two),
            where=everything,
        ),
        call(
            each(*binary),
            arrays("n,m", seven),
            each(arrays("m", two), floats(two), 2),
            dtype=each(None, np.float64, np.float32),
            casting=each("same_kind", "unsafe"),
        ),
        call(each(np.modf, np.floor), exactly(arrays("n,m", fraction)), where=everything),
        call(
            np.divmod,
            exactly(arrays("n,m", seven)),
            exactly(arrays("m", two)),
            where=everything,
        ),
        call(each(np.sin, np.sqrt, np.square), arrays("n,m", fraction), dtype=np.complex128),
        call(np.multiply, arrays("n,m"), arrays("m"), order=each("K", "C", "F"), subok=KEEP),
        call(np.matmul, arrays("n,k"), arrays("k,m"), dtype=DTYPES),
        # NumPy computes these in the dtype, and the rule has an exponent or divisor of integers.
        call(each(np.power, np.divmod), SEVENS, np.array([2, 3]), dtype=np.float32),
    )


def selected(samples):
    """``np.log(x, where=mask)``, with 0 elsewhere; there stand numbers outside of the domain."""
    some, half = masks("n,m"), interval(0.1, 0.9)
    samples.add(
        ufuncs.selected,
        call(each(np.sin, np.log, np.modf, np.floor), arrays("n,m", half), where=some),
        call(
            each(np.multiply, np.divide, np.power, np.copysign, np.greater),
            arrays("n,m", positive),
            arrays("m", positive),
            where=each(some, masks("m"), np.ones((1, 1), bool)),
        ),
        call(np.divide, arrays("n,m"), each(floats(nonzero), 2), where=some),
        call(np.divide, arrays("n,2"), np.array([2, 3], np.int8), where=np.array([True, False])),
        call(np.divmod, exactly(SEVENS), exactly(2.2), where=exactly(np.array([True, False]))),
        call(each(np.sin, np.sqrt), each(arrays(""), floats()), where=each(True, False, np.False_)),
    )
    samples.add(ufuncs.selected, call(np.sin, exactly(np.array([inf])), where=exactly(False)))
    for ufunc, inside, *outside in (
        (np.square, 1.5, inf, nan),
        (np.sin, 0.5, inf, nan),
        (np.log, 0.5, 0.0, -1.5),
        (np.arcsin, 0.5, 2.5, -inf),
        (np.arctanh, -0.5, 1.0, -1.0),
        (np.arccosh, 1.5, 1.0, -2.5),
        (np.log1p, 0.5, -1.0, -2.5),
        (np.reciprocal, 0.5, 0.0, nan),
    ):
        numbers = np.array([inside, *outside, inside + 0.25])
        mask = np.array([True, *(False for _ in outside), True])
        samples.add(ufuncs.selected, call(ufunc, exactly(numbers), where=exactly(mask)))
    mask = np.array([True, False, False])
    a, b = np.array([0.5, inf, 0.5]), np.array([0.75, 1.5, nan])
    pair = each(np.hypot, np.arctan2, np.multiply)
    samples.add(ufuncs.selected, call(pair, exactly(a), exactly(b), where=exactly(mask)))


def outer(samples):
    """``np.hypot.outer(a, b)`` of every ufunc of two arguments."""
    for binary in ufuncs.BINARY:
        ufunc = binary.primitive
        for a, b in operands(ufunc, binary.domain):
            samples.add(
                ufunc.outer,
                call(a("n"), b("m")),
                call(a("n,m"), b("2")),
                call(a(""), b("2,m")),
            )
    samples.add(
        [np.multiply.outer, np.divide.outer, np.hypot.outer],
        call(arrays("n", positive), arrays("m", positive), dtype=each(None, np.float32)),
        call(floats(positive), arrays("m", positive), casting=each("same_kind", "unsafe")),
        call(arrays("n", positive), floats(positive), where=exactly(each(True, np.ones(1, bool)))),
        call(arrays("2,n", positive), arrays("m", positive), order=each("K", "C", "F")),
    )


def operands(ufunc, domain):
    """Strategies of both operands, as functions of the shape, where ``ufunc`` is smooth."""

    def within(*domains):
        return tuple(lambda shape, domain=domain: arrays(shape, domain) for domain in domains)

    def exactly_within(*domains):
        return tuple(lambda shape, f=f: exactly(f(shape)) for f in within(*domains))

    if ufunc in ROUNDED_DOWN:
        return [exactly_within(a, b) for a in DIVIDENDS for b in DIVISORS]
    if ufunc is np.ldexp:
        return [(*within(reals), lambda shape: indices(shape, 4, negative=True))]
    if ufunc in (np.maximum, np.minimum, np.fmax, np.fmin):
        return [within(reals, interval(-1, 0.9))]
    return [within(*domain) if isinstance(domain, tuple) else within(reals, reals)]


def accumulate(samples):
    """``np.hypot.accumulate(x)`` of every ufunc that has it."""
    for accumulated in ufuncs.accumulates:
        domain = nonzero if accumulated.primitive == np.divide.accumulate else reals
        samples.add(
            accumulated.primitive,
            call(arrays("n,m", domain), axis=each(0, 1, -1)),
            call(arrays("5", domain)),
            call(arrays("2,n,3", domain), axis=each(1, -3)),
            call(arrays("n,3", domain), dtype=each(np.float32, np.float64)),
        )
    samples.add(
        [np.add.accumulate, np.multiply.accumulate],
        call(arrays("n,m"), axis=each(0, 1, -1)),
        call(arrays("5")),
        call(arrays("2,n,3"), axis=each(1, -3)),
        call(arrays("n,3"), dtype=DTYPES),
    )


def reduce(samples):
    """``np.hypot.reduce(x)`` of every ufunc that has it."""
    written = [
        np.add.reduce,
        np.multiply.reduce,
        np.hypot.reduce,
        *(declared.primitive for declared in ufuncs.extreme_reduces + ufuncs.log_sums),
    ]
    bounds = each(floats(interval(0.1, 0.2)), 9.5, -9.5)
    samples.add(
        written,
        call(
            arrays("n,m"),
            axis=each(0, None),
            initial=exactly(1.25),
            where=each(masks("n,m"), masks("m"), False),
        ),
        call(arrays("n,m"), axis=each(0, -1, None, (1, 0), ()), keepdims=KEEP),
        call(arrays("2,n,3"), axis=each(1, (0, -1)), keepdims=KEEP),
        call(arrays("4")),
        call(arrays("n,m"), dtype=each(np.float32, np.float64)),
        call(arrays("n,m"), axis=each(0, None, (0, 1)), initial=bounds, keepdims=KEEP),
        call(arrays("n,m"), axis=each(0, None), initial=bounds, where=masks("n,m")),
    )
    nothing = exactly(np.zeros((2, 2)))
    samples.add(np.hypot.reduce, call(nothing), call(nothing, initial=exactly(0.0)))
    samples.add(
        [log_sum.primitive for log_sum in ufuncs.log_sums],
        call(exactly(np.full((2, 2), -inf))),
        call(exactly(np.full((2, 2), -inf)), initial=exactly(-inf)),
        call(exactly(np.array([inf, 0.5, -inf, 0.25])), initial=exactly(each(0.5, inf))),
    )
    for fold in ufuncs.folds:
        domain = nonzero if fold.primitive == np.divide.reduce else reals
        samples.add(
            fold.primitive,
            call(arrays("n,m", domain), axis=each(0, 1, -1), keepdims=KEEP),
            call(arrays("2,n,3", domain), axis=each(1, -3), keepdims=KEEP),
            call(arrays("5", domain)),
            call(arrays("n,3", domain), dtype=each(np.float32, np.float64)),
        )


def steps(samples):
    """The methods of ufuncs that are steps. Most take integers or booleans only."""
    for a in DIVIDENDS:
        for b in DIVISORS:
            samples.add(
                np.floor_divide.outer,
                call(arrays("n", a), arrays("m", b)),
                call(arrays("2,n", a), floats(b)),
            )
    samples.add(
        [ufunc.outer for ufunc in COMPARISONS + LOGICAL],
        call(arrays("n"), arrays("m")),
        call(arrays("2,n"), each(floats(), arrays("3,m"))),
    )

    def digits(shape):
        return indices(shape, 9)

    for values, members in (
        (digits, INTEGER),
        (masks, COMPARISONS + LOGICAL),
        (arrays, LOGICAL),
    ):
        for ufunc in members:
            samples.add(
                ufunc.outer, call(values("n"), values("m")), call(values("2,n"), values("m"))
            )
            samples.add(ufunc.reduce, call(values("n,m"), axis=each(0, -1), keepdims=KEEP))
            samples.add(ufunc.accumulate, call(values("n,m"), axis=each(0, -1)))
            samples.add(
                ufunc.reduceat,
                call(values("4,n"), each([0, 2], [3, 1, 0])),
                call(values("n,4"), [0, 3], axis=each(1, -1)),
            )
