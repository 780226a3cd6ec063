"""What the engine must know of dask arrays: spaces, projection, zeros.

Nothing here computes an array. A space has no chunks: dask aligns those of two arrays that meet.
"""

from __future__ import annotations

import math

import dask.array as da
import numpy as np
from dask.base import normalize_token

from pullback import ArrayType
from pullback.errors import PrimalError, TracerConversionError
from pullback.spaces import Traced, plain
from pullback_numpy.array_type import unbroadcast
from pullback_numpy.complex_numbers import is_complex

OWN_FUNCTIONS = (
    "the functions of dask.array do not take traced arrays, those of NumPy do: write np.sin(x) "
    "instead of da.sin(x)"
)


@normalize_token.register(Traced)
def refuse(value):
    """What dask asks of all that becomes part of a graph: its name.

    A traced NumPy array looks like a chunk to dask, and its derivative would be lost in there.
    """
    if isinstance(plain(value), da.Array):
        raise TracerConversionError(OWN_FUNCTIONS)
    raise TracerConversionError(
        f"a traced {type(plain(value)).__name__} was about to become part of a dask graph, which "
        "would lose its derivative. Beside dask arrays, give every primal as one: da.asarray(w)"
    )


class DaskArrays(ArrayType):
    """`dask.array.Array`: a space is ``(Array, shape, dtype)``."""

    types = (da.Array,)
    mutable = True
    metadata = tuple(
        getattr(da.Array, name)
        for name in ("shape", "ndim", "size", "dtype", "itemsize", "nbytes", "chunks", "numblocks")
    )

    def space(self, value):
        """The space of an array; ``None`` unless its dtype is floating point or complex.

        Raises:
            PrimalError: its shape is not known before it is computed.
        """
        shape, dtype = value.shape, value.dtype
        if dtype.kind not in "fc":
            return None
        if any(map(math.isnan, shape)):
            raise PrimalError(
                "a dask array of unknown shape, such as x[x > 0], cannot be differentiated; write "
                "np.where(x > 0, x, 0), or call x.compute_chunk_sizes() first"
            )
        return (da.Array, shape, dtype)

    def project(self, cotangent, space):
        """``cotangent`` summed over broadcast axes, its real part for a real space, and cast.

        Raises:
            ValueError: its shape is not one that the space's shape broadcasts to.
        """
        _, shape, dtype = space
        if isinstance(cotangent, list):  # one for each element, as for a primal that is a list
            cotangent = np.stack(cotangent)
        given_shape = getattr(plain(cotangent), "shape", ())
        if given_shape != shape:
            cotangent = unbroadcast(cotangent, given_shape, shape)
        if dtype.kind != "c" and is_complex(cotangent):
            cotangent = np.real(cotangent)
        if not isinstance(cotangent, Traced):
            return da.asarray(cotangent).astype(dtype)
        if not isinstance(plain(cotangent), da.Array):
            cotangent = cotangent + self.zeros(space)
        return cotangent if plain(cotangent).dtype == dtype else cotangent.astype(dtype)

    def zeros(self, space):
        """An array of zeros, in chunks of dask's choice."""
        return da.zeros(space[1], dtype=space[2])

    def ones(self, space):
        """An array of ones, in chunks of dask's choice."""
        return da.ones(space[1], dtype=space[2])

    def basis(self, space):
        """One array for each element, with a 1 there and 0 everywhere else."""
        _, shape, dtype = space
        for index in np.ndindex(shape):
            unit = np.zeros(shape, dtype)
            unit[index] = 1
            yield da.from_array(unit)

    def stack(self, rows, space, *, last):
        """``rows`` as one array, with the axes of the space first, or last."""
        _, shape, dtype = space
        if not rows:
            return da.zeros(shape, dtype=dtype)
        stacked = np.stack(rows, axis=-1 if last else 0)
        row_shape = stacked.shape[:-1] if last else stacked.shape[1:]
        return stacked.reshape(row_shape + shape if last else shape + row_shape)

    def keep(self, constant, kept):
        """Another object for the same array: ``x[0] = 1`` changes the object, not the array."""
        return constant.copy()

    def own(self, cotangent, held):
        """Another object for the same array."""
        return cotangent.copy() if isinstance(cotangent, da.Array) else cotangent

    def update(self, x, index, value, *, add):
        """``x`` with other elements at ``index``, through the primitives of `indexing`."""
        from pullback_dask.indexing import add_at, set_at  # it needs rules, and they need this

        return (add_at if add else set_at)(x, index, value)
