r"""The report for programs: one JSON object.

Its keys, of schema 1; a later version of pullback may add keys without a new schema number:

- ``schema``: 1.
- ``version``: that of pullback.
- ``seed``, ``max_examples``: what the same run needs.
- ``checks``: the names of the checks that were asked for.
- ``seconds``: how long it took.
- ``interrupted``: whether Ctrl-C ended it.
- ``planned``: how many rules were to be checked.
- ``problems``: what is wrong with the run itself, an array of strings.
- ``totals``: ``plugins``, ``rules``, ``checks``, ``examples``: how many ran.
- ``statuses``: how many checks ended with each status: ``passed``, ``failed``, ``unsuited`` (no
  sample suits the check), ``xfailed`` (failed as expected), ``xpassed`` (an error: it was expected
  to fail).
- ``kinds``: kind of sample -> ``{"ran": ..., "refused": ...}``: how many there were, and how many
  more the primal refused.
- ``plugins``: an array of ``name``, ``version``, ``status`` (``ok``, ``broken``, ``conflict``),
  ``error``.
- ``rules``: an array, in the order of providers and names, of

  - ``provider``, ``rule`` (``*`` stands for a plugin as a whole, which failed to load),
  - ``where``: ``"pullback_kepler/rules.py:14"``,
  - ``seconds``, ``kinds`` as above,
  - ``checks``: an array of ``check``, ``status``, ``examples``, ``seconds``, ``reason`` (why
    nothing suited, or why a failure is expected) and ``failure``: null, or ``message``, ``kind``
    (of the sample), ``minimal`` (the example as Python), ``replay`` (its ID), ``command`` (which
    runs it again), ``traceback``.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pullback.conformance.reports.wording import (
    kinds,
    place,
    portable,
    replay_command,
    tidy,
    totals,
)
from pullback.conformance.results import Outcome, Report, RuleResult

__all__ = ["SCHEMA", "as_object", "render"]

SCHEMA: Final = 1
_STATUSES: Final = ("passed", "failed", "unsuited", "xfailed", "xpassed")


def render(report: Report) -> str:
    """The report as JSON."""
    return json.dumps(as_object(report), indent=2, allow_nan=False) + "\n"


def as_object(report: Report) -> dict[str, Any]:
    """The report as what JSON is made of."""
    total = totals(report)
    return {
        "schema": SCHEMA,
        "version": report.version,
        "seed": report.seed,
        "max_examples": report.max_examples,
        "checks": [*report.checks],
        "seconds": round(report.seconds, 3),
        "interrupted": report.interrupted,
        "planned": report.planned,
        "problems": [*map(portable, report.problems)],
        "totals": {
            "plugins": total.plugins,
            "rules": total.rules,
            "checks": total.checks,
            "examples": total.examples,
        },
        "statuses": {status: report.counts[status] for status in _STATUSES},
        "kinds": {kind: _kind(*counts) for kind, counts in sorted(kinds(report).items())},
        "plugins": [
            {
                "name": plugin.name,
                "version": plugin.version,
                "status": plugin.status,
                "error": portable(plugin.error),
            }
            for plugin in report.plugins
        ],
        "rules": [_rule(result) for result in report.results],
    }


def _kind(ran: int, refused: int) -> dict[str, int]:
    return {"ran": ran, "refused": refused}


def _rule(result: RuleResult) -> dict[str, Any]:
    names = sorted({*result.kinds, *result.refused})
    return {
        "provider": result.provider,
        "rule": result.rule,
        "where": place(result.where),
        "seconds": round(result.seconds, 3),
        "kinds": {
            name: _kind(result.kinds.get(name, 0), result.refused.get(name, 0)) for name in names
        },
        "checks": [_outcome(result, outcome) for outcome in result.outcomes],
    }


def _outcome(result: RuleResult, outcome: Outcome) -> dict[str, Any]:
    failure = outcome.failure
    return {
        "check": outcome.check,
        "status": outcome.status,
        "examples": outcome.examples,
        "seconds": round(outcome.seconds, 3),
        "reason": outcome.reason,
        "failure": None
        if failure is None
        else {
            "message": portable(failure.message),
            "kind": failure.kind,
            "minimal": failure.minimal,
            "replay": failure.replay,
            "command": replay_command(result, outcome),
            "traceback": tidy(failure.traceback),
        },
    }
