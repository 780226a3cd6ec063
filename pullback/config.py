"""Which plugins the user switched off, read before any plugin is imported.

Two places say so: the environment variable ``PULLBACK_DISABLE_PLUGINS`` (names separated by
commas or spaces; ``*`` for all), and ``disable-plugins`` under ``[tool.pullback]`` in the
``pyproject.toml`` of the current directory or the nearest one above it. A name is that of an
entry point (``numpy``) or of its distribution (``pullback-numpy``), in any spelling that the
package index takes for the same.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pullback.errors import ConfigurationError

VARIABLE: Final = "PULLBACK_DISABLE_PLUGINS"
ALL: Final = "*"
KEY: Final = "disable-plugins"


def disabled_plugins(directory: Path | None = None) -> dict[str, str]:
    """Name -> where it was switched off; the name ``*`` stands for every plugin.

    Raises:
        ConfigurationError: ``disable-plugins`` is not a list of names.
    """
    named = os.environ.get(VARIABLE, "").replace(",", " ").split()
    if ALL in named:  # the way out must not depend on what a file says
        return {ALL: VARIABLE}
    disabled = {}
    project = _nearest_pyproject(directory)
    if project is not None:
        disabled.update(dict.fromkeys(map(_normal, _names_in(project)), str(project)))
    disabled.update(dict.fromkeys(map(_normal, named), VARIABLE))
    return disabled


def switched_off(disabled: Mapping[str, str], *names: str) -> str | None:
    """Where a plugin of these names was switched off, or ``None``."""
    keys = (ALL, *map(_normal, names))
    return next((disabled[key] for key in keys if key in disabled), None)


def _normal(name: str) -> str:
    """A name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _nearest_pyproject(directory: Path | None) -> Path | None:
    try:
        start = directory or Path.cwd()
        for folder in (start, *start.parents):
            candidate = folder / "pyproject.toml"
            if candidate.is_file():
                return candidate
    except OSError:  # the current directory was removed, or may not be read
        pass
    return None


def _names_in(project: Path) -> list[str]:
    try:
        document = tomllib.loads(project.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # A file that its own tools will complain about is not ours to report.
        return []
    tool = document.get("tool")
    settings: Any = tool.get("pullback", {}) if isinstance(tool, dict) else {}
    if not isinstance(settings, dict):
        raise ConfigurationError(f"tool.pullback in {project} is {settings!r}; make it a table")
    for key in settings:
        if key != KEY:
            raise ConfigurationError(
                f"[tool.pullback] of {project} has the key {key!r}; the only key is {KEY!r}"
            )
    names = settings.get(KEY, [])
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f"{KEY} in [tool.pullback] of {project} is {names!r}; "
            'write a list of plugin names, such as ["numpy"], or ["*"] for all'
        )
    return names
