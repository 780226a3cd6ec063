"""Check derivative rules: whatever a rule can get wrong, a small named check looks for.

``pullback check-rules`` runs the checks on installed plugins; `check_rule` and
`parametrize_rules` run the same ones in a test suite.
"""

from __future__ import annotations

from pullback.conformance.checks import Check, CheckFailed, Checks, Unsuited, check
from pullback.conformance.kinds import laid_out
from pullback.conformance.running import Settings, examine
from pullback.conformance.samples import Call, Samples, call, each, exactly
from pullback.conformance.strategies import (
    arrays,
    floats,
    indices,
    integers,
    masks,
    numpy_scalars,
    shapes,
)
from pullback.conformance.suites import check_rule, iter_checks, parametrize_rules

__all__ = [
    "Call",
    "Check",
    "CheckFailed",
    "Checks",
    "Samples",
    "Settings",
    "Unsuited",
    "arrays",
    "call",
    "check",
    "check_rule",
    "each",
    "exactly",
    "examine",
    "floats",
    "indices",
    "integers",
    "iter_checks",
    "laid_out",
    "masks",
    "numpy_scalars",
    "parametrize_rules",
    "shapes",
]
