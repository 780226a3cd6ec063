"""Cases of `pullback_numpy.ordering`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, masks
from pullback_numpy.ordering import share_ties


def register(samples):
    """Hand over the cases of sorting."""
    numbers = st.lists(floats(), min_size=2, max_size=4, unique=True)
    pairs = np.array([(1, 2), (0, 3), (1, 1)], [("a", int), ("b", int)])
    samples.add(
        np.sort,
        call(arrays("n,m"), axis=each(None, 0, 1, -1), kind=each(None, "stable", "heapsort")),
        call(arrays("2,n,3"), axis=each(None, 1, -3)),
        call(pairs, order=each(None, "b", ["b", "a"])),
        call(arrays("n"), stable=each(None, True, False)),
        call(each(numbers, arrays("n"), arrays("2,2").map(np.ndarray.tolist))),
    )
    samples.add(np.sort_complex, call(each(numbers, arrays("n"), arrays("n,m"))))
    distinct = st.permutations(range(12)).map(lambda order: np.reshape(order, (3, 4)) / 4)
    samples.add(
        np.partition,
        call(arrays("3,4"), each(0, 2, [1, 2], -1), axis=each(-1, 0)),
        call(exactly(distinct), each(0, 7, [1, 9]), axis=None),  # of many, those that tie may jump
        call(arrays("4,n"), 1, axis=0, kind="introselect"),
        call(pairs, each(0, 1), order=each(None, "b")),
        call(st.lists(floats(), min_size=3, max_size=4, unique=True), 1),
    )
    samples.add(
        share_ties,
        call(arrays("4,n"), masks("3,n"), 0),
        call(arrays("n,4"), masks("n,3"), 1),
        call(arrays("3"), exactly(np.array([False, False])), 0),
    )
