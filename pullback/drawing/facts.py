"""What a drawing says of each node of a graph, as text, with or without a run of it."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pullback.drawing.labels import cut, value_text
from pullback.drawing.values import at_length
from pullback.graph import Graph, GraphRun, Step
from pullback.graph.nodes import Node, short_name
from pullback.graph.source import expression
from pullback.lines import location
from pullback.names import name_of
from pullback.plugins import rule_function
from pullback.showing import place, printable

__all__ = ["Facts", "facts_of"]

_KINDS: Final = {"placeholder": "input", "variable": "variable", "constant": "constant"}
_ROOM: Final = 28
"""As many letters of a text are shown on a node."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of one node; a text is empty where there is nothing to say."""

    node: Node
    name: str
    """The name of the node, shortened."""
    does: str
    """The call, shortened: ``exp(mul)``; of an input ``input``."""
    call: str
    """The call with the full name of what is called, if that is another text."""
    value: str
    cotangent: str
    tangent: str
    value_at_length: str
    cotangent_at_length: str
    tangent_at_length: str
    shape: str
    dtype: str
    rule: str
    """The primitive whose rule differentiates the call."""
    provider: str
    """The plugin that has the rule."""
    rule_at: str
    """The file and line of the rule."""
    made_at: str
    """The file and line of the program that made the node."""
    made_by: str
    """What stands in that line."""


def facts_of(graph: Graph, run: GraphRun | None = None) -> list[Facts]:
    """The facts of every node, in the order of the nodes; values are those of ``run``."""
    if run is None:
        return [_facts(node, None) for node in graph.nodes]
    return [_facts(step.node, step) for step in run.steps]


def _facts(node: Node, step: Step | None) -> Facts:
    shape, dtype = _space(node) if step is None else (_shape(step.shape), step.dtype)
    value, cotangent, tangent = _known(step)
    does, call = cut(_does(node), _ROOM), _call(node)
    claim = (step or Step(node, None)).claim
    rule = claim.rule if claim is not None and node.kind == "call" else None
    file, line = node.line or ("", 0)
    return Facts(
        node=node,
        name=cut(printable(node.name), _ROOM),
        does=does,
        call="" if call == does else call,
        value=_said(_brief, value),
        cotangent=_said(_brief, cotangent),
        tangent=_said(_brief, tangent),
        value_at_length=_said(at_length, value),
        cotangent_at_length=_said(at_length, cotangent),
        tangent_at_length=_said(at_length, tangent),
        shape=shape,
        dtype=dtype,
        rule=name_of(rule.primitive) if rule is not None else "",
        provider=claim.provider if rule is not None and claim is not None else "",
        rule_at=_at(*location(rule.source)) if rule is not None else "",
        made_at=_at(file, line),
        made_by=printable(linecache.getline(file, line).strip())[:100] if file else "",
    )


def _known(step: Step | None) -> tuple[Any, Any, Any]:
    return (None,) * 3 if step is None else (step.value, step.cotangent, step.tangent)


def _said(write: Callable[[Any], str], item: Any) -> str:
    return "" if item is None else write(item)


def _space(node: Node) -> tuple[str, str]:
    if node.space is None:
        return "", ""
    kind, shape, dtype = node.space
    return ("()" if shape is None else _shape(shape)), str(
        kind.__name__ if dtype is None else dtype
    )


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def _does(node: Node) -> str:
    if node.kind != "call":
        return _KINDS[node.kind]
    return printable(expression(node, _argument, short_name))


def _call(node: Node) -> str:
    if node.kind != "call":
        return _KINDS[node.kind]
    return printable(expression(node, _argument, _full_name))[:200]


def _full_name(function: Any) -> str:
    return name_of(function) if rule_function(function) is not None else short_name(function)


def _argument(value: Any) -> str:
    return value.name if isinstance(value, Node) else _brief(value)


def _brief(value: Any) -> str:
    is_number = not getattr(value, "shape", ()) and not isinstance(value, (list, tuple))
    return cut(printable(value_text(value, 6 if is_number else 4)), _ROOM)


def _at(file: str | None, line: int | None) -> str:
    if not file or file.startswith("<"):
        return ""
    return printable(f"{place(file)}:{line}")
