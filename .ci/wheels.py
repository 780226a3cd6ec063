"""Build every wheel by way of its sdist, install them into an empty environment, test them there.

Usage: python .ci/wheels.py FOLDER [PYTEST_ARGUMENT ...]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTED = [
    "pyproject.toml",
    "conftest.py",
    "README.md",
    "docs",
    "tests",
    *ROOT.glob("plugins/*/tests"),
]
LEFT_OUT = ("pullback_dask", "pullback_numba")
"""Built, but not installed: dask and numba are no dependencies, and have environments of tox."""


def build_wheels(folder: Path) -> list[Path]:
    """The wheels of the core and of each plugin, built into ``folder``."""
    for project in [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]:
        run(sys.executable, "-m", "build", "--outdir", folder, project)
    return sorted(folder.glob("*.whl"))


def install(wheels: list[Path], folder: Path) -> Path:
    """The ``bin`` of a new environment in ``folder`` with ``wheels`` and what the tests need."""
    run(sys.executable, "-m", "virtualenv", "--quiet", folder)
    bin_folder = folder / ("Scripts" if sys.platform == "win32" else "bin")
    core = next(wheel for wheel in wheels if wheel.name.startswith("pullback-"))
    wheels = [wheel for wheel in wheels if not wheel.name.startswith(LEFT_OUT)]
    run(bin_folder / "python", "-m", "pip", "install", "--quiet", f"{core}[test]", *wheels)
    return bin_folder


def copy_tests(folder: Path) -> None:
    """The tests and what they read, without the packages: only installed ones can be imported."""
    for source in [ROOT / path for path in TESTED]:
        target = folder / source.relative_to(ROOT)
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "_build")
            shutil.copytree(source, target, ignore=ignored)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    # These tests are about what is in the checkout only.
    for name in ("repository", "benchmarks"):
        shutil.rmtree(folder / "tests" / name)


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run ``command`` and raise if it fails."""
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


def main(folder: Path, pytest_arguments: list[str]) -> None:
    """Build, install and test in the subfolders of ``folder``."""
    for name in ("dist", "installed", "tests"):
        shutil.rmtree(folder / name, ignore_errors=True)
    wheels = build_wheels(folder / "dist")
    bin_folder = install(wheels, folder / "installed")
    copy_tests(folder / "tests")
    run(bin_folder / "pytest", "-n", "2", *pytest_arguments, cwd=folder / "tests")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
