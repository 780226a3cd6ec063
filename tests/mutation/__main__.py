"""``python -m tests.mutation``: see `tests.mutation`."""

from __future__ import annotations

import fnmatch
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from tests.mutation.equivalents import read, sort_out
from tests.mutation.judges import SEED, Conformance
from tests.mutation.modules import find_sources
from tests.mutation.report import Report, key, killed_in
from tests.mutation.run import ENOUGH, Examination, Fate, record
from tests.mutation.walk import mutants


@click.command()
@click.option("-j", "--jobs", default=2, show_default=True, help="Processes at a time.")
@click.option("-m", "--module", "wanted", multiple=True, help="Module to mutate; a glob. All.")
@click.option("-f", "--function", "functions", multiple=True, help="Function to mutate; a glob.")
@click.option("-r", "--rule", "rules", multiple=True, help="Rule that examines; a glob. All.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the report there.")
@click.option(
    "--again",
    type=click.Path(exists=True, path_type=Path),
    help="Leave out what was killed in this report.",
)
@click.option("--equivalents", is_flag=True, help="Examine the equivalent mutants, and only these.")
@click.option("--seed", default=SEED, show_default=True, help="Of the samples.")
@click.option(
    "--enough",
    default=ENOUGH,
    show_default=True,
    help="Seconds for each mutant, after which no further rule is asked.",
)
@click.option("--every", default=1, help="Examine one mutant of so many.")
def main(
    jobs: int,
    wanted: tuple[str, ...],
    functions: tuple[str, ...],
    rules: tuple[str, ...],
    path: Path | None,
    again: Path | None,
    equivalents: bool,
    seed: int,
    enough: float,
    every: int,
) -> None:
    """Mutate the rules of this project, and report which mutants no check notices."""
    start = time.monotonic()
    sources = find_sources()
    chosen = [
        mutant
        for name, source in sources.items()
        if _is_wanted(name, wanted)
        for mutant in mutants(source)
        if _is_wanted(mutant.function, functions)
    ]
    everything = not wanted and not functions
    if again is not None:
        killed = killed_in(json.loads(again.read_text(encoding="utf-8")))
        chosen = [mutant for mutant in chosen if key(mutant) not in killed]
    others, same, useless = sort_out(chosen, read())
    if equivalents:
        others, same = [mutant for mutant, _ in same], []
    others = others[::every]
    click.echo(f"{len(chosen)} mutants, {len(same)} of them equivalent; {len(others)} to examine")
    judge = Conformance(rules or ("*",), seed)
    judge.warm()
    found, wrong = record(judge, sources, jobs)
    click.echo(f"{len(found.seconds)} rules examined as they are, {len(wrong)} complaints")
    fates = [*_told(Examination(judge, sources, found, enough).fates(others, jobs), len(others))]
    report = Report(
        sorted(fates, key=lambda fate: (fate.mutant.module, fate.mutant.span)),
        same,
        useless if everything and again is None else (),
        wrong,
        time.monotonic() - start,
        judge.settings(),
    )
    if path is not None:
        path.write_text(json.dumps(report.as_json(), indent=1), encoding="utf-8")
    for line in report.lines():
        click.echo(line)
    sys.exit(0 if report.good else 1)


def _is_wanted(name: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(
        fnmatch.fnmatch(name, pattern) or name.endswith("." + pattern) for pattern in patterns
    )


def _told(fates: Iterator[Fate], total: int) -> Iterator[Fate]:
    """``fates``, with a line of progress now and then."""
    start = told = time.monotonic()
    survived = 0
    for count, fate in enumerate(fates, 1):
        survived += fate.caught is None
        now = time.monotonic()
        if now - told > 20 or count == total:
            told = now
            left = (now - start) / count * (total - count) / 60
            click.echo(f"{count}/{total} mutants, {survived} survived, {left:.0f} min left")
        yield fate


if __name__ == "__main__":
    main()
