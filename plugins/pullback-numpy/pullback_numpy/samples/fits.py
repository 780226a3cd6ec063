"""Cases of `pullback_numpy.fits`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats
from pullback.domains import interval
from pullback_numpy.fits import solve_normal


def register(samples):
    """Hand over the cases of Vandermonde matrices and of least squares."""
    complex_vectors = st.builds(lambda a, b: a + 1j * b, arrays("3"), arrays("3"))
    samples.add(
        np.vander,
        call(each(arrays("n"), complex_vectors, st.lists(floats(), min_size=2, max_size=3))),
        call(arrays("n"), N=each(None, 0, 1, 2, 5), increasing=each(False, True)),
    )
    points = exactly(arrays("5").map(lambda x: np.array([-1.5, -0.5, 0.25, 1.0, 2.0]) + 0.02 * x))
    weights = exactly(arrays("5", interval(0.5, 2)))
    samples.add(
        np.polyfit,
        call(points, each(arrays("5"), arrays("5,2")), each(0, 1, 2, 4)),
        call(points, arrays("5"), 2, w=weights, rcond=each(None, 1e-12)),
        call(points, arrays("5,3"), deg=1, w=weights, full=False, cov=False),
        call(points.map(np.ndarray.tolist) if hasattr(points, "map") else points, arrays("5"), 1),
        call(points, each(arrays("5"), arrays("5,2")), each(0, 2), full=True),
        call(points, arrays("5"), 1, w=weights, cov=each(True, "unscaled")),
        call(points, arrays("5,2"), 2, cov=each(True, "unscaled")),
        call(exactly(np.array([1.0 + 1j, 2.0, -1.0 + 3j, 1j])), arrays("4"), 1),
    )
    samples.add(
        solve_normal,
        call(
            exactly(arrays("2,2").map(lambda a: np.vstack([3 * np.eye(2), 0.1 * a]))),
            arrays("2,n"),
            each(1e-15, 1e-12),
        ),
    )
