"""Kinds of shapes: more axes and fewer, of length one, of no length, and long ones."""

from __future__ import annotations

from typing import Final

import numpy as np

from pullback.conformance.kinds.model import Setting, kind
from pullback.conformance.samples import Call
from pullback.conformance.values import replaced

_LONG: Final = 67


@kind("batch", "shapes")
def batch(setting: Setting) -> Call | None:
    """A new leading axis, on every array or on one of them."""
    arrays = setting.arrays
    if not arrays:
        return None
    only = setting.random.integers(len(arrays)) if setting.random.integers(2) else None
    new = {}
    for number, (place, value) in enumerate(arrays):
        if only is not None and number != only:
            continue
        # Turned by half a turn, a matrix keeps its singular values.
        other = value if place[0] in setting.call.exact else value.reshape(-1)[::-1]
        new[place] = np.stack([value, other.reshape(value.shape)])
    return replaced(setting.call, new)


@kind("size-one", "shapes")
def size_one(setting: Setting) -> Call | None:
    """Axes of length one, in all arrays."""
    new = {
        place: value[(slice(0, 1),) * value.ndim]
        for place, value in setting.arrays
        if value.size > 1
    }
    return replaced(setting.call, new) if new else None


@kind("broadcast", "shapes")
def broadcast(setting: Setting) -> Call | None:
    """One array with an axis of length one, or without its first axis, beside full ones."""
    arrays = [(place, value) for place, value in setting.arrays if value.ndim and value.size]
    if not arrays or len(setting.primals) < 2:
        return None
    place, value = arrays[setting.random.integers(len(arrays))]
    axis = int(setting.random.integers(-1, value.ndim))
    smaller = value[0] if axis < 0 else np.take(value, [0], axis)
    return None if smaller.shape == value.shape else replaced(setting.call, {place: smaller})


@kind("empty", "shapes")
def empty(setting: Setting) -> Call | None:
    """Arrays without elements: all axes of one length become empty."""
    arrays = [(place, value) for place, value in setting.arrays if value.ndim]
    lengths = sorted({length for _, value in arrays for length in value.shape if length})
    if not lengths:
        return None
    cut = lengths[setting.random.integers(len(lengths))]
    new = {
        place: value[tuple(slice(0, 0) if n == cut else slice(None) for n in value.shape)]
        for place, value in arrays
        if cut in value.shape
    }
    return replaced(setting.call, new)


@kind("long", "shapes")
def long(setting: Setting) -> Call | None:
    """One long axis: what is done in blocks has more than one."""
    arrays = [(place, value) for place, value in setting.arrays if value.size]
    if not arrays or setting.call.exact:
        return None
    axis = int(setting.random.integers(2))
    new = {}
    for place, value in arrays:
        if value.ndim:
            along = axis % value.ndim
            longer = np.take(value, np.arange(_LONG) % value.shape[along], along)
            slope = 1 - 0.0005 * np.arange(_LONG)  # so that no two are equal
            new[place] = longer * slope.reshape([-1] + [1] * (value.ndim - 1 - along))
    return replaced(setting.call, new) if new else None


@kind("0-d", "shapes")
def zero_dimensional(setting: Setting) -> Call | None:
    """Arrays without axes."""
    new = {
        place: np.array(np.reshape(value, -1)[0])
        for place, value in setting.free
        if np.size(value) and not (isinstance(value, np.ndarray) and value.ndim == 0)
    }
    return replaced(setting.call, new) if new else None
