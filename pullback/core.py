"""The tape and the reverse pass: how any Python function gets a rule.

A function is run on tracers; what they recorded is a list of ``(pullback, parents, space)``. The
reverse pass is one walk back over that list with a list of cotangents beside it: no recursion, no
sorting, no visited set.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pullback.boundary import admit, describe, enter, is_leaf, leave
from pullback.errors import CotangentError, RuleError
from pullback.plugins import rule_function
from pullback.spaces import Deferred, Pending, Space, array_type_of, plain, project, space_makers
from pullback.tracer import Entry, Trace, Tracer, apply_function, leaked


def walk_back(tape: list[Entry], cotangents: list[Any], stop: int) -> list[Any]:
    """The reverse pass: the cotangents of the first ``stop`` entries of ``tape``.

    Both lists are consumed, so that what an entry holds is freed as soon as it has been walked.

    Args:
        tape: the entries up to the last one that has a cotangent.
        cotangents: as many, ``None`` where nothing has arrived yet.
        stop: how many entries are primals.

    Raises:
        RuleError: a rule returned a cotangent that does not fit its primal.
    """
    owned: set[int] = set()
    while len(tape) > stop:
        pullback, parents, space = tape.pop()
        cotangent = cotangents.pop()
        if cotangent is None:
            continue
        if type(cotangent) is Pending:
            cotangent = cotangent.total(space)
        pairs: Any
        if type(parents) is int:
            pairs = ((pullback(cotangent), parents),)
        elif type(pullback) is tuple:
            pairs = [
                (back(cotangent), parent) for back, parent in zip(pullback, parents, strict=True)
            ]
        else:
            pairs = _paired(pullback, parents, cotangent)
        for contribution, parent in pairs:
            if contribution is None:
                continue
            kind, shape, dtype = space = tape[parent][2]
            if type(contribution) is not kind or (
                shape is not None
                and (contribution.shape != shape or contribution.dtype is not dtype)
            ):
                if isinstance(contribution, Deferred):
                    cotangents[parent] = _defer(cotangents[parent], contribution)
                    continue
                contribution = fit(contribution, space, pullback)
            total = cotangents[parent]
            if total is None:
                cotangents[parent] = contribution
            elif type(total) is Pending:
                total.dense = contribution if total.dense is None else total.dense + contribution
            elif parent in owned and type(total) is type(contribution):
                cotangents[parent] = operator.iadd(total, contribution)
            else:
                cotangents[parent] = total + contribution
                owned.add(parent)
    return [
        cotangent.total(entry[2]) if type(cotangent) is Pending else cotangent
        for cotangent, entry in zip(cotangents, tape, strict=True)
    ]


def _paired(pullback: Any, parents: tuple[int | None, ...], cotangent: Any) -> list[Any]:
    """What one function returns for several positional arguments, beside their positions."""
    contributions = pullback(cotangent)
    if type(contributions) is not tuple:
        contributions = (contributions,)
    missing = parents[len(contributions) :]
    if any(parent is not None for parent in missing):
        raise RuleError(
            f"{_describe(pullback)} returned {len(contributions)} cotangents for {len(parents)} "
            "positional arguments: it must return a tuple with one for each, or None"
        )
    return [
        (contribution, parent)
        for contribution, parent in zip(contributions, parents, strict=False)
        if parent is not None
    ]


def _defer(total: Any, contribution: Deferred) -> Pending:
    if type(total) is Pending:
        total.parts.append(contribution)
        return total
    return Pending(total, contribution)


def fit(contribution: Any, space: Space, pullback: Any) -> Any:
    """A contribution that a rule returned, brought into the space of its primal.

    Raises:
        RuleError: it does not fit; the message names the rule's pullback.
    """
    if type(contribution) is tuple and len(contribution) == 1:  # the tuple of one primal
        contribution = contribution[0]
    if contribution is None:
        return array_type_of(space[0]).zeros(space)
    if isinstance(contribution, Deferred):
        return Pending(None, contribution).total(space)
    try:
        return project(contribution, space)
    except (ValueError, TypeError, AttributeError) as error:
        raise RuleError(
            f"{_describe(pullback)} returned a cotangent that does not fit its primal, "
            f"{describe(space)}: {error}"
        ) from error


def _describe(pullback: Any) -> str:
    if isinstance(pullback, tuple):
        return " or ".join(map(_describe, pullback))
    code = getattr(pullback, "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return f"{getattr(pullback, '__name__', repr(pullback))}{where}"


class Run:
    """One traced run of a function: its output, and all that the reverse pass needs."""

    __slots__ = ("aux", "leaves", "positions", "restore", "spaces", "structure", "tape", "y")

    tape: list[Entry]
    spaces: list[Space]
    """The spaces of the primal leaves, which are the first entries of the tape."""
    restore: Callable[[list[Any]], Any]
    """From one cotangent for each primal leaf to what the caller gets."""
    y: Any
    """The output, without tracers."""
    aux: Any
    leaves: list[Any]
    """The leaves of the output, without tracers."""
    positions: list[int | None]
    """Where each leaf of the output stands on the tape; ``None`` if it is constant."""
    structure: Any
    """The container of the output; ``None`` for a single value."""

    def pull(self, cotangents: Sequence[Any], incoming: Sequence[Any], *, keep: bool) -> Any:
        """The primals' cotangents, from one cotangent for each leaf of the output."""
        last = max((place for place in self.positions if place is not None), default=-1)
        arrived: list[Any] = [None] * (last + 1)
        for place, cotangent in zip(self.positions, cotangents, strict=True):
            if place is not None:
                arrived[place] = (
                    cotangent if arrived[place] is None else arrived[place] + cotangent
                )
        stop = len(self.spaces)
        arrived += [None] * (stop - len(arrived))
        tape = self.tape
        if keep:
            tape = tape[: max(last + 1, stop)]
        else:
            del tape[max(last + 1, stop) :]
        return self.restore(leave(walk_back(tape, arrived, stop), self.spaces, incoming))

    def admit(self, cotangent: Any) -> list[Any]:
        """A cotangent of the output, from outside, as one for each leaf.

        Raises:
            CotangentError: it does not have the structure or a shape of the output.
        """
        if self.structure is None:
            given = [cotangent]
        else:
            from pullback.containers import flatten

            given, structure = flatten(cotangent)
            if structure != self.structure:
                raise CotangentError(
                    "the cotangent must have the structure of the output, "
                    f"{self.structure}; got {structure}"
                )
        return [
            None if space is None else admit(item, space)
            for item, space in zip(given, map(space_of_output, self.leaves), strict=True)
        ]


