"""What all reports say in the same words: names, places, commands and numbers."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from dataclasses import dataclass
from typing import Final

from pullback.conformance.results import Outcome, PluginResult, Report, RuleResult
from pullback.showing import place, portable, printable

__all__ = [
    "WHOLE_PLUGIN",
    "Totals",
    "counted",
    "kinds",
    "place",
    "plugin_title",
    "portable",
    "printable",
    "replay_command",
    "tidy",
    "totals",
]

WHOLE_PLUGIN: Final = "*"
"""The name in place of a rule's, where it is the plugin as a whole that failed to load."""

_FILE: Final = re.compile(r'(?<=File ")[^"]+(?=")')
_FRAME: Final = re.compile(r'^  File "(?P<file>[^"]+)".*\n?(?:    .*\n?)*', re.MULTILINE)
_OURS: Final = re.compile(
    r"(^|[\\/])(pullback[\\/]conformance[\\/](?!checks)|hypothesis[\\/]|multiprocessing[\\/])|^<string>$"
)
"""Files whose frames say nothing of a rule."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How much was checked."""

    plugins: int
    rules: int
    checks: int
    examples: int


def totals(report: Report) -> Totals:
    """How many plugins, rules, checks and examples ran."""
    return Totals(
        plugins=len(report.plugins),
        rules=sum(result.rule != WHOLE_PLUGIN for result in report.results),
        checks=sum(len(result.outcomes) for result in report.results),
        examples=report.examples,
    )


def kinds(report: Report) -> dict[str, tuple[int, int]]:
    """Kind of sample -> how many there were, and how many more the primal refused."""
    ran: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for result in report.results:
        ran.update(result.kinds)
        refused.update(result.refused)
    return {kind: (ran[kind], refused[kind]) for kind in {**ran, **refused}}


def tidy(traceback: str) -> str:
    """A traceback without the frames of what runs the checks, and the paths of this machine."""
    own = _FRAME.sub(lambda found: "" if _OURS.search(found["file"]) else found[0], traceback)
    return portable(_FILE.sub(lambda found: place(found[0]), own.rstrip()))


def replay_command(result: RuleResult, outcome: Outcome) -> str:
    """The command that runs the failing example again; empty where there is none."""
    if outcome.failure is None or not outcome.failure.replay:
        return ""
    target = shlex.quote(result.name)
    return f"pullback check-rules {target} --replay {shlex.quote(outcome.failure.replay)}"


def counted(number: int, noun: str) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def plugin_title(plugin: PluginResult) -> str:
    """The name and version of a plugin."""
    return f"{plugin.name} {plugin.version}".rstrip()
