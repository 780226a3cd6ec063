"""Cases of `pullback_numpy.decompositions`.

As those of eigenvectors, most matrices are `exactly` as drawn, and real where singular vectors are
taken of them.
"""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, exactly
from pullback_numpy.decompositions import back_substitute
from pullback_numpy.samples.eigenvalues import SQUARE, apart, complex_apart


def register(samples):
    """Hand over the cases of decompositions."""
    samples.add(
        back_substitute,
        call(exactly(apart("n,n")), arrays("n,m")),
        call(exactly(apart("b,3,3")), arrays("b,3,m")),
    )
    shapes = ("n,n", "4,2", "2,4", "b,3,2", "b,2,3")
    samples.add(
        np.linalg.qr,
        call(exactly(each(*map(apart, shapes), *map(complex_apart, shapes)))),
        call(exactly(each(apart("n,m"), complex_apart("b,3,2"))), mode=each("reduced", "r")),
        call(
            exactly(each(apart("4,2"), apart("b,3,1"), complex_apart("4,2"), complex_apart("2,n"))),
            mode="complete",
        ),
    )
    samples.add(np.linalg.svdvals, call(each(arrays("n,m"), arrays("b,3,2"), arrays("2,4"))))
    thin = each(apart("n,m"), apart("b,2,3"), apart("4,2"), apart("2,4"))
    samples.add(
        np.linalg.svd,
        call(
            each(arrays("n,m"), arrays("b,2,3")), compute_uv=False, full_matrices=each(True, False)
        ),
        call(arrays("n,n"), compute_uv=False, hermitian=True),
        call(SQUARE, hermitian=each(False, True)),
        call(exactly(each(apart("3,2"), apart("b,2,3"))), full_matrices=each(True, False)),
        call(exactly(thin), full_matrices=False),
    )
