"""How functions that choose between values are called."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, indices, masks
from pullback.domains import interval


def register(samples):
    """Hand over the cases of `pullback_numpy.selection`."""
    samples.add(
        np.where,
        call(masks("n,m"), arrays("n,m"), each(arrays("n,m"), arrays("m"), floats(), 0)),
        call(each(masks("n,1"), True, np.array(False)), each(arrays("m"), floats()), arrays("n,m")),
        call(arrays("n,m"), arrays("n,m"), floats()),
        call(each(masks("n,m"), arrays("n"))),
    )
    low, high = interval(-2.0, -0.5), interval(0.5, 2.0)
    samples.add(
        np.clip,
        call(arrays("n,m"), each(floats(low), arrays("m", low), None, -1), floats(high)),
        call(arrays("n,m"), floats(low), each(arrays("n,1", high), None)),
        call(arrays("n,m"), min=each(floats(low), arrays("n,m", low), None), max=floats(high)),
        call(arrays("n,m"), a_min=floats(low), a_max=each(arrays("n,m", high), 1)),
        call(floats(), floats(low), floats(high)),
        call(arrays("n,m"), floats(high), floats(low)),
        call(arrays("n,m"), 0.5, 0.5),
        call(
            arrays("n,m"),
            floats(low),
            floats(high),
            dtype=each(None, np.float32),
            casting=each("same_kind", "unsafe"),
            order=each("K", "F"),
            subok=each(True, False),
        ),
    )
    samples.add(
        np.select,
        call(
            st.tuples(masks("n,m"), masks("n,m")).map(list),
            st.tuples(arrays("n,m"), arrays("m")).map(list),
            default=each(0, floats(), arrays("n,1")),
        ),
        call(st.tuples(masks("n")).map(list), st.tuples(floats()).map(list)),
        call(st.tuples(masks("n")).map(list), st.tuples(indices("n", 9)).map(list), floats()),
        call(
            st.tuples(masks("n"), masks("n"), masks("n")),
            each(st.tuples(arrays("n"), arrays("m,n"), floats()), arrays("3,n")),
        ),
    )
    choices = each(
        st.tuples(arrays("n,m"), arrays("m"), arrays("n,1")).map(list),
        st.tuples(floats(), arrays("n,m"), arrays("")),
        arrays("3,n,m"),
        arrays("3,m"),
        arrays("3"),
    )
    samples.add(
        np.choose,
        call(indices("n,m", 3), choices),
        call(indices("n,m", 9, negative=True), choices, mode=each("wrap", "clip")),
        call(each(1, [0, 2], np.array(1)), st.tuples(floats(), floats(), floats()), mode="raise"),
    )
