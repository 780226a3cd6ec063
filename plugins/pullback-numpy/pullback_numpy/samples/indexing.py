"""How elements are read from arrays."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, indices, masks, numpy_scalars
from pullback_numpy.indexing import scatter

rows = indices("n", 3, negative=True)
columns = indices("n", 4, negative=True)
table = indices("n,2", 3, negative=True)
small = np.array([2, 2, 0], np.uint8)
"""Indices whose type does not hold the lengths of long axes."""

BASIC = each(
    *(0, -1, np.int64(1), slice(None), slice(1, None), slice(None, -1), slice(None, None, 2)),
    *(slice(None, None, -1), slice(2, 0, -1), slice(3, 3), Ellipsis, None, ()),
    *((1, 2), (-1, -4), (0, slice(1, 3)), (slice(None), -1), (Ellipsis, 0), (0, Ellipsis)),
    *((slice(None), None, slice(1, None)), (None, Ellipsis, None), (slice(0, 2), slice(3, 0, -2))),
)
"""Indices that read no element twice, of an array of shape (3, 4)."""
ADVANCED = each(
    *([0, 2], [1, 1, -2], [], np.array(2), rows, table, masks("3"), masks("3,4")),
    *([True, False, True], (rows, columns), ([0, 2], [1, 1]), (masks("3"), slice(1, 3))),
    *((slice(None), masks("4")), (rows, 1), (1, columns), (rows, slice(None, None, -1))),
    *((slice(1, None), columns), (Ellipsis, columns), (None, rows), (table, None), True, False),
    *((indices("n,1", 3), indices("1,m", 4)), (np.array([[0], [1]]), 2), np.array([], int)),
)
"""Indices that may read an element several times, and masks."""


def drawn(choices):
    """The members of ``choices``, with the strategies in tuples drawn."""
    return each(
        *(
            st.tuples(*(i if isinstance(i, st.SearchStrategy) else st.just(i) for i in member))
            if isinstance(member, tuple)
            else member
            for member in choices.values
        )
    )


def register(samples):
    """Hand over the cases of `pullback_numpy.indexing`."""
    mask = np.array([True, False, True])
    dtypes = each(np.dtype(float), np.dtype(complex), np.dtype(np.float32))
    samples.add(
        scatter,
        call((4,), dtypes, each((2,), (-1,), (np.array(2),)), floats()),
        call((4,), dtypes, ([2, 2], slice(1, 3)), arrays("2"), arrays("2")),
        call((4,), dtypes, tuple(range(-4, 4)) * 3, *[floats()] * 24),
        call((4,), dtypes, (-1, slice(1, 3)) * 9, *[floats(), arrays("2")] * 9),
        call((3, 2), dtypes, (0, 1, -1) * 6, *[arrays("2")] * 18),
        call((3, 2), dtypes, each(([0, 0, 2],), (np.array([0, 1, 1]),)), arrays("3,2")),
        call((3, 2), dtypes, each((0, mask), (0, slice(0, 2))), arrays("2"), arrays("2,2")),
        call((3, 2), dtypes, ((slice(None), [1, 1, 0]), (2, 1)), arrays("3,3"), floats()),
    )
    samples.add(np.ndarray.__getitem__, call(arrays("3,4"), BASIC))
    samples.add(np.ndarray.__getitem__, call(arrays("3,4"), drawn(ADVANCED)))
    samples.add(
        np.ndarray.__getitem__,
        call(arrays("4"), each(1, -2, [3, 3, 0], slice(None, None, -2), masks("4"), None)),
        call(
            arrays("2,3,2"), each(1, (0, 2), (1, Ellipsis, [0, 0]), ([1, 0], slice(1, 3), [1, 1]))
        ),
        call(arrays(""), each((), Ellipsis, None, True)),
        call(arrays("3,200"), small),
    )
    numbers = each(1, -1, [0, 2, 2], indices("k", 3, negative=True), indices("k,2", 3), [], ())
    samples.add(
        np.take,
        call(arrays("3,n"), numbers, axis=0),
        call(arrays("n,3"), numbers, axis=each(1, -1)),
        call(arrays("2,2"), each(3, [0, 0, -4], indices("n,m", 4, negative=True)), axis=None),
        call(
            arrays("3,4"),  # NumPy never comes back from `take` of shape (0, 0) in mode "wrap"
            each(4, [-5, 1, 9, 1], indices("k", 20, negative=True)),
            axis=each(None, 0, -1),
            mode=each("wrap", "clip"),
        ),
        call(each(floats(), numpy_scalars(), arrays("")), each(0, [0, -1])),
        call(arrays("300"), small, mode=each("raise", "wrap", "clip")),
    )
    samples.add(
        np.take_along_axis,
        call(arrays("3,n"), indices("k,n", 3, negative=True), axis=each(0, -2)),
        call(arrays("n,3"), each(indices("n,k", 3), indices("1,k", 3))),
        call(arrays("2,3"), indices("k", 6, negative=True), axis=None),
        call(arrays("2,150"), np.array([-1, 2, 2], np.int8), axis=None),
        call(arrays("n,3,m"), indices("n,2,m", 3, negative=True), 1),
    )
    samples.add(
        np.compress,
        call(each(masks("3"), [True, False, True], [0, 1]), arrays("3,n"), axis=0),
        call(each(masks("3"), [False, True]), arrays("n,3"), axis=each(1, -1)),
        call(each(masks("6"), [True, True, False]), each(arrays("2,3"), arrays("6")), axis=None),
    )
    samples.add(
        np.extract,
        call(masks("n,m"), arrays("n,m")),
        call(each(masks("4"), [1, 0, 0, 1]), each(arrays("2,2"), arrays("4"))),
        call(True, each(floats(), arrays(""))),
    )
