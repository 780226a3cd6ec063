"""Rules for ranges between two ends: `numpy.linspace` and its kin."""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback_numpy.axes import in_precision_of
from pullback_numpy.strong import bilinear, multiply, power_log


def _fractions(num, endpoint):
    """How far each sample is on the way from the start to the stop."""
    return np.arange(num) / max(num - bool(endpoint), 1)


def _weighted(ct, weights, axis):
    """The sum of ``ct`` along an axis, with weights; what has the weight 0 counts for nothing."""
    weights = in_precision_of(ct, weights)
    return bilinear(np.moveaxis(ct, axis, -1), weights).sum(axis=-1)


@rule(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """``y = start + t (stop - start)``, with ``t`` from 0 to 1; ``step`` is the gap between two."""
    result = np.linspace(start, stop, num, endpoint, retstep, dtype, axis, device=device)
    t = _fractions(num, endpoint)
    gaps = num - bool(endpoint)

    def pullback_of(weights, direction):
        def linspace_pullback(ct):
            if not retstep:
                return _weighted(ct, weights, axis)
            of_step = direction * ct[1] / gaps if gaps > 0 else 0.0
            return of_step if ct[0] is None else _weighted(ct[0], weights, axis) + of_step

        return linspace_pullback

    return result, (pullback_of(1 - t, -1), pullback_of(t, 1))


@rule(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """``y = base**e``, with the exponents ``e`` of `linspace`."""
    result = np.logspace(start, stop, num, endpoint, base, dtype, axis)
    t = _fractions(num, endpoint)

    single = np.ndim(base) == 0  # as a Python number it has no precision

    def exponents():
        first, last = (start, stop) if single else np.broadcast_arrays(start, stop, base)[:2]
        return np.linspace(first, last, num, endpoint, axis=axis)

    def bases():
        if single:
            return base
        return np.expand_dims(np.broadcast_arrays(start, stop, base)[2], axis)

    def pullback_of(weights):
        def logspace_pullback(ct):
            return _weighted(power_log(ct, bases(), exponents(), k=1), weights, axis)

        return logspace_pullback

    def logspace_pullback_base(ct):
        e = exponents()
        return power_log(ct * e, bases(), e - 1).sum(axis=axis)

    return result, (pullback_of(1 - t), pullback_of(t), None, None, logspace_pullback_base)


@rule(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """``y = start**(1 - t) stop**t``, so ``dy = y ((1 - t) dstart / start + t dstop / stop)``."""
    y = np.geomspace(start, stop, num, endpoint, dtype, axis)
    t = _fractions(num, endpoint)

    def samples():
        with np.errstate(all="ignore"):  # the function has warned already
            return np.geomspace(start, stop, num, endpoint, axis=axis)

    def geomspace_pullback_start(ct):
        return _weighted(multiply(ct, samples()), 1 - t, axis) / start

    def geomspace_pullback_stop(ct):
        return _weighted(multiply(ct, samples()), t, axis) / stop

    return y, (geomspace_pullback_start, geomspace_pullback_stop)
