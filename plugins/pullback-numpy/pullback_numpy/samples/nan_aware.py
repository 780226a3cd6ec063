"""Cases of `pullback_numpy.nan_aware`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, masks

KEEP = each(False, True)
SUMS = [np.nansum, np.nanprod]
EXTREMES = [np.nanmax, np.nanmin]
RUNNING = [np.nancumsum, np.nancumprod]
SPREADS = [np.nanvar, np.nanstd]
MOMENTS = [np.nanmean, *SPREADS]


def with_nan(shape):
    """Arrays in which some element is NaN."""
    return arrays(shape).map(lambda a: np.where(np.arange(a.size).reshape(a.shape) == 1, np.nan, a))


def register(samples):
    """Hand over the cases of sums, products, extremes and moments of what is not NaN."""
    numbers = st.lists(floats(), min_size=3, max_size=4, unique=True)
    bounds = each(9.5, -9.5, 0.15)
    complex_with_nan = st.builds(lambda a, b: a + 1j * b, with_nan("3,2"), arrays("3,2"))

    samples.add(
        SUMS,
        call(with_nan("n,m"), axis=each(None, 0), dtype=float, initial=floats()),
        call(with_nan("n,m"), axis=each(0, 1), initial=floats(), where=masks("n,1"), keepdims=KEEP),
        call(with_nan("n,m"), axis=each(None, 1), dtype=each(np.float32, np.complex128)),
    )
    samples.add(
        EXTREMES,
        call(with_nan("3,n"), axis=each(None, -1), initial=bounds, where=masks("n")),
        call(with_nan("3,n"), axis=each(None, 0, (0, 1)), initial=bounds, keepdims=KEEP),
    )
    samples.add(
        [*SUMS, *EXTREMES, *MOMENTS],
        call(with_nan("3,2"), axis=each(None, 0, (1, 0)), keepdims=KEEP),
        call(arrays("2,n,3"), axis=each(-1, (0, 2), (-3, 1)), keepdims=KEEP),
        call(arrays("4"), 0),
        call(numbers),
    )
    samples.add(
        RUNNING,
        call(with_nan("n,m"), axis=each(None, 0, 1, -1)),
        call(with_nan("n"), dtype=each(np.float32, np.complex128)),
        call(arrays("5"), 0),
        call(each(floats(), numbers)),
    )
    samples.add(
        MOMENTS,
        call(with_nan("4,n"), axis=each(None, 0), where=masks("4,1"), keepdims=KEEP),
        call(with_nan("n,4"), axis=-1, where=each(masks("4"), True)),
        call(complex_with_nan, axis=each(None, 0), dtype=np.complex128),
    )
    samples.add(
        np.nanmean,
        call(with_nan("3,2"), axis=0, dtype=each(np.float32, np.complex128)),
        call(floats()),
    )
    samples.add(
        SPREADS,
        # The spread of one number is all rounding in single precision.
        call(exactly(with_nan("4,2")), axis=0, dtype=np.float32),
        call(with_nan("4,2"), axis=each(None, 0, (0, 1)), ddof=each(0, 1, 0.5), keepdims=KEEP),
        call(with_nan("3,4"), axis=each(None, -1), correction=each(0, 1, 0.5)),
        call(with_nan("3,n"), axis=0, mean=arrays("1,n"), ddof=each(0, 1), keepdims=KEEP),
        call(with_nan("4,n"), axis=0, mean=arrays("1,n"), where=masks("4,1")),
    )
