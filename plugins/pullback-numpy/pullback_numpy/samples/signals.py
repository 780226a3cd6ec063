"""How functions of sampled functions are called: differences, slopes, integrals, convolutions."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats, numpy_scalars
from pullback.domains import interval, positive


def grids(length):
    """Increasing coordinates."""
    return arrays(length, interval(0.5, 2.0)).map(np.cumsum)


def register(samples):
    """Hand over the cases of `pullback_numpy.signals`."""
    differences(samples)
    slopes(samples)
    integrals(samples)
    convolutions(samples)


def differences(samples):
    """Differences of neighbours."""
    column = each(floats(), arrays(""), arrays("2,1"), arrays("2,3"), 2)
    samples.add(
        np.diff,
        call(arrays("4,5"), each(0, 1, 2, 3, 4, 7), axis=each(-1, 0, 1)),
        call(arrays("2,4"), each(1, 3), -1, column, column),
        call(arrays("2,4"), append=column),
        call(arrays("n,2"), n=each(1, 2), axis=0, prepend=each(floats(), arrays("3,2"))),
        call(arrays("n"), prepend=each(floats(), arrays("2")), append=arrays("1")),
        call([0.5, 2.5, 0.25], each(0, 1)),
    )
    end = each(None, floats(), arrays("2"), arrays("2,2"))
    samples.add(
        np.ediff1d,
        call(each(arrays("n,m"), arrays("4"), arrays(""), arrays("0"))),
        call(arrays("n,m"), to_end=end, to_begin=end),
        call(arrays("1"), end, end),
    )


def slopes(samples):
    """Finite differences as derivatives."""
    order = each(1, 2)
    step = each(floats(positive), numpy_scalars(positive), 2)
    samples.add(
        np.gradient,
        call(arrays("4,3"), axis=each(None, 0, -1, (0, 1), (-1, 0), (1,)), edge_order=order),
        call(arrays("3,4"), step, axis=each(None, 1, (1, 0)), edge_order=order),
        call(arrays("3,4"), step, exactly(each(floats(positive), grids("4"))), edge_order=order),
        call(arrays("2,4,2"), exactly(grids("4")), axis=each(1, -2), edge_order=order),
        call(arrays("5"), exactly(each(grids("5"), np.array([0, 1, 3, 4, 8]))), edge_order=order),
        call(arrays("3,2"), exactly(grids("2")), exactly(grids("3")), axis=each((1, 0), (-1, -2))),
        call(each(arrays("2"), arrays("2,1")), axis=0),
    )


def integrals(samples):
    """The trapezoidal rule."""
    samples.add(
        np.trapezoid,
        call(arrays("3,4"), axis=each(-1, 0, 1)),
        call(arrays("n,4"), each(arrays("4"), arrays("n,4"), arrays("1,4"))),
        call(arrays("4,n"), x=each(None, arrays("4"), arrays("4,1")), axis=0),
        call(each(arrays("4"), arrays("1,4")), each(arrays("4"), arrays("2,4"))),
        call(arrays("n,m"), dx=each(floats(), numpy_scalars()), axis=each(-1, 0)),
    )


def convolutions(samples):
    """Sums of shifted products."""
    lengths = ("5", "2"), ("4", "4"), ("2", "5"), ("3", "6"), ("n", "m")
    mode = each("full", "same", "valid")
    samples.add(
        [np.convolve, np.correlate],
        *[call(arrays(a), arrays(v), mode=mode) for a, v in lengths],
        call(arrays("3"), arrays("2")),
    )
    samples.add(np.convolve, call(each(floats(), arrays("")), each(arrays("3"), floats()), mode))
