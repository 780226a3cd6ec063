"""Cases of `pullback_numpy.statistics`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats
from pullback.domains import positive

KEEP = each(False, True)


def register(samples):
    """Hand over the cases of averages, covariances and correlations."""
    numbers = st.lists(floats(), min_size=3, max_size=4, unique=True)
    both = {"returned": each(False, True), "keepdims": KEEP}
    samples.add(
        np.average,
        call(arrays("n,m"), axis=each(None, 0, -1, (1, 0)), **both),
        call(arrays("n,m"), None, arrays("n,m", positive), **both),
        call(arrays("n,3"), axis=1, weights=[0.5, 2.0, 1.0]),
        call(arrays("n,3"), axis=each(-1, 1, (1,)), weights=arrays("3", positive), **both),
        call(arrays("2,n,3"), axis=(2, 0), weights=arrays("3,2", positive), **both),
        call(arrays("2,n,3"), axis=(0, -1), weights=each(None, arrays("2,3", positive))),
        call(numbers),
    )
    rowvar, dtype = {"rowvar": each(True, False)}, {"dtype": each(None, np.complex128)}
    # Of two numbers each correlation is 1 or -1, and of one there is none.
    samples.add(
        [np.cov, np.corrcoef],
        call(arrays("n,5"), **dtype),
        call(arrays("5,n"), rowvar=False),
        call(arrays("5"), each(None, arrays("5"), arrays("2,5"))),
        call(arrays("2,5"), arrays("5"), **dtype),
        call(arrays("5,5"), y=each(None, arrays("5,5")), **rowvar),
        call(arrays("5,2"), arrays("1,5"), False),
        call(numbers),
    )
    frequencies = np.array([1, 3, 0, 2, 1])
    weighed = {
        "aweights": each(None, arrays("5", positive)),
        "fweights": each(None, frequencies),
        "ddof": each(None, 0, 1, 2),
    }
    samples.add(
        np.cov,
        call(arrays("3,5"), bias=each(True, False), aweights=arrays("5", positive)),
        call(arrays("5,2"), rowvar=False, **weighed),
        call(arrays("5"), arrays("5"), True, **weighed),
        call(exactly(arrays("2,5")), dtype=np.float32),
    )
    samples.add(np.corrcoef, call(exactly(arrays("2,5")), dtype=np.float32))
