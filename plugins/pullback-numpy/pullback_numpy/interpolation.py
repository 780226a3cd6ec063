"""The rule of `numpy.interp`: reading a table between its knots."""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback.arguments import any_traced
from pullback.tracer import apply_function
from pullback_numpy.axes import as_array
from pullback_numpy.indexing import read, scatter
from pullback_numpy.strong import bilinear, divide


@rule(
    np.interp,
    points={
        (0.0, (-1.0, 0.0, 1.0), (0.0, 0.0, 1.0)): (0.5, (0.0, -0.5, 0.0), (0.0, 1.0, 0.0)),
        (1.0, (0.0, 1.0), (0.0, 1.0)): (0.5, (0.0, -0.5), (0.0, 1.0)),
    },
)
def interp(x, xp, fp, left=None, right=None, period=None):
    """``(1 - t) fp_j + t fp_{j+1}`` with ``t = (x - xp_j) / (xp_{j+1} - xp_j)`` between two knots.

    Convention: at a knot the slope is the mean of those on its two sides; beyond the ends it is 0.
    """
    x, xp, fp = as_array(x), as_array(xp), as_array(fp)
    if any_traced([left, right, period]):  # NumPy looks for tracers in the others only
        y = apply_function(np.interp, (x, xp, fp, left, right, period), {})
    else:
        y = np.interp(x, xp, fp, left, right, period)
    lookup = _Lookup(x, xp, fp, period)

    def within(ct):
        """``ct``, and 0 where ``y`` is not made of ``fp``."""
        for given, outside in ((left, lookup.below), (right, lookup.above)):
            if given is not None and period is None:
                ct = np.where(outside, 0, ct)
        return np.where(lookup.nowhere, 0, ct)

    def interp_pullback_x(ct):
        return bilinear(ct, lookup.slope())

    def interp_pullback_xp(ct):
        return -lookup.scattered(bilinear(ct, lookup.slope()))

    def interp_pullback_fp(ct):
        return lookup.scattered(within(ct))

    def interp_pullback_left(ct):
        return np.where(lookup.below, ct, 0).sum()

    def interp_pullback_right(ct):
        return np.where(lookup.above, ct, 0).sum()

    def interp_pullback_period(ct):
        return np.sum(bilinear(ct, lookup.slope()) * lookup.turns()) * np.sign(period)

    of_all = (interp_pullback_x, interp_pullback_xp, interp_pullback_fp)
    if period is not None:  # there are no ends
        return y, (*of_all, None, None, interp_pullback_period)
    return y, (
        *of_all,
        None if left is None else interp_pullback_left,
        None if right is None else interp_pullback_right,
        None,
    )


class _Lookup:
    """Between which knots each ``x`` lies, and where between them."""

    def __init__(self, x, xp, fp, period):
        self.count = len(xp)
        self.source = np.arange(self.count)
        if period is not None:
            period = np.absolute(period)
            laps = np.floor_divide(xp, period)
            self.x_laps = np.floor_divide(x, period)
            x, xp = np.remainder(x, period), np.remainder(xp, period)
            order = np.argsort(xp)
            self.source = np.concatenate([order[-1:], order, order[:1]])
            shift = np.zeros(len(self.source))
            shift[[0, -1]] = -1, 1
            self.laps = read(laps, self.source) - shift
            xp = read(xp, self.source) + shift * period
        fp = read(fp, self.source)
        self.knots, self.values = xp, fp
        last = len(self.source) - 1
        self.above = np.greater(x, xp[-1])
        self.below = np.less(x, xp[0]) & ~self.above
        self.left = self._place(x, "left")
        self.right = self._place(x, "right")
        self.lower = np.clip(self.right - 1, 0, last)
        self.upper = np.clip(self.right, 0, last)
        self.nowhere = np.isnan(x) if last else np.False_  # one knot is taken for a NaN too
        alone = self.lower == self.upper
        run = read(xp, self.upper) - read(xp, self.lower)
        self.t = np.where(alone, 0, x - read(xp, self.lower)) / np.where(alone, 1, run)

    def _place(self, x, side):
        """How many knots come before each ``x``; a NaN among the knots is not asked by the ends."""
        place = np.searchsorted(self.knots, x, side)
        return np.where(self.above, len(self.source), np.where(self.below, 0, place))

    def slope(self):
        """The slope at each ``x``."""
        slopes = np.pad(divide(np.diff(self.values), np.diff(self.knots)), 1)
        return (read(slopes, self.left) + read(slopes, self.right)) / 2

    def scattered(self, ct):
        """The shares of ``ct`` of the knots on both sides."""
        indices = (read(self.source, self.lower), read(self.source, self.upper))
        # At a knot the next one gets exactly nothing.
        return scatter((self.count,), ct.dtype, indices, ct * (1 - self.t), bilinear(ct, self.t))

    def turns(self):
        """The derivative of ``x`` minus the knots, by the period."""
        return (
            (1 - self.t) * read(self.laps, self.lower)
            + self.t * read(self.laps, self.upper)
            - self.x_laps
        )
