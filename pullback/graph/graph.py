"""The `Graph`: built by hand, by tracing, or from a dict; run, differentiated, compared, read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from pullback.arguments import any_traced, youngest_trace
from pullback.boundary import is_leaf, own_copy
from pullback.chain import Chain
from pullback.containers import flatten, places, unflatten
from pullback.errors import GraphError, UnknownNodeError
from pullback.graph.feeding import Inputs, Variables
from pullback.graph.nodes import Guard, Node, runner
from pullback.graph.recorder import UNKNOWN, Recorder
from pullback.graph.running import State, live_nodes, loop, ready
from pullback.graph.source import text
from pullback.lines import line_of_caller
from pullback.plugins import rule_function
from pullback.registry import unwrap
from pullback.spaces import Traced, gathered, kept_copy
from pullback.tracer import apply_function

if TYPE_CHECKING:
    from pullback.graph.inspection import GraphRun


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
        self._inputs = Inputs(name)
        self._variables: dict[str, Node] = {}
        self._outputs: tuple[Any, ...] = ()
        self.structure: Any = None
        """The container of the outputs; ``None`` for a single value."""
        self._has_output = False
        self._allows_unused = False
        self._changed()

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
        self._inputs.add(name, None, [node])
        return traced

    def leaf(self, name: str, example: Any) -> Any:
        """A placeholder of exactly the type that the example has, also of an ``int``."""
        traced = self._add("placeholder", name, example)
        self._inputs.add(name, None, [self._recorder.node_of(traced)])
        return traced

    def parameter(self, name: str, example: Any) -> Any:
        """A placeholder, or for a container of values one for each of its leaves."""
        if is_leaf(example):
            return self.placeholder(name, example)
        leaves, structure = flatten(example)
        leaves = [float(leaf) if type(leaf) is int else leaf for leaf in leaves]
        names = [f"{name}{place}" for place in places(example)]
        traced = [self._add("placeholder", *item) for item in zip(names, leaves, strict=True)]
        self._inputs.add(name, structure, map(self._recorder.node_of, traced))
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
        live = {node.index for node in live_nodes(self)}
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
        self._state = State()

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
        return tuple(self._inputs.nodes)

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
        return Variables(self.name, self._variables, self._changed)

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
        return f"<graph {self.name}({', '.join(self._inputs.names)}) of {len(self)} nodes>"

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

    def __call__(self, *args: Any, **feeds: Any) -> Any:
        """The output for these inputs.

        Args:
            args: a value for each placeholder, in their order.
            feeds: the others, by name.

        Raises:
            FeedError: an input is missing, not known, or not of the shape that was traced.
            PathChangedError: the traced function would take another path.
        """
        state = self._state
        if not feeds and len(args) == state.arity:
            return state.call(self, *args)
        return self._called_by(args, feeds)

    def called_with(self, *args: Any) -> Any:
        """A call whose inputs must be looked at first: they are traced, or of another type."""
        return self._called_by(args, {})

    def _called_by(self, args: Sequence[Any], feeds: Mapping[str, Any]) -> Any:
        leaves = self._inputs.bind(args, feeds)
        variables = [node.value for node in self._variables.values()]
        if any_traced(leaves) or any_traced(variables):
            trace = youngest_trace((*leaves, *variables))
            is_node = trace.takes_whole_calls and trace is not self._recorder
            if is_node and self._inputs.are_leaves:
                return apply_function(self, tuple(leaves), {})
            return self.restored(loop(self, leaves, runner))
        return ready(self).run(self, *leaves)

    def run(self, *args: Any, **feeds: Any) -> GraphRun:
        """Run the graph and keep the value of every node: see `GraphRun`.

        The arguments are those of a call.
        """
        from pullback.graph.inspection import GraphRun

        return GraphRun(self, self._inputs.bind(args, feeds))

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

    @property
    def state(self) -> State:
        """What was prepared for running, of which the other modules make use."""
        return self._state

    @property
    def parameters(self) -> Inputs:
        """What the graph is called with: its placeholders, in containers or alone."""
        return self._inputs

    @property
    def has_output(self) -> bool:
        """Whether it was said what the graph returns."""
        return self._has_output

    @property
    def allows_unused(self) -> bool:
        """Whether inputs may be unused, as those of a traced function are."""
        return self._allows_unused

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
        return self.restored(loop(self, leaves, callable_of))

    def remade(self, nodes: list[Node], guards: list[Guard], known: Sequence[Any]) -> Graph:
        """A graph that is called as this one is, of other nodes.

        Args:
            nodes: in order, with their places as indices.
            guards: of those nodes.
            known: for each node of this graph, the node or the value that stands in its place.
        """
        result = type(self)(self.name)
        recorder = result._recorder
        recorder.nodes, recorder.guards = nodes, guards
        for node in nodes:
            node.name = recorder.free_name(node.name)
        for parameter in self.parameters:
            places = [known[node.index] for node in parameter.nodes]
            result._inputs.add(parameter.name, parameter.structure, places)
        result._variables = {name: known[node.index] for name, node in self._variables.items()}
        result._outputs = tuple(
            known[output.index] if isinstance(output, Node) else output for output in self.outputs
        )
        result.structure, result._has_output = self.structure, True
        result._allows_unused = self._allows_unused
        result.close()
        return result

    def take_parameters(self, other: Graph) -> None:
        """Be called as ``other`` is, whose placeholders this graph has too."""
        nodes = {node.name: node for node in self.inputs}
        self._inputs = Inputs(self.name)
        for parameter in other.parameters:
            found = [nodes[node.name] for node in parameter.nodes]
            self._inputs.add(parameter.name, parameter.structure, found)
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
