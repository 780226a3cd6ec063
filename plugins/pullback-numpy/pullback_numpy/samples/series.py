"""Cases of `pullback_numpy.series`."""

from __future__ import annotations

from hypothesis import strategies as st
from numpy.polynomial import polynomial

from pullback.conformance import arrays, call, each, floats
from pullback_numpy.series import BASES


def register(samples):
    """Hand over the cases of the six bases of `numpy.polynomial`, in one to three variables."""
    numbers = st.lists(floats(), min_size=2, max_size=3)
    complex_vectors = st.builds(lambda a, b: a + 1j * b, arrays("3"), arrays("3"))
    samples.add(
        [*(basis.function("val") for basis in BASES), polynomial.polyvalfromroots],
        call(each(floats(), arrays("n"), arrays("n,2"), numbers), arrays("4")),
        call(arrays("2"), each(arrays("1"), arrays("2"), arrays("3,2"), numbers, floats())),
        call(each(arrays("2"), arrays("1"), floats()), arrays("3,2"), tensor=each(False, True)),
        call(each(arrays("n"), complex_vectors), complex_vectors),
    )
    samples.add(
        [basis.function("val") for basis in BASES],
        call(arrays("2,3"), arrays("4,3"), tensor=False),
        call(arrays("2,3"), arrays("4"), tensor=False),
    )
    samples.add(
        [basis.function("val2d") for basis in BASES],
        call(arrays("n"), arrays("n"), arrays("3,2")),
        call(floats(), floats(), each(arrays("1,3"), arrays("2,1"))),
        call(arrays("2"), arrays("2"), arrays("3,2,2")),
    )
    samples.add(
        [basis.function("grid2d") for basis in BASES],
        call(arrays("n"), arrays("2"), arrays("3,2")),
        call(floats(), arrays("2"), each(arrays("1,3"), arrays("2,1"), arrays("2,2,2"))),
    )
    samples.add(
        [basis.function("val3d") for basis in BASES],
        call(arrays("2"), arrays("2"), arrays("2"), arrays("2,3,2")),
        call(floats(), floats(), floats(), arrays("1,2,3")),
    )
    samples.add(
        [basis.function("grid3d") for basis in BASES],
        call(arrays("2"), arrays("1"), floats(), arrays("2,3,2")),
    )
