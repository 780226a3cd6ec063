"""What all reports say in the same words: names, places, commands and numbers."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Final

from pullback.conformance.results import Outcome, PluginResult, Report, RuleResult

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
_UNPRINTABLE: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, those that turn the direction of text, and what UTF-8 or XML cannot hold."""
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


def printable(text: str) -> str:
    r"""``text`` with control characters written out, which a name or a message may hold.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def place(where: str) -> str:
    """A path, or a file and line, from the current directory, or from where it is imported.

    >>> place("pullback_kepler/rules.py:14")
    'pullback_kepler/rules.py:14'
    """
    if not os.path.isabs(where):
        return where
    short = portable(where)
    return os.path.basename(where) if short == where else short.replace(os.sep, "/")


def portable(text: str) -> str:
    """``text`` without the folders of this machine that are in front of names of files."""
    folders = {folder for folder in (os.getcwd(), *sys.path, sys.prefix) if os.path.isabs(folder)}
    for folder in sorted(folders - {os.sep}, key=len, reverse=True):
        text = text.replace(os.path.join(folder, ""), "")
    return text


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
