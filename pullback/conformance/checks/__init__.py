"""The checks: each a small function that looks for one kind of mistake.

A check takes a subject and a sample (or, with ``once=True``, the pool of all its samples). It
returns where all is well, raises `CheckFailed` where the rule is wrong, and `Unsuited` where this
sample tells it nothing.
"""

from __future__ import annotations

from pullback.conformance.checks import (
    compilation,
    declarations,
    differentials,
    linear_maps,
    memory,
    spreading,
    values,
)
from pullback.conformance.checks.base import Check, CheckFailed, Checks, Unsuited, check
from pullback.plugins import handed_over

__all__ = ["Check", "CheckFailed", "Checks", "Unsuited", "all_checks", "check"]

_OWN = (
    declarations.loads,
    declarations.declared,
    values.primal,
    differentials.finite_differences,
    linear_maps.linearity,
    linear_maps.zero_cotangent,
    differentials.special_points,
    values.space,
    memory.repeatable,
    memory.no_mutation,
    memory.no_aliasing,
    memory.layouts,
    differentials.broadcasting,
    declarations.keywords,
    linear_maps.forward_reverse,
    differentials.second_order,
    memory.threads,
    spreading.nonfinite,
    values.silent,
    compilation.compiled,
)


def all_checks() -> dict[str, Check]:
    """Every check by its name: those of this package, then those of plugins.

    A plugin that adds something that is not a check, or a name that is taken, or whose hook
    raises, is left out with a warning.
    """
    own = Checks()
    own.add(*_OWN)
    return handed_over("checks", own, lambda found: Checks(dict(found.by_name))).by_name
