"""How elements are read from memory maps; views as good as maps of files."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, masks


def register(samples):
    """Hand over the cases of `pullback_numpy.memory_maps`."""
    maps = arrays("3,4").map(lambda array: array.view(np.memmap))
    samples.add(
        np.memmap.__getitem__,
        call(
            maps, each(0, -1, slice(None, None, -2), (1, 2), Ellipsis, None, [0, 0], masks("3,4"))
        ),
    )
