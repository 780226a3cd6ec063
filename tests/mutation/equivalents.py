"""Mutants that are no mistakes: a reviewed list, each with the reason why nothing can notice it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.mutation.sources import Mutant

FILE: Final = Path(__file__).with_name("equivalents.toml")


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One mutant of the list."""

    module: str
    function: str
    before: str
    after: str
    reason: str

    def matches(self, mutant: Mutant) -> bool:
        """Whether ``mutant`` is the one that is meant, on whatever line it stands now."""
        return (self.module, self.function, self.before, self.after) == (
            mutant.module,
            mutant.function,
            mutant.before,
            mutant.after,
        )


def read(path: Path = FILE) -> list[Equivalent]:
    """The list. An entry has a module, a function, a reason, and pairs of lines: as is, changed.

    Raises:
        ValueError: an entry without one of these.
    """
    found = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", []):
        missing = [key for key in ("module", "function", "reason", "mutants") if not entry.get(key)]
        if missing:
            raise ValueError(f"{path.name}: an entry without {', '.join(missing)}: {entry}")
        for before, after in entry["mutants"]:
            found.append(
                Equivalent(entry["module"], entry["function"], before, after, entry["reason"])
            )
    return found


def sort_out(
    mutants: Sequence[Mutant], equivalents: Sequence[Equivalent]
) -> tuple[list[Mutant], list[tuple[Mutant, str]], list[Equivalent]]:
    """The mutants to examine, those that are equivalent with the reason, and entries of no use."""
    known = {(e.module, e.function, e.before, e.after): e for e in equivalents}
    used = set()
    others, same = [], []
    for mutant in mutants:
        key = (mutant.module, mutant.function, mutant.before, mutant.after)
        if key in known:
            used.add(key)
            same.append((mutant, known[key].reason))
        else:
            others.append(mutant)
    return others, same, [e for key, e in known.items() if key not in used]
