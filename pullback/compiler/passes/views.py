"""Views instead of copies, as nobody writes into a value of a graph."""

from __future__ import annotations

from pullback.compiler.facts import known_facts
from pullback.compiler.passes.running import Local, visitor
from pullback.graph.editing import Visit

__all__ = ["views"]


@Local
def views() -> Visit:
    """What shares memory where a copy was made, by what plugins say (`Facts.share`)."""
    return visitor(known_facts().sharing)
