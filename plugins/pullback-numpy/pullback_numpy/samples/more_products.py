"""Cases of `pullback_numpy.more_products`."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, floats


def register(samples):
    """Hand over the cases of Kronecker, cross and stacked scalar products."""
    anything = each(floats(), arrays(""), arrays("n"), arrays("n,2"), arrays("2,1,2"))
    samples.add(np.kron, call(anything, each(floats(), arrays("m"), arrays("2,m"))))
    samples.add(np.kron, call(arrays("2"), anything), call(arrays("2,n"), arrays("m,2")))
    samples.add(
        np.cross,
        call(arrays("3"), each(arrays("3"), arrays("n,3"))),
        call(arrays("n,3"), each(arrays("n,3"), arrays("1,3"), arrays("m,1,3"))),
        call(arrays("3,n"), arrays("n,3"), axisa=0, axisb=each(-1, 1), axisc=each(-1, 0)),
        call(arrays("2,3,n"), arrays("3,n"), axisa=1, axisb=each(0, -2), axisc=each(0, 1, 2)),
        call(arrays("3,n"), arrays("3,n"), axis=each(0, -2)),
    )
    samples.add(
        np.linalg.cross,
        call(arrays("n,3"), each(arrays("n,3"), arrays("3"))),
        call(arrays("3,n"), arrays("3,n"), axis=each(0, -2)),
    )
    samples.add(
        np.linalg.vecdot,
        call(arrays("n,k"), each(arrays("k"), arrays("n,k"), arrays("b,1,k"))),
        call(arrays("k,n"), each(arrays("k,n"), arrays("k,1")), axis=each(0, -2)),
        call(arrays("k"), arrays("k"), axis=each(0, -1)),
    )
