"""Numbers and arrays in the arguments and results of calls: find them, replace them, compare them.

A *leaf* is a number or an array; it stands in lists, tuples and dicts, at a *place*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

import numpy as np

from pullback.conformance.samples import Call

Place: TypeAlias = tuple[Any, ...]
"""The argument, by position or name, and then the way down: ``(0, 1)`` is the second member of
the first argument."""

EPSILON: Final = {"f2": 1e-3, "f4": 1.2e-7, "c8": 1.2e-7}
"""Relative rounding error of a dtype; 2.2e-16 for the others."""


def is_array(value: Any) -> bool:
    """Whether ``value`` is an array or a scalar of an array library."""
    return isinstance(value, (np.ndarray, np.generic))


def kind_of(value: Any) -> str:
    """``f``, ``c``, ``i`` or ``b``, as in a dtype; an empty string for what is not a number."""
    if is_array(value):
        kind = value.dtype.kind
        return "i" if kind == "u" else kind if kind in "fcib" else ""
    return {float: "f", complex: "c", int: "i", bool: "b"}.get(type(value), "")


def is_floating(value: Any) -> bool:
    """Whether ``value`` is a real or complex floating-point number or array."""
    return kind_of(value) in ("f", "c")


def leaves(tree: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every leaf of ``tree`` with its place."""
    if isinstance(tree, Mapping):
        for key in tree:
            yield from leaves(tree[key], (*path, key))
    elif isinstance(tree, (list, tuple)):
        for place, item in enumerate(tree):
            yield from leaves(item, (*path, place))
    else:
        yield path, tree


def map_leaves(function: Callable[[Place, Any], Any], tree: Any, path: Place = ()) -> Any:
    """``tree`` with ``function(place, leaf)`` instead of each leaf."""
    if isinstance(tree, Mapping):
        return {key: map_leaves(function, tree[key], (*path, key)) for key in tree}
    if isinstance(tree, (list, tuple)):
        items = [map_leaves(function, item, (*path, n)) for n, item in enumerate(tree)]
        return tree._make(items) if hasattr(tree, "_make") else type(tree)(items)
    return function(path, tree)


def places(call: Call) -> list[tuple[Place, Any]]:
    """Every leaf among the arguments of ``call``, with its place."""
    return [*leaves(call.args), *leaves(call.params)]


def value_at(call: Call, place: Place) -> Any:
    """The leaf at ``place``."""
    first, *rest = place
    value = call.params[first] if isinstance(first, str) else call.args[first]
    for step in rest:
        value = value[step]
    return value


def replaced(call: Call, new: Mapping[Place, Any]) -> Call:
    """``call`` with other leaves at some places."""
    args = [*call.args]
    params = dict(call.params)
    deep: set[Any] = set()
    for place, value in new.items():
        if len(place) > 1:
            deep.add(place[0])
        elif isinstance(place[0], str):
            params[place[0]] = value
        else:
            args[place[0]] = value
    for first in deep:
        holder: Any = params if isinstance(first, str) else args
        holder[first] = map_leaves(lambda path, leaf: new.get(path, leaf), holder[first], (first,))
    return replace(call, args=tuple(args), params=params)


def copied(tree: Any) -> Any:
    """``tree`` with every array in it copied, to lie in memory as it did, read-only if it was.

    An array that stands at two places is one array in the copy too.
    """
    done: dict[int, Any] = {}

    def copy(_: Place, leaf: Any) -> Any:
        if not isinstance(leaf, np.ndarray):
            return leaf
        if id(leaf) not in done:
            done[id(leaf)] = _copy(leaf)
        return done[id(leaf)]

    return map_leaves(copy, tree)


def _copy(array: Any) -> Any:
    copy = array.copy(order="K")
    if copy.strides != array.strides and array.size and not array.dtype.hasobject:
        low, high = np.lib.array_utils.byte_bounds(array)
        start = array.__array_interface__["data"][0] - low
        buffer = np.empty(high - low, np.uint8)
        copy = np.ndarray(array.shape, array.dtype, buffer, start, array.strides).view(type(array))
        copy[...] = array
    copy.flags.writeable = array.flags.writeable
    return copy


def pairing(cotangents: Any, values: Any) -> float:
    """The real part of the sum of products, leaf by leaf, without conjugation."""
    total = 0.0
    for (_, a), (_, b) in zip(leaves(cotangents), leaves(values), strict=True):
        if is_floating(b) and a is not None:
            total += float(np.real(np.sum(np.multiply(a, b, dtype=_wide(a, b)))))
    return total


def _wide(a: Any, b: Any) -> Any:
    return complex if "c" in (kind_of(a), kind_of(b)) else float


def magnitude(cotangents: Any, values: Any) -> float:
    """The sum of the absolute products that `pairing` adds up."""
    total = 0.0
    for (_, a), (_, b) in zip(leaves(cotangents), leaves(values), strict=True):
        if is_floating(b) and a is not None:
            total += float(np.sum(np.abs(np.multiply(a, b, dtype=_wide(a, b)))))
    return total


def all_finite(tree: Any) -> bool:
    """Whether no floating-point leaf of ``tree`` holds an infinity or NaN."""
    return all(bool(np.all(np.isfinite(leaf))) for _, leaf in leaves(tree) if is_floating(leaf))


