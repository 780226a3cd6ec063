"""The command itself: help, version, exit codes, --no-plugins, and what it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pullback


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("path", [(), ("grad",), ("plugins",), ("rules",)])
def test_every_command_has_help(command, path, option):
    result = command(*path, option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: {' '.join(['pullback', *path])} ")


def test_version(command):
    assert command("--version").stdout == f"pullback, version {pullback.__version__}\n"


def test_an_unknown_command_is_a_usage_error(command):
    result = command("gard")
    assert result.exit_code == 2
    assert "No such command 'gard'" in result.stderr


@pytest.mark.parametrize("name", ["compile", "grad", "show"])
def test_each_example_in_the_help_has_a_line(command, name):
    lines = command(name, "--help").output.splitlines()
    examples = [line for line in lines if line.startswith(f"  pullback {name} ")]
    assert len(examples) >= 2
    assert not any(line.count(f"pullback {name}") > 1 for line in lines)


@pytest.mark.parametrize("arguments", [["--help"], ["grad", "--help"], ["--version"]])
def test_help_imports_neither_numpy_nor_rich(arguments):
    program = (
        "import sys\n"
        "from pullback.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print({'numpy', 'rich', 'hypothesis'} & {*sys.modules}, file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert result.stderr.strip() == "set()"


def test_no_plugins_means_that_none_is_imported(site):
    site.add("detected", "raise SystemExit('imported')")
    for arguments in (["plugins"], ["rules"], ["grad", "x", "x=2"]):
        result = site.command("--no-plugins", *arguments, disable="")
        assert result.returncode == 0
        assert "imported" not in result.stdout + result.stderr
    assert "imported" in site.command("plugins").stdout


def test_without_plugins_an_error_says_what_is_missing(site):
    result = site.command("--no-plugins", "grad", "x * x", "x=2", disable="")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: no rule is registered for operator.mul, called with (float, fl")
    assert line.endswith("it is disabled: `pullback plugins` says why")
    result = site.command("--no-plugins", "grad", "sin(x)", "x=2", disable="")
    assert result.stderr == (
        "Error: no primitive is registered under the name sin, nor any other: "
        "`pullback plugins` says why\n"
    )


def test_a_broken_plugin_is_a_warning_in_one_line(site):
    site.add("broken", "raise RuntimeError('half done')")
    result = site.command("grad", "x", "x=2")
    assert result.returncode == 0
    assert result.stdout.split() == ["value", "2.0", "d/dx", "1.0"]
    assert result.stderr == (
        "Warning: plugin broken of broken was left out: RuntimeError: half done\n"
    )


def test_a_setting_that_is_not_understood_is_exit_code_1(site):
    (site.cwd / "pyproject.toml").write_text("[tool.pullback]\ndisable-plugins = 1\n")
    for arguments in (["plugins"], ["rules"], ["grad", "x", "x=2"]):
        result = site.command(*arguments)
        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert line.startswith("Error: disable-plugins in [tool.pullback] of ")
