"""Which modules are mutated, and how another source takes the place of a module's own."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tests.mutation.sources import Source, Unit

PACKAGES: Final = ("pullback_math", "pullback_numpy")
NO_FORMULAS: Final = ("__init__", "constants", "memory_maps", "array_type", "samples")
"""Modules of a package that list rules, tell the engine what an array is, or are samples."""


def find_sources(packages: Iterable[str] = PACKAGES) -> dict[str, Source]:
    """The modules of rules of ``packages``, by their names; none of them is imported."""
    found = {}
    for package in packages:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        for path in sorted(Path(spec.origin).parent.glob("*.py")):
            if path.stem not in NO_FORMULAS:
                name = f"{package}.{path.stem}"
                found[name] = Source(name, path.read_text(encoding="utf-8"))
    return found


class _Replacing(MetaPathFinder, Loader):
    """Imports some modules from other sources than their files."""

    def __init__(self, texts: Mapping[str, str], names: Mapping[str, Any]) -> None:
        self.texts = texts
        self.names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.texts:
            return None
        folder = path[0] if path else "."
        origin = Path(folder) / f"{fullname.rpartition('.')[2]}.py"
        spec = ModuleSpec(fullname, self, origin=str(origin))
        spec.has_location = True
        return spec

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        assert module.__spec__.origin is not None
        vars(module).update(self.names)
        exec(compile(self.texts[module.__name__], module.__spec__.origin, "exec"), vars(module))


def replace(texts: Mapping[str, str], **names: Any) -> None:
    """From now on, import the modules that ``texts`` names from these sources.

    Args:
        texts: module -> source.
        names: what these modules have as globals from the start.

    Raises:
        RuntimeError: one of them is imported already.
    """
    imported = [name for name in texts if name in sys.modules]
    if imported:
        raise RuntimeError(f"{', '.join(imported)} was imported before it could be replaced")
    sys.meta_path.insert(0, _Replacing(texts, names))


def watch(sources: Mapping[str, Source]) -> set[Unit]:
    """From now on, import these modules so that the units that run are added to the set."""
    ran: set[Unit] = set()
    texts = {}
    for name, source in sources.items():
        tree = _Watched(name).visit(ast.parse(source.text))
        texts[name] = ast.unparse(ast.fix_missing_locations(tree))
    replace(texts, __ran__=ran.add)
    return ran


class _Watched(ast.NodeTransformer):
    """Makes every statement of a function, and every lambda, say that it runs."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.depth = 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        self.depth += isinstance(node, ast.FunctionDef)
        super().generic_visit(node)
        if self.depth:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list):
                    setattr(node, name, [*self._saying(block)])
        self.depth -= isinstance(node, ast.FunctionDef)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        said = self._call(node)
        self.generic_visit(node)
        both = ast.Tuple([said, node.body], ast.Load())
        node.body = ast.Subscript(both, ast.Constant(1), ast.Load())
        return node

    def _saying(self, statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in statements:
            yield ast.Expr(self._call(statement))
            yield statement

    def _call(self, node: ast.stmt | ast.Lambda) -> ast.Call:
        unit = (self.module, node.lineno, node.col_offset)
        call = ast.parse(f"__ran__({unit!r})", mode="eval").body
        assert isinstance(call, ast.Call)
        return call
