"""Rules for Python's own numbers: `math`, `cmath`, `operator`, and the builtins.

Each module is a formula sheet. The rules of `operator` work for everything that has operators:
they are what ``traced * array`` runs.
"""

from __future__ import annotations

from pullback import hookimpl
from pullback_math import (
    arithmetic,
    complex_numbers,
    constants,
    elementary,
    parts,
    polygamma,
    special,
    strong,
    sums,
)
from pullback_math.dependence import RealOrComplex


@hookimpl
def pullback_register_array_types(registry):
    """Say of which functions the type of the result depends on values."""
    registry.add_array_type(RealOrComplex())


@hookimpl
def pullback_register_rules(registry):
    """Hand over every rule of this package."""
    registry.add(
        arithmetic,
        elementary,
        special,
        polygamma,
        sums,
        parts,
        complex_numbers,
        constants,
        strong,
    )


@hookimpl
def pullback_register_samples(samples):
    """Hand over how the functions are called when their rules are checked."""
    from pullback_math import samples as ours  # imports hypothesis

    ours.register(samples)


@hookimpl
def pullback_register_facts(facts):
    """Hand over what the compiler may do with strong zeros."""
    from pullback_math import compilation  # imports the compiler

    compilation.register(facts)
