"""The rule of `numpy.pad`.

The modes that copy elements (``edge``, ``reflect``, ``symmetric``, ``wrap``) are reads along one
axis after the other; their pullback scatters in the same way.
"""

from __future__ import annotations

from operator import index

import numpy as np

from pullback import not_implemented, rule
from pullback.arguments import any_traced
from pullback.spaces import plain, project
from pullback.tracer import apply_function
from pullback_numpy.axes import along, as_array
from pullback_numpy.indexing import scatter

COPYING = ("edge", "reflect", "symmetric", "wrap")


@rule(
    np.pad,
    differentiable=("array", "constant_values"),
    not_implemented={
        "reflect_type": "for odd",
        "stat_length": "for all modes that take it",
        "end_values": "for linear_ramp, the mode that takes it",
    },
)
def pad(array, pad_width, mode="constant", constant_values=0, **params):
    """Elements added at the ends of axes.

    Not written are the modes linear_ramp, maximum, mean, median and minimum, and functions.
    ``constant_values`` may be one number, or what broadcasts to a pair (before, after) for each
    axis; each gets the sum of the cotangents of what it filled.
    """
    array = as_array(array)
    if mode == "constant":
        params["constant_values"] = constant_values
    if any_traced([constant_values]):  # NumPy looks for tracers in `array` only
        y = apply_function(np.pad, (array, pad_width, mode), params)
    else:
        y = np.pad(array, pad_width, mode, **params)
    shape = array.shape
    widths = _pairs(pad_width, len(shape))
    inner = tuple(
        slice(before, before + length) for (before, _), length in zip(widths, shape, strict=True)
    )
    if mode in COPYING and params.get("reflect_type", "even") == "even":
        reads = [
            np.pad(np.arange(length), pair, mode) if any(pair) else None
            for length, pair in zip(shape, widths, strict=True)
        ]

        def pad_pullback_copied(ct):
            for axis, read in enumerate(reads):
                if read is not None:
                    lengths = (*ct.shape[:axis], shape[axis], *ct.shape[axis + 1 :])
                    ct = scatter(lengths, ct.dtype, (along(axis, read),), ct)
            return ct

        return y, pad_pullback_copied
    if mode not in ("constant", "empty"):
        odd = " with reflect_type='odd'" if mode in COPYING else ""
        return y, not_implemented(f"the derivative of np.pad in mode {mode!r}{odd} is not written")

    def pad_pullback(ct):
        return ct[inner]

    def pad_pullback_constant_values(ct):
        if not shape:
            return None  # there is no axis to fill
        sums = [ct[region].sum() for region in _filled(widths, inner)]
        total = np.stack(sums).reshape(len(shape), 2)
        return project(total, (np.ndarray, given, total.dtype))

    given = np.shape(plain(as_array(constant_values)))
    return y, (pad_pullback, None, None, pad_pullback_constant_values)


def _pairs(pad_width, ndim):
    """How many elements come before and after, for each axis."""
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            pairs[axis] = _whole(np.broadcast_to(width, 2).tolist())
        return pairs
    pairs = np.broadcast_to(pad_width, (ndim, 2)).tolist()
    return [_whole(pair) for pair in pairs]


def _whole(pair):
    """A pair of ints, which a graph notes."""
    return index(pair[0]), index(pair[1])


def _filled(widths, inner):
    """What each constant fills: NumPy pads axis after axis, so a later axis takes the corners."""
    for axis, (before, _) in enumerate(widths):
        whole, rest = (slice(None),) * axis, inner[axis + 1 :]
        yield (*whole, slice(0, before), *rest)
        yield (*whole, slice(inner[axis].stop, None), *rest)
