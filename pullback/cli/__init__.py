"""The command line: ``pullback grad``, ``show``, ``compile``, ``rules``, ``check-rules``, ...

This package alone knows click and rich. A command imports what it needs when it runs, so that
``pullback --help`` stays quick.
"""

from __future__ import annotations

import os
from typing import Any

import click

from pullback import __version__
from pullback.cli.check_rules import check_rules
from pullback.cli.compile import compile_command
from pullback.cli.grad import grad
from pullback.cli.output import one_line, plain_warnings
from pullback.cli.plugins import plugins
from pullback.cli.rules import rules
from pullback.cli.show import show
from pullback.config import ALL, VARIABLE
from pullback.errors import PullbackError

__all__ = ["main"]


class Commands(click.Group):
    """A group whose commands report errors and warnings in one line each, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of pullback ends it with exit code 1."""
        try:
            with plain_warnings():
                return super().invoke(ctx)
        except PullbackError as error:
            raise click.ClickException(one_line(error)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pullback")
@click.option("--no-plugins", is_flag=True, help="Load no plugin: the core alone, without rules.")
def main(no_plugins: bool) -> None:
    """Exact derivatives from rules that are written once."""
    if no_plugins:
        os.environ[VARIABLE] = ALL


for command in (grad, show, compile_command, plugins, rules, check_rules):
    main.add_command(command)
