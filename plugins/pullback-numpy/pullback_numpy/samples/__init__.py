"""How NumPy's functions are called when their rules are checked.

Each module has the cases of the module of rules of the same name. Nothing here is imported until
rules are checked, as it imports hypothesis.
"""

from __future__ import annotations

from pullback_numpy.samples import (
    complex_numbers,
    constants,
    determinants,
    decompositions,
    diagonals,
    eigenvalues,
    einstein,
    elementwise,
    indexing,
    joining,
    least_squares,
    linear_systems,
    memory_maps,
    methods,
    moments,
    norms,
    padding,
    products,
    ranges,
    reductions,
    selection,
    shapes,
    strong,
    ufuncs,
    updates,
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
    linear_systems,
    determinants,
    least_squares,
    einstein,
    shapes,
    diagonals,
    eigenvalues,
    decompositions,
    norms,
    joining,
    padding,
    indexing,
    memory_maps,
    selection,
    methods,
    updates,
    ranges,
)


def register(samples):
    """Hand over the cases of every module.

    Args:
        samples: a `pullback.conformance.Samples`.
    """
    for module in MODULES:
        module.register(samples)
