"""How the products and quotients with strong zeros are called."""

from __future__ import annotations

from math import inf, nan

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats
from pullback.domains import negative, nonzero, positive
from pullback_numpy.strong import bilinear, divide, multiply, power_log

# Beside them a zero stays a zero.
endless = exactly(each(inf, -inf, nan, np.array([inf, 1.5]), np.array([nan, 1.5])))


def register(samples):
    """Hand over the cases of `pullback_numpy.strong`."""
    samples.add(
        divide,
        call(each(arrays("n,m"), floats()), each(arrays("n,m", nonzero), floats(nonzero), 2)),
    )
    samples.add(
        [multiply, bilinear],
        call(each(arrays("n,m"), floats()), each(arrays("n,m"), floats())),
    )
    samples.add(
        power_log,
        call(arrays("n,m"), arrays("n,m", positive), arrays("n,m"), k=each(0, 1, 2)),
        call(floats(), floats(positive), floats(), k=each(0, 1, 2)),
        call(arrays("n,m"), arrays("n,m"), each(0, 1, 3, 2.0)),
        call(arrays("n,m"), arrays("n,m", positive), each(-1, 0.5), each(0, 1)),
        # Logarithms of negative numbers, of zero, and of integers.
        call(floats(), each(arrays("n", negative), floats(negative)), 2 + 1j, k=each(1, 2)),
        call(3, np.array([0, 2, 3]), arrays("3", positive), k=1),
        call(floats(), np.array([1, 2, 3]), 2, k=1),
    )
    samples.add(
        [divide, multiply, bilinear],
        call(floats(), endless),
        call(endless, floats(positive)),
    )
    samples.add(power_log, call(exactly(inf), floats(positive), floats()))
