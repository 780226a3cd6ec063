"""``pullback check-rules``: check the rules of plugins and modules, and report what is wrong."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import click

from pullback import __version__
from pullback.cli.output import console, one_line, print_table
from pullback.errors import PullbackError

if TYPE_CHECKING:
    from pullback.conformance.reports.live import Display
    from pullback.conformance.results import Report, RuleResult
    from pullback.conformance.running import Settings
    from pullback.conformance.targets import Selection
    from pullback.conformance.xfails import ExpectedFailures

FAILED: Final = 1
INTERRUPTED: Final = 2
INTERNAL_ERROR: Final = 3
USAGE: Final = 4
NOTHING: Final = 5
"""Exit codes, which are pytest's; 0 means that all passed."""

_FIXED_SEED: Final = 0
_MOST_SEEDS: Final = 1_000_000
"""A small seed is easy to type, and makes a short replay ID."""


class CheckCommand(click.Command):
    """A command whose exit codes are pytest's, where click's own and pullback's differ."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the command line; what is wrong with it is exit code 4."""
        with _exit_codes():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _exit_codes():
            return super().invoke(ctx)


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        error.show()
        raise click.exceptions.Exit(USAGE) from None
    except (click.exceptions.Exit, click.Abort):
        raise
    except PullbackError as error:
        click.ClickException(str(error)).show()
        raise click.exceptions.Exit(USAGE) from None
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except Exception:
        _echo_internal_error(traceback.format_exc())
        raise click.exceptions.Exit(INTERNAL_ERROR) from None


def _echo_internal_error(details: str) -> None:
    click.echo(f"INTERNAL ERROR, which is a mistake of pullback:\n{details}", err=True)


