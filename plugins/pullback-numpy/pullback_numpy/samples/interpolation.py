"""How `numpy.interp` is called.

The tables are long: where a knot or an ``x`` becomes infinite or NaN, others than before are its
neighbours, and in a short table the check `nonfinite` would take these for unrelated.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, numpy_scalars
from pullback.domains import interval

ANGLES = [4.5, -1.25, 0.25, 1.75, 6.0, -0.5, 1.0, 3.0, -4.0, 2.25, 9.25, 3.75]
"""Knots of a period of 4, in any order."""


def register(samples):
    """Hand over the cases of reading a table: between knots, beyond them, around a period."""
    knots = exactly(st.just(np.sort(ANGLES)))
    anywhere = interval(-12.0, 12.0)
    x = each(
        *(arrays("n", anywhere), arrays("n,m", anywhere), floats(anywhere)),
        *(arrays("", anywhere), numpy_scalars(anywhere)),
    )
    end = each(None, floats())
    complex_values = st.builds(lambda a, b: a + 1j * b, arrays("12"), arrays("12"))
    samples.add(
        np.interp,
        call(x, knots, arrays("12"), left=end, right=end),
        call(arrays("n", anywhere), knots, complex_values, end, end),
        call(arrays("n"), arrays("1"), arrays("1")),
        call(floats(), arrays("1"), arrays("1"), left=end),
        call(
            each(arrays("n", anywhere), floats()),
            exactly(st.just(np.array(ANGLES))),
            arrays("12"),
            period=exactly(each(4, -4.0, np.float64(4.0))),
        ),
    )
