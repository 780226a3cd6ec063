"""The compiler: a function, or a derivative of one, as straight-line code that is run instead."""

from __future__ import annotations

from pullback.compiler.engines import Engine, Engines, Entry, Part, Program
from pullback.compiler.facts import Call, Facts, Simplification

__all__ = ["Call", "Engine", "Engines", "Entry", "Facts", "Part", "Program", "Simplification"]
