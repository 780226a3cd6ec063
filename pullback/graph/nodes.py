"""The nodes of a graph, and what can be asked of them without running anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from pullback.core import dispatching
from pullback.lines import Line
from pullback.names import name_of
from pullback.registry import Claim, caller, rules, unwrap
from pullback.spaces import Space, array_types, plain, space_makers

Kind: TypeAlias = Literal["placeholder", "variable", "constant", "call"]


_NESTS: Final = (list, tuple, dict)


@dataclass(slots=True, eq=False)
class Node:
    """One value of a graph: an input, or a call of a function.

    Nodes belong to their graph, which makes them. Two of them are never equal.
    """

    index: int
    """Its place in ``graph.nodes``; what it depends on stands before it."""
    name: str
    """Unique in the graph."""
    kind: Kind
    """``"placeholder"``, ``"variable"``, ``"constant"``, or ``"call"``."""
    function: Any = None
    """What is called: a primitive, a chain, a graph, any function; ``None`` but for calls."""
    args: tuple[Any, ...] = ()
    """The positional arguments of the call: nodes and plain values, also in lists and tuples."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Its keyword arguments."""
    value: Any = None
    """Of a variable or a constant."""
    space: Space | None = None
    """The type, shape and dtype that the value had when the graph was traced."""
    line: Line | None = None
    """Where in the user's code the node was made."""
    pullback: str | None = None
    """In the reverse pass, the name of the primitive whose pullback made it: ``"tanh"``."""

    @property
    def parents(self) -> list[Node]:
        """The nodes whose values the call is given, in order; twice if it is given one twice."""
        found: list[Node] = []
        for arg in (*self.args, *self.params.values()) if self.params else self.args:
            kind = type(arg)
            if kind is Node:
                found.append(arg)
            elif kind in _NESTS:
                found += nodes_in(arg)
        return found

    @property
    def label(self) -> str:
        """What the node does, in one word: ``exp``, ``mul``; of an input its name."""
        return self.name if self.kind != "call" else short_name(self.function)

    def __repr__(self) -> str:
        return f"<node {self.name}>"


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """What a traced program has asked of a value, and went one way for."""

    node: Node
    question: Callable[[Any], Any]
    """`bool`, or what makes an index of it."""
    answer: Any
    line: Line | None


def runner(function: Any) -> Callable[..., Any]:
    """What a node calls: ``function``, or the getter of an attribute; also on traced values.

    >>> runner(complex.imag)(1 + 2j)
    2.0
    """
    found: Any = dispatching(function)
    return found if callable(found) else caller(function)


def asked(question: Callable[[Any], Any]) -> str:
    """What a program asked of a value, in words: ``bool``, ``index``, ``type and shape``."""
    return question.__name__.replace("_", " ")


def nodes_in(value: Any) -> Iterator[Node]:
    """The nodes in an argument, or in lists, tuples and dicts of arguments."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from nodes_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from nodes_in(item)


def substituted(value: Any, replace: Callable[[Any], Any]) -> Any:
    """An argument, with each node and each plain value in it replaced."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind([substituted(item, replace) for item in value])
    if kind is dict:
        return {key: substituted(item, replace) for key, item in value.items()}
    return replace(value)


def short_name(function: Any) -> str:
    """The last part of the name of a function, or what a folded thing is."""
    while hasattr(function, "func"):  # a partial
        function = function.func
    given = getattr(function, "name", None)  # of a graph
    if isinstance(given, str):
        return given
    name = name_of(function)
    if name == repr(function):
        return type(function).__name__.lower()
    return name.rpartition(".")[2].strip("<>_")


def space_like(value: Any) -> Space:
    """The space of a value, also of one that carries no derivative, such as an integer array."""
    value = plain(value)
    kind = type(value)
    make_space = space_makers.get(kind)
    space = None if make_space is None else make_space(value)
    if space is not None:
        return space
    if kind not in array_types or array_types[kind].scalar:
        return (kind, None, None)
    return (kind, value.shape, value.dtype)


def described(space: Space | None) -> str:
    """A space in few letters: ``float``, ``float64(3, 2)``; ``?`` if it is not known."""
    if space is None:
        return "?"
    kind, shape, dtype = space
    return kind.__name__ if shape is None else f"{dtype}{shape}".replace(",)", ")")


def evaluate(node: Node, value_of: Callable[[Any], Any], callable_of: Callable[[Any], Any]) -> Any:
    """The value of a call; an error says which node it comes from."""
    try:
        args = [
            substituted(arg, value_of) if type(arg) in _NESTS else value_of(arg)
            for arg in node.args
        ]
        if not node.params:
            return callable_of(node.function)(*args)
        params = {key: substituted(value, value_of) for key, value in node.params.items()}
        return callable_of(node.function)(*args, **params)
    except Exception as error:
        error.add_note(origin(node))
        raise


def claim_of(node: Node) -> Claim | None:
    """The rule of a node's function, with who provides it; ``None`` if it has none."""
    try:
        return rules.get(unwrap(node.function))
    except TypeError:  # unhashable, so it has none
        return None


def origin(node: Node) -> str:
    """Where a node comes from, for messages: its name, function and rule, and the user's line."""
    what = f"in node {node.name}"
    if node.kind == "call":
        claim = claim_of(node)
        rule = f" (rule of {claim.provider})" if claim else ""
        what += f", a call of {name_of(node.function)}{rule}"
    return f"{what}, made at {node.line[0]}:{node.line[1]}" if node.line else what
