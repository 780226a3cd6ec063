"""How functions that edit arrays are called."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, masks, numpy_scalars

PLACES = each(
    *([0, 2, 2], [3, 1], [-1, 0], [1], [], np.array([2, 0]), slice(1, 3), slice(None, None, -2)),
    np.array([True, False, True]),
)
"""Of an axis of length three."""


def register(samples):
    """Hand over the cases of `pullback_numpy.editing`."""
    joining(samples)
    inserting(samples)
    removing(samples)
    grids(samples)


def joining(samples):
    """What puts arrays together."""
    samples.add(
        np.append,
        call(each(arrays("n,m"), floats(), arrays("")), each(arrays("k"), arrays("2,k"), floats())),
        call(arrays("n,m"), each(arrays("k,m"), arrays("2,m")), axis=each(0, -2)),
        call(arrays("n,m"), arrays("n,2"), axis=each(1, -1)),
    )
    pairs = st.tuples(arrays("n,m"), arrays("n,2")).map(list)
    below = st.tuples(arrays("3,m"), arrays("3,2")).map(list)
    samples.add(
        np.block,
        call(each(pairs, arrays("n,m"), floats(), st.tuples(arrays("n"), floats()).map(list))),
        call(st.tuples(pairs, below).map(list)),
        call(st.tuples(pairs, st.tuples(arrays("1,m"), arrays("2")).map(list)).map(list)),
        call(st.tuples(arrays("2,n,m"), arrays("2,n,1")).map(list)),
    )
    samples.add(np.diagflat, call(each(arrays("n"), arrays("n,2"), floats()), k=each(0, 1, -2)))
    samples.add(
        np.resize,
        call(arrays("n,m"), each((2, 2), (5, 3), 7, 1, (0, 2), ())),
        call(each(floats(), arrays(""), numpy_scalars()), each(3, (2, 2))),
        call(arrays("0"), each(0, 2)),
    )


def inserting(samples):
    """What goes between."""
    samples.add(
        np.insert,
        call(arrays("3,n"), each(0, -1, 3), each(floats(), arrays("n"), arrays("2,n")), axis=0),
        call(arrays("n,3"), each(1, -2), each(floats(), arrays("n"), arrays("2,n")), axis=-1),
        call(arrays("3,n"), PLACES, each(floats(), arrays("1,n"), 2), axis=each(0, -2)),
        call(arrays("3,n"), [2, 0], each(arrays("2,n"), arrays("n"), arrays("2,1")), axis=0),
        call(arrays("3,n"), [1], each(arrays("2,n"), arrays("1,n"), arrays("n")), axis=0),
        call(arrays("n,3"), slice(0, 2), each(arrays("n,2"), arrays("1,n,2")), axis=1),
        call(arrays("2,2"), each(4, -1, [0, 3, 3]), each(floats(), arrays("1")), axis=None),
        call(arrays("3"), each(1, [2, 0], slice(2)), arrays("2")),
        call(each(arrays(""), floats()), each(0, 1), floats()),
    )


def removing(samples):
    """What is left out."""
    samples.add(
        np.delete,
        call(arrays("3,n"), each(0, -1, [0, 2, 2], [], slice(None, None, 2), masks("3")), axis=0),
        call(arrays("n,3"), each(1, [-1, 0], np.array([2])), axis=each(1, -1)),
        call(arrays("2,2"), each(1, [0, -1], slice(3, 0, -1), masks("4"))),
        call(each(arrays(""), floats()), each([], 0)),
    )
    # Without zeros, as the function jumps where there are any.
    samples.add(np.trim_zeros, call(exactly(arrays("n")), trim=each("fb", "f", "B")))
    samples.add(np.trim_zeros, call(exactly([0.5, 2.5, 0.25]), each("fb", "f", "B")))
    if np.lib.NumpyVersion(np.__version__) >= "2.2.0":
        axis = each(None, 0, -1, (1, 0))
        samples.add(np.trim_zeros, call(exactly(arrays("n,m")), each("fb", "b", "f"), axis=axis))


def grids(samples):
    """What spreads vectors over axes, and what takes axes apart."""
    x = each(arrays("n"), arrays("2,2"), floats(), arrays(""))
    samples.add(
        np.meshgrid,
        call(x),
        call(x, arrays("m"), indexing=each("xy", "ij"), sparse=each(False, True)),
        call(arrays("n"), arrays("m"), copy=each(True, False), sparse=each(False, True)),
        call(arrays("2"), np.arange(3), arrays("n"), indexing=each("xy", "ij")),
    )
    samples.add(
        np.ix_,
        call(arrays("n")),
        call(arrays("n"), each(arrays("m"), np.array([2, 0]), [1, 2], masks("m"))),
        call([0, 1], arrays("n"), arrays("m")),
    )
    if hasattr(np, "unstack"):  # NumPy 2.1 added it
        samples.add(np.unstack, call(arrays("n,2,3"), axis=each(0, 1, -1)), call(arrays("n")))
