"""Cases of `pullback_numpy.moments`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, masks

KEEP = each(False, True)
MOMENTS = [np.mean, np.var, np.std]
SPREADS = [np.var, np.std]


def register(samples):
    """Hand over the cases of means, variances and standard deviations."""
    hidden = arrays("4,2").map(lambda a: np.where([[0], [0], [1], [0]], np.inf, a))
    numbers = st.lists(floats(), min_size=3, max_size=4, unique=True)
    complex_arrays = st.builds(lambda a, b: a + 1j * b, arrays("3,2"), arrays("3,2"))

    # Of one number the spread is 0, where a standard deviation has a kink; so there are more.
    samples.add(
        MOMENTS,
        call(arrays("n,4"), axis=-1, where=each(masks("4"), True)),
        call(exactly(np.array([0.5, 2.0, np.inf])), where=np.array([True, True, False])),
        call(arrays("3,2"), axis=each(None, 0, -1, (1, 0)), keepdims=KEEP),
        call(arrays("2,n,3"), axis=each(-1, (0, 2), (-3, 1)), keepdims=KEEP),
        call(arrays("3,2"), axis=each(None, 0), dtype=np.complex128),
        call(complex_arrays, axis=0, dtype=np.complex128),
        call(arrays("4,n"), axis=each(None, 0), where=masks("4,1"), keepdims=KEEP),
        call(hidden, axis=0, where=np.array([[True], [True], [False], [True]])),
        call(arrays("4"), 0),
        call(arrays("2,3"), axis=-1, keepdims=np._NoValue),
        call(numbers),
    )
    samples.add(
        np.mean,
        call(arrays("3,2"), axis=each(None, 0), dtype=np.float32),
        call(arrays("n,m"), axis=()),
        call(floats()),
        call(exactly(np.array([4e4, 6e4], np.float16))),  # the sum is larger than any float16
    )
    samples.add(
        SPREADS,
        # The spread of one number is all rounding in single precision.
        call(exactly(arrays("3,2")), axis=each(None, 0), dtype=np.float32),
        call(arrays("3,2"), axis=each(None, 0, (0, 1)), ddof=each(0, 1, 0.5), keepdims=KEEP),
        call(arrays("3,4"), axis=each(None, -1), correction=each(0, 1, 0.5)),
        call(arrays("3,n"), axis=0, mean=arrays("1,n"), ddof=each(0, 1), keepdims=KEEP),
        call(arrays("3,2"), axis=0, mean=arrays("1,2").map(lambda mean: mean + 0.5j)),
        call(arrays("4,n"), axis=0, mean=arrays("1,n"), where=masks("4,1")),
        call(arrays("3,2"), mean=arrays("1,1"), keepdims=KEEP),
    )
