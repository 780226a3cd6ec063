"""Which arrays of a program may be written over: those that nobody needs any more.

A large array costs more to allocate than to compute. An elementwise call whose result is as large
as an array that has been used for the last time writes into that one, by ``out=``. Never written
to are arguments, captured arrays, results, and whatever may share memory with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, Final

from pullback.compiler.facts import Facts, is_in
from pullback.graph.nodes import Node, nodes_in
from pullback.graph.recorder import member
from pullback.spaces import Space, array_types

__all__ = ["Buffers", "memory_of", "plan"]

LARGE: Final = 1 << 13
"""Arrays of fewer elements are allocated faster than ``out=`` is read."""
CAPTURED: Final = -1
"""Stands for the memory of all captured arrays, as if they were one node."""


@dataclass(frozen=True, slots=True)
class Buffers:
    """What is done with the large arrays of a program."""

    written: dict[int, int] = field(default_factory=dict)
    """Index of a call -> the node into whose array it writes."""
    freed: dict[int, list[int]] = field(default_factory=dict)
    """Index of a node -> those whose values are let go of after it."""


def plan(nodes: Sequence[Node], outputs: Sequence[Any], facts: Facts) -> Buffers:
    """Where the calls of a program write, and when its large arrays are let go of.

    Args:
        nodes: of the program, in order.
        outputs: nodes and plain values that are returned.
        facts: what is known of the primitives.
    """
    owners = memory_of(nodes, facts)
    by_index = {node.index: node for node in nodes}
    ending = _ends(nodes, outputs, owners)
    found = Buffers()
    free: dict[Space, list[int]] = {}
    ended: dict[int, int] = {}
    """Owner of a large array that is not needed any more -> the last node that needed it."""
    for node in nodes:
        for owner in ending.get(node.index, ()):
            space = by_index[owner].space
            if not is_large(space):
                continue
            ended[owner] = node.index
            if is_in(facts.owning, by_index[owner].function):
                free.setdefault(space, []).append(owner)  # type: ignore[arg-type]
        if is_large(node.space) and is_in(facts.writing, node.function) and not node.params:
            places = free.get(node.space)  # type: ignore[arg-type]
            if places:
                found.written[node.index] = places.pop()
    writer = {target: index for index, target in found.written.items()}
    for node in nodes:
        mine = {_last_writer(owner, writer) for owner in owners[node.index]}
        if node.kind == "call" and mine and mine <= ended.keys():
            found.freed.setdefault(max(ended[owner] for owner in mine), []).append(node.index)
    return found


def _last_writer(owner: int, writer: Mapping[int, int]) -> int:
    """The last node whose value lies in the memory of ``owner``."""
    while owner in writer:
        owner = writer[owner]
    return owner


def _ends(
    nodes: Sequence[Node], outputs: Sequence[Any], owners: Mapping[int, frozenset[int]]
) -> dict[int, list[int]]:
    """Index of a node -> the calls whose memory nothing after it needs."""
    last: dict[int, int] = {}
    for node in nodes:
        for index in (node.index, *(parent.index for parent in node.parents)):
            for owner in owners[index]:
                last[owner] = node.index
    for node in nodes_in(outputs):
        for owner in owners[node.index]:
            last.pop(owner, None)
    ending: dict[int, list[int]] = {}
    calls = {node.index for node in nodes if node.kind == "call"}
    for owner, index in last.items():
        if owner in calls:
            ending.setdefault(index, []).append(owner)
    return ending


def memory_of(nodes: Sequence[Node], facts: Facts) -> dict[int, frozenset[int]]:
    """Index of a node -> the nodes whose memory its value may share.

    A value that owns its memory, or may own it, shares it with itself. Numbers share none.
    `CAPTURED` stands for all captured arrays.
    """
    owners: dict[int, frozenset[int]] = {}
    for node in nodes:
        own = frozenset((node.index,))
        if node.space is not None and _is_number(node.space):
            owners[node.index] = frozenset()
        elif node.kind != "call" or is_fresh(node, facts):
            owners[node.index] = own
        elif is_in(facts.viewing, node.function) and node.args and isinstance(node.args[0], Node):
            owners[node.index] = owners[node.args[0].index]
        else:
            owners[node.index] = own.union(*(owners[parent.index] for parent in node.parents))
            if _holds_array((node.args, node.params)):
                owners[node.index] |= {CAPTURED}
    return owners


def _holds_array(value: Any) -> bool:
    """Whether an argument is a captured array, or holds one."""
    if isinstance(value, (list, tuple)):
        return any(map(_holds_array, value))
    if isinstance(value, Mapping):
        return any(map(_holds_array, value.values()))
    return not isinstance(value, Node) and bool(getattr(value, "shape", ()))


def is_fresh(node: Node, facts: Facts) -> bool:
    """Whether a call returns memory of its own: by the facts, or as its function says itself."""
    if node.function is member and isinstance(node.args[0], Node):
        return getattr(node.args[0].function, "owns_results", False)
    return is_in(facts.owning, node.function) or getattr(node.function, "owns_results", False)


def _is_number(space: Space) -> bool:
    kind = space[0]
    return kind in (int, bool) or (kind in array_types and array_types[kind].scalar)


def is_large(space: Space | None) -> bool:
    """Whether values of a space are worth the care."""
    return space is not None and bool(space[1]) and prod(space[1]) >= LARGE
