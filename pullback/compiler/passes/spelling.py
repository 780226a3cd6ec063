"""The spelling that takes the least time: ``numpy.add.reduce(x, axis=None)`` for a sum."""

from __future__ import annotations

from functools import partial

from pullback.compiler.facts import known_facts
from pullback.compiler.passes.running import Local, visitor
from pullback.graph.editing import Visit

__all__ = ["spelling"]


@partial(Local, is_first=True)
def spelling() -> Visit:
    """Other functions that do the same in less time, by what plugins say (`Facts.spell`).

    It comes when all else is done, since the other passes know the usual spelling.
    """
    return visitor(known_facts().spellings)
