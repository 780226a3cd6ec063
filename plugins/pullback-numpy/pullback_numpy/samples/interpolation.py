"""How `numpy.interp` is called."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, numpy_scalars
from pullback.domains import interval

KNOTS = exactly(st.just(np.array([-3.25, -1.0, 0.25, 1.5, 3.75])))
ANGLES = exactly(st.just(np.array([4.5, -1.25, 0.25, 1.75])))
"""Knots of a period of 4, in any order."""


def register(samples):
    """Interpolation: between knots, beyond them, and around a period."""
    end = each(None, floats())
    below, above, anywhere = interval(-9.0, 1.4), interval(4.0, 9.0), interval(-9.0, 9.0)
    # No array reaches the last knot where others do not: an infinite x would lie beyond it.
    x = each(
        *(arrays("n", below), arrays("n,m", below), arrays("n,m", above)),
        *(floats(anywhere), arrays("", anywhere), numpy_scalars(anywhere)),
    )
    complex_values = st.builds(lambda a, b: a + 1j * b, arrays("5"), arrays("5"))
    samples.add(
        np.interp,
        call(x, KNOTS, arrays("5"), left=end, right=end),
        call(each(arrays("n", below), arrays("n", above)), KNOTS, complex_values, end, end),
        call(arrays("n"), arrays("1"), arrays("1")),
        call(floats(), arrays("1"), arrays("1"), left=end),
        call(
            each(arrays("n", anywhere), floats()),
            ANGLES,
            arrays("4"),
            period=exactly(each(4, -4.0, np.float64(4.0))),
        ),
    )
