"""What a check is."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pullback.errors import (
    ConformanceError,
    DerivativeNotImplementedError,
    InPlaceWriteError,
)

__all__ = ["Check", "CheckFailed", "Checks", "Unsuited", "check"]


DECLINED: Final = (DerivativeNotImplementedError, InPlaceWriteError)
"""How a rule says, with a reason, that it has nothing to offer for a call."""


class CheckFailed(AssertionError):
    """A rule is wrong; the message says how."""


class Unsuited(Exception):
    """A sample that a check can say nothing about."""


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A named check."""

    name: str
    function: Callable[[Any, Any], None]
    """``(subject, sample)``, or ``(subject, pool)`` if it runs once for each rule."""
    kinds: tuple[str, ...]
    """The kinds of samples that it is given, in turn."""
    once: bool = False
    """Whether it is run once for each rule, with the pool of its samples."""
    most: int | None = None
    """The most samples that it needs, however many are asked for."""
    judges: bool = False
    """Whether a rule fails that has primals, of whose plain samples it could judge none."""
    uses_cotangent: bool = True
    """Whether a pasted example needs the cotangent."""
    each_case: bool = True
    """Whether it is given a sample of every case of the author, be they more than ``most``."""

    @property
    def doc(self) -> str:
        """The paragraph that says which mistake the check finds."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """Its first line."""
        return self.doc.split("\n")[0]

    def __call__(self, subject: Any, sample: Any) -> None:
        """Run the check."""
        self.function(subject, sample)

    def __repr__(self) -> str:
        return f"<check {self.name}>"


def check(
    *,
    kinds: tuple[str, ...] = ("plain",),
    once: bool = False,
    most: int | None = None,
    judges: bool = False,
    uses_cotangent: bool = True,
    each_case: bool = True,
    name: str = "",
) -> Callable[[Callable[[Any, Any], None]], Check]:
    """Make a function a check.

    Args:
        kinds: the kinds of samples that it is given (`pullback.conformance.kinds.KINDS`).
        once: run it once for each rule: ``(subject, pool)``.
        most: the most samples that it needs.
        judges: it is a failure if a rule has primals and no plain sample could be judged.
        uses_cotangent: whether the sample's cotangent matters.
        each_case: it is given a sample of every case of the author, be they more than ``most``.
        name: as on the command line; the function's name with hyphens if not given.
    """

    def make(function: Callable[[Any, Any], None]) -> Check:
        return Check(
            name or function.__name__.replace("_", "-"),
            function,
            kinds,
            once,
            most,
            judges,
            uses_cotangent,
            each_case,
        )

    return make


@dataclass
class Checks:
    """Collects checks; given to ``pullback_register_checks``."""

    by_name: dict[str, Check] = field(default_factory=dict)

    def add(self, *checks: Check) -> None:
        """Add checks.

        Raises:
            ConformanceError: something else, or a name that is taken.
        """
        for item in checks:
            if not isinstance(item, Check):
                raise ConformanceError(
                    f"{item!r:.60} is not a check; decorate a function with "
                    "@pullback.conformance.check()"
                )
            if item.name in self.by_name:
                raise ConformanceError(
                    f"there is a check called {item.name} already; give yours another name"
                )
            self.by_name[item.name] = item
