"""Who says whether a mutant is noticed: the checks of `pullback.conformance`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

from tests.mutation.modules import PACKAGES

SEED: Final = 20_261_122
EXAMPLES: Final = 100
XFAILS: Final = Path(__file__).parents[1] / "conformance" / "xfails.txt"
EARLY: Final = ("finite-differences", "primal", "broadcasting", "special-points", "second-order")
"""Checks that are run before all others, as they notice most."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a check says of a rule."""

    check: str
    message: str
    rule: str = ""


Examine: TypeAlias = Callable[[frozenset[str], bool], Iterable[Complaint]]
"""Takes the names of checks that are left out, and whether one complaint is enough."""


class Judge(Protocol):
    """Examines rules; everything but `warm` happens in a process of its own for each mutant."""

    def warm(self) -> None:
        """Import what does not depend on the modules that are changed."""

    def load(self) -> dict[str, Examine]:
        """Import the rules; each by its name, with the function that examines it."""

    def made(self) -> dict[tuple[str, str], set[str]]:
        """A module and a name in it -> the rules that the name stands for, after `load`."""


class Conformance:
    """The checks that `pullback check-rules` runs, but for those that are expected to fail.

    Args:
        rules: patterns of the dotted names of the rules that are examined.
        seed: of the samples.
    """

    def __init__(self, rules: Sequence[str] = ("*",), seed: int = SEED) -> None:
        self.rules = rules
        self.seed = seed
        lines = XFAILS.read_text(encoding="utf-8").splitlines()
        self.expected = frozenset(line.partition("#")[0].strip() for line in lines)
        """``plugin::rule::check``."""

    def warm(self) -> None:
        """Import the checks, NumPy and hypothesis, and fill their caches; no rule package."""
        importlib.import_module("pullback.conformance.running")
        strategies = importlib.import_module("pullback.conformance.strategies")
        domains = importlib.import_module("pullback.domains")
        for domain in vars(domains).values():
            if isinstance(domain, domains.Domain):
                strategies.arrays("n,m", domain).validate()

    def load(self) -> dict[str, Examine]:
        """Load the plugins, their samples too."""
        from pullback.conformance.subjects import gather_samples
        from pullback.plugins import load
        from pullback.registry import rules

        load()
        samples = gather_samples()
        return {
            f"{claim.provider}::{claim.rule.name}": partial(self._examine, claim, samples)
            for claim in rules.values()
            if any(fnmatch(claim.rule.name, pattern) for pattern in self.rules)
        }

    def _examine(
        self, claim: Any, samples: Any, left_out: frozenset[str], one_is_enough: bool
    ) -> Iterator[Complaint]:
        from pullback.conformance.checks import all_checks
        from pullback.conformance.running import Settings, examine
        from pullback.conformance.subjects import from_rule

        subject = from_rule(claim.rule, claim.provider, samples)
        settings = Settings(EXAMPLES, self.seed, shrink=False, stop_at_first=one_is_enough)
        known = all_checks()
        order = [*EARLY, *(check for check in known if check not in EARLY)]
        left_out |= {name for name in known if f"{subject.full_name}::{name}" in self.expected}
        checks = [check for check in order if check not in left_out]
        for outcome in examine(subject, checks, settings).outcomes:
            if not outcome.good:
                message = outcome.failure.message if outcome.failure else outcome.status
                yield Complaint(outcome.check, message, subject.full_name)

    def made(self) -> dict[tuple[str, str], set[str]]:
        """The rules that stand in the variables of the modules of rules."""
        from pullback.registry import Rule, rules

        names = {id(claim.rule): f"{claim.provider}::{claim.rule.name}" for claim in rules.values()}
        found: dict[tuple[str, str], set[str]] = {}
        for module_name, module in [*sys.modules.items()]:
            if module_name.startswith(PACKAGES):
                for variable, value in vars(module).items():
                    members = value if isinstance(value, tuple) else (value,)
                    made = {names[id(item)] for item in members if id(item) in names}
                    if made and all(isinstance(item, Rule) for item in members):
                        found[module_name, variable] = made
        return found

    def settings(self) -> dict[str, Any]:
        """What the numbers depend on."""
        return {"examples": EXAMPLES, "seed": self.seed}
