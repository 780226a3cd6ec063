"""The graph of a Python function, made by running it once."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter as SignatureParameter
from inspect import signature
from typing import Any

from pullback.chain import Chain
from pullback.core import dispatching
from pullback.graph.folding import call_apart, folded
from pullback.graph.graph import Graph
from pullback.graph.nodes import short_name
from pullback.plugins import load
from pullback.spaces import explained

__all__ = ["folded", "trace"]


def trace(f: Any, /, *example: Any, **params: Any) -> Graph:
    """The graph of what ``f`` does: each call of a primitive is a node.

    ``f`` runs once, on values that record what is done to them. A branch on a value goes the way
    of the example, and the graph refuses inputs with which it would go another way.

    Args:
        f: a Python function, a chain (or list of links, which become nodes), or a primitive. It
            may be a derivative, such as ``grad(loss)``; its graph holds both passes.
        example: its arguments: numbers, arrays, or containers of them. The graph is for
            inputs of their types, shapes and dtypes.
        params: keyword arguments of ``f``, which are the same in every run of the graph.

    Raises:
        TracerConversionError: ``f`` hands a value to what does not dispatch on its arguments.

    >>> import numpy as np
    >>> import pullback
    >>> graph = pullback.trace(lambda x, y: np.sin(x) * y, 1.0, np.ones(2))
    >>> print(graph)
    def function(x: float, y: float64(2)):
        sin = numpy.sin(x)  # float64
        mul = sin * y       # float64(2)
        return mul
    >>> graph(0.0, np.ones(2))
    array([0., 0.])
    """
    load()
    graph = Graph(_name_of(f))
    arguments = [
        graph.parameter(name, value)
        for name, value in zip(_names(f, len(example)), example, strict=True)
    ]
    try:
        if isinstance(f, (Chain, list, tuple)):
            y = call_apart(f, arguments, params)
        else:
            y = dispatching(f)(*arguments, **params)
        graph.finish(y)
    except (TypeError, AttributeError, ValueError, IndexError) as error:
        clearer = explained(error)
        if clearer is error:
            raise
        raise clearer from error
    finally:
        graph.close()
    return graph


def _name_of(f: Any) -> str:
    name = "chain" if isinstance(f, (Chain, list, tuple)) else short_name(f)
    return name if name.isidentifier() and name != "lambda" else "function"


def _names(f: Any, number: int) -> Sequence[str]:
    """The names of the arguments of ``f``: those of its definition, or x, y, z."""
    try:
        parameters = [*signature(f).parameters.values()]
    except (TypeError, ValueError):
        parameters = []
    positional = [
        p.name
        for p in parameters
        if p.kind in (SignatureParameter.POSITIONAL_ONLY, SignatureParameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(positional) >= number:
        return positional[:number]
    return ["x", "y", "z"][:number] if number <= 3 else [f"x{place}" for place in range(number)]
