"""Traced values anywhere among the arguments of a call: in lists and tuples, and by keyword.

The engine records calls whose traced values are positional arguments. What is here brings every
other call into that form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from inspect import Parameter, signature
from typing import Any

from pullback.errors import RuleError
from pullback.names import name_of
from pullback.registry import RuleFunction
from pullback.spaces import Traced, keepers

_NESTS = (list, tuple)


def any_traced(values: Iterable[Any]) -> bool:
    """Whether one of ``values`` is traced, or a list or tuple that holds a traced value."""
    for value in values:
        if isinstance(value, Traced) or (type(value) in _NESTS and any_traced(value)):
            return True
    return False


def keywords_to_positions(
    primitive: Any, rule: RuleFunction, args: tuple[Any, ...], params: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Move keyword arguments to the positions that the rule gives them, up to the last traced.

    Raises:
        RuleError: the rule has no position for a traced one.
    """
    remaining = dict(params)
    positional = list(args)
    for parameter in _positional_parameters(rule)[len(args) :]:
        if not any_traced(remaining.values()):
            break
        if parameter.name not in remaining and parameter.default is parameter.empty:
            break
        positional.append(remaining.pop(parameter.name, parameter.default))
    for name, value in remaining.items():
        if any_traced([value]):
            raise RuleError(
                f"{name_of(primitive)} was given a traced value for the keyword {name!r}, which "
                "is not one of its differentiable arguments; pass pullback.stop_gradient of it"
            )
    return tuple(positional), remaining


@cache
def _positional_parameters(rule: RuleFunction) -> list[Parameter]:
    return [
        parameter
        for parameter in signature(rule).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]


def flat_call(
    primitive: Any, rule: RuleFunction, args: tuple[Any, ...], params: Mapping[str, Any]
) -> tuple[tuple[Any, ...], RuleFunction]:
    """A call with traced values in lists and tuples, as a call of the traced values alone.

    Returns:
        The traced values of the youngest trace, and a rule that takes them one by one.
    """
    leaves = [*_traced_in(args, ())]
    youngest = max((leaf._trace for leaf, _ in leaves), key=lambda trace: trace.id)
    paths = [path for leaf, path in leaves if leaf._trace is youngest]

    def flat_rule(*values: Any) -> tuple[Any, Any]:
        y, pullback = rule(*_replace(args, youngest, iter(values)), **params)
        if pullback is None:
            return y, None

        def flat_pullback(y_cotangent: Any) -> tuple[Any, ...]:
            if type(pullback) is tuple:
                needed = {path[0] for path in paths}
                cotangents: Any = tuple(
                    back(y_cotangent) if back is not None and place in needed else None
                    for place, back in enumerate(pullback)
                )
            else:
                cotangents = pullback(y_cotangent)
                if type(cotangents) is not tuple:
                    cotangents = (cotangents,)
            return tuple(_descend(cotangents, path, primitive) for path in paths)

        return y, flat_pullback

    return tuple(leaf for leaf, _ in leaves if leaf._trace is youngest), flat_rule


def _traced_in(value: Any, path: tuple[int, ...]) -> Iterator[tuple[Any, tuple[int, ...]]]:
    if isinstance(value, Traced):
        yield value, path
    elif type(value) in _NESTS:
        for place, item in enumerate(value):
            yield from _traced_in(item, (*path, place))


def _replace(value: Any, trace: Any, values: Iterator[Any]) -> Any:
    """``value`` with the tracers of ``trace`` replaced by ``values``, in order."""
    if isinstance(value, Traced):
        return next(values) if value._trace is trace else value
    if type(value) in _NESTS:
        return type(value)(_replace(item, trace, values) for item in value)
    keep = keepers.get(type(value))
    return value if keep is None else keep(value, trace.kept)


def _descend(cotangents: Any, path: tuple[int, ...], primitive: Any) -> Any:
    for place in path:
        if cotangents is None:
            return None
        try:
            cotangents = cotangents[place]
        except (IndexError, TypeError):
            raise RuleError(
                f"the rule of {name_of(primitive)} returned no cotangent for the element "
                f"{place} of an argument; for a list it must return as many as it has elements"
            ) from None
    return cotangents
