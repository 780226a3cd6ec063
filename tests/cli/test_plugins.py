"""``pullback plugins``: the table and the JSON."""

from __future__ import annotations

import json
import math

import pytest

import pullback
from pullback.plugins import load

RULE = """
@hookimpl
def pullback_register_rules(registry):
    registry.add(elementwise(shared.twice, lambda ct: 2.0 * ct))
"""


@pytest.fixture
def troubled(site):
    """A site with a plugin of each status."""
    site.add("alpha", RULE)
    site.add("beta", RULE)
    site.add("broken", "raise RuntimeError('several\\nlines [bold]and markup[/bold]')")
    site.add("fine", "", entry="a-name = fine")
    site.add("unwanted", "raise RuntimeError")
    project = '[tool.pullback]\ndisable-plugins = ["unwanted"]\n'
    (site.cwd / "pyproject.toml").write_text(project)
    return site


def test_the_table_shows_every_plugin_and_its_status(troubled):
    result = troubled.command("plugins")
    assert result.returncode == 0
    assert result.stderr == ""
    header, *rows = [line.split() for line in result.stdout.splitlines()]
    assert header == ["plugin", "distribution", "version", "status", "rules", "error"]
    made_up = {row[1]: row for row in rows if not row[1].startswith("pullback-")}
    assert made_up["alpha"][:5] == ["alpha", "alpha", "1.0", "conflict", "1"]
    assert made_up["beta"][3] == "conflict"
    assert " ".join(made_up["broken"]).endswith(
        "broken 0 RuntimeError: several lines [bold]and markup[/bold]"
    )
    assert made_up["fine"] == ["a-name", "fine", "1.0", "ok", "0"]
    assert made_up["unwanted"][3:5] == ["disabled", "0"]


def test_a_row_is_never_cut_or_folded_where_nobody_looks(troubled):
    result = troubled.command("plugins")
    folder = str(troubled.cwd / "pyproject.toml")
    assert f"switched off by {folder}" in result.stdout
    assert "\x1b" not in result.stdout
    assert "…" not in result.stdout
    assert all(line == line.rstrip() for line in result.stdout.splitlines())


def test_json_holds_the_records(troubled):
    result = troubled.command("plugins", "--json")
    assert result.stderr == ""
    records = {record["distribution"]: record for record in json.loads(result.stdout)}
    assert records["fine"] == {
        "name": "a-name",
        "distribution": "fine",
        "version": "1.0",
        "status": "ok",
        "rules": 0,
        "error": "",
    }
    assert records["alpha"]["status"] == "conflict"
    assert "alpha and beta both have a rule for shared.twice" in records["alpha"]["error"]
    assert records["broken"]["error"].splitlines()[0] == "RuntimeError: several"
    assert records["unwanted"]["status"] == "disabled"


def test_the_installed_plugins_are_listed(command):
    listed = json.loads(command("plugins", "--json").stdout)
    assert [(r["name"], r["status"], r["rules"]) for r in listed] == [
        (r.name, r.status, r.rules) for r in load()
    ]
    assert pullback.grad(math.sin)(0.0) == 1.0
    assert ("math", "ok") in [(r["name"], r["status"]) for r in listed]
