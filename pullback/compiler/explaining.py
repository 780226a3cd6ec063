"""What a compiled function has to say of itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Any

from pullback.compiler.programs import Program
from pullback.compiler.signatures import Static
from pullback.graph.nodes import described

__all__ = ["explained_programs"]


def explained_programs(name: str, engine: str, programs: Sequence[Program]) -> str:
    """Which programs there are, what the passes left of them, and what runs where."""
    if not programs:
        return f"{name}: no program yet; the first call makes one"
    count = f"{len(programs)} program" + ("s" if len(programs) > 1 else "")
    lines = [f"{name}: {count}, engine {engine}"]
    for number, program in enumerate(programs, 1):
        lines.append(f"{number}. {_arguments(program)}")
        lines.append(indent("\n".join(_told(program)), "   "))
    return "\n".join(lines)


def _told(program: Program) -> Iterator[str]:
    recorded, left = (
        sum(node.kind == "call" for node in graph) for graph in (program.recorded, program.graph)
    )
    yield f"{_calls(recorded)} recorded, {left} left by the passes"
    for part in program.parts:
        yield f"{part.where}: {_calls(len(part.nodes))}, {part.why}"
    for guard in program.graph.guards:
        where = f" ({guard.line[0]}:{guard.line[1]})" if guard.line else ""
        yield f"only where {guard.question.__name__} of {guard.node.name} is {guard.answer}{where}"


def _calls(number: int) -> str:
    return f"{number} call" if number == 1 else f"{number} calls"


def _arguments(program: Program) -> str:
    texts = []
    for argument in program.signature.arguments:
        leaves = ", ".join(map(_leaf, argument.leaves))
        inside = leaves if argument.structure is None else f"{{{leaves}}}"
        texts.append(f"{argument.name}: {inside}")
    return ", ".join(texts) or "no arguments"


def _leaf(leaf: Any) -> str:
    return f"always {leaf.value!r:.40}" if isinstance(leaf, Static) else described(leaf)
