"""Rules for choosing between values: `numpy.where`, `numpy.clip`, `numpy.choose`, `numpy.select`.

What is not chosen gets exact zeros, whatever the cotangent is, so a branch that is infinite or
NaN where it is not taken does no harm.
"""

from __future__ import annotations

import numpy as np

from pullback import not_implemented, rule
from pullback.spaces import Traced
from pullback.tracer import apply_function
from pullback_numpy.axes import NO_VALUE, frozen, refuse_out


@rule(np.where)
def where(condition, x=None, y=None):
    """``x`` where the condition holds, else ``y``; the indices of where it holds if not given."""
    if x is None and y is None:
        return np.where(condition), None
    value = np.where(condition, x, y)
    condition = frozen(condition)

    def where_pullback_x(ct):
        return np.where(condition, ct, 0)

    def where_pullback_y(ct):
        return np.where(condition, 0, ct)

    return value, (None, where_pullback_x, where_pullback_y)


@rule(np.clip, points={(0.0, 0.0, 1.0): (0.5, 0.5, 0.0), (1.0, 0.0, 1.0): (0.5, 0.0, 0.5)})
def clip(a, a_min=NO_VALUE, a_max=NO_VALUE, out=None, min=NO_VALUE, max=NO_VALUE, **params):
    """``minimum(maximum(a, a_min), a_max)``; where ``a`` equals a bound, they share equally."""
    refuse_out(out, np.clip)
    low = a_min if min is NO_VALUE else min
    high = a_max if max is NO_VALUE else max
    low = None if low is NO_VALUE else low
    high = None if high is NO_VALUE else high
    y = np.clip(a, low, high, **params)

    def share(ct, value, *others):
        ties = np.int8(1)  # in eight bits, as this is an array of the size of y
        for other in others:
            if other is not None:
                ties = np.add(ties, y == other, dtype=np.int8)
        return np.where(y == value, ct / ties, 0)

    def clip_pullback(ct):
        return share(ct, a, low, high)

    def clip_pullback_low(ct):
        return share(ct, low, a, high)

    def clip_pullback_high(ct):
        return share(ct, high, a, low)

    back_low = None if low is None else clip_pullback_low
    back_high = None if high is None else clip_pullback_high
    return y, (clip_pullback, back_low, back_high, None, back_low, back_high)


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


@rule(np.choose, not_implemented={"choices": "where they are one array and not a list of arrays"})
def choose(a, choices, out=None, mode="raise"):
    """Of several choices the one whose number ``a`` has, element by element."""
    refuse_out(out, np.choose)
    y = np.choose(a, choices, mode=mode)
    if not isinstance(choices, (list, tuple)):
        reason = "the derivative of np.choose by one array of choices is not written; pass a list"
        return y, (None, not_implemented(reason), None, None)
    count = len(choices)
    number = np.array(a)
    if mode != "raise":
        number = number % count if mode == "wrap" else np.clip(number, 0, count - 1)

    def choose_pullback(ct):
        return [np.where(number == place, ct, 0) for place in range(count)]

    return y, (None, choose_pullback, None, None)
