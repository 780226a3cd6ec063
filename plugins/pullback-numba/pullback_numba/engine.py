"""The engine ``numba`` of `pullback.compile`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

from pullback.compiler.engines import Engine, Entry, Program
from pullback.errors import EngineError
from pullback.graph.graph import Graph

__all__ = ["NumbaEngine"]


class NumbaEngine(Engine):
    """Compiles the parts of a graph that numba can take, and leaves the others to NumPy.

    Its options are ``parallel=True``, by which large loops run in several threads, and
    ``cache_dir``, the folder in which compiled code is kept.
    """

    name: ClassVar = "numba"

    def build(self, graph: Graph, entry: Entry, options: Mapping[str, Any]) -> Program:
        """See `pullback.compiler.Engine.build`."""
        if find_spec("numba") is None:
            raise EngineError(
                "the engine 'numba' needs numba, which is not installed: "
                "pip install 'pullback[numba]'"
            )
        from pullback_numba.cache import cache_folder
        from pullback_numba.kernels import Settings
        from pullback_numba.lowering import lowered

        unknown = sorted({*options} - {"parallel", "cache_dir"})
        if unknown:
            raise EngineError(
                f"the engine 'numba' knows no option {', '.join(unknown)}; "
                "its options are parallel and cache_dir"
            )
        settings = Settings(
            bool(options.get("parallel", False)), cache_folder(options.get("cache_dir"))
        )
        program, parts = lowered(graph, settings)
        sources = [node.function.source for node in program if hasattr(node.function, "source")]
        return Program(program, "\n\n".join([str(program), *sources]), parts)
