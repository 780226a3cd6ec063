"""Chains that keep a given number of states, and compute the others again by a schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from pullback.boundary import own_copy, zeros_like
from pullback.chain import Chain, Stack, backward, forward
from pullback.checkpointing.functions import (
    Checkpointed,
    Finish,
    Form,
    OfLeaves,
    Output,
    Pull,
    is_any_traced,
    run_again,
)
from pullback.checkpointing.schedules import Kind, check, default_states, schedule
from pullback.containers import unflatten
from pullback.core import Run
from pullback.forward import run_links

__all__ = ["CheckpointedChain"]


class CheckpointedChain(Checkpointed):
    """What `pullback.checkpoint` returns for a chain."""

    name: Final = "chain"
    """What a graph calls it."""
    function: Chain

    def __init__(self, chain: Chain, states: int | None) -> None:
        if states is None:
            states = default_states(len(chain))
        check(states, "states")
        self.function = chain
        self.states = states

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return (
            isinstance(other, CheckpointedChain)
            and self.states == other.states
            and self.function.links == other.function.links
        )

    def __hash__(self) -> int:
        return hash((CheckpointedChain, self.states, len(self.function)))

    def __repr__(self) -> str:
        return f"checkpoint({self.function!r}, states={self.states})"

    @property
    def plain(self) -> Callable[..., Any]:
        """The chain, not checkpointed, as a function that takes traced arguments."""
        return LinkByLink(self.function)

    def of_leaves(self, structure: Any) -> CheckpointedChain:
        """The same chain, whose first link takes the leaves of its arguments."""
        first, *rest = self.function.links
        link = OfLeaves(_as_function(first), structure)
        return CheckpointedChain(Chain([link, *rest]), self.states)

    def started(
        self, given: Sequence[Any], values: Sequence[Any], places: Sequence[int]
    ) -> tuple[Any, list[Finish]]:
        """The output, with the states that were saved on the way to it."""
        if is_any_traced(values):  # and a derivative of higher order will be taken of it
            return self(*given), []
        sweep = Sweep(self.function.links, self.states, values, places)
        return sweep.there(), [sweep.back]

    def pulled(self, form: Form) -> Pull:
        """The pullback as a function of values and cotangents."""
        return ChainPull(self.function, form, self.states)


@dataclass(frozen=True, slots=True)
class LinkByLink:
    """A chain that is traced as the calls of its links, and not as one call."""

    chain: Chain

    def __call__(self, *args: Any) -> Any:
        return run_links(self.chain.links, args)


def _as_function(link: Any) -> Any:
    """A link as something that can be called with traced arguments."""
    if type(link) in (list, tuple):
        link = Chain(link)
    return LinkByLink(link) if isinstance(link, Chain) else link


@dataclass(frozen=True, slots=True)
class ChainPull(Pull):
    """The pullback of a chain, which runs it first, by its schedule."""

    function: Chain
    states: int

    def __call__(self, *leaves: Any) -> tuple[Any, ...]:
        """One cotangent for each place; traced leaves are for a derivative of higher order."""
        if is_any_traced(leaves):
            return Pull(LinkByLink(self.function), self.form)(*leaves)
        values, cotangents = leaves[: self.form.count], leaves[self.form.count :]
        sweep = Sweep(self.function.links, self.states, values, self.form.places)
        sweep.there()
        if (sweep.structure, sweep.moves) != (self.form.structure, self.form.moves):
            raise self.changed()
        return sweep.back(cotangents)


class Sweep:
    """A pass over the links of a chain, there and back, by a schedule.

    Args:
        links: of the chain.
        states: how many states may be saved at once, with the input.
        values: the leaves that the first link takes.
        places: of those that have a derivative.
    """

    def __init__(
        self, links: Sequence[Any], states: int, values: Sequence[Any], places: Sequence[int]
    ) -> None:
        self.links = links
        self.values = values
        self.places = places
        self.actions = schedule(len(links), states)
        self.saved: dict[int, Any] = {}
        self.present: Any = None
        """The input of the link ``place``; not used where that is the first."""
        self.place = 0
        self.pullback: Callable[[Any], Any]
        """Of the link whose rule has been run."""
        self.structure: Any = None
        """Of the output; ``None`` for a single value."""
        self.moves: tuple[bool, ...] = ()
        """Which leaves of the output have a derivative."""

    def there(self) -> Any:
        """The output: what comes before the first link is reversed, and the rule of that link."""
        for kind, place in self.actions:
            if kind == "reverse":
                break
            self._move(kind, place)
        y = self._by_rule()
        output = Output(y)
        self.structure, self.moves = output.structure, output.moves
        return y

    def back(self, cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """One cotangent for each place, from one for each leaf of the output that has one."""
        rest = iter(cotangents)
        leaves = [next(rest) if moves else 0.0 for moves in self.moves]
        cotangent = leaves[0] if self.structure is None else unflatten(self.structure, leaves)
        cotangent = self.pullback(cotangent)
        for kind, place in self.actions:
            if cotangent is None:
                break
            if kind == "reverse":
                self._by_rule()
                cotangent = self.pullback(cotangent)
            else:
                self._move(kind, place)
        if cotangent is None:
            return tuple(zeros_like(self.values[place]) for place in self.places)
        return cotangent  # type: ignore[no-any-return]

    def _move(self, kind: Kind, place: int) -> None:
        """Take an action that is no reversal."""
        if kind == "save":
            self.saved[place] = self.present
            return
        if kind == "advance":
            inputs = self._inputs() if self.place == 0 else [self.present]
            self.present = run_links(self.links[self.place : place], inputs)
        else:
            self.present = self.saved[place]
        self.place = place

    def _by_rule(self) -> Any:
        """The output of the link at the present place, by its rule; nothing else is kept of it."""
        x, self.present = self.present, None
        self.saved.pop(self.place, None)
        link = self.links[self.place]
        if self.place == 0:
            traced = run_again(_as_function(link), self.values, self.places)
            self.pullback = partial(_pulled, traced)
            return traced.y
        stack: Stack = []
        y = forward((link,), x, stack)
        self.pullback = partial(backward, stack)
        return y

    def _inputs(self) -> list[Any]:
        """The arguments of the first link; copies of those that only it may write to."""
        return [
            value if place in self.places else own_copy(value)
            for place, value in enumerate(self.values)
        ]


def _pulled(traced: Run, cotangent: Any) -> Any:
    """One cotangent for each place, from that of the output of a run, which is used up."""
    return traced.pull(traced.admit(cotangent), keep=False)
