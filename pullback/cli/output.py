"""What the commands print: tables, JSON, and errors and warnings in one line."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

_PIPED_WIDTH: Final = 10_000
"""Columns where nobody looks at them: lines are never folded, so a path stays in one piece."""


def console() -> Console:
    """Where tables and text go: in colour to a terminal, plain and unfolded to anything else."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPED_WIDTH
    # markup=False: a name or an error may hold what rich takes for its markup.
    return Console(markup=False, highlight=False, emoji=False, width=width)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table without lines; on a terminal, cells that are too long are folded, never cut."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    shown = console()
    with shown.capture() as captured:
        shown.print(table)
    lines = captured.get().splitlines()
    click.echo("\n".join(line.rstrip() for line in lines))


def print_json(value: Any) -> None:
    """``value`` as JSON; numbers that JSON cannot hold are the strings "nan", "inf", "-inf"."""
    click.echo(json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def one_line(error: BaseException) -> str:
    """The message of ``error`` in one line, without the code that it may suggest below."""
    first, *rest = str(error).splitlines() or [type(error).__name__]
    more = [line for line in rest if not line.startswith("    ") and not line.endswith(":")]
    return "; ".join(map(str.strip, [first, *more]))


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Inside, a warning is one line on standard error, without the place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = _show_warning
        yield


def _show_warning(message: Warning | str, *where: Any, **rest: Any) -> None:
    click.echo(f"Warning: {message}", err=True)
