"""Engines: what runs the calls of a graph. Plugins bring them, by a hook.

An engine is given a graph and returns one whose calls are what it has compiled: the whole graph as
one call of a native function, or some parts of it, beside calls that stay what they were. The
compiler writes that graph as Python. The engine ``numpy`` is always there: it leaves the calls
to the functions that the program calls.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pullback.compiler.facts import known_facts
from pullback.compiler.passes.running import visitor
from pullback.compiler.unboxing import as_floats
from pullback.errors import EngineError
from pullback.graph.editing import as_one_call, rewritten
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node
from pullback.plugins import handed_over

__all__ = ["Engine", "Engines", "Lowered", "Part", "engine_called", "engines"]


@dataclass(frozen=True, slots=True)
class Part:
    """Nodes of a graph that run at one place."""

    where: str
    """The engine, or what it hands them to."""
    nodes: Sequence[str]
    """Their names."""
    why: str
    """In words: ``"one loop over 1000 elements"``, ``"no native form of numpy.linalg.svd"``."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """What an engine makes of a graph."""

    graph: Graph
    """The same inputs, outputs and guards, by other calls."""
    parts: Sequence[Part] = ()
    """What runs where; each node of the given graph stands in one of them."""
    careful: Graph | None = None
    """What is run where ``graph`` raises an ArithmeticError, TypeError or ValueError."""
    checked: Sequence[Node] = ()
    """Nodes of ``graph``: it is run where one of their values, which are numbers, is NaN, too."""
    source: str = ""
    """What else was written, for those who read it."""


class Engine(ABC):
    """Compiles graphs. Derive from it, and hand an instance over in the plugin's hook."""

    name: ClassVar[str]
    """What it is called in ``pullback.compile(f, engine=...)``."""
    options: ClassVar[Mapping[str, str]] = {}
    """What may be said to it in ``pullback.compile(f, ...)``: name -> what it means."""

    @abstractmethod
    def lower(self, graph: Graph, options: Mapping[str, Any]) -> Lowered:
        """The graph with calls of what this engine has compiled.

        A function whose results share memory with no argument, and not with each other, says so
        by an attribute, ``owns_results = True``; those of others are copied where the caller must
        own them.

        Args:
            graph: simplified; it is not to be changed.
            options: what the caller of `pullback.compile` has said, of `options`.

        Raises:
            EngineError: what the engine needs is not installed.
        """

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise where an option is none of this engine.

        Raises:
            EngineError: the message names those that there are.
        """
        for name in options:
            if name not in self.options:
                known = ", ".join(self.options) or "none"
                raise EngineError(
                    f"the engine {self.name} has no option {name!r}; its options are: {known}"
                )


class CallableEngine(Engine):
    """An engine that makes one function of a whole graph: define `build`."""

    @abstractmethod
    def build(self, graph: Graph, options: Mapping[str, Any]) -> Callable[..., Any]:
        """A function of the inputs of ``graph`` that returns a tuple of its outputs.

        The values on which the graph has guards come behind them.
        """

    def lower(self, graph: Graph, options: Mapping[str, Any]) -> Lowered:
        """The graph as one call."""
        part = Part(self.name, [node.name for node in graph if node.kind == "call"], "all of it")
        return Lowered(as_one_call(graph, self.build(graph, options)), (part,))


class NumPyEngine(Engine):
    """Calls the functions that the program calls; numbers are computed as Python floats."""

    name = "numpy"

    def lower(self, graph: Graph, options: Mapping[str, Any]) -> Lowered:
        """The graph as it is, but for numbers of array libraries, and what Python has words for."""
        names = [node.name for node in graph if node.kind == "call"]
        graph = rewritten(graph, visitor(known_facts().python_spellings))
        found = as_floats(graph)
        part = Part(self.name, names, "calls what the program calls")
        careful = graph if found.is_risky else None
        return Lowered(found.graph, (part,), careful, found.checked)


@dataclass
class Engines:
    """Collects engines; given to ``pullback_register_engines``."""

    by_name: dict[str, Engine] = field(default_factory=dict)

    def add(self, *engines: Engine) -> None:
        """Add engines.

        Raises:
            EngineError: something that is none, or a name that is taken.
        """
        for engine in engines:
            if not isinstance(engine, Engine):
                raise EngineError(
                    f"{engine!r:.60} is no engine; derive from pullback.compiler.Engine and add "
                    "an instance"
                )
            if engine.name in self.by_name:
                raise EngineError(f"there is an engine called {engine.name} already")
            self.by_name[engine.name] = engine


_engines: list[Engines] = []


def engines() -> dict[str, Engine]:
    """Every engine by its name; a plugin whose hook raises is left out with a warning."""
    if not _engines:
        own = Engines()
        own.add(NumPyEngine())
        _engines.append(handed_over("engines", own, lambda found: Engines(dict(found.by_name))))
    return _engines[0].by_name


_HOMES = {"numba": "pullback[numba]"}
"""Engine -> what is installed to have it."""


def engine_called(name: str) -> Engine:
    """The engine of that name.

    Raises:
        EngineError: there is none; the message says which there are, or what to install.
    """
    known = engines()
    if name in known:
        return known[name]
    if name in _HOMES:
        raise EngineError(f"the engine {name} is not installed: pip install '{_HOMES[name]}'")
    near = difflib.get_close_matches(str(name), known, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise EngineError(f"there is no engine {name!r}; there is {', '.join(known)}{hint}")
