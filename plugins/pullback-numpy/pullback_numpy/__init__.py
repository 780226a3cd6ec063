"""Rules for NumPy: ufuncs, reductions, products, shapes, joining, indexing and selection.

Each module is a formula sheet of one chapter of NumPy's reference; this one hands them to
pullback.
"""

from __future__ import annotations

from pullback import hookimpl
from pullback_numpy import (
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
from pullback_numpy.array_type import Arrays, Constants, Refused, Scalars


@hookimpl
def pullback_register_array_types(registry):
    """Describe NumPy's arrays and scalars to the engine."""
    for array_type in (Arrays(), Scalars(), Constants(), Refused()):
        registry.add_array_type(array_type)


@hookimpl
def pullback_register_rules(registry):
    """Hand over every rule of this package."""
    registry.add(
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


@hookimpl
def pullback_register_samples(samples):
    """Hand over how the functions are called when their rules are checked."""
    from pullback_numpy import samples as ours  # imports hypothesis

    ours.register(samples)


@hookimpl
def pullback_register_facts(facts):
    """Hand over what the compiler may do with NumPy's functions."""
    from pullback_numpy import compilation  # which nothing needs before something is compiled

    compilation.register(facts)
