"""Kinds of memory: the same numbers in Fortran order, with strides, read-only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from pullback.conformance.kinds.model import Change, Kind, Setting
from pullback.conformance.samples import Call
from pullback.conformance.values import places, replaced


def strided(array: Any) -> Any:
    """A copy of ``array`` that is every second element of a larger one."""
    larger = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    larger[..., ::2] = array
    return larger[..., ::2]


def reversed_strides(array: Any) -> Any:
    """A copy of ``array`` that runs backwards through its memory."""
    backwards = (slice(None, None, -1),) * array.ndim
    return array[backwards].copy()[backwards]


def transposed(array: Any) -> Any:
    """A copy of ``array`` whose first axis is the last one in memory."""
    return np.moveaxis(np.moveaxis(array, 0, -1).copy(), -1, 0)


def fortran(array: Any) -> Any:
    """A copy of ``array`` in Fortran order."""
    return array.copy(order="F")


def read_only(array: Any) -> Any:
    """A copy of ``array`` that cannot be written to."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS: Final[dict[str, Callable[[Any], Any]]] = {
    "fortran": fortran,
    "transposed": transposed,
    "strided": strided,
    "negative-stride": reversed_strides,
    "read-only": read_only,
}
"""Kind of memory -> a copy of an array with it."""


def laid_out(array: Any, layout: str) -> Any:
    """A copy of ``array`` in a layout of `LAYOUTS`; a value without axes as it is."""
    if not isinstance(array, np.ndarray) or array.ndim == 0:
        return array
    return LAYOUTS[layout](array)


def _memory(array: Any) -> tuple[Any, bool]:
    return array.strides, array.flags.writeable


def _in_layout(name: str) -> Change:
    def change(setting: Setting) -> Call | None:
        new = {}
        for place, value in places(setting.call):
            laid = laid_out(value, name)
            if isinstance(value, np.ndarray) and _memory(laid) != _memory(value):
                new[place] = laid
        return replaced(setting.call, new) if new else None

    return change


def _layout(name: str, summary: str) -> Kind:
    return Kind(name, "memory", _in_layout(name), summary)


in_fortran_order = _layout("fortran", "Arrays in Fortran order.")
with_axes_permuted = _layout("transposed", "Arrays whose axes are permuted in memory.")
with_strides = _layout("strided", "Arrays that are every second element of another.")
backwards = _layout("negative-stride", "Arrays that run backwards through memory.")
locked = _layout("read-only", "Arrays that cannot be written to.")
