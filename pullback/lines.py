"""Where things are written: the line of the user's code that runs, and that of a rule."""

from __future__ import annotations

import inspect
import sys
from typing import Any, Final, TypeAlias

Line: TypeAlias = tuple[str, int]
"""A file and a line of it."""

_DEEPEST: Final = 40
"""So many calls above a primitive, its pullback is looked for."""
_LIBRARIES: Final = frozenset({"pullback", "numpy", "dask", "functools", "optree", "click"})


def frame_of_caller() -> Any:
    """The innermost frame of the running program that is not in a library of arrays or rules."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        root = frame.f_globals.get("__name__", "").partition(".")[0]
        if root not in _LIBRARIES and not root.startswith("pullback_"):
            return frame
        frame = frame.f_back
    return None


def line_of_caller() -> Line | None:
    """The innermost line of the running program that is not in a library of arrays or rules."""
    frame = frame_of_caller()
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)


marked: Final[set[Any]] = set()
"""The code of the functions that walk back over a tape."""


def pullback_at_work() -> str | None:
    """Of which primitive the pullback runs, in the reverse pass nearest to the caller, if one does.

    An empty name stands for the reverse pass itself, which adds cotangents.
    """
    inner: Any = sys._getframe(1)
    frame = inner.f_back
    for _ in range(_DEEPEST):
        if frame is None:
            return None
        if frame.f_code in marked:
            name, found, _ = inner.f_code.co_name.partition("_pullback")
            return name if found else ""
        inner, frame = frame, frame.f_back
    return None


def location(source: Any) -> tuple[str | None, int | None]:
    """The file and line of a rule's ``source``; of a builtin function there is none."""
    if isinstance(source, tuple):
        return str(source[0]), int(source[1])
    code = getattr(inspect.unwrap(source) if callable(source) else source, "__code__", None)
    return (None, None) if code is None else (code.co_filename, code.co_firstlineno)
