"""Fixtures for the tests of plugins: made-up distributions, and a registry that forgets."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pullback import registry
from pullback.plugins import load

INSTALLED = ",".join(sorted({entry.dist.name for entry in entry_points(group="pullback")}))
"""The plugins of this environment, which most of these tests leave out to be quick."""

HEADER = """\
from pullback import elementwise, hookimpl, nondifferentiable, register, rule
import shared
"""


class Site:
    """A folder of installed distributions, and interpreters that have it on their path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "site"
        self.cwd = folder / "cwd"
        self.folder.mkdir()
        self.cwd.mkdir()
        functions = "def twice(x):\n    return 2.0 * x\n\n\ndef thrice(x):\n    return 3.0 * x\n"
        (self.folder / "shared.py").write_text(functions)

    def add(self, distribution: str, source: str, *, entry: str = "", metadata: bool = True) -> str:
        """Install a distribution with one module as plugin; returns the module's name.

        Args:
            distribution: its name; the module has the same, with underscores.
            source: of the module, below some imports.
            entry: the line of the entry point, if it is not ``<distribution> = <module>``.
            metadata: whether its name and version are there, as they should be.
        """
        module = distribution.replace("-", "_")
        (self.folder / f"{module}.py").write_text(HEADER + textwrap.dedent(source))
        info = self.folder / f"{module}-1.0.dist-info"
        info.mkdir()
        if metadata:
            described = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
            (info / "METADATA").write_text(described)
        line = entry or f"{distribution} = {module}"
        (info / "entry_points.txt").write_text(f"[pullback]\n{line}\n")
        return module

    def add_rules(self, distribution: str, *rules: str, entry: str = "") -> str:
        """Install a plugin that hands over the rules written by ``rules``."""
        hook = "@hookimpl\ndef pullback_register_rules(registry):\n    registry.add({})\n"
        return self.add(distribution, hook.format(", ".join(rules)), entry=entry)

    def run(self, program: str, **options: str) -> str:
        """What ``program`` prints, in a new interpreter; it must succeed."""
        result = self.result(sys.executable, "-c", textwrap.dedent(program), **options)
        assert result.returncode == 0, result.stderr
        return result.stdout.rstrip("\n")

    def command(self, *arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        """What the command ``pullback`` does with ``arguments``."""
        return self.result(sys.executable, "-m", "pullback", *arguments, **options)

    def result(self, *command: str, disable: str = INSTALLED) -> subprocess.CompletedProcess[str]:
        """A process that finds the distributions, without the plugins named in ``disable``."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            "PULLBACK_DISABLE_PLUGINS": disable,
            "PYTHONIOENCODING": "utf-8",
        }
        return subprocess.run(
            command, cwd=self.cwd, env=environment, capture_output=True, text=True, timeout=60
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A place to install made-up distributions with ``site.add``, and to run programs."""
    return Site(tmp_path)


@pytest.fixture
def own_rules() -> Iterator[None]:
    """Forget afterwards what the test registered."""
    load()
    before = [*registry.claims]
    yield
    registry.claims[:] = before
    registry.settle()
