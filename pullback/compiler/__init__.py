"""The compiler: a function, or a derivative of one, as straight-line code that is run instead."""

from __future__ import annotations

from pullback.compiler.compiled import Compiled, compile
from pullback.compiler.engines import CallableEngine, Engine, Engines, Lowered, Part
from pullback.compiler.facts import Call, Facts, Simplification
from pullback.compiler.passes import PASSES
from pullback.compiler.programs import Program

__all__ = [
    "PASSES",
    "Call",
    "CallableEngine",
    "Compiled",
    "Engine",
    "Engines",
    "Facts",
    "Lowered",
    "Part",
    "Program",
    "Simplification",
    "compile",
]
