"""Cases of `pullback_numpy.elementwise`, where they do not follow from what a rule declares."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats, indices
from pullback.domains import interval, nonzero, positive, reals

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


def register(samples):
    """Hand over the cases of powers, remainders, extremes and parts of numbers."""
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
