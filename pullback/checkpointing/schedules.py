"""Binomial schedules: in which order to run, save and reverse the links of a chain.

To reverse a chain, the input of each link is needed, last link first. With room for fewer states
than there are links, inputs are computed again from the last saved state before them. A schedule
says where to save so that the least is computed again: A. Griewank and A. Walther, Algorithm 799:
revolve, ACM Transactions on Mathematical Software 26 (2000).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from math import comb, isqrt
from typing import Literal, NamedTuple, TypeAlias

from pullback.errors import CheckpointError
from pullback.spaces import plain

__all__ = ["Action", "advances", "default_states", "schedule"]

Kind: TypeAlias = Literal["advance", "save", "restore", "reverse"]


class Action(NamedTuple):
    """One step of a schedule; the state at ``place`` is the input of the link ``place``."""

    kind: Kind
    """What is done.

    - ``"advance"``: run the links from the present state on, up to the state at ``place``.
    - ``"save"``: keep the present state, which is that at ``place``.
    - ``"restore"``: make the saved state at ``place`` the present one.
    - ``"reverse"``: run the rule of the link ``place`` on the present state, and pull the cotangent
      back through it. A state that is saved at ``place`` is needed no more.
    """
    place: int
    """Which state or link."""

    def __str__(self) -> str:
        return f"{self.kind} {self.place}"


def schedule(n: int, states: int) -> Iterator[Action]:
    """The actions that reverse a chain of ``n`` links, with at most ``states`` saved states.

    The first action saves the input, which counts as one of the states. The links that
    ``"advance"`` runs are as few as can be, `advances`. They are made one by one: the memory that
    this takes does not grow with ``n``.

    Args:
        n: the number of links, at least 1.
        states: how many states may be saved at once, at least 1.

    Raises:
        CheckpointError: ``n`` or ``states`` is no whole number, or less than 1.

    >>> for action in schedule(4, 2):
    ...     print(action)
    save 0
    advance 2
    save 2
    advance 3
    reverse 3
    restore 2
    reverse 2
    restore 0
    advance 1
    reverse 1
    restore 0
    reverse 0
    """
    check(n, "links")
    check(states, "states")
    return _actions(n, states)


def _actions(n: int, states: int) -> Iterator[Action]:
    yield Action("save", 0)
    present = 0
    # Of each stretch of links its start, at which a state is saved, its end, how many states it
    # may save with that one, and a bound on how often each of its links is advanced.
    stretches = [(0, n, min(states, n), _repetitions(n, min(states, n)))]
    while stretches:
        start, end, room, repetitions = stretches.pop()
        if present != start:
            yield Action("restore", start)
            present = start
        if end - start == 1:
            yield Action("reverse", start)
            present = -1
            continue
        while repetitions > 1 and comb(room + repetitions - 1, room) >= end - start:
            repetitions -= 1
        middle = start + _first_part(end - start, room, repetitions)
        yield Action("advance", middle)
        present = middle
        stretches.append((start, middle, room, repetitions))
        if room > 1 and end - middle > 1:
            yield Action("save", middle)
            stretches.append((middle, end, room - 1, repetitions))
        else:
            yield Action("reverse", middle)
            present = -1


def _first_part(length: int, room: int, repetitions: int) -> int:
    """How many of ``length`` links to advance by before the next state is saved.

    The most for which both parts are reversed with the repetitions that the bound allows: the
    first part with one less, as it has been advanced once.
    """
    if room == 1:
        return length - 1
    return min(
        comb(room + repetitions - 1, room),
        length - comb(room + repetitions - 2, room - 1),
    )


def advances(n: int, states: int) -> int:
    """How many links the ``"advance"`` actions of ``schedule(n, states)`` run: the least possible.

    With ``r`` the least number for which C(states + r, states) >= n, this is
    r n - C(states + r, r - 1): the closed form of Griewank and Walther.

    Args:
        n: the number of links, at least 1.
        states: how many states may be saved at once, with the input; at least 1.

    Raises:
        CheckpointError: ``n`` or ``states`` is no whole number, or less than 1.

    >>> [advances(100, states) for states in (1, 2, 5, 10, 13, 100)]
    [4950, 845, 316, 222, 185, 99]
    """
    check(n, "links")
    check(states, "states")
    states = min(states, n)
    r = _repetitions(n, states)
    return r * n - comb(states + r, r - 1) if r else 0


def _repetitions(n: int, states: int) -> int:
    """The least ``r`` for which C(states + r, states) >= n: no link is advanced more often."""
    if states == 1:
        return n - 1
    above = 1
    while comb(states + above, states) < n:
        above *= 2
    return bisect_left(range(above), n, key=lambda r: comb(states + r, states))


def default_states(n: int) -> int:
    """The least number of states with which no link of ``n`` is advanced more than twice.

    >>> [default_states(n) for n in (1, 3, 10, 100, 1_000_000)]
    [1, 1, 3, 13, 1413]
    """
    states = max(1, isqrt(2 * n) - 2)
    while comb(states + 2, 2) < n:
        states += 1
    return states


def check(number: int, what: str) -> None:
    """Refuse what is not a number of links or states.

    Raises:
        CheckpointError: it is no whole number, or less than 1.
    """
    if type(number) is not int or number < 1:
        raise CheckpointError(
            f"the number of {what} is {plain(number)!r:.40}; it is a whole number, at least 1"
            + (" (the input is one of them)" if what == "states" else "")
        )
