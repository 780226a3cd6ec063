"""Cases of `pullback_numpy.determinants`."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call
from pullback.domains import interval
from pullback_numpy.determinants import cofactors, inverse_or_infinite

SINGULAR = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])


def register(samples):
    """Hand over the cases of determinants, of regular and of singular matrices."""
    samples.add(
        np.linalg.det,
        call(arrays("n,n")),
        call(arrays("b,n,n")),
        call(SINGULAR),
    )
    samples.add(
        [np.linalg.slogdet, inverse_or_infinite], call(arrays("n,n")), call(arrays("b,n,n"))
    )
    moderate = interval(-1e6, 1e6)
    samples.add(
        cofactors,
        call(arrays("n,n")),
        call(arrays("b,n,n", moderate), arrays("b,n,n", moderate)),
        call(*[arrays("n,n", moderate)] * 3),
        call(SINGULAR),
    )
