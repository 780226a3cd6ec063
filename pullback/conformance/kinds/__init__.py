"""The kinds of samples: what is done to an author's plain samples, for every rule, unasked.

Most bugs of rules do not show at plain random numbers. Each kind here puts something special into
a plain call: zeros and ties, boundary points, other dtypes, shapes and memory layouts. A kind
returns ``None`` where it would change nothing, and what the primal refuses is ruled out, so no
author has to say what does not apply.
"""

from __future__ import annotations

from typing import Final

from pullback.conformance.kinds import constants, dtypes, memory, numbers, shapes
from pullback.conformance.kinds.memory import LAYOUTS, laid_out
from pullback.conformance.kinds.model import Kind, Setting

__all__ = ["KINDS", "LAYOUTS", "Kind", "Setting", "laid_out", "of_family"]

KINDS: Final[dict[str, Kind]] = {
    value.name: value
    for module in (numbers, constants, dtypes, shapes, memory)
    for value in vars(module).values()
    if isinstance(value, Kind)
}
"""Name -> kind, in the order in which they are listed."""


def of_family(*families: str) -> tuple[str, ...]:
    """The names of all kinds of some families."""
    return tuple(kind.name for kind in KINDS.values() if kind.family in families)
