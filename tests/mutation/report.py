"""What the run says in the end: the survivors, the numbers by module and check, and the score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.mutation.equivalents import Equivalent
from tests.mutation.run import Fate
from tests.mutation.sources import Mutant

WANTED: Final = 0.99
"""The score below which the run fails: killed / (made - equivalent)."""


@dataclass
class Report:
    """A whole run."""

    fates: list[Fate]
    equivalent: list[tuple[Mutant, str]]
    """Mutants of the reviewed list, with the reason; they are not examined."""
    useless: Sequence[Equivalent] = ()
    """Entries of that list that match no mutant."""
    wrong: Sequence[str] = ()
    """What the checks say of the rules as they are; these rules were not asked."""
    seconds: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def survivors(self) -> list[Fate]:
        """The mutants that nobody noticed."""
        return [fate for fate in self.fates if fate.caught is None]

    @property
    def made(self) -> int:
        """All mutants, equivalent ones too."""
        return len(self.fates) + len(self.equivalent)

    @property
    def killed(self) -> int:
        """The mutants that a check noticed."""
        return len(self.fates) - len(self.survivors)

    @property
    def score(self) -> float:
        """The part of the mutants that are not equivalent that was noticed."""
        return self.killed / len(self.fates) if self.fates else 1.0

    @property
    def good(self) -> bool:
        """Whether the run passes."""
        return self.score >= WANTED and not self.useless and not self.wrong

    def lines(self) -> Iterator[str]:
        """The report as text."""
        for fate in self.survivors:
            yield from _survivor(fate)
        for entry in self.useless:
            yield f"NO SUCH MUTANT {entry.module} {entry.function}: {entry.before} => {entry.after}"
        for complaint in self.wrong:
            yield f"WRONG WITHOUT A MUTANT {complaint}"
        yield ""
        yield from self._by_module()
        yield ""
        checks = Counter(fate.caught.check for fate in self.fates if fate.caught)
        for check, count in checks.most_common():
            yield f"{count:6} killed by {check}"
        yield ""
        yield (
            f"{self.made} mutants made, {self.killed} killed, {len(self.equivalent)} equivalent, "
            f"{len(self.survivors)} survived: score {self.score:.2%} ({WANTED:.0%} wanted) "
            f"in {self.seconds / 60:.0f} min"
        )

    def _by_module(self) -> Iterator[str]:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for fate in self.fates:
            counts[fate.mutant.module]["killed" if fate.caught else "survived"] += 1
        for mutant, _ in self.equivalent:
            counts[mutant.module]["equivalent"] += 1
        width = max(map(len, counts), default=0)
        yield f"{'module':{width}}    made  killed  equivalent  survived"
        for module, count in sorted(counts.items()):
            yield (
                f"{module:{width}}  {count.total():6}  {count['killed']:6}  "
                f"{count['equivalent']:10}  {count['survived']:8}"
            )

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "schema": 1,
            "settings": self.settings,
            "made": self.made,
            "killed": self.killed,
            "survived": len(self.survivors),
            "score": self.score,
            "seconds": self.seconds,
            "wrong": [*self.wrong],
            "mutants": [
                *(_fate_as_json(fate) for fate in self.fates),
                *(
                    _mutant_as_json(mutant) | {"fate": "equivalent", "reason": reason}
                    for mutant, reason in self.equivalent
                ),
            ],
        }


def key(mutant: Mutant) -> tuple[str, ...]:
    """What says which mutant it is, on whatever line it stands."""
    return mutant.module, mutant.function, mutant.operator, mutant.before, mutant.after


def killed_in(report: dict[str, Any]) -> set[tuple[str, ...]]:
    """The keys of the mutants that a report, as plain data, has as killed."""
    names = ("module", "function", "operator", "before", "after")
    return {
        tuple([mutant[name] for name in names])
        for mutant in report["mutants"]
        if mutant["fate"] == "killed"
    }


def _survivor(fate: Fate) -> Iterator[str]:
    mutant = fate.mutant
    path = mutant.module.replace(".", "/") + ".py"
    yield f"SURVIVED {path}:{mutant.line} {mutant.function}: {mutant.operator}"
    yield f"  - {mutant.before}"
    yield f"  + {mutant.after}"
    if not fate.reached:
        yield "  no sample of any rule runs it"
    elif fate.asked < fate.reached:
        yield f"  {fate.asked} of the {fate.reached} rules that run it were asked"
    else:
        yield f"  {fate.reached} rules run it"


def _mutant_as_json(mutant: Mutant) -> dict[str, Any]:
    names = ("module", "function", "operator", "line", "before", "after")
    return {name: getattr(mutant, name) for name in names}


def _fate_as_json(fate: Fate) -> dict[str, Any]:
    found = _mutant_as_json(fate.mutant) | {"asked": fate.asked, "reached": fate.reached}
    if fate.caught is None:
        return found | {"fate": "survived", "reaching": sorted(fate.rules)}
    caught = fate.caught
    return found | {
        "fate": "killed",
        "check": caught.check,
        "rule": caught.rule,
        "message": caught.message[:500],
    }
