"""The trace that makes a graph: it notes each call of a primitive as a node.

The tracers that it hands out stand for nodes. Where an example is known, they hold the value that
the node has for it, so a program runs on them as on plain values; where none is known, they
stand for whatever will be fed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final, NoReturn

from pullback.boundary import is_leaf
from pullback.containers import flatten, unflatten
from pullback.errors import InPlaceWriteError, PullbackError, TracerConversionError
from pullback.graph.nodes import (
    Guard,
    Kind,
    Node,
    asked,
    described,
    nodes_in,
    runner,
    short_name,
    space_like,
    substituted,
)
from pullback.lines import Line, line_of_caller, pullback_at_work
from pullback.names import name_of
from pullback.registry import RuleFunction, rules
from pullback.spaces import Traced, gathered, kept_copy, metadata, plain, value_dependent
from pullback.tracer import ArrayTracer, TapelessTrace, Tracer, add_tracer_type, apply, leaked

__all__ = ["GraphArrayTracer", "GraphTracer", "Recorder", "member"]


class Unknown:
    """The value of a node for which there is no example."""

    def __repr__(self) -> str:
        return "?"


UNKNOWN: Final = Unknown()


def member(values: Sequence[Any], place: int) -> Any:
    """One of several outputs of a call."""
    return values[place]


def leaf(values: Any, place: int) -> Any:
    """One of the leaves of the container that a call returns."""
    if isinstance(values, Traced):  # by a graph that does not know the container yet
        return apply(leaf, (values, place), {})
    return flatten(values)[0][place]


def type_and_shape(value: Any) -> str:
    """What a program may have gone by that asked for the shape or dtype of a value."""
    return described(space_like(value))


class Recorder(TapelessTrace):
    """A trace that keeps a list of nodes."""

    __slots__ = ("guards", "loose", "nodes", "taken")

    differentiates: ClassVar = False
    takes_whole_calls: ClassVar = True

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self.guards: list[Guard] = []
        self.taken: dict[str, int] = {}
        self.loose: set[int] = set()
        """The nodes whose shape or dtype depends on the values of inputs."""

    def add(
        self, kind: Kind, name: str, value: Any = UNKNOWN, *, line: Line | None = None, **call: Any
    ) -> Any:
        """A new node; a tracer that stands for it."""
        space = None if plain(value) is UNKNOWN else space_like(value)
        node = Node(len(self.nodes), self.free_name(name), kind, space=space, line=line, **call)
        if kind in ("variable", "constant"):
            node.value = value
        self.nodes.append(node)
        return _tracer_type(value)(value, self, node.index)

    def free_name(self, wanted: str) -> str:
        """``wanted``, with a number where it is taken."""
        name = wanted
        while name in self.taken:
            self.taken[wanted] += 1
            name = f"{wanted}_{self.taken[wanted]}"
        self.taken[name] = 1
        return name

    def record(
        self,
        primitive: Any,
        args: Sequence[Any],
        params: Mapping[str, Any],
        rule: RuleFunction | None,
    ) -> Any:
        """A call as a new node; plain where it tells of the shape or the type of a value alone."""
        if self.over:
            raise leaked(primitive)
        args = tuple(map(_argument, args))
        params = {name: _argument(value) for name, value in params.items()}
        if primitive is operator.pow and all(type(plain(arg)) is int for arg in args):
            args = (args[0], *map(operator.index, args[1:]))  # 2**-1 is a float, and 2**1 is none
        values = substituted(args, self._value)
        known_params = substituted(params, self._value)
        y: Any = UNKNOWN
        if not _any_unknown(values) and not _any_unknown(known_params):
            refuse_write(primitive, values, known_params)
            y = runner(primitive)(*values, **known_params)
            if _is_in(metadata, primitive):
                substituted((args, params), self.settle)
                return y
            if y is None:
                raise InPlaceWriteError(
                    f"{name_of(primitive)} of a value of a graph returned nothing: what it does "
                    "instead, such as writing into an array, would be lost. Build a new value: "
                    "pullback.at(x)[i].set(v), np.where(mask, v, x)"
                )
        return self.note(primitive, args, params, y)

    def note(
        self, primitive: Any, args: Sequence[Any], params: Mapping[str, Any], y: Any = UNKNOWN
    ) -> Any:
        """A call as a new node, which is not run; ``y`` is its output, if it is known."""
        line = line_of_caller()
        call = {
            "function": primitive,
            "args": substituted(args, self._node),
            "params": substituted(params, self._node),
            "pullback": pullback_at_work(),
        }
        is_loose = y is not UNKNOWN and self._is_loose(primitive, args, params, call)
        if is_loose and not is_leaf(y):
            substituted((args, params), self.settle)  # how many outputs there are may depend on it
        return self._outputs(y, short_name(primitive), line, is_loose, **call)

    def _is_loose(self, primitive: Any, args: Any, params: Any, call: Mapping[str, Any]) -> bool:
        """Whether the shape or dtype of the output depends on the values of inputs."""
        if self.loose and any(
            node.index in self.loose for node in nodes_in((call["args"], call["params"]))
        ):
            return True
        if primitive is operator.mul:  # a list as often as a value says
            return any(type(arg) in (list, tuple) for arg in args)
        return _is_in(value_dependent, primitive) and value_dependent[primitive](*args, **params)

    def settle(self, value: Any) -> Any:
        """``value``; the graph is from now on for its present shape and dtype, if it is traced."""
        if self.loose and not self.over and self._is_own(value) and value._index in self.loose:
            self.loose.remove(value._index)
            self.guard(value, type_and_shape)
        return value

    def _outputs(self, y: Any, name: str, line: Line | None, is_loose: bool, **call: Any) -> Any:
        """A tracer of the output of a call; of a container, one of each of its members."""
        if y is None:
            return None
        if y is UNKNOWN or is_leaf(y):
            traced = self.add("call", name, y, line=line, **call)
            if is_loose:
                self.loose.add(traced._index)
            return traced
        whole = self.node_of(self.add("call", name, None, line=line, **call))
        whole.space = None
        if is_loose and (isinstance(y, list) or whole.function is operator.mul):
            self.guards.append(Guard(whole, len, len(y), line))
        if isinstance(y, (tuple, list)):
            take: Any = member
            leaves, restore = [*y], y._make if hasattr(y, "_make") else type(y)
        else:
            take = leaf
            leaves, structure = flatten(y)
            restore = partial(unflatten, structure)
        members = []
        for place, item in enumerate(leaves):
            taken = {"function": take, "args": (whole, place), "pullback": whole.pullback}
            members.append(self._outputs(item, f"{name}_{place}", line, is_loose, **taken))
        return restore(members)

    def node_of(self, traced: Traced) -> Node:
        """The node that a tracer of this graph stands for."""
        return self.nodes[traced._index]

    def _is_own(self, value: Any) -> bool:
        if not isinstance(value, Traced):
            return False
        if value._trace.has_ended:
            raise leaked("a graph")
        return value._trace is self

    def _value(self, value: Any) -> Any:
        return value._value if self._is_own(value) else value

    def _node(self, value: Any) -> Any:
        if self._is_own(value):
            return self.node_of(value)
        return kept_copy(value, self.kept)

    def guard(self, traced: Any, question: Callable[[Any], Any]) -> Any:
        """The answer for the example, on which the program may go one way: the graph checks it.

        Raises:
            TracerConversionError: there is no example.
        """
        if self.over:
            raise leaked(question)
        node = self.node_of(traced)
        if traced._value is UNKNOWN:
            raise TracerConversionError(
                f"a program asked for the {asked(question)} of {node.name}, a value of a graph "
                "that has none yet. Write np.where instead of a branch; or use pullback.trace, "
                "which runs a function on an example"
            )
        answer = question(traced._value)
        self.guards.append(Guard(node, question, answer, line_of_caller()))
        return answer


def _any_unknown(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_any_unknown, value))
    if isinstance(value, dict):
        return any(map(_any_unknown, value.values()))
    return value is UNKNOWN


def _is_in(table: Any, primitive: Any) -> bool:
    try:
        return primitive in table
    except TypeError:  # unhashable: a graph
        return False


def _argument(value: Any) -> Any:
    """An argument as a node has it: gathered, with whole numbers for what bounds a slice."""
    if type(value) in (list, tuple):
        value = type(value)(map(_argument, value))
    elif type(value) is slice:
        return slice(*map(_end, (value.start, value.stop, value.step)))
    return gathered(value)


def _end(value: Any) -> Any:
    return operator.index(value) if isinstance(value, Traced) else value  # type: ignore[arg-type]


def refuse_write(primitive: Any, args: Sequence[Any], params: Mapping[str, Any]) -> None:
    """Raise where a rule says that a primitive writes into one of its arguments.

    Raises:
        InPlaceWriteError: it does, and what it writes would be lost.
    """
    claim = rules.get(primitive) if _is_in(rules, primitive) else None
    if claim is not None and "*" in claim.rule.not_implemented:
        try:
            claim.rule(*args, **params)
        except InPlaceWriteError:
            raise
        except PullbackError:
            return


class _Recording(Tracer):
    """What the tracers of a graph do otherwise than those that differentiate."""

    __slots__ = ()
    _trace: Recorder

    def __repr__(self) -> str:
        return f"<{self._trace.node_of(self).name} of a graph, {plain(self._value)!r}>"

    def __getattr__(self, name: str) -> Any:
        if self._value is UNKNOWN and not name.startswith("__"):
            raise AttributeError(
                f"{self._trace.node_of(self).name} is a value of a graph whose type is not known, "
                f"so {name} cannot be looked up. Write a function, such as np.sum(x) for x.sum(); "
                "or use pullback.trace, which runs a function on an example"
            )
        return super().__getattr__(name)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The type of the plain value, for which the graph then is."""
        self._trace.settle(self)
        return type(plain(self._value))

    def __format__(self, specification: str) -> str:
        """Not the number alone, which a program might read back out of the text."""
        name = self._trace.node_of(self).name
        return f"<{name} of a graph, {format(plain(self._value), specification)}>"

    def __invert__(self) -> Any:
        return apply(operator.invert, (self,), {})

    def __bool__(self) -> bool:
        return bool(self._trace.guard(self, bool))

    def __index__(self) -> int:
        value = plain(self._value)
        if value is not UNKNOWN and not hasattr(type(value), "__index__"):
            raise TypeError(f"a traced {type(value).__name__} cannot be an index")
        return int(self._trace.guard(self, operator.index))

    def __float__(self) -> NoReturn:
        raise TracerConversionError(
            f"{self._trace.node_of(self).name}, a value of a graph, was about to become a plain "
            "float, which would be the same in every run. That happens when it is passed to "
            "float(), or to a function that does not dispatch on its arguments (math.sin, a C "
            "extension), or is stored into an array of numbers. Write np.sin(x), or "
            "pullback.primitive(math.sin)(x), or a chain [math.sin]; np.stack([...]) or "
            "pullback.at(a)[i].set(x) instead of storing elements; x.item() for a Python number"
        )

    def __int__(self) -> int:  # type: ignore[override]
        if hasattr(type(plain(self._value)), "__index__"):
            return self.__index__()
        raise TracerConversionError(
            f"{self._trace.node_of(self).name}, a value of a graph, was about to become an int, "
            "which would be the same in every run. Write math.floor(x), which the graph records"
        )


