"""The lines between two layers, read back from their letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullback.drawing.channel import Net, channel

UP, DOWN, LEFT, RIGHT = (-1, 0), (1, 0), (0, -1), (0, 1)
ARMS = {
    "│": (UP, DOWN),
    "─": (LEFT, RIGHT),
    "┌": (DOWN, RIGHT),
    "┐": (DOWN, LEFT),
    "└": (UP, RIGHT),
    "┘": (UP, LEFT),
    "├": (UP, DOWN, RIGHT),
    "┤": (UP, DOWN, LEFT),
    "┬": (DOWN, LEFT, RIGHT),
    "┴": (UP, LEFT, RIGHT),
    "┼": (UP, DOWN, LEFT, RIGHT),
}


def joined(rows, column):
    """The columns above and below that the line from a column above is joined to."""
    above, below = {column}, set()
    waiting, seen = [((-1, column), DOWN)], set()
    while waiting:
        (row, column), (down, right) = waiting.pop()
        row, column = row + down, column + right
        if row in (-1, len(rows)):
            (above if row < 0 else below).add(column)
            continue
        sign = rows[row][column]
        behind = sign == "│" and not down
        arms = (LEFT, RIGHT) if behind else ARMS[sign]
        assert (-down, -right) in arms, f"a line ends at {row}, {column}"
        for arm in arms:
            if arm != (-down, -right) and (row, column, arm) not in seen:
                seen.add((row, column, arm))
                waiting.append(((row, column), arm))
    return above, below


def check(nets):
    rows = channel([Net([*tops], [*bottoms]) for tops, bottoms in nets])
    for tops, bottoms in nets:
        for top in tops:
            assert joined(rows, top) == ({*tops}, {*bottoms}), "\n".join(rows)
    return rows


@st.composite
def nets(draw):
    """Nets whose ends are columns that stand in any order, close to each other."""
    number = draw(st.integers(1, 6))
    tops = draw(st.permutations(range(2, 16)))
    bottoms = draw(st.permutations(range(2, 16)))
    sizes = st.integers(1, 2)
    found = []
    for _ in range(number):
        above, below = draw(sizes), draw(sizes)
        found.append((tops[:above], bottoms[:below]))
        tops, bottoms = tops[above:], bottoms[below:]
    return found


@given(nets())
def test_a_line_joins_what_its_net_joins_and_nothing_else(drawn):
    check(drawn)


def test_what_goes_straight_down_takes_one_line():
    assert check([([2], [2]), ([5], [5])]) == ["  │  │"]


def test_nets_that_do_not_touch_share_a_line():
    assert check([([0], [2]), ([6], [4])]) == ["└─┐ ┌─┘"]


@pytest.mark.parametrize("turn", [1, -1])
def test_nets_that_would_cross_twice_do_not(turn):
    assert check([([0], [6]), ([2], [8])][::turn]) == [
        "│ └─────┐",
        "└─────┐ │",
    ]


def test_a_line_that_is_crossed_passes_behind():
    assert check([([0], [6]), ([4], [2])]) == [
        "└───│─┐",
        "  ┌─┘ │",
    ]


def test_two_that_change_places_make_a_detour():
    rows = check([([1], [5]), ([5], [1])])
    assert len(rows) == 3


@pytest.mark.parametrize("number", [3, 6])
def test_a_ring_of_nets_that_wait_for_each_other(number):
    columns = [2 * place for place in range(number)]
    check([([a], [b]) for a, b in zip(columns, [*columns[1:], columns[0]], strict=True)])


def test_signs_of_ascii():
    assert channel([Net([0], [6]), Net([4], [2])], ascii=True) == ["+---|-+", "  +-+ |"]
