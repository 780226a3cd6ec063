"""Shapes and axes: what the rules of array functions share."""

from __future__ import annotations

import numpy as np

from pullback.arguments import any_traced
from pullback.errors import OutArgumentError
from pullback.names import name_of
from pullback.spaces import plain

NO_VALUE = np._NoValue
"""What NumPy's own signatures give for an argument that was not given."""

NO_OUT = {"out": "it writes in place, which would lose the derivative; write y = f(x)"}
"""What rules with an argument ``out`` declare as not implemented: `refuse_out` raises."""


def as_array(value):
    """``value``, or where it is a Python number or a list, the array of it; traced or not."""
    if type(value) is np.ndarray or isinstance(value, (np.ndarray, np.generic)):
        return value
    given = plain(value)
    if hasattr(given, "shape"):
        return value
    if isinstance(value, (list, tuple)) and any_traced(value):
        return np.stack([as_array(item) for item in value])
    return np.reshape(value, np.shape(given))


def refuse_out(out, primitive):
    """Raise where a rule was given an array to write its output into.

    Raises:
        OutArgumentError: ``out`` is not ``None``.
    """
    if out is not None:
        raise OutArgumentError(
            f"{name_of(primitive)}(..., out=...) with a traced value would lose the derivative; "
            "write y = f(x) instead."
        )


_NOT_GIVEN = {"where": True, "casting": "same_kind", "mode": "raise"}


def given(**params):
    """Those of ``params`` that say something: other array libraries know NumPy's common ones only.

    >>> given(dtype=None, where=True, initial=NO_VALUE, ddof=1)
    {'ddof': 1}
    """
    return {
        name: value
        for name, value in params.items()
        if value is not None and value is not NO_VALUE and value is not _NOT_GIVEN.get(name)
    }


def keeps(keepdims):
    """``keepdims`` as NumPy's functions mean it, whose own default is `NO_VALUE`."""
    return keepdims is not NO_VALUE and keepdims


def kept_shape(shape, axis):
    """``shape`` after a reduction over ``axis``, which is given, that keeps it with length one."""
    ndim = len(shape)
    if not ndim:
        return shape
    if type(axis) is int:
        axis %= ndim
        return (*shape[:axis], 1, *shape[axis + 1 :])
    reduced = {place % ndim for place in (axis if isinstance(axis, tuple) else (axis,))}
    return [1 if place in reduced else length for place, length in enumerate(shape)]


def restore_axes(ct, shape, axis, keepdims):
    """``ct``, of what was reduced over ``axis``, in a shape that broadcasts to ``shape``."""
    if axis is None or keepdims:
        return ct
    return ct.reshape(kept_shape(shape, axis))


def spread(ct, shape):
    """``ct`` as a view of the shape that it broadcasts to: no copy, whatever the size.

    For scalars and contiguous arrays this builds the view itself, in a tenth of the time that
    `numpy.broadcast_to` takes.
    """
    if issubclass(type(ct), np.generic):  # and not traced
        return np.ndarray(shape, ct.dtype, ct, 0, (0,) * len(shape))
    if type(ct) is np.ndarray:
        if ct.shape == shape:
            return ct
        if ct.ndim == len(shape) and ct.flags.c_contiguous:
            strides = [
                0 if have != want else stride
                for have, want, stride in zip(ct.shape, shape, ct.strides, strict=True)
            ]
            return np.ndarray(shape, ct.dtype, ct, 0, strides)
    return np.broadcast_to(ct, shape)


def as_columns(ct):
    """``ct`` with a last axis of length one; indexing would not do, as ``ct`` may be a scalar."""
    return ct.reshape((*ct.shape, 1))


def transposed(x):
    """``x.mT``, an attribute that arrays of other libraries may lack."""
    return x.swapaxes(-1, -2)


def along(axis, index):
    """The index that takes ``index`` along ``axis`` (not negative) and everything else whole."""
    return (*(slice(None),) * axis, index)


def weights_along(weights, shape, axis):
    """``weights`` in a shape that broadcasts to ``shape``; they may be for ``axis`` alone."""
    weights = as_array(weights)
    if weights.shape == shape:
        return weights
    places = [place % len(shape) for place in (axis if isinstance(axis, tuple) else (axis,))]
    order = sorted(range(len(places)), key=places.__getitem__)
    kept = [length if place in places else 1 for place, length in enumerate(shape)]
    return weights.transpose(order).reshape(kept)


def inverse(permutation):
    """The permutation of axes that undoes ``permutation``."""
    return sorted(range(len(permutation)), key=permutation.__getitem__)


_HALF = np.dtype(np.float16)


def in_precision_of(ct, numbers):
    """Counts or weights in a precision that ``ct`` keeps beside them.

    Beside arrays of integers or of double precision NumPy would compute in double precision. Half
    precision does not hold a large count, and gets single.
    """
    if not hasattr(ct, "dtype"):
        return numbers
    if type(numbers) is int or not hasattr(numbers, "dtype"):  # it has no precision
        return np.float32(numbers) if ct.dtype == _HALF else numbers
    dtype = np.promote_types(np.finfo(ct.dtype).dtype, np.float32)
    return numbers if numbers.dtype == dtype else numbers.astype(dtype)


def masked(x, where):
    """``x``, and 0 outside of the mask ``where``; ``True`` is no mask."""
    return x if where is True else np.where(where, x, 0)


def conjugate(x):
    """The complex conjugate; real values as they are, without a copy."""
    return x.conj() if x.dtype.kind == "c" else x
