"""The report that a person reads in a terminal or in the log of a CI system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from pullback.conformance.reports.wording import (
    WHOLE_PLUGIN,
    counted,
    kinds,
    place,
    plugin_title,
    portable,
    printable,
    replay_command,
    tidy,
    totals,
)
from pullback.conformance.results import Outcome, PluginResult, Report, RuleResult

__all__ = ["STATUS_WORDS", "failure", "plugin_line", "render", "rule_line", "summary"]

_COLUMN: Final = 57
"""Where the place of a rule stands, if there is room."""
STATUS_WORDS: Final = {
    "failed": "failed",
    "xpassed": "passed unexpectedly",
    "passed": "passed",
    "xfailed": "failed as expected",
    "unsuited": "not applicable",
}


def render(report: Report, *, verbose: bool = False) -> str:
    """All failures, and the summary."""
    blocks = [failure(*found, traceback=True) for found in report.failures()]
    return "\n\n".join([*blocks, summary(report, verbose=verbose)])


def failure(result: RuleResult, outcome: Outcome, *, traceback: bool = True) -> str:
    """One failure: rule, check and place; what was found; the example; how to run it again."""
    found = outcome.failure
    head = printable(f"FAILED {result.name}::{outcome.check}")
    where = printable(place(result.where))
    lines = [f"{head:<{_COLUMN}}  {where}" if where else head]
    if found is None:
        return lines[0]
    lines += _indented(portable(found.message), "  ")
    if traceback and found.traceback:
        lines += _indented(tidy(found.traceback), "    ")
    for label, text in {
        "minimal": found.minimal,
        "replay": replay_command(result, outcome),
    }.items():
        if text:
            first, *rest = _indented(text, " " * 14)
            lines += [f"  {label + ':':<11} {first.lstrip()}", *rest]
    return "\n".join(lines)


def _indented(text: str, margin: str) -> list[str]:
    return [f"{margin}{line}".rstrip() for line in printable(text).split("\n")]


def rule_line(result: RuleResult) -> str:
    """One rule: how its checks ended, how many examples, how long."""
    counts: Counter[str] = Counter(outcome.status for outcome in result.outcomes)
    examples = sum(outcome.examples for outcome in result.outcomes)
    return printable(
        f"{result.name}: {_statuses(counts)}; {counted(examples, 'example')}, "
        f"{result.seconds:.1f} s"
    )


def plugin_line(plugin: PluginResult, results: Sequence[RuleResult]) -> str:
    """One plugin: how many rules and how their checks ended."""
    rules = [result for result in results if result.rule != WHOLE_PLUGIN]
    counts: Counter[str] = Counter(o.status for result in results for o in result.outcomes)
    ended = f": {_statuses(counts)}" if counts else ""
    return printable(f"{plugin_title(plugin)}: {counted(len(rules), 'rule')}{ended}")


def _statuses(counts: Counter[str]) -> str:
    shown = [f"{counts[status]} {word}" for status, word in STATUS_WORDS.items() if counts[status]]
    return ", ".join(shown) or "no checks"


def summary(report: Report, *, verbose: bool = False) -> str:
    """How it ended, how much was checked, and how to do the same again."""
    return "\n".join(_summary(report, verbose))


def _kinds(report: Report) -> Iterator[str]:
    for kind, (ran, refused) in sorted(kinds(report).items()):
        # A space that does not break: a number stays beside its kind.
        yield printable(f"{kind}\xa0{ran}" + f"\xa0({refused}\xa0refused)" * bool(refused))


def _summary(report: Report, verbose: bool) -> Iterator[str]:
    if verbose and kinds(report):
        yield from wrap(
            "samples that ran, by kind: " + ", ".join(_kinds(report)),
            width=100,
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
    for problem in report.problems:
        yield printable(f"ERROR {portable(problem)}")
    total = totals(report)
    if total.rules < report.planned:
        why = "interrupted" if report.interrupted else "stopped"
        yield f"{why} after {total.rules} of {counted(report.planned, 'rule')}"
    elif report.interrupted:
        yield "interrupted"
    yield _statuses(report.counts)
    yield (
        f"{counted(total.plugins, 'plugin')}, {counted(total.rules, 'rule')}, "
        f"{counted(total.checks, 'check')}, {counted(total.examples, 'example')} "
        f"in {report.seconds:.1f} s; repeat it with --seed {report.seed}"
    )
