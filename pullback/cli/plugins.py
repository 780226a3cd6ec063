"""``pullback plugins``: what is installed, and what became of it."""

from __future__ import annotations

import warnings
from dataclasses import asdict

import click

from pullback.cli.output import print_json, print_table
from pullback.errors import PluginWarning


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, for programs.")
def plugins(as_json: bool) -> None:
    """Show the installed plugins and what became of each.

    The status is ok, disabled (by --no-plugins, PULLBACK_DISABLE_PLUGINS or pyproject.toml),
    broken (it failed to import, or a hook of it failed), or conflict (it has a rule for a
    primitive that another one claims too; that rule is used by nobody, its other rules are).
    """
    from pullback.plugins import load

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the table says it
        records = load()
    if as_json:
        print_json([asdict(record) for record in records])
    elif not records:
        click.echo("No plugin is installed, so there are no rules: pip install pullback-numpy")
    else:
        print_table(
            ["plugin", "distribution", "version", "status", "rules", "error"],
            [
                [
                    r.name,
                    r.distribution,
                    r.version,
                    r.status,
                    str(r.rules),
                    " ".join(r.error.split()),
                ]
                for r in records
            ],
        )
