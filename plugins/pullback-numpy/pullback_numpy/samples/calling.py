"""How functions that call a function are called."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, masks, numpy_scalars


def scaled(x, factor=2.0, power=2):
    """A function with arguments of its own."""
    return factor * x**power


def outer(x):
    """A matrix of a vector."""
    return x[:, None] * np.sin(x)


def total(x, factor=1.0):
    """A number of a vector."""
    return np.sum(x * factor)


def register(samples):
    """Hand over the cases of `pullback_numpy.calling`."""
    pair = st.tuples(masks("n"), masks("n")).map(list)
    mixed = st.tuples(st.just(np.sin), floats(), st.just(scaled)).map(list)
    samples.add(
        np.piecewise,
        call(arrays("n"), pair, each(mixed, [scaled, np.mean])),
        call(arrays("n,m"), st.tuples(masks("n,m")).map(list), each([np.exp], [np.exp, 3.0])),
        call(each(floats(), arrays(""), numpy_scalars()), each(True, False), [scaled, 2.0]),
        call(arrays("n"), st.tuples(masks("n")).map(list), [scaled, scaled], floats(), power=3),
        call(arrays("n"), st.tuples(masks("n")).map(list), st.tuples(arrays(""), floats())),
    )
    samples.add(
        np.apply_along_axis,
        call(each(np.cumsum, total, outer), each(0, -1), arrays("3,n")),
        call(each(scaled, outer), each(0, 1, -2), arrays("2,3,2")),
        call(total, 0, arrays("n"), each(floats(), arrays("n"))),
        call(scaled, 1, arrays("n,2"), floats(), power=each(2, 3)),
    )
    samples.add(
        np.apply_over_axes,
        call(each(np.sum, np.prod, np.cumsum), arrays("n,2,3"), each(0, -1, (0, 2), [1, -1])),
    )
