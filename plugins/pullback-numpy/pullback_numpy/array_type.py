"""What the engine must know of NumPy arrays and scalars: spaces, projection, zeros.

Cotangents may be traced (in nested derivatives), so everything here that touches one goes through
methods and functions that dispatch.
"""

from __future__ import annotations

from numbers import Number

import numpy as np

from pullback import ArrayType
from pullback.errors import PrimalError, TracerConversionError
from pullback.spaces import HoldsTraced, Traced, plain, recorded
from pullback_numpy.complex_numbers import is_complex
from pullback_numpy.dependence import METADATA, VALUE_DEPENDENT

SCALARS = tuple(
    dict.fromkeys(np.dtype(code).type for code in np.typecodes["AllFloat"])  # "efdgFDG"
)


_FLOAT64 = np.dtype(np.float64)
_SMALL = 4096
"""Up to as many bytes, a copy is made sooner than a comparison."""


_OBJECTS_REFUSED = (
    "loop of ufunc does not support",
    "dtype('O')",
    "array type object",
    "to use a where mask one has to specify 'initial'",
)
"""What is in the messages of NumPy's errors for arrays of objects."""
_UFUNCS = {ufunc.__name__: ufunc for ufunc in vars(np).values() if isinstance(ufunc, np.ufunc)}


