"""What a text such as ``package.module:attribute`` on a command line means."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from pullback.errors import PullbackError

__all__ = ["imported", "nearest"]


def imported(origin: str) -> Any:
    """The module or the attribute that ``module[:attribute]`` names.

    The current directory is looked into, as ``python -m`` does.

    Raises:
        PullbackError: the module has no such attribute. What its import raises is passed on.

    >>> imported("math:sin")
    <built-in function sin>
    """
    name, _, attribute = origin.partition(":")
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module = importlib.import_module(name)
    if not attribute:
        return module
    try:
        return attrgetter(attribute)(module)
    except AttributeError:
        near = nearest(attribute, vars(module))
        raise PullbackError(f"the module {name} has no {attribute!r}{near}") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean a, b?)``, or nothing where no known name resembles ``name``."""
    names = [*dict.fromkeys(known)]
    last = name.rpartition(".")[2].lower()
    below = [f"{name}.*"] if any(other.startswith(f"{name}.") for other in names) else []
    same = [other for other in names if other.rpartition(".")[2].lower() == last]
    close = difflib.get_close_matches(name, names, n=3)
    found = [*dict.fromkeys([*below, *same, *close])][:3]
    return f" (did you mean {' or '.join(found)}?)" if found else ""
