"""Dask arrays as primals: their spaces, their methods, and how elements are read and replaced.

The rules are those of ``pullback_numpy``, whose bodies call functions that dispatch on their
arguments. Where dask is not installed there are no such arrays, and nothing is handed over.
"""

from __future__ import annotations

from importlib.util import find_spec

from pullback import hookimpl


@hookimpl
def pullback_register_array_types(registry):
    """Describe dask arrays to the engine."""
    if find_spec("dask") is not None:
        from pullback_dask.array_type import DaskArrays

        registry.add_array_type(DaskArrays())


@hookimpl
def pullback_register_rules(registry):
    """Hand over the rules of what only dask arrays have."""
    if find_spec("dask") is not None:
        from pullback_dask import indexing, methods

        registry.add(indexing, methods)
