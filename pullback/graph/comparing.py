"""Whether two graphs are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pullback.graph.nodes import Node

if TYPE_CHECKING:
    from pullback.graph.graph import Graph


def same_graph(a: Graph, b: Graph) -> bool:
    """Whether two graphs have nodes of the same names that do the same, and inputs and outputs.

    The order of independent nodes does not count; nor do the name of the graph, and where and with
    what it was traced.
    """
    others = {node.name: node for node in b.nodes}
    return (
        len(a) == len(b)
        and [node.name for node in a.inputs] == [node.name for node in b.inputs]
        and _same_value(a.outputs, b.outputs)
        and a.structure == b.structure
        and all(node.name in others and _same_node(node, others[node.name]) for node in a.nodes)
        and [(g.node.name, g.question, g.answer) for g in a.guards]
        == [(g.node.name, g.question, g.answer) for g in b.guards]
    )


def _same_node(a: Node, b: Node) -> bool:
    return (
        a.kind == b.kind
        and bool(a.function == b.function)
        and _same_value((a.args, a.params, a.value), (b.args, b.params, b.value))
    )


def _same_value(a: Any, b: Any) -> bool:
    if isinstance(a, Node) or isinstance(b, Node):
        return isinstance(a, Node) and isinstance(b, Node) and a.name == b.name
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same_value, a, b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(_same_value(a[key], b[key]) for key in a)
    if getattr(a, "shape", ()) != getattr(b, "shape", ()) or (
        getattr(a, "dtype", None) != getattr(b, "dtype", None)
    ):
        return False
    if a is b:
        return True
    if not hasattr(a, "dtype"):
        return bool(a == b) or (a != a and b != b)
    return bool(((a == b) | ((a != a) & (b != b))).all())
