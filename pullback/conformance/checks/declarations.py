"""Checks of what a rule says of itself: that it loads, its arguments, its keywords."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any, Final

from pullback import registry
from pullback.conformance.checks.agreement import slope_by
from pullback.conformance.checks.base import DECLINED, CheckFailed, Unsuited, check
from pullback.conformance.checks.trials import Trial, cotangent_for, doubled, named
from pullback.conformance.pool import Sample
from pullback.conformance.samples import Call, Calls
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    describe,
    is_floating,
    leaves,
    mismatch,
    places,
    value_at,
)
from pullback.domains import Domain
from pullback.errors import PullbackError


@check(once=True, uses_cotangent=False)
def loads(subject: Subject, pool: Any) -> None:
    """The rule is not the one that is used, or its samples cannot be read.

    A rule that lost against another provider's, a hook for samples that raises, a rule whose
    parameters cannot be inspected: nothing else could be checked.
    """
    if subject.problem:
        raise CheckFailed(f"the samples cannot be read: {subject.problem}")
    rule = subject.rule
    if rule is None:
        return
    conflict = registry.conflicts.get(rule.primitive)
    if conflict is not None:
        raise CheckFailed(str(conflict))
    if not callable(rule.function):
        raise CheckFailed(f"the rule function is {rule.function!r:.60}, which cannot be called")
    try:
        inspect.signature(rule.function)
    except (TypeError, ValueError) as error:
        raise CheckFailed(f"the parameters of the rule function cannot be read: {error}") from None


@check(once=True, uses_cotangent=False)
def declared(subject: Subject, pool: Any) -> None:
    """An argument is neither differentiable, nor declared otherwise; or there are no samples.

    Names in ``differentiable`` and ``not_implemented`` are those of arguments. What is declared as
    not differentiable has the derivative 0 wherever it is smooth, by differences. What is declared
    as not implemented raises, with the reason; anything else that the author samples is taken. A
    rule without samples cannot be checked at all.
    """
    if not subject.cases:
        raise CheckFailed(
            "there are no samples: declare domain= or signature=, or add call(...) for it in the "
            "hook pullback_register_samples"
        )
    if subject.rule is None:
        return
    _check_names(subject)
    _check_domain(subject)
    judged = 0
    for number in range(len(pool.bases)):
        sample = pool.sample("plain", number)
        if sample is None:
            continue
        judged += 1
        for place, value in places(sample.call()):
            if is_floating(value) and not subject.is_differentiable(place):
                _check_constant(subject, sample, place)
        _check_refusals(subject, sample)
    if not judged:
        raise CheckFailed("the primal refuses every sample of the author")
    _check_taken(subject, pool)


def _check_taken(subject: Subject, pool: Any) -> None:
    """The primal takes a sample of each case of the author, and so does the rule."""
    rule = subject.rule
    assert rule is not None
    declined: dict[int, Exception] = {}
    taken: set[int] = set()
    known: set[int] = set()
    for number, base in enumerate(pool.bases):
        sample = None if base.case in taken else pool.sample("plain", number)
        if sample is None:
            continue
        known.add(base.case)
        call = sample.call()
        names = {subject.parameter_of(place) for place, _ in places(call)}
        if subject.refuses_all or names & {*rule.not_implemented}:
            taken.add(base.case)
            continue
        try:
            y, back = subject.linearize(call)
            back(cotangent_for(sample, y))
        except DECLINED as error:
            declined[base.case] = error
        else:
            taken.add(base.case)
    for case in range(0 if subject.derived else len(subject.cases)):
        if case not in known:
            raise CheckFailed(f"the primal refuses every sample of the author's case {case + 1}")
    for case in sorted({*declined} - taken):
        raise CheckFailed(
            f"the rule takes no sample of the author's case {case + 1}, which the primal takes: "
            f"{declined[case]}. Leave the case out, or declare its argument in not_implemented="
        )


def _check_names(subject: Subject) -> None:
    rule = subject.rule
    assert rule is not None
    known = {parameter.name for parameter in subject.parameters}
    anything = any(p.kind is p.VAR_KEYWORD for p in subject.parameters)
    for what, names in (
        ("differentiable", rule.differentiable or ()),
        ("not_implemented", rule.not_implemented),
    ):
        for name in names:
            if name not in known and name != "*" and not anything:
                raise CheckFailed(
                    f"{what} names the argument {name!r}, and the rule has "
                    f"{', '.join(sorted(known))}"
                )
    for name, reason in rule.not_implemented.items():
        if not str(reason).strip():
            raise CheckFailed(f"not_implemented gives no reason for {name!r}")
        if name in (rule.differentiable or ()):
            raise CheckFailed(f"{name!r} is declared both differentiable and not implemented")


def _check_domain(subject: Subject) -> None:
    domain = None if subject.rule is None else subject.rule.domain
    members = domain if isinstance(domain, (tuple, list)) else (domain,)
    for member in members:
        if member is not None and not isinstance(member, Domain):
            raise CheckFailed(
                f"the domain is {domain!r:.60}; it is a word of pullback.domains, or a tuple with "
                "one for each argument"
            )
    if isinstance(domain, (tuple, list)) and not any(
        p.kind is p.VAR_POSITIONAL for p in subject.parameters
    ):
        room = sum(p.kind is not p.KEYWORD_ONLY for p in subject.parameters)
        if len(domain) > room:
            raise CheckFailed(f"the domain has {len(domain)} members for {room} arguments")


def _check_constant(subject: Subject, sample: Sample, place: Any) -> None:
    """An argument without a derivative: the function must not depend smoothly on it."""
    rule = subject.rule
    assert rule is not None
    name = subject.parameter_of(place)
    if name in rule.not_implemented or "*" in rule.not_implemented:
        return
    call = doubled(sample.call())
    y = subject.primal(call)
    if not any(is_floating(leaf) for _, leaf in leaves(y)):
        return
    trial = Trial(subject, call, [], [], y, lambda cotangent: [], cotangent_for(sample, y))
    slope = slope_by(trial, place, value_at(call, place))
    if slope is not None:
        raise CheckFailed(
            f"{named(subject, [place])} is declared as not differentiable, and differences give "
            f"the derivative {slope:.6g}"
        )


def _check_refusals(subject: Subject, sample: Sample) -> None:
    """What is declared as not implemented raises, and says why."""
    rule = subject.rule
    assert rule is not None
    call = sample.call()
    for place, value in places(call):
        name = subject.parameter_of(place)
        reason = rule.not_implemented.get(name, rule.not_implemented.get("*"))
        if reason is None or not is_floating(value):
            continue
        try:
            y, back = subject.linearize(call, [place])
            back(cotangent_for(sample, y))
        except PullbackError as error:
            if str(reason) not in str(error):
                raise CheckFailed(
                    f"{named(subject, [place])} is declared as not implemented, and the error does "
                    f"not give the reason: {error}"
                ) from None
        else:
            raise CheckFailed(
                f"{named(subject, [place])} is declared as not implemented, and a derivative by it "
                "is returned"
            )


@check(kinds=("plain", "complex128"), most=16)
def keywords(subject: Subject, sample: Sample) -> None:
    """An argument means something else by keyword than by position, or by default; or is not tried.

    Each parameter of the rule occurs in some sample. Given by position or by keyword, in the order
    of the original function, an argument gives the same value and the same cotangents. Where it is
    left out, the rule has the default of the function.
    """
    if subject.rule is None:
        raise Unsuited("a bare pair is called by position")
    _check_all_tried(subject)
    call = sample.call()
    value, _ = subject.run_rule(sample.call())
    if mismatch(value, sample.y) is None:  # what is wrong anyway, another check reports
        _compare_defaults(subject, call)
    for other in _respelled(subject, call):
        try:
            same = mismatch(subject.primal(other), sample.y) is None
        except Exception:
            continue  # the original takes this argument in one way only
        if same:
            _compare_spelling(subject, sample, other, value)


def _check_all_tried(subject: Subject) -> None:
    rule = subject.rule
    if rule is None or not subject.lines:  # one call that somebody asked for
        return
    if not all(isinstance(line, Calls) for line in subject.lines):
        return
    lines = [line for line in subject.lines if isinstance(line, Calls)]
    by_name = {name for line in lines for name in line.parameters}
    by_position = max((line.positional for line in lines), default=0)
    tried = by_name | {p.name for p in _positional(subject.parameters)[:by_position]}
    excused = {p.name for p in subject.parameters if "*" in str(p)} | {*rule.not_implemented}
    for parameter in subject.parameters:
        if parameter.name not in tried | excused:
            raise CheckFailed(
                f"the parameter {parameter.name!r} occurs in no sample; add it to a call(...) of "
                "the hook pullback_register_samples, or declare it in not_implemented"
            )


def _positional(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    return [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _compare_defaults(subject: Subject, call: Call) -> None:
    """Leave out every keyword, each by itself and all together."""
    for left_out in [*({name} for name in call.params), {*call.params}]:
        other = replace(
            call, params={name: v for name, v in call.params.items() if name not in left_out}
        )
        try:
            want = subject.primal(other)
        except Exception:
            continue  # it has no default
        found = mismatch(subject.run_rule(other)[0], want)
        if found is not None:
            raise CheckFailed(
                f"the value of the rule without {', '.join(sorted(left_out)) or 'keywords'} {found}"
            )


def _respelled(subject: Subject, call: Call) -> list[Call]:
    """``call`` with all that can be by keyword, and with all that can be by position."""
    if subject.rule is not None and subject.rule.elementwise:
        return []  # such a rule takes its primals by position
    parameters = _parameters_of(subject.function) or subject.parameters
    positional = _positional(parameters)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters) or len(call.args) > len(positional):
        return []
    args = [*zip(positional, call.args, strict=False)]
    kept = sum(p.kind is p.POSITIONAL_ONLY or p.name == "self" for p, _ in args)
    found = [
        Call(call.args[:first], {p.name: v for p, v in args[first:]} | call.params)
        for first in sorted({kept, max(kept, 1)})
        if first < len(args)
    ]
    extended, params = [*call.args], dict(call.params)
    for parameter in positional[len(extended) :]:
        if parameter.name in params:
            extended.append(params.pop(parameter.name))
        elif params and isinstance(parameter.default, _SPELT):
            extended.append(parameter.default)
        else:
            break
    return [*found, Call(tuple(extended), params)] if call.params else found


_SPELT: Final = (type(None), bool, int, float, complex, str, tuple)
"""The types of defaults that somebody may write down; others are marks for "not given"."""


def _parameters_of(function: Any) -> list[inspect.Parameter]:
    try:
        return [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):  # a builtin that does not tell
        return []


def _compare_spelling(subject: Subject, sample: Sample, other: Call, value: Any) -> None:
    by_keyword = ", ".join(other.params) or "none"
    spelling = f"{len(other.args)} arguments by position and {by_keyword} by keyword"
    found = mismatch(subject.run_rule(other)[0], value)
    if found is not None:
        raise CheckFailed(f"the value of the rule with {spelling} {found}")
    call = sample.call()
    if not subject.primals(call) or not any(is_floating(leaf) for _, leaf in leaves(sample.y)):
        return
    trial, again = Trial.at(subject, call, sample), Trial.at(subject, other, sample)
    want = dict(zip(_names(trial), trial.pull(trial.cotangent), strict=True))
    for name, got in zip(_names(again), again.pull(again.cotangent), strict=True):
        found = mismatch(got, want[name], 1e-12) if name in want else None
        if found is not None:
            raise CheckFailed(
                f"cotangent of {name[0]!r}, {describe(got)}, with {spelling}: {found}"
            )


def _names(trial: Trial) -> list[tuple[Any, ...]]:
    """Each primal by the name of its argument, however that is spelt, and its place inside."""
    return [(trial.subject.parameter_of(g[0]), *g[0][1:]) for g in trial.groups]