def any_nan(tree: Any) -> bool:
    """Whether a floating-point leaf of ``tree`` holds a NaN."""
    return any(bool(np.any(np.isnan(leaf))) for _, leaf in leaves(tree) if is_floating(leaf))


def describe(value: Any) -> str:
    """What ``value`` is: ``float64 of shape (3,)``, ``float``."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array of shape {value.shape}"
    if isinstance(value, np.generic):
        return f"{type(value).__name__} scalar"
    return type(value).__name__


def precision(*trees: Any) -> float:
    """The largest relative rounding error of the floating-point leaves: 2.3e-16 for float64."""
    return max(
        (
            EPSILON.get(f"{leaf.dtype.kind}{leaf.dtype.itemsize}", 2.3e-16)
            for tree in trees
            for _, leaf in leaves(tree)
            if is_array(leaf) and is_floating(leaf)
        ),
        default=2.3e-16,
    )


def spread(cotangent: Any, tangents: Sequence[Any]) -> float:
    """The sum of the absolute products of each number of one with each number of the other."""
    numbers = sum(float(np.sum(np.abs(ct))) for _, ct in leaves(cotangent) if is_floating(ct))
    return numbers * sum(float(np.sum(np.abs(tangent))) for tangent in tangents)


def mismatch(got: Any, want: Any, rtol: float = 1e-12, *, scale: float = 0.0) -> str | None:
    """How ``got`` differs from ``want``, leaf by leaf; ``None`` where it does not.

    Containers, types, shapes and dtypes are compared exactly, numbers relative to the largest of
    the array (and to ``scale``), infinities and NaN by their places.
    """
    return _mismatch(got, want, rtol, scale, ())


def _mismatch(got: Any, want: Any, rtol: float, scale: float, path: Place) -> str | None:
    where = f" at {[*path]}" if path else ""
    mine, theirs = _structure(got), _structure(want)
    if mine != theirs:
        return f"is {mine or describe(got)}, wanted {theirs or describe(want)}{where}"
    if not theirs:
        found = _leaf_mismatch(got, want, rtol, scale)
        return None if found is None else found + where
    for step in want if isinstance(want, Mapping) else range(len(want)):
        found = _mismatch(got[step], want[step], rtol, scale, (*path, step))
        if found is not None:
            return found
    return None


def _structure(tree: Any) -> str:
    """The container that ``tree`` is; an empty string for a leaf."""
    if isinstance(tree, Mapping):
        return f"dict of {', '.join(sorted(map(repr, tree))) or 'nothing'}"
    if isinstance(tree, (list, tuple)):
        return f"{type(tree).__name__} of {len(tree)}"
    return ""


def _leaf_mismatch(got: Any, want: Any, rtol: float, scale: float) -> str | None:
    if type(got) is not type(want):
        return f"is {describe(got)}, wanted {describe(want)}"
    if not is_array(want) and kind_of(want) == "":
        try:
            same = got is want or bool(got == want) or repr(got) == repr(want)
        except (ValueError, TypeError):
            same = repr(got) == repr(want)
        return None if same else f"is {got!r:.60}, wanted {want!r:.60}"
    if is_array(want) and (got.shape != want.shape or got.dtype != want.dtype):
        return f"is {describe(got)}, wanted {describe(want)}"
    if kind_of(want) not in ("f", "c"):
        same = bool(np.array_equal(got, want)) if kind_of(want) else repr(got) == repr(want)
        return None if same else f"is {short(got)}, wanted {short(want)}"
    return unequal(got, want, rtol, scale)


def unequal(got: Any, want: Any, rtol: float, scale: float = 0.0) -> str | None:
    """How the numbers of two leaves of one shape differ; ``None`` where they do not."""
    a, b = np.asarray(got), np.asarray(want)
    if a.shape != b.shape:
        return f"has the shape {a.shape}, wanted {b.shape}"
    finite = np.isfinite(b)
    if not np.array_equal(np.isfinite(a), finite) or not np.array_equal(
        a[~finite], b[~finite], equal_nan=True
    ):
        return f"is {short(got)}, wanted {short(want)}"
    if not finite.any():
        return None
    a, b = a[finite], b[finite]
    code = f"{b.dtype.kind}{b.dtype.itemsize}"
    tolerance = max(rtol, 16 * EPSILON.get(code, 2.3e-16)) * max(
        float(np.max(np.abs(b))), float(np.max(np.abs(a))), scale
    )
    error = float(np.max(np.abs(a.astype(_wide(a, a)) - b)))
    if error <= tolerance:
        return None
    return f"got {short(got)} want {short(want)} (|err| {error:.2g} > {tolerance:.2g})"


def short(value: Any) -> str:
    """A value in one line, cut where it is long."""
    if is_array(value):
        text = np.array2string(np.asarray(value), separator=", ", precision=6, threshold=12)
        text = " ".join(text.split())
    else:
        text = " ".join(repr(value).split())
    return text if len(text) <= 120 else text[:117] + "..."


def grouped(items: Sequence[tuple[Place, Any]]) -> list[list[Place]]:
    """The places, those together at which one and the same object stands."""
    groups: dict[int, list[Place]] = {}
    for place, value in items:
        groups.setdefault(id(value), []).append(place)
    return [*groups.values()]
