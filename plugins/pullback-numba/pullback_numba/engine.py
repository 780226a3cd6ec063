"""The engine ``numba`` of `pullback.compile`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, ClassVar

from pullback.compiler.engines import Engine, Lowered, NumPyEngine, Part
from pullback.errors import EngineError
from pullback.graph.graph import Graph

__all__ = ["NumbaEngine"]


_PRODUCTS = "large products of matrices take nearly all of the time, and BLAS computes them"


class NumbaEngine(Engine):
    """Compiles the parts of a graph that numba can take, and leaves the others to NumPy."""

    name: ClassVar = "numba"
    options: ClassVar = {
        "parallel": "whether large loops run in several threads; they do not if it is not given",
        "cache_dir": "the folder in which compiled code is kept, for other processes",
    }

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise where an option is none of this engine, or numba is not installed.

        Raises:
            EngineError: the message says what there is, or what to install.
        """
        super().check_options(options)
        if find_spec("numba") is None:
            raise EngineError(
                "the engine 'numba' needs numba, which is not installed: "
                "pip install 'pullback[numba]'"
            )

    def lower(self, graph: Graph, options: Mapping[str, Any]) -> Lowered:
        """The graph with one call for each part that is native; see `pullback.compiler.Engine`."""
        self.check_options(options)
        from pullback_numba.cache import cache_folder
        from pullback_numba.kernels import Settings
        from pullback_numba.lowering import lowered

        settings = Settings(
            bool(options.get("parallel", False)), cache_folder(options.get("cache_dir"))
        )
        found = lowered(graph, settings)
        if found is None:
            by_numpy = NumPyEngine().lower(graph, {})
            names = [node.name for node in graph if node.kind == "call"]
            return replace(by_numpy, parts=(Part("numpy", names, _PRODUCTS),))
        program, parts = found
        sources = [node.function.source for node in program if hasattr(node.function, "source")]
        return Lowered(program, parts, source="\n\n".join(sources))
