"""The run itself: record what every rule's examination runs, then examine every mutant."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.mutation.forks import Result, each_in_fork, limit
from tests.mutation.judges import Complaint, Examine, Judge
from tests.mutation.modules import replace, watch
from tests.mutation.reach import Reach, Record
from tests.mutation.sources import Mutant, Source, Unit
from tests.mutation.swaps import NotSwappable, Swaps, containers, restore

LOADING: Final = 60.0
"""Seconds that importing the rules may take."""
ENOUGH: Final = 25.0
"""Seconds of examination, as measured without a mutant, after which no further rule is asked."""
START: Final = 0.01
"""Seconds that asking a rule takes at least."""
WARM: Final = 3
"""How many rules are examined before the first mutant, so that NumPy and hypothesis are warm."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one mutant."""

    mutant: Mutant
    caught: Complaint | None
    asked: int
    """How many rules were examined."""
    rules: frozenset[str]
    """The rules that run what was changed."""

    @property
    def reached(self) -> int:
        """How many rules run what was changed."""
        return len(self.rules)


def record(judge: Judge, sources: Mapping[str, Source], jobs: int) -> tuple[Record, list[str]]:
    """Examine every rule as it is.

    Returns:
        What was seen, and what checks say already: those tell nothing of a mutant of that rule.
    """

    def look_at_all(_: None, send: Callable[[Any], None]) -> None:
        ran = watch(sources)
        limit(LOADING)
        examine = judge.load()
        limit(0)
        send(Loaded(frozenset(ran), judge.made()))
        warm(examine, [*examine], sources)

        def look(rule: str, send: Callable[[Any], None]) -> None:
            ran.clear()
            limit(LOADING)
            start = time.process_time()
            complaints = [*examine[rule](frozenset(), False)]
            send(Seen(time.process_time() - start, frozenset(ran), complaints))

        for result in each_in_fork(look, [*examine], jobs):
            send(result)

    found, wrong = Record(), []
    (everything,) = each_in_fork(look_at_all, [None], 1)
    if not everything.sent:
        raise RuntimeError(f"the rules do not load: {everything.died}; see MUTATION_VERBOSE=1")
    loaded, *results = everything.sent
    found.at_import, found.made = loaded.ran, loaded.made
    for result in results:
        rule = result.item
        if not result.sent:
            wrong.append(f"{rule}: finishes: {result.died}")
            continue
        (seen,) = result.sent
        wrong += [f"{rule}: {c.check}: {c.message}" for c in seen.complaints]
        found.left_out[rule] = frozenset(c.check for c in seen.complaints)
        found.seconds[rule] = seen.seconds
        for unit in seen.ran:
            found.ran.setdefault(unit, set()).add(rule)
    return found, sorted(wrong)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was seen when the rules were loaded."""

    ran: frozenset[Unit]
    made: dict[tuple[str, str], set[str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen when one rule was examined."""

    seconds: float
    ran: frozenset[Unit]
    complaints: list[Complaint]


def warm(
    examine: Mapping[str, Examine], rules: Sequence[str], sources: Mapping[str, Source]
) -> None:
    """Examine a few of ``rules``, so that NumPy and hypothesis have filled their caches."""
    kept = containers(sources)
    for rule in rules[:WARM]:
        for _ in examine[rule](frozenset(), False):
            pass
    restore(kept, sources)


@dataclass(frozen=True, slots=True)
class Task:
    """One mutant that is to be examined."""

    mutant: Mutant
    reached: frozenset[str]
    changes: list[tuple[Any, Any]] | None
    """The code to swap, where that will do."""


