"""Checks of who owns what: repeated calls, writes, aliases, layouts, threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from pullback.conformance.checks.agreement import agree
from pullback.conformance.checks.base import CheckFailed, check
from pullback.conformance.checks.trials import Trial, cotangent_for, for_rule, named, scaled
from pullback.conformance.kinds import LAYOUTS, laid_out, of_family
from pullback.conformance.pool import Sample, quiet
from pullback.conformance.samples import Call
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    Place,
    copied,
    describe,
    is_array,
    is_floating,
    leaves,
    map_leaves,
    mismatch,
    places,
    precision,
    replaced,
    value_at,
)

THREADS: Final = 8


def _same(
    trial: Trial, got: Sequence[Any], want: Sequence[Any], what: str, rtol: float = 0.0
) -> None:
    scale = 0.0
    if rtol:
        rtol = max(rtol, 16 * precision(trial.y))  # the rule may compute in its dtype
        scale = _largest(trial.cotangent)  # terms of it may cancel, in another order
    for group, a, b in zip(trial.groups, got, want, strict=True):
        found = mismatch(a, b, rtol, scale=scale)
        if found is not None:
            raise CheckFailed(f"cotangent of {trial.named(group)} {what}: {found}")


def _largest(cotangent: Any) -> float:
    sizes = [np.abs(leaf) for _, leaf in leaves(cotangent) if is_floating(leaf)]
    return max((float(np.max(s[np.isfinite(s)], initial=0.0)) for s in sizes), default=0.0)


@check(kinds=("plain", "complex128", "zeros", "ties", "broadcast", "empty"), most=12)
def repeatable(subject: Subject, sample: Sample) -> None:
    """A second call of the pullback differs from the first: it used up or changed what it keeps.

    The pullback is called twice with one cotangent, then with another in between, and once more
    after the rule was run at another point: a consumed iterator, a scratch buffer that all calls
    share, or a cache with the wrong key shows.
    """
    trial = Trial.of(subject, sample)
    want = copied(trial.pull(trial.cotangent))
    _same(trial, trial.pull(trial.cotangent), want, "in the second call")
    trial.pull(scaled(trial.cotangent, 2.0))
    try:
        other_y, other_back = subject.linearize(_elsewhere(sample.call()))
        other_back(map_leaves(lambda _, leaf: leaf * 0, other_y))
    except Exception:
        other_y = None  # the other point lies outside of the domain
    _same(trial, trial.pull(trial.cotangent), want, "after other calls of pullbacks")
    again = subject.linearize(sample.call())[1](copied(trial.cotangent))
    _same(trial, again, want, "when the rule is run again", 1e-12)


def _elsewhere(call: Call) -> Call:
    """``call`` with its floating-point numbers moved a little."""

    def moved(_: Any, leaf: Any) -> Any:
        return leaf * 1.25 if is_floating(leaf) else leaf

    return replace(call, args=map_leaves(moved, call.args), params=map_leaves(moved, call.params))


@check(kinds=("plain", "complex128", "zeros", "ties", "broadcast", "duplicates"), most=12)
def no_mutation(subject: Subject, sample: Sample) -> None:
    """The rule writes into what it was given: an argument, the cotangent, or an earlier result.

    The rule is run by itself, without the engine, which makes copies. It leaves NumPy's error state
    as it was, too.
    """
    with np.errstate(all="warn"):
        state = np.geterr()
        _run_twice(subject, sample)
        if np.geterr() != state:
            raise CheckFailed(
                f"the rule changed how NumPy treats floating-point errors to {np.geterr()}; do it "
                "inside of `with np.errstate(...)`"
            )


def _run_twice(subject: Subject, sample: Sample) -> None:
    """Run a rule and its pullbacks, looking at all that they were given after each step."""
    call = sample.call()
    before = copied(call.args), copied(call.params)
    y, pullback = subject.run_rule(call)
    _unchanged("an argument", (call.args, call.params), before)
    if pullback is None:
        return
    y_before = copied(y)
    if not any(is_floating(leaf) for _, leaf in leaves(y)):
        return
    backs = [back for back in (pullback if type(pullback) is tuple else (pullback,)) if back]
    earlier: list[tuple[Any, Any]] = []
    for factor in (1.0, 2.0):
        cotangent = for_rule(scaled(cotangent_for(sample, y), factor), y)
        for back in backs:
            was_cotangent = copied(cotangent)
            result = back(cotangent)
            _unchanged("the cotangent", cotangent, was_cotangent)
            _unchanged("an argument", (call.args, call.params), before)
            _unchanged("the value", y, y_before)
            for kept, was in earlier:
                _unchanged("an earlier result", kept, was)
            kept = [leaf for _, leaf in leaves(result) if is_array(leaf)]
            earlier.append((kept, copied(kept)))


def _unchanged(what: str, now: Any, before: Any) -> None:
    found = mismatch(now, before, 0.0)
    if found is not None:
        raise CheckFailed(f"the rule wrote into {what}, which now {found}")


@check(kinds=("plain", "lists", "complex128", "duplicates", "broadcast", "0-d"), most=12)
def no_aliasing(subject: Subject, sample: Sample) -> None:
    """A later write changes a result: something was kept, or handed out, without a copy.

    Arguments, keyword arguments (masks, indices, weights), the value, the cotangent and earlier
    results are overwritten one after the other; none of it may change what the pullback returns.
    The value lies in the memory of an argument where, and only where, that of the function does.
    """
    _check_memory(subject, sample)
    reference = Trial.of(subject, sample)
    cotangent = reference.cotangent
    want = copied(reference.pull(cotangent))
    trial = Trial.of(subject, sample)
    arguments: dict[Any, Any] = {**dict(enumerate(trial.call.args)), **trial.call.params}
    for place, value in [*places(trial.call), *(((key,), arguments[key]) for key in arguments)]:
        if _scribble(value):
            what = f"after a write into {trial.named([place])}"
            _same(trial, trial.pull(cotangent), want, what)
    for _, leaf in leaves(trial.y):
        _scribble(leaf)
    _same(trial, trial.pull(cotangent), want, "after a write into the value")
    given = copied(cotangent)
    result = trial.back(given)
    for _, leaf in leaves(given):
        _scribble(leaf)
    _same(trial, result, want, "after a write into the cotangent")
    for leaf in result:
        _scribble(leaf)
    _same(trial, trial.pull(cotangent), want, "after a write into an earlier result")


def _check_memory(subject: Subject, sample: Sample) -> None:
    call, given = sample.call(), sample.call()
    wanted = dict(leaves(subject.primal(given)))
    for path, leaf in leaves(subject.run_rule(call)[0]):
        want = wanted.get(path)
        if not isinstance(leaf, np.ndarray) or not isinstance(want, np.ndarray):
            continue
        where = f" at {[*path]}" if path else ""
        found, wanted_places = {*_memory_of(leaf, call)}, {*_memory_of(want, given)}
        for place in sorted(found ^ wanted_places, key=repr):
            not_, but = ("", " not") if place in found else (" not", "")
            raise CheckFailed(
                f"the value of the rule{where} is{not_} memory of {named(subject, [place])}, which "
                f"that of the function is{but}"
            )


def _memory_of(array: Any, call: Call) -> Iterator[Place]:
    """The places of the arguments in whose memory ``array`` lies."""
    for place, value in places(call):
        if isinstance(value, np.ndarray) and np.may_share_memory(array, value):
            yield place


def _scribble(value: Any) -> bool:
    """Overwrite an array, or the numbers of a list; whether it could be."""
    if isinstance(value, list):
        return sum(_scribble_item(value, place) for place in range(len(value))) > 0
    if not isinstance(value, np.ndarray) or not value.size or not value.flags.writeable:
        return False
    if value.dtype.kind == "b":
        np.logical_not(value, out=value)
    elif value.dtype.kind in "iu":
        value[...] = value.reshape(-1)[::-1].reshape(value.shape).copy()
    else:
        value[...] = 77.0
    return True


def _scribble_item(items: list[Any], place: int) -> bool:
    """Overwrite a number of a list, or what is in a list in it."""
    item = items[place]
    if type(item) in (bool, int, float, complex):
        items[place] = not item if type(item) is bool else item + 1
        return True
    return isinstance(item, list) and _scribble(item)


@check(kinds=("plain", *of_family("memory")), most=24)
def layouts(subject: Subject, sample: Sample) -> None:
    """The result depends on how an array, or the cotangent, lies in memory.

    Fortran order, permuted axes, strides, negative strides and read-only arrays hold the same
    numbers as a plain copy, and give the same cotangents; so do cotangents in these layouts.
    """
    trial = Trial.of(subject, sample)
    got = trial.pull(trial.cotangent)
    if sample.kind != "plain":
        plain = Sample(subject, "plain", sample.base, sample.given_cotangent)
        if mismatch(plain.y, trial.y) is not None:  # ravel("A") and the like say so
            agree(Trial.of(subject, sample, wide=True), sample)
        else:
            want = subject.linearize(plain.call())[1](copied(trial.cotangent))
            _same(trial, got, want, "differs from that of a plain copy", 1e-12)
    for name in LAYOUTS:
        other = map_leaves(partial(_laid_out, layout=name), trial.cotangent)
        _same(trial, trial.back(other), got, f"differs for a {name} cotangent", 1e-12)


def _laid_out(_: Any, leaf: Any, layout: str) -> Any:
    return laid_out(leaf, layout)


@check(most=4, each_case=False)
def threads(subject: Subject, sample: Sample) -> None:
    """Threads disturb each other: a scratch buffer or a cache without a lock.

    Eight threads call one pullback with different cotangents, and run the rule themselves at
    different points; each gets the values and cotangents that it would get alone.
    """
    trial = Trial.of(subject, sample)
    cotangents = [scaled(trial.cotangent, 1.0 + number) for number in range(THREADS)]
    calls = [_nearby(subject, sample, number) for number in range(THREADS)]

    def work(number: int) -> tuple[Any, list[Any], list[Any]]:
        y, own = subject.linearize(calls[number]())
        shared = trial.pull(cotangents[number])
        return copied(y), shared, own(copied(cotangents[number]))

    want = [copied(work(number)) for number in range(THREADS)]

    def work_often(number: int) -> list[tuple[Any, list[Any], list[Any]]]:
        return [work(number) for _ in range(3)]

    with quiet(), ThreadPoolExecutor(THREADS) as pool:
        results = [*pool.map(work_often, range(THREADS))]
    for (y, shared, own), found in zip(want, results, strict=True):
        for got in found:
            wrong = mismatch(got[0], y)
            if wrong is not None:
                raise CheckFailed(f"the value in one of eight threads {wrong}")
            _same(trial, got[1], shared, "in one of eight threads", 1e-12)
            _same(trial, got[2], own, "in one of eight threads", 1e-12)


def _nearby(subject: Subject, sample: Sample, number: int) -> Callable[[], Call]:
    """The sample, a little elsewhere for each thread, if the value has the same structure there."""

    def moved() -> Call:
        factor = 1.0 - 0.002 * number
        call = sample.call()
        groups = [(group, value_at(call, group[0]) * factor) for group in subject.groups(call)]
        return replaced(call, {place: value for group, value in groups for place in group})

    try:
        y = subject.primal(moved())
    except Exception:
        return sample.call  # outside of the domain
    return moved if _spaces(y) == _spaces(sample.y) else sample.call


def _spaces(y: Any) -> list[str]:
    return [describe(leaf) for _, leaf in leaves(y)]
