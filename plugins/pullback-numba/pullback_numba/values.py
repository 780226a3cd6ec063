"""What a kernel computes, as values: operations on earlier ones, of known shapes and dtypes.

A graph says which function of NumPy is called; a value says what is done to elements. Arrays lie
contiguous in memory, so a view is an offset and a step for each axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from pullback.spaces import Space

Shape: TypeAlias = tuple[int, ...]
PACKED: Final = 4096
"""Arrays of up to so many elements lie together in one."""

MANY_PARTS: Final = 16
"""More parts of a scatter than these are added in loops that read a table."""


@dataclass(eq=False)
class Value:
    """A number or an array."""

    name: str
    shape: Shape
    dtype: np.dtype[Any]
    space: Space | None = field(default=None, init=False)
    """What its node must be, where it is an output."""

    @property
    def size(self) -> int:
        """How many elements it has."""
        return prod(self.shape)

    @property
    def operands(self) -> Sequence[Value]:
        """What it is computed from, without numbers that are written out."""
        return ()


@dataclass(eq=False)
class Given(Value):
    """An argument of the kernel."""

    source: Any
    """A node, or an array that the program holds."""
    weak: bool = False
    """Whether it is a Python number, whose type yields to that of an array."""

    @property
    def is_array(self) -> bool:
        """Whether it is an array, be it of no axes, and not a number."""
        if isinstance(self.source, np.ndarray):
            return True
        space = self.source.space
        return space is not None and space[0] is np.ndarray


@dataclass(frozen=True)
class Number:
    """A number that is written into the code."""

    value: Any

    @property
    def shape(self) -> Shape:
        """That of a number."""
        return ()


Operand: TypeAlias = Value | Number


@dataclass(eq=False)
class View(Value):
    """Elements of another value."""

    base: Value
    """No view."""
    offset: int
    """Of the first element, in elements of ``base``."""
    steps: Shape
    """By how many elements of ``base`` the next along each axis lies further on."""
    stand_in: np.ndarray
    """An array whose elements lie as those of the view do, in a block like that of ``base``."""

    @property
    def operands(self) -> Sequence[Value]:
        """The base."""
        return (self.base,)


@dataclass(eq=False)
class Map(Value):
    """The same for each element."""

    form: str
    """As Python, with ``{0}``, ``{1}`` for the operands."""
    args: Sequence[Operand]
    dtypes: Sequence[np.dtype[Any] | None]
    """To which the operands are cast; ``None``: they are taken as they are."""
    label: str = ""
    weak: bool = False

    @property
    def operands(self) -> Sequence[Value]:
        """The arguments that are values."""
        return [arg for arg in self.args if isinstance(arg, Value)]


@dataclass(eq=False)
class Wide(Value):
    """A ufunc of NumPy, by its own loop, on whole arrays of one shape."""

    ufunc: str
    loop: str
    """The characters of its types: ``"dd->d"``."""
    has_data: bool
    args: Sequence[Value]

    @property
    def operands(self) -> Sequence[Value]:
        """The arguments."""
        return self.args


@dataclass(eq=False)
class Reduce(Value):
    """A sum, product, maximum or minimum along axes."""

    kind: str
    arg: Value
    axes: Shape

    @property
    def operands(self) -> Sequence[Value]:
        """The array."""
        return (self.arg,)


@dataclass(eq=False)
class Product(Value):
    """A product of a matrix and a matrix or vector."""

    a: Value
    b: Value

    @property
    def operands(self) -> Sequence[Value]:
        """The factors."""
        return (self.a, self.b)


class Spot(NamedTuple):
    """Elements of an array: where the first lies, and how far apart they are."""

    shape: Shape
    offset: int
    steps: Shape


@dataclass(eq=False)
class Scatter(Value):
    """Zeros, with values added to some of the elements."""

    parts: Sequence[tuple[Spot, Operand]] = field(default=())

    @property
    def operands(self) -> Sequence[Value]:
        """What is added."""
        return [value for _, value in self.parts if isinstance(value, Value)]


class Place(NamedTuple):
    """Where a loop reads or writes: ``offset`` and, for each index of the loop, a step."""

    offset: int
    steps: Shape


def contiguous(shape: Shape) -> Shape:
    """The steps of an array whose elements lie in order.

    >>> contiguous((2, 3, 4))
    (12, 4, 1)
    """
    steps: list[int] = []
    step = 1
    for length in reversed(shape):
        steps.append(step)
        step *= length
    return tuple(reversed(steps))


def squeezed(shape: Shape) -> Shape:
    """``shape`` without the axes of one element: what is looped over."""
    return tuple(length for length in shape if length != 1)


def located(value: Value, shape: Shape) -> tuple[Value, Place]:
    """What ``value``, broadcast to ``shape``, is read from, and where by a loop over ``shape``."""
    if isinstance(value, View):
        base, offset, steps = value.base, value.offset, value.steps
    else:
        base, offset, steps = value, 0, contiguous(value.shape)
    missing = len(shape) - len(value.shape)
    wide = [0] * missing + [
        0 if length == 1 else step for length, step in zip(value.shape, steps, strict=True)
    ]
    kept = [step for step, length in zip(wide, shape, strict=True) if length != 1]
    return base, Place(offset, tuple(kept))


def in_step(value: Value, place: Place, shape: Shape) -> bool:
    """Whether a loop over ``shape`` computes the elements of ``value`` where it reads them."""
    loop = squeezed(shape)
    return squeezed(value.shape) == loop and place == Place(0, contiguous(loop))


def expanded(values: Sequence[Value]) -> list[Value]:
    """The values in order, with those that were made for them on the way."""
    found: dict[Value, None] = {}

    def add(value: Value) -> None:
        for root in roots(value.operands):
            if root not in found and not isinstance(root, Given):
                add(root)
        found[value] = None

    for value in values:
        add(value)
    return [*found]


def roots(values: Sequence[Value]) -> Iterator[Value]:
    """The values themselves, with views replaced by what they view."""
    for value in values:
        yield value.base if isinstance(value, View) else value
