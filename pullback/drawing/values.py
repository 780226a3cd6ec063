"""Values at more length than on the nodes of a drawing."""

from __future__ import annotations

from itertools import islice
from textwrap import shorten
from typing import Any, Final

from pullback.graph.nodes import described, space_like
from pullback.showing import printable

__all__ = ["at_length"]

_MOST: Final = 6
"""As many numbers of an array, or members of a container, are written."""
_ROOM: Final = 120
"""In letters, for what is neither."""


def at_length(value: Any) -> str:
    """A number in full, and the first numbers of an array to eight digits.

    >>> import numpy as np
    >>> at_length(np.float64(2 / 3)), at_length(np.arange(20.0) / 3)
    ('0.6666666666666666', '0, 0.33333333, 0.66666667, 1, 1.3333333, 1.6666667, … (20 numbers)')
    """
    if isinstance(value, (list, tuple)):
        inside = ", ".join([*map(at_length, value[:_MOST]), *["…"] * (len(value) > _MOST)])
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    shape = getattr(value, "shape", ())
    elements = getattr(value, "flat", None)  # which lazy arrays lack: showing must not compute
    if elements is None or not hasattr(value, "tolist"):
        text = described(space_like(value)) if shape else repr(value)
        return shorten(printable(text), _ROOM, placeholder="…")
    if not shape:
        return printable(repr(value.item()))
    if value.size <= _MOST:
        return printable(_nested(value.tolist()))
    first = ", ".join(_number(item.item()) for item in islice(elements, _MOST))
    return printable(f"{first}, … ({value.size} numbers)")


def _nested(items: Any) -> str:
    return f"[{', '.join(map(_nested, items))}]" if isinstance(items, list) else _number(items)


def _number(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, (float, complex)) else repr(value)
