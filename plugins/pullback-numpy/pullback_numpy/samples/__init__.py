"""How NumPy's functions are called when their rules are checked.

Each module has the cases of the module of rules of the same name. Nothing here is imported until
rules are checked, as it imports hypothesis.
"""

from __future__ import annotations

from pullback_numpy.samples import (
    calling,
    complex_numbers,
    constants,
    diagonals,
    editing,
    einstein,
    elementwise,
    indexing,
    interpolation,
    joining,
    memory_maps,
    methods,
    moments,
    more_products,
    padding,
    products,
    reductions,
    selection,
    shapes,
    signals,
    strong,
    ufuncs,
)

MODULES = (
    strong,
    elementwise,
    complex_numbers,
    ufuncs,
    constants,
    reductions,
    moments,
    products,
    more_products,
    einstein,
    signals,
    interpolation,
    shapes,
    diagonals,
    joining,
    padding,
    editing,
    indexing,
    memory_maps,
    selection,
    calling,
    methods,
)


def register(samples):
    """Hand over the cases of every module.

    Args:
        samples: a `pullback.conformance.Samples`.
    """
    for module in MODULES:
        module.register(samples)
