"""Run the checks on one subject, in this process: `examine`.

A failing sample is drawn again in the same hypothesis run, with the check as its body, so that
hypothesis shrinks it; the ID of a failure holds all that this takes.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final, NamedTuple

from pullback.conformance.checks import CheckFailed, Unsuited, all_checks
from pullback.conformance.checks.base import DECLINED, Check
from pullback.conformance.expressions import call_expression, expression
from pullback.conformance.kinds import KINDS
from pullback.conformance.pool import Base, Pool, Refused, Sample, quiet
from pullback.conformance.results import Failure, Outcome, RuleResult
from pullback.conformance.subjects import Subject
from pullback.errors import ConformanceError, TracerConversionError

__all__ = ["Replay", "Settings", "examine"]

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Settings:
    """How thoroughly to check, and with which random numbers."""

    max_examples: int = 100
    """The most samples that each check of a rule is given."""
    seed: int = 0
    time_limit: float = 60.0
    """Seconds for all checks of one rule, where they run in a process of their own."""
    shrink: bool = True
    """Whether to look for the smallest sample that fails."""
    stop_at_first: bool = False
    """Whether to leave out the remaining checks of a rule after one that failed."""


class Replay(NamedTuple):
    """What it takes to draw one sample again."""

    seed: int
    case: int
    drawn: int
    kind: int
    check: int

    def encode(self) -> str:
        """As a short word of digits and letters."""
        number = 0
        # One more than the seed is never 0, and a small seed makes a short word.
        for value, bits in zip((self.seed + 1, *self[1:]), _BITS, strict=True):
            if not 0 <= value < 1 << bits:
                raise ValueError(f"{value} does not fit into {bits} bits")
            number = number << bits | value
        word = ""
        while number:
            number, digit = divmod(number, len(_DIGITS))
            word = _DIGITS[digit] + word
        return word

    @classmethod
    def decode(cls, word: str) -> Replay:
        """The other way around.

        Raises:
            ConformanceError: no failure has this ID.

        >>> Replay.decode(Replay(7, 0, 12, 3, 4).encode())
        Replay(seed=7, case=0, drawn=12, kind=3, check=4)
        """
        number = 0
        for letter in word:
            digit = _DIGITS.find(letter)
            if digit < 0:
                raise ConformanceError(f"{word!r} is not the ID of a failure")
            number = number * len(_DIGITS) + digit
        values = []
        for bits in reversed(_BITS[1:]):
            values.append(number & ((1 << bits) - 1))
            number >>= bits
        if not 1 <= number <= _SEEDS:
            raise ConformanceError(f"{word!r} is not the ID of a failure")
        return cls(number - 1, *reversed(values))


_BITS: Final = (33, 12, 9, 6, 7)
_SEEDS: Final = 1 << 32
_ONCE: Final = (1 << 6) - 1
"""Stands for the kind where a check runs once for each rule."""


def examine(
    subject: Subject,
    checks: Sequence[str] | None = None,
    settings: Settings | None = None,
    replay: str | None = None,
) -> RuleResult:
    """Run checks on one subject.

    Args:
        subject: what is checked (`pullback.conformance.subjects`).
        checks: their names; all if not given.
        settings: how many samples, and the seed.
        replay: the ID of a failure, to run that one again and nothing else.

    Raises:
        ConformanceError: an unknown check, or an ID that no failure has.
    """
    started = perf_counter()
    settings = settings or Settings()
    settings = replace(settings, seed=settings.seed % _SEEDS)
    known = all_checks()
    chosen = [checked(name, known) for name in (known if checks is None else checks)]
    again = None
    if replay is not None:
        again = Replay.decode(replay)
        names = [*known]
        if again.check >= len(names):
            raise ConformanceError(f"{replay!r} is the ID of a failure of an unknown check")
        settings = replace(settings, seed=again.seed)
        chosen = [known[names[again.check]]]
    numbers = {name: number for number, name in enumerate(known)}
    pool = Pool(subject, settings.seed)
    outcomes = []
    with quiet(), subject.in_force():
        try:
            pool.bases  # noqa: B018  (a strategy of the author may be broken)
        except Exception as error:
            problem = f"{type(error).__name__}: {_one_line(error)}"
            subject = replace(subject, problem=problem, lines=())
            pool = Pool(subject, settings.seed)
        for check in chosen:
            begun = perf_counter()
            if again is not None and again.kind != _ONCE:
                outcome = _again(check, pool, again)
            else:
                outcome = _run(check, pool, settings, numbers[check.name])
            outcomes.append(replace(outcome, seconds=perf_counter() - begun))
            if settings.stop_at_first and not outcome.good:
                break
    return RuleResult(
        rule=subject.name,
        provider=subject.provider,
        where=subject.where,
        outcomes=tuple(outcomes),
        kinds=dict(pool.made),
        refused=dict(pool.refused),
        seconds=perf_counter() - started,
    )


def checked(name: str, known: dict[str, Check]) -> Check:
    """The check of that name.

    Raises:
        ConformanceError: there is none.
    """
    if name not in known:
        raise ConformanceError(f"there is no check called {name}; there are {', '.join(known)}")
    return known[name]


def _run(check: Check, pool: Pool, settings: Settings, number: int) -> Outcome:
    if check.once:
        return _run_once(check, pool, settings, number)
    if pool.subject.refuses_all:
        return Outcome(check.name, "unsuited", reason="the rule refuses every call, with a reason")
    judged = 0
    reasons: dict[str, int] = {}
    plain_judged = False
    usual = min(settings.max_examples, check.most or settings.max_examples)
    plain = 0
    if check.each_case:
        plain = min(len(pool.subject.cases), settings.max_examples - usual // 2)
    for sample in pool.of(check.kinds, max(usual, plain + usual // 2), plain):
        try:
            check(pool.subject, sample)
        except Unsuited as unsuited:
            reasons[str(unsuited)] = reasons.get(str(unsuited), 0) + 1
        except Exception as error:
            if _is_declined(error, sample):
                reasons[f"the rule says: {_one_line(error)}"] = 1
                continue
            failure = _shrunk(check, pool, settings, number, sample, error)
            return Outcome(check.name, "failed", judged + 1, failure)
        else:
            judged += 1
            plain_judged |= sample.kind == "plain"
    if judged and (plain_judged or not check.judges):
        return Outcome(check.name, "passed", judged)
    reason = max(reasons, key=lambda text: reasons[text]) if reasons else "no samples"
    if check.judges and reason == _VAGUE:
        message = f"none of the plain samples could be judged: {reason}"
        return Outcome(check.name, "failed", judged, Failure(message))
    return Outcome(check.name, "passed" if judged else "unsuited", judged, reason=reason)


_VAGUE: Final = "the differences do not converge"


def _is_declined(error: Exception, sample: Sample) -> bool:
    """Whether the rule says that it has no derivative; for lists in the place of arrays it may."""
    no_list = sample.kind == "lists" and isinstance(error, TracerConversionError)
    return no_list or isinstance(error, DECLINED)


def _run_once(check: Check, pool: Pool, settings: Settings, number: int) -> Outcome:
    try:
        check(pool.subject, pool)
    except Unsuited as unsuited:
        return Outcome(check.name, "unsuited", reason=str(unsuited))
    except DECLINED as error:
        return Outcome(check.name, "unsuited", reason=f"the rule says: {_one_line(error)}")
    except Exception as error:
        word = Replay(settings.seed, 0, 0, _ONCE, number).encode()
        minimal = f"check_rule({_target(pool.subject)}, checks=[{check.name!r}])"
        return Outcome(check.name, "failed", 1, _failure(error, minimal, word, ""))
    return Outcome(check.name, "passed", 1)


def _shrunk(
    check: Check,
    pool: Pool,
    settings: Settings,
    number: int,
    sample: Sample,
    error: Exception,
) -> Failure:
    """The failure at the smallest sample of its kind that hypothesis finds."""
    base = sample.base
    replayed = Replay(
        settings.seed,
        base.case,
        pool.per_case,
        [*KINDS].index(sample.kind),
        number,
    )
    found = _search(check, pool, replayed) if settings.shrink else None
    smallest, reason = found or (sample, error)  # it may fail only now and then
    return _failure(reason, _minimal(check, smallest), replayed.encode(), smallest.kind)


def _search(check: Check, pool: Pool, replay: Replay) -> tuple[Sample, Exception] | None:
    """Run the check on what hypothesis draws; the smallest sample that fails, and its error."""
    kind = [*KINDS][replay.kind]
    last: list[tuple[Sample, Exception]] = []

    def body(base: Base) -> None:
        sample = Sample(pool.subject, kind, base)
        try:
            sample.y  # noqa: B018
            check(pool.subject, sample)
        except (Refused, Unsuited):
            return
        except Exception as error:
            if _is_declined(error, sample):
                return
            last.append((sample, error))
            raise

    try:
        pool.each(replay.case, replay.drawn, body)
    except Exception as error:
        if not last:
            raise error
        return last[-1]
    return None


def _again(check: Check, pool: Pool, replay: Replay) -> Outcome:
    if replay.case >= len(pool.subject.cases) or replay.kind >= len(KINDS):
        raise ConformanceError("this ID belongs to a failure of another rule or version")
    found = _search(check, pool, replay)
    if found is None:
        return Outcome(check.name, "passed", 1)
    sample, error = found
    failure = _failure(error, _minimal(check, sample), replay.encode(), sample.kind)
    return Outcome(check.name, "failed", 1, failure)


def _failure(error: Exception, minimal: str, word: str, kind: str) -> Failure:
    if isinstance(error, CheckFailed):
        return Failure(str(error), minimal, word, kind)
    return Failure(
        f"raised {type(error).__name__}: {_one_line(error)}",
        minimal,
        word,
        kind,
        "".join(traceback.format_exception(error, chain=False)),
    )


def _one_line(error: BaseException) -> str:
    first, *_ = str(error).strip().splitlines() or [""]
    return first[:400]


def _target(subject: Subject) -> str:
    return subject.expression or expression(subject.target)


def _minimal(check: Check, sample: Sample) -> str:
    extra = [f"seed={sample.base.seed}"] if sample.base.seed else []
    cotangent = None
    if check.uses_cotangent:
        try:
            cotangent = sample.cotangent()
        except Refused:  # pragma: no cover - the primal took it a moment ago
            cotangent = None
    return call_expression(_target(sample.subject), sample.call(), cotangent=cotangent, extra=extra)
