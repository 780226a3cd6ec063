"""Engines: what makes a program of a graph. Plugins bring them, by a hook.

An engine gets the graph and returns a callable. It may hand parts of the graph to another engine,
and says in `Part`s what runs where and why.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pullback.graph.graph import Graph

__all__ = ["Engine", "Engines", "Entry", "Part", "Program"]


@dataclass(frozen=True, slots=True)
class Part:
    """Nodes of a graph that run at one place."""

    where: str
    """The engine, or what it hands them to."""
    nodes: Sequence[str]
    """Their names."""
    why: str
    """In words: ``"fused: one loop over 1000 elements"``, ``"no native form of linalg.svd"``."""


@dataclass(frozen=True, slots=True)
class Program:
    """What an engine makes of a graph."""

    run: Callable[..., Any]
    """``(*leaves)`` -> what the graph returns, as `Graph.__call__` does."""
    source: str
    """As Python, or whatever the engine makes, to be read."""
    parts: Sequence[Part] = field(default=())


class Engine(ABC):
    """Makes programs of graphs. Derive from it, and add an instance in the plugin's hook."""

    name: ClassVar[str]
    """What it is called in ``pullback.compile(f, engine=...)``."""
    numbers_as_floats: ClassVar[bool] = False
    """Whether numbers of array libraries are to become Python floats in the graph it is given."""

    @abstractmethod
    def build(self, graph: Graph, entry: Entry, options: Mapping[str, Any]) -> Program:
        """The program of ``graph``.

        Args:
            graph: simplified. It belongs to the engine, which may change it.
            entry: under which conditions the program may run, and what runs otherwise.
            options: what the caller of `pullback.compile` has said for this engine.

        Raises:
            EngineError: an option is not known, or what the engine needs is not installed.
        """


@dataclass(frozen=True, slots=True)
class Entry:
    """What a program is entered by: the checks of its arguments and of its path."""

    name: str
    """What the program is called."""
    elsewhere: Callable[..., Any]
    """``(*leaves)``: runs what the arguments need if they are not of the types of the graph."""
    turned: Callable[..., Any]
    """``(place, *leaves)``: goes on where the guard ``graph.guards[place]`` has another answer."""


@dataclass
class Engines:
    """Collects engines; given to ``pullback_register_engines``."""

    by_name: dict[str, Engine] = field(default_factory=dict)

    def add(self, *engines: Engine) -> None:
        """Add engines; a name that is taken is an error of the plugin."""
        for engine in engines:
            if engine.name in self.by_name:
                raise ValueError(f"there is an engine called {engine.name} already")
            self.by_name[engine.name] = engine
