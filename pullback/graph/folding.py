"""Chains, graphs and functions as single nodes, and taken apart again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any

from pullback.arguments import any_traced, youngest_trace
from pullback.chain import Chain
from pullback.graph.nodes import Node, runner, substituted
from pullback.graph.recorder import UNKNOWN
from pullback.tracer import apply_function

if TYPE_CHECKING:
    from pullback.graph.graph import Graph


class Folded:
    """What `folded` returns: a function that is one node of every graph it is traced into."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        update_wrapper(self, function)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Folded) and bool(self.function == other.function)

    def __hash__(self) -> int:
        return hash((Folded, self.function))

    def __repr__(self) -> str:
        return f"folded({self.function!r})"

    def __call__(self, *args: Any, **params: Any) -> Any:
        """One node, where a graph is traced; else what the function returns."""
        values = (*args, *params.values())
        if any_traced(values) and youngest_trace(values).takes_whole_calls:
            return apply_function(self, args, params)
        return self.function(*args, **params)


def folded(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, as one node of the graphs that it is traced into; a decorator.

    Everywhere else it is what it was. `Graph.unfold` takes it apart.

    >>> import pullback
    >>> @pullback.folded
    ... def square(x):
    ...     return x * x
    >>> graph = pullback.trace(lambda x: square(x) + 1.0, 3.0)
    >>> print(graph)
    def function(x: float):
        square = square(x)  # float
        add = square + 1.0  # float
        return add
    """
    return Folded(function)


def unfolded(graph: Graph, example: Sequence[Any]) -> Graph:
    """The same graph with every chain, graph and function in it taken apart.

    Args:
        graph: what is to be taken apart.
        example: inputs of it, or nothing.
    """
    result = type(graph)(graph.name)
    leaves = graph.parameters.bind(example, {}) if example else [UNKNOWN] * len(graph.inputs)
    known: dict[int, Any] = {}
    for node, leaf in zip(graph.inputs, leaves, strict=True):
        known[node.index] = result.placeholder(node.name, leaf)
    result.take_parameters(graph)

    def value_of(argument: Any) -> Any:
        return known[argument.index] if isinstance(argument, Node) else argument

    for node in graph.nodes:
        if node.kind == "variable":
            known[node.index] = result.variable(node.name, node.value)
        elif node.kind == "constant":
            known[node.index] = result.constant(node.value, node.name)
        elif node.kind == "call":
            args = [substituted(arg, value_of) for arg in node.args]
            params = {key: substituted(value, value_of) for key, value in node.params.items()}
            known[node.index] = call_apart(node.function, args, params)
    result.take_guards(graph, known)
    result.take_outputs(graph, [value_of(output) for output in graph.outputs])
    return result


def call_apart(function: Any, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """A call on traced values, of which every part becomes a node of its own."""
    if isinstance(function, Chain):
        for link in function.links:
            args = [call_apart(link, args, {})]
        return args[0]
    if type(function) in (list, tuple):
        return call_apart(Chain(function), args, {})
    if isinstance(function, Folded):
        return function.function(*args, **params)
    if hasattr(function, "call_apart"):  # a graph
        return function.call_apart(args, partial(partial, _call))
    return runner(function)(*args, **params)


def _call(function: Any, *args: Any, **params: Any) -> Any:
    return call_apart(function, args, params)
