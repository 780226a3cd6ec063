"""A stranger's distribution: written from docs/plugins.md alone, installed by pip, and used.

The files are the captioned blocks of that page. They are installed into a new virtual environment,
which sees the packages of this one through a .pth file, so that only the strangers are built.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from math import cos, sin
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
FILES = dict(
    re.findall(r"^```\{code-block\} \w+\n:caption: (.+)\n((?:.*\n)*?)```$", PAGE.read_text(), re.M)
)
"""Caption -> content of the captioned blocks of the page."""
PACKAGE = ("pyproject.toml", "kepler/__init__.py", "kepler/derivatives.py")

RIVAL = {
    "pyproject.toml": FILES["pyproject.toml"].replace("kepler", "rival"),
    "rival/__init__.py": "",
    "rival/derivatives.py": FILES["kepler/derivatives.py"]
    + "\n\ndef sixth(x):\n    return x / 6\n"
    + "\n\n@rule(sixth)\ndef sixth_rule(x):\n    return x / 6, lambda ct: ct / 6\n"
    + "\n\n@hookimpl\ndef pullback_register_rules(registry):\n"
    + "    registry.add(solve_rule, sixth_rule)\n",
}
"""Another distribution with a rule for kepler.solve, and with one that nobody else has."""

BROKEN = {
    "pyproject.toml": FILES["pyproject.toml"].replace("kepler", "broken"),
    "broken/__init__.py": "",
    "broken/derivatives.py": "import a_module_that_nobody_has\n",
}


class Environment:
    """A new virtual environment, into which distributions are installed by pip."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # pip is lent to the environment, which is faster and needs no ensurepip.
        venv.create(folder / "env", with_pip=False, symlinks=os.name != "nt")
        self.bin = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / "python"
        scheme = "nt" if os.name == "nt" else "posix_prefix"
        base = str(folder / "env")
        site = Path(sysconfig.get_path("purelib", scheme, vars={"base": base, "platbase": base}))
        # addsitedir, since editable installations are .pth files themselves.
        lines = [f"import site; site.addsitedir({path!r})\n" for path in site_packages()]
        (site / "the-environment-of-the-tests.pth").write_text("".join(lines))

    def install(self, *distributions: dict[str, str]) -> Environment:
        projects = []
        for files in distributions:
            project = self.folder / f"project{len(list(self.folder.iterdir()))}"
            for name, text in files.items():
                path = project / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            projects.append(str(project))
        pip = [sys.executable, "-m", "pip", "--python", str(self.python)]
        options = ["--quiet", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
        self.run(*pip, "install", *options, *projects)
        return self

    def run(self, *command: str, disable: str = "") -> str:
        environment = {
            key: value
            for key, value in os.environ.items()
            if key not in ("PYTHONPATH", "PYTHONHOME", "COVERAGE_PROCESS_START")
        } | {"PULLBACK_DISABLE_PLUGINS": disable, "PYTHONWARNINGS": "ignore"}
        result = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def program(self, text: str, **options: str) -> str:
        return self.run(str(self.python), "-c", text, **options)

    def plugins(self) -> dict[str, dict[str, object]]:
        printed = self.run(str(self.python), "-m", "pullback", "plugins", "--json")
        return {record["distribution"]: record for record in json.loads(printed)}


def site_packages() -> list[str]:
    """Where the packages of this environment lie."""
    paths = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return list(dict.fromkeys(paths))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """An environment with the distribution of the page, and one that cannot be imported."""
    kepler = {name: FILES[name] for name in PACKAGE}
    return Environment(tmp_path_factory.mktemp("alone")).install(kepler, BROKEN)


@pytest.fixture(scope="module")
def disputed(tmp_path_factory):
    """An environment with the distribution of the page, and one that claims its primitive."""
    kepler = {name: FILES[name] for name in PACKAGE}
    return Environment(tmp_path_factory.mktemp("disputed")).install(kepler, RIVAL)


def test_the_page_holds_a_whole_distribution():
    assert {*PACKAGE, "orbit.py", "what orbit.py prints", "test_derivatives.py"} == {*FILES}


def test_the_distribution_is_installed_where_it_was_told(alone):
    printed = alone.program("import kepler; print(kepler.__file__)")
    assert Path(printed.strip()).is_relative_to(alone.folder / "env")


def test_the_program_of_the_page_prints_what_the_page_says(alone):
    assert alone.program(FILES["orbit.py"]) == FILES["what orbit.py prints"]


def test_the_primitive_differentiates_in_a_chain(alone):
    printed = alone.program(
        "import json, math, kepler, pullback\n"
        "print(json.dumps(pullback.val_and_grad([kepler.solve, math.cos], 1.0, 0.2)))"
    )
    value, (by_mean_anomaly, by_eccentricity) = json.loads(printed)
    anomaly = bisected(1.0, 0.2)
    assert value == pytest.approx(cos(anomaly), rel=1e-14)
    slope = -sin(anomaly) / (1.0 - 0.2 * cos(anomaly))
    assert by_mean_anomaly == pytest.approx(slope, rel=1e-12)
    assert by_eccentricity == pytest.approx(slope * sin(anomaly), rel=1e-12)


def bisected(mean_anomaly, eccentricity):
    """The eccentric anomaly by bisection: E - e sin E increases with E."""
    low, high = -10.0, 10.0
    for _ in range(100):
        middle = (low + high) / 2
        if middle - eccentricity * sin(middle) < mean_anomaly:
            low = middle
        else:
            high = middle
    return low


def test_the_primitive_stands_in_an_expression(alone):
    expression = "kepler.solve(m, 0.2)"
    printed = alone.run(
        str(alone.bin / "python"), "-m", "pullback", "grad", expression, "m=1", "--json"
    )
    slope = 1.0 / (1.0 - 0.2 * cos(bisected(1.0, 0.2)))
    assert json.loads(printed)["gradient"]["m"] == pytest.approx(slope, rel=1e-12)


COMPILED = """
import kepler, numpy as np, pullback
solve = pullback.primitive(kepler.solve)
compiled = pullback.compile(lambda m: solve(np.sin(m), 0.2))
y = compiled(0.5)
print(type(y).__name__, float(y), "kepler.solve(sin, 0.2)" in compiled.source)
"""


def test_the_compiler_is_told_what_the_page_says(alone):
    kind, value, is_of_floats = alone.program(COMPILED).split()
    assert (kind, is_of_floats) == ("float64", "True")
    assert float(value) == pytest.approx(bisected(sin(0.5), 0.2), rel=1e-14)


def test_the_tests_of_the_page_pass(alone):
    (alone.folder / "test_derivatives.py").write_text(FILES["test_derivatives.py"])
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(alone.folder)]
    printed = alone.run(str(alone.python), "-m", "pytest", *options, "test_derivatives.py")
    assert "6 passed" in printed


