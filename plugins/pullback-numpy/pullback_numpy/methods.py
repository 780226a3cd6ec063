"""Rules for the methods and attributes of `numpy.ndarray` and of NumPy's scalars.

The tracer looks a name up on the type of the traced value, so ``x.sum()`` asks for the rule of
``ndarray.sum``. Where a method takes the arguments of the function of its name, it has the
function's rule; what writes into the array is refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pullback import nondifferentiable, not_implemented, rule
from pullback.errors import (
    DerivativeNotImplementedError,
    InPlaceWriteError,
    TracerConversionError,
)
from pullback.names import name_of
from pullback_numpy import (
    complex_numbers,
    diagonals,
    indexing,
    joining,
    moments,
    products,
    reductions,
    selection,
    shapes,
)
from pullback_numpy.axes import NO_OUT
from pullback_numpy.indexing import Scattered

CLASSES = (np.ndarray, np.generic)
ARRAYS_ONLY = ("diagonal", "nonzero", "searchsorted", "setfield", "sort", "swapaxes", "trace")
"""Methods that scalars have too, where they always raise."""


def _attributes(name):
    """The attribute ``name`` of arrays, and of scalars where it works."""
    owners = CLASSES[:1] if name in ARRAYS_ONLY else CLASSES
    return [getattr(owner, name) for owner in owners if hasattr(owner, name)]


def _shared(**rules):
    """Rules of functions, for the methods of the given names as well."""
    return tuple(
        replace(function_rule, primitive=attribute)
        for name, function_rule in rules.items()
        for attribute in _attributes(name)
    )


same_as_function = _shared(
    sum=reductions.sum_,
    prod=reductions.prod,
    mean=moments.mean,
    var=moments.var,
    std=moments.std,
    max=reductions.max_,
    min=reductions.min_,
    cumsum=reductions.cumsum,
    cumprod=reductions.cumprod,
    ravel=shapes.ravel,
    flat=shapes.ravel,  # a traced array gives an array and no iterator
    mT=shapes.matrix_transpose,
    squeeze=shapes.squeeze,
    swapaxes=shapes.swapaxes,
    diagonal=diagonals.diagonal,
    trace=diagonals.trace,
    dot=products.dot,
    take=indexing.take,
    repeat=joining.repeat,
    real=complex_numbers.real,
    imag=complex_numbers.imag,
)


def _both(name, function, **declared):
    """``function`` as the rule of the attribute ``name`` of arrays and of scalars."""
    return tuple(rule(attribute, **declared)(function) for attribute in _attributes(name))


def _reshape(a, *shape, order="C", copy=None):
    """The shape may be one tuple or several integers."""
    return shapes.reshape(a, shape[0] if len(shape) == 1 else shape, order, copy=copy)


def _transpose(a, *axes):
    """The axes may be one tuple, several integers, or not be given."""
    return shapes.transpose(a, axes[0] if len(axes) == 1 else axes or None)


def _transposed(a):
    """The transpose; a scalar is its own."""

    def transpose_pullback(ct):
        return ct.T

    return a.T, transpose_pullback


def _compress(a, condition, axis=None, out=None):
    """`numpy.compress` with the array first."""
    y, (_, compress_pullback) = indexing.compress(condition, a, axis, out)
    return y, compress_pullback


def _clip(a, min=None, max=None, out=None, **params):
    """`numpy.clip`, with the bounds by the names that the method has for them."""
    y, (clip_pullback, back_low, back_high, *_) = selection.clip(a, min, max, out, **params)
    return y, (clip_pullback, back_low, back_high, None)


def _item(a, *args):
    """One element as a Python number: the only one, or by its place, flat or along each axis."""
    y = a.item(*args)
    shape = a.shape
    index = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args
    if len(index) == 1:
        index = tuple(map(int, np.unravel_index(index[0] % a.size, shape)))

    def item_pullback(ct):
        return Scattered(index, ct) if shape else ct

    return y, item_pullback


def _tolist(a):
    """The elements of a vector as a list of Python numbers."""
    if a.ndim > 1:
        raise DerivativeNotImplementedError(
            "x.tolist() of a traced array is written for one axis; "
            "write [row.tolist() for row in x]"
        )

    def tolist_pullback(cts):
        return [*cts] if isinstance(cts, tuple) else cts

    return a.tolist(), tolist_pullback


def _flatten(a, order="C"):
    """All elements on one axis, copied."""
    y, flatten_pullback = shapes.ravel(a, order)
    return y.copy(), flatten_pullback


def _same_pullback(ct):
    return ct


def _conjugate(x):
    """The complex conjugate; of a real array the array itself."""

    def conjugate_pullback(ct):
        return ct.conj()

    return x.conj(), conjugate_pullback


def _astype(a, dtype, order="K", casting="unsafe", subok=True, copy=True):
    """Another dtype; the engine casts the cotangent back."""
    return a.astype(dtype, order, casting, subok, copy), _same_pullback


def _copy(a, order="C"):
    """The same numbers in memory of their own."""
    return a.copy(order), _same_pullback


def _to_device(a, device, *, stream=None):
    """The same numbers on the only device that there is."""
    return a.to_device(device, stream=stream), _same_pullback


def _view(a, *args, **params):
    """The same numbers; another dtype would read their bits as something else."""
    y = a.view(*args, **params)
    if y.dtype != a.dtype:
        reason = "x.view(dtype) reads bits, which has no derivative; x.astype(dtype) converts"
        return y, not_implemented(reason)
    return y, _same_pullback


of_their_own = (
    *_both("reshape", _reshape, linear=1),
    *_both("transpose", _transpose, linear=1),
    *_both("T", _transposed, linear=1),
    *_both("compress", _compress, differentiable=("a",), not_implemented=NO_OUT),
    *_both("clip", _clip, points=selection.clip.points, not_implemented=NO_OUT),
    *_both("item", _item, linear=1),
    *_both("tolist", _tolist),
    *_both("flatten", _flatten, linear=1, not_implemented=shapes.ravel.not_implemented),
    *_both("conj", _conjugate, linear=1),
    *_both("conjugate", _conjugate, linear=1),
    *_both("astype", _astype),
    *_both("copy", _copy, linear=1),
    *_both("to_device", _to_device),
    *_both("view", _view, not_implemented={"dtype": "it reads bits, which has no derivative"}),
)

CONSTANT = (
    *("shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags", "device"),
    *("all", "any", "argmax", "argmin", "argpartition", "argsort", "nonzero", "searchsorted"),
    *("round", "tobytes", "tofile", "dump", "dumps"),
)
"""What describes an array, is piecewise constant, or is not a number."""

without_derivative = nondifferentiable(
    *(attribute for name in CONSTANT for attribute in _attributes(name))
)

IN_PLACE = {
    "fill": "np.full_like(x, value)",
    "partition": "np.partition(x, kth)",
    "put": "np.where(mask, values, x)",
    "resize": "x.reshape(shape), np.pad or a slice",
    "setfield": "np.where(mask, values, x)",
    "setflags": "pullback.stop_gradient(x), which is the array itself",
    "sort": "np.sort(x)",
    np.copyto: (
        "np.where(mask, values, x), or np.broadcast_to(value, shape) instead of np.full and "
        "np.full_like"
    ),
    np.fill_diagonal: "np.where(np.eye(n, dtype=bool), value, x)",
    np.place: "np.where(mask, values, x)",
    np.put: "np.where(mask, values, x)",
    np.put_along_axis: "np.where(mask, values, x)",
    np.putmask: "np.where(mask, values, x)",
}
"""What writes into an array (a method by its name, or a function), and what to write instead."""

PLAIN_MEMORY = ("base", "byteswap", "ctypes", "data", "getfield")
"""What would hand out the memory of a traced array, or read its bits."""


def _refused(primitive, error, message):
    """A rule that raises: traced values cannot go through ``primitive``."""

    def refuse(*args, **params):
        raise error(message)

    return rule(primitive, differentiable=(), not_implemented={"*": message})(refuse)


def _refusing_write(what, instead):
    for primitive in _attributes(what) if isinstance(what, str) else [what]:
        yield _refused(
            primitive,
            InPlaceWriteError,
            f"{name_of(primitive)} writes into an array in place, which a traced value cannot "
            f"take part in. Build a new value instead: {instead}.",
        )


in_place = tuple(refused for item in IN_PLACE.items() for refused in _refusing_write(*item))

plain_memory = tuple(
    _refused(
        attribute,
        TracerConversionError,
        f"{name_of(attribute)} of a traced array would lose its derivative; "
        f"write pullback.stop_gradient(x).{name} if no derivative is meant",
    )
    for name in PLAIN_MEMORY
    for attribute in _attributes(name)
)
