"""Long programs: what they do again and again is written once, as a loop.

A program of a Python loop is a long row of values in which the same operations come back. Of each
round, what differs is where its operands lie: their places are noted in a table, and one loop
runs all rounds. So a kernel of 10,000 operations is as short, and as soon compiled, as its round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from pullback_numba.values import (
    MANY_PARTS,
    PACKED,
    Given,
    Map,
    Number,
    Operand,
    Reduce,
    Scatter,
    Value,
    View,
    Wide,
    roots,
)

__all__ = ["Round", "Rounds", "Section", "Slot", "is_long", "number_apart", "sections_of"]

_LONG: Final = 120
"""A kernel of more values is looked through for rounds."""
_PERIOD: Final = 48
"""So many values has a round at most."""
_FEWEST: Final = 6
"""So many rounds are worth a loop."""
_PIECE: Final = 60
"""So many values that are no round are computed together."""


@dataclass(eq=False)
class Section:
    """Values that are computed together, once; or rounds of them."""

    values: Sequence[Value]
    period: int = 0
    """How many values are a round; 0: there are none."""

    @property
    def rounds(self) -> list[Sequence[Value]]:
        """The values of each round."""
        return [
            self.values[start : start + self.period]
            for start in range(0, len(self.values), self.period)
        ]


def is_long(values: Sequence[Value]) -> bool:
    """Whether a kernel is looked through for rounds."""
    return len(values) > _LONG or any(map(has_many_parts, values))


def number_apart(sections: Sequence[Section]) -> int:
    """How many values are no rounds."""
    return sum(len(section.values) for section in sections if not section.period)


def has_many_parts(value: Value) -> bool:
    """Whether a scatter adds so many values that they are added by a table."""
    return isinstance(value, Scatter) and len(value.parts) > MANY_PARTS


def sections_of(values: Sequence[Value], outputs: Sequence[Value]) -> list[Section]:
    """Values in order, divided into rounds and what is between them.

    Args:
        values: of a kernel.
        outputs: those that the kernel returns; arrays among them are in no round.
    """
    apart = {id(value) for value in outputs if value.shape}
    place = {value: number for number, value in enumerate(values)}
    kinds: dict[Any, int] = {}
    row = np.array(
        [
            kinds.setdefault(
                (len(kinds), id(value)) if id(value) in apart else _kind(value), len(kinds)
            )
            for value in values
        ],
        int,
    )
    runs = _runs(row)
    sections: list[Section] = []
    waiting: list[Value] = []

    def settle() -> None:
        for start in range(0, len(waiting), _PIECE):
            sections.append(Section(waiting[start : start + _PIECE]))
        waiting.clear()

    now = 0
    while now < len(values):
        if has_many_parts(values[now]):
            settle()
            sections.append(Section([values[now]]))
            now += 1
            continue
        period, rounds = _best(values, place, runs, now)
        if rounds < _FEWEST:
            waiting.append(values[now])
            now += 1
            continue
        settle()
        sections.append(Section(values[now : now + period * rounds], period))
        now += period * rounds
    settle()
    return sections


def _runs(row: np.ndarray) -> np.ndarray:
    """For each period and place, how far the row from there is as it is a period later."""
    runs = np.zeros((_PERIOD + 1, len(row) + 1), int)
    for period in range(1, min(_PERIOD, len(row) - 1) + 1):
        same = row[:-period] == row[period:]
        breaks = np.flatnonzero(~same)
        places = np.arange(len(same))
        following = np.searchsorted(breaks, places)
        ends = np.append(breaks, len(same))[following]
        runs[period, : len(same)] = ends - places
    return runs


def _best(
    values: Sequence[Value], place: Mapping[Value, int], runs: np.ndarray, now: int
) -> tuple[int, int]:
    """The period and the number of rounds that begin at a place and cover most."""
    found = (0, 0)
    for period in range(1, _PERIOD + 1):
        rounds = int(runs[period, now]) // period + 1
        if rounds >= _FEWEST and rounds * period > found[0] * found[1] * 1.1:
            rounds = _agreeing(values, place, now, period, rounds)
            if rounds >= _FEWEST and rounds * period > found[0] * found[1] * 1.1:
                found = period, rounds
    return found


def _agreeing(
    values: Sequence[Value], place: Mapping[Value, int], now: int, period: int, rounds: int
) -> int:
    """How many rounds, from the first, use their own values alike."""
    pattern = None
    for number in range(rounds):
        start = now + number * period
        own = [
            _inner(operand, place, start)
            for value in values[start : start + period]
            for operand in operands(value)
        ]
        if pattern is None:
            pattern = own
        if own != pattern:
            return number
    return rounds


def _inner(operand: Operand, place: Mapping[Value, int], start: int) -> tuple[int, int] | None:
    """Which value of its round an operand is; ``None`` if of no value of it."""
    if not isinstance(operand, Value):
        return None
    root, offset = (operand.base, operand.offset) if isinstance(operand, View) else (operand, 0)
    number = place.get(root, -1)
    return (number - start, offset) if number >= start else None


def operands(value: Any) -> list[Operand]:
    """The operands of a value, with the numbers among them, in order."""
    if isinstance(value, (Map, Wide)):
        return [*value.args]
    if isinstance(value, Scatter):
        return [item for _, item in value.parts]
    return [*value.operands]


def with_operands(value: Any, new: Sequence[Any], name: str) -> Any:
    """The same operation on other operands."""
    if isinstance(value, (Map, Wide)):
        return replace(value, args=new, name=name)
    if isinstance(value, Scatter):
        parts = [(spot, item) for (spot, _), item in zip(value.parts, new, strict=True)]
        return replace(value, parts=parts, name=name)
    if isinstance(value, Reduce):
        return replace(value, arg=new[0], name=name)
    return replace(value, a=new[0], b=new[1], name=name)


def _kind(value: Any) -> Any:
    """What a value does, without what it does it to."""
    own: list[Any] = [type(value), value.shape, value.dtype]
    for name in ("form", "ufunc", "loop", "kind", "axes"):
        own.append(getattr(value, name, None))
    own.append(tuple(getattr(value, "dtypes", ())))
    if isinstance(value, Scatter):
        own.append(tuple(spot for spot, _ in value.parts))
    for operand in operands(value):
        if isinstance(operand, Number):
            own.append((type(operand.value), repr(operand.value)))
        elif isinstance(operand, View):
            own.append((operand.shape, operand.steps, _storage(operand.base)))
        else:
            own.append((operand.shape, _storage(operand)))
    return tuple(own)


def _storage(value: Value) -> Any:
    """What tells apart values that cannot lie in one array."""
    if isinstance(value, Given) and not isinstance(value.source, np.ndarray) and value.is_array:
        return id(value)
    if isinstance(value, Given) and not value.is_array:
        return value.dtype  # it is copied to where the computed values lie
    return value.dtype, isinstance(value, Given), value.size > PACKED and id(value)


@dataclass(eq=False)
class Slot:
    """An operand, or a result, that lies elsewhere in each round."""

    value: Value
    """What stands for it in the code of a round."""
    roots: Sequence[Value]
    """What it is in each round."""
    offsets: Sequence[int]
    """Where in that its elements begin."""


@dataclass(eq=False)
class Round:
    """The code of a round."""

    values: Sequence[Value]
    operands: Sequence[Slot]
    results: Sequence[Slot]
    number: int
    """How many rounds there are."""


class Rounds:
    """Makes one round of many."""

    def __init__(self, section: Section, crossing: Mapping[Value, None]) -> None:
        self.rounds = section.rounds
        self.crossing = crossing
        self.slots: dict[Any, Slot] = {}

    def round(self) -> Round:
        """The code, and what lies where."""
        first = self.rounds[0]
        inside: dict[Value, Value] = {}
        for position, value in enumerate(first):
            new = [
                self._operand(position, number, operand, inside)
                for number, operand in enumerate(operands(value))
            ]
            inside[value] = with_operands(value, new, value.name)
        results = [
            Slot(inside[value], [row[position] for row in self.rounds], [0] * len(self.rounds))
            for position, value in enumerate(first)
            if any(row[position] in self.crossing for row in self.rounds)
        ]
        return Round([*inside.values()], [*self.slots.values()], results, len(self.rounds))

    def _operand(
        self, position: int, number: int, operand: Operand, inside: Mapping[Value, Value]
    ) -> Operand:
        if isinstance(operand, Number):
            return operand
        root = operand.base if isinstance(operand, View) else operand
        if root in inside:
            return (
                replace(operand, base=inside[root]) if isinstance(operand, View) else inside[root]
            )
        there: list[Any] = [operands(row[position])[number] for row in self.rounds]
        found = [*roots(there)]
        offsets = [item.offset if isinstance(item, View) else 0 for item in there]
        key = (tuple(map(id, found)), tuple(offsets), isinstance(operand, View))
        if key not in self.slots:
            stand_in = Given(root.name, root.shape, root.dtype, np.empty(0))
            self.slots[key] = Slot(stand_in, found, offsets)
        base = self.slots[key].value
        return replace(operand, base=base, offset=0) if isinstance(operand, View) else base
