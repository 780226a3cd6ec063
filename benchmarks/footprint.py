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
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final, TypeVar

from benchmarks.engines import ENGINES
from benchmarks.problems import PROBLEMS

__all__ = ["growth", "import_seconds", "in_fresh_process", "peak_bytes"]

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
    """
    run = ENGINES[engine].prepare(PROBLEMS[problem]())
    run()
    gc.collect()
    tracemalloc.start()
    run()
    return tracemalloc.get_traced_memory()[1]


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
