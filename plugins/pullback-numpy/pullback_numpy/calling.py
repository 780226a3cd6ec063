"""Rules for functions that call a function: `numpy.piecewise`, `numpy.apply_along_axis` and such.

The function's derivative is found by tracing it, so each rule here is what `pullback.vjp` makes of
the same steps, written with functions that have rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pullback import rule, vjp
from pullback.arguments import any_traced
from pullback.errors import PrimalError, TracerConversionError
from pullback.names import name_of
from pullback.spaces import Traced, space_of, undifferentiated
from pullback_numpy.axes import as_array
from pullback_numpy.indexing import scatter


@rule(np.piecewise, differentiable=("x", "funclist", "args"))
def piecewise(x, condlist, funclist, *args, **kw):
    """Each function of the elements where its condition holds; the last one that holds counts."""
    x = as_array(x)
    if x.dtype.kind not in "fc":  # then so is the output
        constants = [
            function if callable(function) else undifferentiated(function) for function in funclist
        ]
        return np.piecewise(x, condlist, constants, *map(undifferentiated, args), **kw), None
    if any_traced([condlist]):
        raise TracerConversionError(
            "the derivative of np.piecewise cannot be put into a graph where its conditions depend "
            "on an input; write np.where or np.select"
        )
    shape, size, dtype = x.shape, x.size, x.dtype
    places = _places(shape, size, condlist, len(funclist))
    owner = np.full(size, -1)
    for number, place in enumerate(places):
        owner[place] = number

    def pieces(x, *values):
        constants, args = values[: len(funclist)], values[len(funclist) :]
        flat = x.reshape(-1)
        indices, parts = [], []
        for number, (function, place) in enumerate(zip(constants, places, strict=True)):
            if not len(place):
                continue
            part = function(flat[place], *args, **kw) if callable(function) else function
            kept = owner[place] == number
            part = as_array(part)
            parts.append(part if part.ndim == 0 or len(part) != len(place) else part[kept])
            indices.append(place[kept])
        return scatter((size,), dtype, indices, *parts).reshape(shape)

    y, back = _traced(np.piecewise, pieces, x, *funclist, *args)
    if back is None:
        return y, None

    def piecewise_pullback(ct):
        of_x, *others = back(ct)
        return of_x, None, others[: len(funclist)], *others[len(funclist) :]

    return y, piecewise_pullback


def _places(shape, size, condlist, count):
    """The flat places that each of ``count`` functions is called with, as NumPy finds them."""
    places = [np.zeros(0, np.intp)] * count

    def recorder(number):
        def record(found):
            places[number] = found
            return found

        return record

    np.piecewise(np.arange(size).reshape(shape), condlist, [*map(recorder, range(count))])
    return places


@rule(np.apply_along_axis, differentiable=("arr", "args"))
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """``func1d`` of each vector along an axis; the axes of its output take the place of that axis.

    Raises:
        ValueError: there is no vector.
    """
    arr = as_array(arr)
    place = axis % max(arr.ndim, 1)

    def results(arr, *args):
        rows = np.moveaxis(arr, axis, -1)
        outer = rows.shape[:-1]
        parts = [as_array(func1d(rows[index], *args, **kwargs)) for index in np.ndindex(outer)]
        if not parts:
            raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
        inner = parts[0].shape
        y = np.stack(parts, dtype=parts[0].dtype, casting="unsafe").reshape(outer + inner)
        last = [*range(len(outer), y.ndim)]
        return y.transpose([*range(place), *last, *range(place, len(outer))])

    y, back = _traced(np.apply_along_axis, results, arr, *args)
    if back is None:
        return y, None

    def apply_along_axis_pullback(ct):
        return None, None, *back(ct)

    return y, apply_along_axis_pullback


@rule(np.apply_over_axes, differentiable=("a",))
def apply_over_axes(func, a, axes):
    """``func`` along one axis after the other, each kept with length one.

    Raises:
        ValueError: ``func`` returns an array of another number of axes.
    """
    ndim = a.ndim
    axes = [axis + ndim if axis < 0 else axis for axis in np.ravel(axes).tolist()]

    def reduced(a):
        for axis in axes:
            y = func(a, axis)
            y = y if y.ndim == a.ndim else np.expand_dims(y, axis)
            if y.ndim != a.ndim:
                raise ValueError("function is not returning an array of the correct shape")
            a = y
        return a

    y, back = _traced(np.apply_over_axes, reduced, a)
    if back is None:
        return y, None

    def apply_over_axes_pullback(ct):
        return None, *back(ct), None

    return y, apply_over_axes_pullback


def _traced(primitive, function, *args):
    """``function(*args)``, and its pullback to all ``args``, or ``None`` if it is constant.

    Raises:
        TracerConversionError: a function that was handed over uses a traced value of its own,
            whose derivative would be lost here.
    """
    primals: list[Any] = []
    marks = [_marked(arg, primals) for arg in args]

    def of_primals(*primals):
        return function(*[_filled(*pair, primals) for pair in zip(args, marks, strict=True)])

    y, back = vjp(of_primals, *primals) if primals else (function(*args), None)
    if _traces(y) - _traces(args):
        raise TracerConversionError(
            f"the function that {name_of(primitive)} was given uses a traced value which is not "
            "among its arguments, and its derivative would be lost; pass it as an extra argument, "
            f"{name_of(primitive)}(..., value)"
        )
    if back is None or space_of(y) is None:
        return y, None

    def traced_pullback(ct):
        cotangents = back(ct)
        cotangents = (cotangents,) if len(primals) == 1 else cotangents
        return [_filled(None, mark, cotangents) for mark in marks]

    return y, traced_pullback


def _marked(value, primals):
    """Where in ``primals`` a value is put, or those in a list; ``None`` for what is constant."""
    if type(value) in (list, tuple):
        return [_marked(item, primals) for item in value]
    try:
        if callable(value) or space_of(value) is None:
            return None
    except PrimalError:  # such as a string
        return None
    primals.append(value)
    return len(primals) - 1


def _filled(value, mark, primals):
    """``value`` with ``primals`` where they are marked."""
    if not isinstance(mark, list):
        return value if mark is None else primals[mark]
    if value is None:
        return [_filled(None, place, primals) for place in mark]
    return type(value)(_filled(*pair, primals) for pair in zip(value, mark, strict=True))


def _traces(value):
    """The traces of a traced value, and of those in a list or tuple."""
    if isinstance(value, (list, tuple)):
        return {trace for item in value for trace in _traces(item)}
    found = set()
    while isinstance(value, Traced):
        found.add(value._trace)
        value = value._value
    return found
