"""Cases of `pullback_numpy.quantiles`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats
from pullback.domains import interval
from pullback_numpy.quantiles import CONTINUOUS, STEPS
from pullback_numpy.samples.nan_aware import with_nan

KEEP = each(False, True)
METHODS = (
    *CONTINUOUS,
    *STEPS,
    *("midpoint", "inverted_cdf", "averaged_inverted_cdf", "closest_observation"),
)
WEIGHTED = {"method": "inverted_cdf"}
PERCENTILES = [np.percentile, np.nanpercentile]


def register(samples):
    """Hand over the cases of medians, quantiles and percentiles."""
    numbers = st.lists(floats(), min_size=3, max_size=4, unique=True)
    samples.add(
        [np.median, np.nanmedian],
        call(arrays("n,m"), axis=each(None, 0, -1, (1, 0)), keepdims=KEEP),
        call(arrays("2,n,3"), axis=each(1, (0, -1)), keepdims=KEEP),
        call(arrays("5"), 0),
        call(each(numbers, floats())),
    )
    samples.add(
        np.nanmedian,
        call(with_nan("3,n"), axis=each(None, 0), keepdims=KEEP),
    )
    for whole, functions in ((1, [np.quantile, np.nanquantile]), (100, PERCENTILES)):
        _register_quantiles(samples, functions, whole, numbers)


def _register_quantiles(samples, functions, whole, numbers):
    # The kinks are at fractions of small numbers.
    part = interval(0.01 * whole, 0.99 * whole)
    parts = exactly(each(np.array([0.05, 0.61]) * whole, [0.88 * whole, 0.43 * whole]))
    samples.add(
        functions,
        call(arrays("n,m"), exactly(floats(part)), axis=each(None, 0, -1, (1, 0)), keepdims=KEEP),
        call(arrays("2,n,3"), parts, axis=each(None, 1, (0, -1)), keepdims=KEEP),
        call(arrays("5"), exactly(0.37 * whole), method=each(*METHODS)),
        call(arrays("4,n"), exactly(arrays("2,2", part)), 0, method=each(*METHODS)),
        call(numbers, exactly(floats(part)), None),
        call(arrays("n,4"), parts, axis=each(-1, (0, 1)), weights=_weights("n,4"), **WEIGHTED),
        call(arrays("5"), exactly(0.37 * whole), weights=_weights("5"), keepdims=KEEP, **WEIGHTED),
    )
    samples.add(  # those that skip NaN take no weights for an axis alone
        functions[0],
        call(arrays("n,4"), exactly(0.37 * whole), axis=1, weights=_weights("4"), **WEIGHTED),
    )
    samples.add(
        functions[1],
        call(with_nan("4,n"), parts, axis=each(None, 0), method=each(*METHODS), keepdims=KEEP),
        call(with_nan("4,n"), parts, axis=0, weights=_weights("4,n"), **WEIGHTED),
    )


def _weights(shape):
    """Weights, some of which are 0."""
    positive = arrays(shape, interval(0.1, 2.0))
    return exactly(positive.map(lambda w: np.where(np.arange(w.size).reshape(w.shape) == 2, 0, w)))
