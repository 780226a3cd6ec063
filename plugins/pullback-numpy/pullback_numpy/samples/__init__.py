"""How NumPy's functions are called when their rules are checked.

Each module has the cases of the module of rules of the same name. Nothing here is imported until
rules are checked, as it imports hypothesis.
"""

from __future__ import annotations

from pullback_numpy.samples import (
    complex_numbers,
    constants,
    diagonals,
    einstein,
    elementwise,
    fits,
    fourier,
    indexing,
    joining,
    memory_maps,
    methods,
    moments,
    padding,
    polynomials,
    products,
    reductions,
    selection,
    series,
    shapes,
    special,
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
    einstein,
    shapes,
    diagonals,
    joining,
    padding,
    fourier,
    special,
    polynomials,
    fits,
    series,
    indexing,
    memory_maps,
    selection,
    methods,
)


def register(samples):
    """Hand over the cases of every module.

    Args:
        samples: a `pullback.conformance.Samples`.
    """
    for module in MODULES:
        module.register(samples)
