"""A sample with its value and its pullback: what most checks start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from pullback.conformance.checks.base import CheckFailed, Unsuited
from pullback.conformance.pool import Sample
from pullback.conformance.samples import Call
from pullback.conformance.subjects import Pullback, Subject
from pullback.conformance.values import (
    Place,
    copied,
    describe,
    is_floating,
    kind_of,
    leaves,
    map_leaves,
    pairing,
    places,
    replaced,
    value_at,
)

Groups: TypeAlias = list[list[Place]]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One call of a subject, linearized."""

    subject: Subject
    call: Call
    groups: Groups
    """For each primal the place, or the places, at which it stands."""
    values: list[Any]
    """The primals."""
    y: Any
    back: Pullback
    cotangent: Any
    """The sample's cotangent, in the types of ``y``."""

    @classmethod
    def of(cls, subject: Subject, sample: Sample, *, wide: bool = False) -> Trial:
        """Linearize a sample; with ``wide`` in double precision.

        Raises:
            Unsuited: no argument, or no output, has a derivative.
        """
        call = doubled(sample.call()) if wide else sample.call()
        if not subject.primals(call):
            raise Unsuited("no argument has a derivative")
        return cls.at(subject, call, sample)

    @classmethod
    def at(cls, subject: Subject, call: Call, sample: Sample) -> Trial:
        """Linearize a call, with the cotangent of a sample."""
        y, back = subject.linearize(call)
        if not any(is_floating(leaf) for _, leaf in leaves(y)):
            raise Unsuited("no output has a derivative")
        groups = subject.groups(call)
        values = [value_at(call, group[0]) for group in groups]
        return cls(subject, call, groups, values, y, back, cotangent_for(sample, y))

    def part(self, numbers: Sequence[int]) -> Trial:
        """The same call, differentiated by some of its primals; the others are constants."""
        groups = [self.groups[number] for number in numbers]
        values = [self.values[number] for number in numbers]
        y, back = replace(self, groups=groups).linearized(self.call)
        return replace(self, groups=groups, values=values, y=y, back=back)

    def linearized(self, call: Call) -> tuple[Any, Pullback]:
        """Another call, linearized by the primals of this one."""
        return self.subject.linearize(call, [place for group in self.groups for place in group])

    def pull(self, cotangent: Any) -> list[Any]:
        """The cotangents of the primals; the rule is given a copy that it may spoil."""
        return self.back(copied(cotangent))

    @property
    def has_elements(self) -> bool:
        """Whether no primal is empty."""
        return all(np.size(value) for value in self.values)

    def with_primals(self, new: Sequence[Any]) -> Call:
        """The call with other primals, traced or not."""
        return replaced(
            self.call,
            {place: v for group, v in zip(self.groups, new, strict=True) for place in group},
        )

    def moved(self, tangents: Sequence[Any], t: Any) -> Call:
        """The call with every primal moved by ``t`` times its tangent."""
        return self.with_primals(
            [
                _moved(value, tangent, t)
                for value, tangent in zip(self.values, tangents, strict=True)
            ]
        )

    def line(self, tangents: Sequence[Any]) -> Callable[[float], float]:
        """The function of one number whose derivative at 0 the pullback gives."""

        def along(t: float) -> float:
            return pairing(self.cotangent, self.subject.primal(self.moved(tangents, t)))

        return along

    def complex_line(self, tangents: Sequence[Any]) -> Callable[[complex], complex]:
        """The same for complex numbers; 0 where the function turns out to be real there."""

        def along(t: complex) -> complex:
            y = self.subject.primal(self.moved(tangents, t))
            return sum(
                complex(np.sum(np.multiply(c, leaf)))
                for (_, c), (_, leaf) in zip(leaves(self.cotangent), leaves(y), strict=True)
                if kind_of(leaf) == "c"
            )

        return along

    def function(self) -> Callable[..., Any]:
        """The primitive as a function of its primals alone, which the engine can trace."""

        def f(*primals: Any) -> Any:
            return self.subject.traced(self.with_primals(primals))

        return f

    def check_spaces(self, cotangents: Sequence[Any]) -> None:
        """Compare the type, shape and dtype of each cotangent with those of its primal.

        Raises:
            CheckFailed: one differs.
        """
        for group, value, cotangent in zip(self.groups, self.values, cotangents, strict=True):
            if describe(cotangent) != describe(value):
                raise CheckFailed(
                    f"cotangent of {self.named(group)}: got {describe(cotangent)} want "
                    f"{describe(value)}"
                )

    def named(self, group: Sequence[Place]) -> str:
        """The argument in words: ``argument 1 ('e')``."""
        return named(self.subject, group)


def named(subject: Subject, group: Sequence[Place]) -> str:
    """The argument at a place in words: ``argument 1 ('e')``."""
    first, *rest = group[0]
    where = f"argument {first}" if isinstance(first, int) else "keyword"
    inside = "".join(f"[{step!r}]" for step in rest)
    return f"{where} ({subject.parameter_of(group[0])!r}){inside}"


def _moved(value: Any, tangent: Any, t: Any) -> Any:
    there = value + t * tangent
    if type(value) is float and not isinstance(t, complex):
        return float(there)
    if isinstance(value, np.ndarray):
        same_layout = np.empty_like(value, dtype=np.asarray(there).dtype)
        same_layout[...] = there
        return same_layout
    return there


def doubled(call: Call) -> Call:
    """``call`` in double precision, in which differences can be taken."""
    wide: dict[int, Any] = {}
    new = {}
    for place, value in places(call):
        if is_floating(value) and hasattr(value, "dtype"):
            dtype = complex if kind_of(value) == "c" else float
            if value.dtype != dtype:
                # An object that stands at two places stays one object.
                new[place] = wide.setdefault(id(value), value.astype(dtype))
    return replaced(call, new) if new else call


def cotangent_for(sample: Sample, y: Any) -> Any:
    """The sample's cotangent, in the types of ``y``."""
    given = dict(leaves(sample.cotangent()))

    def convert(path: Place, leaf: Any) -> Any:
        cotangent = given.get(path, 0.0)
        if not is_floating(leaf):
            return 0.0
        if isinstance(leaf, np.ndarray):
            return np.broadcast_to(cotangent, leaf.shape).astype(leaf.dtype)
        return type(leaf)(cotangent)

    return map_leaves(convert, y)


def for_rule(cotangent: Any, y: Any) -> Any:
    """A cotangent as the engine hands it to a rule: ``None`` for what has no derivative."""
    floating = {path for path, leaf in leaves(y) if is_floating(leaf)}
    return map_leaves(lambda path, leaf: leaf if path in floating else None, cotangent)


def typed(number: Any, like: Any) -> Any:
    """``number`` in the type and dtype of ``like``; arrays are filled with it."""
    if isinstance(like, np.ndarray):
        return np.full(like.shape, number, like.dtype)
    return type(like)(number)


def scaled(tree: Any, factor: float) -> Any:
    """Every floating-point leaf times ``factor``, in its own dtype."""

    def times(_: Place, leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return leaf * leaf.dtype.type(factor)
        return type(leaf)(leaf * factor) if is_floating(leaf) else leaf

    return map_leaves(times, tree)
