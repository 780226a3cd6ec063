"""How functions that join arrays, take them apart and repeat them are called."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, indices, numpy_scalars


def members(*shapes):
    """Lists of arrays of the given shapes."""
    return st.tuples(*map(arrays, shapes)).map(list)


def register(samples):
    """Hand over the cases of `pullback_numpy.joining`."""
    dtypes = {"dtype": each(None, np.float32, complex), "casting": each("same_kind", "unsafe")}
    rows = st.lists(st.lists(floats(), min_size=2, max_size=2), min_size=1, max_size=3)
    samples.add(
        np.stack,
        call(each(rows, st.lists(floats(), min_size=1, max_size=3), members("", ""))),
    )
    texts = st.tuples(arrays("2"), st.just(np.array(["1.5", "2"])))
    samples.add(
        [np.concatenate, np.stack, np.vstack, np.hstack],
        call(texts, dtype=float, casting="unsafe"),
    )
    samples.add(
        np.concatenate,
        call(members("n,m", "k,m"), **dtypes),
        call(each(members("n,m", "n,k"), members("n,m", "n,k", "n,m")), axis=each(1, -1)),
        call(each(members("n,m", "k"), st.tuples(arrays("n"), arrays("m,k"))), axis=None),
        call(
            each(members("n"), st.tuples(arrays("n"), arrays("m"), arrays("2"))), axis=each(0, -1)
        ),
        call(arrays("k,n,m"), each(0, 1, -1, None)),
    )
    samples.add(
        np.stack,
        call(each(members("n,m", "n,m"), members("n,m")), axis=each(0, 1, 2, -1, -2)),
        call(st.tuples(arrays("n"), arrays("n"), arrays("n")), **dtypes),
        call(arrays("k,n,m"), each(0, 1, -1)),
    )
    samples.add(
        np.vstack,
        call(each(members("n,m", "k,m"), members("m", "n,m"), members("m", "m")), **dtypes),
        call(each(st.tuples(floats(), floats()), arrays("n,m"), arrays("k,n,m"))),
    )
    samples.add(
        np.hstack,
        call(each(members("n,m", "n,k"), members("n", "m")), **dtypes),
        call(each(st.tuples(floats(), floats()), arrays("n,m"), arrays("k,n,m"))),
    )
    samples.add(
        np.dstack,
        call(each(members("n,m", "n,m"), members("n", "n"), members("n,m,k", "n,m"))),
        call(each(st.tuples(floats(), floats()), arrays("n,m"), arrays("k,n,m"))),
    )
    samples.add(
        np.column_stack,
        call(each(members("n,m", "n,k"), members("n", "n"), members("n", "n,m", "n"))),
        call(each(st.tuples(floats(), floats()), arrays("n,m"), arrays("k,n,m"))),
    )
    places = each([1, 3], (2,), [0, 2, 2], [-1], np.array([1, 2]), [])
    samples.add(
        [np.split, np.array_split],
        call(arrays("4,2"), each(1, 2, 4)),
        call(arrays("4,n"), places),
        call(arrays("n,6"), each(3, [2, 5], [4, 2]), axis=each(1, -1)),
    )
    samples.add(np.array_split, call(arrays("5,n"), each(2, 3, 7), axis=0))
    samples.add(np.hsplit, call(each(arrays("4"), arrays("n,4"), arrays("n,4,m")), each(2, [1, 3])))
    samples.add(np.vsplit, call(each(arrays("4,n"), arrays("4,n,m")), each(2, [1, 3])))
    samples.add(np.dsplit, call(arrays("n,m,4"), each(2, [1, 3])))
    samples.add(
        np.repeat,
        call(arrays("2,3"), each(0, 1, 2, [3], np.array(2)), axis=each(None, 0, 1, -1)),
        call(arrays("n,3"), each([1, 2, 0], indices("3", 4)), axis=each(1, -1)),
        call(arrays("2,2"), each([2, 0, 1, 1], np.array([0, 1, 2, 3]))),
        call(arrays("2,3"), [1, 2], axis=0),
        call(arrays("0"), np.zeros(0, int)),
        call(each(floats(), arrays(""), numpy_scalars()), each(3, [2]), each(None, 0)),
    )
    samples.add(
        np.tile,
        call(arrays("n,m"), each(2, 0, (2,), (2, 3), (2, 1, 3), [1, 2], np.array([3, 1]), ())),
        call(each(floats(), arrays(""), arrays("n"), arrays("n,m,k")), each(2, (2, 3))),
    )
