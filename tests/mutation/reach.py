"""Which rules a change can matter to: those whose examination runs what is changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from tests.mutation.sources import Mutant, Source, Unit
from tests.mutation.vocabulary import names_bound_by


@dataclass
class Record:
    """What was seen when every rule was examined, unchanged."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Rule -> how long its examination takes."""
    left_out: dict[str, frozenset[str]] = field(default_factory=dict)
    """Rule -> the checks that it fails as it is."""
    ran: dict[Unit, set[str]] = field(default_factory=dict)
    """Unit -> the rules whose examination runs it."""
    at_import: frozenset[Unit] = frozenset()
    """What runs when the modules are imported."""
    made: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """A module and a name in it -> the rules that the name stands for."""


class Reach:
    """Finds the rules that a mutant can matter to."""

    def __init__(self, sources: Mapping[str, Source], record: Record) -> None:
        self.record = record
        self.sources = sources
        self.statement_of: dict[Unit, tuple[str, int]] = {}
        self.readers: dict[tuple[str, str], set[Unit | tuple[str, int]]] = {}
        self._made_in: dict[str, set[str]] = {}
        for (module, _), rules in record.made.items():
            self._made_in.setdefault(module, set()).update(rules)
        self._ran_by: dict[str, set[Unit]] = {}
        for unit, rules in record.ran.items():
            for rule in rules:
                self._ran_by.setdefault(rule, set()).add(unit)
        for source in sources.values():
            for reader, statement, name in _reads(source):
                if len(reader) == 3:
                    self.statement_of[reader] = (source.module, statement)
                self.readers.setdefault(name, set()).add(reader)

    def rules(self, mutant: Mutant) -> set[str]:
        """The rules that may notice ``mutant``; empty where no examination runs it."""
        where = (mutant.module, mutant.statement)
        if mutant.unit is None:
            return self._of_statement(where, set())
        found = set(self.record.ran.get(mutant.unit, ()))
        if mutant.unit in self.record.at_import:
            found |= self._of_statement(where, set())
        return found

    def neighbours(self, mutant: Mutant) -> Set[str]:
        """The rules that are made in the module of ``mutant``."""
        return self._made_in.get(mutant.module, set())

    def ran_by(self, rule: str) -> Set[Unit]:
        """What the examination of a rule runs."""
        return self._ran_by.get(rule, set())

    def first(self, mutant: Mutant) -> set[str]:
        """The rules that are made where ``mutant`` is, which are the first to ask."""
        if mutant.unit is not None:
            return set()
        statement = self.sources[mutant.module].tree.body[mutant.statement]
        made = (self.record.made.get((mutant.module, n), set()) for n in names_bound_by(statement))
        return set().union(*made)

    def _of_statement(self, where: tuple[str, int], seen: set[tuple[str, int]]) -> set[str]:
        """The rules that a statement at module level has a part in."""
        if where in seen:
            return set()
        seen.add(where)
        module, number = where
        statement = self.sources[module].tree.body[number]
        found = set()
        if isinstance(statement, ast.FunctionDef):
            assert statement.end_lineno is not None
            for (of_module, line, _), rules in self.record.ran.items():
                if of_module == module and statement.lineno < line <= statement.end_lineno:
                    found |= rules
        for name in names_bound_by(statement):
            found |= self.record.made.get((module, name), set())
            for reader in self.readers.get((module, name), ()):
                if len(reader) == 2:
                    found |= self._of_statement(reader, seen)
                    continue
                found |= self.record.ran.get(reader, set())
                if reader in self.record.at_import:
                    found |= self._of_statement(self.statement_of[reader], seen)
        return found


def _reads(source: Source) -> Iterator[tuple[Unit | tuple[str, int], int, tuple[str, str]]]:
    """What reads which name of which module: a unit, or a statement at module level."""
    imported = _imported(source)
    for number, statement in enumerate(source.tree.body):
        for reader, node in _expressions(statement, (source.module, number), source.module):
            if isinstance(node, ast.Name):
                yield reader, number, imported.get(node.id, (source.module, node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                package, name = imported.get(node.value.id, ("", ""))
                yield reader, number, (f"{package}.{name}", node.attr)


def _imported(source: Source) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (statement.module or "", alias.name)
        for statement in source.tree.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }


def _expressions(
    node: ast.AST, reader: Unit | tuple[str, int], module: str, inside: bool = False
) -> Iterator[tuple[Unit | tuple[str, int], ast.AST]]:
    """The expressions of ``node``, each with the innermost unit around it."""
    if isinstance(node, ast.Lambda) or (inside and isinstance(node, ast.stmt)):
        reader = (module, node.lineno, node.col_offset)
    yield reader, node
    for child in ast.iter_child_nodes(node):
        yield from _expressions(child, reader, module, inside or isinstance(node, ast.FunctionDef))
