"""The loops of NumPy's ufuncs, which kernels call on whole arrays.

They use the vector instructions of the processor, so they are faster than one call of the C
library for each element, and give NumPy's results to the last bit. A ufunc's C structure, with the
addresses of its loops, is part of NumPy's public interface (``PyUFuncObject``).
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Loop", "loop_of"]


class _UFunc(ctypes.Structure):
    """The beginning of ``PyUFuncObject``, as ``ufuncobject.h`` of NumPy has it."""

    _fields_ = (
        ("head", ctypes.c_char * object.__basicsize__),
        ("nin", ctypes.c_int),
        ("nout", ctypes.c_int),
        ("nargs", ctypes.c_int),
        ("identity", ctypes.c_int),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
        ("ntypes", ctypes.c_int),
        ("reserved1", ctypes.c_int),
        ("name", ctypes.c_char_p),
    )


class Loop(NamedTuple):
    """The loop of a ufunc for some types."""

    function: int
    """The address of ``void (char **args, npy_intp *dimensions, npy_intp *steps, void *data)``."""
    data: int | None
    """The address that it is given."""


def loop_of(ufunc: np.ufunc, types: str) -> Loop | None:
    """The loop for ``types``, such as ``"dd->d"``; ``None`` where there is none to be called.

    >>> loop_of(np.add, "dd->d") is None, loop_of(np.add, "qd->d")
    (False, None)
    """
    if sys.implementation.name != "cpython" or types not in ufunc.types:
        return None
    fields: Any = _UFunc.from_address(id(ufunc))
    signature = (fields.nin, fields.nout, fields.nargs, fields.ntypes)
    name = fields.name.decode() if fields.name else ""
    if signature != (ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes) or name != ufunc.__name__:
        return None  # another layout than that of the header
    place = ufunc.types.index(types)
    function = fields.functions[place]
    data = fields.data[place] if fields.data else None
    return None if function is None else Loop(function, data)
