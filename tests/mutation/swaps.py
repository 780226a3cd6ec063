"""Change a function of a module that is imported already, which spares importing it anew.

The rules of a package are functions that its modules made when they were imported. A mutant inside
of a function that has not run since takes effect by giving every function that was made from the
old code the new code.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping, Set
from types import CodeType, FunctionType
from typing import Any, Final, TypeAlias

from tests.mutation.sources import Mutant, Source, Unit

Key: TypeAlias = tuple[Any, ...]

_OF_ITS_OWN: Final = ("<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>")
"""Code that is no function, and that a mutant may add or drop."""


class NotSwappable(Exception):
    """A mutant that needs its module to be imported anew."""


class Swaps:
    """Swaps code in imported modules."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = sources
        self._functions: dict[Key, list[FunctionType]] | None = None

    def new_code(self, mutant: Mutant, at_import: Set[Unit]) -> list[tuple[Key, CodeType]]:
        """The code that ``mutant`` changes: what it replaces, and what by.

        Raises:
            NotSwappable: it changes what runs at import, or the parameters of a function.
        """
        if mutant.unit is None or mutant.unit in at_import:
            raise NotSwappable
        text = self.sources[mutant.module].text
        old = compile(text, mutant.module, "exec")
        new = compile(mutant.applied(text), mutant.module, "exec")
        return [
            (_key(mutant.module, before), after)
            for before, after in _pairs(old, new)
            if before != after
        ]

    def load(self) -> None:
        """Look for the functions of the modules, all of which are imported by now."""
        modules = {
            getattr(sys.modules[name], "__file__", None): name
            for name in self.sources
            if name in sys.modules
        }
        self._functions = {}
        for function in gc.get_objects():
            if type(function) is FunctionType:  # isinstance asks proxies, which may do anything
                name = modules.get(function.__code__.co_filename)
                if name is not None:
                    key = _key(name, function.__code__)
                    self._functions.setdefault(key, []).append(function)

    def apply(self, changes: list[tuple[Key, CodeType]]) -> None:
        """Give the functions their new code, for as long as this process lives."""
        assert self._functions is not None
        for key, code in changes:
            for function in self._functions.get(key, ()):
                function.__code__ = code.replace(co_filename=function.__code__.co_filename)


def _key(module: str, code: CodeType) -> Key:
    """What tells a function of a module from all others: two may stand on one line."""
    return module, code.co_qualname, code.co_firstlineno, *code.co_positions()


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The functions in ``old`` and those that they become in ``new``.

    Raises:
        NotSwappable: they cannot be told, or their parameters or variables differ.
    """
    before, after = _functions(old), _functions(new)
    if [code.co_qualname for code in before] != [code.co_qualname for code in after]:
        raise NotSwappable
    for one, other in zip(before, after, strict=True):
        if one.co_freevars != other.co_freevars or _parameters(one) != _parameters(other):
            raise NotSwappable
        yield one, other
        yield from _pairs(one, other)


def _functions(code: CodeType) -> list[CodeType]:
    found = []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name in _OF_ITS_OWN:
                found += _functions(constant)
            else:
                found.append(constant)
    return found


def _parameters(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def containers(sources: Mapping[str, Source]) -> list[tuple[Any, Any]]:
    """The lists, dicts and sets of the modules, each with a copy: their caches among them."""
    return [
        (value, value.copy())
        for name in sources
        if name in sys.modules
        for variable, value in vars(sys.modules[name]).items()
        if type(value) in (list, dict, set) and not variable.startswith("__")
    ]


def restore(kept: list[tuple[Any, Any]], sources: Mapping[str, Source]) -> None:
    """Empty the caches of the modules: what was computed before a mutant is of no use to it."""
    for value, copy in kept:
        value.clear()
        if isinstance(value, list):
            value.extend(copy)
        else:
            value.update(copy)
    for name in sources:
        for value in vars(sys.modules[name]).values() if name in sys.modules else ():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
