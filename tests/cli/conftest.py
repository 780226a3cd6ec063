"""Running the command in this process, which has the plugins loaded already."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pullback.cli import main


@pytest.fixture
def command(monkeypatch):
    """``command("grad", "x**2", "x=3")``: the result, with exit_code, stdout and stderr."""
    monkeypatch.setenv("PULLBACK_DISABLE_PLUGINS", "")

    def run(*arguments):
        return CliRunner().invoke(main, arguments, prog_name="pullback", catch_exceptions=False)

    return run
