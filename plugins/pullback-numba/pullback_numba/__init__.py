"""The engine ``numba``: graphs as native code, with fused loops.

Where numba is not installed the engine is there all the same, and says so when it is asked to
build a program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pullback import hookimpl

if TYPE_CHECKING:
    from pullback.compiler import Engines


@hookimpl
def pullback_register_engines(engines: Engines) -> None:
    """Add the engine."""
    from pullback_numba.engine import NumbaEngine

    engines.add(NumbaEngine())
