"""How NumPy's functions are called when their rules are checked.

Each module has the cases of the module of rules of the same name. Nothing here is imported until
rules are checked, as it imports hypothesis.
"""

from __future__ import annotations

from pullback_numpy.samples import (
    calling,
    complex_numbers,
    constants,
    decompositions,
    determinants,
    diagonals,
    editing,
    eigenvalues,
    einstein,
    elementwise,
    fits,
    fourier,
    histograms,
    indexing,
    interpolation,
    joining,
    least_squares,
    linear_systems,
    memory_maps,
    methods,
    moments,
    more_products,
    nan_aware,
    norms,
    ordering,
    padding,
    polynomials,
    products,
    quantiles,
    ranges,
    reductions,
    selection,
    series,
    sets,
    shapes,
    signals,
    special,
    statistics,
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
    nan_aware,
    ordering,
    quantiles,
    statistics,
    histograms,
    sets,
    products,
    linear_systems,
    determinants,
    least_squares,
    more_products,
    einstein,
    signals,
    interpolation,
    shapes,
    diagonals,
    eigenvalues,
    decompositions,
    norms,
    joining,
    padding,
    editing,
    fourier,
    special,
    polynomials,
    fits,
    series,
    indexing,
    memory_maps,
    selection,
    calling,
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
