"""Graphs as dicts in dask's convention: ``{"w3": (mul, 2.0, "x1"), "w9": (add, "w7", "w8")}``.

A tuple that begins with something callable is a task; a string that is a name of the dict stands
for what that name computes; lists are looked into. A dict of `tasks_of` is one that dask itself
can run.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from pullback.errors import CyclicGraphError, GraphError, UnknownNodeError
from pullback.graph.nodes import Node, asked, nodes_in

if TYPE_CHECKING:
    from pullback.graph.graph import Graph

__all__ = ["Literal", "build", "call_with", "tasks_of"]


class Literal:
    """A value in a dict of tasks that is meant as it is, whatever it looks like.

    ``(Literal(2.0),)`` is a task: calling it gives the value.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self) -> Any:
        """The value."""
        return self.value

    def __repr__(self) -> str:
        return f"Literal({self.value!r})"


def call_with(function: Any, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """``function(*args, **params)``: the task of a call with nodes among its keywords."""
    return function(*args, **params)


def build(
    graph: Graph,
    tasks: Mapping[str, Any],
    inputs: Sequence[str],
    outputs: str | Sequence[str] | None,
) -> Graph:
    """Add tasks to an empty graph, each after those that it depends on."""
    return _Builder(graph, tasks, inputs).build(outputs)


class _Builder:
    def __init__(self, graph: Graph, tasks: Mapping[str, Any], inputs: Sequence[str]) -> None:
        self.graph = graph
        self.tasks = tasks
        if isinstance(inputs, str):
            raise GraphError(f"inputs is a list of names; write inputs=[{inputs!r}]")
        for name in [*inputs, *tasks]:
            if not isinstance(name, str):
                raise GraphError(f"a task is named by a string, not by {name!r:.60}")
        if both := [name for name in inputs if name in tasks]:
            raise GraphError(f"{', '.join(both)} is an input, and has a task too; keep one")
        self.known = {name: graph.placeholder(name) for name in inputs}

    def build(self, outputs: str | Sequence[str] | None) -> Graph:
        """The graph, with every task in it."""
        for name in self._order():
            self.known[name] = self._task(name, self.tasks[name])
        if outputs is not None:
            several = not isinstance(outputs, str)
            wanted: Sequence[str] = outputs if several else [outputs]  # type: ignore[list-item]
            for name in wanted:
                if name not in self.known:
                    self._unknown(name, "the outputs")
            found = [self.known[name] for name in wanted]
            self.graph.output(*found)
        return self.graph

    def _order(self) -> Iterator[str]:
        uses = {name: [*self._names_in(task, name)] for name, task in self.tasks.items()}
        sorter = TopologicalSorter(
            {name: [use for use in used if use in self.tasks] for name, used in uses.items()}
        )
        try:
            sorter.prepare()
        except CycleError as error:
            circle = " -> ".join(reversed(error.args[1]))
            raise CyclicGraphError(
                f"the tasks depend on each other in a circle: {circle}; one of them must be an "
                "input or a value"
            ) from None
        # Of the tasks that can be next, the first: so a dict that is in order stays in it.
        places = {name: place for place, name in enumerate(self.tasks)}
        ready: list[int] = []
        names = [*self.tasks]
        while sorter.is_active():
            for name in sorter.get_ready():
                heappush(ready, places[name])
            name = names[heappop(ready)]
            yield name
            sorter.done(name)

    def _names_in(self, task: Any, owner: str) -> Iterator[str]:
        if isinstance(task, str):
            if task in self.tasks or task in self.known:
                yield task
            elif task.isidentifier():
                self._unknown(task, owner)
        elif isinstance(task, list) or _is_task(task):
            for item in task:
                yield from self._names_in(item, owner)

    def _unknown(self, name: str, owner: str) -> None:
        names = [*self.known, *self.tasks]
        near = difflib.get_close_matches(name, names, 3)
        raise UnknownNodeError(
            f"{owner} uses {name!r}, which is neither a task nor an input"
            + (f"; did you mean {', '.join(near)}?" if near else ".")
            + f" Name it in inputs=[{name!r}], or write pullback.graph.Literal({name!r}) if the "
            "text is meant"
        )

    def _task(self, name: str, task: Any) -> Any:
        if not _is_task(task):
            if isinstance(task, str) and task in self.known:
                return self.known[task]
            if isinstance(task, list) and any(True for _ in self._names_in(task, name)):
                return self.graph.named(name, self._call((list, task)))
            return self.graph.variable(name, task)
        if isinstance(task[0], Literal) and len(task) == 1:
            return self.graph.constant(task[0].value, name)
        return self.graph.named(name, self._call(task))

    def _call(self, task: tuple[Any, ...]) -> Any:
        function, *given = task
        args = [self._argument(item) for item in given]
        params: Mapping[str, Any] = {}
        if function is call_with:
            function, args, params = args
        elif isinstance(function, partial) and not function.args:
            params, function = function.keywords, function.func
        return self.graph.note(function, args, params)

    def _argument(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.known.get(value, value)
        if isinstance(value, Literal):
            return value.value
        if isinstance(value, list):
            return [self._argument(item) for item in value]
        if not _is_task(value):
            return value
        function, *given = value
        if isinstance(function, Literal) and not given:
            return function.value
        if function in (tuple, dict) and len(given) == 1 and isinstance(given[0], list):
            return function(self._argument(given[0]))
        return self._call(value)


def _is_task(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and callable(value[0])


def tasks_of(graph: Graph) -> dict[str, Any]:
    """The tasks of a graph, by the names of its nodes."""
    if graph.guards:
        guard = graph.guards[0]
        raise GraphError(
            f"{graph.name} holds only while the {asked(guard.question)} of {guard.node.name} is "
            f"{guard.answer!r}, which a dict of tasks cannot say; write np.where for the branch"
        )
    tasks: dict[str, Any] = {}
    for node in graph.nodes:
        if node.kind == "constant":
            tasks[node.name] = (Literal(node.value),)
        elif node.kind == "variable":
            tasks[node.name] = _written(node.value)
        elif node.kind == "call":
            tasks[node.name] = _task_of(node)
    return tasks


def _task_of(node: Node) -> tuple[Any, ...]:
    args = [_written(arg) for arg in node.args]
    if any(True for _ in nodes_in(node.params)):
        params = [[_written(key), _written(value)] for key, value in node.params.items()]
        return (call_with, node.function, args, (dict, params))
    if node.params:
        return (partial(node.function, **node.params), *args)
    return (node.function, *args)


def _written(value: Any) -> Any:
    """An argument in the convention: names for nodes, tasks for what would be read otherwise."""
    if isinstance(value, Node):
        return value.name
    has_nodes = any(True for _ in nodes_in(value))
    if type(value) is list:
        return [_written(item) for item in value]
    if type(value) is tuple and has_nodes:
        return (tuple, [_written(item) for item in value])
    if type(value) is dict and has_nodes:
        return (dict, [[_written(key), _written(item)] for key, item in value.items()])
    if isinstance(value, str) or _is_task(value):
        return (Literal(value),)
    return value
