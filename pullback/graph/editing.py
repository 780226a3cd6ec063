"""How one graph is made of another: node by node, some replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from pullback.graph.graph import Graph
from pullback.graph.nodes import Guard, Node, nodes_in, short_name, substituted
from pullback.graph.recorder import member

__all__ = ["Visit", "as_one_call", "has_unplaced", "kept", "rewritten", "unplaced"]

Visit: TypeAlias = Callable[[Node], Any]
"""Node of the new graph, a call -> itself, or what stands in its place: a node, or a value."""

_NESTS = (list, tuple, dict)


def rewritten(graph: Graph, visit: Visit) -> Graph:
    """The graph with every call replaced by what ``visit`` says.

    Args:
        graph: is left as it is.
        visit: is given each call in order, as a node of the new graph: what it depends on has been
            visited. It returns that node, which it may change (its function, arguments, name), an
            earlier node, or a value that is known. Among the new arguments may be nodes that
            `unplaced` has made; they are visited and stand before the node, which is then visited
            again.

    >>> import operator, pullback
    >>> from pullback.graph.editing import rewritten
    >>> graph = pullback.trace(lambda x: 1.0 * x + 2.0, 3.0)
    >>> print(rewritten(graph, lambda node: node.args[1] if node.name == "mul" else node))
    def function(x: float):
        add = x + 2.0  # float
        return add
    """
    known: list[Any] = [None] * len(graph)
    nodes: list[Node] = []

    def now(value: Any) -> Any:
        return known[value.index] if type(value) is Node else value

    def place(node: Node) -> Any:
        given = node.args
        found = visit(node)
        while found is node and node.args is not given and has_unplaced(node):
            node.args = given = tuple(map(placed, node.args))
            node.index = len(nodes)
            found = visit(node)
        if found is node:
            nodes.append(node)
        return found

    def placed(value: Any) -> Any:
        if type(value) is not Node or value.index >= 0:
            return value
        if has_unplaced(value):
            value.args = tuple(map(placed, value.args))
        value.index = len(nodes)
        return place(value)

    for node in graph.nodes:
        args: Any = node.args
        params = node.params
        if args:
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
        if node.kind == "call":
            known[node.index] = place(new)
        else:
            known[node.index] = new
            nodes.append(new)
    return graph.remade(nodes, _moved(graph.guards, known), known)


def unplaced(node: Node, function: Any, args: tuple[Any, ...], params: Any, space: Any) -> Node:
    """A new node, made for ``node`` by what visits it: one more of its arguments."""
    name = short_name(function)
    return Node(-1, name, "call", function, args, params, None, space, node.line, node.pullback)


def has_unplaced(node: Node) -> bool:
    """Whether an argument of a node is one that `unplaced` has made."""
    return any(type(arg) is Node and arg.index < 0 for arg in node.args)


def kept(graph: Graph, live: Sequence[Node], guards: Sequence[Guard]) -> Graph:
    """The graph of some of its nodes.

    Args:
        graph: is left as it is.
        live: the nodes to keep, in order; each after what it depends on.
        guards: those to keep, of these nodes.
    """
    known: list[Any] = [None] * len(graph)

    def now(value: Any) -> Any:
        return known[value.index] if type(value) is Node else value

    nodes: list[Node] = []
    for node in live:
        args = tuple([substituted(arg, now) for arg in node.args])
        params = {key: substituted(value, now) for key, value in node.params.items()}
        new = replace(node, index=len(nodes), args=args, params=params)
        known[node.index] = new
        nodes.append(new)
    return graph.remade(nodes, _moved(guards, known), known)


def _moved(guards: Sequence[Guard], known: Sequence[Any]) -> list[Guard]:
    """Guards of the nodes that now stand for theirs; a value that is known needs none."""
    return [
        replace(guard, node=found)
        for guard in guards
        if isinstance(found := known[guard.node.index], Node)
    ]


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
