"""How ranges between two ends are made."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, floats
from pullback.domains import interval

NUMS = each(0, 1, 2, 5)


def register(samples):
    """Hand over the cases of `pullback_numpy.ranges`."""
    ends = floats(), floats()
    rows = arrays("n,m"), each(arrays("m"), arrays("n,1"), floats())
    samples.add(
        np.linspace,
        call(*ends, NUMS),
        call(*ends, num=each(1, 3), endpoint=False, device=each(None, "cpu")),
        call(*ends, num=each(2, 4), endpoint=each(True, False), retstep=True),
        call(*ends, 3, dtype=each(float, np.float32, complex)),
        call(*rows, 3, axis=each(0, 1, -1), retstep=each(True, False)),
        call(1, floats(), 3),
    )
    low, high = interval(0.1, 2.0), interval(1.5, 3.0)
    samples.add(
        np.logspace,
        call(*ends, NUMS),
        call(*ends, num=3, endpoint=False, base=floats(high)),
        call(*ends, num=3, dtype=each(float, complex)),
        call(arrays("n,m"), arrays("m"), 3, axis=each(0, 1, -1), base=each(2.0, arrays("m", high))),
    )
    samples.add(
        np.geomspace,
        call(floats(low), floats(high), NUMS),
        call(floats(low), floats(high), num=3, endpoint=False, dtype=each(None, complex)),
        call(arrays("n,m", low), arrays("m", high), 3, axis=each(0, 1, -1)),
        call(arrays("n", interval(-2.0, -0.1)), arrays("n", interval(-3.0, -1.5)), 3),
    )
