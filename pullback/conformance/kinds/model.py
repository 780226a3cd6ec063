"""What a kind of samples is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from pullback.conformance.samples import Call
from pullback.conformance.values import Place, places
from pullback.domains import Domain


@dataclass(frozen=True, slots=True)
class Setting:
    """What a kind may look at."""

    call: Call
    primals: tuple[Place, ...]
    """The places of the floating-point arguments."""
    domains: dict[Place, Domain]
    """Where they live, for those whose rule says so."""
    points: tuple[float, ...]
    """The numbers at which the rule declares a value."""
    random: np.random.Generator

    @property
    def not_exact(self) -> list[tuple[Place, Any]]:
        """The leaves that may change."""
        return [leaf for leaf in places(self.call) if leaf[0][0] not in self.call.exact]

    @property
    def free(self) -> list[tuple[Place, Any]]:
        """The primals whose numbers may change."""
        return [leaf for leaf in self.not_exact if leaf[0] in self.primals]

    @property
    def arrays(self) -> list[tuple[Place, Any]]:
        """The primals that are arrays."""
        return [
            (place, value)
            for place, value in places(self.call)
            if place in self.primals and isinstance(value, np.ndarray)
        ]


Change: TypeAlias = Callable[[Setting], Call | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of making a plain call special."""

    name: str
    family: str
    """``values``, ``dtypes``, ``shapes`` or ``memory``."""
    change: Change
    summary: str


def kind(name: str, family: str) -> Callable[[Change], Kind]:
    """Make a function a kind; the first line of its docstring is the summary."""

    def make(change: Change) -> Kind:
        return Kind(name, family, change, (change.__doc__ or "").split("\n")[0])

    return make
