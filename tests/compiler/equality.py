"""Whether two results are alike: in structure, order, types, dtypes, shapes, and bits."""

from __future__ import annotations

import dataclasses

import numpy as np


def difference(got, want, ulps=0, path="", eps=0.0):
    """How ``got`` differs from ``want``; an empty string where it does not.

    Args:
        ulps: so many units in the last place may floating-point numbers differ by, those of
            arrays relative to the largest. With 0, all bits are compared.
        path: of the two in what is compared.
        eps: the unit in the last place of the least precise numbers that went into it.
    """
    if type(got) is not type(want):
        return f"{path or 'it'} is {got!r:.80}, wanted {want!r:.80}"
    if isinstance(want, dict):
        if [*got] != [*want]:
            return f"{path or 'it'} has the keys {[*got]}, wanted {[*want]}"
        pairs = [(key, got[key], want[key]) for key in want]
    elif isinstance(want, (list, tuple)):
        if len(got) != len(want):
            return f"{path or 'it'} has {len(got)} items, wanted {len(want)}"
        pairs = [(place, *both) for place, both in enumerate(zip(got, want, strict=True))]
    elif dataclasses.is_dataclass(want) and not isinstance(want, type):
        names = [field.name for field in dataclasses.fields(want)]
        pairs = [(name, getattr(got, name), getattr(want, name)) for name in names]
    else:
        return _leaf(got, want, ulps, path or "it", eps)
    for key, a, b in pairs:
        found = difference(a, b, ulps, f"{path}[{key!r}]", eps)
        if found:
            return found
    return ""


def _leaf(got, want, ulps, path, eps):
    if isinstance(want, (np.ndarray, np.generic)):
        if got.shape != want.shape or got.dtype != want.dtype:
            return f"{path} is {got.dtype}{got.shape}, wanted {want.dtype}{want.shape}"
    elif type(want).__eq__ is object.__eq__ and not callable(want):
        return ""  # of one type, of which no two are equal
    elif not isinstance(want, (float, complex)):
        same = np.array_equal(got, want) if hasattr(want, "__array__") else bool(got == want)
        return "" if same else f"{path} is {got!r:.80}, wanted {want!r:.80}"
    a, b = np.asarray(got), np.asarray(want)
    same = _bits(a) == _bits(b) if not ulps else _close(a, b, ulps, eps)
    return "" if same else f"{path} is {got!r:.200}, wanted {want!r:.200}"


def _bits(array):
    """The bytes of the elements, in order; every NaN counts as the same."""
    if array.dtype.kind in "fc":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array.tobytes()


def _close(a, b, ulps, eps):
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    finite = np.isfinite(b)
    if not np.array_equal(np.isfinite(a), finite):
        return False
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    scale = np.max(np.abs(b[finite]), initial=0.0)
    with np.errstate(over="ignore"):
        error = np.max(np.abs(a[finite] - b[finite]), initial=0.0)
        return bool(error <= ulps * max(np.finfo(b.dtype).eps, eps) * scale)
