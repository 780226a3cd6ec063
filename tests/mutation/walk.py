"""Find every mutant of a module.

What is declared about a rule, what is documented and what is raised is left alone. The test of a
guard (``if ...: raise``) may only come to refuse everything: the checks judge what a rule
computes, and what it refuses is for the tests of the rule.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.mutation import decisions
from tests.mutation.operators import OPERATORS, Node, Place
from tests.mutation.sources import Mutant, Source, Unit
from tests.mutation.vocabulary import (
    DECLARATIONS,
    DECLARING,
    UNTOUCHED_INSIDE,
    callee,
    names_bound_by,
    names_bound_in,
)

__all__ = ["decisions", "mutants"]


def mutants(source: Source) -> list[Mutant]:
    """Every mutant of a module, each once, in the order of their lines."""
    found: dict[tuple[tuple[int, int], str], Mutant] = {}
    for mutant in _Walk(source).found():
        found.setdefault((mutant.span, mutant.text), mutant)
    seen: dict[int, set[str]] = {}
    result = []
    for mutant in sorted(found.values(), key=lambda mutant: mutant.span):
        statement = source.tree.body[mutant.statement]
        same = seen.setdefault(mutant.statement, {ast.dump(statement)})
        tree = ast.dump(ast.parse(source.statement(mutant)).body[0])
        if tree not in same:
            same.add(tree)
            result.append(mutant)
    return result


@dataclass
class _Walk:
    source: Source
    globals: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.globals = frozenset(
            name for statement in self.source.tree.body for name in names_bound_by(statement)
        )

    def found(self) -> Iterator[Mutant]:
        for number, statement in enumerate(self.source.tree.body):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                continue
            place = Place(globals=self.globals, statement=number)
            yield from self._visit(statement, place)

    def _visit(self, node: ast.AST, place: Place) -> Iterator[Mutant]:
        if isinstance(node, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom)):
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.stmt) and place.functions:
            place = self._within(place, unit=self._unit(node))
        if isinstance(node, (ast.expr, ast.stmt)):
            for name, kinds, mutate in OPERATORS:
                if isinstance(node, kinds):
                    for replacement in mutate(node, place):
                        yield self._mutant(name, node, replacement, place)
        yield from self._visit_children(node, place)

    def _visit_children(self, node: ast.AST, place: Place) -> Iterator[Mutant]:
        inside = self._within(place, parents=(*place.parents, node))
        if isinstance(node, ast.FunctionDef):
            yield from self._visit_function(node, inside)
        elif isinstance(node, ast.ClassDef):
            inside = self._within(inside, functions=(*place.functions, node.name))
            for statement in node.body:
                yield from self._visit(statement, inside)
        elif isinstance(node, ast.Lambda):
            names = frozenset(parameter.arg for parameter in node.args.args)
            inside = self._within(inside, bound=place.bound | names, unit=self._unit(node))
            yield from self._visit(node.body, inside)
        elif isinstance(node, (ast.If, ast.While)):
            yield from self._visit_branch(node, inside)
        elif isinstance(node, ast.Call):
            skipped = 1 if callee(node) in DECLARING - {"primitive"} else 0
            if callee(node) not in UNTOUCHED_INSIDE:
                for child in (*node.args[skipped:], *node.keywords):
                    yield from self._visit(child, inside)
                yield from self._visit(node.func, inside)
        elif isinstance(node, ast.keyword):
            if node.arg not in DECLARATIONS:
                yield from self._visit(node.value, inside)
        elif isinstance(node, ast.Dict):
            # The keys of declared points stay: a point that is not declared is no mistake.
            for child in node.values:
                yield from self._visit(child, inside)
        elif not isinstance(node, ast.JoinedStr):
            for child in ast.iter_child_nodes(node):
                yield from self._visit(child, inside)

    def _visit_function(self, node: ast.FunctionDef, place: Place) -> Iterator[Mutant]:
        for decorator in node.decorator_list:
            for keyword in getattr(decorator, "keywords", []):
                if keyword.arg == "points":
                    yield from self._visit(keyword.value, place)
        inside = self._within(
            place,
            functions=(*place.functions, node.name),
            bound=place.bound | frozenset(names_bound_in(node)),
        )
        for statement in node.body:
            yield from self._visit(statement, inside)

    def _visit_branch(self, node: ast.If | ast.While, place: Place) -> Iterator[Mutant]:
        if ast.unparse(node.test).startswith("sys.version_info"):
            if eval(ast.unparse(node.test), {"sys": sys}):
                for statement in node.body:
                    yield from self._visit(statement, place)
            return
        is_guard = isinstance(node, ast.If) and all(isinstance(s, ast.Raise) for s in node.body)
        if isinstance(node, ast.If):
            for always in (True,) if is_guard else (True, False):
                yield self._mutant("branch", node.test, ast.Constant(always), place)
        if not is_guard:
            yield from self._visit(node.test, place)
        for statement in (*node.body, *node.orelse):
            yield from self._visit(statement, place)

    def _mutant(self, name: str, node: Node, replacement: Node, place: Place) -> Mutant:
        text = ast.unparse(ast.fix_missing_locations(replacement))
        enclosing = (ast.Return, ast.Assign, ast.AugAssign, ast.Lambda, ast.keyword, ast.Call)
        atomic = (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript, ast.List)
        whole = isinstance(replacement, (*atomic, ast.Tuple, ast.stmt))
        enclosed = (place.parents and isinstance(place.parent, enclosing)) or (
            self.source.is_in_parentheses(node)
        )
        if not whole and not enclosed:
            text = f"({text})"
        before, after = self.source.changed(node, text)
        return Mutant(
            module=self.source.module,
            function=".".join(place.functions) or self._target(place.statement),
            operator=name,
            line=node.lineno,
            before=before,
            after=after,
            unit=place.unit,
            statement=place.statement,
            span=self.source.span(node),
            text=text,
        )

    def _target(self, statement: int) -> str:
        return ", ".join(names_bound_by(self.source.tree.body[statement])) or "<module>"

    def _unit(self, node: ast.stmt | ast.Lambda) -> Unit:
        return (self.source.module, node.lineno, node.col_offset)

    def _within(self, place: Place, **changes: Any) -> Place:
        return Place(**{**vars(place), **changes})
