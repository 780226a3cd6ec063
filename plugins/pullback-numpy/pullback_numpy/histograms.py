"""Rules for counting: `numpy.bincount`, `numpy.histogram` and its kin.

A count is linear in the weights and a step in the data. What depends on the data, unless they are
given, are the edges of the bins, from the minimum to the maximum, and with them a density.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pullback import not_implemented, rule
from pullback.spaces import recorded
from pullback_numpy.axes import as_array, in_precision_of
from pullback_numpy.indexing import read
from pullback_numpy.reductions import max_, min_
from pullback_numpy.strong import divide

_NO_LIMITS = "the derivative by the limits of the bins is not written; give the edges as bins"
_BY_LIMITS = not_implemented(_NO_LIMITS)


@rule(np.bincount, differentiable=("weights",))
def bincount(x, weights=None, minlength=0):
    """``y[k]`` is the sum of the weights where ``x`` is ``k``: each gets the cotangent there."""
    y = np.bincount(x, None if weights is None else as_array(weights), minlength)
    x = x if recorded(x) else np.array(x, np.intp)

    def bincount_pullback(ct):
        return read(ct, x)

    return y, (None, bincount_pullback, None)


@rule(
    np.histogram_bin_edges,
    differentiable=("a", "bins"),
    not_implemented={"range": _NO_LIMITS},
)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The edges that are given, or those of equal bins from the minimum to the maximum."""
    a = as_array(a)

    def histogram_bin_edges_pullback_a(ct):
        return _of_data(ct, a)

    def histogram_bin_edges_pullback_bins(ct):
        return ct

    bins = _as_edges(bins)
    y = np.histogram_bin_edges(a, bins, range, weights)
    if _are_edges(bins):
        return y, (None, histogram_bin_edges_pullback_bins, None, None)
    if range is None and a.size:
        return y, (histogram_bin_edges_pullback_a, None, None, None)
    return y, (None, None, _BY_LIMITS, None)


@rule(np.histogram, not_implemented={"range": _NO_LIMITS})
def histogram(a, bins=10, range=None, density=None, weights=None):
    """The sum of the weights in each bin; as a density, divided by its width and the total."""
    a, weights = as_array(a), None if weights is None else as_array(weights)
    bins = _as_edges(bins)
    counts, edges = np.histogram(a, bins, range, density, weights)
    of_weights, of_edges = _cotangents(counts, [edges], [a.reshape(-1)], density, weights)

    def histogram_pullback_a(cts):
        return _of_data(of_edges(cts, 0), a)

    def histogram_pullback_bins(cts):
        return of_edges(cts, 0)

    pullbacks: tuple[Any, Any, Any] = None, None, _BY_LIMITS
    if _are_edges(bins):
        pullbacks = None, histogram_pullback_bins, None
    elif range is None and a.size:
        pullbacks = histogram_pullback_a, None, None
    return (counts, edges), (*pullbacks, None, of_weights)


@rule(np.histogram2d, not_implemented={"range": _NO_LIMITS})
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    """The sum of the weights in each rectangle; as a density, divided by its area and the total."""
    data, weights = (as_array(x), as_array(y)), None if weights is None else as_array(weights)
    paired = isinstance(bins, (list, tuple)) and len(bins) == 2
    bins = [_as_edges(item) for item in bins] if paired else _as_edges(bins)
    counts, *edges = np.histogram2d(*data, bins, range, density, weights)
    of_weights, of_edges = _cotangents(counts, edges, data, density, weights)
    each = bins if paired or np.shape(bins)[:1] == (2,) else (bins, bins)
    given = [_are_edges(each[k]) for k in (0, 1)]
    ranges = (None, None) if range is None else range
    found = [not given[k] and ranges[k] is None and len(data[k]) > 0 for k in (0, 1)]

    def histogram2d_pullback_x(cts):
        return _of_data(of_edges(cts, 0), data[0])

    def histogram2d_pullback_y(cts):
        return _of_data(of_edges(cts, 1), data[1])

    def histogram2d_pullback_bins(cts):
        of_each: list[Any] = [of_edges(cts, k) if given[k] else None for k in (0, 1)]
        if paired:
            return of_each
        return np.stack(of_each) if each is bins else of_each[0] + of_each[1]

    return (counts, *edges), (
        histogram2d_pullback_x if found[0] else None,
        histogram2d_pullback_y if found[1] else None,
        histogram2d_pullback_bins if any(given) else None,
        _BY_LIMITS,
        None,
        of_weights,
    )


