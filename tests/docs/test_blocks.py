"""Every block of code in the documentation runs and prints what it says.

On a page, ``python`` blocks share one namespace, in order; those with a ``>>>`` prompt must print
what stands below it. In ``console`` blocks, every ``$ pullback ...`` and ``$ pytest ...`` is run by
the shell, in a folder with the files of the page's captioned blocks (what a ``pyproject.toml``
describes counts as installed), and must print what stands below it; the programs of docs/examples,
which the other tests run, must exist.
Blocks of other kinds are not run, and may only be of the kinds in `NOT_RUN`.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOT_RUN = ("sh", "text", "toml", "")
"""Installation commands (other tests and CI run them), output, configuration, diagrams."""
CAPTIONED = "{code-block}"
"""A file that its caption names: those of docs/plugins.md are a distribution, which
tests/third_party builds and installs; on other pages the console blocks use it."""
NEEDS = {"docs/other-arrays.md": "pullback_dask"}
"""Page -> the module that its Python needs, which is no dependency; `tox -e dask` runs the page."""
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.usefixtures("own_rules")
def test_python_blocks_run(page, monkeypatch, tmp_path):
    module = NEEDS.get(page.name)
    if module is not None and find_spec(module) is None:
        pytest.skip(f"{page.name} needs {module}, which is not installed: `tox -e dask` runs it")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace = {"__name__": "__main__"}
    for block in page.blocks():
        if block.kind != "python":
            continue
        if block.source.lstrip().startswith(">>>"):
            report = []
            runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
            parser = doctest.DocTestParser()
            test = parser.get_doctest(block.source, {}, block.place, str(block.page), block.line)
            test.globs = namespace  # itself and not a copy: functions look names up in it
            runner.run(test, out=report.append, clear_globs=False)
            assert not report, "".join(report)
        else:
            source = "\n" * block.line + block.source
            exec(compile(source, str(block.page), "exec"), namespace)


def test_console_blocks_print_what_they_say(page, tmp_path):
    checker = doctest.OutputChecker()
    for block in page.blocks():
        if block.kind.startswith(CAPTIONED):
            write_captioned(block, tmp_path)
        if block.kind != "console":
            continue
        for command, expected in commands_of(block):
            example = re.match(r"python (docs/examples/\w+\.py)\b", command)
            if example:  # tests/examples runs it and reads the page
                assert (ROOT / example[1]).is_file(), f"{block.place}: {command}"
                continue
            assert re.match(r"(\w+=\S+ )*(pullback|pytest)( |$)", command), (
                f"{block.place}: only pullback, pytest and docs/examples are run; "
                f"use sh for {command}"
            )
            install_metadata(tmp_path)
            printed = run_in_shell(command, tmp_path)
            assert checker.check_output(expected, printed, doctest.ELLIPSIS), (
                f"{block.place}: $ {command}\nprinted\n{printed}\nand the page says\n{expected}"
            )


def write_captioned(block, folder):
    """Make the file that a captioned block shows."""
    caption, _, content = block.source.partition("\n")
    path = folder / caption.removeprefix(":caption: ")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def install_metadata(folder):
    """Write what ``pip install`` leaves of a ``pyproject.toml``, so that its entry points count."""
    path = folder / "pyproject.toml"
    if not path.exists():
        return
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    name, version = project["name"], project["version"]
    written = folder / f"{name}-{version}.dist-info"
    written.mkdir(exist_ok=True)
    (written / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = project["entry-points"].items()
    lines = [f"[{g}]\n" + "".join(f"{k} = {v}\n" for k, v in group.items()) for g, group in groups]
    (written / "entry_points.txt").write_text("\n".join(lines))


def commands_of(block):
    """Pairs of a command and the output that stands below it."""
    assert block.source.startswith("$ "), f"{block.place}: a console block starts with a command"
    for part in re.split(r"^\$ ", block.source, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command[:-1]}{more}"
        yield command, output


def run_in_shell(command, folder):
    scripts = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))),
    }
    result = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return result.stdout


def test_every_block_is_of_a_known_kind(page):
    for block in page.blocks():
        if block.kind in ("python", "console", *NOT_RUN):
            assert ">>> " not in block.source or block.kind == "python", (
                f"{block.place}: a session in a block that is not run"
            )
        elif block.kind.startswith(CAPTIONED):
            assert page.name == "docs/plugins.md" or any(
                other.kind == "console" for other in page.blocks()
            ), f"{block.place}: nothing on this page uses the file"
            assert re.match(r":caption: \S", block.source), (
                f"{block.place}: a caption must name the file"
            )
        else:
            assert re.match(r"\{(?!code)[a-z:-]+\}", block.kind), (
                f"{block.place}: blocks of {block.kind!r} are neither run nor known to be text"
            )


def test_the_distribution_on_the_plugin_page_is_built_by_a_test():
    tests = ROOT / "tests" / "third_party"
    assert any("plugins.md" in path.read_text("utf-8") for path in tests.glob("*.py")), (
        "the captioned blocks of docs/plugins.md are files of a distribution; "
        "tests/third_party must build it from that page"
    )
