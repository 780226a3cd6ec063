"""Functions that keep their arguments alone, and are run again when their cotangent arrives.

A checkpointed function is recorded as one call. Its pullback is made anew each time: the function
runs traced, and is pulled back through at once. That pullback is a function of the arguments and
the cotangents, and is checkpointed itself, so derivatives of higher order keep as little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from types import MethodType
from typing import Any, TypeAlias

from pullback.arguments import youngest_trace
from pullback.boundary import admit, is_leaf, own_copy
from pullback.containers import flatten, unflatten
from pullback.core import Run, dispatching, run, space_of_output
from pullback.errors import (
    CheckpointError,
    CotangentError,
    LeakedTracerError,
    TracerConversionError,
)
from pullback.forward import ForwardTrace
from pullback.names import name_of
from pullback.spaces import Traced, gathered
from pullback.tracer import apply, apply_function

__all__ = ["Checkpointed", "Output", "Pull", "is_any_traced"]


class Checkpointed:
    """What `pullback.checkpoint` returns: a function that is run again for its derivative."""

    function: Callable[..., Any]
    """What it does, not checkpointed."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        # What marks a primitive must not mark this.
        update_wrapper(self, function, updated=())

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self.function == other.function)

    def __hash__(self) -> int:
        return hash((Checkpointed, self.function))

    def __repr__(self) -> str:
        return f"checkpoint({name_of(self.function)})"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The method, where a class has a checkpointed function."""
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **params: Any) -> Any:
        """What the function returns; on traced arguments, recorded as one call."""
        if not params and all(map(is_leaf, args)):
            structure, leaves = None, [*args]
        else:
            leaves, structure = flatten((args, params))
        leaves = [*map(gathered, leaves)]
        if not is_any_traced(leaves):
            return self.plain(*args, **params)
        trace = youngest_trace(leaves)
        if isinstance(trace, ForwardTrace):  # which keeps nothing that could be saved
            return self.plain(*args, **params)
        flat = self if structure is None else self.of_leaves(structure)
        if trace.takes_whole_calls:
            return flat._as_node(leaves, trace)
        return flat._recorded(leaves, trace)

    @property
    def plain(self) -> Callable[..., Any]:
        """The function, not checkpointed, as one that takes traced arguments."""
        return dispatching(self.function)

    def of_leaves(self, structure: Any) -> Checkpointed:
        """The same function, of the leaves of its arguments.

        Args:
            structure: of ``(args, params)``.
        """
        return Checkpointed(OfLeaves(self.function, structure))

    def _as_node(self, leaves: Sequence[Any], trace: Any) -> Any:
        """The output for traced leaves, in a graph.

        Raises:
            TracerConversionError: a value of the graph is used and is no argument.
        """
        y = apply_function(self, tuple(leaves), {})
        for leaf in [y] if is_leaf(y) else flatten(y)[0]:
            if isinstance(leaf, Traced) and trace.id in _traces([leaf._value]):
                raise TracerConversionError(
                    f"{name_of(self.function)} is checkpointed, and uses a value of a graph which "
                    "is none of its arguments; pass it as an argument too"
                )
        return y

    def _recorded(self, leaves: Sequence[Any], trace: Any) -> Any:
        """The output for traced leaves, on the tape of ``trace``."""
        places = tuple(
            place
            for place, leaf in enumerate(leaves)
            if isinstance(leaf, Traced) and leaf._trace is trace
        )
        outputs: list[Output] = []

        def checkpoint_rule(*values: Any) -> tuple[Any, Any]:
            # The function may write to what it is given, and the copies are for later.
            given = [v if place in places else leaves[place] for place, v in enumerate(values)]
            y, waiting = self.started(given, values, places)
            output = Output(y)
            outputs.append(output)
            if not output.moving:
                return (), None
            pull = self.pull_of(output, values, places)
            single = len(output.moving) == 1

            def checkpoint_pullback(y_cotangent: Any) -> Any:
                cotangents = (y_cotangent,) if single else y_cotangent
                finish = None if is_any_traced(cotangents) else _taken(waiting)
                pulled = pull(*values, *cotangents) if finish is None else finish(cotangents)
                found = [None] * len(values)
                for place, cotangent in zip(places, pulled, strict=True):
                    found[place] = cotangent
                return found[0] if len(found) == 1 else tuple(found)

            return output.moving[0] if single else output.moving, checkpoint_pullback

        y = apply(self, leaves, {}, checkpoint_rule)
        return outputs[-1].restored(y)

    def started(
        self, given: Sequence[Any], values: Sequence[Any], places: Sequence[int]
    ) -> tuple[Any, list[Finish]]:
        """The output, with what has been kept for its first cotangents.

        Args:
            given: the leaves to compute the output of.
            values: the same, which nobody will have written to when a cotangent arrives.
            places: of those that have a derivative.

        Returns:
            ``(y, waiting)``. ``waiting`` may hold a function from the cotangents of the output to
            one for each place, which can be called once.
        """
        return self(*given), []

    def pull_of(
        self, output: Output, values: Sequence[Any], places: tuple[int, ...]
    ) -> Callable[..., tuple[Any, ...]]:
        """The pullback as a function of values and cotangents, checkpointed where it can be."""
        pull = self.pulled(Form(places, len(values), output.structure, output.moves))
        # A traced value that is used and is no argument would be an error in a checkpoint.
        closes = _traces(output.leaves) - _traces(values)
        return pull if closes else Checkpointed(pull)

    def pulled(self, form: Form) -> Pull:
        """The pullback as a function of values and cotangents."""
        return Pull(self.function, form)


Finish: TypeAlias = Callable[[Sequence[Any]], Sequence[Any]]


def _taken(waiting: list[Finish]) -> Finish | None:
    """What waits, for the first thread that asks for it."""
    try:
        return waiting.pop()
    except IndexError:
        return None


@dataclass(frozen=True, slots=True)
class OfLeaves:
    """A function of the leaves of its arguments."""

    function: Callable[..., Any]
    structure: Any
    """Of ``(args, params)``."""

    def __call__(self, *leaves: Any) -> Any:
        args, params = unflatten(self.structure, leaves)
        return dispatching(self.function)(*args, **params)

    @property
    def __name__(self) -> str:
        return short_name(self.function)


@dataclass(frozen=True, slots=True)
class Form:
    """Of a call: which of its leaves have a derivative, and what its output is like."""

    places: tuple[int, ...]
    """Of the leaves of the arguments that are differentiated."""
    count: int
    """How many leaves the arguments have."""
    structure: Any
    """Of the output; ``None`` for a single value."""
    moves: tuple[bool, ...]
    """Which leaves of the output have a derivative."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pullback that runs its function first: a function of values and cotangents."""

    function: Callable[..., Any]
    form: Form

    def __call__(self, *leaves: Any) -> tuple[Any, ...]:
        """One cotangent for each place."""
        values, cotangents = leaves[: self.form.count], leaves[self.form.count :]
        traced = run_again(self.function, values, self.form.places)
        self.check_form(traced)
        rest = iter(cotangents)
        admitted = [
            None if space is None else self._admitted(next(rest), space)
            for space in traced.out_spaces
        ]
        return traced.pull(admitted, keep=False)  # type: ignore[no-any-return]

    @property
    def __name__(self) -> str:
        return f"{short_name(self.function)}_pullback"

    def check_form(self, traced: Run) -> None:
        """Refuse a function that returned something else before.

        Raises:
            CheckpointError: it did.
        """
        moves = tuple(space is not None for space in traced.out_spaces)
        if (traced.structure, moves) != (self.form.structure, self.form.moves):
            raise self.changed()

    def _admitted(self, cotangent: Any, space: Any) -> Any:
        try:
            return admit(cotangent, space)
        except CotangentError as error:
            raise self.changed() from error

    def changed(self) -> CheckpointError:
        """The error for a function that does not do the same when it is run again."""
        return CheckpointError(
            f"{name_of(self.function)} was run again for its derivative, and what it returned had "
            "another structure or shape than before. A checkpointed function must do the same each "
            "time: pass what it depends on as an argument"
        )


