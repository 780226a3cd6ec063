"""Check rules in worker processes, so that one that hangs or crashes costs itself and no other.

Each worker has a pipe of its own, and is killed when the rule that it was given takes longer than
the time limit. A process pool does not do: the standard library's breaks as a whole when one of
its processes dies, and pebble's notices a process that ends with exit code 0 only at the time
limit, and prints tracebacks of those that are stopped while they start.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import re
import shlex
import signal
import threading
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hypothesis.configuration import set_hypothesis_home_dir

from pullback.conformance.results import Failure, Outcome, RuleResult
from pullback.conformance.running import Settings, examine
from pullback.conformance.targets import Reference
from pullback.errors import ConformanceError

__all__ = ["FINISHES", "LOADS", "InternalError", "examine_all", "usable_cpus"]

LOADS: Final = "loads"
"""The check that a plugin fails whose import fails."""
FINISHES: Final = "finishes"
"""The check that a rule fails that does not come to an end, or takes the interpreter with it."""

_GRACE: Final = 0.5
"""Seconds in which a worker that is over its time may write down where it is."""
_SHOWN: Final = 30
"""The most lines that are shown of what a worker left behind."""
_NOISE: Final = re.compile("Timeout |Extension modules:|$")
"""Lines of a dump of the stack that say nothing of the rule."""


class InternalError(Exception):
    """The checks themselves broke; the message holds the tracebacks."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of each rule."""

    checks: tuple[str, ...]
    settings: Settings
    replay: str | None = None

    def run(self, reference: Reference) -> RuleResult | Broken:
        """Check one rule in this process; an error of the checks is an answer too."""
        try:
            subject = reference.load()
        except (Exception, SystemExit) as error:
            message = f"{type(error).__name__}: {error}"
            return _failed(reference, LOADS, message, traceback.format_exc())
        try:
            return examine(subject, self.checks, self.settings, replay=self.replay)
        except SystemExit as error:
            message = f"raised SystemExit({error}), which ends the interpreter"
            return _failed(reference, FINISHES, message, traceback.format_exc())
        except Exception as error:
            asked = isinstance(error, ConformanceError) and self.replay is not None
            return Broken(str(error) if asked else traceback.format_exc(), asked)


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a rule could not be checked at all."""

    message: str
    asked: bool
    """Whether it is what was asked for that is wrong, and not the checks."""


def usable_cpus() -> int:
    """How many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def examine_all(
    references: Sequence[Reference],
    checks: Sequence[str],
    settings: Settings,
    jobs: int,
    replay: str | None = None,
) -> Generator[RuleResult, None, None]:
    """Check every rule; the results come in the order in which they are ready.

    A rule that takes longer than ``settings.time_limit`` seconds, or takes its process with it,
    fails the check `FINISHES`. Closing the iterator kills the workers.

    Args:
        references: the rules.
        checks: the names of the checks.
        settings: how thoroughly, and for how long at most.
        jobs: the number of worker processes. 0 checks in this process, for a debugger: then
            nothing holds up a rule that hangs or crashes.
        replay: the ID of the one example that is run again.

    Raises:
        ConformanceError: ``replay`` is no ID.
        InternalError: checks broke; it is raised when the other rules have been checked.
    """
    job = Job(tuple(checks), settings, replay)
    broken = []
    for reference, answer in _answers(references, job, jobs):
        if isinstance(answer, RuleResult):
            yield answer
        elif answer.asked:
            raise ConformanceError(answer.message)
        else:
            broken.append(f"while {reference.name} was checked:\n{answer.message}")
            message = "the checks broke, which is a mistake of theirs and not of the rule"
            yield _failed(reference, FINISHES, message, answer.message)
    if broken:
        raise InternalError("\n".join(broken))


def _answers(
    references: Sequence[Reference], job: Job, jobs: int
) -> Iterator[tuple[Reference, RuleResult | Broken]]:
    if not jobs:
        for reference in references:
            yield reference, job.run(reference)
        return
    with TemporaryDirectory(prefix="pullback-") as folder:
        crew = Crew(Path(folder), job)
        try:
            yield from crew.work(references, jobs)
        finally:
            crew.kill()


@dataclass(eq=False)
class Worker:
    """A process that checks one rule after the other."""

    process: Any
    pipe: Connection
    log: Path
    """What it and its rules print, and where it was when its time was over."""
    reference: Reference | None = None
    """What it checks now."""
    deadline: float = float("inf")

    def give(self, reference: Reference, time_limit: float) -> None:
        """Send it a rule."""
        self.reference = reference
        self.deadline = time.monotonic() + time_limit + _GRACE
        with suppress(OSError):  # it is dead, which its pipe says in a moment
            self.pipe.send(reference)

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


