"""Cases of `pullback_numpy.sets`."""

from __future__ import annotations

from inspect import signature

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, indices

YES = each(False, True)


def register(samples):
    """Hand over the cases of arrays as sets."""
    # Where elements tie, the smallest change gives an output of another shape.
    numbers = exactly(st.lists(floats(), min_size=3, max_size=4, unique=True))
    some = exactly(arrays("n,m"))
    repeated = exactly(st.builds(lambda a, k: a[k], arrays("5"), indices("3,2", 5)))
    samples.add(
        np.unique,
        call(numbers),
        call(repeated, return_counts=YES),
        call(some, YES, YES, YES, each(None, 0, -1)),
        call(exactly(arrays("2,n,3")), axis=each(1, -3), equal_nan=YES),
    )
    samples.add([np.unique_counts, np.unique_inverse, np.unique_all], call(numbers), call(some))
    # Complex numbers come out in an order that is another one in single precision.
    alone = exactly(arrays("1,1"))
    if "sorted" in signature(np.unique).parameters:  # NumPy 2.3 added it
        samples.add(np.unique, call(alone, sorted=False), call(some, axis=0, sorted=False))
    samples.add(np.unique_values, call(alone), call(exactly(arrays("1"))))
    samples.add(
        [np.union1d, np.setxor1d, np.setdiff1d],
        call(some, exactly(arrays("n"))),
        call(some, [0.125, 0.5, 7.0]),
    )
    samples.add(
        [np.setxor1d, np.setdiff1d],
        call(exactly(arrays("n")), exactly(arrays("2")), assume_unique=YES),
        call(numbers, [0.125]),
    )
    # Lists are not repeated: one of two equal elements that moves alone changes no intersection.
    one, other = exactly([0.5, 2.5, 0.25]), exactly([0.25, 1.5, 0.5])
    samples.add(
        np.intersect1d,
        call(one, other, YES, return_indices=YES),
        call(some, [0.1234], return_indices=YES),
        call(exactly(np.array([0.5, 2.5, 0.25])), exactly(np.array([0.25, 1.5, 0.5])), True),
    )
