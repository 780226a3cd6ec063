"""What the engine must know of NumPy arrays and scalars: spaces, projection, zeros.

Cotangents may be traced (in nested derivatives), so everything here that touches one goes through
methods and functions that dispatch.
"""

from __future__ import annotations

import numpy as np

from pullback import ArrayType
from pullback.errors import TracerConversionError
from pullback.spaces import Traced, plain

SCALARS = tuple(
    dict.fromkeys(
        getattr(np, name)
        for name in (
            "float16 float32 float64 longdouble complex64 complex128 clongdouble".split()
        )
    )
)


class Arrays(ArrayType):
    """`numpy.ndarray`: a space is ``(ndarray, shape, dtype)``."""

    types = (np.ndarray,)

    def space(self, value):
        dtype = value.dtype
        if dtype.kind in "fc":
            return (np.ndarray, value.shape, dtype)
        if dtype.kind == "O":
            raise TracerConversionError(
                "an array of Python objects cannot be differentiated. np.array([...]) of traced "
                "values makes one; write np.stack([...]) or np.concatenate([...]). For other "
                "objects convert first: x.astype(float)."
            )
        return None

    def project(self, cotangent, space):
        _, shape, dtype = space
        if isinstance(cotangent, (list, tuple)):
            cotangent = np.stack([*cotangent])
        given = plain(cotangent)
        given_shape = getattr(given, "shape", ())
        if given_shape != shape:
            cotangent = _unbroadcast(cotangent, given_shape, shape)
        given = plain(cotangent)
        if not isinstance(given, (np.ndarray, np.generic)):
            return np.asarray(cotangent, dtype) if given is cotangent else cotangent
        if given.dtype.kind == "c" and dtype.kind != "c":
            cotangent = np.real(cotangent)
        if plain(cotangent).dtype != dtype:
            cotangent = cotangent.astype(dtype)
        if isinstance(cotangent, np.generic):
            cotangent = np.asarray(cotangent)
        return cotangent

    def zeros(self, space):
        return np.zeros(space[1], space[2])

    def ones(self, space):
        return np.ones(space[1], space[2])

    def basis(self, space):
        _, shape, dtype = space
        for index in np.ndindex(shape):
            unit = np.zeros(shape, dtype)
            unit[index] = 1
            yield unit

    def stack(self, rows, space, *, last):
        shape = space[1]
        if not rows:
            return np.zeros(shape, space[2])
        stacked = np.stack(rows, axis=-1 if last else 0)
        row_shape = stacked.shape[:-1] if last else stacked.shape[1:]
        return np.reshape(stacked, row_shape + shape if last else shape + row_shape)

    def own(self, cotangent, held):
        if type(cotangent) is not np.ndarray:
            return cotangent
        owner = _owner(cotangent)
        borrowed = any(
            owner is _owner(other) for other in held if isinstance(other, np.ndarray)
        )
        wasteful = owner is not cotangent and owner.size > cotangent.size
        if borrowed or wasteful or not cotangent.flags.writeable or 0 in cotangent.strides:
            return np.array(cotangent)
        return cotangent


class Scalars(ArrayType):
    """NumPy's inexact scalars: the type says the dtype."""

    types = SCALARS

    def space(self, value):
        return _SCALAR_SPACES[type(value)]

    def project(self, cotangent, space):
        kind = space[0]
        given = plain(cotangent)
        if getattr(given, "shape", ()):
            cotangent = cotangent.sum()
            given = plain(cotangent)
        if np.iscomplexobj(given) and not issubclass(kind, np.complexfloating):
            cotangent = np.real(cotangent)
        return cotangent if isinstance(cotangent, Traced) else kind(cotangent)

    def zeros(self, space):
        return space[0](0)

    def ones(self, space):
        return space[0](1)

    def basis(self, space):
        yield space[0](1)

    def stack(self, rows, space, *, last):
        return rows[0]


class Constants(ArrayType):
    """NumPy's integer and boolean scalars, which carry no derivative."""

    types = tuple(
        dict.fromkeys(
            kind for kind in np.sctypeDict.values() if issubclass(kind, (np.integer, np.bool_))
        )
    )

    def space(self, value):
        return None

    def project(self, cotangent, space):
        raise ValueError("integers and booleans have no cotangents")

    zeros = ones = basis = stack = project


_SCALAR_SPACES = {kind: (kind, None, None) for kind in SCALARS}


def _unbroadcast(cotangent, given, wanted):
    """Sum over the axes along which ``wanted`` was broadcast to ``given``."""
    extra = len(given) - len(wanted)
    if extra < 0 or any(
        have != want and want != 1 for have, want in zip(given[extra:], wanted, strict=True)
    ):
        raise ValueError(f"a cotangent of shape {given} for a primal of shape {wanted}")
    axes = (
        *range(extra),
        *(
            extra + place
            for place, (have, want) in enumerate(zip(given[extra:], wanted, strict=True))
            if have != want
        ),
    )
    summed = np.sum(cotangent, axis=axes, keepdims=extra == 0)
    return summed if plain(summed).shape == wanted else np.reshape(summed, wanted)


def _owner(array):
    """The array that owns the memory."""
    return array.base if isinstance(array.base, np.ndarray) else array
