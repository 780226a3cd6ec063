"""What the values of a graph are called in its source: as in the program, where it has a name."""

from __future__ import annotations

import ast
import keyword
import linecache
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from pullback.graph.nodes import Node
from pullback.lines import Line

__all__ = ["WORDS", "Names", "variable_names"]

_NUMBER: Final = re.compile(r"_\d+$")
WORDS: Final = frozenset(
    (
        *keyword.kwlist,
        *("abs", "bool", "complex", "dict", "divmod", "float", "getattr", "int", "len", "list"),
        *("pow", "repr", "round", "slice", "str", "tuple", "type"),
    )
)
"""What no value is called: Python's words, and the builtins that programs use."""


class Names:
    """Names of which none is given twice.

    >>> names = Names({"np"})
    >>> names.free("x"), names.free("x"), names.free("np"), names.free("abs"), names.free("a.b")
    ('x', 'x_2', 'np_2', 'abs_', 'a_b')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._counts = dict.fromkeys(taken, 1)

    def take(self, taken: Iterable[str]) -> None:
        """Give these names to nobody."""
        self._counts.update(dict.fromkeys(taken, 1))

    def release(self, name: str) -> None:
        """Let a name be given again."""
        self._counts.pop(name, None)

    def free(self, wanted: str) -> str:
        """``wanted``, as an identifier, with a number where it is taken."""
        if not wanted.isidentifier():
            wanted = "".join(c if c.isalnum() else "_" for c in wanted)
            wanted = f"v{wanted}" if not wanted.isidentifier() else wanted
        if wanted in WORDS:
            wanted += "_"
        name = wanted
        while name in self._counts:
            self._counts[wanted] = count = self._counts[wanted] + 1
            name = f"{wanted}_{count}"
        self._counts[name] = 1
        return name


def variable_names(
    nodes: Sequence[Node],
    inputs: Mapping[int, str],
    taken: Iterable[str],
    kept: Container[int] = (),
) -> dict[int, str]:
    """Index of a node -> the name of its value.

    The last call of a line ``name = ...`` of the program has that name, the others are named
    after what they do. A name is used again after the last use of its value, as people write
    ``total = total + x``; Python then computes in memory that it has just let go of.

    Args:
        nodes: what is to be named, in order.
        inputs: those that have a name.
        taken: names that mean something else.
        kept: those that must have a name of their own.
    """
    names = Names((*inputs.values(), *taken))
    found = dict(inputs)
    last = {parent.index: node.index for node in nodes for parent in node.parents}
    unused: dict[str, list[str]] = {}
    bases: dict[int, str] = {}
    calls = [node for node in nodes if node.index not in found]
    for node, following in zip(calls, (*calls[1:], None), strict=False):
        for index in dict.fromkeys([parent.index for parent in node.parents]):
            if last[index] == node.index and index in bases:
                unused.setdefault(bases[index], []).append(found[index])
        base = _assigned_by(node, following) or _NUMBER.sub("", node.name)
        if node.index not in kept:
            bases[node.index] = base
            if unused.get(base):
                found[node.index] = unused[base].pop()
                continue
        found[node.index] = names.free(base)
    return found


def _assigned_by(node: Node, following: Node | None) -> str | None:
    """The name that the program gives to a value, if its line ends with this call."""
    if node.pullback is not None or node.line is None:
        return None
    if following is not None and following.pullback is None and following.line == node.line:
        return None
    return _assigned(node.line)


@lru_cache(maxsize=4096)
def _assigned(line: Line) -> str | None:
    """The name that a line of a program gives to a value."""
    try:
        statement = ast.parse(linecache.getline(*line).strip()).body[0]
    except (SyntaxError, IndexError, ValueError):
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        targets = [statement.target]
    if len(targets) == 1 and isinstance(targets[0], ast.Name):
        return targets[0].id
    return None
