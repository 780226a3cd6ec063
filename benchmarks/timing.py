"""How long it takes: interleaved samples of several engines, and their medians."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median
from time import perf_counter
from timeit import Timer
from typing import Any, Final

import numpy as np

import pullback
from benchmarks.engines import Engine, Run, check, program
from benchmarks.problems import Problem

__all__ = ["FULL", "QUICK", "Effort", "graph_ratio", "interleaved", "measure"]


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    samples: int
    """The samples of each engine; a slow one gets fewer, but three at least."""
    sample_seconds: float
    """A sample repeats a run until it lasts as long as this."""
    most_seconds: float
    """What all samples of one engine may take together."""


FULL: Final = Effort(samples=21, sample_seconds=0.02, most_seconds=4.0)
QUICK: Final = Effort(samples=5, sample_seconds=0.005, most_seconds=0.5)


def measure(
    problem: Problem, engines: list[Engine], effort: Effort
) -> tuple[dict[str, float], dict[str, float]]:
    """How long an engine takes for ``problem``: the median of its runs, and the first one.

    Every engine is first checked against the gradient by hand; that run is its warm-up, in which
    compilers compile.

    Returns:
        Seconds by engine, with those of the loss alone, in plain NumPy, as ``"primal"``; and the
        seconds that the first run of engines that compile has taken.

    Raises:
        AssertionError: an engine computes something else.
    """
    chosen = [engine for engine in engines if engine.name not in problem.omitted]
    runs = {engine.name: engine.prepare(problem) for engine in chosen}
    first = {}
    for engine in chosen:
        start = perf_counter()
        runs[engine.name]()
        if engine.compiles:
            first[engine.name] = perf_counter() - start
        check(problem, runs[engine.name])
    primal: dict[str, Run] = {
        "primal": partial(program(problem), *problem.primals, *problem.constants)
    }
    return interleaved(runs | primal, effort), first


def graph_ratio(problem: Problem, effort: Effort) -> float:
    """How many times as long as a program, without any derivative, the graph of it takes.

    Raises:
        AssertionError: the graph computes something else.
    """

    def closed(*primals: Any) -> Any:
        return problem.loss(np, *primals, *problem.constants)

    graph = pullback.trace(closed, *problem.primals)
    for _ in range(12):  # a long graph is compiled at the eleventh call
        assert graph(*problem.primals) == closed(*problem.primals)
    runs: dict[str, Run] = {
        "program": partial(closed, *problem.primals),
        "graph": partial(graph, *problem.primals),
    }
    seconds = interleaved(runs, effort)
    return seconds["graph"] / seconds["program"]


def interleaved(runs: Mapping[str, Run], effort: Effort) -> dict[str, float]:
    """Median seconds of one call of each of ``runs``, sampled in turns: A B C A B C ...

    `timeit` disables the garbage collector within a sample, so nobody pays for what another
    engine left behind, nor for the callback that JAX has it call.
    """
    timers = {name: Timer(run) for name, run in runs.items()}
    loops: dict[str, int] = {}
    rounds: dict[str, int] = {}
    for name, timer in timers.items():
        loops[name], seconds = _calibrate(timer, effort.sample_seconds)
        rounds[name] = min(effort.samples, max(3, int(effort.most_seconds / seconds)))
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(effort.samples):
        for name, timer in timers.items():
            if turn < rounds[name]:
                samples[name].append(timer.timeit(loops[name]) / loops[name])
    return {name: median(times) for name, times in samples.items()}


def _calibrate(timer: Timer, least_seconds: float) -> tuple[int, float]:
    """How many runs last ``least_seconds``, and how long that many lasted."""
    loops = 1
    while (seconds := timer.timeit(loops)) < least_seconds:
        loops = max(loops + 1, min(10 * loops, ceil(1.1 * loops * least_seconds / seconds)))
    return loops, seconds
