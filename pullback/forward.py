"""Forward mode: tangents that travel beside the values, in one pass without a tape.

A function runs on tracers that hold a value and its tangent. Each call of a primitive gives both
at once, by the rule's pushforward where it has one, and else by the transpose of its pullback,
which is linear. Nothing is kept, so the memory does not grow with the length of a program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pullback.arguments import pulled_by_argument
from pullback.boundary import enter, is_leaf, leave, ones_like
from pullback.chain import Chain
from pullback.containers import flatten, map_leaves, unflatten
from pullback.core import dispatching, fit, run, space_of_output
from pullback.plugins import load
from pullback.registry import Rule, RuleFunction, rules, table
from pullback.spaces import (
    Space,
    array_type_of,
    gathered,
    gatherers,
    plain,
    project,
    scalar_spaces,
    space_makers,
)
from pullback.tracer import (
    ArrayTracer,
    TapelessTrace,
    Tracer,
    add_tracer_type,
    find_rule,
    leaked,
)

__all__ = ["ForwardTrace", "push"]


class ForwardTrace(TapelessTrace):
    """A trace that computes the tangent of each output, and keeps nothing."""

    __slots__ = ()

    def dual(self, value: Any, tangent: Any) -> Any:
        """A tracer of ``value``, or of each leaf of it, with its tangent."""
        if not is_leaf(value):
            values, structure = flatten(value)
            return unflatten(structure, map(self.dual, values, flatten(tangent)[0]))
        space = space_of_output(value)
        if space is None or tangent is None:
            return value
        tracer: Any = (ForwardTracer if space[1] is None else ForwardArrayTracer)(value, self, 0)
        tracer._tangent = tangent
        return tracer

    def record(
        self,
        primitive: Any,
        args: Sequence[Any],
        params: Mapping[str, Any],
        rule: RuleFunction | None,
    ) -> Any:
        """The output of a call, with its tangent."""
        if self.over:
            raise leaked(primitive)
        if isinstance(primitive, Chain):
            return run_links(primitive.links, args)
        claim = rules.get(primitive) if rule is None else None
        args = [gathered(arg) if type(arg) in gatherers else arg for arg in args]
        own = [type(arg) in _DUALS and arg._trace is self for arg in args]
        values = [arg._value if mine else arg for arg, mine in zip(args, own, strict=True)]
        tangents = [arg._tangent if mine else None for arg, mine in zip(args, own, strict=True)]
        if claim is not None:
            pushed = _pushed(claim.rule, values, tangents, params)
            if pushed is not NotImplemented:
                return self._joined(*pushed)
        rule = rule or table.get(primitive) or find_rule(primitive, args)
        y, pullback = rule(*values, **params)
        if pullback is None:
            return y
        leaves, structure = ([y], None) if is_leaf(y) else flatten(y)
        moved = transposed(pullback, leaves, structure, values, tangents)
        duals = [*map(self._joined, leaves, moved)]
        return duals[0] if structure is None else unflatten(structure, duals)

    def _joined(self, y: Any, tangent: Any) -> Any:
        """A tracer of an output that is no container, with the tangent that a rule has given."""
        kind = type(y)
        make_space = space_makers.get(kind)
        space = scalar_spaces.get(kind) or (None if make_space is None else make_space(y))
        if space is None:  # or an output that is traced by an older trace
            space = space_of_output(y)
        if space is None and tangent is not None and not is_leaf(y):
            leaves, structure = flatten(y)
            return unflatten(structure, map(self._joined, leaves, tangent))
        if space is None or tangent is None:
            return y
        shape = space[1]
        if type(tangent) is not kind or (
            shape is not None and (tangent.shape != shape or tangent.dtype is not space[2])
        ):
            if getattr(plain(tangent), "shape", ()) != (shape or ()):  # of a broadcast argument
                tangent = tangent + array_type_of(space[0]).zeros(space)
            tangent = project(tangent, space)
        tracer: Any = (ForwardTracer if shape is None else ForwardArrayTracer)(y, self, 0)
        tracer._tangent = tangent
        return tracer


class ForwardTracer(Tracer):
    """A number with its tangent."""

    __slots__ = ("_tangent",)


class ForwardArrayTracer(ArrayTracer):
    """An array with its tangent."""

    __slots__ = ("_tangent",)


_DUALS: Final = (ForwardTracer, ForwardArrayTracer)
for _kind in _DUALS:
    add_tracer_type(_kind)


def push(
    f: Callable[..., Any],
    primals: Sequence[Any],
    tangents: Sequence[Any],
    params: Mapping[str, Any],
) -> tuple[Any, Any]:
    """The output of ``f`` and its tangent; the tangents are admitted already."""
    load()
    trace = ForwardTrace()
    try:
        duals = [
            trace.dual(map_leaves(_entered, primal) if not is_leaf(primal) else _entered(primal), t)
            for primal, t in zip(primals, tangents, strict=True)
        ]
        y = f(*duals, **params)
        return split(y, trace, flatten(tangents)[0])
    finally:
        trace.end()


def _entered(primal: Any) -> Any:
    return enter(primal, 0)[0]


def split(y: Any, trace: ForwardTrace, held: Iterable[Any]) -> tuple[Any, Any]:
    """The values in an output, and their tangents, which alias nothing of ``held``."""
    if not is_leaf(y):
        leaves, structure = flatten(y)
        pairs = [split(leaf, trace, held) for leaf in leaves]
        values, tangents = zip(*pairs, strict=True) if pairs else ((), ())
        return unflatten(structure, values), unflatten(structure, tangents)
    y = gathered(y)
    if type(y) in _DUALS and y._trace is trace:
        value, tangent = y._value, y._tangent
    else:
        if isinstance(y, Tracer) and y._trace.has_ended:
            raise leaked("the output of the function")
        value, tangent = y, None
    space = space_of_output(value)
    if space is None:
        return value, 0 * value
    return value, leave((tangent,), (space,), [*held])[0]


def tangents_in(value: Any, trace: ForwardTrace) -> Any:
    """The tangent of a value, or in a container those of its leaves; ``None`` if it has none."""
    if not is_leaf(value):
        leaves, structure = flatten(value)
        tangents = [tangents_in(leaf, trace) for leaf in leaves]
        return None if all(t is None for t in tangents) else unflatten(structure, tangents)
    is_own = type(value) in _DUALS and value._trace is trace
    return value._tangent if is_own else None


def run_links(links: Iterable[Any], args: Sequence[Any]) -> Any:
    """A chain, a link after the other, on traced values."""
    for link in links:
        if isinstance(link, Chain) or type(link) in (list, tuple):
            args = [run_links(link, args)]
        else:
            args = [dispatching(link)(*args)]
    return args[0]


def _pushed(
    rule: Rule, values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]
) -> Any:
    """``(y, y_tangent)`` by what the rule declares; ``NotImplemented`` where that does not tell."""
    if rule.pushforward is not None:
        if not params:
            return rule.pushforward(values, tangents)
        if not rule.elementwise:
            return rule.pushforward(values, tangents, **params)
    if not rule.linear or any(tangent is not None for tangent in tangents[rule.linear :]):
        return NotImplemented
    y = rule(*values, **params)[0]
    terms = []
    for place, tangent in enumerate(tangents[: rule.linear]):
        if tangent is not None:
            args = [*values]
            args[place] = tangent
            terms.append(rule(*args, **params)[0])
    return y, terms[0] if len(terms) == 1 else terms[0] + terms[1]


def transposed(
    pullback: Any,
    leaves: Sequence[Any],
    structure: Any,
    values: Sequence[Any],
    tangents: Sequence[Any],
) -> list[Any]:
    """The tangents of the leaves of an output, by the transpose of its pullback.

    Args:
        pullback: what the rule has returned.
        leaves: of the output.
        structure: of the output; ``None`` for a single value.
        values: the arguments of the rule.
        tangents: theirs, ``None`` for a constant.
    """
    places = [place for place, tangent in enumerate(tangents) if tangent is not None]
    spaces: list[Space] = [enter(values[place], place)[1] for place in places]
    moving = [place for place, leaf in enumerate(leaves) if space_of_output(leaf) is not None]

    def pulled(*cts: Any) -> tuple[Any, ...]:
        given = dict(zip(moving, cts, strict=True))
        parts = [given.get(place) for place in range(len(leaves))]
        ct = parts[0] if structure is None else unflatten(structure, parts)
        found = pulled_by_argument(pullback, ct, {*places})
        return tuple(
            fit(found[place] if place < len(found) else None, space, pullback)
            for place, space in zip(places, spaces, strict=True)
        )

    ones = [ones_like(leaves[place]) for place in moving]
    linear = run(pulled, ones, {}, range(len(ones)), single=False)
    given = linear.admit(tuple(tangents[place] for place in places))
    moved = dict(zip(moving, linear.pull(given, keep=False), strict=True))
    return [moved.get(place) for place in range(len(leaves))]
