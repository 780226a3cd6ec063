"""Where things are written: the line of the user's code that runs, and that of a rule."""

from __future__ import annotations

import inspect
import sys
from typing import Any, Final, TypeAlias

Line: TypeAlias = tuple[str, int]
"""A file and a line of it."""

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


def location(source: Any) -> tuple[str | None, int | None]:
    """The file and line of a rule's ``source``; of a builtin function there is none."""
    if isinstance(source, tuple):
        return str(source[0]), int(source[1])
    code = getattr(inspect.unwrap(source) if callable(source) else source, "__code__", None)
    return (None, None) if code is None else (code.co_filename, code.co_firstlineno)
