"""Which plugins the user switched off, read before any plugin is imported.

Two places say so: the environment variable ``PULLBACK_DISABLE_PLUGINS`` (names separated by
commas or spaces; ``*`` for all), and ``disable-plugins`` under ``[tool.pullback]`` in the
``pyproject.toml`` of the current directory or the nearest one above it. A name is that of an
entry point (``numpy``) or of its distribution (``pullback-numpy``).
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Final

from pullback.errors import ConfigurationError

VARIABLE: Final = "PULLBACK_DISABLE_PLUGINS"
ALL: Final = "*"


def disabled_plugins(directory: Path | None = None) -> dict[str, str]:
    """Name -> where it was switched off; the name ``*`` stands for every plugin.

    Raises:
        ConfigurationError: ``disable-plugins`` is not a list of names.
    """
    disabled = {}
    project = _nearest_pyproject(directory or Path.cwd())
    if project is not None:
        for name in _names_in(project):
            disabled[name] = str(project)
    for name in os.environ.get(VARIABLE, "").replace(",", " ").split():
        disabled[name] = VARIABLE
    return disabled


def _nearest_pyproject(directory: Path) -> Path | None:
    for folder in (directory, *directory.parents):
        candidate = folder / "pyproject.toml"
        if candidate.is_file():
            return candidate
    return None


def _names_in(project: Path) -> list[str]:
    try:
        settings = tomllib.loads(project.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        # A file that its own tools will complain about is not ours to report.
        return []
    names = settings.get("tool", {}).get("pullback", {}).get("disable-plugins", [])
    if isinstance(names, str):
        names = [names]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(
            f"disable-plugins in [tool.pullback] of {project} is {names!r}; "
            'write a list of plugin names, such as ["numpy"], or ["*"] for all'
        )
    return names
