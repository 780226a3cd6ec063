"""The text of a rule."""

from __future__ import annotations

import ast
import inspect
import linecache
from typing import Any

from pullback.lines import location

__all__ = ["generated", "location", "text_at"]


def text_at(file: str | None, line: int | None) -> str | None:
    """The statement at a line of a file: a whole function, or the assignment around a lambda."""
    if file is None or line is None:
        return None
    lines = linecache.getlines(file)
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None
    spans = [
        (_first_line(node), node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
    ]
    around = [(first, last) for first, last in spans if first <= line <= last]
    if not around:
        return None
    first, last = min(around, key=lambda span: span[1] - span[0])
    return inspect.cleandoc("\n" + "".join(lines[first - 1 : last]))


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def generated(function: Any) -> str | None:
    """The text of a rule function that `elementwise` wrote; ``None`` for any other."""
    file, _ = location(function)
    if file is None or not file.startswith("<rule "):
        return None
    return "".join(linecache.getlines(file)).rstrip() or None
