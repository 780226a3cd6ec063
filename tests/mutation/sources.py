"""Mutants of a module's source: where each one is, and the source with it in place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

Unit: TypeAlias = tuple[str, int, int]
"""A statement of a function, or a lambda: its module, line and column."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module."""

    module: str
    function: str
    """The names of the functions around it, joined by dots; at module level what is assigned."""
    operator: str
    line: int
    before: str
    """The lines that are changed, without indentation."""
    after: str
    """The same lines, changed."""
    unit: Unit | None
    """What must run for the mutant to matter; ``None`` for what runs at import alone."""
    statement: int
    """The number of the module's statement that it is in."""
    span: tuple[int, int]
    text: str

    def applied(self, source: str) -> str:
        """``source``, which is that of the module, with this change."""
        data = source.encode()
        start, end = self.span
        return (data[:start] + self.text.encode() + data[end:]).decode()


class Source:
    """The source of a module, with positions in bytes as `ast` counts them."""

    def __init__(self, module: str, text: str) -> None:
        self.module = module
        self.text = text
        self.tree = ast.parse(text)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.text.encode().splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where ``node`` starts and ends, in bytes."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def is_in_parentheses(self, node: ast.expr | ast.stmt) -> bool:
        """Whether ``node`` stands directly in parentheses."""
        start, end = self.span(node)
        data = self.text.encode()
        return data[start - 1 : start] == b"(" and data[end : end + 1] == b")"

    def lines(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where the first line of ``node`` starts and its last line ends, in bytes."""
        assert node.end_lineno is not None
        return self._starts[node.lineno - 1], self._starts[node.end_lineno]

    def changed(self, node: ast.expr | ast.stmt, text: str) -> tuple[str, str]:
        """The lines of ``node`` as they are, and with ``text`` in its place."""
        data = self.text.encode()
        start, end = self.span(node)
        first, last = self.lines(node)
        before = data[first:last].decode()
        after = (data[first:start] + text.encode() + data[end:last]).decode()
        return _joined(before), _joined(after)

    def statement(self, mutant: Mutant) -> str:
        """The statement at module level that ``mutant`` changes, with the change."""
        data = self.text.encode()
        node = self.tree.body[mutant.statement]
        decorators = getattr(node, "decorator_list", [])
        first = decorators[0] if decorators else node
        start, (_, stop) = self.lines(first)[0], self.lines(node)
        change_start, change_stop = mutant.span
        changed = data[start:change_start] + mutant.text.encode() + data[change_stop:stop]
        return changed.decode()


def _joined(lines: str) -> str:
    return " ".join(line.strip() for line in lines.splitlines()).strip()


def read_units(source: Source) -> Iterator[tuple[ast.stmt | ast.Lambda, str]]:
    """The units of a module, each with the name of the function at module level around it."""
    for statement in source.tree.body:
        name = getattr(statement, "name", "")
        for node in ast.walk(statement):
            if isinstance(node, ast.Lambda):
                yield node, name
            elif isinstance(node, (ast.FunctionDef,)):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.stmt) and inner is not node:
                        yield inner, name