class GraphTracer(_Recording):
    """A traced value of a graph: a number, or something that is not known yet."""

    __slots__ = ()


class GraphArrayTracer(_Recording, ArrayTracer):
    """A traced value of a graph that has elements."""

    __slots__ = ()

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __len__(self) -> int:
        self._trace.settle(self)
        return super().__len__()

    def __iter__(self) -> Iterator[Any]:
        self._trace.settle(self)
        return super().__iter__()


class UnknownTracer(_Recording, ArrayTracer):
    """A traced value of a graph that may have elements: nothing is known of it yet."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        return apply(operator.getitem, (self, index), {})

    def __len__(self) -> int:
        return int(self._trace.guard(self, len))

    def __iter__(self) -> Iterator[Any]:
        return iter([self[index] for index in range(len(self))])


def _tracer_type(value: Any) -> type[Tracer]:
    if value is UNKNOWN:
        return UnknownTracer
    return GraphArrayTracer if hasattr(type(plain(value)), "__setitem__") else GraphTracer


def _binary(primitive: Any) -> Callable[..., Any]:
    def operate(self: Any, other: Any) -> Any:
        return apply(primitive, (self, other), {})

    return operate


def _reflected(primitive: Any) -> Callable[..., Any]:
    def operate(self: Any, other: Any) -> Any:
        return apply(primitive, (other, self), {})

    return operate


for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(_Recording, f"__{_name}__", _binary(getattr(operator, _name)))
for _name in ("and", "or", "xor", "lshift", "rshift"):  # of truth values and integers
    _primitive = getattr(operator, f"__{_name}__")
    setattr(_Recording, f"__{_name}__", _binary(_primitive))
    setattr(_Recording, f"__r{_name}__", _reflected(_primitive))
for _kind in (GraphTracer, GraphArrayTracer, UnknownTracer):
    add_tracer_type(_kind)
