"""What comes out: the table for the terminal, and the page of the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.engines import Engine
from benchmarks.targets import MEBI, MICRO, Found, Row, Target, targets
from benchmarks.timing import Effort

__all__ = ["page", "show"]

PAGE: Final = Template((Path(__file__).parent / "page.md").read_text(encoding="utf-8"))


def show(found: Found, engines: Sequence[Engine], console: Console) -> None:
    """Print the table of ratios, and the targets that were measured."""
    ratios = _table(ratio_cells(found.rows, engines), title="times as long as pullback")
    for column in ratios.columns[1:]:
        column.justify = "right"
    console.print(ratios)
    if any(row.first for row in found.rows):
        console.print(_table(first_cells(found.rows, engines), title="the first run, ms"))
    measured = [target for target in targets(found) if target.reached is not None]
    console.print(_table(target_cells(measured)))


def page(found: Found, engines: Sequence[Engine], effort: Effort) -> str:
    """The page in Markdown."""
    packages = dict.fromkeys(engine.package for engine in engines)
    return PAGE.substitute(
        ratios=_markdown(ratio_cells(found.rows, engines)),
        omissions="".join(f"- {line}\n" for line in omissions(found.rows, engines)),
        firsts=_markdown(first_cells(found.rows, engines)),
        targets=_markdown(target_cells(targets(found))),
        peaks=_markdown(peak_cells(found.peaks)),
        cores=os.cpu_count(),
        machine=f"{platform.system()} on {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        packages=", ".join(f"{name} {version(name)}" for name in packages),
        samples=effort.samples,
        sample_ms=f"{effort.sample_seconds * 1e3:.0f}",
        most_seconds=f"{effort.most_seconds:g}",
    )


def ratio_cells(rows: Sequence[Row], engines: Sequence[Engine]) -> list[list[str]]:
    """The table of ratios, its header first."""
    others = [engine.name for engine in engines if engine.name != "pullback"]
    table = [["problem", "pullback, µs", *others]]
    for row in rows:
        ratios = [_figure(row.ratio(name)) if name in row.seconds else "–" for name in others]
        table.append([row.name, _figure(row.seconds["pullback"] / MICRO), *ratios])
    return table


def first_cells(rows: Sequence[Row], engines: Sequence[Engine]) -> list[list[str]]:
    """The table of the milliseconds that the first run takes, its header first."""
    names = [engine.name for engine in engines if engine.compiles]
    cells = [
        [_figure(row.first[name] * 1e3) if name in row.first else "–" for name in names]
        for row in rows
    ]
    return [["problem", *names], *([row.name, *c] for row, c in zip(rows, cells, strict=True))]


def omissions(rows: Sequence[Row], engines: Sequence[Engine]) -> list[str]:
    """Who does not run what, and why."""
    names = {engine.name for engine in engines}
    return [
        f"{row.name}: {engine} was not run; {reason}."
        for row in rows
        for engine, reason in row.problem.omitted.items()
        if engine in names
    ]


def target_cells(reached: Iterable[Target]) -> list[list[str]]:
    """The table of targets, its header first."""
    words = {True: "yes", False: "**no**", None: "–"}
    rows = [[target.text, target.measured, words[target.reached]] for target in reached]
    return [["to reach", "measured", "reached"], *rows]


def peak_cells(peaks: dict[str, int]) -> list[list[str]]:
    """The table of peak memory, its header first."""
    rows = [[engine, f"{peak / MEBI:.1f}"] for engine, peak in peaks.items()]
    return [["gradient of 10⁶ elements", "peak, MiB"], *rows]


def _figure(number: float) -> str:
    """Two or three significant digits, never an exponent."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def _table(cells: list[list[str]], title: str | None = None) -> Table:
    header, *rows = cells
    table = Table(*header, title=title)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _markdown(cells: list[list[str]]) -> str:
    header, *rows = cells
    rule = ["---", *["---:" for _ in header[1:]]]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))
