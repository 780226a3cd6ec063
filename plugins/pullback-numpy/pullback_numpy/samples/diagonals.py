"""Cases of `pullback_numpy.diagonals`."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each
from pullback_numpy.samples.complex_numbers import complex_arrays

OFFSETS = each(0, 1, -1, 2, -2)


def register(samples):
    """Hand over the cases of diagonals, traces and triangles."""
    samples.add(
        [np.diagonal, np.trace],
        call(arrays("n,3"), offset=OFFSETS),
        call(arrays("2,n,3"), each(1, -1), axis1=0, axis2=each(1, 2, -1)),
        call(arrays("2,n,3"), offset=each(0, 1), axis1=-1, axis2=each(0, -2)),
        call(arrays("2,3,2,3"), axis1=3, axis2=each(0, -3)),
        call(arrays("2,3"), offset=5),
    )
    samples.add(np.trace, call(complex_arrays))
    samples.add(np.trace, call(arrays("3,n"), dtype=each(None, np.float32, np.complex128)))
    samples.add(np.diag, call(arrays("3,n"), k=OFFSETS), call(arrays("n"), k=OFFSETS))
    samples.add(
        [np.tril, np.triu],
        call(arrays("3,n"), k=OFFSETS),
        call(arrays("b,n,3"), k=each(0, 1, -1)),
        call(each(arrays("3"), arrays("2,3").map(np.ndarray.tolist))),
    )
    samples.add(
        [np.linalg.diagonal, np.linalg.trace],
        call(arrays("n,3"), offset=OFFSETS),
        call(arrays("b,3,n"), offset=each(0, 1, -1)),
        call(arrays("2,b,3,n"), offset=0),
    )
    samples.add(np.linalg.trace, call(arrays("b,3,n"), dtype=each(None, np.float32, np.complex128)))
