"""Expected failures: a file that says which checks are known to fail, and why.

A line is ``plugin::rule::check  # reason``. The plugin is named by its distribution or its entry
point, or as ``module[:attribute]``; the rule may be a glob, which stands for rules that fail all
of them. Empty lines, and lines that begin with ``#``, say nothing. An entry without a reason, one
that matches nothing, and an expected failure that passes are errors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pullback.conformance.results import Failure, Outcome, RuleResult
from pullback.conformance.targets import Selection, matches, nearest
from pullback.conformance.workers import FINISHES, LOADS
from pullback.errors import ConformanceError

__all__ = ["ExpectedFailure", "ExpectedFailures", "read"]

_FORM: Final = "plugin::rule::check  # reason"


@dataclass(frozen=True, slots=True)
class ExpectedFailure:
    """One line of the file."""

    provider: str
    rule: str
    """A name, or a glob."""
    check: str
    reason: str
    place: str
    """The file and line."""

    @property
    def name(self) -> str:
        """The line without its reason."""
        return f"{self.provider}::{self.rule}::{self.check}"

    def covers(self, result: RuleResult, check: str) -> bool:
        """Whether it speaks of this check of this rule."""
        same = (result.provider, check) == (self.provider, self.check)
        return same and matches(result.rule, self.rule)


@dataclass(frozen=True, slots=True)
class ExpectedFailures:
    """All lines of the file."""

    entries: Sequence[ExpectedFailure] = ()

    def applied(self, result: RuleResult) -> RuleResult:
        """``result``, with ``xfailed`` and ``xpassed`` where a failure is expected."""
        outcomes = [self._applied(result, outcome) for outcome in result.outcomes]
        finished = not any(outcome.check == FINISHES for outcome in outcomes)
        entry = self._entry(result, FINISHES)
        if finished and entry is not None:
            outcomes.append(_passed(Outcome(FINISHES, "passed"), entry))
        return replace(result, outcomes=tuple(outcomes))

    def unused(self, results: Iterable[RuleResult]) -> list[str]:
        """What is wrong with entries of which all that they cover suited no sample."""
        found = [*results]
        problems = []
        for entry in self.entries:
            statuses = {
                outcome.status
                for result in found
                for outcome in result.outcomes
                if entry.covers(result, outcome.check)
            }
            if statuses == {"unsuited"}:
                problems.append(
                    f"{entry.place}: {entry.name} is expected to fail, and no sample suits this "
                    "check; remove the line"
                )
        return problems

    def _entry(self, result: RuleResult, check: str) -> ExpectedFailure | None:
        return next((entry for entry in self.entries if entry.covers(result, check)), None)

    def _applied(self, result: RuleResult, outcome: Outcome) -> Outcome:
        entry = self._entry(result, outcome.check)
        if entry is not None and outcome.status == "failed":
            return replace(outcome, status="xfailed", reason=entry.reason)
        if entry is not None and outcome.status == "passed":
            return _passed(outcome, entry)
        return outcome


def _passed(outcome: Outcome, entry: ExpectedFailure) -> Outcome:
    message = f"it passed, and {entry.place} expects a failure ({entry.reason}); remove the line"
    return replace(outcome, status="xpassed", reason=entry.reason, failure=Failure(message=message))


def read(path: Path, selection: Selection, checks: Collection[str]) -> ExpectedFailures:
    """Read the file, and hold every line of it to the rules and checks that there are.

    An entry for a rule or a check that exists and is not part of this run is fine.

    Args:
        path: the file, as it is to be shown in messages.
        selection: what was found for the targets.
        checks: the names of all checks.

    Raises:
        ConformanceError: lines that are not of the form, or match nothing; it names all of them.
    """
    entries = []
    wrong = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConformanceError(f"{path} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            entries.append(_parsed(line, f"{path}:{number}", selection, {*checks, FINISHES, LOADS}))
        except ConformanceError as error:
            wrong.append(f"{path}:{number}: {error}")
    if wrong:
        raise ConformanceError("\n".join(wrong))
    return ExpectedFailures(entries)


def _parsed(line: str, place: str, selection: Selection, checks: set[str]) -> ExpectedFailure:
    text, _, reason = (part.strip() for part in line.partition("#"))
    parts = text.split("::")
    if len(parts) != 3 or not all(parts):
        raise ConformanceError(f"{text!r} is not of the form {_FORM}")
    if not reason:
        raise ConformanceError(f"{text} has no reason; write why it is expected to fail: {_FORM}")
    owner, rule, check = parts
    if check not in checks:
        raise ConformanceError(f"there is no check called {check!r}{nearest(check, checks)}")
    provider = _provider(owner, selection)
    entry = ExpectedFailure(provider or owner, rule, check, reason, place)
    known = selection.known_rules(entry.provider)
    whole_plugin = (rule, check) == ("*", LOADS)
    if known is not None and not whole_plugin and not any(matches(name, rule) for name in known):
        raise ConformanceError(f"{owner} has no rule called {rule!r}{nearest(rule, known)}")
    return entry


def _provider(owner: str, selection: Selection) -> str | None:
    """The provider called ``owner``; ``None`` for a module that is no target of this run."""
    provider = selection.installed.provider(owner)
    if provider is not None:
        return provider
    targets = [plugin.name for plugin in selection.plugins]
    if owner in targets:
        return owner
    name = owner.partition(":")[0]
    try:
        if all(part.isidentifier() for part in name.split(".")) and find_spec(name):
            return None
    except Exception:  # a package above it does not import
        return None
    near = nearest(owner, [*targets, *selection.installed.names()])
    raise ConformanceError(f"there is no plugin or module called {owner!r}{near}")
