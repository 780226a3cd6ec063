"""Cases of `pullback_numpy.reductions`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, indices, masks
from pullback.domains import interval

KEEP = each(False, True)
SUMS = [np.sum, np.prod]
EXTREMES = [np.max, np.amax, np.min, np.amin]
RUNNING = [np.cumsum, np.cumprod]


def register(samples):
    """Hand over the cases of sums, products and extremes, whole and running."""
    numbers = st.lists(floats(), min_size=2, max_size=3)
    rows = arrays("2,2").map(np.ndarray.tolist)
    # Some are beyond all elements and some among them, but equal to none.
    bounds = each(floats(interval(0.1, 0.2)), 9.5, -9.5)

    samples.add(
        SUMS,
        call(each(rows, [])),
        call(indices("n,m", 9), axis=0, dtype=float, initial=floats()),
        call(arrays("n,m"), axis=each(None, -1), where=each(masks("n,m"), masks("m"), False)),
        call(arrays("n,m"), axis=each(0, 1), initial=floats(), where=masks("n,1"), keepdims=KEEP),
        call(arrays("n,m"), axis=each(None, 0, (0, 1)), initial=floats(), keepdims=KEEP),
        call(arrays("n,m"), axis=each(None, 1), dtype=each(np.float32, np.complex128)),
    )
    samples.add(
        EXTREMES,
        call(
            arrays("n,m"),
            axis=each(None, -1),
            initial=bounds,
            where=each(masks("n,m"), masks("m")),
        ),
        call(arrays("n,m"), axis=each(None, 0, (0, 1)), initial=bounds, keepdims=KEEP),
    )
    samples.add(
        [*SUMS, *EXTREMES],
        call(arrays("n,m"), axis=each(None, 0, -1, (1, 0), ()), keepdims=KEEP),
        call(arrays("2,n,3"), axis=each(1, -3, (0, 2), (-1, 1)), keepdims=KEEP),
        call(arrays("n"), 0),
        call(arrays("2,3"), axis=-1, keepdims=np._NoValue),
        call(each(floats(), numbers)),
    )
    samples.add(
        np.ptp,
        call(arrays("n,m"), axis=each(None, 0, -1, (1, 0)), keepdims=KEEP),
        call(arrays("2,n,3"), axis=each(1, (0, -1)), keepdims=KEEP),
        call(numbers),
    )
    samples.add(
        RUNNING,
        call(arrays("n,m"), axis=each(None, 0, 1, -1)),
        call(arrays("2,n,3"), axis=each(None, 1, -3)),
        call(arrays("n"), dtype=each(np.float32, np.complex128)),
        call(arrays("5"), 0),
        call(each(floats(), numbers)),
    )
    if hasattr(np, "cumulative_sum"):  # NumPy 2.1 added it, and cumulative_prod
        initial = {"include_initial": each(False, True)}
        samples.add(
            [np.cumulative_sum, np.cumulative_prod],
            call(arrays("n,m"), axis=each(0, 1, -1), **initial),
            call(arrays("2,n,3"), axis=each(1, -3), **initial),
            call(arrays("n"), dtype=each(None, np.float32, np.complex128), **initial),
            call(each(floats(), numbers), **initial),
        )
