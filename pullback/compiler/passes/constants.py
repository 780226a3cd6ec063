"""What is known before anything is fed: calls of plain values, and numbers instead of arrays."""

from __future__ import annotations

from typing import Any

from pullback.compiler.facts import known_facts
from pullback.compiler.passes.running import Local, plain_leaves, visitor
from pullback.graph.editing import Visit
from pullback.graph.nodes import Node, runner, space_like

__all__ = ["constants"]


@Local
def constants() -> Visit:
    """Calls whose arguments are all known are made, and arrays of one number become numbers.

    Where a number may stand for an array, plugins say (`Facts.number_for_array`). What a call
    raises or warns of is left to the time when the graph is run.
    """
    simpler = visitor(known_facts().literals)

    def visit(node: Node) -> Any:
        if any(type(arg) is Node and arg.kind == "constant" for arg in node.args):
            node.args = tuple(map(_known, node.args))
        if plain_leaves(node.args) and plain_leaves(node.params.values()):
            return _computed(node)
        return simpler(node)

    return visit


def _known(arg: Any) -> Any:
    return arg.value if type(arg) is Node and arg.kind == "constant" else arg


def _computed(node: Node) -> Any:
    """The value of a call of plain values; the node, if it has none of the type that was traced."""
    try:
        value = runner(node.function)(*node.args, **node.params)
    except Exception:  # whatever it is, it is raised when the graph is run
        return node
    return value if node.space is not None and space_like(value) == node.space else node
