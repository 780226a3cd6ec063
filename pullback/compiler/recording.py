"""From a call of a function to the graph of what it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from pullback.chain import Chain
from pullback.compiler.signatures import Signature, filled
from pullback.core import dispatching
from pullback.errors import GraphError
from pullback.graph.folding import Folded, call_apart
from pullback.graph.graph import Graph
from pullback.graph.nodes import substituted
from pullback.lines import line_of_caller
from pullback.spaces import Traced, explained

__all__ = ["captured", "holds_traced", "record"]


def record(f: Any, name: str, signature: Signature, names: Sequence[str], values: Any) -> Graph:
    """The graph of what ``f`` does when it is called once.

    Args:
        f: a function, a chain, a graph, a primitive, or a derivative of one.
        name: of the graph.
        signature: of the call.
        names: of the values that vary.
        values: those values.

    Raises:
        TracerConversionError: ``f`` hands a value to what does not dispatch on its arguments.
    """
    graph = Graph(name)
    outside = line_of_caller()
    varying = [graph.leaf(*item) for item in zip(names, values, strict=True)]
    args, params = filled(signature, varying)
    try:
        if isinstance(f, (Chain, list, tuple, Graph)):
            y = call_apart(f, args, params)
        else:
            y = dispatching(f)(*args, **params)
        graph.finish(y)
        _check_outputs(graph)
    except (TypeError, AttributeError, ValueError, IndexError) as error:
        clearer = explained(error)
        if clearer is error:
            raise
        raise clearer from error
    finally:
        graph.close()
    for node in graph:
        if node.line == outside:  # where a chain is called is not where its links are written
            node.line = None
    if any(isinstance(node.function, (Chain, Graph, Folded)) for node in graph):
        return graph.unfold(*values)
    return graph


def holds_traced(graph: Graph) -> bool:
    """Whether a function uses a traced value that it was not given: it is differentiated by it."""
    calls = [(node.args, node.params) for node in graph]
    found: list[Any] = []
    substituted([graph.outputs, *map(list, calls)], found.append)
    return any(isinstance(value, Traced) for value in found)


def _check_outputs(graph: Graph) -> None:
    """Raise where a function returns what holds on to the values that it was recorded with.

    Raises:
        GraphError: it returns a function, a generator or the like.
    """
    for output in graph.outputs:
        if isinstance(output, (FunctionType, MethodType, partial, Iterator)):
            raise GraphError(
                f"{graph.name} returns {output!r:.60}, which may hold on to values that are there "
                "only while it is recorded. Return numbers, arrays, or containers of them: call "
                "a pullback within the function"
            )


def captured(f: Any) -> list[tuple[str, Any]]:
    """What a function uses that it is not given: name -> value, of closures and globals."""
    found: list[tuple[str, Any]] = []
    while f is not None:
        code, cells = getattr(f, "__code__", None), getattr(f, "__closure__", None)
        if code is not None:
            for name, cell in zip(code.co_freevars, cells or (), strict=False):
                try:
                    found.append((name, cell.cell_contents))
                except ValueError:  # not assigned yet
                    continue
            known = f.__globals__
            found += [(name, known[name]) for name in code.co_names if name in known]
        f = getattr(f, "__pullback_of__", None) or getattr(f, "func", None)
    return found
