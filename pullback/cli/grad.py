"""``pullback grad``: the value and the derivatives of an expression."""

from __future__ import annotations

import json
import keyword
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from pullback.cli.output import one_line, print_json
from pullback.errors import (
    ComplexOutputError,
    ExpressionError,
    NonScalarOutputError,
    PullbackError,
    UnknownNameError,
)

if TYPE_CHECKING:
    from pullback.cli.expression import Expression


class ExpressionCommand(click.Command):
    """A command whose arguments may begin with a minus sign: ``pullback grad "-x" x=1``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Sort the options from the arguments, which click would take for short options."""
        if "--" not in args:
            with_value = {
                name
                for parameter in self.params
                if isinstance(parameter, click.Option) and not parameter.is_flag
                for name in parameter.opts
            }
            options: list[str] = []
            rest: list[str] = []
            waiting = iter(args)
            for arg in waiting:
                if arg in with_value:
                    options += [arg, *islice(waiting, 1)]
                else:
                    (options if arg == "-h" or arg.startswith("--") else rest).append(arg)
            args = [*options, "--", *rest]
        return super().parse_args(ctx, args)


def named_values(
    context: click.Context, parameter: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, Any]:
    """The values by name, of arguments of the form ``NAME=VALUE``."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.isidentifier() or keyword.iskeyword(name):
            raise click.BadParameter(f"{pair!r} is not of the form NAME=VALUE, such as x=2.0")
        if name in values:
            raise click.BadParameter(f"{name} is given twice")
        try:
            values[name] = value_of(text)
        except ExpressionError as error:
            raise click.BadParameter(f"{pair!r}: {error}") from None
    return values


@click.command(cls=ExpressionCommand)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@click.argument("expression")
@click.argument("values", metavar="[NAME=VALUE]...", nargs=-1, callback=named_values)
def grad(expression: str, values: dict[str, Any], as_json: bool) -> None:
    """Print the value of EXPRESSION and its derivative by each NAME.

    EXPRESSION is arithmetic, numbers, lists, pi, e, tau, inf, and calls of registered primitives:
    exp(x), math.exp(x), np.linalg.norm(x). VALUE is a number or a list: x=2.0, w=[1,2,3],
    m=[[1,2],[3,4]]. The value of the expression must be one number.

    \b
    pullback grad "exp(sin(sin(x)))" x=2.0
    pullback grad "sum((w @ x - y)**2)" w=[1,2] x=[[1,0],[0,1]] y=[1,1]
    """  # noqa: D301  (click reads the sign)
    try:
        value, gradient = differentiate(expression, values)
    except PullbackError:
        raise
    except Exception as error:  # whatever a primitive raises
        reason = f"{type(error).__name__}: {one_line(error)}"
        raise click.ClickException(f"the expression cannot be evaluated: {reason}") from None
    listed = {name: _listed(cotangent) for name, cotangent in gradient.items()}
    if as_json:
        print_json({"expression": expression, "value": value, "gradient": listed})
        return
    lines = {"value": value} | {f"d/d{name}": item for name, item in listed.items()}
    width = max(map(len, lines))
    for label, shown in lines.items():
        click.echo(f"{label:<{width}}  {shown}")


def differentiate(text: str, values: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
    """The value of an expression, and its derivative by each name.

    Args:
        text: the expression, as `pullback.cli.expression.parse` takes it.
        values: a float or array for each name.

    Raises:
        ExpressionError: the expression is refused.
        UnknownNameError: a name has no value, or is given and not used.
        NonScalarOutputError, ComplexOutputError: its value is not one real number.

    >>> differentiate("x * y + x", {"x": 2.0, "y": 5.0})
    (12.0, {'x': 6.0, 'y': 2.0})
    """
    from pullback.derivatives import vjp

    names = tuple(values)
    parsed = expression_of(text, values)
    if not names:
        return _real_number(parsed({})), {}
    y, pullback = vjp(
        lambda *primals: parsed(dict(zip(names, primals, strict=True))), *values.values()
    )
    value = _real_number(y)
    cotangents = pullback(1.0)
    return value, dict(zip(names, cotangents if len(names) > 1 else (cotangents,), strict=True))


def expression_of(text: str, values: Mapping[str, Any]) -> Expression:
    """An expression in which each of the names of ``values`` occurs.

    Raises:
        ExpressionError: the expression is refused.
        UnknownNameError: a name has no value, or is given and not used.
    """
    from pullback.cli.expression import parse

    parsed = parse(text, [*values], arrays=any(not isinstance(v, float) for v in values.values()))
    unused = [name for name in values if name not in parsed.names]
    if unused:
        used = f"it uses {', '.join(parsed.names)}" if parsed.names else "it uses no name"
        raise UnknownNameError(
            f"{', '.join(unused)} is given and does not occur in the expression; {used}"
        )
    return parsed


def _real_number(y: Any) -> float:
    shape = getattr(y, "shape", ())
    if shape or isinstance(y, (list, tuple)):
        what = f"an array of shape {shape}" if shape else f"a {type(y).__name__} of {len(y)} values"
        raise NonScalarOutputError(
            f"the expression gives {what}, and a gradient needs one number: "
            "reduce it, sum(...), or use pullback.jacobian in Python"
        )
    if isinstance(y, complex) or getattr(getattr(y, "dtype", None), "kind", "") == "c":
        raise ComplexOutputError(
            f"the expression gives the complex number {y}, and a gradient needs a real one: "
            "take numpy.real(...), numpy.imag(...) or abs(...) of it"
        )
    return float(y)


def value_of(text: str) -> Any:
    """The float, or array of floats, that ``text`` writes as JSON.

    Raises:
        ExpressionError: it writes neither.

    >>> value_of("2")
    2.0
    >>> value_of("[[1, 2], [3, 4]]").shape
    (2, 2)
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    try:
        if isinstance(value, (int, float, str)) and type(value) is not bool:
            return float(value)
        if isinstance(value, list) and _holds_only_numbers(value):
            import numpy as np

            return np.array(value, dtype=float)
    except (ValueError, OverflowError):
        pass
    raise ExpressionError("write a number, or a list of numbers (in lists of one length): [1, 2.5]")


def _holds_only_numbers(items: list[Any]) -> bool:
    waiting = [*items]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif type(item) not in (int, float):
            return False
    return True


def _listed(cotangent: Any) -> Any:
    """A cotangent as a float or as nested lists, written as `value_of` reads them."""
    return cotangent.tolist() if hasattr(cotangent, "tolist") else cotangent
