"""Checks of derivatives: the first, the second, and those that are declared."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from pullback.conformance.checks.agreement import NOT_CONVERGING, RTOL, VAGUE, agree
from pullback.conformance.checks.base import DECLINED, CheckFailed, Unsuited, check
from pullback.conformance.checks.trials import Trial, named, typed
from pullback.conformance.differences import Estimate, directional
from pullback.conformance.pool import Sample
from pullback.conformance.samples import Call
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    all_finite,
    is_floating,
    leaves,
    magnitude,
    map_leaves,
    pairing,
    places,
    precision,
    short,
    unequal,
)
from pullback.derivatives import vjp


@check(
    kinds=(
        "plain",
        "complex128",
        "zeros",
        "ties",
        "ones",
        "repeated",
        "boundary",
        "negative-axis",
        "signs",
        "mixed-dtypes",
        "tuple-axis",
        "duplicates",
        "numpy-integers",
        "small-integers",
        "masks",
        "list-lengths",
        "long",
        "huge",
        "integers",
        "near-boundary",
        "tiny",
        "nan",
        "inf",
    ),
    judges=True,
)
def finite_differences(subject: Subject, sample: Sample) -> None:
    """The pullback disagrees with differences of the function: a wrong formula.

    One random cotangent and one random tangent for all arguments at once are compared with
    extrapolated central differences, whose estimated error sets the tolerance; with the complex
    step where the function is analytic and takes complex numbers. At a kink every coordinate is
    tried by itself, and a derivative must lie between those around.
    """
    agree(Trial.of(subject, sample, wide=True), sample)


@check(
    kinds=(
        "broadcast",
        "batch",
        "size-one",
        "python-scalars",
        "0-d",
        "numpy-scalars",
        "lists",
        "empty",
    ),
)
def broadcasting(subject: Subject, sample: Sample) -> None:
    """A cotangent is wrong where shapes differ: leading axes, length one, no axes, no elements.

    Arguments of unequal shapes, stacks of matrices, Python numbers beside arrays and arrays
    without elements are compared with differences like everything else. A rule that forgets
    leading axes, or sums over the wrong ones, is right on the author's own shapes.
    """
    agree(Trial.of(subject, sample, wide=True), sample)


_OTHERS = 6
"""So many other lines and weights are tried before a derivative at what may be a kink is called wrong."""


@check(
    kinds=("plain", "complex128", "broadcast", "zeros", "ties", "lists", "batch", "boundary"),
    most=16,
)
def second_order(subject: Subject, sample: Sample) -> None:
    """The pullback cannot be differentiated, or its derivative is wrong.

    The pullback is traced and differentiated again, and compared with differences of the pullback
    itself: by all arguments at once, and by one of several, beside which the others are plain. A
    rule whose body turns tracers into plain numbers, calls a function that does not dispatch, or
    writes in place is caught here.
    """
    if not subject.traceable:
        raise Unsuited("nothing traces a bare pair")
    trial = Trial.of(subject, sample, wide=True)
    if not trial.has_elements:
        raise Unsuited("no elements")
    if not all_finite(trial.y):
        raise Unsuited("the value is not finite")
    try:
        unsuited = _agree_each(trial, sample)
    except TypeError as error:
        if sample.kind != "lists":
            raise
        unsuited = f"the pullback takes no lists: {error}"
    if unsuited:
        raise Unsuited(unsuited)


def _agree_each(trial: Trial, sample: Sample) -> str:
    """Compare the derivative of the pullback by all primals, and by one of several.

    Returns:
        Why it cannot be told, if it cannot.
    """
    everything = [*range(len(trial.groups))]
    unsuited = _agree_again(trial, sample, everything)
    if len(everything) > 1:
        # A member of a list may be refused; of an array beside a list, no derivative may be.
        whole = [number for number in everything if len(trial.groups[number][0]) == 1]
        one = (whole or everything)[sample.random(13).integers(len(whole or everything))]
        unsuited = _agree_again(trial, sample, [one]) and unsuited
    return unsuited


def _agree_again(trial: Trial, sample: Sample, numbers: Sequence[int]) -> str:
    """Compare the derivative of the pullback by some primals; why it cannot be told, if so.

    Raises:
        CheckFailed: they disagree.
    """
    by = ""
    if len(numbers) < len(trial.groups):
        trial = trial.part(numbers)
        by = f" by {trial.named(trial.groups[0])} alone"
    first = trial.pull(trial.cotangent)
    if not all_finite(first):
        return "the first derivative is infinite"
    tangents, weights, *others = (
        [sample.tangents(trial.call, salt)[number] for number in numbers]
        for salt in range(2 + _OTHERS)
    )
    f, single = trial.function(), len(numbers) == 1

    def gradient(*primals: Any) -> tuple[Any, ...]:
        found = vjp(f, *primals)[1](trial.cotangent)
        return (found,) if single else tuple(found)

    second = vjp(gradient, *trial.values)[1](tuple(weights))
    got = [second] if single else [*second]
    trial.check_spaces(got)

    rounding = 4 * precision(trial.y, first)

    def estimated(direction: Any, weights: Any) -> Estimate:
        def along(t: float) -> Any:
            return pairing(trial.linearized(trial.moved(direction, t))[1](trial.cotangent), weights)

        return directional(along, rounding)

    estimate = estimated(tangents, weights)
    scale = magnitude(got, tangents)
    clear = 1e-4 * (magnitude(first, weights) + magnitude(trial.cotangent, trial.y))
    vague = VAGUE * max(abs(estimate.value), scale if isfinite(scale) else 0.0, clear)
    if not isfinite(estimate.error) or 10 * estimate.error > vague:
        return NOT_CONVERGING
    result = pairing(got, tangents)
    sizes = magnitude(first, weights), magnitude(trial.cotangent, trial.y)
    tolerance = 10 * RTOL * max(scale, abs(estimate.value)) + 10 * estimate.error
    tolerance += (1e-9 + 1e4 * (precision(trial.y) - 2.3e-16)) * sizes[0] + 1e-11 * sizes[1]
    if all_finite(got) and isfinite(result) and abs(result - estimate.value) <= tolerance:
        return ""
    # By these weights the two sides of a kink may cancel, or this line may pass along it; all
    # others hardly do.
    for other in others:
        for line, by_weights in ((tangents, other), (other, weights), (other, other)):
            if not isfinite(estimated(line, by_weights).error):
                return NOT_CONVERGING
    raise CheckFailed(
        f"the derivative of the pullback{by} along a random tangent: got "
        f"{result:.10g} want {estimate.value:.10g} "
        f"(|err| {abs(result - estimate.value):.1e} > {tolerance:.1e})"
    )


@check(once=True)
def special_points(subject: Subject, pool: Any) -> None:
    """A declared value is not the one that the pullback gives.

    At each point of ``points`` (a kink, a removable singularity) the derivative is a convention,
    and what the rule declares must be what comes out, for Python numbers and for arrays.
    """
    points = {} if subject.rule is None else subject.rule.points
    if not points:
        raise Unsuited("the rule declares no points")
    for point, declared in points.items():
        forms = [_agrees_at(subject, point, declared, wrap) for wrap in _FORMS]
        if not any(forms):
            raise CheckFailed(f"the primal does not take the declared point {short(point)}")


def _as_it_is(value: Any) -> Any:
    return value


def _as_scalar(value: Any) -> Any:
    return np.result_type(type(value)).type(value) if is_floating(value) else value


def _as_array(value: Any) -> Any:
    return np.full(2, value) if is_floating(value) else value


_FORMS = (_as_it_is, _as_scalar, _as_array)


def _agrees_at(subject: Subject, point: Any, declared: Any, wrap: Any) -> bool:
    """Compare at one point; whether the primal, and the rule, take it in this form."""
    args, wants = (point, declared) if isinstance(point, tuple) else ((point,), (declared,))
    call = Call(tuple(map_leaves(lambda _, leaf: wrap(leaf), arg) for arg in args))
    try:
        subject.primal(call)
    except Exception:
        return False  # this form of it is refused
    chosen = [place for place, value in places(call) if is_floating(value)]
    try:
        y, back = subject.linearize(call, chosen)
    except DECLINED:
        return False
    got = back(map_leaves(lambda _, leaf: typed(1.0, leaf) if is_floating(leaf) else 0.0, y))
    want = [leaf for place, leaf in leaves(tuple(wants)) if place in chosen]
    for place, cotangent, value in zip(chosen, got, want, strict=True):
        full = np.broadcast_to(np.asarray(value), np.shape(cotangent))
        found = unequal(np.asarray(cotangent), full, 1e-12)
        if found is not None:
            raise CheckFailed(
                f"cotangent of {named(subject, [place])} at {short(point)}, which is declared as "
                f"{value!r}: {found}"
            )
    return True