def space_of_output(y: Any) -> Space | None:
    """The space of an output leaf, ``None`` where it carries no derivative."""
    make_space = space_makers.get(type(plain(y)))
    return None if make_space is None else make_space(plain(y))


def run(
    f: Callable[..., Any],
    primals: Sequence[Any],
    params: Mapping[str, Any],
    positions: Sequence[int],
    *,
    single: bool,
    has_aux: bool = False,
) -> Run:
    """Run ``f`` on tracers of the primals at ``positions``.

    With ``single``, there is one and its cotangent is not wrapped in a tuple.

    Raises:
        PrimalError: a chosen primal cannot be differentiated.
        LeakedTracerError: ``f`` returned a tracer of a trace that has ended.
    """
    trace = Trace()
    assert trace.tape is not None
    result = Run()
    result.tape = trace.tape
    result.spaces = []
    result.aux = None
    args = [*primals]
    structures: list[Any] = []
    for argnum in positions:
        primal = primals[argnum]
        if is_leaf(primal):
            primal, space = enter(primal, f"primal {argnum}")
            result.spaces.append(space)
            structures.append(None)
            args[argnum] = trace.enter(primal, space)
        else:
            args[argnum], structure = _enter_container(primal, argnum, trace, result.spaces)
            structures.append(structure)
    result.restore = _restorer(structures, single)
    try:
        y = call(f, tuple(args), params)
    finally:
        trace.tape = None
    if has_aux:
        try:
            y, aux = y
        except (TypeError, ValueError):
            raise TypeError(
                f"has_aux=True means that the function returns (y, extra); it returned {y!r:.60}"
            ) from None
        result.aux = _without(trace, aux)
    _take_output(result, y, trace)
    return result


def call(f: Any, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
    """Call ``f`` so that traced arguments reach its rule, if it has one."""
    if rule_function(f) is None:
        return f(*args, **params)
    return apply_function(f, args, params)


def _enter_container(
    primal: Any, argnum: int, trace: Trace, spaces: list[Space]
) -> tuple[Any, Any]:
    from pullback.containers import flatten, places, unflatten

    leaves, structure = flatten(primal)
    tracers = []
    for leaf, place in zip(leaves, places(primal), strict=True):
        value, space = enter(leaf, f"primal {argnum}, at {place or 'the top'},")
        spaces.append(space)
        tracers.append(trace.enter(value, space))
    return unflatten(structure, tracers), structure


def _restorer(structures: Sequence[Any], single: bool) -> Callable[[list[Any]], Any]:
    """From flat cotangents to one for each primal, in a tuple unless ``single``."""
    if all(structure is None for structure in structures):
        return _only if single else tuple

    def restore(cotangents: list[Any]) -> Any:
        from pullback.containers import unflatten

        rest = iter(cotangents)
        restored = tuple(
            next(rest)
            if structure is None
            else unflatten(structure, [next(rest) for _ in range(structure.num_leaves)])
            for structure in structures
        )
        return _only(restored) if single else restored

    return restore


def _only(values: Sequence[Any]) -> Any:
    return values[0]


def _take_output(result: Run, y: Any, trace: Trace) -> None:
    """Note where the output stands on the tape, and what it is without tracers."""
    if is_leaf(y):
        result.structure = None
        leaves = [y]
    else:
        from pullback.containers import flatten

        leaves, result.structure = flatten(y)
    result.leaves = []
    result.positions = []
    for leaf in leaves:
        mine = type(leaf) is Tracer and leaf._trace is trace
        if type(leaf) is Tracer and leaf._trace.tape is None and not mine:
            raise leaked("the output of the traced function")
        result.leaves.append(leaf._value if mine else leaf)
        result.positions.append(leaf._index if mine else None)
    if result.structure is None:
        result.y = result.leaves[0]
    else:
        from pullback.containers import unflatten

        result.y = unflatten(result.structure, result.leaves)


def _without(trace: Trace, aux: Any) -> Any:
    """Extra output, with the tracers of ``trace`` replaced by their values."""
    if type(aux) is Tracer:
        return aux._value if aux._trace is trace else aux
    if is_leaf(aux):
        return aux
    from pullback.containers import map_leaves

    return map_leaves(lambda leaf: _without(trace, leaf) if type(leaf) is Tracer else leaf, aux)


def function_rule(f: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """The rule of a Python function: run it on tracers, walk back over what they leave."""

    def traced_rule(*primals: Any, **params: Any) -> tuple[Any, Any]:
        traced = run(f, primals, params, range(len(primals)), single=len(primals) == 1)
        return traced.y, pullback_of(traced)

    return traced_rule


def pullback_of(traced: Run) -> Callable[[Any], Any]:
    """The pullback of a traced run; it can be called any number of times."""

    def pullback(cotangent: Any) -> Any:
        cotangents = traced.admit(cotangent)
        return traced.pull(cotangents, cotangents, keep=True)

    return pullback
