"""How long it takes to record and compile a program of a thousand operations."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Final

import pullback
from benchmarks.engines import program
from benchmarks.problems import PROBLEMS
from benchmarks.timing import Effort

__all__ = ["OPERATIONS", "compile_seconds"]

OPERATIONS: Final = "1,000 links, traced"
"""The problem that has so many of them."""


def compile_seconds(effort: Effort) -> tuple[float, float]:
    """Median seconds of a first call with the engine ``numpy``: of the value, of the gradient."""
    problem = PROBLEMS[OPERATIONS]()
    function = program(problem)
    return (
        _first_call(function, problem.primals, effort),
        _first_call(pullback.value_and_grad(function), problem.primals, effort),
    )


def _first_call(function: Callable[..., Any], args: tuple[Any, ...], effort: Effort) -> float:
    """Each time it is compiled anew; the first time, which imports the compiler, does not count."""
    times = []
    for _ in range(1 + max(3, effort.samples // 3)):
        compiled = pullback.compile(function)
        start = perf_counter()
        compiled(*args)
        times.append(perf_counter() - start)
    return median(times[1:])