class Examination:
    """Examines mutants, those rules first that are most likely to notice."""

    def __init__(
        self, judge: Judge, sources: Mapping[str, Source], found: Record, enough: float = ENOUGH
    ) -> None:
        self.judge = judge
        self.sources = sources
        self.record = found
        self.reach = Reach(sources, found)
        self.enough = enough
        self._swaps = Swaps(sources)
        self._loaded: dict[str, Examine] = {}
        self._caught: dict[Any, Counter[str]] = {}
        """Unit -> the rules that noticed a mutant of it, and how often."""

    def fates(self, mutants: Sequence[Mutant], jobs: int) -> Iterator[Fate]:
        """What becomes of each mutant, as soon as it is known.

        First those for which a module must be imported anew; then this process loads the rules.
        """
        tasks = []
        for mutant in mutants:
            task = self._task(mutant)
            if task.reached:
                tasks.append(task)
            else:
                yield Fate(mutant, None, 0, frozenset())
        importing = [task for task in tasks if task.changes is None]
        swapping = [task for task in tasks if task.changes is not None]
        for result in each_in_fork(self._import_and_examine, importing, jobs):
            yield self._fate(result)
        if swapping:
            self._load()
        for result in each_in_fork(self._swap_and_examine, swapping, jobs):
            yield self._fate(result)

    def _task(self, mutant: Mutant) -> Task:
        reached = frozenset(self.reach.rules(mutant) & {*self.record.seconds})
        try:
            return Task(mutant, reached, self._swaps.new_code(mutant, self.record.at_import))
        except NotSwappable:
            return Task(mutant, reached, None)

    def _load(self) -> None:
        self._loaded = self.judge.load()
        quickest = sorted(self.record.seconds, key=lambda rule: self.record.seconds[rule])
        warm(self._loaded, quickest, self.sources)
        self._swaps.load()

    def _import_and_examine(self, task: Task, send: Callable[[Any], None]) -> None:
        mutant = task.mutant
        replace({mutant.module: mutant.applied(self.sources[mutant.module].text)})
        limit(LOADING)
        try:
            examine = self.judge.load()
        except BaseException as error:
            send(Complaint("does not load", f"{type(error).__name__}: {error}"))
            return
        known = {*self.record.seconds}
        for rule in sorted(known - {*examine}):
            send(Complaint("is missing", "no rule is registered", rule))
            return
        for rule in sorted({*examine} - known):
            limit(LOADING)
            for complaint in examine[rule](frozenset(), True):
                send(complaint)
                return
        self._examine(task, examine, send)

    def _swap_and_examine(self, task: Task, send: Callable[[Any], None]) -> None:
        assert task.changes is not None
        self._swaps.apply(task.changes)
        self._examine(task, self._loaded, send)

    def _examine(
        self, task: Task, examine: Mapping[str, Examine], send: Callable[[Any], None]
    ) -> None:
        spent = 0.0
        for rule in self._in_order(task):
            seconds = self.record.seconds[rule]
            if spent and spent + seconds > self.enough:
                return
            spent += seconds
            send(rule)
            limit(10 * seconds + 5)
            try:
                complaint = next(iter(examine[rule](self.record.left_out[rule], True)), None)
            except Exception as error:
                complaint = Complaint("raises", f"{type(error).__name__}: {error}", rule)
            if complaint is not None:
                send(complaint)
                return

    def _in_order(self, task: Task) -> Iterator[str]:
        """The rules to ask: those that noticed its like, then whoever runs most that is new.

        Those of its own module come before all others.
        """
        caught = self._caught.get(_unit(task.mutant), Counter())
        first, seconds = self.reach.first(task.mutant), self.record.seconds
        neighbours = self.reach.neighbours(task.mutant)
        left = sorted(task.reached, key=lambda rule: (seconds[rule], rule))
        seen: set[Unit] = set()
        while left:
            rule = max(
                left,
                key=lambda rule: (
                    caught[rule],
                    rule in first,
                    rule in neighbours,
                    len(self.reach.ran_by(rule) - seen) / (seconds[rule] + START),
                ),
            )
            left.remove(rule)
            seen |= self.reach.ran_by(rule)
            yield rule

    def _fate(self, result: Result[Task]) -> Fate:
        task = result.item
        asked = [item for item in result.sent if isinstance(item, str)]
        complaints = [item for item in result.sent if isinstance(item, Complaint)]
        caught = complaints[0] if complaints else None
        if caught is None and result.died:
            caught = Complaint("finishes", result.died, asked[-1] if asked else "")
        if caught is not None and caught.rule:
            self._caught.setdefault(_unit(task.mutant), Counter())[caught.rule] += 1
        return Fate(task.mutant, caught, len(asked), task.reached)


def _unit(mutant: Mutant) -> Any:
    return mutant.unit or (mutant.module, mutant.statement)
