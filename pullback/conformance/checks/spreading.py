"""Does one bad number spoil the others?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np

from pullback.conformance.checks.base import CheckFailed, Unsuited, check
from pullback.conformance.checks.trials import Trial
from pullback.conformance.pool import Sample
from pullback.conformance.samples import Call
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    Place,
    is_floating,
    kind_of,
    leaves,
    map_leaves,
    replaced,
    short,
    value_at,
)

_MOST: Final = 24
_NEAR: Final = 1e-3
"""How far away a relation is looked for that may be hidden."""
Element: TypeAlias = tuple[int, int]
"""The number of a primal, and of an element in it."""


@check(kinds=("plain", "broadcast", "batch"), most=6)
def nonfinite(subject: Subject, sample: Sample) -> None:
    """An infinity or NaN in one element spreads to elements that have nothing to do with it.

    Two elements are related if some output depends on both, or if moving one changes the cotangent
    of the other. A NaN or an infinity in one element, or in the cotangent of one output, must leave
    the cotangents of unrelated elements as they were: a sum over too much, or 0 times infinity,
    shows.
    """
    trial = Trial.of(subject, sample)
    elements = [
        (number, index)
        for number, value in enumerate(trial.values)
        for index in range(int(np.size(value)))
    ]
    if not 1 < len(elements) <= _MOST or not 0 < _flat(trial.y).size <= 4 * _MOST:
        raise Unsuited("one element, or too many")
    relations = _Relations(trial, {element: _reach(trial, element) for element in elements})
    want = trial.pull(trial.cotangent)
    order = sample.random(9).permutation(len(elements))
    for element in (elements[number] for number in order[:2]):
        for bad in (np.nan, np.inf):
            _try_primal(relations, element, bad, want)
    spoilt = int(sample.random(11).integers(_flat(trial.y).size))
    _try_cotangent(relations, sample, spoilt, want)


@dataclass(frozen=True, slots=True, eq=False)
class _Relations:
    """Which numbers of the output each element reaches."""

    trial: Trial
    reach: dict[Element, frozenset[int]]

    def strangers(self, element: Element) -> Iterator[Element]:
        """The elements that have no output in common with one, as far as differences tell."""
        mine = set(self.reach[element])
        for other, outputs in self.reach.items():
            if _number(self.trial, other) == _number(self.trial, element):
                mine |= outputs  # the two may change their roles
        for other, outputs in self.reach.items():
            if other != element and outputs and not outputs & mine:
                yield other


def _number(trial: Trial, element: Element) -> Any:
    return np.reshape(trial.values[element[0]], -1)[element[1]]


def _flat(y: Any) -> np.ndarray:
    parts = [np.reshape(leaf, -1) for _, leaf in leaves(y) if is_floating(leaf)]
    return np.concatenate([np.zeros(0), *parts])


def _with(trial: Trial, element: Element, number: Any) -> Call:
    value = trial.values[element[0]]
    if isinstance(value, np.ndarray):
        new = np.array(value, order="C")
        new.reshape(-1)[element[1]] = number
        if type(value) is not np.ndarray:
            new = new.view(type(value))
    else:
        new = type(value)(number)
    return replaced(trial.call, dict.fromkeys(trial.groups[element[0]], new))


def _reach(trial: Trial, element: Element) -> frozenset[int]:
    """The numbers of the output that change where one element moves or is spoilt."""
    flat = _flat(trial.y)
    changed = np.zeros(flat.shape, bool)
    number = _number(trial, element)
    moved = (number * 1.01 + 0.001, number * 0.99 - 0.001)
    for other in (np.nan, np.inf, -np.inf, *moved):
        try:
            there = _flat(trial.subject.primal(_with(trial, element, other)))
        except Exception:
            if np.isnan(other):
                raise Unsuited("the primal refuses NaN") from None
            continue
        if there.shape != flat.shape:
            raise Unsuited("the shape of the output depends on the numbers")
        changed |= ~((there == flat) | (np.isnan(there) & np.isnan(flat)))
    return frozenset(np.flatnonzero(changed).tolist())


def _try_primal(relations: _Relations, element: Element, bad: float, want: Sequence[Any]) -> None:
    trial = relations.trial
    strangers = [*relations.strangers(element)]
    there = _with(trial, element, bad)
    try:
        trial.subject.primal(there)
    except Exception:
        return  # the primal refuses it
    if not strangers:
        return
    near = _with(trial, element, _number(trial, element) * 1.01 + 0.001)
    moved = trial.subject.linearize(near)[1](trial.cotangent)
    got = trial.subject.linearize(there)[1](trial.cotangent)
    for other in strangers:
        if _at(moved, other) == _at(want, other) and not _is_as_before(got, want, other):
            raise _failure(trial, other, got, want, f"{bad} in an unrelated element")


def _try_cotangent(relations: _Relations, sample: Sample, spoilt: int, want: Sequence[Any]) -> None:
    trial = relations.trial
    strangers = [
        element
        for element, outputs in relations.reach.items()
        # The primal may hide a relation that cotangents show, as det of a singular matrix does.
        if spoilt not in outputs and (outputs or _at(want, element) == 0)
    ]
    for bad in (np.nan, np.inf):
        got = trial.pull(_spoil(trial.cotangent, trial.y, spoilt, bad))
        for element in strangers:
            if not _is_as_before(got, want, element) and not _meets(trial, sample, element, spoilt):
                what = f"{bad} in the cotangent of an unrelated output"
                raise _failure(trial, element, got, want, what)


def _meets(trial: Trial, sample: Sample, element: Element, output: int) -> bool:
    """Whether a number of the output depends on an element beside a point where it may not.

    So do elements of inverse matrices, where the derivative by an element is 0 by chance.
    """
    tangents = sample.tangents(trial.call, salt=5)
    call = trial.moved(tangents, _NEAR)
    beside = replace(trial, call=call, values=[value_at(call, group[0]) for group in trial.groups])
    try:
        here = _flat(trial.subject.primal(call))
        moved = _number(beside, element) * 1.01 + 0.001
        there = _flat(trial.subject.primal(_with(beside, element, moved)))
    except Exception:
        return False  # outside of the domain
    return here.shape == there.shape and bool(here[output] != there[output])


def _spoil(cotangent: Any, y: Any, spoilt: int, bad: float) -> Any:
    starts: dict[Place, int] = {}
    start = 0
    for path, leaf in leaves(y):
        if is_floating(leaf):
            starts[path] = start
            start += int(np.size(leaf))

    def change(path: Place, leaf: Any) -> Any:
        index = spoilt - starts.get(path, spoilt + 1)
        if kind_of(leaf) not in ("f", "c") or not 0 <= index < np.size(leaf):
            return leaf
        if isinstance(leaf, np.ndarray):
            new = np.array(leaf, order="C")
            new.reshape(-1)[index] = bad
            return new
        return type(leaf)(bad)

    return map_leaves(change, cotangent)


def _at(cotangents: Sequence[Any], element: Element) -> Any:
    return np.reshape(cotangents[element[0]], -1)[element[1]]


def _is_as_before(got: Sequence[Any], want: Sequence[Any], element: Element) -> bool:
    a, b = _at(got, element), _at(want, element)
    return bool(not np.isfinite(b) or abs(a - b) <= 1e-9 * max(abs(b), 1.0))


def _failure(
    trial: Trial, element: Element, got: Sequence[Any], want: Sequence[Any], what: str
) -> CheckFailed:
    return CheckFailed(
        f"cotangent of {trial.named(trial.groups[element[0]])}, element {element[1]}, with "
        f"{what}: got {short(_at(got, element))} want {short(_at(want, element))}"
    )
