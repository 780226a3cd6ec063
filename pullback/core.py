"""The tape and the reverse pass: how any Python function gets a rule.

A function is run on tracers; what they recorded is a list of ``(pullback, parents, space)``. The
reverse pass is one walk back over that list with a list of cotangents beside it: no recursion, no
sorting, no visited set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import BuiltinFunctionType
from typing import Any

from pullback.arguments import any_traced
from pullback.boundary import admit, describe, enter, is_leaf, leave, own_copy
from pullback.containers import flatten, map_leaves, unflatten
from pullback.errors import CotangentError, RuleError, TracerConversionError
from pullback.lines import marked
from pullback.missing import missing_rule
from pullback.operators import install
from pullback.plugins import rule_function
from pullback.registry import caller, unwrap
from pullback.spaces import (
    Deferred,
    Pending,
    Space,
    array_type_of,
    explained,
    gathered,
    gatherers,
    plain,
    project,
    space_makers,
)
from pullback.tracer import Entry, Trace, Tracer, apply_function, leaked

install()


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
    walk(tape, cotangents, stop)
    for place, cotangent in enumerate(cotangents):
        if type(cotangent) is Pending:
            cotangents[place] = cotangent.total(tape[place][2])
    return cotangents


def walk(tape: list[Entry], cotangents: list[Any], stop: int) -> None:
    """The steps of `walk_back`, after which what is left may be pending."""
    owned: set[int] = set()
    while len(tape) > stop:
        pullback, parents, space = tape.pop()
        cotangent = cotangents.pop()
        if cotangent is None:
            continue
        if type(cotangent) is Pending:
            cotangent = cotangent.total(space)
        pairs: Any
        together = False
        if type(parents) is int:
            pairs = ((pullback, parents),)
        elif type(pullback) is tuple:
            pairs = zip(pullback, parents)  # noqa: B905  (as long as each other; saying so is slow)
        else:
            pairs = _paired(pullback, parents, cotangent)
            together = True
        for back, parent in pairs:
            contribution = back if together else back(cotangent)
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
            elif parent in owned and type(total) is kind is type(contribution):
                total += contribution
                cotangents[parent] = total
            else:
                cotangents[parent] = total + contribution
                owned.add(parent)


def _paired(pullback: Any, parents: tuple[int | None, ...], cotangent: Any) -> list[Any]:
    """What one function returns for several positional arguments, beside their positions."""
    contributions = pullback(cotangent)
    if type(contributions) is not tuple:
        contributions = (contributions,)
    missing = parents[len(contributions) :]
    if missing and any(parent is not None for parent in missing):
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
    if type(contribution) is tuple and contribution:
        # One for each primal of the rule, and the others were left out or given by keyword.
        contribution = contribution[0]
    if contribution is None:
        return array_type_of(space[0]).zeros(space)
    if isinstance(contribution, Deferred):
        return Pending(None, contribution).total(space)
    try:
        if type(contribution) in gatherers:
            contribution = gathered(contribution)
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

    __slots__ = ("aux", "out_spaces", "positions", "restore", "spaces", "structure", "tape", "y")

    tape: list[Entry]
    spaces: list[Space]
    """The spaces of the primal leaves, which are the first entries of the tape."""
    restore: Callable[[list[Any]], Any]
    """From one cotangent for each primal leaf to what the caller gets."""
    y: Any
    """The output, without tracers."""
    aux: Any
    """Extra output, without tracers."""
    structure: Any
    """The container of the output; ``None`` for a single value."""
    positions: list[int | None]
    """Where each leaf of the output stands on the tape; ``None`` if it is constant."""
    out_spaces: list[Space | None]
    """The space of each leaf of the output; ``None`` if it has no derivative."""

    def pull(self, cotangents: Sequence[Any], *, keep: bool) -> Any:
        """The primals' cotangents, from one cotangent for each leaf of the output.

        With ``keep`` the tape can be walked again; otherwise it is freed on the way.
        """
        stop = len(self.spaces)
        arrived: list[Any] = [None] * stop
        for place, cotangent in zip(self.positions, cotangents, strict=True):
            if place is None:
                continue
            if place >= len(arrived):
                arrived += [None] * (place + 1 - len(arrived))
            total = arrived[place]
            arrived[place] = cotangent if total is None else total + cotangent
        tape = self.tape
        if keep:
            tape = tape[: len(arrived)]
        elif len(tape) > len(arrived):
            del tape[len(arrived) :]
        return self.restore(leave(walk_back(tape, arrived, stop), self.spaces, cotangents))

    def admit(self, cotangent: Any) -> list[Any]:
        """A cotangent of the output, from outside, as one for each leaf.

        Raises:
            CotangentError: it does not have the structure or a shape of the output.
        """
        given = [cotangent]
        if self.structure is not None:
            given, structure = flatten(cotangent)
            if structure != self.structure:
                raise CotangentError(
                    "the cotangent must have the structure of the output, "
                    f"{self.structure}; got {structure}"
                )
        return [
            None if space is None else admit(item, space)
            for item, space in zip(given, self.out_spaces, strict=True)
        ]


marked.update((walk.__code__, walk_back.__code__, Run.pull.__code__))


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
    all_leaves = True
    for argnum in positions:
        primal = args[argnum]
        if is_leaf(primal):
            primal, space = enter(primal, argnum)
            result.spaces.append(space)
            structures.append(None)
            args[argnum] = trace.enter(primal, space)
        else:
            args[argnum], structure = _enter_container(primal, argnum, trace, result.spaces)
            structures.append(structure)
            all_leaves = False
    if all_leaves:
        result.restore = _only if single else tuple
    else:
        result.restore = _restorer(structures, single)
    try:
        y = f(*args, **params)
        if has_aux:
            y, result.aux = _split(y, trace)
        take_output(result, y, trace)
    except (TypeError, AttributeError, ValueError) as error:
        clearer = explained(error)
        if clearer is error:
            raise
        raise clearer from error
    finally:
        trace.end()
    return result


def _split(y: Any, trace: Trace) -> tuple[Any, Any]:
    """The output and the extra output, the latter without tracers."""
    try:
        y, aux = y
    except (TypeError, ValueError):
        raise TypeError(
            f"has_aux=True means that the function returns (y, extra); it returned {y!r:.60}"
        ) from None
    return y, _without(trace, aux)


def _enter_container(
    primal: Any, argnum: int, trace: Trace, spaces: list[Space]
) -> tuple[Any, Any]:
    leaves, structure = flatten(primal)
    tracers = []
    for place, leaf in enumerate(leaves):
        value, space = enter(leaf, argnum, primal, place)
        spaces.append(space)
        tracers.append(trace.enter(value, space))
    return unflatten(structure, tracers), structure


def _restorer(structures: Sequence[Any], single: bool) -> Callable[[list[Any]], Any]:
    """From flat cotangents to one for each primal, in a tuple unless ``single``.

    Args:
        structures: of each primal, ``None`` for a leaf.
        single: there is one primal.
    """

    def restore(cotangents: list[Any]) -> Any:
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


def take_output(result: Run, y: Any, trace: Trace) -> None:
    """Note where the output stands on the tape, and what it is without tracers."""
    result.structure = None
    result.positions = []
    result.out_spaces = []
    if is_leaf(y):
        result.y = _take_leaf(result, y, trace)
    else:
        leaves, result.structure = flatten(y)
        result.y = unflatten(result.structure, [_take_leaf(result, leaf, trace) for leaf in leaves])


def _take_leaf(result: Run, leaf: Any, trace: Trace) -> Any:
    if type(leaf) in gatherers:
        leaf = gathered(leaf)
    if isinstance(leaf, Tracer):
        if leaf._trace is trace:
            result.positions.append(leaf._index)
            result.out_spaces.append(result.tape[leaf._index][2])
            return leaf._value
        if leaf._trace.has_ended:
            raise leaked("the output of the traced function")
    result.positions.append(None)
    result.out_spaces.append(space_of_output(leaf))
    return leaf


def _without(trace: Trace, aux: Any) -> Any:
    """Extra output, with the tracers of ``trace`` replaced by copies of their values.

    Copies, because the pullback still needs what the tracers hold.
    """
    if not is_leaf(aux):
        return map_leaves(partial(_without, trace), aux)
    aux = gathered(aux)
    return own_copy(aux._value) if isinstance(aux, Tracer) and aux._trace is trace else aux


def function_rule(f: Callable[..., Any]) -> Callable[..., tuple[Any, Any]]:
    """The rule of a Python function: run it on tracers, walk back over what they leave."""

    def traced_rule(*primals: Any, **params: Any) -> tuple[Any, Any]:
        traced = run(f, primals, params, range(len(primals)), single=len(primals) == 1)
        return traced.y, pullback_of(traced)

    return traced_rule


def pullback_of(traced: Run) -> Callable[[Any], Any]:
    """The pullback of a traced run; it can be called any number of times."""

    def pullback(cotangent: Any) -> Any:
        return traced.pull(traced.admit(cotangent), keep=True)

    return pullback


def dispatching(f: Any) -> Callable[..., Any]:
    """``f`` as a function that traced arguments can be given to, whether it has a rule or not."""
    if isinstance(f, partial):
        return partial(dispatching(f.func), *f.args, **f.keywords)
    if isinstance(f, BuiltinFunctionType) and rule_function(f) is None:
        return _untraceable(f)
    if rule_function(f) is None:
        return f  # type: ignore[no-any-return]
    raw = unwrap(f)
    plain_call = caller(raw)

    def call(*args: Any, **params: Any) -> Any:
        traced = any_traced(args) or any_traced(params.values())
        return apply_function(raw, args, params) if traced else plain_call(*args, **params)

    return call


def _untraceable(f: Callable[..., Any]) -> Callable[..., Any]:
    """A builtin without a rule: it may be made of operators (``sum``), or want plain numbers."""

    def call(*args: Any, **params: Any) -> Any:
        try:
            return f(*args, **params)
        except TracerConversionError as error:
            raise missing_rule(f, args) from error

    return call
