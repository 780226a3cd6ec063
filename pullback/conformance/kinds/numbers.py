"""Kinds of numbers: zeros, ties, boundary points, magnitudes, infinities."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from math import inf, isfinite
from typing import Any

import numpy as np

from pullback.conformance.kinds.model import Setting, kind
from pullback.conformance.samples import Call
from pullback.conformance.values import Place, replaced, value_at
from pullback.domains import Domain


@kind("plain", "values")
def plain(setting: Setting) -> Call | None:
    """As the author's strategy draws it."""
    return setting.call


def change_some(
    setting: Setting,
    change: Callable[[Any, Place], Any],
    *,
    at_most: int | None = None,
    exact: bool = False,
) -> Call | None:
    """Some elements of some primals, changed: one, a few, or all that would be other numbers.

    With ``exact`` those of arguments too whose numbers the author wants as they are.
    """
    leaves = [(place, value_at(setting.call, place)) for place in setting.primals]
    leaves = leaves if exact else setting.free
    elements = [
        (place, index)
        for place, value in leaves
        for index, number in enumerate(np.reshape(value, -1))
        if change(number, place) != number
    ]
    if not elements:
        return None
    random = setting.random
    count = (1, max(1, len(elements) // 2), len(elements))[random.integers(3)]
    count = min(count, at_most or count)
    chosen: dict[Place, list[int]] = {}
    for number in random.permutation(len(elements))[:count]:
        place, index = elements[number]
        chosen.setdefault(place, []).append(index)
    new = {}
    for place, value in leaves:
        if place in chosen:
            new[place] = _with_elements(value, chosen[place], partial(_changed, change, place))
    return replaced(setting.call, new)


def _changed(change: Callable[[Any, Place], Any], place: Place, x: Any) -> Any:
    return change(x, place)


def _with_elements(value: Any, indices: Iterable[int], change: Callable[[Any], Any]) -> Any:
    if not isinstance(value, np.ndarray):
        return type(value)(change(value))
    array = value.copy()
    flat = array.reshape(-1)
    for index in indices:
        flat[index] = change(flat[index])
    return array


@kind("zeros", "values")
def zeros(setting: Setting) -> Call | None:
    """Exact zeros."""
    return change_some(setting, lambda x, place: 0.0)


@kind("ones", "values")
def ones(setting: Setting) -> Call | None:
    """Exact ones, and minus ones."""
    one = (1.0, 1.0, -1.0)[setting.random.integers(3)]
    return change_some(setting, lambda x, place: one)


@kind("signs", "values")
def signs(setting: Setting) -> Call | None:
    """The other sign."""
    return change_some(setting, lambda x, place: -x)


@kind("ties", "values")
def ties(setting: Setting) -> Call | None:
    """Equal numbers, within an array and across arguments."""
    free = setting.free
    if not free:
        return None
    numbers = np.concatenate([np.reshape(value, -1) for _, value in free])
    if len(numbers) < 2:
        return None
    copied = numbers[setting.random.integers(len(numbers))]
    return change_some(setting, lambda x, place: copied if np.iscomplexobj(x) else copied.real)


def _ends(setting: Setting, place: Place) -> list[float]:
    domain = setting.domains.get(place)
    ends = [*setting.points]
    if domain is not None:
        ends += [end for end in (domain.low, domain.high, *domain.excluded) if isfinite(end)]
    return ends


@kind("boundary", "values")
def boundary(setting: Setting) -> Call | None:
    """The ends of the domain, and the points for which the rule declares a value."""
    return _at_ends(setting, lambda end, domain: end)


@kind("near-boundary", "values")
def near_boundary(setting: Setting) -> Call | None:
    """Points of the domain next to its ends: one rounding away, and a little farther."""
    distance = (0.0, 1e-12, 1e-6)[setting.random.integers(3)]

    def near(end: float, domain: Domain | None) -> float:
        inward = -1.0 if domain is not None and end == domain.high else 1.0
        scale = abs(end) or 1.0
        return (
            end + inward * distance * scale if distance else float(np.nextafter(end, inward * inf))
        )

    return _at_ends(setting, near)


def _at_ends(setting: Setting, point: Callable[[float, Domain | None], float]) -> Call | None:
    if not any(_ends(setting, place) for place, _ in setting.free):
        return None
    chosen = {}
    for place, _ in setting.free:
        ends = _ends(setting, place)
        if ends:
            end = ends[setting.random.integers(len(ends))]
            chosen[place] = point(end, setting.domains.get(place))
    return change_some(setting, lambda x, place: chosen.get(place, x))


@kind("huge", "values")
def huge(setting: Setting) -> Call | None:
    """Large magnitudes, up to where the function overflows."""
    return _enlarged(setting, (1e3, 1e8, 1e100, 1e200))


def _enlarged(setting: Setting, factors: tuple[float, ...]) -> Call | None:
    factor = factors[setting.random.integers(len(factors))]

    def enlarged(x: Any, place: Place) -> Any:
        domain = setting.domains.get(place)
        real = not isinstance(x, complex)
        bounded = domain is not None and real and not domain.low < x * factor < domain.high
        return x if bounded else x * factor

    return change_some(setting, enlarged)


@kind("overflow", "values")
def overflow(setting: Setting) -> Call | None:
    """Magnitudes so large that the value overflows, though they fit into single precision."""
    return _enlarged(setting, (1e3, 1e8, 1e30))


@kind("tiny", "values")
def tiny(setting: Setting) -> Call | None:
    """Small magnitudes, down to where the function underflows."""
    factor = (1e-3, 1e-8, 1e-100, 1e-200)[setting.random.integers(4)]
    return change_some(setting, lambda x, place: x * factor)


@kind("inf", "values")
def infinite(setting: Setting) -> Call | None:
    """An infinity in one element."""
    sign = (1.0, -1.0)[setting.random.integers(2)]
    return change_some(setting, lambda x, place: sign * inf, at_most=1)


@kind("nan", "values")
def nan(setting: Setting) -> Call | None:
    """A NaN in one element."""
    return change_some(setting, lambda x, place: np.nan, at_most=1)


@kind("outside", "values")
def outside(setting: Setting) -> Call | None:
    """Numbers outside of the domain, where the value is NaN; of exact arguments too."""
    way = setting.random.integers(3)
    return change_some(setting, lambda x, place: (0.0, -x, 10.0 * x)[way], exact=True)


@kind("repeated", "values")
def repeated(setting: Setting) -> Call | None:
    """One and the same object as two arguments: ``f(x, x)``."""
    free = setting.free
    for number, (_, value) in enumerate(free):
        for other, candidate in free[number + 1 :]:
            if type(value) is type(candidate) and np.shape(value) == np.shape(candidate):
                return replace(replaced(setting.call, {other: value}), shared=True)
    return None
