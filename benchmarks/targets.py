"""What is to be reached, and whether it is: each target against the numbers of one run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from benchmarks.footprint import IN_PLACE
from benchmarks.problems import Problem

__all__ = ["Found", "Row", "Target", "targets"]

MICRO = 1e-6
MANY = 10**4
"""What a problem of more elements is measured for: what a gradient costs beside its loss."""
MEBI = 2.0**20
NOISE = 2**14
"""Bytes of Python objects that differ where the arrays are the same."""


@dataclass(frozen=True)
class Row:
    """The seconds that one gradient of a problem takes, by engine."""

    name: str
    problem: Problem
    seconds: dict[str, float]
    """With those of the loss alone, in plain NumPy, as ``"primal"``."""
    first: dict[str, float] = field(default_factory=dict)
    """The seconds of the first run, for engines that compile in it."""

    def ratio(self, engine: str, to: str = "pullback") -> float:
        """How many times longer than another engine ``engine`` takes."""
        return self.seconds[engine] / self.seconds[to]


@dataclass(frozen=True)
class Found:
    """Everything that one run of the benchmarks found."""

    rows: list[Row]
    seed_result: tuple[float, float] | None = None
    """What ``val_and_grad([sin, sin, exp], 2.0)`` returns."""
    import_seconds: float | None = None
    """What ``import pullback`` adds to a bare interpreter."""
    growth: int | None = None
    """Bytes added by 10⁵ gradients with the garbage collector disabled."""
    graphs: dict[str, float] = field(default_factory=dict)
    """Problem -> how many times as long as the program the graph of it takes."""
    drawing_seconds: float | None = None
    """What the drawing of a graph of 200 nodes takes in the terminal."""
    page_bytes: int | None = None
    """The size of its web page."""
    compile_seconds: tuple[float, float] | None = None
    """What recording and compiling 1,000 operations takes: the value alone, and with gradient."""
    peaks: dict[str, int] = field(default_factory=dict)
    """Engine -> the peak bytes of a Rosenbrock gradient of 10⁶ elements."""

    def rows_of(self, *names: str) -> list[Row]:
        """The rows of those problems, as far as they were run."""
        return [row for row in self.rows if row.name in names]


@dataclass(frozen=True)
class Target:
    """One thing to reach; ``reached`` is ``None`` where it was not measured."""

    text: str
    measured: str = "not measured"
    reached: bool | None = None


def targets(found: Found) -> list[Target]:
    """Every target, with what was found."""
    return [
        _seed_value(found),
        *_seed_time(found),
        *_traced(found),
        _graph(found),
        *_drawings(found),
        _peak(found),
        _growth(found),
        _linear(found),
        _import(found),
        *_compiled(found),
        _compiled_peak(found),
        _compile_time(found),
    ]


def _seed_value(found: Found) -> Target:
    expected = (2.2013533791690376, -0.562752038662712)
    text = f"`val_and_grad([sin, sin, exp], 2.0)` is exactly `{expected}`"
    if found.seed_result is None:
        return Target(text)
    return Target(text, f"`{found.seed_result}`", found.seed_result == expected)


def _seed_time(found: Found) -> list[Target]:
    rows = found.rows_of("seed chain, as a chain")
    overhead = Target("It costs at most 2 µs more than value and derivative by hand in Python")
    ratio = _at_least("It is at least 15 times faster than autograd", 15, "autograd", rows)
    for row in rows:
        own, hand = row.seconds["pullback"] / MICRO, row.seconds["by hand"] / MICRO
        measured = f"{own - hand:.2f} µs more ({own:.2f} and {hand:.2f})"
        overhead = replace(overhead, measured=measured, reached=own - hand <= 2)
    return [overhead, ratio]


def _traced(found: Found) -> list[Target]:
    traced = [row for row in found.rows if row.problem.links is None]
    small = [row for row in traced if row.problem.small]
    large = [row for row in traced if not row.problem.small]
    five_times = "Traced programs are at least 5 times faster than autograd on every small problem"
    never_slower = "They are never slower than autograd on the large ones"
    torch = "They are faster than torch eager on every small problem"
    return [
        _at_least(five_times, 5, "autograd", small),
        _at_least(never_slower, 1, "autograd", large),
        _at_least(torch, 1, "torch", small),
    ]


def _at_least(text: str, factor: float, engine: str, rows: Iterable[Row]) -> Target:
    ratios = sorted((row.ratio(engine), row.name) for row in rows if engine in row.seconds)
    if not ratios:
        return Target(text)
    short = [f"{ratio:.2f} ({name})" for ratio, name in ratios if ratio < factor]
    least = f"{ratios[0][0]:.2f} times ({ratios[0][1]}) at least"
    measured = f"missed by {len(short)} of {len(ratios)}: {', '.join(short)}" if short else least
    return Target(text, measured, not short)


def _graph(found: Found) -> Target:
    text = "The graph of a traced program takes at most 1.3 times as long as the program itself"
    if not found.graphs:
        return Target(text)
    ratio, name = max((ratio, name) for name, ratio in found.graphs.items())
    return Target(text, f"{ratio:.2f} times ({name}) at most", ratio <= 1.3)


def _drawings(found: Found) -> list[Target]:
    time = Target("A graph of 200 nodes is drawn in the terminal within 0.3 s")
    size = Target("Its web page is smaller than 300 kB")
    if found.drawing_seconds is not None:
        taken = found.drawing_seconds
        time = replace(time, measured=f"{taken:.2f} s", reached=taken <= 0.3)
    if found.page_bytes is not None:
        kilobytes = found.page_bytes / 1e3
        size = replace(size, measured=f"{kilobytes:.0f} kB", reached=kilobytes < 300)
    return [time, size]


def _peak(found: Found) -> Target:
    text = "A gradient of 10⁶ elements holds no more memory than autograd's at its peak"
    if not {"pullback", "autograd"} <= found.peaks.keys():
        return Target(text)
    own, other = found.peaks["pullback"] / MEBI, found.peaks["autograd"] / MEBI
    return Target(text, f"{own:.1f} MiB; autograd {other:.1f} MiB", own <= other)


def _growth(found: Found) -> Target:
    text = "10⁵ repeated gradients with the garbage collector disabled: memory is flat"
    if found.growth is None:
        return Target(text)
    measured = f"{found.growth / MEBI:.2f} MiB more, {found.growth / 1e5:.1f} bytes a gradient"
    # One small array a gradient would be 10 MiB; less than one is the allocator's noise.
    return Target(text, measured, found.growth < MEBI)


def _linear(found: Found) -> Target:
    text = "Reads of `x[i]` in a loop are linear"
    rows = found.rows_of("x[i], 10³ reads", "x[i], 10⁴ reads")
    if len(rows) < 2:
        return Target(text)
    short, long = (row.seconds["pullback"] for row in rows)
    measured = f"10 times the reads take {long / short:.1f} times as long"
    # Quadratic would be a hundred times as long; caches make the longer loop a little slower.
    return Target(text, measured, long / short < 15)


def _import(found: Found) -> Target:
    text = "`import pullback` stays within 60 ms of a bare interpreter"
    if found.import_seconds is None:
        return Target(text)
    milliseconds = found.import_seconds * 1e3
    return Target(text, f"{milliseconds:.0f} ms more", milliseconds <= 60)


def _compiled(found: Found) -> list[Target]:
    seed = Target("The compiled seed chain takes at most 0.4 µs, with value and derivative")
    for row in found.rows_of("seed chain, as a chain"):
        if "compiled" in row.seconds:
            taken = row.seconds["compiled"] / MICRO
            seed = replace(seed, measured=f"{taken:.2f} µs", reached=taken <= 0.4)
    large = [row for row in found.rows if row.problem.elements > MANY]
    hand = "Compiled gradients take at most 1.15 times as long as those by hand, on every problem"
    primal = (
        f"They take at most 3 times as long as the loss, where it is given over {MANY:,} numbers"
    )
    jax = "Compiled by numba, they are faster than jax jit on every problem that both run"
    return [
        seed,
        _at_most(hand, 1.15, "compiled", "by hand", found.rows),
        _at_most(primal, 3, "compiled", "primal", large),
        _at_most(jax, 1, "compiled, numba", "jax jit", found.rows),
    ]


def _at_most(text: str, factor: float, engine: str, other: str, rows: Iterable[Row]) -> Target:
    both = [row for row in rows if {engine, other} <= row.seconds.keys()]
    ratios = sorted(((row.ratio(engine, other), row.name) for row in both), reverse=True)
    if not ratios:
        return Target(text)
    over = [f"{ratio:.2f} ({name})" for ratio, name in ratios if ratio > factor]
    most = f"{ratios[0][0]:.2f} times ({ratios[0][1]}) at most"
    measured = f"missed by {len(over)} of {len(ratios)}: {', '.join(over)}" if over else most
    return Target(text, measured, not over)


def _compiled_peak(found: Found) -> Target:
    text = "A compiled gradient of 10⁶ elements holds no more memory than by hand with `out=`"
    if not {"compiled", IN_PLACE} <= found.peaks.keys():
        return Target(text)
    own, other = found.peaks["compiled"], found.peaks[IN_PLACE]
    measured = f"{own / MEBI:.1f} MiB; by hand {other / MEBI:.1f} MiB"
    return Target(text, measured, own - other < NOISE)


def _compile_time(found: Found) -> Target:
    text = "1,000 operations are recorded and compiled within 0.5 s"
    if found.compile_seconds is None:
        return Target(text)
    value, gradient = found.compile_seconds
    measured = f"{value:.2f} s; with their gradient {gradient:.2f} s"
    return Target(text, measured, value <= 0.5)
