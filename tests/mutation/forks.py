"""Run a function on many items, each in a fork of this process, a few at a time."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Any, Final, Generic, TypeVar

Item = TypeVar("Item")

_FORK: Final = multiprocessing.get_context("fork")
_MEMORY: Final = 8 << 30
"""Bytes of address space: what asks for more is refused, and takes nobody else's memory."""


@dataclass(frozen=True, slots=True)
class Result(Generic[Item]):
    """What became of one item."""

    item: Item
    sent: list[Any]
    """What the function sent, in order."""
    died: str = ""
    """How the process died, if it did: ``"too slow"``, ``"signal 11"``, ``"exit status 1"``."""


def each_in_fork(
    function: Callable[[Item, Callable[[Any], None]], None], items: Iterable[Item], jobs: int
) -> Iterator[Result[Item]]:
    """Run ``function(item, send)`` for each item in a process of its own.

    Args:
        function: what it sends is collected; it starts with everything that this process has.
        items: taken one by one, when a process is free.
        jobs: how many processes run at a time.
    """
    waiting = iter(items)
    running: dict[Connection, tuple[Item, ForkProcess, list[Any]]] = {}
    try:
        while True:
            while len(running) < jobs:
                try:
                    item = next(waiting)
                except StopIteration:
                    break
                receiver, sender = _FORK.Pipe(duplex=False)
                process = _FORK.Process(target=_run, args=(function, item, sender, os.getpid()))
                with warnings.catch_warnings():
                    # NumPy's threads wait for work; they hold no lock that a fork could inherit.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
                sender.close()
                running[receiver] = (item, process, [])
            if not running:
                return
            for ready in wait([*running]):
                assert isinstance(ready, Connection)
                item, process, sent = running[ready]
                try:
                    sent.append(ready.recv())
                except EOFError:
                    del running[ready]
                    ready.close()
                    process.join()
                    yield Result(item, sent, _death(process.exitcode))
    finally:
        for _, process, _ in running.values():
            process.kill()
            process.join()


def _death(status: int | None) -> str:
    if not status:
        return ""
    if status in (-signal.SIGPROF, -signal.SIGALRM):
        return "too slow"
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _run(function: Callable[..., None], item: Any, sender: Connection, parent: int) -> None:
    if not os.environ.get("MUTATION_VERBOSE"):
        silence = open(os.devnull, "w")  # noqa: SIM115  (for as long as the process lives)
        os.dup2(silence.fileno(), 1)
        os.dup2(silence.fileno(), 2)
        sys.stdout = sys.stderr = silence
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    function(item, sender.send)
    sender.close()
    sys.stdout.flush()
    os._exit(0)


def limit(seconds: float) -> None:
    """Let the kernel end this process after so much CPU time, or far more time; 0: never."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, 5 * seconds + 5 if seconds else 0)
