"""Passes: what is done to a graph before code is made of it. Each makes a graph of a graph.

All are exact: what the graph returns keeps its types, shapes, dtypes and bits. Only which NaN it
is may change, and the order of an array in memory, which a sum over it may go by.
"""

from __future__ import annotations

from typing import Final

from pullback.compiler.passes.algebra import algebra
from pullback.compiler.passes.common_subexpressions import common_subexpressions
from pullback.compiler.passes.constants import constants
from pullback.compiler.passes.dead_code import dead_code
from pullback.compiler.passes.running import Local, Pass, simplified
from pullback.compiler.passes.spelling import spelling
from pullback.compiler.passes.views import views

__all__ = [
    "PASSES",
    "Local",
    "Pass",
    "algebra",
    "common_subexpressions",
    "constants",
    "dead_code",
    "simplified",
    "spelling",
    "views",
]

PASSES: Final[tuple[Pass, ...]] = (
    constants,
    algebra,
    views,
    common_subexpressions,
    spelling,
    dead_code,
)
"""All passes, in their order."""
