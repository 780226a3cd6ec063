"""The engine ``numba`` of `pullback.compile`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

from pullback.compiler.engines import Engine, Lowered
from pullback.errors import EngineError
from pullback.graph.graph import Graph

__all__ = ["NumbaEngine"]


class NumbaEngine(Engine):
    """Compiles the parts of a graph that numba can take, and leaves the others to NumPy."""

    name: ClassVar = "numba"
    options: ClassVar = {
        "parallel": "whether large loops run in several threads; they do not if it is not given",
        "cache_dir": "the folder in which compiled code is kept, for other processes",
    }

    def lower(self, graph: Graph, options: Mapping[str, Any]) -> Lowered:
        """The graph with one call for each part that is native; see `pullback.compiler.Engine`."""
        self.check_options(options)
        if find_spec("numba") is None:
            raise EngineError(
                "the engine 'numba' needs numba, which is not installed: "
                "pip install 'pullback[numba]'"
            )
        from pullback_numba.cache import cache_folder
        from pullback_numba.kernels import Settings
        from pullback_numba.lowering import lowered

        settings = Settings(
            bool(options.get("parallel", False)), cache_folder(options.get("cache_dir"))
        )
        program, parts = lowered(graph, settings)
        sources = [node.function.source for node in program if hasattr(node.function, "source")]
        return Lowered(program, parts, source="\n\n".join(sources))
