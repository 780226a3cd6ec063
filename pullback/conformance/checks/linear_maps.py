"""Checks of what every pullback is: a linear map, the transpose of the pushforward."""

from __future__ import annotations

from typing import Any

import numpy as np

from pullback.conformance.checks.base import CheckFailed, Unsuited, check
from pullback.conformance.checks.trials import Trial, scaled, typed
from pullback.conformance.pool import Sample
from pullback.conformance.subjects import Subject
from pullback.conformance.values import (
    all_finite,
    is_floating,
    leaves,
    magnitude,
    map_leaves,
    pairing,
    precision,
    short,
    spread,
    unequal,
)
from pullback.derivatives import jvp, vjp

_RTOL = 1e-9
_CANCELLED = 16
"""In roundings of numbers of the size of the cotangent: what terms that cancel leave."""


@check(kinds=("plain", "complex128", "batch", "zeros", "ties", "boundary"), most=24)
def linearity(subject: Subject, sample: Sample) -> None:
    """The pullback is not linear in its cotangent: a clipped, thresholded or squared cotangent.

    The pullback of a sum is the sum of the pullbacks, and cotangents of 1e8 and 1e-8 times the
    size give cotangents of that size: a constant that was added, a tolerance inside of the
    pullback, or a branch on the cotangent shows; so does an infinity without its sign.
    """
    trial = Trial.of(subject, sample, wide=True)
    one = trial.cotangent
    other = _another(one, sample)
    first, second = trial.pull(one), trial.pull(other)
    # Terms of a cotangent may cancel for one cotangent; for two, hardly.
    sizes = [_largest(a) + _largest(b) for a, b in zip(first, second, strict=True)]
    floor = 1e-4 * max(*sizes, _largest_leaf(one))
    if _is_rounding(trial, first) and _is_rounding(trial, second):
        floor = _largest_leaf(one) * 64 * precision(trial.y) / _rtol(trial)
    sizes = [size + floor for size in sizes]
    for factor in (1e8, 1e-8, -1.0):
        want = [np.asarray(cotangent) * factor for cotangent in first]
        what = f"{factor:g} times a cotangent"
        _compare(trial, what, trial.pull(scaled(one, factor)), want, sizes, factor)
    want = [np.asarray(a) + np.asarray(b) for a, b in zip(first, second, strict=True)]
    _compare(trial, "the sum of two cotangents", trial.pull(_added(one, other)), want, sizes, 1.0)


def _another(cotangent: Any, sample: Sample) -> Any:
    random = sample.random(5)

    def replaced(_: Any, leaf: Any) -> Any:
        if not is_floating(leaf):
            return leaf
        noise = np.round(random.uniform(0.3, 2.0, np.shape(leaf)), 2)
        return leaf * 0 + (noise if isinstance(leaf, np.ndarray) else float(noise))

    return map_leaves(replaced, cotangent)


def _added(a: Any, b: Any) -> Any:
    others = dict(leaves(b))
    return map_leaves(
        lambda path, leaf: leaf + others[path] if is_floating(leaf) else leaf,
        a,
    )


def _largest(cotangent: Any) -> float:
    sizes = np.abs(np.asarray(cotangent))
    return float(np.max(sizes[np.isfinite(sizes)], initial=0.0))


def _largest_leaf(tree: Any) -> float:
    return max(_largest(leaf) for _, leaf in leaves(tree))


def _is_rounding(trial: Trial, cotangents: list[Any]) -> bool:
    """Whether nothing is left of the cotangents but rounding, as their terms cancel.

    The derivative of a correlation that is exactly 1 is 0.
    """
    largest = max(map(_largest, cotangents), default=0.0)
    return largest <= _CANCELLED * precision(trial.y) * _largest_leaf(trial.cotangent)


def _rtol(trial: Trial) -> float:
    return max(_RTOL, 64 * precision(trial.y))


def _compare(
    trial: Trial, what: str, got: list[Any], want: list[Any], sizes: list[float], factor: float
) -> None:
    rtol = _rtol(trial)
    for group, a, b, size in zip(trial.groups, got, want, sizes, strict=True):
        # What is infinite need not be at another scale, but it has the sign of the cotangent.
        judged = np.isfinite(b) | (np.isrealobj(b) & (factor == -1.0))
        found = unequal(np.asarray(a)[judged], b[judged], rtol, size * abs(factor))
        if found is not None:
            raise CheckFailed(f"cotangent of {trial.named(group)} for {what}: {found}")


