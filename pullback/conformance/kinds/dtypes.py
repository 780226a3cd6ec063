"""Kinds of dtypes and types: precisions, complex numbers, integers, scalars, lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pullback.conformance.kinds.model import Setting, kind
from pullback.conformance.samples import Call
from pullback.conformance.values import is_floating, kind_of, places, replaced


def _cast_all(setting: Setting, real: Any) -> Call | None:
    """Every array and NumPy scalar, in the precision of ``real``."""
    new = {}
    for place, value in places(setting.call):
        if isinstance(value, (np.ndarray, np.generic)) and is_floating(value):
            dtype = np.result_type(real, 1j) if kind_of(value) == "c" else np.dtype(real)
            if dtype != value.dtype:
                new[place] = value.astype(dtype)
    return replaced(setting.call, new) if new else None


@kind("float32", "dtypes")
def float32(setting: Setting) -> Call | None:
    """Single precision."""
    return _cast_all(setting, np.float32)


@kind("float16", "dtypes")
def float16(setting: Setting) -> Call | None:
    """Half precision."""
    return _cast_all(setting, np.float16)


def _complex(value: Any, random: np.random.Generator) -> Any:
    """``value`` with an imaginary part of its own size."""
    if type(value) is float:
        return complex(value, round(0.5 + random.random(), 2))
    imaginary = np.round(0.5 + random.random(np.shape(value)), 2)
    return value + 1j * imaginary.astype(value.dtype.type(0).real.dtype)


@kind("complex128", "dtypes")
def complex128(setting: Setting) -> Call | None:
    """Complex numbers."""
    new = {
        place: _complex(value, setting.random)
        for place, value in setting.free
        if kind_of(value) == "f"
    }
    return replaced(setting.call, new) if new else None


@kind("complex64", "dtypes")
def complex64(setting: Setting) -> Call | None:
    """Complex numbers in single precision."""
    new = {
        place: _complex(value.astype(np.float32), setting.random)
        for place, value in setting.free
        if kind_of(value) == "f" and type(value) is not float
    }
    return replaced(setting.call, new) if new else None


@kind("mixed-dtypes", "dtypes")
def mixed_dtypes(setting: Setting) -> Call | None:
    """Arguments of different dtypes: single beside double precision, complex beside real."""
    free = setting.free
    if len(free) < 2:
        return None
    place, value = free[setting.random.integers(len(free))]
    if kind_of(value) == "f" and setting.random.integers(2):
        return replaced(setting.call, {place: _complex(value, setting.random)})
    single = np.complex64 if kind_of(value) == "c" else np.float32
    narrow = value.astype(single) if hasattr(value, "astype") else single(value)
    return replaced(setting.call, {place: narrow})


@kind("integers", "dtypes")
def integers(setting: Setting) -> Call | None:
    """Integers in the place of one argument, beside floating-point ones."""
    free = setting.free
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


@kind("python-scalars", "dtypes")
def python_scalars(setting: Setting) -> Call | None:
    """A Python number in the place of an array."""
    return _one_as_scalar(setting, lambda value: value.reshape(-1)[0].item())


@kind("numpy-scalars", "dtypes")
def numpy_scalars(setting: Setting) -> Call | None:
    """A NumPy scalar in the place of an array, or of a Python number."""
    new = _one_as_scalar(setting, lambda value: value.reshape(-1)[0])
    if new is not None:
        return new
    numbers = {
        place: np.result_type(type(value)).type(value)
        for place, value in setting.free
        if type(value) in (float, complex)
    }
    return replaced(setting.call, numbers) if numbers else None


def _one_as_scalar(setting: Setting, scalar: Callable[[Any], Any]) -> Call | None:
    arrays = [
        (place, value)
        for place, value in setting.free
        if isinstance(value, np.ndarray) and value.size
    ]
    if not arrays:
        return None
    place, value = arrays[setting.random.integers(len(arrays))]
    return replaced(setting.call, {place: scalar(value)})


@kind("lists", "dtypes")
def lists(setting: Setting) -> Call | None:
    """A list, of lists where there are axes, in the place of an array: of floats or of integers."""
    arrays = [(place, value) for place, value in setting.arrays if value.ndim and value.size]
    if not arrays:
        return None
    place, value = arrays[setting.random.integers(len(arrays))]
    if kind_of(value) == "f" and len(setting.primals) > 1 and setting.random.integers(2):
        value = _whole(value)
    return replaced(setting.call, {place: value.tolist()})
