"""The samples of one subject: drawn by hypothesis, made special by kind, admitted by the primal."""

from __future__ import annotations

import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from pullback.conformance.kinds import KINDS, Setting
from pullback.conformance.samples import Call
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    all_finite,
    any_nan,
    copied,
    is_floating,
    kind_of,
    leaves,
    map_leaves,
    value_at,
)

__all__ = ["Base", "Pool", "Refused", "Sample", "quiet"]

_NICE: Final = np.array(
    [0.5, -1.5, 1.25, -0.75, 2.0, -0.25, 1.75, -1.0, 0.3, -0.6, 1.1, -1.3, 0.9, 0.45, -1.9, 0.7]
)
_QUIET: Final = settings(
    database=None,
    derandomize=False,  # as it is in CI by default, where our own seed would have no effect
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[*HealthCheck],
    report_multiple_bugs=False,
    verbosity=Verbosity.quiet,
    print_blob=False,
)
_SEEDS: Final = st.integers(0, 999)
_LEAST: Final = 1e-290
"""Below, numbers have no digits left for a difference."""


class Refused(Exception):
    """The primal does not take a sample, or the sample is as it was before."""


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, special numbers raise no floating-point warnings; dropped imaginary parts raise."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


@contextmanager
def _by_seed_alone() -> Iterator[None]:
    """Inside, what hypothesis draws depends on the seed, and not on which modules are imported.

    hypothesis mixes in numbers that it finds in the source of imported modules, which differ
    between a worker process and an interactive one. There is no setting for it.
    """
    names = ("_get_local_constants", "CONSTANTS_CACHE")
    if not all(hasattr(providers, name) for name in names):  # another version may do otherwise
        yield
        return
    before = [getattr(providers, name) for name in names]
    nothing = type(providers._get_local_constants())()
    providers._get_local_constants = lambda: nothing
    providers.CONSTANTS_CACHE = type(before[1])(before[1].max_size)
    try:
        yield
    finally:
        for name, value in zip(names, before, strict=True):
            setattr(providers, name, value)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """One plain call that hypothesis drew."""

    case: int
    call: Call
    seed: int


@dataclass(eq=False)
class Sample:
    """One call of one kind, with cotangents and tangents that go with it."""

    subject: Subject
    kind: str
    base: Base
    given_cotangent: Any = None

    def call(self) -> Call:
        """The call, made afresh: what a check does to it reaches no other check.

        Raises:
            Refused: the kind changes nothing here.
        """
        base = self.base.call
        args, params = copied((base.args, base.params))
        fresh = replace(base, args=args, params=params)
        if self.kind == "plain":
            return fresh
        places = tuple(self.subject.primals(fresh))
        domains = {p: d for p in places if (d := self.subject.domain_of(p)) is not None}
        salt = zlib.crc32(self.kind.encode())
        random = np.random.default_rng((self.base.seed, salt))
        changed = KINDS[self.kind].change(
            Setting(fresh, places, domains, _points(self.subject), random)
        )
        if changed is None:
            raise Refused
        return changed

    @cached_property
    def y(self) -> Any:
        """The value of the original function.

        Raises:
            Refused: it has none here.
        """
        call = self.call()
        if not self.subject.takes(call):
            raise Refused
        try:
            # An underflow would make a derivative 0 that is not.
            with np.errstate(under="raise" if self.kind == "tiny" else "ignore"):
                y = self.subject.primal(call)
        except Exception as error:
            raise Refused from error
        if self.kind not in ("inf", "nan"):
            overflows = self.kind == "overflow"
            if self.kind in ("huge", "tiny", "overflow") and all_finite(y) == overflows:
                raise Refused
            is_new_nan = any_nan(y) and not any_nan(call.args) and not any_nan(call.params)
            if is_new_nan != (self.kind == "outside"):
                raise Refused
        return y

    def random(self, salt: int = 0) -> np.random.Generator:
        """Random numbers that belong to this sample."""
        return np.random.default_rng((self.base.seed, 7, salt))

    def cotangent(self, salt: int = 0) -> Any:
        """A cotangent of the output: of its structure, types and dtypes; ones for seed 0.

        Complex ones are ``1+0.5j``: a real number would not tell what becomes of imaginary parts.
        """
        if self.given_cotangent is not None and salt == 0:
            return self.given_cotangent
        if self.base.seed == 0 and salt == 0:
            return map_leaves(lambda _, leaf: _like(leaf, None), self.y)
        random = self.random(salt)
        return map_leaves(lambda _, leaf: _like(leaf, random), self.y)

    def tangents(self, call: Call, salt: int = 0, *, relative: bool = True) -> list[Any]:
        """One tangent for each primal of ``call``.

        With ``relative`` it is of the size of the primal where that is far from 1.
        """
        random = self.random(100 + salt)
        found = []
        for group in self.subject.groups(call):
            value = value_at(call, group[0])
            tangent = _like(value, random)
            if not relative:
                found.append(tangent)
                continue
            sizes = np.abs(np.asarray(value))
            with np.errstate(all="ignore"):
                far = (sizes > 10) | ((sizes < 0.01) & (sizes > _LEAST))
                scaled = np.where(far, tangent * sizes, tangent)
            found.append(_typed(np.where(np.isfinite(scaled), scaled, tangent), value))
        return found


