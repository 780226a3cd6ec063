"""Simpler calls of the same value: ``1.0 * x`` is ``x``, and ``a + (-b)`` is ``a - b``."""

from __future__ import annotations

from pullback.compiler.facts import known_facts
from pullback.compiler.passes.running import Local, visitor
from pullback.graph.editing import Visit

__all__ = ["algebra"]


@Local
def algebra() -> Visit:
    """Calls that are simpler, by what plugins say of their functions (`Facts.simplify`)."""
    return visitor(known_facts().simplifications)