@rule(np.histogramdd, not_implemented={"range": _NO_LIMITS})
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    """The sum of the weights in each box; as a density, divided by its volume and the total.

    The sample has a row for each point. A list is taken for the coordinates of all points.
    """
    rows = hasattr(sample, "shape") and sample.ndim == 2
    sample, weights = as_array(sample), None if weights is None else as_array(weights)
    columns = sample.T if rows else np.atleast_2d(sample)
    if isinstance(bins, (list, tuple)):
        bins = [_as_edges(item) for item in bins]
    counts, edges = np.histogramdd(columns.T, bins, range, density, weights)
    of_weights, of_edges = _cotangents(counts, edges, columns, density, weights)
    each = bins if isinstance(bins, list) or np.ndim(bins) else (bins,) * len(edges)
    given = [_are_edges(item) for item in each]
    ranges = (None,) * len(edges) if range is None else range
    found = [not known and limits is None for known, limits in zip(given, ranges, strict=True)]

    def histogramdd_pullback_sample(cts):
        cts = _flat(cts)
        moving = zip(columns, found, strict=True)
        of_columns = np.stack(
            [
                _of_data(of_edges(cts, axis), column) if moves else np.zeros_like(column)
                for axis, (column, moves) in enumerate(moving)
            ]
        )
        return of_columns.T if rows else of_columns.reshape(sample.shape)

    def histogramdd_pullback_bins(cts):
        cts = _flat(cts)
        of_each: list[Any] = [
            of_edges(cts, axis) if known else None for axis, known in enumerate(given)
        ]
        return of_each if isinstance(bins, list) else np.stack(of_each)

    def histogramdd_pullback_weights(cts):
        return of_weights(_flat(cts))

    return (counts, edges), (
        histogramdd_pullback_sample if any(found) and sample.size else None,
        histogramdd_pullback_bins if any(given) else None,
        _BY_LIMITS,
        None,
        None if weights is None else histogramdd_pullback_weights,
    )


def _flat(cts):
    """The cotangents of the counts and of each axis' edges, which lie in a list."""
    return (cts[0], *cts[1])


def _are_edges(bins):
    """Whether ``bins`` are edges, and not their number or the name of a method."""
    return np.ndim(bins) == 1


def _as_edges(bins):
    """``bins``, as an array if they are a list, traced or not."""
    return as_array(bins) if isinstance(bins, (list, tuple)) else bins


def _of_data(ct, a):
    """What the minimum and the maximum of ``a`` get of equal bins from the one to the other."""
    t = in_precision_of(ct, np.linspace(0.0, 1.0, len(ct)))
    return min_(a)[1]((ct * (1 - t)).sum()) + max_(a)[1]((ct * t).sum())


def _cotangents(counts, edges, data, density, weights):
    """The pullback of a histogram by its weights, and the cotangent of its edges.

    With ``n`` in a bin, ``N`` in all, and the size ``v`` of a bin, the density is ``n / (N v)``.
    """

    def bins():
        """In which bins the data are, and whether they are in one."""
        places, inside = [], np.True_
        for column, steps in zip(data, edges, strict=True):
            place = np.searchsorted(steps, column, "right") - (column == steps[-1]) - 1
            inside = inside & (place >= 0) & (place < len(steps) - 1)
            places.append(np.clip(place, 0, len(steps) - 2))
        return tuple(places), inside

    def known(ct):
        return np.where(np.isnan(counts), 0, ct)

    def widths(axis):
        width = edges[axis][1:] - edges[axis][:-1]
        return width.reshape(-1, *(1,) * (counts.ndim - axis - 1))

    def histogram_pullback_weights(cts):
        ct = cts[0]
        if not ct.size:
            return np.zeros(weights.shape, ct.dtype)
        places, inside = bins()
        if density:
            ct = known(ct)
            total = np.where(inside, weights.reshape(-1), 0).sum()
            mean = (ct * known(counts)).sum()
            for axis in range(counts.ndim):
                ct = divide(ct, widths(axis))
            ct = divide(ct - mean, total)
        return np.where(inside, read(ct, places), 0).reshape(weights.shape)

    def of_edges(cts, axis):
        if not density or not counts.size:
            return cts[1 + axis]
        others = tuple(other for other in range(counts.ndim) if other != axis)
        of_width = (known(cts[0]) * known(counts)).sum(axis=others)
        of_width = divide(of_width, widths(axis).reshape(-1))
        nothing = np.zeros(1, of_width.dtype)
        moved = np.concatenate([of_width, nothing]) - np.concatenate([nothing, of_width])
        return moved if cts[1 + axis] is None else cts[1 + axis] + moved

    return (None if weights is None else histogram_pullback_weights), of_edges
