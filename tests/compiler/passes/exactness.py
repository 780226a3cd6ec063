"""What the tests of passes compare: values to the last bit, and graphs by what they call."""

from __future__ import annotations

import struct
import warnings

import numpy as np

from pullback.containers import flatten
from pullback.names import name_of


def bits(value):
    """The type, shape, dtype and bytes of a value; every NaN has the same."""
    kind = type(value)
    if kind in (float, complex):
        parts = (value.real, value.imag) if kind is complex else (value,)
        return kind, [b"nan" if part != part else struct.pack("d", part) for part in parts]
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value, order="C")
        parts = array.reshape(-1)
        if array.dtype.kind in "fc":
            parts = parts.view(array.real.dtype)
            parts[np.isnan(parts)] = np.nan
        whole = parts.tobytes() if array.dtype != np.longdouble else repr(parts)
        return kind, array.shape, array.dtype, whole
    return kind, value


def all_bits(tree):
    """The bits of all leaves of a container."""
    return [bits(leaf) for leaf in flatten([tree])[0]]


def quietly(graph, *args):
    """What a graph returns, without the warnings of its numbers."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return graph(*args)


def calls(graph):
    """The names of what a graph calls, in order, as ``operator.mul``."""
    return [name_of(node.function) for node in graph.nodes if node.kind == "call"]
