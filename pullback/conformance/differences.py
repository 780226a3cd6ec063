"""Derivatives by differences, with an estimate of their error that sets the tolerance.

Central differences at eight steps are extrapolated to the limit (Richardson; Ridders 1982 for
taking the entry of the tableau that agrees best with its neighbours). The one-sided quotients tell
a kink from a smooth point. Where a function is analytic and takes complex numbers, the complex step
(Squire and Trapp 1998) is exact to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import inf, isfinite, nan
from typing import Final, NamedTuple

import numpy as np

__all__ = ["Estimate", "complex_step", "directional"]

STEPS: Final = tuple(2.0**-k for k in range(5, 13))
_NOISE: Final = 1e-15
_SHRINK: Final = 0.8
"""Halving a step must shrink the change of the central difference to less than this part."""
_RATIO: Final = 0.6
"""At a smooth point a quarter of the step has a quarter of the gap between the two sides."""


class Estimate(NamedTuple):
    """A derivative along a direction."""

    value: float
    error: float
    """Infinite where the differences do not tell."""
    kink: bool = False
    """Whether the derivatives to both sides differ."""


def directional(along: Callable[[float], float], rounding: float = _NOISE) -> Estimate:
    """The derivative of ``along`` at 0.

    Args:
        along: a function of one number, which may raise or return what is not finite away from 0.
        rounding: the relative error of its values.
    """
    middle = _safe(along, 0.0)
    if not isfinite(middle):
        return Estimate(nan, inf)
    usable = []
    for step in STEPS:
        up, down = _safe(along, step), _safe(along, -step)
        if isfinite(up) and isfinite(down):
            usable.append((step, up, down))
    if len(usable) < 4:
        return Estimate(nan, inf)
    if _kinked(usable, middle, rounding):
        return Estimate(nan, inf, kink=True)
    column = [(up - down) / (2 * step) for step, up, down in usable]
    largest = max(abs(value) for _, up, down in usable for value in (up, down, middle))
    noise = rounding * largest / usable[-1][0]
    if not _converging(column, noise):
        return Estimate(nan, inf)
    finest, last_gap = column[-1], abs(column[-1] - column[-2])
    best, error = column[-1], inf
    order = 1
    while len(column) > 2:
        factor = 4.0**order
        lower = column[2:]
        column = [(factor * fine - coarse) / (factor - 1) for coarse, fine in pairwise(column)]
        # Two entries may agree by chance; three hardly do.
        gaps = [
            max(abs(b - a), abs(b - c)) for (a, b), c in zip(pairwise(column), lower, strict=True)
        ]
        place = int(np.argmin(gaps))
        if gaps[place] < error:
            best, error = column[place + 1], gaps[place]
        order += 1
    if abs(best - finest) > last_gap + 10 * noise:  # agreement by chance
        return Estimate(nan, inf)
    return Estimate(best, error + noise)


def _converging(column: list[float], noise: float) -> bool:
    """Whether halving the step brings central differences closer together, down to rounding."""
    gaps = [abs(b - a) for a, b in pairwise(column)][-4:]
    return all(
        fine <= _SHRINK * coarse + 10 * noise or fine <= 1e-9 * abs(column[-1])
        for coarse, fine in pairwise(gaps)
    )


def _kinked(usable: list[tuple[float, float, float]], middle: float, rounding: float) -> bool:
    gaps = []
    for step, up, down in (usable[-3], usable[-1]):
        right, left = (up - middle) / step, (middle - down) / step
        noise = 100 * rounding * max(abs(up), abs(down), abs(middle)) / step
        gaps.append((abs(right - left), noise + 1e-7 * max(abs(right), abs(left))))
    (coarse, _), (fine, noise) = gaps
    return fine > noise and fine > _RATIO * coarse


def one_sided(
    function: Callable[[float], np.ndarray], sign: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """The difference quotients of a function with many outputs to one side, and how far off.

    Returns:
        The quotients at a small step and how much they differ from those at a larger one, or
        ``None`` where the function has no value there.
    """
    middle = _values(function, 0.0)
    near, far = _values(function, sign * 2.0**-14), _values(function, sign * 2.0**-10)
    if middle is None or near is None or far is None or not middle.shape == near.shape == far.shape:
        return None
    with np.errstate(all="ignore"):
        fine = (near - middle) * (sign * 2.0**14)
        coarse = (far - middle) * (sign * 2.0**10)
        return fine, np.abs(fine - coarse)


def _values(function: Callable[[float], np.ndarray], t: float) -> np.ndarray | None:
    try:
        return function(t)
    except Exception:
        return None  # outside of the domain


def complex_step(along: Callable[[complex], complex]) -> float:
    """The derivative of an analytic function, exact to rounding; NaN where it has no value."""
    step = 1e-20
    try:
        return complex(along(1j * step)).imag / step
    except Exception:
        return nan  # the primal takes no complex numbers


def _safe(along: Callable[[float], float], t: float) -> float:
    try:
        return along(t)
    except Exception:
        return nan  # outside of the domain
