"""Rules for choosing between values: `numpy.where`, `numpy.clip`, `numpy.choose`, `numpy.select`.

What is not chosen gets exact zeros, whatever the cotangent is, so a branch that is infinite or
NaN where it is not taken does no harm.
"""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback.spaces import Traced
from pullback.tracer import apply_function
from pullback_numpy.axes import NO_OUT, NO_VALUE, refuse_out


@rule(np.where, differentiable=("values",))
def where(condition, *values):
    """``x`` where the condition holds, else ``y``; without these the indices of where it holds."""

    def where_pullback_x(ct):
        return np.where(condition, ct, 0)

    def where_pullback_y(ct):
        return np.where(condition, 0, ct)

    return np.where(condition, *values), (None, where_pullback_x, where_pullback_y)


@rule(
    np.clip,
    points={
        (0.0, 0.0, 1.0): (0.5, 0.5, 0.0),
        (1.0, 0.0, 1.0): (0.5, 0.0, 0.5),
        (-1.0, 0.0, 0.0): (0.0, 0.5, 0.5),
    },
    not_implemented=NO_OUT,
)
def clip(a, a_min=NO_VALUE, a_max=NO_VALUE, out=None, min=NO_VALUE, max=NO_VALUE, **params):
    """``minimum(maximum(a, a_min), a_max)``; where ``a`` equals a bound, they share equally.

    Where the bounds are equal, or in the wrong order, nothing depends on ``a``.
    """
    refuse_out(out, np.clip)
    low = a_min if min is NO_VALUE else min
    high = a_max if max is NO_VALUE else max
    low = None if low is NO_VALUE else low
    high = None if high is NO_VALUE else high
    y = np.clip(a, low, high, **params)
    chosen = np.clip(a, low, high) if "dtype" in params else y

    def shares(ct):
        """Where ``a``, ``low`` and ``high`` are what was chosen, and the share of each of them."""
        of_a, of_low, of_high = chosen == a, np.False_, np.False_
        if low is not None:
            of_low = chosen == low
        if high is not None:
            of_high = chosen == high
        if low is not None and high is not None:
            apart = np.less(low, high)
            of_a, of_low = of_a & apart, of_low & (apart | np.less(a, low))
        # In eight bits, as this is an array of the size of y.
        ties = np.add(of_a, of_low, dtype=np.int8) + of_high
        return of_a, of_low, of_high, ct / np.maximum(ties, 1)

    def clip_pullback(ct):
        of_a, _, _, share = shares(ct)
        return np.where(of_a, share, 0)

    def clip_pullback_low(ct):
        _, of_low, _, share = shares(ct)
        return np.where(of_low, share, 0)

    def clip_pullback_high(ct):
        _, _, of_high, share = shares(ct)
        return np.where(of_high, share, 0)

    bounds = clip_pullback_low, clip_pullback_high
    return y, (clip_pullback, *bounds, None, *bounds)


@rule(np.select)
def select(condlist, choicelist, default=0):
    """Of several choices the first whose condition holds, else ``default``."""
    if isinstance(default, Traced):  # NumPy does not look for a tracer there
        y = apply_function(np.select, (condlist, choicelist, default), {})
    else:
        y = np.select(condlist, choicelist, default)
    free = np.True_
    taken = []
    for condition in condlist:
        taken.append(free & condition)
        free = free & ~taken[-1]

    def select_pullback_choices(ct):
        return [np.where(condition, ct, 0) for condition in taken]

    def select_pullback_default(ct):
        return np.where(free, ct, 0)

    return y, (None, select_pullback_choices, select_pullback_default)


@rule(np.choose, not_implemented=NO_OUT)
def choose(a, choices, out=None, mode="raise"):
    """Of several choices the one whose number ``a`` has, element by element."""
    refuse_out(out, np.choose)
    y = np.choose(a, choices, mode=mode)
    count = len(choices)
    ndim = None if isinstance(choices, (list, tuple)) else np.ndim(choices) - 1
    number = np.remainder(a, count) if mode == "wrap" else np.clip(a, 0, count - 1)

    def choose_pullback(ct):
        chosen = [np.where(number == place, ct, 0) for place in range(count)]
        if ndim is None:
            return chosen
        extra = range(1, 1 + ct.ndim - ndim)  # the axes of the number that the choices lack
        return np.stack(chosen).sum(axis=tuple(extra))

    return y, (None, choose_pullback, None, None)
