"""Does a pullback agree with differences of its function?

At a smooth point one number decides: the derivative along a random tangent. At a kink no single
number does. There, each entry of the Jacobian must lie between the derivatives to both sides, and
those at smooth points nearby; and moving equal numbers together, along which ties are smooth, must
give the derivative of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from math import inf, isfinite
from typing import Any, Final

import numpy as np

from pullback.conformance.checks.base import CheckFailed, Unsuited
from pullback.conformance.checks.trials import Trial, typed
from pullback.conformance.differences import Estimate, complex_step, directional, one_sided
from pullback.conformance.pool import Sample
from pullback.conformance.values import (
    Place,
    all_finite,
    describe,
    is_floating,
    kind_of,
    leaves,
    magnitude,
    map_leaves,
    pairing,
    precision,
    replaced,
    short,
    spread,
    value_at,
)

__all__ = ["RTOL", "agree", "slope_by"]

RTOL: Final = 1e-7
"""Relative to the sum of the absolute products of cotangent and tangent, beside the error of the
differences."""
_EXACT: Final = 1e-10
"""The same, for the complex step."""
_ROUNDING: Final = 1e-12
"""Relative to the value: terms of it may cancel in the derivative, as in ``f(x, x)``."""
_CANCELLED: Final = 16
"""In roundings of numbers of the size 1: what is left of a derivative whose terms cancel."""
_LEAST: Final = 1e-290
"""Numbers below have no digits left for a difference."""
_LEAST_EXACT: Final = 1e-20
"""A derivative below may be of the size of what the complex step leaves out."""
_OVERFLOW: Final = 1e-90
"""Along a tangent as small as this a difference may be finite where the derivative is not."""
VAGUE: Final = 1e-2
"""Differences whose error is larger than this part of the derivative tell nothing."""
_COORDINATES: Final = 12
"""The most numbers of input, and of output, where every coordinate is tried by itself."""
_NEARBY: Final = 1e-3
"""How far away the smooth points near a kink are looked for."""
_FINER: Final = 2.0**-8
NOT_CONVERGING: Final = "the differences do not converge"


def agree(trial: Trial, sample: Sample) -> None:
    """Compare the pullback of a trial, in double precision, with differences.

    Raises:
        CheckFailed: they disagree.
        Unsuited: differences do not tell the derivative.
    """
    got = trial.pull(trial.cotangent)
    trial.check_spaces(got)
    if not trial.has_elements:
        return
    if any(np.any((np.abs(v) < _LEAST) & (np.abs(v) > 0)) for v in trial.values):
        raise Unsuited("too close to 0 for differences")
    if sample.kind in ("nan", "inf") and not all_finite(trial.y):
        raise Unsuited("the value is not finite")
    tangents, relative, estimate = _estimate(trial, sample)
    if estimate.kink or not isfinite(estimate.error):
        _agree_at_kink(trial, sample)
        return
    if not isfinite(estimate.value) or any(
        np.any(~np.isfinite(c) & (np.abs(t) < _OVERFLOW))
        for c, t in zip(got, tangents, strict=True)
    ):
        raise Unsuited("the derivative is infinite")
    scale = magnitude(got, tangents)
    size = magnitude(trial.cotangent, trial.y)
    clear = max(abs(estimate.value), scale if isfinite(scale) else 0.0, 1e-4 * size)
    if 10 * estimate.error > VAGUE * clear:
        raise Unsuited(NOT_CONVERGING)
    estimate, rtol = _sharpened(trial, tangents, estimate, size)
    result = pairing(got, tangents)
    tolerance = rtol * max(scale, abs(estimate.value)) + 10 * estimate.error
    tolerance += _ROUNDING * size + _underflow(trial, tangents)
    if abs(estimate.value) <= 10 * estimate.error:  # or 0: what cancels leaves that much
        tolerance += _CANCELLED * precision(trial.y) * spread(trial.cotangent, tangents)
    if isfinite(result) and abs(result - estimate.value) <= tolerance:
        return
    if sample.kind in ("nan", "inf") and not isfinite(result):
        raise Unsuited("no limit is asked for at an infinity")
    if _is_kinked(trial, sample, relative):  # and this tangent happens to pass straight through
        _agree_at_kink(trial, sample)
        return
    if not _is_confirmed(trial, sample, tangents, estimate, got):
        raise Unsuited(NOT_CONVERGING)
    _blame(trial, tangents, got)
    raise CheckFailed(
        f"the pullback along a random tangent: got {result:.10g} want {estimate.value:.10g} "
        f"(|err| {abs(result - estimate.value):.1e} > {tolerance:.1e})"
    )


def _estimate(trial: Trial, sample: Sample) -> tuple[list[Any], bool, Estimate]:
    """A tangent along which differences converge, its way, and the derivative along it."""
    rounding = 4 * precision(trial.y)
    # Near 0 a step of the size of the numbers shows the scale, and one of size 1 the neighbourhood.
    first = not (sample.kind == "tiny" and sample.base.seed % 2)
    tangents = sample.tangents(trial.call, relative=first)
    found = tangents, first, Estimate(0.0, inf)
    for relative in (first, not first):
        tangents = sample.tangents(trial.call, relative=relative)
        if not _resolved(trial.values, tangents):
            continue
        estimate = directional(trial.line(tangents), rounding)
        if isfinite(estimate.error):
            return tangents, relative, estimate
        if estimate.kink and not found[2].kink:  # or a wave, between large numbers
            found = tangents, relative, estimate
    return found


def _resolved(values: Sequence[Any], tangents: Sequence[Any]) -> bool:
    """Whether the smallest step along the tangents moves every number by many roundings."""
    return all(
        bool(np.all((np.abs(t) * 2.0**-12 > 1e-11 * np.abs(v)) | ~np.isfinite(v) | (t == 0)))
        for v, t in zip(values, tangents, strict=True)
    )


def _sharpened(
    trial: Trial, tangents: Sequence[Any], estimate: Estimate, size: float
) -> tuple[Estimate, float]:
    """The derivative by the complex step, if the function turns out to be analytic."""
    real = all(kind_of(value) == "f" for value in trial.values) and precision(trial.y) < 1e-15
    if real and abs(estimate.value) > max(_LEAST_EXACT, 100 * estimate.error):
        exact = complex_step(trial.complex_line(tangents))
        doubt = abs(exact - estimate.value)
        if doubt <= 100 * estimate.error + RTOL * abs(exact):
            # A small part of the function may not be analytic.
            return Estimate(exact, doubt + 1e-36 * (1 + size)), _EXACT
    return estimate, RTOL


def _underflow(trial: Trial, tangents: Sequence[Any]) -> float:
    """What may be lost where a derivative, or the value itself, is too small for its dtype."""
    lost = 1e-300 * sum(float(np.sum(np.abs(tangent))) for tangent in tangents)
    for (_, leaf), (_, weight) in zip(leaves(trial.y), leaves(trial.cotangent), strict=True):
        if is_floating(leaf):
            least = float(np.finfo(getattr(leaf, "dtype", float)).smallest_subnormal)
            lost += 2.0**13 * least * float(np.sum(np.abs(weight)))
    return lost


def _is_kinked(trial: Trial, sample: Sample, relative: bool) -> bool:
    """Whether a kink shows along some other tangents, or derivatives along two do not add up.

    The kinks of several outputs could cancel for a cotangent of round numbers.
    """
    trial = replace(trial, cotangent=_uneven(trial.cotangent, sample))
    rounding = 4 * precision(trial.y)
    one = sample.tangents(trial.call, relative=relative)
    other = sample.tangents(trial.call, salt=3, relative=relative)
    both = [a + b for a, b in zip(one, other, strict=True)]
    a, b, sum_ = (directional(trial.line(tangents), rounding) for tangents in (one, other, both))
    if _differs([a, b], sum_):
        return True
    if any(e.kink for e in (a, b, sum_)):
        return True
    parts = [_lone(one, number) for number in range(len(trial.values))]
    if sum(map(np.size, trial.values)) <= _COORDINATES:  # jumps of two elements may cancel
        parts = [*_coordinates(one)]
    others = [directional(trial.line(tangents), rounding) for tangents in parts]
    return any(e.kink or not isfinite(e.error) for e in others) or _differs(others, a)


def _differs(parts: Sequence[Estimate], whole: Estimate) -> bool:
    """Whether derivatives do not add up: those along parts of a tangent, and along all of it."""
    size = sum(abs(part.value) for part in parts) + abs(whole.value)
    error = sum(part.error for part in parts) + whole.error
    return abs(sum(part.value for part in parts) - whole.value) > 1e-5 * size + 20 * error


def _is_confirmed(
    trial: Trial, sample: Sample, tangents: Sequence[Any], estimate: Estimate, got: Sequence[Any]
) -> bool:
    """Whether there is no doubt that the differences are right.

    Steps of the size of huge numbers do not see a wave beside them, or see it by chance.
    """
    small = sample.tangents(trial.call, relative=False)
    if not _resolved(trial.values, small):
        result = pairing(got, tangents)
        if any(kind_of(leaf) == "c" for _, leaf in leaves(trial.y)):
            return False  # the complex step needs a real value
        exact = complex_step(trial.complex_line(small))
        if isfinite(exact):
            return not abs(pairing(got, small) - exact) <= RTOL * abs(exact)
        return not isfinite(result) or result == 0
    finer = [tangent * _FINER for tangent in tangents]
    again = directional(trial.line(finer), 4 * precision(trial.y))
    error = abs(again.value / _FINER - estimate.value)
    return error <= 1e-3 * abs(estimate.value) + 20 * (again.error / _FINER + estimate.error)


def _lone(tangents: Sequence[Any], number: int) -> list[Any]:
    return [t if place == number else 0 * t for place, t in enumerate(tangents)]


def _coordinates(tangents: Sequence[Any]) -> Iterator[list[Any]]:
    """For each element of each tangent, that element alone."""
    for number, tangent in enumerate(tangents):
        for index in range(int(np.size(tangent))):
            mask = np.reshape(np.arange(np.size(tangent)) == index, np.shape(tangent))
            yield [typed(t * (mask if n == number else 0), t) for n, t in enumerate(tangents)]


def _blame(trial: Trial, tangents: Sequence[Any], got: Sequence[Any]) -> None:
    """Name the argument whose cotangent is wrong.

    Raises:
        CheckFailed: for the first that disagrees by itself.
    """
    for number, (group, value) in enumerate(zip(trial.groups, trial.values, strict=True)):
        estimate = directional(trial.line(_lone(tangents, number)), 4 * precision(trial.y))
        result = pairing([got[number]], [tangents[number]])
        scale = max(magnitude([got[number]], [tangents[number]]), abs(estimate.value))
        tolerance = RTOL * scale + 10 * estimate.error
        tolerance += _ROUNDING * magnitude(trial.cotangent, trial.y)
        if not isfinite(estimate.value):
            continue
        if isfinite(result) and abs(result - estimate.value) <= tolerance:
            continue
        what, along, unit = f"cotangent of {trial.named(group)}, {describe(value)}: ", "", 1.0
        if np.size(value) == 1 and kind_of(value) == "f":
            unit = float(np.reshape(tangents[number], -1)[0])
        else:
            along = "along a random tangent "
        one, want = result / unit, estimate.value / unit
        shown = f"; it is {short(got[number])}" if along else ""
        raise CheckFailed(
            f"{what}{along}got {one:.10g} want {want:.10g} "
            f"(|err| {abs(one - want):.1e} > {tolerance / abs(unit):.1e}){shown}"
        )


def slope_by(trial: Trial, place: Place, value: Any) -> float | None:
    """The derivative by one argument, where differences show that it is not 0; else ``None``."""
    if not np.size(value):
        return None

    def along(t: float) -> float:
        there = value + 0.75 * t
        there = float(there) if type(value) is float else there
        return pairing(trial.cotangent, trial.subject.primal(replaced(trial.call, {place: there})))

    estimate = directional(along, 4 * precision(trial.y))
    if estimate.kink or not isfinite(estimate.value) or not isfinite(estimate.error):
        return None
    return estimate.value if abs(estimate.value) > 100 * estimate.error + 1e-9 else None


def _agree_at_kink(trial: Trial, sample: Sample) -> None:
    """Compare where the function has a kink, or ends.

    Raises:
        CheckFailed: they disagree.
        Unsuited: the sample is too large, or no derivative to one side converges.
    """
    if sum(np.size(value) for value in trial.values) > _COORDINATES:
        raise Unsuited("too many inputs to try each by itself")
    if not _resolved(trial.values, sample.tangents(trial.call, relative=False)):
        raise Unsuited(NOT_CONVERGING)  # between huge numbers a wave looks like a kink
    judged = _agree_along_ties(trial, sample)
    units = _unit_cotangents(trial.y)
    if not 0 < len(units) <= _COORDINATES:
        raise Unsuited("too many outputs to try each by itself")
    rows = [trial.pull(unit) for unit in units]
    for number, value in enumerate(trial.values):
        for index in range(int(np.size(value))):
            for factor in (1.0, 1j) if kind_of(value) == "c" else (1.0,):
                got = np.array([_component(row[number], index, factor) for row in rows])
                judged |= _between(trial, sample, number, index, factor, got)
    if not judged:
        raise Unsuited(NOT_CONVERGING)


def _agree_along_ties(trial: Trial, sample: Sample) -> bool:
    """Compare along the tangent that keeps ties: equal numbers move together; whether it told.

    As in `_is_kinked`, the kinks of several outputs must not cancel.
    """
    trial = replace(trial, cotangent=_uneven(trial.cotangent, sample))
    tangents = [_typed_map(value, lambda x: 1.0 + x / (1.0 + abs(x))) for value in trial.values]
    if not _resolved(trial.values, tangents):
        return False
    estimate = directional(trial.line(tangents), 4 * precision(trial.y))
    if estimate.kink or not isfinite(estimate.error) or not isfinite(estimate.value):
        return False
    got = trial.pull(trial.cotangent)
    result, scale = pairing(got, tangents), magnitude(got, tangents)
    size = magnitude(trial.cotangent, trial.y)
    tolerance = 10 * RTOL * max(scale, abs(estimate.value)) + 10 * estimate.error
    tolerance += 10 * _ROUNDING * size + _underflow(trial, tangents)
    if precision(trial.y) > 1e-15:  # what was rounded on the way may have cancelled in the value
        tolerance += precision(trial.y) * magnitude(trial.cotangent, trial.cotangent) ** 0.5
    if 10 * estimate.error > VAGUE * max(abs(estimate.value), scale, 1e-4 * size):
        return False
    if not isfinite(result):
        return False  # an infinite slope beside the kink
    if abs(result - estimate.value) > tolerance:
        raise CheckFailed(
            "the pullback along a tangent that moves equal numbers together: got "
            f"{result:.10g} want {estimate.value:.10g} "
            f"(|err| {abs(result - estimate.value):.1e} > {tolerance:.1e})"
        )
    return True


def _uneven(cotangent: Any, sample: Sample) -> Any:
    """``cotangent``, with every number changed a little, at random."""
    random = sample.random(17)

    def changed(_: Place, leaf: Any) -> Any:
        if not is_floating(leaf):
            return leaf
        factors = random.uniform(0.9, 1.1, np.shape(leaf))
        if isinstance(leaf, np.ndarray):
            return (leaf * factors).astype(leaf.dtype)
        return type(leaf)(leaf * factors)

    return map_leaves(changed, cotangent)


def _typed_map(value: Any, function: Any) -> Any:
    with np.errstate(all="ignore"):
        numbers = function(np.real(np.asarray(value)))
    numbers = np.where(np.isfinite(numbers), numbers, 1.0)
    if isinstance(value, np.ndarray):
        return numbers.astype(value.dtype).reshape(value.shape)
    return type(value)(numbers)


def _flat(y: Any) -> np.ndarray:
    """All numbers of an output, side by side; complex ones by their real and imaginary parts."""
    parts = [np.zeros(0)]
    for _, leaf in leaves(y):
        if is_floating(leaf):
            array = np.reshape(leaf, -1)
            parts.append(np.real(array).astype(float))
            if kind_of(leaf) == "c":
                parts.append(np.imag(array).astype(float))
    return np.concatenate(parts)


def _unit_cotangents(y: Any) -> list[Any]:
    """One cotangent for each entry of ``_flat(y)``, which picks it out; none if too many."""
    if _flat(y).size > _COORDINATES:
        return []
    units = [
        (path, index, factor)
        for path, leaf in leaves(y)
        if is_floating(leaf)
        for factor in ((1.0, -1j) if kind_of(leaf) == "c" else (1.0,))
        for index in range(int(np.size(leaf)))
    ]
    return [map_leaves(partial(_unit, unit=unit), y) for unit in units]


def _unit(path: Place, leaf: Any, unit: tuple[Place, int, Any]) -> Any:
    if not is_floating(leaf):
        return 0.0
    if isinstance(leaf, np.ndarray):
        one = np.zeros(leaf.shape, leaf.dtype)
        if path == unit[0]:
            one.reshape(-1)[unit[1]] = unit[2]
        return one
    return typed(unit[2] if path == unit[0] else 0.0, leaf)


def _component(cotangent: Any, index: int, factor: complex) -> float:
    """The part of a cotangent that pairs with ``factor`` in one element."""
    number = np.reshape(cotangent, -1)[index]
    return float(np.real(number)) if factor == 1.0 else -float(np.imag(number))


def _between(
    trial: Trial, sample: Sample, number: int, index: int, factor: complex, got: np.ndarray
) -> bool:
    """Compare a column of the Jacobian with the slopes around; whether any of them converged.

    Raises:
        CheckFailed: an entry lies outside of them.
    """
    value = trial.values[number]
    size = float(np.abs(np.reshape(value, -1)[index]))
    if not isfinite(size) or size > 1e50 or 0 < size < 1e-50:
        return False
    scale = size if size > 10 or 0 < size < 0.01 else 1.0
    tangents: list[Any] = [0 * v for v in trial.values]
    tangents[number] = _unit((), value, ((), index, factor * scale))

    def column(t: float) -> np.ndarray:
        return _flat(trial.subject.primal(trial.moved(tangents, t)))

    sides = [side for sign in (1.0, -1.0) if (side := one_sided(column, sign)) is not None]
    if not sides:
        return False
    with np.errstate(all="ignore"):
        quotients = np.array([quotient / scale for quotient, _ in sides])
        errors = np.array([error / scale for _, error in sides])
        noise = 4 * precision(trial.y) * np.abs(_flat(trial.y)) * 2.0**14 / scale
        largest = np.max(np.abs(quotients), axis=0)
        converged = np.all(np.isfinite(quotients), axis=0) & np.all(
            errors <= 0.05 * largest + 4 * noise, axis=0
        )
        if any(kind_of(leaf) == "c" for _, leaf in leaves(trial.y)):
            converged &= converged.all()  # a complex infinity spoils the other of its parts
        slack = 1e-6 * largest + 4 * np.max(errors, axis=0) + 10 * noise
        if scale == 1.0:  # beside numbers of that size, what cancels leaves that much
            slack = slack + _CANCELLED * precision(trial.y)
        low, high = np.min(quotients, axis=0) - slack, np.max(quotients, axis=0) + slack
        outside = converged & ~((low <= got) & (got <= high))
    nearby = _slopes_nearby(trial, sample, tangents, scale)
    while outside.any() and (slopes := next(nearby, None)) is not None:
        low, high = np.fmin(low, slopes - slack), np.fmax(high, slopes + slack)
        outside &= ~((low <= got) & (got <= high))
    for place in np.flatnonzero(outside):
        group = trial.groups[number]
        between = f"{low[place] + slack[place]:.8g} and {high[place] - slack[place]:.8g}"
        raise CheckFailed(
            f"cotangent of {trial.named(group)}, {describe(value)}, at a kink or boundary: got "
            f"{got[place]:.8g} want a value between {between}, the slopes around"
        )
    return bool(converged.any())


def _slopes_nearby(
    trial: Trial, sample: Sample, tangents: Sequence[Any], scale: float
) -> Iterator[np.ndarray]:
    """A column of the Jacobian at points beside a kink, where the function is smooth.

    So many that of `_COORDINATES` equal numbers each is once the largest, but for one in 10⁷ tries.
    """
    for salt in range(6, 206):
        beside = trial.moved(sample.tangents(trial.call, salt=salt, relative=False), _NEARBY)
        there = replace(
            trial, call=beside, values=[value_at(beside, group[0]) for group in trial.groups]
        )
        try:
            up = _flat(trial.subject.primal(there.moved(tangents, 1e-5)))
            down = _flat(trial.subject.primal(there.moved(tangents, -1e-5)))
        except Exception:
            continue  # outside of the domain
        if up.shape == down.shape == _flat(trial.y).shape:
            yield (up - down) / (2e-5 * scale)
