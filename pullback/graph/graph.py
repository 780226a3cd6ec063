"""The `Graph`: built by hand, by tracing, or from a dict; run, differentiated, compared, read."""

from __future__ import annotations

import difflib
import linecache
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pullback.arguments import any_traced, youngest_trace
from pullback.boundary import is_leaf, own_copy
from pullback.chain import Chain
from pullback.containers import flatten, places, unflatten
from pullback.errors import (
    FeedError,
    GraphError,
    PathChangedError,
    UnknownNodeError,
    UnusedInputError,
)
from pullback.graph.nodes import (
    Guard,
    Node,
    asked,
    described,
    evaluate,
    nodes_in,
    origin,
    runner,
    space_like,
)
from pullback.graph.recorder import UNKNOWN, Recorder
from pullback.graph.source import Code, last_uses, straight_line, text
from pullback.lines import line_of_caller
from pullback.plugins import rule_function
from pullback.registry import caller, unwrap
from pullback.spaces import Traced, gathered, kept_copy
from pullback.tracer import apply_function

if TYPE_CHECKING:
    from pullback.graph.inspection import GraphRun

_MISSING: Final = object()
_STRAIGHT: Final = 10_000
"""Longer graphs are first run by a loop: to compile a node takes as long as ten rounds of it."""
_OFTEN: Final = 10
"""How often, until they are compiled all the same."""
_LONGEST: Final = 200_000
"""Graphs of more nodes never are: a function of so many lines takes half a gigabyte to compile."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """What a graph is called with: a value, or a container of values."""

    name: str
    structure: Any
    """Of the container; ``None`` for a single value."""
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """What a loop over the nodes needs."""

    size: tuple[int, int]
    """How many nodes and guards the graph had."""
    live: Sequence[Node]
    """The nodes to be computed."""
    dying: Mapping[int, Sequence[int]]
    """Index of a node -> those whose values nothing after it needs."""
    guards: Mapping[int, Sequence[Guard]]
    """Index of a node -> what was asked of it."""


class Graph:
    """A directed acyclic graph of calls, which is run and differentiated like a function.

    Built by hand, from traced values: whatever operators and functions do to them becomes a node.
    `pullback.trace` makes the graph of a function, `Graph.from_dict` that of a dict.

    Args:
        name: what the graph is called where it is shown.

    >>> import pullback
    >>> from pullback import Graph
    >>> graph = Graph()
    >>> x, y = graph.placeholder("x"), graph.placeholder("y")
    >>> c = graph.variable("c", 1.3)
    >>> graph.output((x * y + c) * c + x)
    >>> graph(0.2, 5.0), graph(x=1.0, y=1.0)
    (3.19, 3.99)
    >>> pullback.grad(graph, argnums=(0, 1))(0.2, 5.0)
    (7.5, 0.26)
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str = "graph") -> None:
        if not name.isidentifier():
            raise GraphError(f"a graph is named like a function, and {name!r} is no such name")
        self.name = name
        self._recorder = Recorder()
        self._parameters: list[Parameter] = []
        self._variables: dict[str, Node] = {}
        self._outputs: tuple[Any, ...] = ()
        self.structure: Any = None
        """The container of the outputs; ``None`` for a single value."""
        self._has_output = False
        self._allows_unused = False
        self._changed()

    # Building

    def placeholder(self, name: str, example: Any = UNKNOWN) -> Any:
        """An input that is fed when the graph is run.

        Args:
            name: unique in the graph; it can be fed by this name.
            example: a value of the type, shape and dtype that will be fed. With it, methods and
                attributes of the value can be used while building, and shapes are known.

        Returns:
            A traced value, to be used in operators and functions.
        """
        traced = self._add("placeholder", name, float(example) if type(example) is int else example)
        node = self._recorder.node_of(traced)
        self._parameters.append(Parameter(name, None, (node,)))
        return traced

    def parameter(self, name: str, example: Any) -> Any:
        """A placeholder, or for a container of values one for each of its leaves."""
        if is_leaf(example):
            return self.placeholder(name, example)
        leaves, structure = flatten(example)
        first = len(self._parameters)
        names = [f"{name}{place}" for place in places(example)]
        traced = [self.placeholder(*item) for item in zip(names, leaves, strict=True)]
        nodes = tuple(parameter.nodes[0] for parameter in self._parameters[first:])
        self._parameters[first:] = [Parameter(name, structure, nodes)]
        return unflatten(structure, traced)

    def finish(self, y: Any) -> None:
        """Return ``y``, the output of a traced function, and drop what it does not need."""
        self._allows_unused = True
        leaves, self.structure = ([y], None) if is_leaf(y) else flatten(y)
        leaves = [gathered(leaf) for leaf in leaves]
        self._outputs = tuple(
            leaf
            if not isinstance(leaf, Traced) or leaf._trace is not self._recorder
            else self._node_of(leaf)
            for leaf in leaves
        )
        self._has_output = True
        live = {node.index for node in self.live_nodes()}
        self._recorder.nodes = [
            node for node in self.nodes if node.index in live or node.kind == "placeholder"
        ]
        for place, node in enumerate(self.nodes):
            node.index = place

    def close(self) -> None:
        """Take no more nodes."""
        self._recorder.end()

    def variable(self, name: str, value: Any) -> Any:
        """An input with a value of its own, which can be set: ``graph.variables[name] = value``."""
        value = float(value) if type(value) is int else kept_copy(value, {})
        traced = self._add("variable", name, value)
        self._variables[name] = self._recorder.node_of(traced)
        return traced

    def constant(self, value: Any, name: str = "constant") -> Any:
        """A value that never changes, as a node of its own; without, it is part of its call."""
        return self._recorder.add("constant", name, kept_copy(value, {}), line=line_of_caller())

    def call(self, function: Any, /, *args: Any, **params: Any) -> Any:
        """A call as one node, whatever ``function`` is made of: a chain, a graph, any function.

        Args:
            function: a primitive, a chain or list of links, a graph, or a function.
            args: traced values of this graph, and plain values.
            params: its keyword arguments.
        """
        self._changed()
        return self._recorder.record(self._called(function), args, params, None)

    def note(self, function: Any, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """A call as one node, whatever it returns; its function is not run."""
        self._changed()
        return self._recorder.note(self._called(function), tuple(args), params)

    def _called(self, function: Any) -> Any:
        """What a node calls for ``function``.

        Raises:
            GraphError: it cannot be called.
        """
        function = Chain(function) if type(function) in (list, tuple) else unwrap(function)
        if not callable(function) and rule_function(function) is None:
            raise GraphError(f"a node calls a function, and {function!r:.60} is none")
        return function

    def named(self, name: str, value: Any) -> Any:
        """``value``, a traced value of this graph, whose node is called ``name`` from now on."""
        node = self._node_of(value)
        if name != node.name:
            self._check_free(name)
            del self._recorder.taken[node.name]
            node.name = self._recorder.free_name(name)
        return value

    def output(self, *outputs: Any) -> None:
        """Say what the graph returns.

        Args:
            outputs: traced values of this graph, or containers of them; several give a tuple.
        """
        value = outputs[0] if len(outputs) == 1 else outputs
        leaves, self.structure = ([value], None) if is_leaf(value) else flatten(value)
        self._outputs = tuple(
            self._node_of(leaf) if isinstance(leaf, Traced) else leaf for leaf in leaves
        )
        self._has_output = True
        self._changed()

    def _changed(self) -> None:
        self._plan: _Plan | None = None
        self._rounds = 0
        self._code: Code | None = None
        self._call: Callable[..., Any] = Graph.called_with

    def _add(self, kind: Any, name: str, value: Any) -> Any:
        self._check_free(name)
        self._changed()
        return self._recorder.add(kind, name, value, line=line_of_caller())

    def _check_free(self, name: str) -> None:
        if name in self._recorder.taken:
            raise GraphError(f"{self.name} has a node named {name} already; choose another name")

    def _node_of(self, traced: Any) -> Node:
        if not isinstance(traced, Traced) or traced._trace is not self._recorder:
            raise GraphError(
                f"{traced!r:.60} is no value of {self.name}: a graph is made of what its own "
                "placeholders, variables and constants were used in"
            )
        node: Node = self._recorder.node_of(traced)
        return node

    # Looking

    @property
    def nodes(self) -> Sequence[Node]:
        """All nodes, each after those that it depends on, in the order of their making."""
        return self._recorder.nodes

    @property
    def guards(self) -> Sequence[Guard]:
        """The questions on whose answers the traced function went one way."""
        return self._recorder.guards

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The placeholders, in the order in which they are fed."""
        return tuple(node for parameter in self._parameters for node in parameter.nodes)

    @property
    def outputs(self) -> tuple[Any, ...]:
        """What the graph returns: nodes, and values that depend on no input.

        Raises:
            GraphError: the graph has no output yet.
        """
        if not self._has_output:
            return (self._only_end(),)
        return self._outputs

    def _only_end(self) -> Node:
        used = {parent.index for node in self.nodes for parent in node.parents}
        ends = [node for node in self.nodes if node.index not in used]
        calls = [node for node in ends if node.kind == "call"]
        if len(calls) == 1:  # and inputs that nothing uses, of which another error tells
            return calls[0]
        if len(ends) != 1:
            found = ", ".join(node.name for node in ends[:5]) or "no node at all"
            raise GraphError(
                f"{self.name} has no output, and which one is meant is not clear: its ends are "
                f"{found}. Say graph.output(y), or outputs=... of from_dict"
            )
        return ends[0]

    @property
    def variables(self) -> Variables:
        """Name -> value of the variables, which can be set."""
        return Variables(self, self._variables)

    def __getitem__(self, name: str) -> Node:
        for node in self.nodes:
            if node.name == name:
                return node
        self._unknown(name)

    def _unknown(self, name: Any) -> NoReturn:
        names = [node.name for node in self.nodes]
        near = difflib.get_close_matches(str(name), names, 3) or names[:5]
        raise UnknownNodeError(f"{self.name} has no node {name!r}; there is {', '.join(near)}")

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        inputs = ", ".join(parameter.name for parameter in self._parameters)
        return f"<graph {self.name}({inputs}) of {len(self)} nodes>"

    def __str__(self) -> str:
        return text(self)

    def _repr_svg_(self) -> str | None:
        """The drawing that a notebook shows; ``None`` for a graph too large to be looked at."""
        from pullback.drawing.notebook import svg_of

        return svg_of(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What a notebook may show: the drawing, or where it cannot, the text."""
        from pullback.drawing.notebook import bundle

        return bundle(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        from pullback.graph.comparing import same_graph

        return same_graph(self, other)

    # Running

    def __call__(self, *args: Any, **feeds: Any) -> Any:
        """The output for these inputs.

        Args:
            args: a value for each placeholder, in their order.
            feeds: the others, by name.

        Raises:
            FeedError: an input is missing, not known, or not of the shape that was traced.
            PathChangedError: the traced function would take another path.
        """
        if not feeds and len(args) == len(self._parameters):
            return self._call(self, *args)
        return self.called(args, feeds)

    def called(self, args: Sequence[Any], feeds: Mapping[str, Any]) -> Any:
        """A call whose inputs must be looked at first: traced, by name, or of another type."""
        leaves = self.bind(args, feeds)
        variables = [node.value for node in self._variables.values()]
        if any_traced(leaves) or any_traced(variables):
            trace = youngest_trace((*leaves, *variables))
            if trace.takes_whole_calls and trace is not self._recorder and self._takes_leaves():
                return apply_function(self, tuple(leaves), {})
            return self.restored(self._loop(leaves, runner))
        return self._ready().run(self, *leaves)

    def run(self, *args: Any, **feeds: Any) -> GraphRun:
        """Run the graph and keep the value of every node: see `GraphRun`.

        The arguments are those of a call.
        """
        from pullback.graph.inspection import GraphRun

        return GraphRun(self, self.bind(args, feeds))

    def _takes_leaves(self) -> bool:
        return all(parameter.structure is None for parameter in self._parameters)

    def _ready(self) -> Code:
        """What runs the graph: its code, or for some rounds of a long graph a loop."""
        if self._code is not None and self._code.length == len(self):
            return self._code
        live = self._planned().live
        if any(any_traced((node.args, node.value)) for node in live):
            return Code(_looped_traced, Graph.called_with, len(self), {})
        if len(live) > _STRAIGHT and (self._rounds < _OFTEN or len(live) > _LONGEST):
            self._rounds += 1
            return Code(_looped, Graph.called_with, len(self), {})
        self._code = straight_line(self, live)
        if self._has_output and self._takes_leaves():
            self._call = self._code.call
        return self._code

    def _planned(self) -> _Plan:
        """What a loop over the nodes needs, made again when there are more of them."""
        size = len(self.nodes), len(self.guards)
        if self._plan is None or self._plan.size != size:
            live = self.live_nodes()
            self._plan = _Plan(size, live, last_uses(self, live), self.guards_by_node())
        return self._plan

    def called_with(self, *args: Any) -> Any:
        """`called`, with positional arguments."""
        return self.called(args, {})

    def live_nodes(self) -> list[Node]:
        """The nodes that the outputs and the guards depend on, in order.

        Raises:
            UnusedInputError: no output depends on a placeholder.
        """
        needed = [False] * len(self.nodes)
        for node in nodes_in((self.outputs, tuple(guard.node for guard in self.guards))):
            needed[node.index] = True
        for node in reversed(self.nodes):
            if needed[node.index]:
                for parent in nodes_in((node.args, node.params)):
                    needed[parent.index] = True
        unused = [node.name for node in self.inputs if not needed[node.index]]
        if unused and not self._allows_unused:
            raise UnusedInputError(
                f"no output of {self.name} depends on {', '.join(unused)}: use it, or leave the "
                "placeholder out"
            )
        return [node for node in self.nodes if needed[node.index]]

    def _loop(self, values: Sequence[Any], callable_of: Callable[[Any], Any]) -> list[Any]:
        """The leaves of the output, by a loop over the nodes."""
        plan = self._planned()
        known: list[Any] = [None] * len(self.nodes)
        for node, value in zip(self.inputs, values, strict=False):
            known[node.index] = value

        def value_of(argument: Any) -> Any:
            return known[argument.index] if isinstance(argument, Node) else argument

        for node in plan.live:
            if node.kind == "call":
                known[node.index] = evaluate(node, value_of, callable_of)
            elif node.kind != "placeholder":
                known[node.index] = node.value
            if node.index in plan.guards:
                for guard in plan.guards[node.index]:
                    self.check_path(guard, known[node.index])
            if node.index in plan.dying:
                for index in plan.dying[node.index]:
                    known[index] = None
        return [value_of(output) for output in self.outputs]

    def guards_by_node(self) -> dict[int, list[Guard]]:
        """Index of a node -> what was asked of it."""
        found: dict[int, list[Guard]] = {}
        for guard in self.guards:
            found.setdefault(guard.node.index, []).append(guard)
        return found

    def check_path(self, guard: Guard, value: Any) -> None:
        """Raise where the traced function would go another way with this value."""
        if guard.question(value) != guard.answer:
            self.refuse_path(self.guards.index(guard))

    def refuse_path(self, place: int) -> NoReturn:
        """Raise that the answer to a question is another one than the graph was made for."""
        guard = self.guards[place]
        where = f" ({guard.line[0]}:{guard.line[1]})" if guard.line else ""
        raise PathChangedError(
            f"the function that {self.name} was traced from went on because the "
            f"{asked(guard.question)} of {guard.node.name} was {guard.answer!r}{where}, which it "
            "is not for these inputs. Trace it again with them, or write np.where"
        )

    @property
    def returns_call(self) -> bool:
        """Whether the output is the value of one call, and not a container or an input."""
        output = self.outputs[0] if self.structure is None else None
        return isinstance(output, Node) and output.kind == "call"

    def restored(self, leaves: Sequence[Any]) -> Any:
        """The output, from its leaves."""
        for output in self.outputs:
            if not isinstance(output, Node) or output.kind == "constant":
                leaves = [own_copy(leaf) for leaf in leaves]
                break
        return leaves[0] if self.structure is None else unflatten(self.structure, leaves)

    def explain(self, error: Exception) -> None:
        """Add to an error of the code which node it comes from."""
        nodes = self._ready().nodes
        traceback = error.__traceback__
        while traceback is not None and not isinstance(error, PathChangedError):
            code = traceback.tb_frame.f_code
            if code.co_filename.startswith("<graph "):
                _, _, start, end = [*code.co_positions()][traceback.tb_lasti // 2]
                line = linecache.getline(code.co_filename, traceback.tb_lineno)
                node = nodes.get(line[start:end])
                if node is not None:
                    error.add_note(origin(node))
                return
            traceback = traceback.tb_next

    def bind(self, args: Sequence[Any], feeds: Mapping[str, Any]) -> list[Any]:
        """The value of each placeholder, from the arguments of a call.

        Raises:
            FeedError: one is missing, not known, given twice, or of another shape.
        """
        parameters = self._parameters
        if len(args) > len(parameters):
            raise FeedError(
                f"{self.name} takes {len(parameters)} inputs ({self._input_names()}), and was "
                f"given {len(args)}"
            )
        if len(args) < len(parameters) or feeds:
            args = self._by_name(args, feeds)
        leaves: list[Any] = []
        for parameter, value in zip(parameters, args, strict=True):
            if parameter.structure is None:
                leaves.append(_fed(parameter.nodes[0], value))
                continue
            found, structure = flatten(value)
            if structure != parameter.structure:
                raise FeedError(
                    f"{parameter.name} must have the structure that was traced, "
                    f"{parameter.structure}; got {structure}"
                )
            leaves += map(_fed, parameter.nodes, found)
        return leaves

    def by_parameter(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """What the placeholders were given, or its like, as one for each argument of a call."""
        rest = iter(leaves)
        found = []
        for parameter in self._parameters:
            items = [next(rest) for _ in parameter.nodes]
            structure = parameter.structure
            found.append(items[0] if structure is None else unflatten(structure, items))
        return tuple(found)

    def seeded(
        self, args: Sequence[Any], named: Mapping[str, Any]
    ) -> Iterator[tuple[tuple[Node, ...], Any, Any]]:
        """The nodes of an input or variable, its structure, and what is given for it.

        Raises:
            FeedError: something is given twice, or for no input.
        """
        known = {p.name: (p.nodes, p.structure) for p in self._parameters}
        known |= {name: ((node,), None) for name, node in self._variables.items()}
        if len(args) > len(self._parameters):
            raise FeedError(
                f"{self.name} takes {len(self._parameters)} inputs ({self._input_names()}), and "
                f"was given {len(args)}"
            )
        given = dict(zip((p.name for p in self._parameters), args, strict=False))
        for name, value in named.items():
            if name in given:
                raise FeedError(f"{self.name} was given {name} twice: by position and by name")
            if name not in known:
                raise FeedError(
                    f"{self.name} has no input {name!r}; its inputs are {self._input_names()}"
                )
            given[name] = value
        for name, value in given.items():
            yield *known[name], value

    def _by_name(self, args: Sequence[Any], feeds: Mapping[str, Any]) -> list[Any]:
        names = [parameter.name for parameter in self._parameters]
        for name in feeds:
            if name not in names:
                raise FeedError(
                    f"{self.name} has no input {name!r}; its inputs are {self._input_names()}"
                )
            if name in names[: len(args)]:
                raise FeedError(f"{self.name} was given {name} twice: by position and by name")
        missing = [name for name in names[len(args) :] if name not in feeds]
        if missing:
            raise FeedError(
                f"{self.name} is missing {', '.join(missing)}: give a value for each of its "
                f"inputs ({self._input_names()})"
            )
        return [*args, *(feeds[name] for name in names[len(args) :])]

    def _input_names(self) -> str:
        return ", ".join(parameter.name for parameter in self._parameters) or "none"

    # Other forms

    @classmethod
    def from_dict(
        cls,
        tasks: Mapping[str, Any],
        *,
        inputs: Sequence[str] = (),
        outputs: str | Sequence[str] | None = None,
        name: str = "graph",
    ) -> Graph:
        """The graph of a dict in dask's convention.

        Args:
            tasks: name -> ``(function, *arguments)``, a value (a variable), or another name. An
                argument is a value, a name of the dict or of ``inputs``, a list of arguments, or
                a task in its turn.
            inputs: the names that are fed; those that occur and are not in ``tasks``.
            outputs: the name of the output, or several; if not given, the one end of the graph.
            name: of the graph.

        Raises:
            CyclicGraphError: a task depends on itself.
            UnknownNodeError: an argument looks like a name and is none; a value is given as
                ``Literal("C")``.
            UnusedInputError: when run, if no output depends on an input.

        >>> from operator import add, mul
        >>> from pullback import Graph
        >>> graph = Graph.from_dict({"w": (mul, 2.0, "x"), "y": (add, "w", "x")}, inputs=["x"])
        >>> graph(5.0)
        15.0
        """
        from pullback.graph.tasks import build

        return build(cls(name), tasks, inputs, outputs)

    def to_dict(self) -> dict[str, Any]:
        """The graph as a dict in dask's convention, which `from_dict` reads.

        Raises:
            GraphError: the traced function went one way for a value, which a dict cannot say.
        """
        from pullback.graph.tasks import tasks_of

        return tasks_of(self)

    def call_apart(self, leaves: Sequence[Any], callable_of: Callable[[Any], Any]) -> Any:
        """The output, by calling ``callable_of(function)`` for each node."""
        return self.restored(self._loop(leaves, callable_of))

    def take_parameters(self, other: Graph) -> None:
        """Be called as ``other`` is, whose placeholders this graph has too."""
        inputs = {node.name: node for node in self.inputs}
        self._parameters = [
            Parameter(p.name, p.structure, tuple(inputs[node.name] for node in p.nodes))
            for p in other._parameters
        ]
        self._allows_unused = other._allows_unused

    def take_guards(self, other: Graph, known: Mapping[int, Any]) -> None:
        """Hold for what ``other`` holds for; ``known`` has what its nodes are in this graph."""
        asked_already = {(guard.node.index, guard.question) for guard in self.guards}
        for guard in other.guards:
            traced = known.get(guard.node.index)
            if isinstance(traced, Traced) and traced._trace is self._recorder:
                node = self._recorder.node_of(traced)
                if (node.index, guard.question) not in asked_already:
                    self._recorder.guards.append(replace(guard, node=node))

    def take_outputs(self, other: Graph, leaves: Sequence[Any]) -> None:
        """Return ``leaves``, in the structure that ``other`` returns."""
        self.output([*leaves])
        self.structure = other.structure

    def unfold(self, *example: Any) -> Graph:
        """The same graph with every chain, graph and function in it taken apart.

        Args:
            example: inputs, which functions that look at types, shapes or values are run with.
        """
        from pullback.graph.folding import unfolded

        return unfolded(self, example)


class Variables(Mapping[str, Any]):
    """The values of the variables of a graph, by name."""

    def __init__(self, graph: Graph, nodes: Mapping[str, Node]) -> None:
        self._graph = graph
        self._nodes = nodes

    def __getitem__(self, name: str) -> Any:
        if name not in self._nodes:
            known = ", ".join(self._nodes) or "none"
            raise UnknownNodeError(
                f"{self._graph.name} has no variable {name!r}; its variables are: {known}"
            )
        return self._nodes[name].value

    def __setitem__(self, name: str, value: Any) -> None:
        self[name]
        self._nodes[name].value = _fed(self._nodes[name], value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def __repr__(self) -> str:
        return repr(dict(self))


def _fed(node: Node, value: Any) -> Any:
    """A value for an input, checked against what the node was traced with."""
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


def _looped(graph: Graph, *leaves: Any) -> Any:
    """Run a graph whose code would be too long, on plain values."""
    return graph.restored(graph._loop(leaves, caller))


def _looped_traced(graph: Graph, *leaves: Any) -> Any:
    """Run a graph that holds traced constants."""
    return graph.restored(graph._loop(leaves, runner))
