"""Kinds of what no derivative is taken by: integers, indices, masks, axes, lengths of lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from pullback.conformance.kinds.model import Setting, kind
from pullback.conformance.kinds.numbers import change_some
from pullback.conformance.samples import Call
from pullback.conformance.values import Place, is_floating, kind_of, places, replaced


@kind("duplicates", "values")
def duplicates(setting: Setting) -> Call | None:
    """Equal integers, such as an index that occurs twice."""
    new = {}
    free = setting.not_exact
    for place, value in free:
        if isinstance(value, np.ndarray) and kind_of(value) == "i" and value.size > 1:
            array = value.copy()
            flat = array.reshape(-1)
            flat[setting.random.integers(1, len(flat)) :] = flat[0]
            new[place] = array
    lists: dict[Place, list[Place]] = {}
    for place, value in free:
        if type(value) is int and len(place) > 1:
            lists.setdefault(place[:-1], []).append(place)
    for members in lists.values():
        if len(members) > 1:
            first = dict(free)[members[0]]
            new[members[-1]] = first
    return replaced(setting.call, new) if new else None


@kind("small-integers", "values")
def small_integers(setting: Setting) -> Call | None:
    """0, 1, -1 and 2 in the place of an integer argument, beside zeros."""
    new: dict[Place, Any] = {}
    for place, value in setting.not_exact:
        if type(value) is int:
            others = [number for number in (0, 0, 1, -1, 2) if number != value]
            new[place] = others[setting.random.integers(len(others))]
    if not new:
        return None
    changed = replaced(setting.call, new)
    zero = 0 in new.values() or setting.random.integers(2)
    other = change_some(setting, lambda x, place: 0.0) if zero else None
    return changed if other is None else replaced(other, new)


@kind("masks", "values")
def masks(setting: Setting) -> Call | None:
    """A condition that holds everywhere, nowhere, or where it did not."""
    way = setting.random.integers(3)
    new = {}
    for place, value in setting.not_exact:
        if isinstance(value, np.ndarray) and value.dtype == bool:
            other = ~value if way == 2 else np.full_like(value, bool(way))
            if not np.array_equal(other, value):
                new[place] = other
    return replaced(setting.call, new) if new else None


@kind("list-lengths", "values")
def list_lengths(setting: Setting) -> Call | None:
    """A list of numbers or arrays with a member more, or one less."""
    args = [*setting.call.args]
    more = setting.random.integers(2)
    for number, arg in enumerate(args):
        if number in setting.call.exact or type(arg) not in (list, tuple) or not arg:
            continue
        if all(is_floating(item) for item in arg):
            args[number] = type(arg)([*arg, arg[0] * 0.75] if more else [*arg][:-1])
            return replace(setting.call, args=tuple(args))
    return None


@kind("negative-axis", "values")
def negative_axis(setting: Setting) -> Call | None:
    """Axes counted from the end, one of them or all; any other integer argument, below 0."""
    ndim = _first_ndim(setting)
    new: dict[Place, Any] = {
        place: value - ndim
        for place, value in setting.not_exact
        if type(value) is int and value >= 0 and ndim
    }
    if len(new) > 1 and setting.random.integers(2):
        one = [*new][setting.random.integers(len(new))]
        new = {one: new[one]}
    return replaced(setting.call, new) if new else None


@kind("tuple-axis", "values")
def tuple_axis(setting: Setting) -> Call | None:
    """Two axes instead of one, where a keyword is about axes."""
    ndim = _first_ndim(setting)
    new: dict[Place, Any] = {
        (name,): (value, (value + 1) % ndim)
        for name, value in setting.call.params.items()
        if "ax" in name and type(value) is int and ndim > 1 and name not in setting.call.exact
    }
    return replaced(setting.call, new) if new else None


def _first_ndim(setting: Setting) -> int:
    return next((int(np.ndim(value)) for _, value in setting.arrays), 0)


@kind("numpy-integers", "dtypes")
def numpy_integers(setting: Setting) -> Call | None:
    """NumPy's integers in the place of Python's, in tuples too: an axis, a shape, a count."""
    new = {place: np.int64(value) for place, value in places(setting.call) if type(value) is int}
    return replaced(setting.call, new) if new else None
