"""No rule works more than its primal: where that is linear, so is the memory of the pullback."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from pullback import at, vjp

FEW = 4096
MANY = 4 * FEW

LINEAR = {
    "at.add": lambda x: at(x)[np.arange(x.size) // 2].add(1.0),
    "at.set": lambda x: at(x)[::2].set(0.0),
    "average": lambda x: np.average(x, weights=x),
    "bincount": lambda x: np.bincount(np.arange(x.size) % 50, weights=x),
    "clip": lambda x: np.clip(x, 0.995, 1.005),
    "compress": lambda x: np.compress(x > 1, x),
    "convolve": lambda x: np.convolve(x, np.ones(5)),
    "correlate": lambda x: np.correlate(x, np.ones(5), "same"),
    "cumprod": np.cumprod,
    "cumsum": np.cumsum,
    "delete": lambda x: np.delete(x, 3),
    "diff": np.diff,
    "divide.accumulate": np.divide.accumulate,
    "divide.reduce": np.divide.reduce,
    "einsum": lambda x: np.einsum("i,i->", x, x),
    "fft": lambda x: np.abs(np.fft.rfft(x)),
    "gradient": np.gradient,
    "histogram": lambda x: np.histogram(np.linspace(0, 1, x.size), bins=50, weights=x)[0],
    "hypot.reduce": np.hypot.reduce,
    "indices": lambda x: x[np.arange(x.size) // 2],
    "insert": lambda x: np.insert(x, 3, 1.0),
    "interp of x": lambda x: np.interp(x, np.linspace(0, 2, x.size), np.linspace(0, 1, x.size)),
    "interp of fp": lambda x: np.interp(np.linspace(0, 1, 99), np.linspace(0, 1, x.size), x),
    "irfft": np.fft.irfft,
    "kron": lambda x: np.kron(x, np.ones(3)),
    "logaddexp.accumulate": np.logaddexp.accumulate,
    "logaddexp.reduce": np.logaddexp.reduce,
    "max": np.max,
    "maximum.accumulate": np.maximum.accumulate,
    "median": np.median,
    "multiply.reduce": np.multiply.reduce,
    "nanmax": np.nanmax,
    "nanmedian": np.nanmedian,
    "nanprod": np.nanprod,
    "nanvar": np.nanvar,
    "norm": np.linalg.norm,
    "norm by an order": lambda x: np.linalg.norm(x, 3),
    "pad": lambda x: np.pad(x, 3, mode="reflect"),
    "partition": lambda x: np.partition(x, 5),
    "piecewise": lambda x: np.piecewise(x, [x < 1, x >= 1], [np.square, np.sqrt]),
    "polyval": lambda x: np.polyval(np.ones(5), x),
    "prod": np.prod,
    "ptp": np.ptp,
    "quantile": lambda x: np.quantile(x, [0.1, 0.5, 0.9]),
    "repeat": lambda x: np.repeat(x, 3),
    "roll": lambda x: np.roll(x, 5),
    "select": lambda x: np.select([x < 1, x < 1.005], [x, x * x], 0.0),
    "setdiff1d": lambda x: np.setdiff1d(x, x[:5]),
    "slice": lambda x: x[::2],
    "sort": np.sort,
    "std": np.std,
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(x), 0),
    "tile": lambda x: np.tile(x, 3),
    "trapezoid": np.trapezoid,
    "union1d": lambda x: np.union1d(x, x + 3.0),
    "unique": np.unique,
    "unwrap": np.unwrap,
    "var": np.var,
    "where": lambda x: np.where(x > 1, x, x * x),
}  # fmt: skip


def peak(function, size):
    """The most bytes that are held at once while the pullback runs."""
    y, pullback = vjp(function, np.random.default_rng(0).uniform(0.99, 1.01, size))
    cotangent = np.ones_like(y)
    pullback(cotangent)  # what is made once is made now
    tracemalloc.start()
    pullback(cotangent)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.mark.parametrize("function", LINEAR.values(), ids=LINEAR)
def test_the_memory_of_a_linear_pullback_is_linear(function):
    assert peak(function, MANY) < 1.2 * MANY / FEW * peak(function, FEW)


def test_the_memory_of_a_quadratic_pullback_is_not():
    def distances(x):
        return np.sum(np.abs(x[:, None] - x))

    assert peak(distances, MANY // 16) > 2 * MANY / FEW * peak(distances, FEW // 16)
