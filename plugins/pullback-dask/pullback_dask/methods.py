"""Rules for the methods and attributes of `dask.array.Array`.

The tracer looks a name up on the type of the traced value, so ``x.sum()`` asks for the rule of
``Array.sum``: it is the rule of NumPy's function, which calls the method on what it is given.
"""

from __future__ import annotations

from dataclasses import replace

import dask.array as da

from pullback import nondifferentiable, rule
from pullback.errors import TracerConversionError
from pullback_dask.array_type import OWN_FUNCTIONS
from pullback_numpy import (
    complex_numbers,
    joining,
    moments,
    products,
    reductions,
    selection,
    shapes,
)

same_as_function = tuple(
    replace(function_rule, primitive=getattr(da.Array, name))
    for name, function_rule in {
        "sum": reductions.sum_,
        "prod": reductions.prod,
        "mean": moments.mean,
        "var": moments.var,
        "std": moments.std,
        "max": reductions.max_,
        "min": reductions.min_,
        "cumsum": reductions.cumsum,
        "cumprod": reductions.cumprod,
        "ravel": shapes.ravel,  # flatten is the same method
        "squeeze": shapes.squeeze,
        "swapaxes": shapes.swapaxes,
        "dot": products.dot,
        "repeat": joining.repeat,
        "clip": selection.clip,
        "real": complex_numbers.real,
        "imag": complex_numbers.imag,
    }.items()
)


def _same_pullback(ct):
    return ct


def _passing(name):
    """The rule of a method that changes where or how the numbers are kept."""
    method = getattr(da.Array, name)

    @rule(method)
    def same_numbers(a, *args, **params):
        return method(a, *args, **params), _same_pullback

    return same_numbers


same_numbers = tuple(map(_passing, ("astype", "copy", "persist", "rechunk")))


@rule(da.Array.reshape)
def reshape(a, *shape, **params):
    """The shape may be one tuple or several integers."""
    old = a.shape

    def reshape_pullback(ct):
        return ct.reshape(old)

    return a.reshape(*shape, **params), reshape_pullback


@rule(da.Array.transpose)
def transpose(a, *axes):
    """The axes may be one tuple, several integers, or not be given."""
    return shapes.transpose(a, axes[0] if len(axes) == 1 else axes or None)


@rule(da.Array.T)
def transposed(a):
    """The axes in reverse."""
    return shapes.transpose(a)


@rule(da.Array.conj)
def conjugate(a):
    """The complex conjugate."""

    def conjugate_pullback(ct):
        return ct.conj()

    return a.conj(), conjugate_pullback


without_derivative = nondifferentiable(
    *(
        getattr(da.Array, name)
        for name in (
            *("shape", "ndim", "size", "dtype", "itemsize", "nbytes"),
            *("chunks", "chunksize", "numblocks", "npartitions"),
            *("all", "any", "argmax", "argmin", "argtopk", "nonzero", "round"),
        )
    )
)


def _refused(name, message):
    """A rule that raises: traced values cannot go through an attribute."""
    attribute = getattr(da.Array, name)

    @rule(attribute, differentiable=(), not_implemented={"*": message})
    def refuse(*args, **params):
        raise TracerConversionError(message)

    return refuse


compute = _refused(
    "compute",
    "x.compute() of a traced dask array would lose its derivative; compute the result outside of "
    "the traced function, or pullback.stop_gradient(x).compute() if no derivative is meant",
)
own_functions = tuple(
    _refused(name, OWN_FUNCTIONS)
    for name in ("_elemwise", "_meta", "name", "dask")
    if hasattr(da.Array, name)
)
"""What the functions of `dask.array` look at in an argument."""
