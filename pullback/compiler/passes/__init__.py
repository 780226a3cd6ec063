"""Passes: what is done to a graph before code is made of it. Each makes a graph of a graph.

All are exact: what the graph returns keeps its types, shapes, dtypes and bits. Only which NaN it
is may change, and the order of an array in memory, which a sum over it may go by.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pullback.compiler.passes.algebra import algebra
from pullback.compiler.passes.common_subexpressions import common_subexpressions
from pullback.compiler.passes.constants import constants
from pullback.compiler.passes.dead_code import dead_code
from pullback.compiler.passes.running import Local, Pass, in_order
from pullback.compiler.passes.spelling import spelling
from pullback.compiler.passes.views import views
from pullback.graph.graph import Graph

__all__ = ["PASSES", "Local", "Pass", "simplified"]

PASSES: Final[dict[str, Pass]] = {
    "constants": constants,
    "algebra": algebra,
    "views": views,
    "common_subexpressions": common_subexpressions,
    "spelling": spelling,
    "dead_code": dead_code,
}
"""Name -> pass, in the order in which they run."""


def simplified(graph: Graph, passes: Iterable[str] = PASSES) -> Graph:
    """The graph after these passes.

    Args:
        graph: is left as it is.
        passes: their names, in the order in which they run.

    >>> import pullback
    >>> from pullback.compiler.passes import simplified
    >>> graph = pullback.trace(lambda x, y: 1.0 * x + -(y * x) + x * y, 2.0, 3.0)
    >>> print(simplified(graph))
    def function(x: float, y: float):
        mul_2 = y * x      # float
        add = x - mul_2    # float
        add_2 = add + mul_2  # float
        return add_2
    """
    return in_order(graph, [PASSES[name] for name in passes])
