"""Shapes: what undoes itself, what does nothing, and what need not copy.

The order of an array in memory may be another one after this, as no copy is made where there was
one. What a sum over several axes gives may depend on it, in the last bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pullback.compiler.facts import Call, is_in, known_facts
from pullback.compiler.passes.running import plain_leaves
from pullback.graph.nodes import Node
from pullback_numpy.compilation.nodes import is_array, is_call, options

RESHAPES: tuple[Any, ...] = (
    np.reshape,
    np.ravel,
    np.squeeze,
    np.expand_dims,
    np.atleast_1d,
    np.atleast_2d,
)
RESHAPING_METHODS: tuple[Any, ...] = (np.ndarray.reshape, np.ndarray.ravel, np.ndarray.squeeze)
IDENTITIES: tuple[Any, ...] = (np.broadcast_to, np.real, np.ndarray.real)
CONJUGATES: tuple[Any, ...] = (np.conjugate, np.ndarray.conj, np.ndarray.conjugate)
COPIES: tuple[Any, ...] = (np.copy, np.ndarray.copy, np.astype, np.ndarray.astype)
"""What makes an array without gaps of any array, as it lies in memory or in C's order."""
TRANSPOSES: tuple[Any, ...] = (np.transpose, np.ndarray.transpose, np.permute_dims)
MATRIX_TRANSPOSES: tuple[Any, ...] = (np.matrix_transpose, np.linalg.matrix_transpose)
ATTRIBUTES: tuple[Any, ...] = (np.ndarray.T, np.ndarray.mT)
SWAPS: tuple[Any, ...] = (np.swapaxes, np.ndarray.swapaxes)
WHOLE = slice(None)


def register(facts):
    """Say it of the functions that move elements, or leave them where they are."""
    for function in (*RESHAPES, *RESHAPING_METHODS):
        facts.simplify(function, reshape)
    for function in TRANSPOSES:
        facts.simplify(function, transpose)
    for function in ATTRIBUTES:
        facts.simplify(function, transposed_again)
    for function in MATRIX_TRANSPOSES:
        facts.simplify(function, matrix_transpose)
    for function in SWAPS:
        facts.simplify(function, swapped_again)
    for function in IDENTITIES:
        facts.simplify(function, same)
    for function in CONJUGATES:
        facts.share(function, real_conjugate)
    facts.simplify(np.ndarray.__getitem__, whole, of_stack)
    for function in COPIES:
        facts.share(function, copied)
    facts.share(np.ndarray.flatten, flattened)


def reshape(node):
    """All that changes nothing but the shape is one reshape of what was reshaped; or nothing."""
    x, *others = node.args
    if node.space is None or node.space[0] is not np.ndarray or not is_array(x):
        return None
    if not plain_leaves(others) or not plain_leaves(node.params.values()):
        return None
    if node.params.get("order", "C") != "C" or "F" in others or "A" in others or "K" in others:
        return None
    shape = node.space[1]
    if x.space[1] == shape:
        return x
    if is_call(x, np.ndarray.reshape) and is_plain_reshape(x):
        return Call(np.ndarray.reshape, (x.args[0], shape))
    if node.function is np.ndarray.reshape and is_plain_reshape(node):
        return None
    return Call(np.ndarray.reshape, (x, shape))


def is_plain_reshape(node):
    """Whether a call is ``x.reshape(shape)`` with the whole shape told, of an array."""
    args = node.args
    return not node.params and len(args) == 2 and args[1] == node.space[1] and is_array(args[0])


def transpose(node):
    """``numpy.transpose(x)`` is ``x.T``; with the axes in order it is ``x``."""
    x, *axes = node.args
    if not is_array(x) or not plain_leaves(axes) or [*node.params] not in ([], ["axes"]):
        return None
    axes = [*axes, *node.params.values()]
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        axes = [] if axes[0] is None else [*axes[0]]
        if not axes and len(x.space[1]):
            return Call(np.ndarray.T, (x,))
    ndim = len(x.space[1])
    if not axes or [axis % ndim for axis in axes] == [*range(ndim)][::-1]:
        return Call(np.ndarray.T, (x,))
    return x if [axis % ndim for axis in axes] == [*range(ndim)] else None


def transposed_again(node):
    """The transpose of a transpose, or of a vector."""
    (x,) = node.args
    if is_call(x, node.function):
        return x.args[0]
    return x if is_array(x) and len(x.space[1]) < 2 else None


def matrix_transpose(node):
    """``numpy.matrix_transpose(x)`` is ``x.mT``."""
    return Call(np.ndarray.mT, node.args) if is_array(node.args[0]) and not node.params else None


def swapped_again(node):
    """Two axes exchanged and exchanged again."""
    x, *axes = node.args
    if node.params or not is_call(x, *SWAPS) or x.params:
        return None
    return x.args[0] if plain_leaves(axes) and [*x.args[1:]] == axes else None


def same(node):
    """What does nothing, or copies, where the output has the space of the input, is the input."""
    x = node.args[0] if node.args else None
    return x if type(x) is Node and is_array(x) and x.space == node.space else None


def has_no_gaps(x):
    """Whether an array was computed, so that it lies in memory as a copy of it would.

    NumPy sums the elements of an array with gaps in another order.
    """
    return is_array(x) and x.kind == "call" and is_in(known_facts().owning, x.function)


def copied(node):
    """A copy of what was computed; where the axes may lie in another order, of a vector."""
    x = node.args[0] if node.args else None
    keeps_order = node.function is not np.ndarray.copy or len(node.space[1]) < 2
    is_plain = len(node.args) == 1 or node.function in (np.astype, np.ndarray.astype)
    if not keeps_order or not is_plain or "order" in node.params or not has_no_gaps(x):
        return None
    return same(node)


def flattened(node):
    """A flat copy of what was computed."""
    return reshape(node) if has_no_gaps(node.args[0]) else None


def real_conjugate(node):
    """The conjugate of an array that was computed and is not complex."""
    x = node.args[0]
    return x if not node.params and has_no_gaps(x) and x.space[2].kind in "fiub" else None


def whole(node):
    """``x[...]`` and ``x[:]``."""
    x, index = node.args
    items = index if type(index) is tuple else (index,)
    for item in items:
        if item is not Ellipsis and not (type(item) is slice and item == WHOLE):
            return None
    return x if is_array(x) else None


def of_stack(node):
    """What was stacked as the ``i``-th, read by ``stack[i]``."""
    x, index = node.args
    if type(index) is not int or not is_call(x, np.stack):
        return None
    if options(x, "axis", axis=0) != {} or type(x.args[0]) not in (list, tuple):
        return None
    return x.args[0][index] if is_array(x.args[0][index]) else None
