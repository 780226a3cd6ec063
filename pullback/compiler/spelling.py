"""How a call is written as Python: with operators, methods, and the names that people use."""

from __future__ import annotations

import builtins
import sys
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from pullback.compiler.naming import Names, variable_names
from pullback.graph.nodes import Node, short_name
from pullback.graph.source import INDEXED, SYMBOLS
from pullback.names import name_of
from pullback.registry import caller

__all__ = ["Spelling"]

_LITERALS: Final = (bool, int, str, type(None), type(...))
_ALIASES: Final = {"numpy": "np"}
_BUILTINS: Final = frozenset(vars(builtins))
_ABSENT: Final = object()


class Spelling:
    """Writes calls, and collects the values and modules that what it wrote refers to.

    Args:
        namespace: what names stand for. It is added to, and nothing in it is replaced, so that
            code which was written before goes on running.
        names: those of the namespace.
        named: id of a value of the namespace -> its name; is added to.
        given: captured value -> what it is called in the program, if that is known.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        names: Names,
        named: dict[int, str],
        given: Callable[[Any], str | None] = lambda value: None,
    ) -> None:
        self.namespace = namespace
        self.names = names
        self.given = given
        self.constants: dict[str, Any] = {}
        """What was captured: name -> value."""
        self.variables: Mapping[int, str] = {}
        """Index of a node -> its name."""
        self.called: Counter[str] = Counter()
        """How often a function is called, by its name."""
        self.nested: Mapping[int, Node] = {}
        """Index of a node -> itself, for those that are written where they are used."""
        self._local: set[str] = set()
        self._named = named

    def name_inputs(self, names: Sequence[str]) -> None:
        """Say how the arguments are called, and what is taken out of them."""
        self._local.update(names)

    def name_variables(
        self, nodes: Sequence[Node], inputs: Mapping[int, str], kept: Container[int]
    ) -> None:
        """Give a name to the value of each node, and its own to those that are ``kept``."""
        taken = (*self.namespace, *self._local)
        self.variables = variable_names(nodes, inputs, taken, kept)
        self._local.update(self.variables.values())

    def call(self, node: Node) -> str:
        """A call."""
        function, args, params = node.function, node.args, node.params
        name = _dotted(function)
        if not params and name is not None:
            if name in SYMBOLS and len(args) == SYMBOLS[name].count("{}"):
                return SYMBOLS[name].format(*map(self._operand, args))
            if name.endswith(INDEXED) and len(args) == 2:
                return f"{self._operand(args[0])}[{self._index(args[1])}]"
        texts = [self.argument(arg) for arg in args]
        texts += [f"{key}={self.argument(value)}" for key, value in params.items()]
        method = self._method(name, function, args)
        if method is not None:
            owner = self._operand(args[0])
            if not callable(function):
                return f"{owner}.{method}"
            return f"{owner}.{method}({', '.join(texts[1:])})"
        text = self.function(function)
        self.called[text] += 1
        return f"{text}({', '.join(texts)})"

    def call_into(self, function: Any, args: Sequence[Any], target: int) -> str:
        """A call that writes into the array of a node."""
        texts = [*map(self.argument, args), f"out={self.variables[target]}"]
        return f"{self.function(function)}({', '.join(texts)})"

    def is_free(self, name: str) -> bool:
        """Whether nothing in the program is called so."""
        return name not in self._local and name not in self.namespace

    def helper(self, name: str) -> str:
        """The name of a function that every program may use."""
        return name

    def _method(self, name: str | None, function: Any, args: tuple[Any, ...]) -> str | None:
        """The name of a method or attribute, if the first argument is of the type that has it."""
        if not args or not isinstance(args[0], Node) or name is None:
            return None
        space = args[0].space
        last = name.rpartition(".")[2]
        if space is None or last.startswith("__"):
            return None
        is_own = getattr(space[0], last, None) is function and isinstance(function, _DESCRIPTORS)
        return last if is_own else None

    def function(self, function: Any) -> str:
        """What is called, by the name that it has in its module, if it can be reached by it."""
        name = _dotted(function)
        if name is None or not callable(function):
            return self.constant(caller(function), short_name(function))
        root, dot, rest = name.partition(".")
        if not dot:  # a builtin
            return name if name not in self._local else self.constant(function, name)
        alias = _ALIASES.get(root, root)
        found = self.namespace.setdefault(alias, sys.modules[root])
        self.names.take((alias,))
        if found is not sys.modules[root] or alias in self._local:
            return self.constant(function, short_name(function))
        return f"{alias}.{rest}"

    def constant(self, value: Any, wanted: str = "constant") -> str:
        """The name of a value that the source is given."""
        if id(value) not in self._named:
            name = self.free(self.given(value) or wanted)
            self._named[id(value)] = name
            self.namespace[name] = value  # which keeps its id in use
        name = self._named[id(value)]
        self.constants[name] = value
        return name

    def free(self, wanted: str) -> str:
        """A name for the namespace, which no value of the program has either."""
        name = self.names.free(wanted if wanted not in _BUILTINS else f"{wanted}_")
        while name in self._local:
            name = self.names.free(name)
        return name

    def argument(self, value: Any) -> str:
        """The text of a node or of a plain value, also of lists and tuples of them."""
        kind = type(value)
        if kind is Node:
            if value.index in self.nested:
                return self.call(value)
            return self.variables[value.index]
        if kind in _LITERALS:
            return repr(value) if value is not ... else "..."
        if kind is float and value - value == 0:
            return repr(value)
        if kind is list:
            return f"[{', '.join(map(self.argument, value))}]"
        if kind is tuple:
            inside = ", ".join(map(self.argument, value))
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        if kind is dict:
            items = (f"{key!r}: {self.argument(item)}" for key, item in value.items())
            return f"{{{', '.join(items)}}}"
        if kind is slice:
            parts = map(self.argument, (value.start, value.stop, value.step))
            return f"slice({', '.join(parts)})"
        if isinstance(value, type) and _dotted(value) is not None:
            return self.function(value)
        return self.constant(value, _described(value))

    def _operand(self, value: Any) -> str:
        """A value that can stand beside an operator or a dot."""
        text = self.argument(value)
        return f"({text})" if text.startswith("-") else text

    def _index(self, index: Any) -> str:
        if type(index) is tuple and index:
            items = ", ".join(map(self._index_item, index))
            return f"{items}," if len(index) == 1 else items
        return self._index_item(index)

    def _index_item(self, item: Any) -> str:
        if type(item) is not slice:
            return self.argument(item)
        ends = ["" if end is None else self.argument(end) for end in (item.start, item.stop)]
        step = "" if item.step is None else f":{self.argument(item.step)}"
        return ":".join(ends) + step


_DESCRIPTORS: Final = (
    type(str.lower),  # methods of builtin types
    type(float.real),  # attributes
    type(Spelling.call),  # methods of classes
    property,
)


def _described(value: Any) -> str:
    if isinstance(value, type) or callable(value):
        return short_name(value)
    return "constant" if hasattr(value, "shape") else type(value).__name__.lower()


@lru_cache(maxsize=4096)
def _dotted_hashable(function: Any) -> str | None:
    name = name_of(function)
    root, *path = name.split(".")
    if not path:
        return name if getattr(builtins, name, None) is function else None
    found: Any = sys.modules.get(root)
    if not isinstance(found, ModuleType):
        return None
    for part in path:
        found = getattr(found, part, _ABSENT)
    # A method of an object, such as np.add.reduce, is made anew whenever it is asked for.
    return name if found is function or (callable(found) and found == function) else None


def _dotted(function: Any) -> str | None:
    """The dotted name by which a function is reached from its module; ``None`` if by none."""
    try:
        return _dotted_hashable(function)
    except TypeError:  # unhashable: a graph
        return None