def _points(subject: Subject) -> tuple[float, ...]:
    if subject.rule is None:
        return ()
    numbers: list[float] = []
    for point in subject.rule.points:
        for _, number in leaves(point):
            if kind_of(number) in ("f", "i"):
                numbers.append(float(number))
    return tuple(dict.fromkeys(numbers))


def _like(value: Any, random: np.random.Generator | None) -> Any:
    """A cotangent for ``value``: random, or ones; 0.0 for what has no derivative."""
    if not is_floating(value):
        return 0.0
    shape = np.shape(value)
    if random is None:
        numbers: Any = np.full(shape, 1 + 0.5j if kind_of(value) == "c" else 1.0)
    else:
        numbers = _NICE[random.integers(len(_NICE), size=shape)]
        if kind_of(value) == "c":
            numbers = numbers + 1j * _NICE[random.integers(len(_NICE), size=shape)]
    return _typed(numbers, value)


def _typed(numbers: Any, value: Any) -> Any:
    """``numbers`` in the type and dtype of ``value``."""
    if isinstance(value, np.ndarray):
        return np.asarray(numbers).astype(value.dtype)
    if isinstance(value, np.generic):
        return value.dtype.type(numbers)
    return type(value)(numbers)


@dataclass(eq=False)
class Pool:
    """The samples of one subject, made once and shared by all checks."""

    subject: Subject
    seed: int
    bases_wanted: int = 12
    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _samples: dict[tuple[str, int], Sample | None] = field(default_factory=dict)

    @cached_property
    def per_case(self) -> int:
        """How many calls are drawn of each case."""
        cases = len(self.subject.cases)
        return max(2, -(-self.bases_wanted // cases)) if cases else 0

    @cached_property
    def bases(self) -> list[Base]:
        """The plain calls, those of different cases next to each other."""
        drawn = [self.draw(case, self.per_case) for case in range(len(self.subject.cases))]
        turns = max(map(len, drawn), default=0)
        # The first that hypothesis draws is the simplest one, and says least: it comes last.
        order = [*range(1, turns), 0]
        return [calls[turn] for turn in order for calls in drawn if turn < len(calls)]

    def draw(self, case: int, count: int) -> list[Base]:
        """What hypothesis draws of one case, always the same for one seed."""
        found: list[Base] = []
        self.each(case, count, found.append)
        return found

    def each(self, case: int, count: int, body: Callable[[Base], None]) -> None:
        """Run ``body`` on what hypothesis draws; if it raises, on what it shrinks that to."""
        strategy = st.tuples(self.subject.cases[case], _SEEDS)
        salt = zlib.crc32(f"{self.subject.name} {case}".encode())

        @seed(self.seed * 0x1_0000_0000 + salt)
        @settings(_QUIET, max_examples=count)
        @given(strategy)
        def run(drawn: tuple[Call, int]) -> None:
            body(Base(case, drawn[0], drawn[1]))

        with _by_seed_alone():
            run()

    def sample(self, kind: str, number: int) -> Sample | None:
        """The sample of a kind that is made of a base; ``None`` where it is ruled out."""
        key = kind, number
        if key not in self._samples:
            sample = Sample(self.subject, kind, self.bases[number])
            try:
                sample.y  # noqa: B018  (whether the primal takes it)
            except Refused as refusal:
                if refusal.__cause__ is not None or "y" not in vars(sample):
                    self.refused[kind] += 1
                self._samples[key] = None
            else:
                self.made[kind] += 1
                self._samples[key] = sample
        return self._samples[key]

    def of(self, kinds: tuple[str, ...], most: int, plain: int = 0) -> Iterator[Sample]:
        """At most ``most`` samples of ``kinds``, which take turns, each with another call.

        Where ``plain`` samples are among them, so many come first, one of each case.
        """
        first = min(plain, len(self.bases)) if kinds[0] == "plain" else 0
        turns = [("plain", number) for number in range(first)]
        for turn in range(len(self.bases)):
            for place, kind in enumerate(kinds):
                number = (turn + place + first) % len(self.bases)
                if kind != "plain" or number >= first:
                    turns.append((kind, number))
        count = 0
        for kind, number in turns:
            sample = self.sample(kind, number)
            if sample is not None:
                yield sample
                count += 1
                if count == most:
                    return
