"""Which planted bugs autograd's, torch's and JAX's checkers catch: ``python peers.py``.

Without options it prints the table; ``--write docs/checkers.md`` writes the page.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any, Final

import click
import planted
from bridges import CHECKERS, operation_of
from rich.progress import track

from pullback.conformance.pool import Pool, Sample, quiet
from pullback.conformance.subjects import Subject, from_pair
from pullback.plugins import load

PAGE: Final = Template((Path(__file__).parent / "peers.md").read_text(encoding="utf-8"))
SAMPLES: Final = 4
SECONDS: Final = 30
SEED: Final = 0
CAUGHT, MISSED, REFUSED, ABSENT = "caught", "–", "both", "n/a"
NOT_OF_A_PAIR: Final = frozenset({"loads", "finishes"})
"""Checks whose bugs are not those of a function and its pullback at a point."""


def calls_of(subject: Subject) -> list[Any]:
    """The author's plain samples that every checker is given: at least one of each case."""
    count = max(SAMPLES, len(subject.cases))
    return [Sample(subject, "plain", base).call() for base in Pool(subject, SEED).bases[:count]]


def raises(checker: Any, subject: Subject, judged: Subject) -> bool:
    """Whether a checker finds something at one of the samples."""
    with quiet(), subject.in_force():
        for call in calls_of(judged):
            found = operation_of(subject, judged, call)
            if found is None:
                continue
            try:
                with at_most(SECONDS):
                    checker(*found)
            except Exception:
                return True
    return False


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise in what is inside after some seconds."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"not done after {seconds} seconds")

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def verdict(checker: Any, bug: planted.Planted) -> str:
    """Whether the wrong rule is refused and its correct twin is not: a word of the table."""
    if NOT_OF_A_PAIR & set(bug.checks):
        return ABSENT
    wrong, right = (
        from_pair(bug.function, rule, samples=[*bug.samples], name=bug.name)
        for rule in (bug.wrong, bug.right)
    )
    if not raises(checker, wrong, right):
        return MISSED
    return REFUSED if raises(checker, right, right) else CAUGHT


def rows(engines: Sequence[str]) -> Iterator[list[str]]:
    """One line of the table for each planted bug: what it is, our checks, the verdicts."""
    load()
    bugs = [*planted.ONE_EACH, *planted.ZOO]
    for bug in track(bugs, "checking", transient=True):
        verdicts = [verdict(CHECKERS[engine], bug) for engine in engines]
        yield [*described(bug), *verdicts]


def described(bug: planted.Planted) -> list[str]:
    """The cells of the table that say what a planted bug is, and which checks must catch it."""
    return [_escaped(bug.name), _escaped(bug.story), ", ".join(bug.checks)]


def _escaped(text: str) -> str:
    return re.sub(r"([|*_`<])", r"\\\1", text)


def table(lines: Sequence[Sequence[str]], engines: Sequence[str]) -> str:
    """The table in Markdown."""
    titles = ["bug", "what is wrong, and where it has been", "pullback check-rules", *engines]
    header = [titles, ["---"] * len(titles)]
    return "".join(f"| {' | '.join(line)} |\n" for line in [*header, *lines])


def totals(lines: Sequence[Sequence[str]], engines: Sequence[str]) -> str:
    """How many were caught by whom, in Markdown."""
    counts = [["pullback", f"{len(lines)} of {len(lines)}"]]
    for place, engine in enumerate(engines, start=3):
        column = [line[place] for line in lines]
        posed = len(column) - column.count(ABSENT)
        counts.append([f"{engine} {version(engine)}", f"{column.count(CAUGHT)} of {posed}"])
    header = [["checker", "caught"], ["---", "---:"]]
    return "".join(f"| {' | '.join(line)} |\n" for line in [*header, *counts])


@click.command()
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the page of the documentation.")  # fmt: skip
def main(write: Path | None) -> None:
    """Run the planted bugs through the checkers of other packages."""
    engines = [engine for engine in CHECKERS if find_spec(engine) is not None]
    if write and len(engines) < len(CHECKERS):
        raise click.UsageError(f"the page needs all of {', '.join(CHECKERS)}")
    lines = [*rows(engines)]
    click.echo(table(lines, engines) + "\n" + totals(lines, engines))
    if write:
        page = PAGE.substitute(
            table=table(lines, engines), totals=totals(lines, engines), samples=SAMPLES
        )
        write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
