"""``pullback show``: the graph of an expression or a function, drawn with its values."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pullback.cli.grad import ExpressionCommand, named_values
from pullback.cli.output import console, one_line
from pullback.cli.targets import target_of
from pullback.errors import PullbackError

if TYPE_CHECKING:
    from pullback.graph import GraphRun

_FORMATS: Final = ("text", "svg", "dot", "mermaid", "html")
_MODES: Final = ("value", "reverse", "forward")


@click.command(cls=ExpressionCommand)
@click.option(
    "--mode",
    type=click.Choice(_MODES),
    default="value",
    show_default=True,
    help="What stands on the nodes: values, or the cotangents or tangents of a pass.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="In which format to draw.",
)
@click.option("--tangent", metavar="NAME", help="Forward: the input that is varied, or the first.")
@click.option("--args", "arguments", metavar="JSON", help="The arguments of a function: [2.0, 1].")
@click.option("--ascii", is_flag=True, help="Draw with signs of ASCII alone.")
@click.option("--width", type=click.IntRange(min=16), metavar="COLUMNS", help="Of the text.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write the drawing to a file.",
)
@click.argument("expression", metavar="EXPRESSION|MODULE:FUNCTION")
@click.argument("values", metavar="[NAME=VALUE]...", nargs=-1, callback=named_values)
def show(
    expression: str,
    values: dict[str, Any],
    mode: str,
    format_: str,
    tangent: str | None,
    arguments: str | None,
    ascii: bool,
    width: int | None,
    output: Path | None,
) -> None:
    """Draw the graph of EXPRESSION, or of a function of a module.

    EXPRESSION and VALUE are those of `pullback grad`. The inputs stand above. On the nodes are
    their values; with --mode reverse what flows back to them from 1 at the output, with --mode
    forward what flows on from 1 at an input.

    \b
    pullback show "exp(sin(sin(x)))" x=2.0 --mode reverse
    pullback show "x*y + sin(x)" x=2 y=3 --format dot -o graph.dot
    pullback show package.module:loss --args "[[1, 2], 3.0]"
    """  # noqa: D301  (click reads the sign)
    if (ascii or width is not None) and format_ != "text":
        raise click.UsageError(f"--ascii and --width are for text, not for {format_}")
    if tangent is not None and mode != "forward":
        raise click.UsageError("--tangent is for --mode forward")
    try:
        run = _run_of(expression, values, arguments)
        _make_passes(run, mode, format_, tangent)
    except (PullbackError, click.ClickException):
        raise
    except Exception as error:  # whatever the function or a primitive raises
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise click.ClickException(f"{expression} cannot be run: {reason}") from None
    _write(run, mode, format_, ascii or not _is_unicode(output), width, output)


def _run_of(expression: str, values: Mapping[str, Any], arguments: str | None) -> GraphRun:
    """The run of what the command line names, at the values that it gives."""
    from pullback.graph import trace

    target = target_of(expression, values, arguments)
    graph = trace(target.function, *target.args)
    if not target.has_lines:
        for node in graph.nodes:
            node.line = None
    return graph.run(*target.args)


def _make_passes(run: GraphRun, mode: str, format_: str, tangent: str | None) -> None:
    """Make the pass that is to be shown; a page steps through all that can be made."""
    if mode == "reverse":
        run.reverse()
    if mode == "forward":
        _make_forward(run, tangent)
    if format_ == "html":
        for make in (run.reverse, lambda: _make_forward(run, tangent)):
            try:
                make()
            except PullbackError:
                continue


def _make_forward(run: GraphRun, tangent: str | None) -> None:
    """A pass of forward mode with 1 as the tangent of one input, and 0 of the others."""
    graph = run.graph
    names = [node.name for node in graph.inputs]
    name = names[0] if tangent is None else tangent
    if name not in names:
        raise click.UsageError(f"there is no input {name!r}; there is {', '.join(names)}")
    if any(item is graph[name] for item in graph.parameters.by_parameter(graph.inputs)):
        run.forward(**{name: _filled(run[name].value, 1.0)})
    else:  # a leaf of a container
        leaves = [_filled(run[other].value, float(other == name)) for other in names]
        run.forward(*graph.parameters.by_parameter(leaves))


def _filled(like: Any, value: float) -> Any:
    if not getattr(like, "shape", ()):
        return value
    import numpy as np

    return np.full_like(like, value)


def _is_unicode(output: Path | None) -> bool:
    """Whether what is written to can hold lines; a file is in UTF-8."""
    try:
        "│".encode("utf-8" if output is not None else sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _write(
    run: GraphRun, mode: Any, format_: str, ascii: bool, width: int | None, output: Path | None
) -> None:
    """Draw, to a file or to the terminal, there in colour."""
    from pullback.drawing import FORMATS, draw
    from pullback.drawing.terminal import styled

    if format_ not in FORMATS:
        raise click.UsageError(
            f"there is no format {format_!r} here; there is {', '.join(FORMATS)}"
        )
    options = {"ascii": ascii, "width": width} if format_ == "text" else {}
    if output is not None:
        try:
            output.write_text(f"{draw(run, format_, mode, **options)}\n", encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
    elif format_ == "text" and sys.stdout.isatty():
        console().print(styled(run.graph, run, mode, ascii=ascii, width=width), soft_wrap=True)
    else:
        click.echo(draw(run, format_, mode, **options))
