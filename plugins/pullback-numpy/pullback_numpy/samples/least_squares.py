"""Cases of `pullback_numpy.least_squares`."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, exactly
from pullback.domains import interval
from pullback_numpy.least_squares import singular_frame, stein


def small(shape):
    """Matrices whose products are far from the identity; they stay so."""
    return exactly(arrays(shape, interval(0.1, 0.4)))


def with_values(*values):
    """Matrices (4, 3) with singular values near these."""

    def matrix(a):
        u, _ = np.linalg.qr(a[:, :3])
        v, _ = np.linalg.qr(a[:3])
        return (u * values) @ v[:, :3] + a[:, :3] / 50

    return exactly(arrays("4,4").map(matrix))


def register(samples):
    """Hand over the cases of pseudo-inverses, least squares and ranks.

    Where numbers may change, the rank is at most 2: of an infinity in a larger matrix LAPACK's
    singular value decomposition may not come to an end.
    """
    cut = with_values(3.0, 1.5, 0.3)
    hermitian = exactly(arrays("3,3").map(lambda a: a / 4 + np.diag([3.0, -2.0, 0.2])))
    samples.add(
        np.linalg.pinv,
        call(each(arrays("n,2"), arrays("2,m"))),
        call(with_values(3.0, 2.0, 1.0), rcond=each(None, 1e-3, 0.25)),
        call(cut, rcond=each(0.25, 0.7)),
        call(cut, rtol=each(None, 0.25)),
        call(arrays("b,3,2"), each(1e-6, None), False),
        call(arrays("2,2"), hermitian=each(False, True), rtol=each(None, 1e-6)),
        call(hermitian, 0.25, True),
        call(hermitian, hermitian=True),
    )
    samples.add(
        stein,
        call(small("n,k"), small("m,l"), exactly(arrays("n,m"))),
        call(small("b,n,k"), small("b,2,2"), exactly(arrays("b,n,2"))),
    )
    samples.add(
        np.linalg.lstsq,
        call(arrays("4,2"), each(arrays("4"), arrays("4,m"))),
        call(arrays("2,2"), arrays("2,2"), rcond=each(None, 1e-6, -1)),
        call(arrays("2,m"), arrays("2"), rcond=each(None, 1e-6)),
        call(cut, arrays("4,2"), each(0.25, 0.7)),
        call(arrays("n,2"), arrays("n,k")),
    )
    samples.add(singular_frame, call(arrays("3"), cut))
    samples.add(
        np.linalg.matrix_rank,
        call(each(arrays("n,2"), arrays("b,2,3")), tol=each(None, 1e-6)),
        call(arrays("2,2"), hermitian=each(False, True), rtol=each(None, 1e-6)),
        call(arrays("n")),
    )
