"""Cases of `pullback_numpy.histograms`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, indices
from pullback.domains import interval, positive

DENSITY = {"density": each(None, False, True)}


def register(samples):
    """Hand over the cases of counting in bins."""
    grid = np.array([-3.01, -1.007, 0.003, 1.509, 3.02])
    edges = exactly(grid)
    numbers = st.lists(floats(), min_size=3, max_size=4, unique=True)
    samples.add(
        np.bincount,
        call(indices("n", 5), each(arrays("n"), None)),
        call(indices("n", 5), weights=arrays("n"), minlength=each(0, 4, 9)),
        call([1, 0, 1], st.lists(floats(), min_size=3, max_size=3)),
    )
    # Of one number, or where some are equal, the equal bins are another matter.
    samples.add(
        np.histogram_bin_edges,
        call(arrays("5"), each(3, "sqrt", np.array([0.5, 1.5, 2.5]))),
        call(arrays("3,2"), bins=4, range=each(None, (-2, 3)), weights=each(None, arrays("3,2"))),
        call(numbers, [0.5, 1.5, 2.5]),
    )
    samples.add(
        np.histogram,
        call(exactly(arrays("7")), each(3, "sqrt"), **DENSITY),
        call(
            exactly(arrays("7")), 4, each(None, (-2, 3)), weights=arrays("7", positive), **DENSITY
        ),
        call(exactly(arrays("3,4")), edges, weights=each(None, arrays("3,4", positive)), **DENSITY),
        call([0.7, 0.2, 1.1], [0.1, 0.55, 1.5], weights=arrays("3", positive)),
    )
    x, y = exactly(arrays("7")), exactly(arrays("7", interval(-3, 1)))
    samples.add(
        np.histogram2d,
        call(x, y, each(2, [2, 3], (2, 3)), **DENSITY),
        call(x, y, 2, each(None, ((-2, 3), (-2, 3))), weights=arrays("7", positive), **DENSITY),
        call(x, y, edges, weights=arrays("7", positive), **DENSITY),
        call(
            x, y, exactly(st.just([np.array([-3.0, 0.1, 3.0]), 3])), weights=arrays("7", positive)
        ),
    )
    points = exactly(arrays("7,2"))
    samples.add(
        np.histogramdd,
        call(points, each(2, [2, 3], (2, 3)), **DENSITY),
        call(points, 2, each(None, [(-2, 3), None]), weights=arrays("7", positive), **DENSITY),
        call(points, exactly(np.stack([grid, grid])), weights=arrays("7", positive), **DENSITY),
        call(points, exactly(st.just([3, np.array([-3.0, 0.1, 3.0])])), weights=arrays("7")),
        call(exactly(arrays("4,3")), 2, weights=arrays("4", positive), density=each(None, True)),
        call([[0.7, 0.2, 1.1], [0.3, -0.4, 0.6]], 2, weights=arrays("3")),
        call(exactly(arrays("5")), exactly(st.just([grid])), weights=arrays("5")),
    )
