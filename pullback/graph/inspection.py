"""A run of a graph of which everything is kept: values, cotangents, tangents, order and time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pullback.boundary import admit_like, is_leaf, leave, own_copy, seed
from pullback.containers import flatten, map_leaves, unflatten
from pullback.core import Run, space_of_output, take_output, walk
from pullback.forward import ForwardTrace, split, tangents_in
from pullback.graph.nodes import (
    Node,
    claim_of,
    described,
    evaluate,
    origin,
    runner,
    space_like,
)
from pullback.graph.paths import check_path, guards_by_node
from pullback.graph.running import live_nodes
from pullback.registry import Claim
from pullback.spaces import Pending
from pullback.tracer import Trace, Tracer

if TYPE_CHECKING:
    from pullback.graph.graph import Graph

__all__ = ["GraphRun", "Step"]


@dataclass(slots=True, eq=False)
class Step:
    """What became of one node in a run."""

    node: Node
    value: Any
    """The output of the node."""
    seconds: float = 0.0
    """How long the call took, on the way forward, together with what the way back needs."""
    cotangent: Any = None
    """What arrived in the last reverse pass; ``None`` where nothing did."""
    reverse_seconds: float = 0.0
    """How long the pullback took in the last reverse pass."""
    tangent: Any = None
    """What the last forward mode pass computed; ``None`` where nothing depends on its seeds."""
    forward_seconds: float = 0.0
    """How long the call took in the last forward mode pass, with its tangent."""

    @property
    def name(self) -> str:
        """The name of the node."""
        return self.node.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value; ``()`` of a number."""
        return tuple(getattr(self.value, "shape", ()))

    @property
    def dtype(self) -> str:
        """The dtype of the value, or of a Python number its type."""
        dtype = getattr(self.value, "dtype", None)
        return type(self.value).__name__ if dtype is None else str(dtype)

    @property
    def claim(self) -> Claim | None:
        """The rule of the node's function, with who provides it; ``None`` if it has none."""
        return claim_of(self.node)

    def __repr__(self) -> str:
        found = [f"{self.name} = {_brief(self.value)}"]
        if self.cotangent is not None:
            found.append(f"cotangent {_brief(self.cotangent)}")
        if self.tangent is not None:
            found.append(f"tangent {_brief(self.tangent)}")
        return f"<step {', '.join(found)}>"


def _brief(value: Any) -> str:
    shape = getattr(value, "shape", ())
    return described(space_like(value)) if shape else f"{value!r:.60}"


