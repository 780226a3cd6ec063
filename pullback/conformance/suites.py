"""The checks in a test suite: `check_rule`, `iter_checks` and `parametrize_rules`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from hypothesis.strategies import SearchStrategy

from pullback import registry
from pullback.conformance.checks import Unsuited, all_checks
from pullback.conformance.checks.base import DECLINED, Check
from pullback.conformance.checks.trials import cotangent_for
from pullback.conformance.pool import Base, Refused, Sample, quiet
from pullback.conformance.results import Failure, Outcome, RuleResult
from pullback.conformance.running import Settings, checked, examine
from pullback.conformance.samples import Call, Calls
from pullback.conformance.subjects import (
    Subject,
    from_function,
    from_pair,
    from_rule,
    from_vjp,
    gather_samples,
    registered,
)
from pullback.conformance.values import is_floating, leaves, mismatch, places, replaced, short
from pullback.errors import ConformanceError, RuleCheckError
from pullback.plugins import load

__all__ = ["check_rule", "iter_checks", "parametrize_rules"]


def iter_checks() -> Iterator[Check]:
    """Every check, also those that plugins add.

    >>> from pullback.conformance import iter_checks
    >>> [check.name for check in iter_checks()][:3]
    ['loads', 'declared', 'primal']
    """
    yield from all_checks().values()


def check_rule(
    target: Any,
    *args: Any,
    params: Mapping[str, Any] | None = None,
    cotangent: Any = None,
    shared: bool = False,
    rule: Any = None,
    vjp: Callable[..., tuple[Any, Callable[[Any], Any]]] | None = None,
    samples: Iterable[Calls | SearchStrategy[Call]] = (),
    checks: Sequence[str] | None = None,
    max_examples: int = 100,
    seed: int = 0,
) -> RuleResult:
    """Check one rule, at one call or at samples.

    Args:
        target: a primitive that has a rule, a rule, a chain (or list of links), or any Python
            function, which is traced.
        args: the positional arguments of one call, which is then the only sample. Without them,
            samples are drawn.
        params: the keyword arguments of that call.
        cotangent: of the value at that call; ones if not given.
        shared: equal arguments of that call are one primal, as in ``f(x, x)``.
        rule: a rule for ``target`` that need not be registered: what ``@rule`` made, or a rule
            function.
        vjp: ``(*primals) -> (y, pullback)`` of another library; no engine is involved.
        samples: what `call` returned; needed where nothing is declared.
        checks: the names of the checks; all if not given.
        max_examples: the most samples for each check.
        seed: of the random numbers.

    Returns:
        What became of each check.

    Raises:
        RuleCheckError: a check failed; the message shows every failure.
        ConformanceError: there is nothing that could be checked, or an unknown check.

    >>> import numpy as np
    >>> from pullback.conformance import check_rule
    >>> result = check_rule(np.tanh, np.array([0.5, -1.0]), checks=["finite-differences"])
    >>> [(outcome.check, outcome.status) for outcome in result.outcomes]
    [('finite-differences', 'passed')]
    """
    subject = subject_of(
        target, rule=rule, vjp=vjp, samples=samples, at_one_call=bool(args or params)
    )
    if args or params:
        call = Call(args, dict(params or {}))
        result = _at(subject, _united(call) if shared else call, cotangent, checks, seed)
    else:
        result = examine(subject, checks, Settings(max_examples, seed))
    failures = [outcome for outcome in result.outcomes if not outcome.good]
    if failures:
        raise RuleCheckError(describe_failures(result, failures))
    return result


def subject_of(
    target: Any,
    *,
    rule: Any = None,
    vjp: Any = None,
    samples: Iterable[Calls | SearchStrategy[Call]] = (),
    at_one_call: bool = False,
) -> Subject:
    """What `check_rule` checks.

    Raises:
        ConformanceError: a rule and a ``vjp`` are given, or no samples where they are needed.
    """
    lines = [*samples]
    if rule is not None and vjp is not None:
        raise ConformanceError("check_rule takes rule= or vjp=, and was given both")
    if rule is not None:
        return from_pair(target, rule, lines)
    if vjp is not None:
        subject = from_vjp(target, vjp, lines)
    elif isinstance(target, registry.Rule):
        return from_pair(target.primitive, target, lines)
    else:
        load()
        claim = None if isinstance(target, (list, tuple)) else _claim_of(target)
        if claim is not None:
            subject = from_rule(claim.rule, claim.provider, gather_samples())
            if lines:
                subject.lines = lines
            return subject
        if not callable(target) and not isinstance(target, (list, tuple)):
            raise ConformanceError(
                f"check_rule takes a primitive, a rule, a chain or a function, not {target!r:.60}"
            )
        subject = from_function(target, lines)
    if not lines and not at_one_call:
        raise ConformanceError(
            f"check_rule({subject.name}) has no samples; give a call, or samples=[call(...)]"
        )
    return subject


def _claim_of(target: Any) -> registry.Claim | None:
    try:
        return registry.rules.get(registry.unwrap(target))
    except TypeError:  # unhashable, so it is not a primitive
        return None


def _at(
    subject: Subject, call: Call, cotangent: Any, checks: Sequence[str] | None, seed: int
) -> RuleResult:
    """Run the checks on one call as it is."""
    known = all_checks()
    outcomes = []
    sample = Sample(subject, "plain", Base(0, call, seed), cotangent)
    with quiet(), subject.in_force():
        _admit(sample)
        for name in known if checks is None else checks:
            check = checked(name, known)
            if check.once and checks is None:
                continue
            outcomes.append(_judge(check, subject, sample))
    return RuleResult(subject.name, subject.provider, subject.where, tuple(outcomes))


def _united(call: Call) -> Call:
    """``call`` with one object in the place of equal ones."""
    seen: list[Any] = []
    new = {}
    for place, value in places(call):
        if is_floating(value):
            equal = (other for other in seen if mismatch(value, other, 0.0) is None)
            new[place] = next(equal, value)
            seen.append(new[place])
    return replace(replaced(call, new), shared=True)


def _admit(sample: Sample) -> None:
    """Let the caller see what is wrong with the call.

    Raises:
        ConformanceError: the function's value is NaN, or the cotangent does not fit it.
        Exception: what the function raises.
    """
    name = sample.subject.name
    try:
        y = sample.y
    except Refused as refusal:
        if refusal.__cause__ is not None:
            raise refusal.__cause__ from None
        raise ConformanceError(f"check_rule({name}): the value at this call is NaN") from None
    cotangent = sample.given_cotangent
    if cotangent is None:
        return
    fits = [path for path, _ in leaves(cotangent)] == [path for path, _ in leaves(y)]
    try:
        cotangent_for(sample, y)
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise ConformanceError(
            f"check_rule({name}): the cotangent {short(cotangent)} does not fit the value, which "
            f"is {short(y)}"
        )


def _judge(check: Check, subject: Subject, sample: Sample) -> Outcome:
    if check.once:
        return examine(subject, [check.name]).outcomes[0]
    try:
        check(subject, sample)
    except (Unsuited, *DECLINED) as unsuited:
        return Outcome(check.name, "unsuited", reason=str(unsuited))
    except Exception as error:
        raised = isinstance(error, AssertionError)
        message = str(error) if raised else f"raised {type(error).__name__}: {error}"
        return Outcome(check.name, "failed", 1, Failure(message))
    return Outcome(check.name, "passed", 1)


def describe_failures(result: RuleResult, failures: Sequence[Outcome]) -> str:
    """Every failure as the command prints it."""
    lines = []
    for outcome in failures:
        failure = outcome.failure
        lines.append(f"FAILED {result.name}::{outcome.check}  {result.where}")
        if failure is not None:
            lines.append(f"  {failure.message}")
            if failure.minimal:
                lines.append(f"  minimal:    {failure.minimal}")
    return "\n".join(lines)


def parametrize_rules(
    *plugins: str,
    rules: str = "*",
    checks: Sequence[str] | None = None,
    expected_failures: Mapping[str, str] | None = None,
    max_examples: int = 20,
    seed: int = 0,
) -> Callable[[Any], Any]:
    """Make a pytest test of every rule and check of some plugins.

    The decorated function takes ``check``, and calls it: ``check()``. The options
    ``--rules-examples`` and ``--rules-seed`` of pytest take the place of the arguments here.

    Args:
        plugins: the distributions whose rules are meant; all if none is given.
        rules: a pattern for the names of the rules.
        checks: the names of the checks; all if not given.
        expected_failures: ``"rule::check"`` -> the reason; such a test must fail.
        max_examples: the most samples for each check of a rule.
        seed: of the random numbers.

    Raises:
        ConformanceError: no rule is meant, a plugin or check is unknown, or an expected failure
            names no rule and check.
    """
    import pytest

    everything = [*registered()]
    subjects = [
        subject
        for subject in everything
        if (not plugins or subject.provider in plugins) and fnmatchcase(subject.name, rules)
    ]
    unknown = [*{*plugins} - {subject.provider for subject in everything}]
    if unknown or not subjects:
        raise ConformanceError(
            f"parametrize_rules found no rule {rules!r} of {', '.join(unknown or plugins)}; "
            "`pullback plugins` says what is installed"
        )
    known = all_checks()
    names = [checked(name, known).name for name in (known if checks is None else checks)]
    expected = dict(expected_failures or {})
    cases = []
    for subject in subjects:
        for name in names:
            reason = expected.pop(f"{subject.name}::{name}", None)
            marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
            run = _Run(subject, name, Settings(max_examples, seed))
            cases.append(pytest.param(run, marks=marks, id=f"{subject.name}::{name}"))
    if expected:
        raise ConformanceError(
            f"expected_failures names {', '.join(expected)}, which is no rule and check of these"
        )
    return pytest.mark.parametrize("check", cases)


class _Run:
    """One check of one rule, ready to be called by a test."""

    def __init__(self, subject: Subject, name: str, settings: Settings) -> None:
        self.subject = subject
        self.name = name
        self.settings = settings

    def __call__(self) -> None:
        """Run it.

        Raises:
            RuleCheckError: the check failed.
        """
        plugin = sys.modules.get("pullback_pytest")  # what pytest's command line says
        settings = replace(self.settings, **plugin.chosen) if plugin else self.settings
        result = examine(self.subject, [self.name], settings)
        failures = [outcome for outcome in result.outcomes if not outcome.good]
        if failures:
            raise RuleCheckError(describe_failures(result, failures))

    def __repr__(self) -> str:
        return f"{self.subject.full_name}::{self.name}"
