"""How one graph is made of another: node by node, some replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from pullback.graph.graph import Graph
from pullback.graph.nodes import Node, nodes_in, substituted
from pullback.graph.recorder import member

__all__ = ["Visit", "as_one_call", "rewritten"]

Visit: TypeAlias = Callable[[Node], Any]
"""Node of the new graph, a call -> itself, or what stands in its place: a node, or a value."""

_NESTS = (list, tuple, dict)


def rewritten(graph: Graph, visit: Visit) -> Graph:
    """The graph with every call replaced by what ``visit`` says.

    Args:
        graph: is left as it is.
        visit: is given each call in order, as a node of the new graph: what it depends on has been
            visited. It returns that node, which it may change (its function, arguments, name), an
            earlier node, or a value that is known.

    >>> import operator, pullback
    >>> from pullback.graph.editing import rewritten
    >>> graph = pullback.trace(lambda x: 1.0 * x + 2.0, 3.0)
    >>> print(rewritten(graph, lambda node: node.args[1] if node.name == "mul" else node))
    def function(x: float):
        add = x + 2.0  # float
        return add
    """
    known: list[Any] = [None] * len(graph)

    def now(value: Any) -> Any:
        return known[value.index] if type(value) is Node else value

    nodes: list[Node] = []
    for node in graph.nodes:
        args: Any = node.args
        params = node.params
        if node.kind == "call":
            args = tuple(
                [
                    known[arg.index]
                    if type(arg) is Node
                    else substituted(arg, now)
                    if type(arg) in _NESTS
                    else arg
                    for arg in args
                ]
            )
            if params:
                params = {key: substituted(value, now) for key, value in params.items()}
        new = Node(
            len(nodes),
            node.name,
            node.kind,
            node.function,
            args,
            params,
            node.value,
            node.space,
            node.line,
            node.pullback,
        )
        found = visit(new) if node.kind == "call" else new
        known[node.index] = found
        if found is new:
            nodes.append(new)
    guards = [
        replace(guard, node=found)
        for guard in graph.guards
        if isinstance(found := known[guard.node.index], Node)
    ]
    return graph.remade(nodes, guards, known)


def as_one_call(graph: Graph, function: Callable[..., Any]) -> Graph:
    """The graph as one call of a function that returns a tuple.

    Args:
        graph: whose inputs the function takes, in order.
        function: returns the outputs that are nodes, in order, and then the values that the
            graph has guards on.
    """
    inputs = [replace(node, index=place) for place, node in enumerate(graph.inputs)]
    wanted = [*nodes_in(graph.outputs), *(guard.node for guard in graph.guards)]
    places = {node.index: place for place, node in reversed([*enumerate(wanted)])}
    whole = Node(len(inputs), graph.name, "call", function, tuple(inputs))
    known: list[Any] = [None] * len(graph)
    nodes = [*inputs, whole]
    for node, new in zip(graph.inputs, inputs, strict=True):
        known[node.index] = new
    for index, place in places.items():
        node = graph.nodes[index]
        if node.kind == "call":
            new = replace(node, index=len(nodes), function=member, args=(whole, place), params={})
            nodes.append(new)
            known[index] = new
    guards = [replace(guard, node=known[guard.node.index]) for guard in graph.guards]
    return graph.remade(nodes, guards, known)
