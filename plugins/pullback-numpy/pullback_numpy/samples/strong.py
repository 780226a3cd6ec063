"""How the products and quotients with strong zeros are called."""

from __future__ import annotations

from pullback.conformance import arrays, call, each, floats
from pullback.domains import nonzero, positive
from pullback_numpy.strong import bilinear, divide, multiply, over_root, power_log


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
        over_root,
        call(each(arrays("n,m"), floats()), each(arrays("n,m", positive), floats(positive), 2)),
    )
    samples.add(
        power_log,
        call(arrays("n,m"), arrays("n,m", positive), arrays("n,m"), k=each(0, 1, 2)),
        call(floats(), floats(positive), floats(), k=each(0, 1, 2)),
        call(arrays("n,m"), arrays("n,m"), each(0, 1, 3, 2.0)),
        call(arrays("n,m"), arrays("n,m", positive), each(-1, 0.5), each(0, 1)),
    )
