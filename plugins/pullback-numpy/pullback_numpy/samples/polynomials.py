"""Cases of `pullback_numpy.polynomials`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats
from pullback.domains import interval
from pullback_numpy.polynomials import overlap, product, series_quotient

LEADING = np.array([1.0, 0.0, 0.0, 0.0])


def register(samples):
    """Hand over the cases of polynomials as arrays of coefficients."""
    numbers = st.lists(floats(), min_size=2, max_size=3)
    complex_vectors = st.builds(lambda a, b: a + 1j * b, arrays("3"), arrays("3"))
    samples.add(np.poly, call(each(arrays("n"), arrays("5"), complex_vectors, numbers)))
    samples.add(np.poly, call(complex_vectors.map(lambda z: np.concatenate([z, z.conj()]))))
    samples.add(
        np.roots,
        call(exactly(st.sampled_from([[1.0, -3.0, 1.0], [2.0, 1.0, 3.0, -1.0], [1.5, 2.0]]))),
        call(exactly(arrays("4").map(lambda x: np.poly([1.0, 2.5, -3.0]) + 0.01 * x[0]))),
        call(exactly(np.array([1.0 + 1j, 2.0, -1.0 + 3j]))),
        call(exactly(np.array([1.0, -3.0, 1.0, 0.0]))),
    )
    samples.add(np.polyder, call(arrays("n"), m=each(0, 1, 2, 5)), call(each(numbers)))
    samples.add(
        np.polyint,
        call(arrays("n"), m=each(0, 1, 2, 3)),
        call(arrays("n"), m=each(1, 2), k=each(floats(), arrays("2"), arrays("1"), None)),
        call(arrays("n"), m=2, k=each(arrays("3"), numbers)),
        call(numbers),
    )
    samples.add(
        [np.polyadd, np.polysub],
        call(arrays("n"), each(arrays("n"), arrays("1"), arrays("5"), floats(), numbers)),
        call(each(arrays("4"), floats()), arrays("m")),
        call(arrays("2,3"), each(arrays("2,1"), arrays("2,3"))),
    )
    # NumPy drops leading zeros, so these are none.
    leading = interval(0.5, 4)
    positive = arrays("3", leading)
    vectors = st.builds(lambda a, b: a + 1j * b, positive, positive)
    samples.add(
        np.polymul,
        call(exactly(each_of(positive, vectors)), exactly(arrays("5", leading))),
        call(exactly(arrays("n", leading)), exactly(arrays("m", leading))),
        call(exactly(floats(leading)), exactly(positive)),
        call(exactly(positive), exactly(st.lists(floats(leading), min_size=2, max_size=3))),
    )
    # A first coefficient of 1 divides without rounding, which NumPy might take for a remainder.
    monic, short = (
        exactly(arrays(size, leading).map(lambda v: np.array([1.0, *v]))) for size in "21"
    )
    samples.add(
        np.polydiv,
        call(exactly(arrays("5", leading)), monic),
        call(exactly(arrays("4", leading)), short),
        call(exactly(vectors), exactly(np.array([1.0, 0.5 + 2j]))),
        call(exactly(arrays("2", leading)), monic),
        call(exactly(positive), exactly(st.sampled_from([0.5, 2.0]))),
        call(exactly(st.lists(floats(leading), min_size=4, max_size=4)), short),
    )
    samples.add([overlap, series_quotient], call(arrays("5"), each(arrays("2"), arrays("5"))))
    samples.add(series_quotient, call(arrays("2"), arrays("4")), call(complex_vectors, positive))
    samples.add(overlap, call(arrays("4"), complex_vectors))
    samples.add(product, call(arrays("n"), each(arrays("m"), complex_vectors)))
    samples.add(
        np.polyval,
        call(arrays("n"), each(floats(), arrays("m"), arrays("m,2"), complex_vectors, numbers)),
        call(each(arrays("n,2"), arrays("n,1,3")), each(floats(), arrays("2,1"), arrays("1"))),
        call(each(complex_vectors, numbers, LEADING), arrays("2")),
    )


def each_of(*strategies):
    """Any of these."""
    return st.one_of(*strategies)
