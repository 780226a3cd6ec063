"""Traced values anywhere among the arguments of a call: in lists and tuples, and by keyword.

The engine records calls whose traced values are positional arguments. What is here brings every
other call into that form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from inspect import Parameter, signature
from typing import Any

from pullback.errors import PullbackError, RuleError, TracerConversionError
from pullback.names import name_of
from pullback.registry import RuleFunction
from pullback.spaces import Traced, keep_all, keepers, plain

_NESTS = (list, tuple)


def any_traced(values: Iterable[Any]) -> bool:
    """Whether one of ``values`` is traced, or a list or tuple that holds a traced value."""
    for value in values:
        if isinstance(value, Traced) or (type(value) in _NESTS and any_traced(value)):
            return True
    return False


def youngest_trace(values: Sequence[Any]) -> Any:
    """The trace that a call belongs to: the youngest one of the traced values in ``values``."""
    traces = (leaf._trace for leaf, _ in _traced_in((*values,), ()))
    return max(traces, key=lambda trace: trace.id)


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
        named = parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name in remaining
        if not named and parameter.default is parameter.empty:
            break
        positional.append(remaining.pop(parameter.name) if named else parameter.default)
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
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]


def flat_call(
    primitive: Any, rule: RuleFunction, args: tuple[Any, ...], params: Mapping[str, Any]
) -> tuple[tuple[Any, ...], RuleFunction]:
    """A call with traced values in lists and tuples, as a call of the traced values alone.

    Returns:
        The traced values of the youngest trace, and a rule that takes them one by one.
    """
    leaves = [*_traced_in(args, ())]
    youngest = youngest_trace(args)
    paths = [path for leaf, path in leaves if leaf._trace is youngest]
    needed = {path[0] for path in paths}

    def flat_rule(*values: Any) -> tuple[Any, Any]:
        arguments = _replace(args, youngest, iter(values))
        y, pullback = rule(*arguments, **keep_all(params, youngest.kept))
        if pullback is None:
            return y, None

        def flat_pullback(y_cotangent: Any) -> tuple[Any, ...]:
            try:
                cotangents = pulled_by_argument(pullback, y_cotangent, needed)
            except PullbackError:
                raise
            except (TypeError, ValueError) as error:  # such as 1 - x, where x is a list
                raise _no_lists(primitive) from error
            return tuple(_descend(cotangents, args, path, primitive) for path in paths)

        return y, flat_pullback

    return tuple(leaf for leaf, _ in leaves if leaf._trace is youngest), flat_rule


def pulled_by_argument(pullback: Any, y_cotangent: Any, needed: set[int]) -> tuple[Any, ...]:
    """The cotangents of all arguments, ``None`` where one is not ``needed``."""
    if type(pullback) is tuple:
        return tuple(
            back(y_cotangent) if back is not None and place in needed else None
            for place, back in enumerate(pullback)
        )
    cotangents = pullback(y_cotangent)
    return cotangents if type(cotangents) is tuple else (cotangents,)


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


def _descend(cotangents: Any, args: tuple[Any, ...], path: tuple[int, ...], primitive: Any) -> Any:
    """The member at ``path`` of the cotangents of ``args``."""
    value: Any = args
    for place in path:
        if cotangents is None:
            return None
        if type(cotangents) not in _NESTS:
            _check_array(cotangents, value, primitive)
        try:
            cotangents = cotangents[place]
        except IndexError:
            raise RuleError(
                f"the rule of {name_of(primitive)} returned no cotangent for the element "
                f"{place} of an argument; for a list it must return as many as it has elements"
            ) from None
        value = value[place]
    return cotangents


def _check_array(cotangent: Any, nest: Any, primitive: Any) -> None:
    """Raise where ``cotangent`` is no array of the shape of ``nest``: not all rules expect lists.

    Where the list was broadcast, its cotangent is larger, and its members lie elsewhere.
    """
    found = getattr(plain(cotangent), "shape", None)
    if found is None or tuple(found) != _shape_of(nest):
        raise _no_lists(primitive)


def _no_lists(primitive: Any) -> TracerConversionError:
    return TracerConversionError(
        f"the rule of {name_of(primitive)} has no cotangent for each member of a list of traced "
        "values. Make an array of the list first, with np.stack; a rule that expects a list "
        "returns a list of cotangents for it"
    )


def _shape_of(nest: Any) -> tuple[int, ...]:
    """The shape of the array that a list of lists is."""
    if type(nest) in _NESTS:
        return (len(nest), *_shape_of(nest[0]))
    return tuple(getattr(plain(nest), "shape", ()))
