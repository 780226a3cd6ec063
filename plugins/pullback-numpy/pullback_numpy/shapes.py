"""Rules for what moves elements without changing them: reshaping, transposing, broadcasting.

The pullback moves the cotangents back. Most are views, forward and backward.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pullback import rule
from pullback.errors import DerivativeNotImplementedError
from pullback.spaces import Traced, undifferentiated
from pullback.tracer import apply_function
from pullback_numpy.axes import as_array, inverse


def _order_of(a, order):
    """The reading order that ``order`` means for ``a``: C or F.

    Raises:
        DerivativeNotImplementedError: ``"K"`` for an array that is contiguous in neither.
    """
    if order in ("C", "F"):
        return order
    flags = undifferentiated(a).flags
    if order == "K" and not flags.forc:
        raise DerivativeNotImplementedError(
            "order='K' reads an array that is neither C- nor F-contiguous in the order of its "
            "memory, for which no derivative is written; say order='C' or order='F'"
        )
    return "F" if flags.fnc else "C"


def _unreshaped(shape, order="C"):
    """The pullback of a reshape from ``shape``."""
    if order == "C":

        def reshape_pullback(ct):
            return ct.reshape(shape)

    else:

        def reshape_pullback(ct):
            return ct.reshape(shape, order=order)

    return reshape_pullback


@rule(np.reshape, linear=1)
def reshape(a, shape, order="C", *, copy=None):
    """The same elements in another shape; ``order`` says how both shapes are read."""
    a = as_array(a)
    if order == "C" and copy is None:
        return a.reshape(shape), _unreshaped(a.shape)
    order = _order_of(a, order)
    return a.reshape(shape, order=order, copy=copy), _unreshaped(a.shape, order)


@rule(
    np.ravel,
    linear=1,
    not_implemented={"order": "'K' of an array that is neither C- nor F-contiguous"},
)
def ravel(a, order="C"):
    """All elements on one axis, as a view where that is possible."""
    a = as_array(a)
    if order == "C":
        return a.ravel(), _unreshaped(a.shape)
    order = _order_of(a, order)
    return a.ravel(order), _unreshaped(a.shape, order)


@rule(np.squeeze, linear=1)
def squeeze(a, axis=None):
    """Without axes of length one."""
    a = as_array(a)
    return a.squeeze(axis), _unreshaped(a.shape)


@rule(np.expand_dims, linear=1)
def expand_dims(a, axis):
    """With new axes of length one."""
    a = as_array(a)
    return np.expand_dims(a, axis), _unreshaped(a.shape)


def _at_least(function):
    """The rule of ``atleast_1d`` and its kin, which take one array or several."""

    @rule(function)
    def atleast(*arys):
        arrays = [as_array(array) for array in arys]
        shapes = [array.shape for array in arrays]
        y = function(*arrays)
        if len(arrays) == 1:
            return y, _unreshaped(shapes[0])

        def atleast_pullback(cts):
            return tuple(
                None if ct is None else ct.reshape(shape)
                for ct, shape in zip(cts, shapes, strict=True)
            )

        return y, atleast_pullback

    return atleast


atleast = tuple(map(_at_least, (np.atleast_1d, np.atleast_2d, np.atleast_3d)))


@rule(np.transpose, linear=1)
def transpose(a, axes=None):
    """Axes in another order: the pullback puts them back."""
    a = as_array(a)
    if axes is None:

        def transpose_pullback(ct):
            return ct.T

        return a.T, transpose_pullback
    y = a.transpose(axes)
    ndim = a.ndim

    def transpose_pullback_axes(ct):
        return ct.transpose(inverse([axis % ndim for axis in axes]))

    return y, transpose_pullback_axes


@rule(np.matrix_transpose, linear=1)
def matrix_transpose(x):
    """The last two axes exchanged."""

    def matrix_transpose_pullback(ct):
        return ct.mT

    return as_array(x).mT, matrix_transpose_pullback


matrix_transpose_linalg = replace(matrix_transpose, primitive=np.linalg.matrix_transpose)


@rule(np.swapaxes, linear=1)
def swapaxes(a, axis1, axis2):
    """Two axes exchanged; exchanging them again is the pullback."""

    def swapaxes_pullback(ct):
        return ct.swapaxes(axis1, axis2)

    return as_array(a).swapaxes(axis1, axis2), swapaxes_pullback


@rule(np.moveaxis, linear=1)
def moveaxis(a, source, destination):
    """Axes moved from ``source`` to ``destination``, and back."""

    def moveaxis_pullback(ct):
        return np.moveaxis(ct, destination, source)

    return np.moveaxis(a, source, destination), moveaxis_pullback


@rule(np.rollaxis, linear=1)
def rollaxis(a, axis, start=0):
    """One axis moved to before ``start``."""
    ndim = a.ndim
    y = np.rollaxis(a, axis, start)

    def rollaxis_pullback(ct):
        order = [*range(ndim)]
        order.remove(axis % ndim)
        before = start + ndim if start < 0 else start
        order.insert(before - (axis % ndim < before), axis % ndim)
        return ct.transpose(inverse(order))

    return y, rollaxis_pullback


@rule(np.broadcast_to, linear=1)
def broadcast_to(array, shape, subok=False):
    """A view of a larger shape; the engine sums the cotangents of what is one element."""

    def broadcast_to_pullback(ct):
        return ct

    params = {"subok": True} if subok else {}
    return np.broadcast_to(array, shape, **params), broadcast_to_pullback


@rule(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    """Views of one shape of all arguments."""

    def broadcast_arrays_pullback(cts):
        return cts

    arrays = [as_array(array) for array in args]
    shape = np.broadcast_shapes(*[array.shape for array in arrays])
    # Not np.broadcast_arrays, whose views warn when they are asked whether they can be written.
    return tuple([np.broadcast_to(array, shape, subok) for array in arrays]), (
        broadcast_arrays_pullback
    )


@rule(np.full_like, differentiable=("fill_value",))
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """An array of one value, which gets the sum of the cotangents; ``a`` gives the shape only."""
    args = (a, fill_value, dtype, order, subok, shape)
    if isinstance(fill_value, Traced):  # NumPy looks for tracers in `a` only
        y = apply_function(np.full_like, args, {"device": device})
    else:
        y = np.full_like(*args, device=device)

    def full_like_pullback(ct):
        return ct

    return y, (None, full_like_pullback)


@rule(np.flip, linear=1)
def flip(m, axis=None):
    """Axes reversed, and reversed again."""

    def flip_pullback(ct):
        return np.flip(ct, axis)

    return np.flip(m, axis), flip_pullback


def _flipped(function):
    """The rule of ``fliplr`` or ``flipud``, which undo themselves."""

    @rule(function)
    def flipped(m):
        def flip_pullback(ct):
            return function(ct)

        return function(m), flip_pullback

    return flipped


flipped = tuple(map(_flipped, (np.fliplr, np.flipud)))


@rule(np.roll, linear=1)
def roll(a, shift, axis=None):
    """Elements moved along axes, around the ends, and back."""

    def roll_pullback(ct):
        back = -shift if np.ndim(shift) == 0 else tuple([-step for step in shift])
        return np.roll(ct, back, axis)

    return np.roll(a, shift, axis), roll_pullback


@rule(np.rot90, linear=1)
def rot90(m, k=1, axes=(0, 1)):
    """A rotation by ``k`` right angles, and back."""

    def rot90_pullback(ct):
        return np.rot90(ct, -k, axes)

    return np.rot90(m, k, axes), rot90_pullback


@rule(np.copy, linear=1)
def copy(a, order="K", subok=False):
    """The same elements in memory of their own."""

    def copy_pullback(ct):
        return ct

    return np.copy(a, order, subok), copy_pullback


@rule(np.astype)
def astype(x, dtype, *, copy=True, device=None):
    """Another dtype; the engine casts the cotangent back."""

    def astype_pullback(ct):
        return ct

    return x.astype(dtype, copy=copy), astype_pullback
