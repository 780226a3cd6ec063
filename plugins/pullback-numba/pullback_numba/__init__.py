"""The engine ``numba``: graphs as native code, with fused loops.

Where numba is not installed the engine is there all the same, and says so when it is asked to
build a program.
"""

from __future__ import annotations

from pullback import hookimpl


@hookimpl
def pullback_register_engines(engines):
    """Add the engine."""
    from pullback_numba.engine import NumbaEngine

    engines.add(NumbaEngine())