@dataclass
class Crew:
    """All workers of a run."""

    folder: Path
    job: Job
    workers: list[Worker] = field(default_factory=list)
    started: int = 0

    def work(
        self, references: Sequence[Reference], jobs: int
    ) -> Iterator[tuple[Reference, RuleResult | Broken]]:
        """Give out the rules, and hand over each answer when it is there."""
        waiting = [*reversed(references)]
        unanswered = len(references)
        while unanswered:
            while len(self.workers) < min(jobs, unanswered):
                self.workers.append(self._start())
            now = time.monotonic()
            next_deadline = min(worker.deadline for worker in self.workers)
            patience = None if next_deadline == float("inf") else max(0.0, next_deadline - now)
            ready = wait([worker.pipe for worker in self.workers], patience)
            for worker in [*self.workers]:
                if worker.pipe in ready:
                    reference, answer = self._received(worker)
                elif worker.deadline <= time.monotonic() and not worker.pipe.poll():
                    reference, answer = self._overdue(worker)
                else:
                    continue
                if worker in self.workers and waiting:
                    worker.give(waiting.pop(), self.job.settings.time_limit)
                if reference is not None:
                    unanswered -= 1
                    yield reference, answer

    def kill(self) -> None:
        """End all of them."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.kill()
        self.workers.clear()

    def _start(self) -> Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        log = self.folder / f"{self.started}.log"
        self.started += 1
        process = context.Process(target=_serve, args=(theirs, log, self.job), daemon=True)
        with _interrupts_held_back():
            process.start()
        theirs.close()
        return Worker(process, ours, log)

    def _received(self, worker: Worker) -> tuple[Reference | None, Any]:
        """The answer of a worker, or what became of it; no reference if it has just started."""
        reference = worker.reference
        try:
            answer = worker.pipe.recv()
        except (EOFError, OSError):
            return self._died(worker)
        worker.reference, worker.deadline = None, float("inf")
        return reference, answer

    def _died(self, worker: Worker) -> tuple[Reference | None, Any]:
        self.workers.remove(worker)
        worker.process.join()
        reference, code = worker.reference, worker.process.exitcode
        worker.kill()
        if reference is None:
            raise InternalError(f"a worker process did not start:\n{_tail(worker.log)}")
        message = (
            f"the interpreter died ({_cause(code)}) while {reference.rule} was checked; to debug "
            f"it:\npython -m pullback check-rules {shlex.quote(reference.name)} --jobs 0"
        )
        return reference, _failed(reference, FINISHES, message, _tail(worker.log))

    def _overdue(self, worker: Worker) -> tuple[Reference | None, Any]:
        self.workers.remove(worker)
        worker.kill()
        assert worker.reference is not None
        limit = f"{self.job.settings.time_limit:g}"
        message = (
            f"the checks of {worker.reference.rule} did not come to an end within {limit} s, the "
            "time limit for one rule; if it is slow and does not hang, raise --time-limit"
        )
        left = _tail(worker.log)
        return worker.reference, _failed(worker.reference, FINISHES, message, left)


def _failed(reference: Reference, check: str, message: str, left: str) -> RuleResult:
    """The result of a rule of which nothing is known but that it failed one check."""
    outcome = Outcome(check, "failed", failure=Failure(message=message, traceback=left))
    return RuleResult(reference.rule, reference.provider, reference.where, (outcome,))


def _cause(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def _tail(log: Path) -> str:
    """What a worker wrote last: where it was, and what its rules printed before that."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    blocks = [block for block in text.split("\n\n") if _end_with_parent.__name__ not in block]
    lines = [line for line in "\n\n".join(blocks).splitlines() if not _NOISE.match(line)]
    return "\n".join(lines[:_SHOWN])


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Inside, Ctrl-C waits; a process that is started inherits that, and never sees it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it lets interrupts through when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(pipe: Connection, log: Path, job: Job) -> None:
    """What a worker does: check the rules that come through the pipe until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all processes
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with log.open("ab", buffering=0) as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
        faulthandler.enable(file=output)
        set_hypothesis_home_dir(log.parent)  # it would make a folder in the current directory
        with suppress(Exception):  # it is reported when a rule is asked for
            Reference("", "").load()
        pipe.send(None)
        while True:
            try:
                reference = pipe.recv()
            except EOFError:
                return
            output.truncate(0)
            faulthandler.dump_traceback_later(job.settings.time_limit, file=output)
            answer = job.run(reference)
            faulthandler.cancel_dump_traceback_later()
            pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
