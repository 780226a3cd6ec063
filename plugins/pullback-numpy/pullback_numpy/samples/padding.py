"""How `numpy.pad` is called, in every mode that has a derivative."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats

WIDTHS = each(1, (2, 0), ((1, 2), (0, 3)), [[1], [2]], np.array([0, 4]), {-1: (1, 2)}, {0: 1, 1: 2})
"""Of two axes."""


def register(samples):
    """Hand over the cases of `pullback_numpy.padding`."""
    pair = st.tuples(floats(), floats())
    samples.add(
        np.pad,
        call(arrays("n,m"), WIDTHS),
        call(arrays("2,3"), WIDTHS, mode=each("edge", "symmetric", "reflect", "wrap")),
        call(
            arrays("n,m"),
            each(1, ((1, 2), (0, 3))),
            mode="constant",
            constant_values=each(
                *(floats(), 2, arrays(""), arrays("2"), arrays("2,1"), arrays("2,2"), pair),
                *(st.tuples(floats()), st.tuples(pair, pair), pair.map(list)),
            ),
        ),
        call(arrays(""), 1, constant_values=floats()),
        call(arrays("2,1,3"), 1, constant_values=each(arrays("3,2"), arrays("3,1"))),
        call(
            arrays("2,3"),
            each((2, 1), 4),
            mode=each("reflect", "symmetric"),
            reflect_type=each("even", "odd"),
        ),
        call(each(arrays("3"), arrays("2,1,2")), each(2, (1, 3)), each("edge", "constant")),
    )
