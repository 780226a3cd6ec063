"""The code of a kernel, as Python that numba compiles: one operation a line, with what it is."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np

from pullback_numba.stages import Addition, Stage, Stages
from pullback_numba.values import (
    PACKED,
    Given,
    Map,
    Number,
    Operand,
    Place,
    Product,
    Reduce,
    Shape,
    Value,
    View,
    Wide,
    contiguous,
    located,
    roots,
)

__all__ = ["Text", "Writer", "index_of", "type_of", "written"]

_STARTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "sum": lambda dtype: "0",
    "prod": lambda dtype: "1",
    "max": lambda dtype: "-np.inf" if dtype.kind == "f" else str(np.iinfo(dtype).min),
    "min": lambda dtype: "np.inf" if dtype.kind == "f" else str(np.iinfo(dtype).max),
}
_STEPS: Final = {
    "sum": "plus({0}, {1})",
    "prod": "times({0}, {1})",
    "max": "select(({0} >= {1}) | ({0} != {0}), {0}, {1})",
    "min": "select(({0} <= {1}) | ({0} != {0}), {0}, {1})",
}
_STEPS_IN_PARALLEL: Final = {"sum": "{0} + {1}", "prod": "{0} * {1}"}
_PARALLEL: Final = 2**15
"""A loop over so many elements is worth the threads."""
_RESERVED: Final = frozenset(
    {
        *keyword.kwlist,
        *("np", "math", "plus", "times", "select", "flat", "shifted", "ufunc_loop", "prange"),
        *("abs", "range", "complex", "table", "all_table"),
        *("i", "j", "k", "dot", "factor", "turn", "part", *(f"i{axis}" for axis in range(64))),
    }
)
"""Names that are no values of the program."""


@dataclass(frozen=True)
class Text:
    """The code of a kernel, and what it is called with."""

    source: str
    arguments: Sequence[Given]


@dataclass
class _Line:
    """A line in a loop; ``{0}``, ``{1}`` stand for the places."""

    form: str
    places: Sequence[Place] = ()
    note: str = ""


def written(
    name: str, stages: Stages, arguments: Sequence[Given], *, parallel: bool = False
) -> Text:
    """The module of a kernel.

    Args:
        name: of the function.
        stages: what it computes.
        arguments: what it is called with.
        parallel: whether large loops run in several threads.
    """
    writer = Writer(name, stages, arguments)
    writer.parallel = parallel
    return Text(writer.module(), writer.arguments)


def in_place(plan: Stages) -> dict[Value, Value]:
    """The operands of ufuncs over which the result is written, as nothing else needs them."""
    users: dict[Value, int] = {}
    for stage in plan.stages:
        operands = stage.whole.operands if stage.whole else [item for item, _ in stage.consumed]
        for root in roots(operands):
            users[root] = users.get(root, 0) + 1
    shared: dict[Value, Value] = {}
    for stage in plan.stages:
        if isinstance(stage.whole, Wide):
            for arg in stage.whole.args:
                is_free = isinstance(arg, (Map, Wide)) and users[arg] == 1 and arg in plan.stored
                if is_free and arg not in plan.outputs and arg.dtype == stage.whole.dtype:
                    shared[arg] = stage.whole
                    break
    return shared


def cast(text: str, dtype: np.dtype[Any], wanted: np.dtype[Any] | None) -> str:
    """A number of one dtype as one of another."""
    return text if wanted is None or dtype == wanted else f"{type_of(wanted)}({text})"


def type_of(dtype: np.dtype[Any]) -> str:
    """A dtype as Python."""
    return "np.bool_" if dtype.kind == "b" else f"np.{np.dtype(dtype).name}"


def number(value: Any, dtype: np.dtype[Any] | None) -> str:
    """A number as Python, of the dtype."""
    dtype = np.asarray(value).dtype if dtype is None else dtype
    with np.errstate(all="ignore"):
        value = np.asarray(value).astype(dtype)[()]
    if dtype.kind == "b":
        return str(bool(value))
    if dtype.kind == "c":
        parts = ", ".join(number(part, part.dtype) for part in (value.real, value.imag))
        text = f"complex({parts})"
        return text if dtype.char == "D" else f"{type_of(dtype)}({text})"
    if dtype.kind == "f":
        plain = float(value)
        text = repr(plain) if plain - plain == 0 else f"np.{plain}".replace("np.-", "-np.")
        if dtype.char != "d":
            return f"{type_of(dtype)}({text})"
    else:
        text = f"{type_of(dtype)}({int(value)})"
    return f"({text})" if text.startswith("-") else text


def described(value: Value) -> str:
    """What a value is, in few letters."""
    return f"{value.dtype}{value.shape}".replace(",)", ")") if value.shape else str(value.dtype)


class Writer:
    """Writes a kernel."""

    def __init__(self, name: str, stages: Stages, arguments: Sequence[Given]) -> None:
        self.name, self.stages, self.arguments = name, stages, arguments
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set(_RESERVED)
        self.loops: dict[tuple[str, str, bool], str] = {}
        self.arrays: dict[Value, tuple[str, int]] = {}
        """Value -> the array that it lies in, and where it begins."""
        self.lines: list[tuple[str, str]] = []
        self.depth = 0
        self.parallel = False

    def module(self) -> str:
        """The whole text."""
        self.take_arguments()
        self._allocate()
        for stage in self.stages.stages:
            self.stage(stage)
        return self.text(self.stages.outputs)

    def text(self, outputs: Sequence[Value]) -> str:
        """The lines, with what belongs around them."""
        returned = [self._returned(value) for value in outputs]
        self.line(f"return {', '.join(returned)}")
        width = max((len(code) for code, note in self.lines if note), default=0)
        body = [
            f"    {code:<{width}}  # {note}" if note else f"    {code}" for code, note in self.lines
        ]
        loops = [
            f'{name} = ufunc_loop("{ufunc}", "{types}", has_data={has_data})'
            for (ufunc, types, has_data), name in self.loops.items()
        ]
        return "\n".join(
            [
                "import math",
                "",
                "import numpy as np",
                "from numba import prange",
                "",
                "from pullback_numba.native import flat, plus, select, shifted, times, ufunc_loop",
                "",
                *([*loops, ""] if loops else []),
                "",
                f"def {self.name}({', '.join(self.names[given] for given in self.arguments)}):",
                *body,
                "",
            ]
        )

    def line(self, code: str, note: str = "", depth: int = 0) -> None:
        """Add a line."""
        self.lines.append(("    " * (self.depth + depth) + code, note))

    def name_of(self, value: Value) -> str:
        """The variable of a value."""
        if value not in self.names:
            self.names[value] = self.free(value.name)
        return self.names[value]

    def free(self, wanted: str) -> str:
        """A name that is not taken."""
        wanted = base = re.sub(r"\W+", "_", wanted).strip("_") or "value"
        if wanted[0].isdigit():
            wanted = base = f"v{wanted}"
        tries = 1
        while wanted in self.taken:
            tries += 1
            wanted = f"{base}_{tries}"
        self.taken.add(wanted)
        return wanted

    def take_arguments(self) -> None:
        """Name the arguments. Small arrays that the program holds lie together in one."""
        packs: dict[np.dtype[Any], list[Given]] = {}
        kept: list[Given] = []
        for given in self.arguments:
            if isinstance(given.source, np.ndarray) and given.size <= PACKED:
                packs.setdefault(given.dtype, []).append(given)
            else:
                kept.append(given)
        for dtype, members in packs.items():
            whole = np.concatenate([member.source.ravel() for member in members])
            pack = Given(f"constants_{dtype.name}", whole.shape, dtype, whole)
            kept.append(pack)
            offset = 0
            for member in members:
                self.arrays[member] = f"all_{pack.name}", offset
                offset += member.size
        self.arguments = kept
        for given in kept:
            self.take(given)

    def take(self, given: Given) -> None:
        """Name an argument."""
        name = self.name_of(given)
        if given.is_array:
            row = self.free(f"all_{name}")
            self.line(f"{row} = flat({name})", described(given))
            self.arrays[given] = row, 0

    def _allocate(self) -> None:
        outputs = {value for value in self.stages.outputs if value.shape}
        sizes: dict[np.dtype[Any], int] = {}
        rooms: dict[np.dtype[Any], list[Value]] = {}
        shared = in_place(self.stages)
        for value in sorted(self.stages.stored, key=lambda value: value.name):
            if value in shared:
                continue
            if value in outputs or value.size > PACKED:
                self.own_array(value, returned=value in outputs)
            else:
                rooms.setdefault(value.dtype, []).append(value)
        for dtype, values in rooms.items():
            name = self.free(f"room_{dtype.name}")
            sizes[dtype] = 0
            for value in values:
                self.arrays[value] = name, sizes[dtype]
                sizes[dtype] += max(value.size, 1)
            self.line(f"{name} = np.empty({sizes[dtype]}, {type_of(dtype)})", "for a while")
        for value, other in shared.items():
            self.share(value, other, shared)

    def share(self, value: Value, other: Value, shared: Mapping[Value, Value]) -> None:
        """Let a value lie where the ufunc that alone needs it writes its result."""
        while other in shared:
            other = shared[other]
        self.arrays[value] = self.arrays[other]

    def own_array(self, value: Value, *, returned: bool) -> None:
        """Make the array of a value.

        What ``flat`` gives does not keep an array alive; the one that is returned is.
        """
        if not returned:
            row = self.free(f"all_{value.name}")
            self.line(f"{row} = np.empty({value.size}, {type_of(value.dtype)})", "for a while")
            self.arrays[value] = row, 0
            return
        name = self.name_of(value)
        self.line(f"{name} = np.empty({value.shape}, {type_of(value.dtype)})")
        self.arrays[value] = self.free(f"all_{name}"), 0
        self.line(f"{self.arrays[value][0]} = flat({name})")

    def _returned(self, value: Value) -> str:
        if value in self.arrays and not value.shape:
            name, offset = self.arrays[value]
            return f"{name}[{offset}]"
        return self.name_of(value)

    def stage(self, stage: Stage) -> None:
        """Write a stage."""
        if isinstance(stage.whole, Wide):
            self._wide(stage.whole)
        elif isinstance(stage.whole, Product):
            self._product(stage.whole)
        else:
            _LoopWriter(self, stage).write()

    def _wide(self, value: Wide) -> None:
        if not value.size:
            return
        key = (value.ufunc, value.loop, value.has_data)
        if key not in self.loops:
            self.loops[key] = self.free(f"{value.ufunc}_{value.loop.replace('->', '_')}")
        rooms = []
        for item in (*value.args, value):
            name, offset = self.arrays[item]
            rooms += [name, str(offset)]
        shown = ", ".join(rooms)
        self.line(
            f"{self.loops[key]}({value.size}, ({shown}))", f"{value.name}: {described(value)}"
        )

    def _product(self, value: Product) -> None:
        a, b = value.a, value.b
        rows = a.shape[0] if len(a.shape) == 2 else 1
        inner = a.shape[-1]
        columns = b.shape[1] if len(b.shape) == 2 else 1
        first, second = _Matrix(self, a, is_row=True), _Matrix(self, b, is_row=False)
        note = f"{value.name}: {rows}×{inner} by {inner}×{columns}"
        if value.size == 1:
            total = (
                self.free(f"{value.name}_total") if value in self.arrays else self.name_of(value)
            )
            self.line(f"{total} = {cast('0', np.dtype(int), value.dtype)}", note)
            self.line(f"for k in range({inner}):")
            term = f"{first.at('', 'k')} * {second.at('k', '')}"
            self.line(f"{total} = {self._plus(total, term, value)}", depth=1)
            self.keep_number(value, total)
            return
        name, offset = self.arrays[value]
        target = Place(offset, contiguous((rows, columns)))

        def cell(i: str, j: str) -> str:
            return f"{name}[{index_of(target, [i if rows > 1 else '', j if columns > 1 else ''])}]"

        zero = cast("0", np.dtype(int), value.dtype)
        columns_apart = second.steps[1] if columns > 1 else 0
        if columns == 1 and first.steps[1] != 1 and first.steps[0] == 1:
            self.line(f"{name}[{offset}:{offset + rows}] = 0", note)
            self.line(f"for k in range({inner}):")
            self.line(f"for i in range({rows}):", depth=1)
            term = f"{first.at('i', 'k')} * {second.at('k', '')}"
            self.line(f"{cell('i', '')} += {term}", depth=2)
        elif columns == 1 or (columns_apart != 1 and first.steps[1] == 1 == second.steps[0]):
            self.line(f"for i in range({rows}):", note)
            if columns > 1:
                self.line(f"for j in range({columns}):", depth=1)
            depth = 1 + (columns > 1)
            self.line(f"dot = {zero}", depth=depth)
            self.line(f"for k in range({inner}):", depth=depth)
            term = f"{first.at('i', 'k')} * {second.at('k', 'j')}"
            self.line(f"dot = {self._plus('dot', term, value)}", depth=depth + 1)
            self.line(f"{cell('i', 'j')} = dot", depth=depth)
        else:
            self.line(f"for i in range({rows}):", note)
            self.line(f"for j in range({columns}):", depth=1)
            self.line(f"{cell('i', 'j')} = 0", depth=2)
            self.line(f"for k in range({inner}):", depth=1)
            self.line(f"factor = {first.at('i', 'k')}", depth=2)
            self.line(f"for j in range({columns}):", depth=2)
            self.line(f"{cell('i', 'j')} += factor * {second.at('k', 'j')}", depth=3)

    def keep_number(self, value: Value, text: str) -> None:
        """Store a number where it has its place: in an array, or in its variable."""
        if value in self.arrays:
            name, offset = self.arrays[value]
            self.line(f"{name}[{offset}] = {text}")
        elif text != self.name_of(value):
            self.line(f"{self.name_of(value)} = {text}")

    @staticmethod
    def _plus(total: str, term: str, value: Value) -> str:
        return f"{total} + {term}" if value.dtype.kind == "c" else f"plus({total}, {term})"


class _Matrix:
    """A factor of a product: its elements by row and column."""

    def __init__(self, writer: Writer, value: Value, *, is_row: bool) -> None:
        if isinstance(value, View):
            base, offset, steps = value.base, value.offset, value.steps
        else:
            base, offset, steps = value, 0, contiguous(value.shape)
        self.name, start = writer.arrays[base]
        if len(steps) == 1:
            steps = (0, steps[0]) if is_row else (steps[0], 0)
        shape = value.shape if len(value.shape) == 2 else (0, 0)
        self.steps = tuple(
            0 if length == 1 else step for length, step in zip(shape, steps, strict=True)
        )
        self.place = Place(start + offset, self.steps)

    def at(self, i: str, j: str) -> str:
        """An element."""
        return f"{self.name}[{index_of(self.place, [i, j])}]"


def index_of(place: Place, indices: Sequence[str]) -> str:
    """The index of an element in a row."""
    terms = [
        index if step == 1 else f"{step} * {index}"
        for step, index in zip(place.steps, indices, strict=True)
        if step and index
    ]
    if place.offset or not terms:
        terms.append(str(place.offset))
    return " + ".join(terms).replace("+ -", "- ")


class _LoopWriter:
    """The lines of one loop."""

    def __init__(self, writer: Writer, stage: Stage) -> None:
        self.writer, self.stage = writer, stage
        self.lines: list[_Line] = []
        self.before: list[str] = []
        self.after: list[tuple[Value, str]] = []
        self.known: dict[tuple[Value, Place], str] = {}
        self.is_parallel = (
            writer.parallel
            and prod(stage.shape) >= _PARALLEL
            and all(
                value.size == 1 and value.kind in _STEPS_IN_PARALLEL and value.dtype.kind != "c"
                for value in stage.reductions
            )
        )
        self.home = Place(0, contiguous(stage.shape))

    def write(self) -> None:
        """Write the loop, with what is done before it."""
        for value in self.stage.maps:
            if value in self.writer.stages.stored or self._is_used(value):
                self._computed(value, self.home)
                if value in self.writer.arrays:
                    self._store(value, self.home, self.known[value, self.home])
        for reduction in self.stage.reductions:
            self._reduce(reduction)
        for addition in self.stage.additions:
            self._add(addition)
        for line in self.before:
            self.writer.line(line)
        self._loop()
        for number in self.after:
            self.writer.keep_number(*number)

    def _loop(self) -> None:
        if not self.lines:
            return
        if not self.stage.shape:
            for line in self.lines:
                self.writer.line(_filled(line, []), line.note)
            return
        lengths, groups = _merged(self.stage.shape, [p for line in self.lines for p in line.places])
        letters = [f"i{number}" if len(lengths) > 1 else "i" for number in range(len(lengths))]
        for depth, (letter, length) in enumerate(zip(letters, lengths, strict=True)):
            row = "prange" if self.is_parallel and not depth else "range"
            self.writer.line(f"for {letter} in {row}({length}):", depth=depth)
        for line in self.lines:
            places = [Place(p.offset, tuple(p.steps[g] for g in groups)) for p in line.places]
            text = _filled(_Line(line.form, places), letters)
            self.writer.line(text, line.note, depth=len(lengths))

    def _is_used(self, value: Map) -> bool:
        """Whether this loop needs a value, or a number is needed anywhere."""
        if not self.stage.shape:
            return True
        for operand, shape in self.stage.consumed:
            if located(operand, shape) == (value, self.home):
                return True
        return False

    def _read(self, operand: Operand, shape: Shape, dtype: np.dtype[Any] | None) -> str:
        """An operand of something of ``shape`` that this loop computes where it is itself."""
        if isinstance(operand, Number):
            return number(operand.value, dtype)
        root, place = located(operand, shape)
        return cast(self._computed(root, place), operand.dtype, dtype)

    def _computed(self, root: Value, place: Place) -> str:
        """The name of an element."""
        if root.size == 1 and root not in self.writer.arrays:
            if not isinstance(root, Map) or root not in self.stage.maps:
                return self.writer.name_of(root)
            place = self.home
        if (root, place) in self.known:
            return self.known[root, place]
        is_own = isinstance(root, Map) and root in self.stage.maps and place == self.home
        if root in self.writer.arrays and not is_own:
            name, offset = self.writer.arrays[root]
            own = (
                self.writer.free(f"{root.name}_i")
                if self.stage.shape
                else self.writer.free(root.name)
            )
            place_there = Place(place.offset + offset, place.steps)
            self.lines.append(_Line(f"{own} = {name}[<0>]", [place_there]))
        else:
            assert isinstance(root, Map), root
            own = self._mapped(root, place)
        self.known[root, place] = own
        return own

    def _mapped(self, value: Map, place: Place) -> str:
        """Compute a map for this loop, at its own place or, of one axis, at another."""
        texts = []
        for arg, dtype in zip(value.args, value.dtypes, strict=True):
            if isinstance(arg, Number) or place == self.home:
                texts.append(self._read(arg, value.shape, dtype))
                continue
            root, there = located(arg, value.shape)
            step = there.steps[0] if there.steps else 0
            moved = Place(there.offset + step * place.offset, tuple(step * s for s in place.steps))
            texts.append(cast(self._computed(root, moved), arg.dtype, dtype))
        text = value.form.replace("{t}", type_of(value.dtype)).format(*texts)
        if value.dtype.char not in "dD?" or (value.form == "{0}" and None not in value.dtypes):
            text = cast(text, np.dtype(object), value.dtype)
        is_own = (
            place == self.home
            and value in self.stage.maps
            and not (
                value in self.writer.arrays and self.writer.arrays[value][0].startswith("all_")
            )
        )
        own = self.writer.name_of(value) if is_own else self.writer.free(f"{value.name}_i")
        self.lines.append(_Line(f"{own} = {text}", [], described(value)))
        return own

    def _store(self, value: Value, place: Place, text: str) -> None:
        name, offset = self.writer.arrays[value]
        there = Place(place.offset + offset, place.steps)
        self.lines.append(_Line(f"{name}[<0>] = {text}", [there]))

    def _reduce(self, value: Reduce) -> None:
        item = self._read(value.arg, value.arg.shape, None)
        start = cast(_STARTS[value.kind](value.dtype), np.dtype(object), value.dtype)
        step = _STEPS[value.kind]
        if self.is_parallel:  # numba recognizes these, and has a sum for each thread
            step = _STEPS_IN_PARALLEL[value.kind]
        if value.dtype.kind == "c":
            step = {"sum": "{0} + {1}", "prod": "{0} * {1}"}[value.kind]
        if value.size == 1:
            wide = value.dtype.char == "f" and value.kind == "sum"
            kept = value in self.writer.arrays or wide
            name = self.writer.free(f"{value.name}_total") if kept else self.writer.name_of(value)
            if wide:  # NumPy adds in pairs, which is as good
                start, item = "0.0", f"np.float64({item})"
            self.after.append((value, f"np.float32({name})" if wide else name))
            self.before.append(f"{name} = {start}")
            self.lines.append(_Line(f"{name} = {step.format(name, item)}", [], described(value)))
            return
        name, offset = self.writer.arrays[value]
        self.before.append(f"{name}[{offset}:{offset + value.size}] = {start}")
        axes = [axis for axis in range(len(value.arg.shape)) if axis not in value.axes]
        steps = dict(
            zip(axes, contiguous(tuple(value.arg.shape[axis] for axis in axes)), strict=True)
        )
        place = Place(
            offset,
            tuple(steps.get(axis, 0) for axis, length in enumerate(value.arg.shape) if length != 1),
        )
        cell = f"{name}[<0>]"
        self.lines.append(_Line(f"{cell} = {step.format(cell, item)}", [place]))

    def _add(self, addition: Addition) -> None:
        target, spot = addition.target, addition.spot
        name, offset = self.writer.arrays[target]
        steps = tuple(s for s, length in zip(spot.steps, spot.shape, strict=True) if length != 1)
        place = Place(spot.offset + offset, steps)
        values = [self._read(value, spot.shape, target.dtype) for value in addition.values]
        if not addition.is_first:
            total = " + ".join([f"{name}[<0>]", *values])
            self.lines.append(_Line(f"{name}[<0>] = {total}", [place]))
            return
        end = offset + target.size
        if len(steps) == 1 and steps[0] == 1:
            stop = place.offset + prod(spot.shape)
            outside = [(offset, place.offset), (stop, end)]
        elif spot.shape and prod(spot.shape) == target.size:
            outside = []
        else:
            outside = [(offset, end)]
        self.before += [f"{name}[{a}:{b}] = 0" for a, b in outside if a < b]
        if values:
            zero = number(0, target.dtype)
            self.lines.append(_Line(f"{name}[<0>] = {' + '.join([zero, *values])}", [place]))


def _filled(line: _Line, indices: Sequence[str]) -> str:
    text = line.form
    for place_number, place in enumerate(line.places):
        text = text.replace(f"<{place_number}>", index_of(place, indices))
    return text


def _merged(shape: Shape, places: Sequence[Place]) -> tuple[list[int], list[int]]:
    """The lengths of the loops, where neighbours that are walked like one axis are one.

    Returns:
        The lengths, and for each the axis whose step it has.
    """
    lengths, axes = [shape[0]], [0]
    for axis in range(1, len(shape)):
        if all(p.steps[axis - 1] == p.steps[axis] * shape[axis] for p in places):
            lengths[-1] *= shape[axis]
            axes[-1] = axis
        else:
            lengths.append(shape[axis])
            axes.append(axis)
    return lengths, axes
