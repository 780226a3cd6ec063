"""What is written on the nodes of a drawing: what a node does, and a value of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, Final

from pullback.chain import Chain
from pullback.graph.folding import Folded
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node, described, nodes_in, space_like

_FEW: Final = 4
"""Arrays of at most so many elements are written as numbers."""
_LONG: Final = 24
"""Letters of a constant argument or a value of another type; what is longer is cut."""


def title(node: Node, room: int = 60) -> str:
    """The name of a node, and of a call the constants among its arguments, where there is room.

    >>> from pullback import trace
    >>> graph = trace(lambda x: abs(x) ** 2, -3.0)
    >>> [title(node) for node in graph.nodes]
    ['x', 'abs', 'pow(·, 2)']
    """
    name = _printable(node.name)
    if node.kind != "call":
        return cut(name, room)
    label = _printable(node.label)
    head = name if name.startswith(label) else f"{name}: {label}"
    constants = _leaves((*node.args, *node.params.values()))
    if all(isinstance(constant, Node) for constant in constants):
        return cut(head, room)
    written = [_argument(value) for value in node.args]
    written += [f"{key}={_argument(value)}" for key, value in node.params.items()]
    whole = f"{head}({', '.join(written)})"
    return whole if cells(whole) <= room else cut(head, room)


def _printable(name: str) -> str:
    """A name in one line; what moves the cursor or turns the text is written out."""
    if name.isprintable():
        return name
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in name
    )


def is_folded(node: Node) -> bool:
    """Whether a node is a whole chain, graph or function, which `Graph.unfold` takes apart."""
    return isinstance(node.function, (Chain, Graph, Folded))


def value_text(value: Any, digits: int | None = None, few: int = _FEW) -> str:
    """A value in few letters: a number, the numbers of a small array, or dtype and shape.

    Args:
        value: of a node. What would have to be computed, as a dask array, is not.
        digits: of each number; all, if not given.
        few: arrays of at most so many elements are written as numbers.

    >>> import numpy as np
    >>> value_text(2 / 3, 3), value_text(np.array([1.0, 2.5])), value_text(np.ones((3, 2)))
    ('0.667', '[1.0, 2.5]', 'float64(3, 2)')
    """
    if isinstance(value, (list, tuple)):
        return cut(f"({', '.join(value_text(item, digits, few) for item in value)})", 2 * _LONG)
    shape = getattr(value, "shape", None)
    if shape:
        kind = getattr(value.dtype, "kind", "")
        if 0 < value.size <= few and kind in "biufc" and hasattr(value, "tolist"):
            return _numbers(value, digits)
        return described(space_like(value))
    if shape is not None and not hasattr(value, "tolist"):
        return described(space_like(value))
    return _number(value, digits)


def _numbers(value: Any, digits: int | None) -> str:
    if not getattr(value, "shape", ()):
        return _number(value, digits)
    return f"[{', '.join(_numbers(item, digits) for item in value)}]"


def _number(value: Any, digits: int | None) -> str:
    if hasattr(value, "dtype"):
        kind = getattr(value.dtype, "kind", "")
    else:
        kind = {float: "f", complex: "c"}.get(type(value), "")
    if kind not in ("f", "c"):
        return cut(repr(value.item() if kind else value), 2 * _LONG)
    return str(value) if digits is None else f"{value:.{digits}g}"


def _leaves(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from _leaves(value)
        elif isinstance(value, dict):
            yield from _leaves(value.values())
        else:
            yield value


def _argument(value: Any) -> str:
    """An argument of a call; a node in it is a dot."""
    if isinstance(value, Node):
        return "·"
    if isinstance(value, slice):
        parts = [value.start, value.stop, *([value.step] if value.step is not None else [])]
        return ":".join("" if part is None else _argument(part) for part in parts)
    if value is ...:
        return "..."
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(_argument, value))
        if isinstance(value, list):
            return cut(f"[{inside}]", _LONG)
        return cut(f"({inside},)" if len(value) == 1 else f"({inside})", _LONG)
    if any(True for _ in nodes_in(value)):
        return "{·}"
    return cut(value_text(value, few=0) if getattr(value, "shape", ()) else repr(value), _LONG)


def cut(text: str, room: int) -> str:
    """A text in at most so many columns, with dots for what is left out.

    >>> cut("constant", 5), cut("x", 5)
    ('cons…', 'x')
    """
    if cells(text) <= room:
        return text
    ends = accumulate(map(_cells_of, text))
    return "".join(letter for letter, end in zip(text, ends, strict=True) if end < room) + "…"


def cells(text: str) -> int:
    """How many columns a text takes in a terminal.

    >>> cells("abc"), cells("変数")
    (3, 4)
    """
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


_ASCII: Final = str.maketrans({"·": "_", "…": "...", "←": "<-", "→": "->", "║": "|"})


def in_ascii(text: str) -> str:
    r"""A text with signs of ASCII alone.

    >>> in_ascii("α(·) → 1.0")
    '\\u03b1(_) -> 1.0'
    """
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
