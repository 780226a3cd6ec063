"""What a graph is given: inputs by position and by name, and the values of its variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pullback.containers import flatten, unflatten
from pullback.errors import FeedError, UnknownNodeError
from pullback.graph.nodes import Node, described, space_like
from pullback.spaces import Traced

__all__ = ["Inputs", "Parameter", "Variables"]


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """One argument of a graph: a value, or a container of values."""

    name: str
    structure: Any
    """Of the container; ``None`` for a single value."""
    nodes: tuple[Node, ...]


class Inputs:
    """The arguments that a graph is called with, in their order.

    Args:
        graph: the name of the graph, for messages.
    """

    def __init__(self, graph: str) -> None:
        self.graph = graph
        self.parameters: list[Parameter] = []

    def add(self, name: str, structure: Any, nodes: Iterable[Node]) -> None:
        """One more argument, behind the others."""
        self.parameters.append(Parameter(name, structure, tuple(nodes)))

    def __len__(self) -> int:
        return len(self.parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    @property
    def names(self) -> list[str]:
        """The names by which they are fed."""
        return [parameter.name for parameter in self.parameters]

    @property
    def nodes(self) -> list[Node]:
        """The placeholders."""
        return [node for parameter in self.parameters for node in parameter.nodes]

    @property
    def are_leaves(self) -> bool:
        """Whether none of them is a container."""
        return all(parameter.structure is None for parameter in self.parameters)

    def bind(self, args: Sequence[Any], feeds: Mapping[str, Any]) -> list[Any]:
        """The value of each placeholder, from the arguments of a call.

        Raises:
            FeedError: one is missing, not known, given twice, or of another shape.
        """
        self._check_number(args)
        if len(args) < len(self) or feeds:
            args = self._by_name(args, feeds)
        leaves: list[Any] = []
        for parameter, value in zip(self.parameters, args, strict=True):
            if parameter.structure is None:
                leaves.append(fed(parameter.nodes[0], value))
                continue
            found, structure = flatten(value)
            if structure != parameter.structure:
                raise FeedError(
                    f"{parameter.name} must have the structure that was traced, "
                    f"{parameter.structure}; got {structure}"
                )
            leaves += map(fed, parameter.nodes, found)
        return leaves

    def by_parameter(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """What is given for each placeholder, as one value for each argument."""
        rest = iter(leaves)
        found = []
        for parameter in self.parameters:
            items = [next(rest) for _ in parameter.nodes]
            structure = parameter.structure
            found.append(items[0] if structure is None else unflatten(structure, items))
        return tuple(found)

    def seeded(
        self, args: Sequence[Any], named: Mapping[str, Any], variables: Mapping[str, Node]
    ) -> Iterator[tuple[Parameter, Any]]:
        """Each argument or variable for which something is given, and what.

        Raises:
            FeedError: something is given twice, or for no input.
        """
        self._check_number(args)
        known = {parameter.name: parameter for parameter in self.parameters}
        known |= {name: Parameter(name, None, (node,)) for name, node in variables.items()}
        given = dict(zip(self.names, args, strict=False))
        for name, value in named.items():
            self._check_name(name, known, given)
            given[name] = value
        for name, value in given.items():
            yield known[name], value

    def _by_name(self, args: Sequence[Any], feeds: Mapping[str, Any]) -> list[Any]:
        names = self.names
        for name in feeds:
            self._check_name(name, names, names[: len(args)])
        missing = [name for name in names[len(args) :] if name not in feeds]
        if missing:
            raise FeedError(
                f"{self.graph} is missing {', '.join(missing)}: give a value for each of its "
                f"inputs ({self._listed()})"
            )
        return [*args, *(feeds[name] for name in names[len(args) :])]

    def _check_number(self, args: Sequence[Any]) -> None:
        if len(args) > len(self):
            raise FeedError(
                f"{self.graph} takes {len(self)} inputs ({self._listed()}), and was given "
                f"{len(args)}"
            )

    def _check_name(self, name: str, known: Iterable[str], given: Iterable[str]) -> None:
        if name not in known:
            raise FeedError(f"{self.graph} has no input {name!r}; its inputs are {self._listed()}")
        if name in given:
            raise FeedError(f"{self.graph} was given {name} twice: by position and by name")

    def _listed(self) -> str:
        return ", ".join(self.names) or "none"


class Variables(Mapping[str, Any]):
    """The values of the variables of a graph, by name.

    Args:
        graph: the name of the graph, for messages.
        nodes: the variables.
        changed: is told where the graph must be run in another way.
    """

    def __init__(self, graph: str, nodes: Mapping[str, Node], changed: Callable[[], None]) -> None:
        self._graph = graph
        self._nodes = nodes
        self._changed = changed

    def __getitem__(self, name: str) -> Any:
        if name not in self._nodes:
            known = ", ".join(self._nodes) or "none"
            raise UnknownNodeError(
                f"{self._graph} has no variable {name!r}; its variables are: {known}"
            )
        return self._nodes[name].value

    def __setitem__(self, name: str, value: Any) -> None:
        old = self[name]
        self._nodes[name].value = fed(self._nodes[name], value)
        if isinstance(old, Traced) or isinstance(value, Traced):
            self._changed()

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return repr(dict(self))


def fed(node: Node, value: Any) -> Any:
    """A value for an input, checked against what the node was traced with.

    Raises:
        FeedError: it is of another type, shape or dtype.
    """
    space = node.space
    if type(value) is int and (space is None or space[0] is float):
        value = float(value)
    if space is None:
        return value
    found = space_like(value)
    if found != space:
        raise FeedError(
            f"{node.name} was traced as {described(space)}, and is given as {described(found)}; "
            "a graph holds for one type, shape and dtype of each input"
        )
    return value
