"""How elements are set and added in arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, indices, masks
from pullback_numpy.samples.indexing import ADVANCED, BASIC, drawn
from pullback_numpy.updates import add_at, set_at


def register(samples):
    """Hand over the cases of `pullback_numpy.updates`."""
    for update in (set_at, add_at):
        samples.add(
            update,
            call(arrays("3,4"), BASIC, floats()),
            call(arrays("3,4"), drawn(ADVANCED), floats()),
            call(arrays("3,4"), each(0, slice(1, None), [1, 1, -2]), each(arrays("4"), 2)),
            call(arrays("3,4"), st.tuples(indices("5", 3), indices("5", 4)), arrays("5")),
            call(arrays("3,4"), masks("3"), arrays("4")),
            call(arrays("n"), each(0, -1, np.array(0)), floats()),
        )
