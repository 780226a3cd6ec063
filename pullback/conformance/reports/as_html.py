"""The report as one web page that needs nothing else: no network, no file beside it.

The page itself is written in ``page.html.jinja``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pullback.conformance.reports import wording
from pullback.conformance.reports.as_text import STATUS_WORDS
from pullback.conformance.results import Failure, Outcome, PluginResult, Report, RuleResult

__all__ = ["render"]


@dataclass(frozen=True, slots=True)
class Found:
    """One failure."""

    name: str
    where: str
    message: str
    minimal: str
    command: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule and all that became of it."""

    name: str
    where: str
    good: bool
    outcomes: tuple[Outcome, ...]
    examples: int
    seconds: float
    kinds: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Group:
    """One plugin and its rules."""

    title: str
    size: str
    good: bool
    counts: list[str]
    rules: list[Rule]


def render(report: Report) -> str:
    """The report as a web page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    failures = [_found(result, outcome) for result, outcome in report.failures()]
    complete = not report.interrupted and wording.totals(report).rules == report.planned
    return environment.get_template("page.html.jinja").render(
        report=report,
        total=wording.totals(report),
        kinds=sorted(wording.kinds(report).items()),
        failures=failures,
        problems=[*map(wording.portable, report.problems)],
        good=not failures and not report.problems,
        complete=complete,
        groups=[_group(plugin, report) for plugin in report.plugins],
        words=STATUS_WORDS,
        counts=_counts(report.counts),
    )


def _finalized(value: Any) -> Any:
    # Not isinstance: what is marked as safe is a str too, and stays as it is.
    return wording.printable(value) if type(value) is str else value


def _found(result: RuleResult, outcome: Outcome) -> Found:
    failure = outcome.failure or Failure(message="")
    return Found(
        name=f"{result.name}::{outcome.check}",
        where=wording.place(result.where),
        message=wording.portable(failure.message),
        minimal=failure.minimal,
        command=wording.replay_command(result, outcome),
        traceback=wording.tidy(failure.traceback),
    )


def _group(plugin: PluginResult, report: Report) -> Group:
    results = [result for result in report.results if result.provider == plugin.name]
    rules = [*_rules(results)]
    return Group(
        title=wording.plugin_title(plugin),
        size=wording.counted(sum(rule.name != wording.WHOLE_PLUGIN for rule in rules), "rule"),
        good=all(rule.good for rule in rules),
        counts=_counts(Counter(outcome.status for rule in rules for outcome in rule.outcomes)),
        rules=rules,
    )


def _rules(results: list[RuleResult]) -> Iterator[Rule]:
    for result in results:
        kinds = {**result.kinds, **result.refused}
        yield Rule(
            name=result.rule,
            where=wording.place(result.where),
            good=all(outcome.good for outcome in result.outcomes),
            outcomes=result.outcomes,
            examples=sum(outcome.examples for outcome in result.outcomes),
            seconds=result.seconds,
            kinds={k: (result.kinds.get(k, 0), result.refused.get(k, 0)) for k in sorted(kinds)},
        )


def _counts(counts: Counter[str]) -> list[str]:
    return [f"{counts[status]} {word}" for status, word in STATUS_WORDS.items() if counts[status]]
