"""Where the inputs of a primitive live, in small words.

A rule declares ``domain=positive``; whoever samples inputs for the rule (the conformance checks,
the property tests) reads the interval off it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

__all__ = [
    "Domain",
    "above",
    "below",
    "interval",
    "negative",
    "nonzero",
    "positive",
    "reals",
    "unit",
]


@dataclass(frozen=True, slots=True)
class Domain:
    """The open interval ``(low, high)``, without the points of ``excluded``.

    >>> interval(-1, 1).contains(0.5), nonzero.contains(0.0)
    (True, False)
    """

    low: float = -inf
    high: float = inf
    excluded: tuple[float, ...] = ()

    def contains(self, x: float) -> bool:
        """Whether ``x`` lies in the domain."""
        return self.low < x < self.high and x not in self.excluded

    def inner_point(self) -> float:
        """A number in the domain: 1, the middle, or the next one to an end.

        >>> reals.inner_point(), unit.inner_point(), above(3.0).inner_point()
        (1.0, 0.0, 4.0)
        """
        low, high = self.low, self.high
        return next(filter(self.contains, (1.0, (low + high) / 2, low + 1, high - 1)))


def interval(low: float, high: float) -> Domain:
    """The open interval between ``low`` and ``high``."""
    return Domain(low, high)


def above(low: float) -> Domain:
    """All numbers greater than ``low``."""
    return Domain(low, inf)


def below(high: float) -> Domain:
    """All numbers less than ``high``."""
    return Domain(-inf, high)


reals = Domain()
positive = above(0.0)
negative = below(0.0)
nonzero = Domain(excluded=(0.0,))
unit = interval(-1.0, 1.0)