@check(
    kinds=(
        *("plain", "zeros", "ties", "boundary", "near-boundary", "ones", "huge", "tiny"),
        *("signs", "complex128", "empty", "overflow", "outside"),
    ),
    uses_cotangent=False,
)
def zero_cotangent(subject: Subject, sample: Sample) -> None:
    """A zero cotangent does not give zero: 0 times infinity is NaN.

    Where an output does not matter, its inputs get exactly 0, at singular points and outside of the
    domain too. Without it ``np.where(x > 0, np.sqrt(x), 0)`` has a gradient of NaN.
    """
    if sample.kind == "outside" and subject.is_composed:
        raise Unsuited("a product of numbers that are NaN, as others' rules have it, is NaN")
    trial = Trial.of(subject, sample)
    for group, got in zip(trial.groups, trial.pull(_zeros(trial.y)), strict=True):
        if not np.all(np.asarray(got) == 0):
            raise CheckFailed(
                f"cotangent of {trial.named(group)} for a zero cotangent: got {short(got)} "
                "want zeros"
            )


def _zeros(y: Any) -> Any:
    return map_leaves(lambda _, leaf: typed(0.0, leaf) if is_floating(leaf) else 0.0, y)


@check(
    kinds=("plain", "complex128", "broadcast", "batch", "zeros", "repeated", "negative-axis"),
    most=16,
)
def forward_reverse(subject: Subject, sample: Sample) -> None:
    """Forward mode and reverse mode disagree: ⟨ct, J v⟩ is not ⟨Jᵀ ct, v⟩.

    The pushforward is the one that the rule declares, and the transpose of the pullback, at a
    cotangent of ones and of zeros. A pushforward that was written for another convention, or a
    pullback that cannot be transposed by tracing it, shows.
    """
    if not subject.traceable:
        raise Unsuited("nothing transposes a bare pair")
    trial = Trial.of(subject, sample, wide=True)
    if not trial.has_elements:
        raise Unsuited("no elements")
    tangents = sample.tangents(trial.call)
    cotangents = trial.pull(trial.cotangent)
    if not all_finite(cotangents):
        raise Unsuited("the derivative is infinite")
    want = pairing(cotangents, tangents)
    _, y_tangent = jvp(trial.function(), tuple(trial.values), tuple(tangents))
    scale = magnitude(cotangents, tangents) + magnitude(trial.cotangent, y_tangent)
    scale += 1e-4 * magnitude(trial.cotangent, trial.y)
    tolerance = max(1e-10, 256 * precision(trial.y)) * scale
    if _is_rounding(trial, cotangents):
        tolerance += _CANCELLED * precision(trial.y) * spread(trial.cotangent, tangents)
    _agree("the transpose of the pullback", trial, y_tangent, want, tolerance)
    at_zero = _transposed(trial, _zeros(trial.y), tangents)
    _agree("the transpose of the pullback, at a zero cotangent,", trial, at_zero, want, tolerance)
    rule = subject.rule
    places = [group[0] for group in trial.groups if len(group) == 1]
    if rule is None or rule.pushforward is None or places != [(n,) for n in range(len(places))]:
        return
    if len(places) != len(trial.call.args):
        return
    params = trial.call.params
    y_again, y_tangent = rule.pushforward(tuple(trial.values), tuple(tangents), **params)
    found = unequal(np.asarray(y_again), np.asarray(trial.y), 1e-12)
    if found is not None:
        raise CheckFailed(f"the value that the pushforward returns {found}")
    if y_tangent is not None:
        _agree("the pushforward", trial, y_tangent, want, tolerance)


def _transposed(trial: Trial, cotangent: Any, tangents: list[Any]) -> Any:
    """The tangent of the output: the pullback of the pullback, which is linear in its cotangent."""
    pullback = vjp(trial.function(), *trial.values)[1]
    weights = tangents[0] if len(tangents) == 1 else tuple(tangents)
    return vjp(pullback, cotangent)[1](weights)


def _agree(what: str, trial: Trial, y_tangent: Any, want: float, tolerance: float) -> None:
    got = pairing(trial.cotangent, y_tangent)
    if not abs(got - want) <= tolerance:
        raise CheckFailed(
            f"{what} gives ⟨ct, J v⟩ = {got:.10g}, and the pullback ⟨Jᵀ ct, v⟩ = {want:.10g} "
            f"(|err| {abs(got - want):.1e} > {tolerance:.1e})"
        )