class GraphRun:
    """A graph, run at some inputs, with the value of every node.

    >>> from pullback import Graph
    >>> graph = Graph()
    >>> x, y = graph.placeholder("x"), graph.placeholder("y")
    >>> graph.output(graph.named("product", x * y) + x)
    >>> run = graph.run(2.0, 5.0)
    >>> run.y, run["product"].value
    (12.0, 10.0)
    >>> run.reverse()
    (6.0, 2.0)
    >>> run["product"].cotangent
    1.0
    >>> run.forward(x=1.0), run["product"].tangent
    (6.0, 5.0)
    """

    def __init__(self, graph: Graph, leaves: Sequence[Any]) -> None:
        self.graph = graph
        self.steps: list[Step] = []
        """What became of each node, in the order of evaluation."""
        self.reverse_steps: list[Step] = []
        """The steps that the last reverse pass went through, in its order."""
        # What is fed, and the variables, may be changed before the next pass.
        variables = [node for node in graph.nodes if node.kind == "variable"]
        self._given = {
            node.index: own_copy(leaf) for node, leaf in zip(graph.inputs, leaves, strict=True)
        } | {node.index: own_copy(node.value) for node in variables}
        self._by_name: dict[str, Step] = {}
        self._owners: list[Step] = []
        """Of each entry of the tape, the step that made it."""
        self._standing: dict[int, list[Step]] = {}
        """Place on the tape -> the steps whose value stands there."""
        self._run = self._evaluate()

    @property
    def y(self) -> Any:
        """The output of the graph; a copy, as the way back may need it."""
        return own_copy(self._run.y)

    def __getitem__(self, name: str) -> Step:
        if name not in self._by_name:
            self.graph[name]  # raises, if there is no such node
        return self._by_name[name]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        return f"<run of {self.graph!r}: {_brief(self.y)}>"

    def _repr_svg_(self) -> str | None:
        """The drawing that a notebook shows; ``None`` for a graph too large to be looked at."""
        from pullback.drawing.notebook import svg_of

        return svg_of(self.graph, self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """What a notebook may show: the drawing, or where it cannot, the text."""
        from pullback.drawing.notebook import bundle

        return bundle(self.graph, self)

    @property
    def values(self) -> dict[str, Any]:
        """Name -> value of every node."""
        return {step.name: step.value for step in self.steps}

    @property
    def cotangents(self) -> dict[str, Any]:
        """Name -> cotangent of every node that the last reverse pass has reached."""
        return {step.name: step.cotangent for step in self.steps if step.cotangent is not None}

    @property
    def tangents(self) -> dict[str, Any]:
        """Name -> tangent of every node that the seeds of the last forward pass reach."""
        return {step.name: step.tangent for step in self.steps if step.tangent is not None}

    def _evaluate(self) -> Run:
        """Run the graph by the rules of its nodes, and keep what the way back needs."""
        trace = Trace()
        assert trace.tape is not None
        tape = trace.tape

        def enter_trace(node: Node, value: Any) -> Any:
            space = space_of_output(value)
            return value if space is None else trace.enter(value, space)

        result = Run()
        result.tape = tape
        result.aux = None
        outputs: list[Any] = []
        try:
            for node, value, seconds in self._passing(enter_trace, outputs):
                step = Step(node, _without(value, trace), seconds)
                self.steps.append(step)
                self._by_name[node.name] = step
                self._owners += [step] * (len(tape) - len(self._owners))
                place = _place(value, trace)
                if place is not None:
                    self._standing.setdefault(place, []).append(step)
            take_output(result, self.graph.restored(outputs), trace)
        finally:
            trace.end()
        return result

    def _passing(
        self, enter: Callable[[Node, Any], Any], outputs: list[Any]
    ) -> Iterator[tuple[Node, Any, float]]:
        """Each node with its value and how long it took; at the end, the leaves of the output.

        Args:
            enter: makes of the value of an input what the nodes are run on.
            outputs: an empty list, to be filled.
        """
        graph = self.graph
        live_nodes(graph)  # raises, if an input is not used
        guards = guards_by_node(graph)
        known: list[Any] = [None] * len(graph)

        def value_of(argument: Any) -> Any:
            return known[argument.index] if isinstance(argument, Node) else argument

        for node in graph.nodes:
            start = perf_counter()
            if node.kind == "call":
                value = evaluate(node, value_of, runner)
            elif node.kind == "constant":
                value = node.value
            else:
                value = enter(node, self._given[node.index])
            seconds = perf_counter() - start
            known[node.index] = value
            for guard in guards.get(node.index, ()):
                check_path(graph, guard, value)
            yield node, value, seconds
        outputs += map(value_of, graph.outputs)

    def reverse(self, cotangent: Any = None) -> Any:
        """A reverse pass: the cotangents of the inputs; those of the nodes are kept in the steps.

        Args:
            cotangent: of the output, in its shape and structure; 1 if not given, for an output
                that is one number.

        Returns:
            The cotangent of the input, or for several inputs a tuple of them; of an input
            without a derivative ``None``.

        Raises:
            NonScalarOutputError, ComplexOutputError: the output is not one real number, and no
                cotangent is given.
            CotangentError: it does not lie in the space of the output.
        """
        run = self._run
        if cotangent is None:
            space = run.out_spaces[0] if run.structure is None else None
            given: Sequence[Any] = [seed(run.y, space, holomorphic=False)]
        else:
            given = run.admit(cotangent)
        arrived: list[Any] = [None] * len(run.tape)
        for place, item in zip(run.positions, given, strict=True):
            if place is not None:
                arrived[place] = item if arrived[place] is None else arrived[place] + item
        for step in self.steps:
            step.cotangent, step.reverse_seconds = None, 0.0
        self.reverse_steps = []
        tape = [*run.tape]
        while tape:
            self._step_back(tape, arrived)
        return self._by_parameter(
            [self._handed_out(self._by_name[node.name], given) for node in self.graph.inputs]
        )

    def _step_back(self, tape: list[Any], arrived: list[Any]) -> None:
        """Walk over the last entry of the tape, and keep the cotangent that arrived there."""
        last = len(tape) - 1
        cotangent = arrived[last]
        if type(cotangent) is Pending:
            cotangent = arrived[last] = cotangent.total(tape[last][2])
        if cotangent is not None:
            for step in self._standing.get(last, ()):
                step.cotangent = cotangent
                self.reverse_steps.append(step)
        owner = self._owners[last]
        start = perf_counter()
        try:
            walk(tape, arrived, last)
        except Exception as error:
            error.add_note(origin(owner.node))
            raise
        owner.reverse_seconds += perf_counter() - start

    def _handed_out(self, step: Step, given: Sequence[Any]) -> Any:
        space = space_of_output(step.value)
        return None if space is None else leave((step.cotangent,), (space,), given)[0]

    def _by_parameter(self, leaves: Sequence[Any]) -> Any:
        """One value for each leaf of the inputs, as one for each input."""
        result = self.graph.parameters.by_parameter(leaves)
        return result[0] if len(result) == 1 else result

    def forward(self, *tangents: Any, **named: Any) -> Any:
        """A pass of forward mode: the tangent of the output; those of the nodes are in the steps.

        Args:
            tangents: one for each input, of its shape and structure.
            named: tangents of inputs and variables by name; of the others they are zero.

        Raises:
            CotangentError: a tangent does not lie in the space of its input.
            FeedError: there is one too many, or one of no input.
        """
        seeds = self._seeds(tangents, named)
        trace = ForwardTrace()
        outputs: list[Any] = []

        def enter_trace(node: Node, value: Any) -> Any:
            return trace.dual(value, seeds.get(node.name))

        for step in self.steps:
            step.tangent, step.forward_seconds = None, 0.0
        try:
            passing = self._passing(enter_trace, outputs)
            for step, (_, value, seconds) in zip(self.steps, passing, strict=True):
                step.tangent = tangents_in(value, trace)
                step.forward_seconds = seconds
            return split(self.graph.restored(outputs), trace, [*seeds.values()])[1]
        finally:
            trace.end()

    def _seeds(self, tangents: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        """Name of an input or variable -> its tangent."""
        seeds: dict[str, Any] = {}
        variables = {node.name: node for node in self.graph.nodes if node.kind == "variable"}
        found = self.graph.parameters.seeded(tangents, named, variables)
        for parameter, tangent in found:
            nodes, structure = parameter.nodes, parameter.structure
            values = [self._by_name[node.name].value for node in nodes]
            primal = values[0] if structure is None else unflatten(structure, values)
            admitted = admit_like(primal, tangent)
            leaves = [admitted] if structure is None else flatten(admitted)[0]
            seeds.update(zip((node.name for node in nodes), leaves, strict=True))
        return seeds


def _without(value: Any, trace: Trace) -> Any:
    """A value without the tracers of a trace."""
    if not is_leaf(value):
        return map_leaves(lambda leaf: _without(leaf, trace), value)
    return value._value if isinstance(value, Tracer) and value._trace is trace else value


def _place(value: Any, trace: Trace) -> int | None:
    """Where a value stands on the tape; of several outputs of one call, where all of them do."""
    if isinstance(value, Tracer) and value._trace is trace:
        return value._index
    if isinstance(value, (list, tuple)):
        for item in value:
            place = _place(item, trace)
            if place is not None and trace.tape is not None:
                parent = trace.tape[place][1]
                return parent if type(parent) is int else None
    return None
