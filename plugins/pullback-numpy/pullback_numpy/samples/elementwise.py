"""Cases of `pullback_numpy.elementwise`, where they do not follow from what a rule declares."""

from __future__ import annotations

from math import inf, nan

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats, indices
from pullback.domains import above, interval, nonzero, positive, reals

DIVIDENDS = interval(7.1, 7.9), interval(-7.9, -7.1)
DIVISORS = interval(2.1, 2.3), interval(-2.3, -2.1)
"""The quotients lie strictly between whole numbers, where remainders jump."""
BETWEEN_WHOLE_NUMBERS = (interval(0.1, 0.9), interval(-3.9, -3.1), interval(17.1, 17.9))


def pairs(first, second):
    """Python numbers, and arrays that broadcast with each other."""
    return (
        call(floats(first), floats(second)),
        call(arrays("n,m", first), arrays("n,m", second)),
        call(arrays("n,1", first), arrays("m", second)),
    )


def alone(domain):
    """A Python number, and an array."""
    return call(floats(domain)), call(arrays("n,m", domain))


def register(samples):
    """Hand over the cases of powers, remainders, extremes and parts of numbers."""
    general(samples)
    singular(samples)


def general(samples):
    """Where its domain alone does not say how a ufunc is called."""
    # Negative numbers have powers too, if the exponent is an integer.
    samples.add(
        [np.power, np.float_power],
        *pairs(positive, reals),
        call(arrays("n,m", nonzero), each(2, 3, 1, 0, -2, indices("m", 4))),
    )
    # Of numbers that are huge beside the divisor the remainders jump at every step.
    for dividends in DIVIDENDS:
        for divisors in DIVISORS:
            samples.add(
                [np.remainder, np.fmod, np.divmod],
                call(exactly(floats(dividends)), exactly(floats(divisors))),
                call(exactly(arrays("n,m", dividends)), exactly(arrays("n,m", divisors))),
                call(exactly(arrays("n,1", dividends)), exactly(arrays("m", divisors))),
            )
    samples.add(np.fmod, call(exactly(arrays("n,m", interval(-2, 2))), 2.5))
    # As computed, (a - y) / b is one rounding less than a whole number.
    samples.add([np.remainder, np.fmod, np.divmod], call(exactly(7.1), exactly(0.49)))
    # No element of the second array equals one of the first.
    samples.add(
        [np.maximum, np.minimum, np.fmax, np.fmin],
        *pairs(reals, interval(-1, 0.9)),
    )
    samples.add(
        np.ldexp,
        call(floats(), each(3, -2, 0)),
        call(each(floats(), arrays("n,m"), arrays("n,1")), indices("m", 4, negative=True)),
    )
    for numbers in BETWEEN_WHOLE_NUMBERS:
        samples.add(np.modf, call(exactly(each(floats(numbers), arrays("n,m", numbers)))))


def singular(samples):
    """Where a value or a factor is infinite or NaN: a zero cotangent stays zero."""
    samples.add(
        [np.exp, np.exp2, np.expm1, np.sinh, np.cosh],
        *alone(reals),
        call(exactly(np.array([1e4, 0.5]))),
    )
    for ufunc, domain, pole in (
        (np.sign, nonzero, 0),
        (np.arctan, reals, 1j),
        (np.arcsinh, reals, 1j),
        (np.arccosh, above(1), -1),
    ):
        samples.add(ufunc, *alone(domain), call(exactly(np.array([pole, 0.5 + 0.75j]))))
    samples.add([np.power, np.float_power], call(exactly(2.5), exactly(inf)))
    samples.add([np.remainder, np.fmod, np.divmod], call(exactly(nan), exactly(2.2)))
    samples.add(np.arctan2, *pairs(reals, reals), call(exactly(nan), floats()))
    samples.add(
        [np.logaddexp, np.logaddexp2],
        *pairs(reals, reals),
        call(exactly(inf), exactly(inf)),
        call(exactly(-inf), exactly(-inf)),
    )
