"""Cases of `pullback_numpy.norms`."""

from __future__ import annotations

from math import inf

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats
from pullback_numpy.samples.eigenvalues import apart, complex_apart

KEEP = each(False, True)
VECTOR_ORDERS = each(None, 2, 1, inf, -inf, 0, 3, 2.5, 0.5, -1, -2)
MATRIX_ORDERS = each(None, "fro", "f", "nuc", 1, -1, 2, -2, inf, -inf)


def register(samples):
    """Hand over the cases of norms and condition numbers."""
    orders = [2, 1, inf, 0, 3, 1.5, 0.5, -1, -0.5]
    samples.add(
        np.linalg.norm,
        call(each(floats(), arrays("n"), arrays("n,m"), arrays("2,n,3")), keepdims=KEEP),
        call(arrays("n"), VECTOR_ORDERS, keepdims=KEEP),
        call(exactly(apart("n,m")), VECTOR_ORDERS, each(0, -1)),
        call(arrays("2,n,3"), ord=each(None, 1, inf, 3), axis=each(1, (-2,)), keepdims=KEEP),
        call(arrays("n,m"), MATRIX_ORDERS, keepdims=KEEP),
        call(arrays("2,n,3"), MATRIX_ORDERS, each((0, 1), (2, 0), (-1, 1)), keepdims=KEEP),
        call(arrays("3").map(np.ndarray.tolist), each(None, 1)),
    )
    samples.add(
        np.linalg.vector_norm,
        call(each(floats(), arrays("n,m")), ord=each(*orders, -inf)),
        call(exactly(apart("3,2")), axis=each(0, 1), ord=-inf),
        call(
            arrays("2,n,3"),
            axis=each(None, 1, -1, (0, 2), (-1, 1)),
            keepdims=KEEP,
            ord=each(*orders),
        ),
    )
    samples.add(
        np.linalg.matrix_norm,
        call(each(arrays("n,m"), arrays("b,2,3"))),
        call(each(arrays("n,m"), arrays("b,2,3")), ord=MATRIX_ORDERS, keepdims=KEEP),
    )
    samples.add(
        np.linalg.cond,
        call(exactly(each(apart("n,m"), complex_apart("b,3,2"))), each(None, 2, -2)),
        call(
            exactly(each(apart("n,n"), complex_apart("b,2,2"))),
            p=each(1, -1, inf, -inf, "fro", "nuc"),
        ),
    )
