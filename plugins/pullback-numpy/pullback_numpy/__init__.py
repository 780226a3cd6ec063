"""Rules for NumPy: ufuncs, reductions, products, shapes, joining, indexing and selection.

Each module is a formula sheet of one chapter of NumPy's reference; this one hands them to
pullback.
"""

from __future__ import annotations

from pullback import hookimpl
from pullback_numpy import (
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


@hookimpl
def pullback_register_samples(samples):
    """Hand over how the functions are called when their rules are checked."""
    from pullback_numpy import samples as ours  # imports hypothesis

    ours.register(samples)
