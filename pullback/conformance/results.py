"""What a run of the checks found: plain data, that every report is made of.

A `Report` holds one `RuleResult` for each rule, and that one `Outcome` for each check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Status: TypeAlias = Literal["passed", "failed", "unsuited", "xfailed", "xpassed"]
"""``unsuited``: no sample could be judged by the check. ``xfailed``: failed, as was expected.
``xpassed``: passed, and a failure was expected, which is an error."""

__all__ = ["Failure", "Outcome", "PluginResult", "Report", "RuleResult", "Status"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a rule is wrong."""

    message: str
    """What was found: the argument, what was got, what was wanted, the tolerance."""
    minimal: str = ""
    """The smallest example that fails, as Python that can be pasted."""
    replay: str = ""
    """The ID that runs this example again."""
    kind: str = ""
    """The kind of the sample."""
    traceback: str = ""
    """Where the rule raised, if it did."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one check of one rule."""

    check: str
    status: Status
    examples: int = 0
    """How many samples were judged."""
    failure: Failure | None = None
    reason: str = ""
    """Why no sample suited, or why a failure is expected."""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the run may pass with this outcome."""
        return self.status in ("passed", "unsuited", "xfailed")


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of all checks of one rule."""

    rule: str
    """The dotted name of the primitive."""
    provider: str
    """The distribution, or the module, that the rule comes from."""
    where: str
    """The file and line of the rule, ``pullback_kepler/rules.py:14``."""
    outcomes: tuple[Outcome, ...]
    kinds: Mapping[str, int] = field(default_factory=Counter)
    """Kind of sample -> how many were made."""
    refused: Mapping[str, int] = field(default_factory=Counter)
    """Kind of sample -> how many the primal refused."""
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """How the rule is named on the command line: ``provider::rule``."""
        return "::".join(filter(None, (self.provider, self.rule)))


@dataclass(frozen=True, slots=True)
class PluginResult:
    """One provider of rules that were checked, or that could not be loaded."""

    name: str
    version: str = ""
    status: str = "ok"
    """As in ``pullback plugins``: ok, disabled, broken, conflict."""
    error: str = ""


@dataclass(slots=True)
class Report:
    """A whole run."""

    version: str
    """Of pullback."""
    seed: int
    max_examples: int
    checks: tuple[str, ...]
    """The names of the checks that were asked for."""
    plugins: list[PluginResult] = field(default_factory=list)
    results: list[RuleResult] = field(default_factory=list)
    planned: int = 0
    """How many rules were to be checked."""
    problems: list[str] = field(default_factory=list)
    """What is wrong with the run itself, such as an expected failure that matches nothing."""
    interrupted: bool = False
    seconds: float = 0.0

    def failures(self) -> Iterator[tuple[RuleResult, Outcome]]:
        """Every outcome that is not good, with its rule."""
        for result in self.results:
            for outcome in result.outcomes:
                if not outcome.good:
                    yield result, outcome

    @property
    def counts(self) -> Counter[str]:
        """Status -> how many checks ended with it."""
        return Counter(o.status for result in self.results for o in result.outcomes)

    @property
    def examples(self) -> int:
        """How many samples were judged, over all checks."""
        return sum(o.examples for result in self.results for o in result.outcomes)
