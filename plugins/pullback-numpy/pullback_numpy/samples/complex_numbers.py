"""How the functions of the parts of complex numbers are called."""

from __future__ import annotations

from math import inf

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats

complexes = st.builds(complex, floats(), floats())
complex_arrays = st.builds(lambda a, b: a + 1j * b, arrays("n,m"), arrays("n,m"))


def register(samples):
    """Hand over the cases of `pullback_numpy.complex_numbers`."""
    samples.add([np.real, np.imag], call(each(complex_arrays, complexes, arrays("n,m"), floats())))
    samples.add(
        np.real_if_close,
        # In units of the rounding error: a hundred of them, and more than any number here.
        call(each(complex_arrays, complexes, arrays("n,m"), floats()), tol=each(100, 1e17)),
    )
    samples.add(
        np.angle,
        call(each(complex_arrays, complexes, arrays("n,m"), floats()), deg=each(False, True)),
        call(exactly(complex(inf, 1))),
    )
