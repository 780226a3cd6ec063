"""The code of long kernels: loops over rounds, and what is between them.

Values that one section computes and another needs lie in arrays, numbers too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pullback_numba.rolling import Rounds, Section, Slot, has_many_parts, operands
from pullback_numba.stages import Stages, staged
from pullback_numba.values import PACKED, Given, Place, Scatter, Spot, Value, contiguous, roots
from pullback_numba.writing import Text, Writer, in_place, index_of, type_of

__all__ = ["written_long"]


def written_long(
    name: str, sections: Sequence[Section], outputs: Sequence[Value], arguments: Sequence[Given]
) -> Text:
    """The module of a kernel of many values.

    Args:
        name: of the function.
        sections: in order.
        outputs: those that it returns.
        arguments: what it is called with.
    """
    writer = _LongWriter(name, Stages([], set(), outputs), arguments)
    return Text(writer.write(sections, outputs), writer.arguments)


class _LongWriter(Writer):
    def write(self, sections: Sequence[Section], outputs: Sequence[Value]) -> str:
        """The whole text."""
        self.rooms: dict[np.dtype[Any], list[Any]] = {}
        """Dtype -> the name of the array of values of that dtype, and its length."""
        self.places: list[int] = []
        self.take_arguments()
        start = len(self.lines)
        crossing = _crossing(sections, outputs)
        for value in crossing:
            self._house(value, {*outputs})
        for section in sections:
            self._section(section, crossing)
        self._tables(start)
        return self.text(outputs)

    def _house(self, value: Value, outputs: set[Value]) -> None:
        """Give a value a place in an array."""
        returned = value in outputs and bool(value.shape)
        if returned or value.size > PACKED:
            self.own_array(value, returned=returned)
            return
        room = self.rooms.get(value.dtype)
        if room is None:
            room = self.rooms[value.dtype] = [self.free(f"room_{value.dtype.name}"), 0]
        self.arrays[value] = room[0], room[1]
        room[1] += max(value.size, 1)

    def _tables(self, start: int) -> None:
        """Make the arrays whose lengths are known now, and take the table of places."""
        made = self.lines[start:]
        del self.lines[start:]
        for dtype, (name, length) in self.rooms.items():
            self.line(f"{name} = np.empty({length}, {type_of(dtype)})")
        if self.places:
            table = np.array(self.places, np.int64)
            given = Given("table", table.shape, table.dtype, table)
            self.names[given] = "table"
            self.line("all_table = flat(table)", "where each round has its values")
            self.arguments = [*self.arguments, given]
        self.lines += made

    def _column(self, offsets: Sequence[int]) -> int:
        """Where in the table a column of places begins."""
        self.places += offsets
        return len(self.places) - len(offsets)

    def _section(self, section: Section, crossing: Mapping[Value, None]) -> None:
        if section.period:
            self._rounds(section, crossing)
        elif len(section.values) == 1 and has_many_parts(section.values[0]):
            self._many_parts(section.values[0])
        else:
            results = [value for value in section.values if value in crossing]
            self._staged(section.values, results)

    def _staged(self, values: Sequence[Value], results: Sequence[Value]) -> None:
        plan = staged(values, results)
        plan.stored.update(results)
        shared = in_place(plan)
        for value in sorted(plan.stored, key=lambda value: value.name):
            if value not in self.arrays and value not in shared:
                self._house(value, set())
        for value, other in shared.items():
            self.share(value, other, shared)
        self.stages = plan
        for stage in plan.stages:
            self.stage(stage)

    def _rounds(self, section: Section, crossing: Mapping[Value, None]) -> None:
        for given in {root for value in section.values for root in roots(value.operands)}:
            if isinstance(given, Given) and not given.is_array and given not in self.arrays:
                self._house(given, set())
                name, offset = self.arrays[given]
                self.line(f"{name}[{offset}] = {self.name_of(given)}")
        inner = Rounds(section, crossing).round()
        self.line(f"for turn in range({inner.number}):")
        self.depth = 1
        for slot in (*inner.operands, *inner.results):
            self._open(slot)
        self._staged(inner.values, [slot.value for slot in inner.results])
        self.depth = 0

    def _open(self, slot: Slot) -> None:
        """Say where an operand or a result lies in this round."""
        rooms = [self.arrays[root] for root in slot.roots]
        offsets = [room[1] + offset for room, offset in zip(rooms, slot.offsets, strict=True)]
        (name,) = {room[0] for room in rooms}
        if len({*offsets}) == 1:
            self.arrays[slot.value] = name, offsets[0]
            return
        here = self.free(f"{slot.value.name}_here")
        self.line(f"{here} = shifted({name}, all_table[turn + {self._column(offsets)}])")
        self.arrays[slot.value] = here, 0

    def _many_parts(self, target: Value) -> None:
        """A scatter of many values alike."""
        assert isinstance(target, Scatter)
        name, offset = self.arrays[target]
        self.line(f"{name}[{offset}:{offset + target.size}] = 0", target.name)
        alike: dict[Any, list[tuple[int, int]]] = {}
        for spot, item in target.parts:
            assert isinstance(item, Value)
            source, start = self.arrays[item]
            key = (source, spot.shape, spot.steps)
            alike.setdefault(key, []).append((offset + spot.offset, start))
        for (source, shape, steps), places in alike.items():
            to = self._column([place for place, _ in places])
            start = self._column([place for _, place in places])
            self.line(f"for part in range({len(places)}):")
            self.depth = 1
            spot = Spot(shape, 0, steps)
            self._part(name, f"all_table[part + {to}]", source, f"all_table[part + {start}]", spot)
            self.depth = 0

    def _part(self, name: str, to: str, source: str, start: str, spot: Spot) -> None:
        if spot.shape in ((), (1,)):
            self.line(f"{name}[{to}] += {source}[{start}]")
            return
        letters = [f"i{axis}" for axis in range(len(spot.shape))]
        for depth, (letter, length) in enumerate(zip(letters, spot.shape, strict=True)):
            self.line(f"for {letter} in range({length}):", depth=depth)
        there = index_of(Place(0, spot.steps), letters)
        here = index_of(Place(0, contiguous(spot.shape)), letters)
        self.line(f"{name}[{to} + {there}] += {source}[{start} + {here}]", depth=len(letters))


def _crossing(sections: Sequence[Section], outputs: Sequence[Value]) -> dict[Value, None]:
    """The values that others than those of their own section, or of their own round, need."""
    home: dict[Value, tuple[int, int]] = {}
    for number, section in enumerate(sections):
        for place, value in enumerate(section.values):
            home[value] = number, place // section.period if section.period else 0
    crossing: dict[Value, None] = dict.fromkeys(outputs)
    for section in sections:
        for value in section.values:
            for root in roots([item for item in operands(value) if isinstance(item, Value)]):
                if root in home and home[root] != home[value]:
                    crossing[root] = None
            if has_many_parts(value):
                crossing[value] = None
    return crossing
