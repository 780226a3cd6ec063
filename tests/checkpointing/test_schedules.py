"""Schedules: they can be followed, and no schedule runs fewer links."""

from __future__ import annotations

from functools import cache
from heapq import heappop, heappush
from itertools import islice
from math import comb

import pytest

from pullback.checkpointing import Action, advances, schedule
from pullback.checkpointing.schedules import default_states
from pullback.errors import CheckpointError


@cache
def by_dynamic_program(n, states):
    """The least number of links that are run, if the first state is saved and stays so."""
    if n == 1:
        return 0
    if states == 1:
        return sum(range(n))
    return min(
        first + by_dynamic_program(n - first, states - 1) + by_dynamic_program(first, states)
        for first in range(1, n)
    )


def by_formula(n, states):
    """Griewank and Walther: t(n, s) = r n - beta(s + 1, r - 1), beta(s, r) = C(s + r, s)."""

    def beta(s, r):
        return comb(s + r, s) if r >= 0 else 0

    r = next(r for r in range(n + 1) if beta(states, r) >= n)
    return r * n - beta(states + 1, r - 1)


def by_search(n, states):
    """The least number over everything that could be done: shortest paths, no recurrence."""
    waiting = [(0, 0, frozenset({0}), n)]
    seen = set()
    while waiting:
        cost, present, saved, left = heappop(waiting)
        if left == 0:
            return cost
        if (present, saved, left) in seen:
            continue
        seen.add((present, saved, left))
        following = [(cost, place, saved, left) for place in saved]
        if present == left - 1:
            following.append((cost, -1, saved, left - 1))
        if present >= 0:
            following.append((cost + 1, present + 1, saved, left))
            if len(saved) < states:
                following.append((cost, present, saved | {present}, left))
        following += [(cost, present, saved - {place}, left) for place in saved]
        for step in following:
            heappush(waiting, step)
    raise AssertionError("nothing reverses the chain")


def follow(n, states):
    """The links that are advanced and the most states that are saved at once; checks each step."""
    saved, present, advanced, most, left = set(), 0, [], 0, n
    for kind, place in schedule(n, states):
        if kind == "advance":
            assert 0 <= present < place < n
            advanced += range(present, place)
            present = place
        elif kind == "save":
            assert place == present
            saved.add(place)
            most = max(most, len(saved))
        elif kind == "restore":
            assert place in saved
            present = place
        else:
            assert kind == "reverse"
            left -= 1
            assert place == present == left
            saved.discard(place)
            present = -1
    assert left == 0
    assert not saved
    return advanced, most


@pytest.mark.parametrize("states", range(1, 9))
def test_as_few_links_are_run_as_can_be(states):
    for n in range(1, 41):
        advanced, most = follow(n, states)
        expected = by_dynamic_program(n, states)
        assert len(advanced) == advances(n, states) == by_formula(n, states) == expected
        assert most == min(states, max(1, n - 1))


@pytest.mark.parametrize("states", range(1, 5))
def test_nothing_else_does_better(states):
    for n in range(1, 8):
        assert advances(n, states) == by_search(n, states)


@pytest.mark.parametrize(("n", "states"), [(1000, 3), (5000, 20), (300, 299), (300, 300), (300, 1)])
def test_long_chains_and_few_states(n, states):
    assert len(follow(n, states)[0]) == by_formula(n, states)


def test_more_states_than_links_save_every_input_once():
    assert [*schedule(3, 100)] == [*schedule(3, 3)]
    assert [*map(str, schedule(3, 3))] == [
        "save 0",
        "advance 1",
        "save 1",
        "advance 2",
        "reverse 2",
        "restore 1",
        "reverse 1",
        "restore 0",
        "reverse 0",
    ]


def test_one_link_is_reversed_at_once():
    assert [*schedule(1, 1)] == [Action("save", 0), Action("reverse", 0)]
    assert advances(1, 1) == 0


def test_a_schedule_is_made_as_it_is_followed():
    first = [*islice(schedule(10**12, 2), 3)]
    assert [action.kind for action in first] == ["save", "advance", "save"]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 10, 11, 100, 101, 1000])
def test_by_default_no_link_is_advanced_more_than_twice(n):
    states = default_states(n)
    advanced, _ = follow(n, states)
    assert max(map(advanced.count, range(n))) <= 2
    if states > 1:
        advanced, _ = follow(n, states - 1)
        assert max(map(advanced.count, range(n))) > 2


@pytest.mark.parametrize("function", [schedule, advances])
def test_numbers_that_make_no_sense_are_refused(function):
    with pytest.raises(CheckpointError, match="the number of links is 0; it is a whole number, at"):
        function(0, 1)
    with pytest.raises(CheckpointError, match=r"the number of states is 0; .* \(the input is one"):
        function(1, 0)
    with pytest.raises(CheckpointError, match=r"the number of states is 2\.0"):
        function(3, 2.0)