def test_the_package_works_without_pullback(alone):
    printed = alone.program(
        "import sys, kepler\nkepler.solve(1.0, 0.2)\n"
        "print(sorted({'pullback', 'kepler.derivatives'} & {*sys.modules}))"
    )
    assert printed.strip() == "[]"


def test_a_plugin_that_fails_to_import_is_reported_and_nothing_else_breaks(alone):
    records = alone.plugins()
    assert records["broken"] == {
        "name": "broken",
        "distribution": "broken",
        "version": "1.0",
        "status": "broken",
        "rules": 0,
        "error": "ModuleNotFoundError: No module named 'a_module_that_nobody_has'",
    }
    assert records["kepler"]["status"] == "ok"
    assert records["kepler"]["rules"] == 1


def test_a_second_claim_is_refused_with_an_error_naming_both(disputed):
    printed = disputed.program(
        "import kepler, pullback\n"
        "try: pullback.grad(kepler.solve)(1.0, 0.2)\n"
        "except pullback.errors.ConflictingRulesError as error: print(error)"
    )
    assert printed.startswith("kepler and rival both have a rule for kepler.solve, and none")
    records = disputed.plugins()
    assert records["kepler"]["status"] == records["rival"]["status"] == "conflict"
    assert printed.strip() in str(records["kepler"]["error"])


def test_what_is_not_disputed_works(disputed):
    printed = disputed.program(
        "import pullback\nfrom rival.derivatives import sixth\nprint(pullback.grad(sixth)(3.0))"
    )
    assert float(printed) == pytest.approx(1 / 6)


@pytest.mark.parametrize("loser", ["rival", "kepler"])
def test_disabling_one_of_the_two_ends_the_dispute(disputed, loser):
    printed = disputed.program(
        "import kepler, pullback\nprint(pullback.grad(kepler.solve)(0.0, 0.2))", disable=loser
    )
    assert float(printed) == pytest.approx(1 / (1 - 0.2))