class Output:
    """What a function returned: the leaves that have a derivative, and the way back."""

    def __init__(self, y: Any) -> None:
        if is_leaf(y):
            self.leaves, self.structure = [y], None
        else:
            self.leaves, self.structure = flatten(y)
        self.leaves = [*map(gathered, self.leaves)]
        self.moves = tuple(space_of_output(leaf) is not None for leaf in self.leaves)

    @property
    def moving(self) -> tuple[Any, ...]:
        """The leaves that have a derivative."""
        return tuple(leaf for leaf, moves in zip(self.leaves, self.moves, strict=True) if moves)

    def restored(self, moving: Any) -> Any:
        """The output with other ones in the place of those leaves; alone if there is one."""
        rest = iter(moving if self.moves.count(True) != 1 else (moving,))
        leaves = [
            next(rest) if moves else leaf
            for leaf, moves in zip(self.leaves, self.moves, strict=True)
        ]
        return leaves[0] if self.structure is None else unflatten(self.structure, leaves)


def run_again(function: Callable[..., Any], values: Sequence[Any], places: Sequence[int]) -> Run:
    """Run a function traced, on values of which those without a derivative are copied first.

    Raises:
        LeakedTracerError: it uses a traced value that is none of its arguments.
    """
    fresh = [value if place in places else own_copy(value) for place, value in enumerate(values)]
    try:
        return run(dispatching(function), fresh, {}, places, single=False)
    except LeakedTracerError as error:
        error.add_note(
            f"when {name_of(function)}, which is checkpointed, was run again for its derivative: "
            "pass traced values that it uses as arguments"
        )
        raise


def short_name(function: Any) -> str:
    """The last part of the name of a function, or of its type."""
    name: str = getattr(function, "__name__", None) or type(function).__name__.lower()
    return name.strip("<>")


def is_any_traced(leaves: Sequence[Any]) -> bool:
    """Whether one of ``leaves`` is traced."""
    return any(isinstance(leaf, Traced) for leaf in leaves)


def _traces(leaves: Sequence[Any]) -> set[Any]:
    """The ids of all traces that one of ``leaves`` is on."""
    found = set()
    for leaf in leaves:
        while isinstance(leaf, Traced):
            found.add(leaf._trace.id)
            leaf = leaf._value
    return found
