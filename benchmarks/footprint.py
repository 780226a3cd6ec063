"""What it costs beside time: peak memory, memory that stays, and the import.

Each figure is taken in a fresh process, so that nothing else counts.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final, TypeVar

import numpy as np

from benchmarks.engines import ENGINES, Run, check
from benchmarks.problems import PROBLEMS

__all__ = ["FRUGAL", "IN_PLACE", "growth", "import_seconds", "in_fresh_process", "peak_bytes"]

IN_PLACE: Final = "by hand, out="

T = TypeVar("T")

STATM: Final = Path("/proc/self/statm")


def in_fresh_process(function: Callable[..., T], *args: Any) -> T:
    """``function(*args)``, run in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


def peak_bytes(engine: str, problem: str) -> int:
    """The most memory that one gradient holds at a time, the result included.

    Counted by `tracemalloc`, which sees Python objects and NumPy's buffers, and nothing of torch
    or JAX.

    Args:
        engine: a name of `ENGINES`, or of `FRUGAL` for Rosenbrock's function.
        problem: a name of `PROBLEMS`.
    """
    chosen = PROBLEMS[problem]()
    if engine in FRUGAL:
        run: Run = partial(FRUGAL[engine], *chosen.primals)
    else:
        run = ENGINES[engine].prepare(chosen)
    check(chosen, run)
    gc.collect()
    tracemalloc.start()
    run()
    return tracemalloc.get_traced_memory()[1]


def rosenbrock_in_place(x: Any) -> tuple[Any, Any]:
    """Rosenbrock's function and gradient by hand, with ``out=`` wherever it goes.

    The formulas are those of `benchmarks.problems.rosenbrock`, in the fewest arrays that hold
    them without computing anything twice: four.
    """
    head = x[:-1]
    gradient = np.empty_like(x)
    inner = gradient[:-1]
    valley = np.multiply(head, head)
    np.subtract(x[1:], valley, out=valley)
    slope = np.subtract(1.0, head)
    squares = np.multiply(100.0, valley)
    squares *= valley
    np.multiply(slope, slope, out=inner)
    squares += inner
    y = np.sum(squares)
    del squares
    np.multiply(-400.0, head, out=inner)
    inner *= valley
    slope *= 2.0
    inner -= slope
    gradient[-1] = 0.0
    valley *= 200.0
    gradient[1:] += valley
    return y, gradient


def rosenbrock_by_products(x: Any) -> tuple[Any, Any]:
    """The same in two arrays, with other formulas: scalar products in place of the sum."""
    head = x[:-1]
    gradient = np.empty_like(x)
    slope = gradient[:-1]
    valley = np.multiply(head, head)
    np.subtract(x[1:], valley, out=valley)
    np.subtract(1.0, head, out=slope)
    y = 100.0 * (valley @ valley) + slope @ slope
    valley *= 200.0
    slope *= -2.0
    gradient[-1] = 0.0
    gradient[1:] += valley
    valley *= head
    valley *= 2.0
    slope -= valley
    return y, gradient


FRUGAL: Final[dict[str, Callable[[Any], tuple[Any, Any]]]] = {
    IN_PLACE: rosenbrock_in_place,
    "by hand, out=, scalar products": rosenbrock_by_products,
}
"""Gradients of Rosenbrock's function that are written to take little memory."""


def growth(engine: str, problem: str, times: int) -> int:
    """By how many bytes the process grows in ``times`` gradients with the collector disabled."""
    run = ENGINES[engine].prepare(PROBLEMS[problem]())
    gc.disable()
    for _ in range(1000):
        run()
    before = _resident_bytes()
    for _ in range(times):
        run()
    return _resident_bytes() - before


def import_seconds(module: str, samples: int) -> float:
    """What importing ``module`` adds to a bare interpreter: medians of interleaved processes.

    Its bytecode is cached by a first import that does not count.
    """
    bare: list[float] = []
    importing: list[float] = []
    _process_seconds(f"import {module}")
    for _ in range(samples):
        bare.append(_process_seconds("pass"))
        importing.append(_process_seconds(f"import {module}"))
    return median(importing) - median(bare)


def _process_seconds(statement: str) -> float:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    start = perf_counter()
    subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
    return perf_counter() - start


def _resident_bytes() -> int:
    """What the process holds now; where only its peak is known, that."""
    import resource  # which only Unix has

    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
