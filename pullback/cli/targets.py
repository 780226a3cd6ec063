"""What a command is given to work on: an expression, or a function of a module, with arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Any, Final, NamedTuple

import click

from pullback.cli.grad import expression_of, value_of
from pullback.errors import ExpressionError

__all__ = ["Target", "target_of"]

_FUNCTION: Final = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*")
"""``module:function``, which is no expression."""


class Target(NamedTuple):
    """A function, and what it is called with."""

    function: Any
    """A function, a chain or a graph."""
    args: tuple[Any, ...]
    has_lines: bool
    """Whether it stands in a file, as an expression does not."""


def target_of(text: str, values: Mapping[str, Any], arguments: str | None) -> Target:
    """What the command line names, at the values that it gives.

    Args:
        text: an expression, or ``module:function``.
        values: of the names in an expression.
        arguments: of a function, a JSON list.

    Raises:
        click.ClickException: a function that is not found, or arguments that do not go with it.
        ExpressionError: the expression is refused.
    """
    if _FUNCTION.fullmatch(text):
        if values:
            raise click.UsageError(
                f'{text} is a function: give its arguments as --args "[...]", not by name'
            )
        args = _arguments(arguments)
        return Target(_function(text), args, has_lines=True)
    if arguments is not None:
        raise click.UsageError(
            "--args is for MODULE:FUNCTION; an expression is given its values as NAME=VALUE"
        )
    if not values:
        raise click.UsageError("a graph needs an input: write NAME=VALUE after the expression")
    return Target(_expression(text, values), tuple(values.values()), has_lines=False)


def _expression(text: str, values: Mapping[str, Any]) -> Callable[..., Any]:
    """An expression as a function, whose parameters have the names of the values."""
    parsed = expression_of(text, values)

    def expression(*primals: Any) -> Any:
        return parsed(dict(zip(values, primals, strict=True)))

    inputs = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in values]
    expression.__signature__ = Signature(inputs)  # type: ignore[attr-defined]
    expression.__qualname__ = "expression"
    return expression


def _function(target: str) -> Any:
    """The function that ``module:function`` names."""
    from pullback.importing import imported

    try:
        function = imported(target)
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{target} cannot be imported: there is no module {error.name}; it is looked for in "
            "the current directory and among what is installed"
        ) from None
    if not callable(function) and not isinstance(function, (list, tuple)):
        raise click.ClickException(
            f"{target} is no function, but of type {type(function).__name__}"
        )
    return function


def _arguments(text: str | None) -> tuple[Any, ...]:
    """The arguments in a JSON list: numbers, arrays as lists, containers as objects."""
    if text is None:
        raise click.UsageError('a function needs its arguments: --args "[2.0, [1, 2]]"')
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, list) or not arguments:
        raise click.BadParameter(
            f"{text!r} is no JSON list of arguments, such as [2.0, [1, 2]]", param_hint="--args"
        )
    try:
        return tuple([_argument(argument) for argument in arguments])
    except ExpressionError as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--args") from None


def _argument(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _argument(item) for key, item in value.items()}
    return value_of(json.dumps(value))
