"""The registered primitives, by the names that a person writes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Hashable
from types import ModuleType
from typing import Any, Final

from pullback import registry
from pullback.names import name_of
from pullback.plugins import load

_ABBREVIATIONS: Final = {"np": "numpy"}


def primitives() -> dict[str, Any]:
    """Dotted public name -> primitive, of everything that a plugin has a rule for."""
    load()
    return {name_of(primitive): primitive for primitive in (*registry.rules, *registry.conflicts)}


def find(name: str) -> Any | None:
    """The primitive called ``name``, ``None`` if there is none; nothing is imported for it.

    Args:
        name: the public name (``math.sin``, ``numpy.linalg.norm``, ``abs``), ``np.`` for
            ``numpy.``, or what else its module calls it (``numpy.abs`` for ``numpy.absolute``).
    """
    name = expanded(name)
    known = primitives()
    if name in known:
        return known[name]
    module_name, _, attribute = name.rpartition(".")
    module = sys.modules.get(module_name)
    if not isinstance(module, ModuleType):
        return None
    # Not getattr: a module may import things when it is asked for a name that it does not have.
    found = registry.unwrap(vars(module).get(attribute))
    registered = isinstance(found, Hashable) and (
        found in registry.rules or found in registry.conflicts
    )
    return found if registered else None


def expanded(name: str) -> str:
    """``name`` with ``np.`` written out."""
    first, dot, rest = name.partition(".")
    return f"{_ABBREVIATIONS.get(first, first)}{dot}{rest}"


def near(name: str, count: int = 3) -> list[str]:
    """Public names of primitives that ``name`` may have meant, the nearest first."""
    known = list(primitives())
    last = name.rpartition(".")[2].lower()
    same = [other for other in known if other.rpartition(".")[2].lower() == last]
    whole = difflib.get_close_matches(expanded(name), known, n=count, cutoff=0.8)
    parts: dict[str, list[str]] = {}
    for other in known:
        parts.setdefault(other.rpartition(".")[2], []).append(other)
    similar = difflib.get_close_matches(last, parts, n=count, cutoff=0.7)
    by_part = [other for part in similar for other in parts[part]]
    return list(dict.fromkeys([*same, *whole, *by_part]))[:count]