class Arrays(ArrayType):
    """`numpy.ndarray`: a space is ``(ndarray, shape, dtype)``; `numpy.memmap` counts as one."""

    types = (np.ndarray, np.memmap)
    mutable = True
    metadata = METADATA
    value_dependent = VALUE_DEPENDENT
    element_methods = _UFUNCS

    def gather(self, value):
        """``value``; an array of objects as one traced array, or plain if none of them is traced.

        Raises:
            TracerConversionError: some are traced, and some are no numbers.
        """
        if value.dtype.kind != "O":
            return value
        items = list(value.reshape(-1))
        strange = [item for item in items if not isinstance(plain(item), (Number, np.ndarray))]
        if not any(isinstance(item, Traced) for item in items):
            return value if strange or not items else np.reshape(np.stack(items), value.shape)
        if strange:
            raise TracerConversionError(
                f"an array of objects holds traced values beside {strange[0]!r:.40}, which is no "
                "number"
            )
        return np.reshape(np.stack(items), value.shape)

    def explain(self, error):
        """NumPy has no loops for most functions of arrays of objects, and says so in its way."""
        text = str(error)
        if isinstance(error, IndexError) and text.startswith("only integers, slices"):
            return TracerConversionError(
                "an array that is not traced was indexed with a value of a graph, a[i], which "
                "NumPy does not hand over. Make the array an argument of the function; or write "
                "np.take_along_axis(a, i, axis), or np.where(mask, ...)"
            )
        called = isinstance(error, AttributeError) and error.name in _UFUNCS
        if not called and not any(sign in text for sign in _OBJECTS_REFUSED):
            return None
        return TracerConversionError(
            "NumPy does not compute this with an array of objects, which np.array([...]) of traced "
            f"values is, or a list of them; make an array with np.stack([...]). NumPy says: {text}"
        )

    def update(self, x, index, value, *, add):
        """``x`` with other elements at ``index``, through the primitives of `updates`."""
        from pullback_numpy.updates import add_at, set_at  # it needs rules, and they need this

        return (add_at if add else set_at)(x, index, value)

    def space(self, value):
        """The space of an array; ``None`` unless its dtype is floating point or complex.

        Raises:
            TracerConversionError: an array of Python objects.
        """
        dtype = value.dtype
        if dtype is _FLOAT64 or dtype.kind in "fc":
            return (np.ndarray, value.shape, dtype)
        if dtype.kind == "O":
            raise TracerConversionError(
                "an array of Python objects cannot be differentiated; convert it first: "
                "x.astype(float)"
            )
        return None

    def project(self, cotangent, space):
        """``cotangent`` summed over broadcast axes, its real part for a real space, and cast.

        Raises:
            ValueError: its shape is not one that the space's shape broadcasts to.
        """
        _, shape, dtype = space
        if type(cotangent) is np.ndarray:
            given_shape = cotangent.shape
        else:
            if isinstance(cotangent, list):  # one for each element, of a primal that is a list
                cotangent = np.stack(cotangent)
            given_shape = getattr(plain(cotangent), "shape", ())
        if given_shape != shape:
            cotangent = unbroadcast(cotangent, given_shape, shape)
        if type(cotangent) is np.ndarray and cotangent.dtype == dtype:
            return cotangent
        if isinstance(cotangent, Traced):
            return _cast_traced(cotangent, shape, dtype)
        if dtype.kind != "c" and is_complex(cotangent):
            cotangent = np.real(cotangent)
        return np.asarray(cotangent, dtype)

    def zeros(self, space):
        """An array of zeros."""
        return np.zeros(space[1], space[2])

    def ones(self, space):
        """An array of ones."""
        return np.ones(space[1], space[2])

    def basis(self, space):
        """One array for each element, with a 1 there and 0 everywhere else."""
        _, shape, dtype = space
        for index in np.ndindex(shape):
            unit = np.zeros(shape, dtype)
            unit[index] = 1
            yield unit

    def stack(self, rows, space, *, last):
        """``rows`` as one array, with the axes of the space first, or last."""
        _, shape, dtype = space
        if not rows:
            return np.zeros(shape, dtype)
        stacked = np.stack(rows, axis=-1 if last else 0)
        row_shape = stacked.shape[:-1] if last else stacked.shape[1:]
        return np.reshape(stacked, row_shape + shape if last else shape + row_shape)

    def keep(self, constant, kept):
        """A copy of what can be written to; one for all uses of a big array that stays the same.

        Raises:
            HoldsTraced: an array of objects that can be gathered.
        """
        if constant.dtype.hasobject and self.gather(constant) is not constant:
            raise HoldsTraced
        if not constant.flags.writeable:
            return constant
        if constant.nbytes <= _SMALL:
            return constant.copy(order="K")
        original, copy = kept.get(id(constant), (None, None))
        if original is constant and np.array_equal(copy, constant):
            return copy
        copy = constant.copy(order="K")
        kept[id(constant)] = (constant, copy)
        return copy

    def is_same(self, original, kept):
        """Whether no element was written to."""
        return np.array_equal(original, kept, equal_nan=kept.dtype.kind in "fc")

    def nonfinite(self, value, *, infinities):
        """The first element that is NaN or infinite, where it is, and how many there are."""
        return nonfinite(value, infinities)

    def own(self, cotangent, held):
        """``cotangent``, or a copy where its memory is not its own.

        Copied are views of an array that is held elsewhere, of a bigger buffer or of foreign
        memory, arrays that repeat their elements (broadcasts), and what cannot be written.
        """
        if type(cotangent) is not np.ndarray:
            if recorded(cotangent):
                value = plain(cotangent)  # a graph copies what the program would copy
                return cotangent if self.own(value, map(plain, held)) is value else cotangent.copy()
            return cotangent
        owner = cotangent if cotangent.base is None else _owner(cotangent)
        if (
            not owner.flags.owndata
            or not owner.flags.writeable
            or (
                owner is not cotangent
                and (owner.nbytes != cotangent.nbytes or not cotangent.flags.writeable)
            )
        ):
            return np.array(cotangent)
        for other in held:
            if other is owner or (
                type(other) is np.ndarray and other.base is not None and _owner(other) is owner
            ):
                return np.array(cotangent)
        return cotangent


