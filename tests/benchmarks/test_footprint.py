"""Memory and import time, counted on things whose footprint is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import footprint

ROOT = Path(__file__).resolve().parents[2]


def test_peak_counts_every_array_that_is_alive():
    # By hand, four arrays of a million float64 and the result are alive at a time.
    million = 8 * 10**6
    peak = footprint.in_fresh_process(footprint.peak_bytes, "by hand", "Rosenbrock, 10⁶")
    assert 3 * million < peak < 6 * million


@pytest.mark.parametrize(
    ("engine", "arrays"), [(footprint.IN_PLACE, 4), ("by hand, out=, scalar products", 2)]
)
def test_gradients_that_take_little_memory(engine, arrays):
    million = 8 * 10**6
    peak = footprint.in_fresh_process(footprint.peak_bytes, engine, "Rosenbrock, 10⁶")
    assert arrays * million - 1000 < peak < arrays * million + 10**5


LEAKING = """
from types import SimpleNamespace
from benchmarks import footprint

kept = []
leaking = SimpleNamespace(prepare=lambda problem: lambda: kept.append(bytes({leaked})))
footprint.ENGINES["leaking"] = leaking
print(footprint.growth("leaking", "seed chain, traced", 10**4))
"""


@pytest.mark.parametrize(("leaked", "expected"), [(1000, 10**7), (0, 0)])
def test_growth_is_what_stays(leaked, expected):
    pytest.importorskip("resource", reason="only Unix tells how much memory a process takes")
    # A new process: what earlier tests have freed in this one would be used again first.
    program = [sys.executable, "-c", LEAKING.format(leaked=leaked)]
    growth = int(subprocess.run(program, cwd=ROOT, capture_output=True, check=True).stdout)
    assert expected <= growth < expected + 2 * 10**6


def test_import_is_compared_with_a_bare_interpreter(monkeypatch):
    seconds = iter([9.0, 1.0, 1.5, 3.0, 4.0, 2.0, 2.5])
    statements = []

    def process_seconds(statement):
        statements.append(statement)
        return next(seconds)

    monkeypatch.setattr(footprint, "_process_seconds", process_seconds)
    assert footprint.import_seconds("json", 3) == 0.5
    assert statements == ["import json", *["pass", "import json"] * 3]


def test_import_of_a_slow_module_is_seen(tmp_path, monkeypatch):
    (tmp_path / "slow_module.py").write_text("import time; time.sleep(0.2)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert 0.15 < footprint.import_seconds("slow_module", 3) < 2
