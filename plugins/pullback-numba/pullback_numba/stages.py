"""The order in which a kernel computes: loops, each of several values, and what runs between them.

A value joins the first loop over its elements that comes late enough. What only its own loop reads
is a number there; what others read as well is computed once more if that is cheap, and kept in an
array if not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Final

from pullback_numba.values import (
    Map,
    Operand,
    Product,
    Reduce,
    Scatter,
    Shape,
    Spot,
    Value,
    View,
    Wide,
    in_step,
    located,
    squeezed,
)

__all__ = ["Addition", "Stage", "Stages", "staged"]

_MOST: Final = 80
"""So many values has a loop at most."""
_CHEAP: Final = 8
"""So many operations are computed once more, in a loop over `_MANY` elements."""
_MANY: Final = 64


@dataclass(eq=False)
class Addition:
    """Values that are added to elements of an array of zeros."""

    target: Scatter
    spot: Spot
    values: list[Operand]
    is_first: bool
    """Whether nothing has been added to these elements before."""


@dataclass(eq=False)
class Stage:
    """A loop over elements, or a ufunc or product of whole arrays."""

    shape: Shape
    """What is looped over, without axes of one element; ``()`` for numbers."""
    maps: list[Map] = field(default_factory=list)
    reductions: list[Reduce] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    whole: Wide | Product | None = None

    @property
    def consumed(self) -> Iterator[tuple[Value, Shape]]:
        """What the loop reads, with the shape to which it is broadcast."""
        for value in self.maps:
            for operand in value.operands:
                yield operand, value.shape
        for reduction in self.reductions:
            yield reduction.arg, reduction.arg.shape
        for addition in self.additions:
            for item in addition.values:
                if isinstance(item, Value):
                    yield item, addition.spot.shape


@dataclass(eq=False)
class Stages:
    """A kernel in order."""

    stages: list[Stage]
    stored: set[Value]
    """The values that have an array."""
    outputs: Sequence[Value]


def staged(values: Sequence[Value], outputs: Sequence[Value]) -> Stages:
    """The loops that compute ``values``, which stand in order.

    Args:
        values: maps, reductions and so on; none is a view. What they are computed from and is not
            among them is known before.
        outputs: those that are needed when the kernel has run.
    """
    planner = _Planner()
    for value in values:
        planner.add(value)
    return Stages(planner.stages, _stored(planner, values, outputs), outputs)


class _Planner:
    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.place: dict[Value, int] = {}

    def add(self, value: Value) -> None:
        """Find the stage of a value."""
        if isinstance(value, (Wide, Product)):
            self.stages.append(Stage(value.shape, whole=value))
            self.place[value] = len(self.stages) - 1
        elif isinstance(value, Map):
            place = self._loop(value.shape, self._earliest(value.operands, value.shape))
            self.stages[place].maps.append(value)
            self.place[value] = place
        elif isinstance(value, Reduce):
            shape = value.arg.shape
            place = self._loop(shape, self._earliest([value.arg], shape))
            self.stages[place].reductions.append(value)
            self.place[value] = place
        elif isinstance(value, Scatter):
            self.place[value] = self._add_parts(value)

    def _add_parts(self, value: Scatter) -> int:
        before = -1
        groups: list[tuple[Spot, list[Operand]]] = []
        for spot, item in value.parts:
            if groups and groups[-1][0] == spot:
                groups[-1][1].append(item)
            else:
                groups.append((spot, [item]))
        for number, (spot, items) in enumerate(groups):
            operands = [item for item in items if isinstance(item, Value)]
            earliest = max(before + 1, self._earliest(operands, spot.shape))
            before = self._loop(spot.shape, earliest)
            self.stages[before].additions.append(Addition(value, spot, items, number == 0))
        if not groups:
            self.stages.append(Stage(()))
            self.stages[-1].additions.append(Addition(value, Spot((0,), 0, (0,)), [], True))
            before = len(self.stages) - 1
        return before

    def _earliest(self, operands: Sequence[Value], shape: Shape) -> int:
        """The first stage in which all operands are known."""
        earliest = 0
        for operand in operands:
            root, place = located(operand, shape)
            if root in self.place:
                joins = isinstance(root, Map) and in_step(root, place, shape)
                earliest = max(earliest, self.place[root] + (not joins))
        return earliest

    def _loop(self, shape: Shape, earliest: int) -> int:
        """The first loop over ``shape`` from a stage on, or a new one."""
        wanted = squeezed(shape)
        for place in range(earliest, len(self.stages)):
            stage = self.stages[place]
            has_room = not wanted or len(stage.maps) < _MOST
            if stage.whole is None and stage.shape == wanted and has_room:
                return place
        self.stages.append(Stage(wanted))
        return len(self.stages) - 1


def _stored(planner: _Planner, values: Sequence[Value], outputs: Sequence[Value]) -> set[Value]:
    """The values that have an array of their own."""
    stored: set[Value] = {
        value
        for value in planner.place
        if isinstance(value, (Scatter, Wide))
        or (not isinstance(value, Map) and squeezed(value.shape))
    }
    stored |= {value for value in outputs if value.shape}
    again: dict[Map, bool] = {}
    """Whether a map is read by other loops, and only so that it could be computed in them."""
    for number, stage in enumerate(planner.stages):
        if stage.whole is not None:
            stored.update(
                operand.base if isinstance(operand, View) else operand
                for operand in stage.whole.operands
            )
        for operand, shape in stage.consumed:
            root, place = located(operand, shape)
            if isinstance(root, Map) and planner.place.get(root, number) != number:
                simple = len(squeezed(root.shape)) == 1 or in_step(root, place, shape)
                again[root] = again.get(root, True) and simple
    cost: dict[Value, int] = {}
    for value in planner.place:
        if not isinstance(value, Map) or value in stored:
            continue
        parts = [located(operand, value.shape) for operand in value.operands]
        inner = [(root, place) for root, place in parts if root in planner.place]
        cost[value] = 1 + sum(cost.get(root, 0) for root, _ in inner if root.size > 1)
        if value in again and squeezed(value.shape):
            simple = all(
                in_step(root, place, value.shape) or root in stored or root.size == 1
                for root, place in inner
            )
            cheap = cost[value] <= _CHEAP and prod(value.shape) >= _MANY
            if not (again[value] and cheap and simple):
                stored.add(value)
                cost[value] = 0
    return {value for value in stored if value in planner.place}
