"""Is a rule the same when it is compiled?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from pullback.compiler import compile
from pullback.compiler.engines import engines
from pullback.conformance.checks.base import CheckFailed, Unsuited, check
from pullback.conformance.checks.trials import Trial
from pullback.conformance.pool import Sample
from pullback.conformance.subjects import Subject
from pullback.conformance.values import copied, describe, is_floating, leaves, mismatch, precision
from pullback.derivatives import vjp
from pullback.errors import EngineError, PullbackError

_RTOL: Final = 1e-9
"""Terms may be added up in another order, of which the sum is a small rest."""

_QUICK: Final = "numpy"
"""The engine that compiles in milliseconds; others may take seconds, and run the plain samples."""

Program = Callable[..., Any]


@check(
    kinds=("plain", "complex128", "float32", "broadcast", "zeros", "ties"), most=8, each_case=False
)
def compiled(subject: Subject, sample: Sample) -> None:
    """The compiled rule differs from the traced one: it goes by values that no graph sees.

    The value and the pullback are compiled by every engine that is installed, and compared with
    the traced ones where they were recorded, and at other points of the same shapes and dtypes. A
    rule whose body looks a value up behind the back of the trace, or keeps one from the last call,
    has made it a part of the program.
    """
    if not subject.traceable:
        raise Unsuited("nothing traces a bare pair")
    trial = Trial.of(subject, sample)
    program = _program(trial)
    points = [*_points(program, trial)]
    if not points:
        raise Unsuited("the traced rule cannot be run")
    reasons = []
    for name in engines() if sample.kind == "plain" else [_QUICK]:
        try:
            reasons.append(_compare(name, program, points, trial))
        except EngineError as error:  # what it needs is not installed
            reasons.append(str(error))
    if all(reasons):
        raise Unsuited(reasons[0])


def _program(trial: Trial) -> Program:
    """``(cotangent, *primals) -> (y, cotangents of the primals)``."""
    f = trial.function()

    def program(cotangent: Any, *primals: Any) -> Any:
        y, pullback = vjp(f, *primals)
        return y, pullback(cotangent)

    return program


def _points(program: Program, trial: Trial) -> Iterator[tuple[Sequence[Any], Any]]:
    """Primals, and what the program gives for them: those of the sample, and some elsewhere.

    What a rule may go by, such as signs and the order of elements, is another one there.
    """
    spaces = [describe(leaf) for _, leaf in leaves(trial.y)]
    for move in (_same, _reversed, _negated):
        primals = [move(value) for value in trial.values]
        try:
            want = program(copied(trial.cotangent), *copied(primals))
        except Exception:  # outside of the domain
            continue
        if [describe(leaf) for _, leaf in leaves(want[0])] == spaces:
            yield primals, want


def _same(value: Any) -> Any:
    return value


def _reversed(value: Any) -> Any:
    """The elements in reverse, and each of another size."""
    if not is_floating(value):
        return value
    if not isinstance(value, np.ndarray):
        return type(value)(value * 0.75)
    return np.flip(value) * value.dtype.type(0.75)


def _negated(value: Any) -> Any:
    return -value if is_floating(value) else value


def _compare(
    engine: str, program: Program, points: Sequence[tuple[Sequence[Any], Any]], trial: Trial
) -> str:
    """Compile at the first point, and run at all of them.

    Returns:
        Why it cannot be compiled, if the compiler says so.
    """
    made = compile(program, engine=engine)
    rtol = max(_RTOL, 2.0**12 * precision(trial.y, *(want for _, want in points)))
    for number, (primals, want) in enumerate(points):
        where = " at another point" if number else ""
        try:
            got = made(copied(trial.cotangent), *copied(primals))
        except EngineError:
            raise
        except PullbackError as error:
            return f"it cannot be compiled: {str(error).splitlines()[0]}"
        except Exception as error:
            raise CheckFailed(
                f"compiled by {engine} the rule raises {type(error).__name__}{where}: {error}"
            ) from error
        found = _difference(got, want, trial, rtol)
        if found is not None:
            raise CheckFailed(f"compiled by {engine} {found}{where}")
    return ""


def _difference(got: Any, want: Any, trial: Trial, rtol: float) -> str | None:
    """What differs, in words; ``None`` if nothing does."""
    found = mismatch(got[0], want[0], rtol)
    if found is not None:
        return f"the value {found}"
    several = len(trial.groups) > 1
    for place, group in enumerate(trial.groups):
        one, other = (y[1][place] if several else y[1] for y in (got, want))
        found = mismatch(one, other, rtol, scale=_size(trial.cotangent))
        if found is not None:
            return f"the cotangent of {trial.named(group)} {found}"
    return None


def _size(cotangent: Any) -> float:
    """The largest number of a cotangent, of which terms may cancel."""
    numbers = [np.abs(leaf) for _, leaf in leaves(cotangent) if is_floating(leaf)]
    return max((float(np.max(number, initial=0.0)) for number in numbers), default=0.0)