class Scalars(ArrayType):
    """NumPy's floating point and complex scalars, whose type says the dtype."""

    types = SCALARS
    scalar = True

    def space(self, value):
        """The space of a scalar: its type."""
        return (type(value), None, None)

    def project(self, cotangent, space):
        """The sum of ``cotangent``, its real part for a real space, as a scalar of the type."""
        kind = space[0]
        if getattr(plain(cotangent), "shape", ()):
            cotangent = _adder(cotangent)(cotangent, axis=None)
        if recorded(cotangent) and not isinstance(plain(cotangent), SCALARS):
            cotangent = np.positive(cotangent)  # of a number or an array without axes a scalar
        if isinstance(cotangent, Traced):
            return _cast_traced(cotangent, None, np.dtype(kind))
        if is_complex(cotangent) and not issubclass(kind, np.complexfloating):
            cotangent = cotangent.real
        return kind(cotangent)

    def zeros(self, space):
        """The scalar 0."""
        return space[0](0)

    def ones(self, space):
        """The scalar 1."""
        return space[0](1)

    def basis(self, space):
        """The scalar 1."""
        yield space[0](1)

    def stack(self, rows, space, *, last):
        """The only row."""
        return rows[0]

    def nonfinite(self, value, *, infinities):
        """The scalar, if it is NaN or infinite."""
        return nonfinite(value, infinities)


class Constants(ArrayType):
    """NumPy's integer and boolean scalars, which carry no derivative."""

    types = tuple(
        dict.fromkeys(
            kind for kind in np.sctypeDict.values() if issubclass(kind, (np.integer, np.bool_))
        )
    )

    def space(self, value):
        """``None``: there is no derivative."""
        return None

    def project(self, *args, **params):
        """Never called, as there is no space; nor is any of the others."""
        raise ValueError("there is no cotangent where there is no derivative")

    zeros = ones = basis = stack = project


class Refused(Constants):
    """Subclasses of `numpy.ndarray` whose operators mean something else, or whose data has holes.

    Their products, indices and masks would make NumPy's rules silently wrong.
    """

    types = (np.matrix, np.ma.MaskedArray)

    def space(self, value):
        """Refused.

        Raises:
            PrimalError: always.
        """
        if isinstance(value, np.matrix):
            raise PrimalError(
                "numpy.matrix multiplies by * and keeps two axes, which NumPy's rules do not "
                "know; pass np.asarray(x), and write @ for matrix products"
            )
        raise PrimalError(
            "a masked array has elements without a value; pass x.filled(0) and its mask, and "
            "write np.where(mask, 0, ...)"
        )


def nonfinite(value, infinities):
    """What in an array or a scalar is NaN, or infinite if that counts; ``None`` if nothing."""
    if value.dtype.kind not in "fc":
        return None
    is_bad = ~np.isfinite(value) if infinities else np.isnan(value)
    count = np.count_nonzero(is_bad)
    if not count:
        return None
    if not value.shape:
        return str(value)
    first = tuple(np.argwhere(is_bad)[0].tolist())
    return f"{value[first]} at {list(first)}, and {count} of {value.size} elements in all"


def _adder(cotangent):
    """`numpy.sum`, or what does the same in half the time but not for other libraries."""
    return np.add.reduce if type(cotangent) is np.ndarray else np.sum


def unbroadcast(cotangent, given, wanted):
    """Sum over the axes along which ``wanted`` was broadcast to ``given``.

    Raises:
        ValueError: ``wanted`` does not broadcast to ``given``.
    """
    extra = len(given) - len(wanted)
    axes = [*range(extra)]
    fits = extra >= 0
    for place, length in enumerate(wanted if fits else ()):
        if given[extra + place] != length:
            fits = fits and length == 1
            axes.append(extra + place)
    if not fits:
        raise ValueError(f"a cotangent of shape {given} for a primal of shape {wanted}")
    summed = _adder(cotangent)(cotangent, axis=axes[0] if len(axes) == 1 else tuple(axes))
    return summed if extra == len(axes) else summed.reshape(wanted)


def _cast_traced(cotangent, shape, dtype):
    """A traced cotangent with its real part taken, cast, and an array where ``shape`` says so."""
    given = plain(cotangent)
    if dtype.kind != "c" and is_complex(cotangent):
        cotangent = np.real(cotangent)
        given = plain(cotangent)
    if shape is not None and not isinstance(given, np.ndarray):
        cotangent = np.broadcast_to(cotangent, shape)  # np.reshape would leave a scalar
        given = plain(cotangent)
    if getattr(given, "dtype", dtype) != dtype:
        cotangent = cotangent.astype(dtype)
    return cotangent


def _owner(array):
    """The array that owns the memory, or the last one known before foreign memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