def _listed(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> list[str]:
    """The names in an option that may be given several times, and hold commas."""
    return [name for value in values for name in value.replace(",", " ").split()]


def _writable(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """A path that a report can be written to, so that no long run is for nothing."""
    if path is not None and not path.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no directory {str(path.parent)!r}")
    return path


_REPORT: Final = click.Path(dir_okay=False, writable=True, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Options:
    """The options of the command, as they are given."""

    targets: tuple[str, ...]
    checks: list[str]
    exclude_checks: list[str]
    max_examples: int
    seed: int | None
    derandomize: bool
    first: bool
    maxfail: int | None
    quiet: bool
    verbose: bool
    jobs: int | None
    time_limit: float
    xfails_file: Path | None
    json: Path | None
    junitxml: Path | None
    html: Path | None
    replay: str | None

    def __post_init__(self) -> None:
        if self.derandomize and self.seed is not None:
            raise click.UsageError("--derandomize sets the seed; leave out --seed")
        if self.quiet and self.verbose:
            raise click.UsageError("-q and -v contradict each other")


@click.command("check-rules", cls=CheckCommand)
@click.argument("targets", nargs=-1, metavar="[TARGET]...")
@click.option(
    "-c", "--checks", multiple=True, callback=_listed, metavar="NAME,...", help="Only these checks."
)
@click.option(
    "--exclude-checks", multiple=True, callback=_listed, metavar="NAME,...", help="Not these."
)
@click.option("--list-checks", is_flag=True, help="List the checks, and what each looks for.")
@click.option(
    "-n",
    "--max-examples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="The most samples for each check of a rule.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), help="Draw the samples of an earlier run."
)
@click.option("--derandomize", is_flag=True, help="Draw the same samples in every run.")
@click.option("-x", "first", is_flag=True, help="Stop at the first failure.")
@click.option("--maxfail", type=click.IntRange(min=1), help="Stop after so many failures.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures and the summary alone.")
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each rule.")
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    help="Worker processes; one for each CPU if not given. 0 checks in this process, for a "
    "debugger, where nothing ends a rule that hangs.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that one rule may take.",
)
@click.option(
    "--xfails-file",
    type=_FILE,
    help="Expected failures, a line each: plugin::rule::check  # reason",
)
@click.option("--json", type=_REPORT, callback=_writable, help="Write a report for programs.")
@click.option("--junitxml", type=_REPORT, callback=_writable, help="Write a report for CI systems.")
@click.option("--html", type=_REPORT, callback=_writable, help="Write a report as one web page.")
@click.option("--replay", metavar="ID", help="Run the one example that a failure names again.")
def check_rules(list_checks: bool, **options: Any) -> None:
    """Check derivative rules, all of them or those of each TARGET.

    A TARGET is a plugin (pullback-numpy, numpy), a rule or a glob of rules (numpy.sum,
    "numpy.lin*", plugin::rule), or a module[:attribute] that is not installed as a plugin. Without
    one, every rule of every plugin is checked.

    The exit code is 0 if all passed, 1 if a check failed or a plugin did not load, 2 if
    interrupted, 3 for an internal error, 4 if the command was not called as it should be, 5 if
    nothing was checked.
    """
    if list_checks:
        from pullback.conformance.checks import all_checks

        rows = [[check.name, check.summary] for check in all_checks().values()]
        print_table(["check", "what it looks for"], rows)
        return
    raise click.exceptions.Exit(Run(Options(**options)).run())


class Run:
    """One run of the command."""

    def __init__(self, options: Options) -> None:
        import secrets

        from pullback.conformance.checks import all_checks
        from pullback.conformance.running import Replay, Settings
        from pullback.conformance.targets import find

        self.options = options
        self.selection: Selection = find(options.targets)
        known = [*all_checks()]
        self.checks = _chosen(options, known)
        seed = options.seed
        if options.replay is not None:
            if len(self.selection.references) != 1:
                raise click.UsageError(
                    "--replay runs an example of one rule, and the targets mean "
                    f"{len(self.selection.references)}; name one: plugin::rule"
                )
            seed, *_, number = Replay.decode(options.replay)
            self.checks = known[number : number + 1]
        elif options.derandomize:
            seed = _FIXED_SEED
        elif seed is None:
            seed = secrets.randbelow(_MOST_SEEDS)
        self.settings: Settings = Settings(
            max_examples=options.max_examples,
            seed=seed,
            time_limit=options.time_limit,
            stop_at_first=options.first,
        )
        self.xfails = _xfails(options, self.selection, known)
        self.report = _empty_report(self)

    def run(self) -> int:
        """Check the rules, print and write the reports; the exit code."""
        from pullback.conformance.reports.live import Display
        from pullback.conformance.workers import InternalError

        started = perf_counter()
        internal = ""
        shown = -1 if self.options.quiet else int(self.options.verbose)
        display = Display(self.selection, shown, console())
        with display:
            try:
                self._check(display)
            except KeyboardInterrupt:
                self.report.interrupted = True
            except InternalError as error:
                internal = str(error)
        self.report.seconds = perf_counter() - started
        self.report.results.sort(key=lambda result: (result.provider, result.rule))
        self.report.problems += self.xfails.unused(self.report.results)
        display.finish(self.report)
        written = _write(self.report, self.options)
        if internal:
            _echo_internal_error(internal)
        return INTERNAL_ERROR if internal or not written else _exit_code(self.report)

    def _check(self, display: Display) -> None:
        """Fill the report, until all is checked or enough failures are found."""
        from pullback.conformance.workers import examine_all, usable_cpus

        if self._add(_not_loaded(self.selection, self.options), display):
            return
        jobs = usable_cpus() if self.options.jobs is None else self.options.jobs
        found = examine_all(
            self.selection.references, self.checks, self.settings, jobs, self.options.replay
        )
        with closing(found):
            for result in found:
                if self._add([result], display):
                    return

    def _add(self, results: Sequence[RuleResult], display: Display) -> bool:
        """Whether there are as many failures now as are wanted."""
        for result in results:
            self.report.results.append(self.xfails.applied(result))
            display.add(self.report.results[-1])
        limit = 1 if self.options.first else self.options.maxfail
        return limit is not None and sum(1 for _ in self.report.failures()) >= limit


def _chosen(options: Options, known: Sequence[str]) -> list[str]:
    """The checks that are asked for, in their own order."""
    from pullback.conformance.targets import nearest

    for name in (*options.checks, *options.exclude_checks):
        if name not in known:
            raise click.UsageError(
                f"there is no check called {name!r}{nearest(name, known)}; --list-checks lists them"
            )
    wanted = options.checks or known
    return [name for name in known if name in wanted and name not in options.exclude_checks]


def _xfails(options: Options, selection: Selection, known: Sequence[str]) -> ExpectedFailures:
    from pullback.conformance.xfails import ExpectedFailures, read

    if options.xfails_file is None:
        return ExpectedFailures()
    return read(options.xfails_file, selection, known)


def _empty_report(run: Run) -> Report:
    from pullback.conformance.results import Report

    return Report(
        version=__version__,
        seed=run.settings.seed,
        max_examples=run.settings.max_examples,
        checks=tuple(run.checks),
        plugins=run.selection.plugins,
        planned=len(run.selection.references) if run.checks else 0,
    )


def _not_loaded(selection: Selection, options: Options) -> list[RuleResult]:
    """A failed check for each plugin that did not load."""
    from pullback.conformance.reports.wording import WHOLE_PLUGIN
    from pullback.conformance.results import Failure, Outcome, RuleResult
    from pullback.conformance.workers import LOADS

    return [
        RuleResult(
            rule=WHOLE_PLUGIN,
            provider=plugin.name,
            where="",
            outcomes=(Outcome(LOADS, "failed", failure=Failure(plugin.error)),),
        )
        for plugin in selection.plugins
        if plugin.status != "ok" and LOADS not in options.exclude_checks
    ]


def _exit_code(report: Report) -> int:
    if report.interrupted:
        return INTERRUPTED
    if any(report.failures()) or report.problems:
        return FAILED
    return 0 if any(result.outcomes for result in report.results) else NOTHING


def _write(report: Report, options: Options) -> bool:
    """Write the reports that are asked for; whether that worked."""
    from pullback.conformance.reports import as_html, as_json, as_junit

    written = True
    renderers: list[tuple[Path | None, Callable[[Report], str]]] = [
        (options.json, as_json.render),
        (options.junitxml, as_junit.render),
        (options.html, as_html.render),
    ]
    for path, render in renderers:
        if path is not None:
            try:
                path.write_text(render(report), encoding="utf-8")
            except OSError as error:
                click.echo(f"Error: {path} could not be written: {one_line(error)}", err=True)
                written = False
    return written
