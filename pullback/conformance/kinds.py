"""The kinds of samples: what is done to an author's plain samples, for every rule, unasked.

Most bugs of rules do not show at plain random numbers. Each kind here puts something special into
a plain call: zeros and ties, boundary points, other dtypes, shapes and memory layouts. A kind
returns ``None`` where it would change nothing, and what the primal refuses is ruled out, so no
author has to say what does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite
from typing import Any, Final, TypeAlias

import numpy as np

from pullback.conformance.samples import Call
from pullback.conformance.values import Place, is_floating, kind_of, places, replaced
from pullback.domains import Domain

__all__ = ["KINDS", "Kind", "Setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a kind may look at."""

    call: Call
    primals: tuple[Place, ...]
    """The places of the floating-point arguments."""
    domains: dict[Place, Domain]
    """Where they live, for those whose rule says so."""
    points: tuple[float, ...]
    """The numbers at which the rule declares a value."""
    random: np.random.Generator


Change: TypeAlias = Callable[[Setting], Call | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of making a plain call special."""

    name: str
    family: str
    """``values``, ``dtypes``, ``shapes`` or ``memory``."""
    change: Change
    summary: str


_LONG: Final = 67
KINDS: Final[dict[str, Kind]] = {}
"""Name -> kind, in the order in which they are tried."""


def _kind(name: str, family: str) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        summary = (change.__doc__ or "").split("\n")[0]
        KINDS[name] = Kind(name, family, change, summary)
        return change

    return add


def of_family(*families: str) -> tuple[str, ...]:
    """The names of all kinds of some families."""
    return tuple(kind.name for kind in KINDS.values() if kind.family in families)


@_kind("plain", "values")
def plain(setting: Setting) -> Call | None:
    """As the author's strategy draws it."""
    return setting.call


# Numbers


def _not_exact(setting: Setting) -> list[tuple[Place, Any]]:
    """The leaves that may change."""
    return [leaf for leaf in places(setting.call) if leaf[0][0] not in setting.call.exact]


def _free(setting: Setting) -> list[tuple[Place, Any]]:
    """The primals whose numbers may change."""
    return [leaf for leaf in _not_exact(setting) if leaf[0] in setting.primals]


def _change_some(
    setting: Setting, change: Callable[[Any, Place], Any], *, at_most: int | None = None
) -> Call | None:
    """Some elements of some primals, changed: one, a few, or all that would be other numbers."""
    elements = [
        (place, index)
        for place, value in _free(setting)
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
    for place, value in _free(setting):
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


@_kind("zeros", "values")
def zeros(setting: Setting) -> Call | None:
    """Exact zeros."""
    return _change_some(setting, lambda x, place: 0.0)


@_kind("ones", "values")
def ones(setting: Setting) -> Call | None:
    """Exact ones, and minus ones."""
    one = (1.0, 1.0, -1.0)[setting.random.integers(3)]
    return _change_some(setting, lambda x, place: one)


@_kind("signs", "values")
def signs(setting: Setting) -> Call | None:
    """The other sign."""
    return _change_some(setting, lambda x, place: -x)


@_kind("ties", "values")
def ties(setting: Setting) -> Call | None:
    """Equal numbers, within an array and across arguments."""
    free = _free(setting)
    if not free:
        return None
    numbers = np.concatenate([np.reshape(value, -1) for _, value in free])
    if len(numbers) < 2:
        return None
    copied = numbers[setting.random.integers(len(numbers))]
    return _change_some(setting, lambda x, place: copied if np.iscomplexobj(x) else copied.real)


@_kind("duplicates", "values")
def duplicates(setting: Setting) -> Call | None:
    """Equal integers, such as an index that occurs twice."""
    new = {}
    free = _not_exact(setting)
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


def _ends(setting: Setting, place: Place) -> list[float]:
    domain = setting.domains.get(place)
    ends = [*setting.points]
    if domain is not None:
        ends += [end for end in (domain.low, domain.high, *domain.excluded) if isfinite(end)]
    return ends


@_kind("boundary", "values")
def boundary(setting: Setting) -> Call | None:
    """The ends of the domain, and the points for which the rule declares a value."""
    return _at_ends(setting, lambda end, domain: end)


@_kind("near-boundary", "values")
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
    if not any(_ends(setting, place) for place, _ in _free(setting)):
        return None
    chosen = {}
    for place, _ in _free(setting):
        ends = _ends(setting, place)
        if ends:
            end = ends[setting.random.integers(len(ends))]
            chosen[place] = point(end, setting.domains.get(place))
    return _change_some(setting, lambda x, place: chosen.get(place, x))


@_kind("huge", "values")
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

    return _change_some(setting, enlarged)


@_kind("overflow", "values")
def overflow(setting: Setting) -> Call | None:
    """Magnitudes so large that the value overflows, though they fit into single precision."""
    return _enlarged(setting, (1e3, 1e8, 1e30))


@_kind("tiny", "values")
def tiny(setting: Setting) -> Call | None:
    """Small magnitudes, down to where the function underflows."""
    factor = (1e-3, 1e-8, 1e-100, 1e-200)[setting.random.integers(4)]
    return _change_some(setting, lambda x, place: x * factor)


@_kind("inf", "values")
def infinite(setting: Setting) -> Call | None:
    """An infinity in one element."""
    sign = (1.0, -1.0)[setting.random.integers(2)]
    return _change_some(setting, lambda x, place: sign * inf, at_most=1)


@_kind("nan", "values")
def nan(setting: Setting) -> Call | None:
    """A NaN in one element."""
    return _change_some(setting, lambda x, place: np.nan, at_most=1)


@_kind("repeated", "values")
def repeated(setting: Setting) -> Call | None:
    """One and the same object as two arguments: ``f(x, x)``."""
    free = _free(setting)
    for number, (_, value) in enumerate(free):
        for other, candidate in free[number + 1 :]:
            if type(value) is type(candidate) and np.shape(value) == np.shape(candidate):
                return replace(replaced(setting.call, {other: value}), shared=True)
    return None


# What is no number of the function


@_kind("small-integers", "values")
def small_integers(setting: Setting) -> Call | None:
    """0, 1, -1 and 2 in the place of an integer argument, beside zeros."""
    new: dict[Place, Any] = {}
    for place, value in _not_exact(setting):
        if type(value) is int:
            others = [number for number in (0, 0, 1, -1, 2) if number != value]
            new[place] = others[setting.random.integers(len(others))]
    if not new:
        return None
    changed = replaced(setting.call, new)
    zero = 0 in new.values() or setting.random.integers(2)
    other = _change_some(setting, lambda x, place: 0.0) if zero else None
    return changed if other is None else replaced(other, new)


@_kind("masks", "values")
def masks(setting: Setting) -> Call | None:
    """A condition that holds everywhere, nowhere, or where it did not."""
    way = setting.random.integers(3)
    new = {}
    for place, value in _not_exact(setting):
        if isinstance(value, np.ndarray) and value.dtype == bool:
            other = ~value if way == 2 else np.full_like(value, bool(way))
            if not np.array_equal(other, value):
                new[place] = other
    return replaced(setting.call, new) if new else None


@_kind("list-lengths", "values")
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


# Axes


@_kind("negative-axis", "values")
def negative_axis(setting: Setting) -> Call | None:
    """Axes counted from the end, one of them or all; any other integer argument, below 0."""
    ndim = _first_ndim(setting)
    new: dict[Place, Any] = {
        place: value - ndim
        for place, value in _not_exact(setting)
        if type(value) is int and value >= 0 and ndim
    }
    if len(new) > 1 and setting.random.integers(2):
        one = [*new][setting.random.integers(len(new))]
        new = {one: new[one]}
    return replaced(setting.call, new) if new else None


@_kind("tuple-axis", "values")
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
    return next((int(np.ndim(value)) for _, value in _arrays(setting)), 0)


# Dtypes


@_kind("numpy-integers", "dtypes")
def numpy_integers(setting: Setting) -> Call | None:
    """NumPy's integers in the place of Python's, in tuples too: an axis, a shape, a count."""
    new = {place: np.int64(value) for place, value in places(setting.call) if type(value) is int}
    return replaced(setting.call, new) if new else None


def _cast_all(setting: Setting, real: Any) -> Call | None:
    """Every array and NumPy scalar, in the precision of ``real``."""
    new = {}
    for place, value in places(setting.call):
        if isinstance(value, (np.ndarray, np.generic)) and is_floating(value):
            dtype = np.result_type(real, 1j) if kind_of(value) == "c" else np.dtype(real)
            if dtype != value.dtype:
                new[place] = value.astype(dtype)
    return replaced(setting.call, new) if new else None


@_kind("float32", "dtypes")
def float32(setting: Setting) -> Call | None:
    """Single precision."""
    return _cast_all(setting, np.float32)


@_kind("float16", "dtypes")
def float16(setting: Setting) -> Call | None:
    """Half precision."""
    return _cast_all(setting, np.float16)


def _complex(value: Any, random: np.random.Generator) -> Any:
    """``value`` with an imaginary part of its own size."""
    if type(value) is float:
        return complex(value, round(0.5 + random.random(), 2))
    imaginary = np.round(0.5 + random.random(np.shape(value)), 2)
    return value + 1j * imaginary.astype(value.dtype.type(0).real.dtype)


@_kind("complex128", "dtypes")
def complex128(setting: Setting) -> Call | None:
    """Complex numbers."""
    new = {
        place: _complex(value, setting.random)
        for place, value in _free(setting)
        if kind_of(value) == "f"
    }
    return replaced(setting.call, new) if new else None


@_kind("complex64", "dtypes")
def complex64(setting: Setting) -> Call | None:
    """Complex numbers in single precision."""
    new = {
        place: _complex(value.astype(np.float32), setting.random)
        for place, value in _free(setting)
        if kind_of(value) == "f" and type(value) is not float
    }
    return replaced(setting.call, new) if new else None


@_kind("mixed-dtypes", "dtypes")
def mixed_dtypes(setting: Setting) -> Call | None:
    """Arguments of different dtypes: single beside double precision, complex beside real."""
    free = _free(setting)
    if len(free) < 2:
        return None
    place, value = free[setting.random.integers(len(free))]
    if kind_of(value) == "f" and setting.random.integers(2):
        return replaced(setting.call, {place: _complex(value, setting.random)})
    single = np.complex64 if kind_of(value) == "c" else np.float32
    narrow = value.astype(single) if hasattr(value, "astype") else single(value)
    return replaced(setting.call, {place: narrow})


@_kind("integers", "dtypes")
def integers(setting: Setting) -> Call | None:
    """Integers in the place of one argument, beside floating-point ones."""
    free = _free(setting)
    if not free:
        return None
    free = [(place, value) for place, value in free if kind_of(value) == "f"]
    if not free:
        return None
    place, value = free[setting.random.integers(len(free))]
    return replaced(setting.call, {place: _whole(value)})


def _whole(value: Any) -> Any:
    """Integers instead of real numbers, away from 0."""
    whole = np.ceil(np.abs(value)) * np.where(np.less(value, 0), -1, 1)
    return whole.astype(np.int64) if isinstance(value, np.ndarray) else int(whole)


@_kind("python-scalars", "dtypes")
def python_scalars(setting: Setting) -> Call | None:
    """A Python number in the place of an array."""
    return _one_as_scalar(setting, lambda value: value.reshape(-1)[0].item())


@_kind("numpy-scalars", "dtypes")
def numpy_scalars(setting: Setting) -> Call | None:
    """A NumPy scalar in the place of an array, or of a Python number."""
    new = _one_as_scalar(setting, lambda value: value.reshape(-1)[0])
    if new is not None:
        return new
    numbers = {
        place: np.result_type(type(value)).type(value)
        for place, value in _free(setting)
        if type(value) in (float, complex)
    }
    return replaced(setting.call, numbers) if numbers else None


def _one_as_scalar(setting: Setting, scalar: Callable[[Any], Any]) -> Call | None:
    arrays = [
        (place, value)
        for place, value in _free(setting)
        if isinstance(value, np.ndarray) and value.size
    ]
    if not arrays:
        return None
    place, value = arrays[setting.random.integers(len(arrays))]
    return replaced(setting.call, {place: scalar(value)})


@_kind("lists", "dtypes")
def lists(setting: Setting) -> Call | None:
    """A list, of lists where there are axes, in the place of an array: of floats or of integers."""
    arrays = [(place, value) for place, value in _arrays(setting) if value.ndim and value.size]
    if not arrays:
        return None
    place, value = arrays[setting.random.integers(len(arrays))]
    if kind_of(value) == "f" and len(setting.primals) > 1 and setting.random.integers(2):
        value = _whole(value)
    return replaced(setting.call, {place: value.tolist()})


# Shapes


def _arrays(setting: Setting) -> list[tuple[Place, Any]]:
    return [
        (place, value)
        for place, value in places(setting.call)
        if place in setting.primals and isinstance(value, np.ndarray)
    ]


@_kind("batch", "shapes")
def batch(setting: Setting) -> Call | None:
    """A new leading axis, on every array or on one of them."""
    arrays = _arrays(setting)
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


@_kind("size-one", "shapes")
def size_one(setting: Setting) -> Call | None:
    """Axes of length one, in all arrays."""
    new = {
        place: value[(slice(0, 1),) * value.ndim]
        for place, value in _arrays(setting)
        if value.size > 1
    }
    return replaced(setting.call, new) if new else None


@_kind("broadcast", "shapes")
def broadcast(setting: Setting) -> Call | None:
    """One array with an axis of length one, or without its first axis, beside full ones."""
    arrays = [(place, value) for place, value in _arrays(setting) if value.ndim and value.size]
    if not arrays or len(setting.primals) < 2:
        return None
    place, value = arrays[setting.random.integers(len(arrays))]
    axis = int(setting.random.integers(-1, value.ndim))
    smaller = value[0] if axis < 0 else np.take(value, [0], axis)
    return None if smaller.shape == value.shape else replaced(setting.call, {place: smaller})


@_kind("empty", "shapes")
def empty(setting: Setting) -> Call | None:
    """Arrays without elements: all axes of one length become empty."""
    arrays = [(place, value) for place, value in _arrays(setting) if value.ndim]
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


@_kind("long", "shapes")
def long(setting: Setting) -> Call | None:
    """One long axis: what is done in blocks has more than one."""
    arrays = [(place, value) for place, value in _arrays(setting) if value.size]
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


@_kind("0-d", "shapes")
def zero_dimensional(setting: Setting) -> Call | None:
    """Arrays without axes."""
    new = {
        place: np.array(np.reshape(value, -1)[0])
        for place, value in _free(setting)
        if np.size(value) and not (isinstance(value, np.ndarray) and value.ndim == 0)
    }
    return replaced(setting.call, new) if new else None


# Memory


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


for _name, _summary in {
    "fortran": "Arrays in Fortran order.",
    "transposed": "Arrays whose axes are permuted in memory.",
    "strided": "Arrays that are every second element of another.",
    "negative-stride": "Arrays that run backwards through memory.",
    "read-only": "Arrays that cannot be written to.",
}.items():
    KINDS[_name] = Kind(_name, "memory", _in_layout(_name), _summary)
