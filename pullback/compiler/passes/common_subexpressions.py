"""Equal calls become one: the same function of the same arguments.

Every function of a graph counts as pure: primitives, also those of the user, chains, graphs and
folded functions. So two calls of it with equal arguments are one call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from math import copysign
from typing import Any, Final

from pullback.compiler.facts import known_facts
from pullback.compiler.passes.running import Local
from pullback.graph.editing import Visit
from pullback.graph.nodes import Node

__all__ = ["common_subexpressions"]

_BY_VALUE: Final = frozenset({int, bool, str, bytes, type(None), type(...)})
_PLAIN: Final = (float, int, bool)
_REAL: Final = ("f", "i", "u", "b")
"""The kinds of dtypes whose sums and products do not depend on the order of two arguments."""


@partial(Local, is_last=True)
def common_subexpressions() -> Visit:
    """Calls that were made before, with equal arguments.

    Numbers, texts, slices and tuples are compared by type and value (1 and 1.0 differ, and so do
    0.0 and -0.0), small arrays as plugins say, everything else by identity. Two real
    arguments of a sum or a product may change places, which may give another NaN, where both are
    NaN.
    """
    facts = known_facts()
    commutative = facts.commutative
    numbers = {float, *(kind for kind, plain in facts.boxes.items() if plain is float)}
    seen: dict[Any, Node] = {}
    key_of = _Keys(facts.alike).of

    def visit(node: Node) -> Node:
        function, args = node.function, tuple([key_of(arg) for arg in node.args])
        try:
            if function in commutative and len(args) == 2 and _may_swap(node, numbers):
                args = frozenset(args)  # type: ignore[assignment]
            if node.params:
                key: Any = (function, args, key_of(node.params))
            else:
                key = (function, args)
            found = seen.setdefault(key, node)
        except TypeError:  # an unhashable function: a graph
            found = seen.setdefault((id(function), args, key_of(node.params)), node)
        return found if found.space == node.space else node

    return visit


def _float_key(value: float) -> Any:
    # NaN is not equal to itself, but a tuple that holds it is: by identity.
    return (float, value, copysign(1.0, value))


class _Keys:
    """What is equal for arguments that are, and hashable.

    Args:
        alike: type -> what plugins say of its values; see `Facts.compare`.
    """

    def __init__(self, alike: Mapping[type, Callable[[Any], Any]]) -> None:
        self.alike = alike
        self.makers: Mapping[type, Callable[[Any], Any]] = {
            float: _float_key,
            complex: lambda value: (complex, _float_key(value.real), _float_key(value.imag)),
            slice: lambda value: (slice, self.of((value.start, value.stop, value.step))),
            tuple: lambda value: (tuple, *map(self.of, value)),
            list: lambda value: (list, *map(self.of, value)),
            dict: lambda value: (dict, frozenset((name, self.of(value[name])) for name in value)),
        }

    def of(self, value: Any) -> Any:
        """The key of an argument; a node is its own."""
        kind = type(value)
        if kind is Node:
            return value
        if kind in _BY_VALUE:
            return (kind, value)
        make = self.makers.get(kind)
        if make is not None:
            return make(value)
        key = self.alike[kind](value) if kind in self.alike else None
        return (kind, "same", id(value)) if key is None else (kind, "equal", key)


def _may_swap(node: Node, numbers: Collection[type]) -> bool:
    """Whether both arguments are real numbers, of the types ``numbers``, or arrays of them."""
    for arg in node.args:
        if type(arg) is Node:
            if arg.space is None:
                return False
            kind, _, dtype = arg.space
            if kind not in numbers and getattr(dtype, "kind", None) not in _REAL:
                return False
        elif type(arg) not in _PLAIN:
            return False
    return True
