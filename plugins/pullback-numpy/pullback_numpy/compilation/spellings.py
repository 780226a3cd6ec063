"""What takes the least time on small arrays, where NumPy has several ways to say the same.

``numpy.sum(x)`` runs some lines of Python before it calls ``numpy.add.reduce``; a number beside an
array is made into an array first, so ``x + x`` is faster than ``2.0 * x``.
"""

from __future__ import annotations

import operator
from math import prod
from typing import Any

import numpy as np

from pullback.compiler.arithmetic import EXACT_INTEGERS
from pullback.compiler.facts import Call
from pullback.graph.nodes import Node
from pullback_numpy import indexing
from pullback_numpy.compilation.nodes import is_array, is_real, options

SUMS = ("axis", "dtype", "out", "keepdims", "initial", "where")
EXTREMES = ("axis", "out", "keepdims", "initial", "where")
NOT_GIVEN = {"dtype": None, "out": None, "initial": np._NoValue, "where": True}
REDUCTIONS: dict[Any, np.ufunc] = {
    np.sum: np.add,
    np.ndarray.sum: np.add,
    np.prod: np.multiply,
    np.ndarray.prod: np.multiply,
    np.max: np.maximum,
    np.ndarray.max: np.maximum,
    np.min: np.minimum,
    np.ndarray.min: np.minimum,
}
"""Reduction -> the ufunc that it calls again and again."""
MEANS: tuple[Any, ...] = (np.mean, np.ndarray.mean)
WHOLE = slice(None)


def register(facts):
    """Say it of reductions, products and changes of shape."""
    for function, ufunc in REDUCTIONS.items():
        names = EXTREMES if ufunc in (np.maximum, np.minimum) else SUMS
        facts.spell(function, _reduction(ufunc.reduce, names))
    for function in MEANS:
        facts.spell(function, mean)
    facts.spell(np.outer, outer)
    facts.spell(np.dot, dot)
    facts.spell(operator.mul, double)
    facts.spell(np.ndarray.reshape, index)
    facts.spell_for_python(indexing.scatter, elements)


def _reduction(function, names):
    """A reduction as the method of its ufunc, which is what it calls."""

    def reduction(node):
        params = _axes(node, names)
        return None if params is None else Call(function, (node.args[0],), params)

    return reduction


def _axes(node, names):
    """The axes, and whether they are kept, of a reduction of an array; ``None`` for any other."""
    if not node.args or not is_array(node.args[0]):
        return None
    chosen = options(node, *names, **{name: NOT_GIVEN[name] for name in names if name in NOT_GIVEN})
    if chosen is None:
        return None
    params = {"axis": chosen.get("axis")}
    keepdims = chosen.get("keepdims", False)
    if keepdims is True:
        params["keepdims"] = True
    elif keepdims is not False and keepdims is not np._NoValue:
        return None
    return params


def mean(node):
    """A mean as the sum that it is, over the number of elements."""
    params = _axes(node, ("axis", "dtype", "out", "keepdims", "where"))
    if params is None or node.space is None or not is_real(node.space):
        return None
    x, axis = node.args[0], params["axis"]
    shape, dtype = x.space[1:]
    if dtype != (node.space[2] or np.dtype(node.space[0])):
        return None
    axes = range(len(shape)) if axis is None else axis if type(axis) is tuple else (axis,)
    number = prod([shape[place] for place in axes])
    if not 0 < number <= EXACT_INTEGERS:
        return None
    total = Call(np.add.reduce, (x,), params, node.space)
    return Call(operator.truediv, (total, float(number)))


def outer(node):
    """The outer product of two vectors as a column times a row."""
    if node.params or len(node.args) != 2 or not all(map(is_array, node.args)):
        return None
    a, b = node.args
    if len(a.space[1]) != 1 or len(b.space[1]) != 1:
        return None
    space = (np.ndarray, (*a.space[1], 1), a.space[2])
    return Call(operator.mul, (Call(np.ndarray.__getitem__, (a, (WHOLE, None)), {}, space), b))


def dot(node):
    """``numpy.dot(a, b)`` as the method of the array ``a``."""
    if node.params or len(node.args) != 2 or not all(map(is_array, node.args)):
        return None
    return Call(np.ndarray.dot, node.args)


def double(node):
    """``2.0 * x`` as ``x + x``: for arrays no number has to be brought to their dtype."""
    a, x = node.args
    if type(a) is float and a == 2.0 and is_array(x) and x.space == node.space:
        return Call(operator.add, (x, x)) if is_real(x.space) else None
    return None


def index(node):
    """A vector as a column or a row, and back, by an index, which takes half the time."""
    x = node.args[0]
    if node.params or node.space is None or not is_array(x) or type(node.args[1]) is Node:
        return None
    forms = _form(x.space[1]), _form(node.space[1])
    return Call(np.ndarray.__getitem__, (x, _INDICES[forms])) if forms in _INDICES else None


def _form(shape):
    """Vector, column or row, in one letter each."""
    if len(shape) == 1:
        return "v"
    if len(shape) == 2 and 1 in shape:
        return "c" if shape[1] == 1 else "r"
    return None


_INDICES = {("v", "c"): (WHOLE, None), ("v", "r"): None, ("c", "v"): (WHOLE, 0), ("r", "v"): 0}


def elements(node):
    """A vector of which every element is scattered once, as that vector.

    Adding zero makes 0.0 of -0.0, as the scattering does.
    """
    shape, dtype, indices, *cotangents = node.args
    if len(shape) != 1 or node.params or len(indices) != shape[0] or not indices:
        return None
    if any(type(index) is not int for index in indices) or dtype.kind != "f":
        return None
    places = [index % shape[0] for index in indices]
    kinds = {ct.space[0] if type(ct) is Node and ct.space else type(ct) for ct in cotangents}
    if len({*places}) < len(places) or not kinds <= {dtype.type, float}:
        return None
    ordered = [ct for _, ct in sorted(zip(places, cotangents, strict=True), key=_place)]
    vector = Call(np.array, (ordered,), {"dtype": dtype}, node.space)
    return Call(operator.add, (vector, 0.0))


def _place(pair):
    return pair[0]
