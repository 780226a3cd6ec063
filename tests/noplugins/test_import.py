"""Importing the core is light and needs no rule package."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "hypothesis", "click", "rich")


def test_import_loads_no_heavy_package():
    # A new interpreter, because pytest's own plugins have imported some of them here.
    program = f"import sys, pullback; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    ).stdout
    assert output.strip() == "[]"


def test_graphs_are_imported_when_they_are_asked_for():
    program = """
import sys, pullback
print("pullback.graph" in sys.modules, {"Graph", "debug", "trace"} <= {*dir(pullback)})
print(pullback.Graph is pullback.graph.Graph, callable(pullback.drawing.draw))
try:
    pullback.grahp
except AttributeError as error:
    print(error)
from pullback import *
print(trace.__module__, folded.__module__, debug.__module__)
"""
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    ).stdout
    assert output.splitlines() == [
        "False True",
        "True True",
        "module 'pullback' has no attribute 'grahp'",
        "pullback.graph.tracing pullback.graph.folding pullback.debugging",
    ]
