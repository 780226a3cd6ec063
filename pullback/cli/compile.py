"""``pullback compile``: the code that an expression or a function is compiled to."""

from __future__ import annotations

import sys
from typing import Any

import click

from pullback.cli.grad import ExpressionCommand, named_values
from pullback.cli.output import console, one_line
from pullback.cli.targets import target_of
from pullback.errors import PullbackError

__all__ = ["compile_command", "print_source"]


def _places(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> int | tuple[int, ...] | None:
    """The places of arguments in ``0`` or ``0,2``."""
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() for part in parts):
        raise click.BadParameter(f"{text!r} is no place, nor places such as 0,2")
    places = tuple(map(int, parts))
    return places if len(places) > 1 else places[0]


@click.command("compile", cls=ExpressionCommand)
@click.option("--grad", "derivative", flag_value="grad", help="Compile its gradient.")
@click.option(
    "--value-and-grad",
    "derivative",
    flag_value="value_and_grad",
    help="Compile value and gradient.",
)
@click.option(
    "--argnums",
    metavar="PLACE,...",
    callback=_places,
    help="The arguments that the gradient is by, counted from 0; the first, if not given.",
)
@click.option("--args", "arguments", metavar="JSON", help="The arguments of a function: [2.0, 1].")
@click.option("--engine", default="numpy", show_default=True, help="What is to run it.")
@click.option("--passes", metavar="NAME,...", help="Only these passes; none of them for ''.")
@click.option("--exclude-passes", metavar="NAME,...", help="Not these passes.")
@click.option("--graph", "shown", flag_value="graph", help="Print the graph that is left instead.")
@click.option(
    "--explain", "shown", flag_value="explanation", help="Print what runs where, and why, instead."
)
@click.argument("expression", metavar="EXPRESSION|MODULE:FUNCTION")
@click.argument("values", metavar="[NAME=VALUE]...", nargs=-1, callback=named_values)
def compile_command(
    expression: str,
    values: dict[str, Any],
    derivative: str | None,
    argnums: int | tuple[int, ...] | None,
    arguments: str | None,
    engine: str,
    passes: str | None,
    exclude_passes: str | None,
    shown: str | None,
) -> None:
    """Print the Python that EXPRESSION, or a function of a module, is compiled to.

    EXPRESSION, VALUE and --args are those of `pullback show`. The code is that for the types,
    shapes and dtypes of these values, and for the path that the function takes with them.

    \b
    pullback compile "exp(sin(sin(x)))" x=2.0 --value-and-grad
    pullback compile package.module:loss --args "[[1, 2], 3.0]" --grad --argnums 0,1
    """  # noqa: D301  (click reads the sign)
    if argnums is not None and derivative is None:
        raise click.UsageError("--argnums is for --grad and --value-and-grad")
    try:
        target = target_of(expression, values, arguments)
        chosen = _passes(passes, exclude_passes)
        compiled = _compiled(target.function, derivative, argnums or 0, engine, chosen)
        compiled(*target.args)
    except (PullbackError, click.ClickException):
        raise
    except Exception as error:  # whatever the function or a primitive raises
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise click.ClickException(f"{expression} cannot be run: {reason}") from None
    _print(compiled, shown)


def _passes(only: str | None, excluded: str | None) -> list[str] | None:
    """The names of the passes that are to run; ``None`` for all of them."""
    from pullback.compiler import PASSES

    wanted = None if only is None else _names(only)
    unwanted = _names(excluded or "")
    for name in unwanted:
        if name not in PASSES:
            raise click.UsageError(f"there is no pass {name!r}; there is {', '.join(PASSES)}")
    if not unwanted:
        return wanted
    return [name for name in (PASSES if wanted is None else wanted) if name not in unwanted]


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _compiled(
    function: Any,
    derivative: str | None,
    argnums: int | tuple[int, ...],
    engine: str,
    passes: list[str] | None,
) -> Any:
    """The function, or the derivative of it, compiled."""
    import pullback

    if derivative is not None:
        function = getattr(pullback, derivative)(function, argnums=argnums)
    return pullback.compile(function, engine=engine, passes=passes)


def _print(compiled: Any, shown: str | None) -> None:
    """Print what is asked for; source is coloured on a terminal."""
    (program,) = compiled.programs()
    if shown == "explanation":
        click.echo(compiled.explain())
    elif shown == "graph":
        click.echo(str(program.graph))
    else:
        source = "\n\n".join(filter(None, (program.more_source.strip(), program.source.strip())))
        print_source(source)


def print_source(source: str) -> None:
    """Print code, in colour to a terminal; its lines are never folded."""
    if not sys.stdout.isatty():
        click.echo(source)
        return
    from rich.syntax import Syntax

    text = Syntax("", "python", theme="ansi_dark").highlight(source)
    text.rstrip()
    console().print(text, soft_wrap=True)
