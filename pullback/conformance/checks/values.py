"""Checks of what is returned: the value, the space of each cotangent, and no warnings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pullback.conformance.checks.base import CheckFailed, Unsuited, check
from pullback.conformance.checks.trials import Trial, cotangent_for, for_rule, scaled, typed
from pullback.conformance.kinds import of_family
from pullback.conformance.pool import Sample
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    Place,
    all_finite,
    any_nan,
    describe,
    is_floating,
    leaves,
    magnitude,
    map_leaves,
    mismatch,
    short,
)

_HALF = 0.05
"""How far a cotangent in half precision may be off."""


@check(
    kinds=("plain", *of_family("dtypes", "shapes", "memory"), *of_family("values")[1:]),
    uses_cotangent=False,
)
def primal(subject: Subject, sample: Sample) -> None:
    """The rule's value is not that of the original function: its numbers, shape, dtype or type.

    Whoever differentiates a program runs the rule instead of the function, so the two must agree
    on everything that the function takes.
    """
    want = sample.y
    got, _ = subject.run_rule(sample.call())
    found = mismatch(got, want)
    if found is not None:
        raise CheckFailed(f"the value of the rule {found}")
    call = sample.call()
    if not subject.primals(call):
        return
    got, _ = subject.linearize(call)
    found = mismatch(got, want)
    if found is not None:
        raise CheckFailed(f"the value of the traced function {found}")


@check(
    kinds=(
        "plain",
        "float32",
        "complex64",
        "mixed-dtypes",
        "float16",
        "complex128",
        "numpy-scalars",
        "0-d",
        "broadcast",
        "python-scalars",
        "integers",
    )
)
def space(subject: Subject, sample: Sample) -> None:
    """A cotangent does not lie in the space of its primal, or there are too many of them.

    Every cotangent has the shape, dtype and type of its primal: float32 stays float32, a complex
    contribution to a real argument loses its imaginary part. In lower precision it has the same
    value, up to rounding of the result, and of the primals. The rule returns no more cotangents
    than it was given arguments.
    """
    trial = Trial.of(subject, sample)
    _count_cotangents(subject, sample)
    got = trial.pull(trial.cotangent)
    trial.check_spaces(got)
    tolerance = max(map(_precision, trial.values))
    if not tolerance or not all_finite(got):
        return
    wide = Trial.of(subject, sample, wide=True)
    if not _is_near(trial.y, wide.y, tolerance):
        raise Unsuited("in double precision the value is another one")
    want = wide.pull(wide.cotangent)
    terms = 0.01 * magnitude(wide.cotangent, wide.y)  # they may cancel
    floor = max(0.05, terms) if tolerance < _HALF else max(1.0, terms)
    for number, (value, a, b) in enumerate(zip(trial.values, got, want, strict=True)):
        size = float(np.max(np.abs(np.asarray(b)), initial=0.0))
        if not np.isfinite(size) or (tolerance == _HALF and size > 1e3):
            continue
        error = float(np.max(np.abs(np.asarray(a).astype(complex) - b), initial=0.0))
        allowed = tolerance * max(size, floor)
        if (
            error > allowed
            and error > allowed + 8 * _moves(wide, sample, want, tolerance / 50)[number]
        ):
            raise CheckFailed(
                f"cotangent of {trial.named(trial.groups[number])}, {describe(value)}: got "
                f"{short(a)} want {short(b)}, which it is in double precision (|err| {error:.1e})"
            )


def _moves(wide: Trial, sample: Sample, want: Sequence[Any], part: float) -> list[float]:
    """How far each cotangent moves where primals and given cotangents do, by a ``part``."""
    moves = [0.0] * len(want)
    for salt in range(4):
        tangents = sample.tangents(wide.call, salt=40 + salt)
        try:
            _, back = wide.linearized(wide.moved(tangents, part))
            there = back(_moved(wide.cotangent, part, sample.random(40 + salt)))
        except Exception:
            continue  # outside of the domain
        for number, (a, b) in enumerate(zip(there, want, strict=True)):
            moves[number] = max(
                moves[number], float(np.max(np.abs(np.subtract(a, b)), initial=0.0))
            )
    return moves


def _moved(cotangent: Any, part: float, random: np.random.Generator) -> Any:
    """A copy of ``cotangent``, in which each number is another one, by a ``part`` at most."""

    def moved(_: Place, leaf: Any) -> Any:
        if not is_floating(leaf):
            return leaf
        return typed(leaf * (1 + part * random.uniform(-1, 1, np.shape(leaf))), leaf)

    return map_leaves(moved, cotangent)


def _is_near(y: Any, wide_y: Any, tolerance: float) -> bool:
    for (_, a), (_, b) in zip(leaves(y), leaves(wide_y), strict=True):
        if is_floating(b):
            a, b = np.asarray(a).astype(complex), np.asarray(b)
            size = np.max(np.abs(b), initial=0.0)
            if np.max(np.abs(a - b), initial=0.0) > tolerance * max(size, 1e-3):
                return False
    return True


def _precision(value: Any) -> float:
    """How far a cotangent of this dtype may be off; 0.0 for double precision."""
    code = getattr(value, "dtype", np.dtype(float)).str[1:]
    return {"f2": _HALF, "f4": 1e-4, "c8": 1e-4}.get(code, 0.0)


def _count_cotangents(subject: Subject, sample: Sample) -> None:
    """Ask the rule itself, since the engine takes what it needs of what a pullback returns."""
    call = sample.call()
    if subject.rule is None or call.params:
        return
    y, pullback = subject.run_rule(call)
    if pullback is None:
        return
    if type(pullback) is tuple:
        found, what = len(pullback), "the rule returned {} pullbacks"
    elif callable(pullback):
        cotangents = pullback(for_rule(cotangent_for(sample, y), y))
        found = len(cotangents) if type(cotangents) is tuple else 1
        what = "the pullback returned {} cotangents"
    else:
        raise CheckFailed(
            f"the rule returned {short(pullback)} as its pullback; it is a function, a tuple of "
            "them, or None"
        )
    given = len(call.args)
    starred = any(p.kind is p.VAR_POSITIONAL for p in subject.parameters)
    # One for each argument that was given, or for each that there is.
    room = max(given, sum(p.kind is not p.KEYWORD_ONLY for p in subject.parameters))
    if (found > room and not starred) or any(p[0] >= found for p in subject.primals(call)):
        raise CheckFailed(f"{what.format(found)} for {given} arguments")


@check(
    kinds=(*("plain", "complex128", "zeros", "ties", "boundary", "ones", "broadcast", "outside"),),
    most=24,
    uses_cotangent=False,
)
def silent(subject: Subject, sample: Sample) -> None:
    """The rule or its pullback warns of something that the function does not warn of.

    A division by zero of which nothing is left in the result, an invalid value that is masked
    afterwards: whoever runs a program with warnings turned into errors, as test suites do, cannot
    differentiate it. What is NaN may have been warned of as invalid, and what is infinite as an
    overflow. For a cotangent of zeros nothing is divided by zero, or invalid, whatever the function
    says.
    """
    with _noticed() as by_function:
        subject.primal(sample.call())
    for factor in (1.0, 0.0):
        with _noticed() as by_rule:
            trial = Trial.of(subject, sample)
        _compare("rule", by_rule - by_function, trial.y)
        with _noticed() as by_pullback:
            got = trial.pull(scaled(trial.cotangent, factor))
        known = by_function if factor else by_function - {"divide by zero", "invalid value"}
        _compare("pullback", by_pullback - known, got)


@contextmanager
def _noticed() -> Iterator[set[str]]:
    """Collects what is warned of inside: of floating-point errors the kind, without underflow."""
    found: set[str] = set()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        with np.errstate(all="warn", under="ignore"):
            yield found
    found |= {str(warning.message).partition(" encountered in ")[0] for warning in caught}


def _compare(what: str, warned: set[str], result: Any) -> None:
    if any_nan(result):
        warned -= {"invalid value"}
    if not all_finite(result):
        warned -= {"overflow"}
    for warning in sorted(warned):
        raise CheckFailed(f"the {what} warns, and the function does not: {warning}")
