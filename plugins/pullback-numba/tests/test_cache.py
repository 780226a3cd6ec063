"""Kernels on disk: compiled once on a machine, by whichever process or thread comes first."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import pullback
from pullback_numba.cache import cache_folder
from pullback_numba.kernels import Settings
from pullback_numba.lowering import lowered

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
import pullback
from pullback_numba import kernels
from pullback_numba.lowering import lowered

made = []
original = kernels.kernel_of
def kernel_of(*args):
    made.append(original(*args))
    return made[-1]
import pullback_numba.lowering as lowering
lowering.kernel_of = kernel_of

f = pullback.value_and_grad(lambda x: np.sum(np.tanh(x[1:] * x[:-1])))
graph = pullback.trace(f, np.ones(50))
program, _ = lowered(graph, kernels.Settings(False, Path(sys.argv[1])))
value, gradient = program(np.linspace(0.0, 1.0, 50))
stats = [kernel.dispatcher.stats for kernel in made]
hits = sum(sum(s.cache_hits.values()) for s in stats)
print(float(value), hits, sum(sum(s.cache_misses.values()) for s in stats))
"""


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    value, hits, misses = out.split()
    return float(value), int(hits), int(misses)


def test_a_second_process_compiles_nothing(tmp_path):
    x = np.linspace(0.0, 1.0, 50)
    value, hits, misses = finish(start(tmp_path))
    assert value == pytest.approx(np.sum(np.tanh(x[1:] * x[:-1])), rel=1e-14)
    assert (hits, misses) == (0, 1)
    assert finish(start(tmp_path)) == (value, 1, 0)


def test_processes_at_the_same_time(tmp_path):
    results = [finish(process) for process in [start(tmp_path), start(tmp_path), start(tmp_path)]]
    assert len({value for value, _, _ in results}) == 1
    assert finish(start(tmp_path))[1:] == (1, 0)
    assert not [*tmp_path.glob("*.draft")]


def test_threads_at_the_same_time(tmp_path):
    def build(number):
        graph = pullback.trace(lambda x: np.cos(x) * 3.5 - x, np.ones(4))
        program, _ = lowered(graph, Settings(False, tmp_path))
        return [program(np.full(4, float(number))) for _ in range(50)]

    with ThreadPoolExecutor(8) as threads:
        for number, results in enumerate(threads.map(build, range(8))):
            for result in results:
                np.testing.assert_array_equal(result, np.cos(np.full(4, number)) * 3.5 - number)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    graph = pullback.trace(lambda x: np.exp(x) - 2.0 * x, np.ones(4))
    program, parts = lowered(graph, Settings(False, tmp_path / "file" / "kernels"))
    np.testing.assert_array_equal(program(np.zeros(4)), np.ones(4))
    (part,) = parts
    assert part.why.endswith("kernels cannot be written to (Not a directory)")


def test_where_the_cache_lies(monkeypatch):
    monkeypatch.setenv("PULLBACK_CACHE_DIR", "/a")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache_folder("/c") == Path("/c")
    assert cache_folder() == Path("/a")
    monkeypatch.delenv("PULLBACK_CACHE_DIR")
    assert cache_folder() == Path("/b/pullback")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path(os.path.expanduser("~/.cache/pullback"))
