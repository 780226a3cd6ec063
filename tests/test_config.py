"""Which plugins are switched off, and by what."""

from __future__ import annotations

import pytest

from pullback.config import ALL, VARIABLE, disabled_plugins, switched_off
from pullback.errors import ConfigurationError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes a pyproject.toml into a folder, and returns a folder two levels below it."""
    monkeypatch.delenv(VARIABLE, raising=False)

    def write(text):
        (tmp_path / "pyproject.toml").write_text(text)
        below = tmp_path / "src" / "package"
        below.mkdir(parents=True, exist_ok=True)
        return below

    return write


def test_nothing_is_disabled_by_default(project):
    assert disabled_plugins(project("[project]\nname = 'x'\n")) == {}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("numpy", {"numpy"}),
        ("numpy,math", {"numpy", "math"}),
        (" numpy , math ", {"numpy", "math"}),
        ("numpy math", {"numpy", "math"}),
        (",", set()),
        ("*", {ALL}),
        ("numpy,*", {ALL}),
    ],
)
def test_the_variable_names_plugins(tmp_path, monkeypatch, value, names):
    monkeypatch.setenv(VARIABLE, value)
    assert disabled_plugins(tmp_path) == dict.fromkeys(names, VARIABLE)


@pytest.mark.parametrize(
    ("setting", "names"), [('["numpy", "math"]', {"numpy", "math"}), ('"numpy"', {"numpy"})]
)
def test_the_nearest_project_file_names_plugins(project, tmp_path, setting, names):
    below = project(f"[tool.pullback]\ndisable-plugins = {setting}\n")
    assert disabled_plugins(below) == dict.fromkeys(names, str(tmp_path / "pyproject.toml"))


def test_only_the_nearest_project_file_counts(project):
    below = project('[tool.pullback]\ndisable-plugins = ["numpy"]\n')
    (below / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert disabled_plugins(below) == {}


def test_variable_and_project_file_add_up(project, monkeypatch, tmp_path):
    below = project('[tool.pullback]\ndisable-plugins = ["numpy"]\n')
    monkeypatch.setenv(VARIABLE, "math")
    found = disabled_plugins(below)
    assert found == {"numpy": str(tmp_path / "pyproject.toml"), "math": VARIABLE}


def test_the_current_directory_is_where_the_search_begins(project, monkeypatch):
    monkeypatch.chdir(project('[tool.pullback]\ndisable-plugins = ["*"]\n'))
    assert {*disabled_plugins()} == {ALL}


def test_a_current_directory_that_is_gone_is_no_project(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.delenv(VARIABLE, raising=False)
    gone.rmdir()
    assert disabled_plugins() == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("[tool.pullback]\ndisable-plugins = 3\n", r"disable-plugins in .* is 3; write a list"),
        ("[tool.pullback]\ndisable-plugins = [1]\n", r"disable-plugins in .* is \[1\]; write"),
        ("[tool.pullback]\ndisable_plugins = []\n", r"has the key 'disable_plugins'; the only key"),
        ("[tool]\npullback = 'numpy'\n", r"tool.pullback in .* is 'numpy'; make it a table"),
    ],
)
def test_a_setting_that_is_not_understood_is_refused(project, settings, message):
    with pytest.raises(ConfigurationError, match=message):
        disabled_plugins(project(settings))


@pytest.mark.parametrize("text", ["not toml [", "tool = 3\n"])
def test_a_project_file_that_its_own_tools_must_mend_is_passed_over(project, text):
    assert disabled_plugins(project(text)) == {}


def test_disabling_all_does_not_depend_on_the_project_file(project, monkeypatch):
    monkeypatch.setenv(VARIABLE, ALL)
    assert disabled_plugins(project("[tool.pullback]\nmisspelt = 1\n")) == {ALL: VARIABLE}


@pytest.mark.parametrize(
    ("written", "off"),
    [
        ("numpy", True),
        ("pullback-numpy", True),
        ("Pullback_NumPy", True),
        ("*", True),
        ("num", False),
        ("math", False),
    ],
)
def test_a_plugin_is_switched_off_by_either_name_in_any_spelling(
    monkeypatch, tmp_path, written, off
):
    monkeypatch.setenv(VARIABLE, written)
    switch = switched_off(disabled_plugins(tmp_path), "numpy", "pullback-numpy")
    assert switch == (VARIABLE if off else None)
