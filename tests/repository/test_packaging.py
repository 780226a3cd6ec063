"""The distributions of this repository agree with each other and hold what they should."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

import pullback._version

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))

every_plugin = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)


def metadata(project: Path) -> ProjectMetadata:
    return ProjectMetadata(str(project), PluginManager())


def test_there_are_plugins():
    assert PLUGINS


@every_plugin
def test_plugin_has_the_version_of_the_core(plugin):
    assert metadata(plugin).version == metadata(ROOT).version == pullback._version.__version__


@every_plugin
def test_plugin_declares_its_package_as_entry_point(plugin):
    short_name = plugin.name.removeprefix("pullback-")
    package = f"pullback_{short_name}"
    assert metadata(plugin).core.entry_points == {"pullback": {short_name: package}}
    assert (plugin / package / "py.typed").is_file()


@every_plugin
def test_plugin_is_installed_for_development(plugin):
    """Everywhere, or in the tox environment that has the library which only this plugin needs."""
    files = ("requirements-dev.txt", "tox.ini")
    lines = [line.strip() for file in files for line in (ROOT / file).read_text().splitlines()]
    assert f"-e ./plugins/{plugin.name}" in [line.partition("[")[0] for line in lines]


@every_plugin
def test_plugin_carries_the_licence(plugin):
    assert (plugin / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_sdist_of_the_core_holds_the_core_alone(tmp_path):
    (archive,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(archive) as sdist:
        names = {Path(*Path(name).parts[1:]).as_posix() for name in sdist.getnames()}
    assert {"pullback/_version.py", "pullback/py.typed", "pyproject.toml", "LICENSE"} <= names
    assert not {name for name in names if name.startswith(("plugins/", "tests/"))}
