"""Cases of `pullback_numpy.eigenvalues`, and matrices that decompose well.

Eigenvectors of matrices with zeros and ties are often not differentiable, and their derivative
along a direction no linear function of it, unlike that at a kink. So most matrices are `exactly` as
drawn here. Those of which Hermitian eigenvectors are taken are real: the phases that LAPACK gives
to others are not the ones that the rule takes for its convention.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly
from pullback_numpy.eigenvalues import regular


def apart(shape):
    """Matrices of full rank whose eigenvalues and singular values are all different."""
    return arrays(shape).map(_apart)


def _apart(a):
    m, n = a.shape[-2:]
    return np.sin(7 * a) + np.eye(m, n) * (3 + 4 * np.arange(n))


def complex_apart(shape):
    """The same for complex matrices."""
    return st.builds(lambda a: a + 1j * np.cos(5 * a), apart(shape))


SQUARE = exactly(each(apart("n,n"), apart("b,2,2")))
ROTATED = exactly(each(np.array([[1.0, 2.0], [-3.0, 1.5]]), np.array([[[0.5, 2.0], [-1.0, 1.0]]])))
SPECIAL = (np.diag([3.0, 1.0]), np.array([[2.0, 1.0], [0.0, 5.0]]))
"""Of two rows: near a triangular matrix of more, LAPACK lists the eigenvalues in another order."""
UPLO = each("L", "U", "l", "u")


def register(samples):
    """Hand over the cases of eigenvalues and eigenvectors."""
    samples.add(regular, call(exactly(each(apart("n,n"), apart("b,2,2"), complex_apart("n,n")))))
    samples.add(np.linalg.eigh, call(SQUARE), call(SQUARE, UPLO=UPLO))
    samples.add(
        np.linalg.eigvalsh,
        call(each(arrays("n,n"), arrays("b,3,3")), UPLO=UPLO),
        call(arrays("3,3")),
    )
    samples.add(
        [np.linalg.eig, np.linalg.eigvals],
        call(SQUARE),
        call(ROTATED),
        call(exactly(each(complex_apart("n,n"), complex_apart("b,2,2")))),
    )
    samples.add(np.linalg.eigvals, call(exactly(each(*SPECIAL))))
