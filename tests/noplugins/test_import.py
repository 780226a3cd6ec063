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
