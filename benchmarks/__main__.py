"""The command line: ``python -m benchmarks``."""

from __future__ import annotations

import math
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from threadpoolctl import threadpool_limits

from benchmarks.compiling import compile_seconds
from benchmarks.drawings import drawing_seconds, page_bytes
from benchmarks.engines import PEERS, available
from benchmarks.footprint import FRUGAL, growth, import_seconds, in_fresh_process, peak_bytes
from benchmarks.problems import PROBLEMS
from benchmarks.report import page, show
from benchmarks.targets import Found, Row
from benchmarks.timing import FULL, QUICK, graph_ratio, measure

NETWORK = "MLP 4-8-2, batch 1"
MILLION = "Rosenbrock, 10⁶"
COUNTED = ("pullback", "compiled", "by hand", "autograd")
"""The engines whose memory `tracemalloc` sees."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--engines", default=",".join(PEERS), show_default=True, metavar="NAME,...",
              help="The packages to compare with; those not installed are left out.")  # fmt: skip
@click.option("--problems", default="", metavar="PART", help="Only problems with PART in the name.")
@click.option("--quick", is_flag=True, help="Fewer and shorter samples: a first impression.")
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the page of the documentation.")  # fmt: skip
def main(engines: str, problems: str, quick: bool, write: Path | None) -> None:
    """Measure pullback beside other engines, print the ratios, and write them down."""
    peers = tuple(engines.split(","))
    if unknown := sorted(set(peers) - set(PEERS)):
        raise click.UsageError(f"no engine {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if write and problems:
        raise click.UsageError("the page shows every problem: leave out --problems, or --write")
    chosen = available(peers)
    effort = QUICK if quick else FULL
    console = Console()
    errors = Console(stderr=True)
    threadpool_limits(1)
    rows = []
    names = [name for name in PROBLEMS if problems in name]
    for name in track(names, "measuring", console=errors, transient=True):
        problem = PROBLEMS[name]()
        rows.append(Row(name, problem, *measure(problem, chosen, effort)))
    if problems:
        found = Found(rows)
    else:
        errors.print("measuring graphs, drawings, memory and the import ...")
        programs = {row.name: row.problem for row in rows if row.problem.links is None}
        counted = [e.name for e in chosen if e.name in COUNTED]
        found = Found(
            rows,
            seed_result=_seed_result(),
            import_seconds=import_seconds("pullback", effort.samples),
            graphs={name: graph_ratio(problem, effort) for name, problem in programs.items()},
            drawing_seconds=drawing_seconds(effort),
            page_bytes=page_bytes(),
            growth=in_fresh_process(growth, "pullback", NETWORK, 10**5),
            compile_seconds=compile_seconds(effort),
            peaks={
                name: in_fresh_process(peak_bytes, name, MILLION) for name in (*counted, *FRUGAL)
            },
        )
    show(found, chosen, console)
    if write:
        write.write_text(page(found, chosen, effort), encoding="utf-8")


def _seed_result() -> tuple[float, float]:
    from pullback import val_and_grad

    return val_and_grad([math.sin, math.sin, math.exp], 2.0)


if __name__ == "__main__":
    main()
