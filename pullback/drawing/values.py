"""Values as short text: on a node of a drawing, and at more length beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from textwrap import shorten
from typing import Any, Final

from pullback.graph.nodes import described, space_like
from pullback.showing import printable

__all__ = ["at_length", "brief"]


@dataclass(frozen=True, slots=True)
class _Style:
    scalar: Callable[[Any], str]
    element: Callable[[Any], str]
    """Writes a number of an array."""
    most: int
    """As many numbers of an array, or members of a container, are written."""
    lists_the_first: bool
    """Whether the first numbers stand for a larger array, and not its dtype and shape."""
    room: int
    """In letters, for what is neither."""


def brief(value: Any) -> str:
    """A value for a node: numbers to six digits, a larger array as its dtype and shape.

    >>> brief(2 / 3), brief((1.0, None)), brief(1e-9 + 2j)
    ('0.666667', '(1, None)', '1e-09+2j')
    """
    return _written(value, _ON_A_NODE)


def at_length(value: Any) -> str:
    """A number in full, and the first numbers of an array to eight digits.

    >>> import numpy as np
    >>> at_length(np.float64(2 / 3)), at_length(np.arange(20.0) / 3)
    ('0.6666666666666666', '0, 0.33333333, 0.66666667, 1, 1.3333333, 1.6666667, … (20 numbers)')
    """
    return _written(value, _BESIDE_IT)


def _written(value: Any, style: _Style) -> str:
    if isinstance(value, (list, tuple)):
        inside = [_written(item, style) for item in value[: style.most]]
        inside += ["…"] * (len(value) > style.most)
        return f"[{', '.join(inside)}]" if isinstance(value, list) else f"({', '.join(inside)})"
    elements = getattr(value, "flat", None)  # which lazy arrays lack: showing must not compute
    shape = getattr(value, "shape", ())
    if elements is None or not hasattr(value, "tolist"):
        text = described(space_like(value)) if shape else style.scalar(value)
        return shorten(printable(text), style.room, placeholder="…")
    if value.size <= style.most:
        return printable(_nested(value.tolist(), style.element if shape else style.scalar))
    if not style.lists_the_first:
        return described(space_like(value))
    first = ", ".join(style.element(item.item()) for item in islice(elements, style.most))
    return printable(f"{first}, … ({value.size} numbers)")


def _nested(items: Any, number: Callable[[Any], str]) -> str:
    if isinstance(items, list):
        return f"[{', '.join(_nested(item, number) for item in items)}]"
    return number(items)


def _short(value: Any) -> str:
    return _rounded(value, 4 if isinstance(value, complex) else 6)


def _eight_digits(value: Any) -> str:
    return _rounded(value, 8)


def _rounded(value: Any, digits: int) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, complex)):
        return repr(value)
    return f"{value:.{digits}g}"


_ON_A_NODE: Final = _Style(_short, _short, 4, lists_the_first=False, room=18)
_BESIDE_IT: Final = _Style(repr, _eight_digits, 6, lists_the_first=True, room=120)
