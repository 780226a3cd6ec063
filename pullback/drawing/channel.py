"""The lines between two layers: which line of text each turns to the side in.

A net joins some places above with some below. It goes down to its track, along it, and down again.
Nets share a track where they do not touch. Where one net comes from above in the column in which
another goes on below, the first must turn higher up; nets that wait for each other in a circle are
taken apart, one of them by a detour through a free column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, count
from typing import Final

from pullback.drawing.canvas import Canvas

_APART: Final = 1
"""Empty columns between two nets on one track."""


@dataclass(slots=True, eq=False)
class Net:
    """Places above and below that are joined: columns."""

    tops: list[int]
    bottoms: list[int]
    origin: Net | None = None
    """Of the second half of a net with a detour, the first, from which ``tops`` come."""
    track: int = -1
    """Between the layers, from 0 above."""
    left: int = 0
    right: int = 0
    """The first and the last column in which it has an end."""

    def __post_init__(self) -> None:
        self.left = min(*self.tops, *self.bottoms)
        self.right = max(*self.tops, *self.bottoms)

    @property
    def is_straight(self) -> bool:
        """Whether the net goes straight down, and needs no track."""
        return self.left == self.right

    def passes(self, columns: Iterable[int]) -> int:
        """How many of these columns the net passes on its track."""
        return sum(self.left <= column <= self.right for column in columns)

    def touches(self, other: Net) -> bool:
        """Whether the two cannot share a track."""
        return self.left <= other.right + _APART and other.left <= self.right + _APART


def channel(nets: Sequence[Net], *, ascii: bool = False) -> list[str]:
    r"""The lines of text between two layers.

    Args:
        nets: no two have the same column above, nor below. They are given their tracks.
        ascii: whether to draw with signs of ASCII alone.

    >>> print(*channel([Net([1], [6]), Net([4], [2])]), sep="\n")
     └──│─┐
      ┌─┘ │
    """
    drawn = _with_tracks(nets)
    height = max((net.track + 1 for net in drawn), default=1)
    canvas = Canvas(height)
    for net in drawn:
        start = -1 if net.origin is None else net.origin.track
        number = id(net if net.origin is None else net.origin)
        for column in net.tops:
            canvas.line(number, (start, column), (net.track, column))
        for column in net.bottoms:
            canvas.line(number, (net.track, column), (height, column))
        canvas.line(number, (net.track, net.left), (net.track, net.right))
    return canvas.rows(ascii=ascii)


def _with_tracks(nets: Sequence[Net]) -> list[Net]:
    """Give each net a track; the nets, with the second halves of those with a detour."""
    tops = {column: net for net in nets for column in net.tops}
    done = [net for net in nets if net.is_straight]
    for net in done:
        net.track = 0
    waiting = [net for net in nets if not net.is_straight]
    free = _free_columns(nets)
    above = _better_above(waiting)
    for track in count():
        if not waiting:
            break
        ready = [net for net in waiting if not _blocked(net, tops)]
        if not ready:
            ready, rest = _with_detour(waiting, tops, free)
            waiting.append(rest)
        for net in _chosen(ready, above):
            net.track = track
            waiting.remove(net)
            done.append(net)
    return done


def _blocked(net: Net, tops: Mapping[int, Net]) -> list[int]:
    """The columns below in which another net that has no track yet comes down from above."""
    if net.origin is not None and net.origin.track < 0:
        return net.bottoms
    others = [(column, tops.get(column, net)) for column in net.bottoms]
    return [column for column, other in others if other is not net and other.track < 0]


def _with_detour(
    waiting: Sequence[Net], tops: Mapping[int, Net], free: set[int]
) -> tuple[list[Net], Net]:
    """Take apart a net that waits for others which wait for it; the first half need not wait."""
    whole = [net for net in waiting if net.origin is None]
    net = min(whole, key=lambda net: (len(_blocked(net, tops)), net.left))
    blocked = _blocked(net, tops)
    joint = min(free, key=lambda column: (abs(column - blocked[0]), column))
    free.remove(joint)
    net.bottoms = [column for column in net.bottoms if column not in blocked]
    columns = [*net.tops, *net.bottoms, joint]
    net.left, net.right = min(columns), max(columns)
    return [net], Net([joint], blocked, origin=net)


def _free_columns(nets: Sequence[Net]) -> set[int]:
    taken = {column for net in nets for column in (*net.tops, *net.bottoms)}
    return {*range(max(taken, default=0) + len(nets) + 1)} - taken


def _better_above(nets: Sequence[Net]) -> dict[Net, list[Net]]:
    """Net -> those that turn above it, if as few lines as possible are to cross."""
    above: dict[Net, list[Net]] = {net: [] for net in nets}
    for one, other in combinations(nets, 2):
        if one.left <= other.right and other.left <= one.right:
            one_above = other.passes(one.bottoms) + one.passes(other.tops)
            other_above = one.passes(other.bottoms) + other.passes(one.tops)
            if one_above < other_above:
                above[other].append(one)
            elif other_above < one_above:
                above[one].append(other)
    return above


def _chosen(ready: Sequence[Net], above: Mapping[Net, Sequence[Net]]) -> list[Net]:
    """The nets for the next track: those that are best above all others that have none."""
    worse = {net: sum(other.track < 0 for other in above.get(net, ())) for net in ready}
    chosen: list[Net] = []
    for net in sorted(ready, key=lambda net: (worse[net], net.left)):
        if chosen and worse[net]:
            break
        if not any(net.touches(other) for other in chosen):
            chosen.append(net)
    return chosen
