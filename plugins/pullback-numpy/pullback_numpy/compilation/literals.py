"""Numbers instead of constant arrays, where the output keeps its type, shape, dtype and bits.

The other argument must have them already: beside a number of Python it decides the precision.
"""

from __future__ import annotations

import operator

import numpy as np

from pullback.compiler.arithmetic import EXACT_INTEGERS, with_floats
from pullback.compiler.facts import Call
from pullback.graph.nodes import Node
from pullback_numpy import strong
from pullback_numpy.compilation.nodes import is_real

LARGEST = 2_000_000
"""Arrays of more elements are not looked into, unless they are views of one element."""

ELEMENTWISE = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.hypot,
    np.arctan2,
    strong.multiply,
    strong.divide,
    strong.bilinear,
)


SMALL = 1024
"""Constants of so many bytes are compared by what they hold, which a trace has copied."""


def register(facts):
    """Say it of the functions of two arguments that act on each element."""
    for kind in (np.ndarray, np.float64, np.float32, np.int64, np.bool, np.complex128):
        facts.compare(kind, content)
    for function in ELEMENTWISE:
        facts.number_for_array(function, number_for_array, floats_for_integers)


def number_for_array(node):
    """``numpy.multiply(ones, x)`` is ``1.0 * x``, if ``x`` has the shape and dtype of both."""
    if len(node.args) != 2 or node.space is None or node.params:
        return None
    a, b = node.args
    if type(a) is Node:
        number = _number(b, a, node)
        return None if number is None else Call(node.function, (a, number))
    number = _number(a, b, node)
    return None if number is None else Call(node.function, (number, b))


def _number(constant, other, node):
    """The number that may stand for ``constant`` in a call that has ``other`` beside it."""
    if not isinstance(constant, (np.ndarray, np.generic)) or type(other) is not Node:
        return None
    if other.space != node.space or getattr(constant, "ndim", 0) > _ndim(node.space):
        return None
    kind = _dtype(node.space).kind
    if kind not in "fc":
        return None
    number = uniform(constant)
    if type(number) in (int, bool) and abs(number) <= EXACT_INTEGERS:
        number = float(number)
    return number if type(number) is float or (kind == "c" and type(number) is complex) else None


def _ndim(space):
    return 0 if space[1] is None else len(space[1])


def _dtype(space):
    return np.dtype(space[0]) if space[2] is None else space[2]


def uniform(array):
    """The one number that all elements are, bit by bit; ``None`` if they differ or are many.

    >>> uniform(np.broadcast_to(2.0, (3, 10**6))), uniform(np.array([0.0, -0.0]))
    (2.0, None)
    """
    if not array.size or array.dtype.kind not in "fciub":
        return None
    first = array[(0,) * array.ndim]
    repeated = all(
        stride == 0 or length == 1
        for stride, length in zip(array.strides, array.shape, strict=True)
    )
    if repeated or (array.size <= LARGEST and _all_are(array, first)):
        return first.item()
    return None


def _all_are(array, first):
    """Whether all elements have the bits of ``first``; most arrays say no by their last one."""
    if array[(-1,) * array.ndim].tobytes() != first.tobytes():
        return False
    width = min(array.itemsize, 8)
    words = np.ascontiguousarray(array).reshape(-1).view(f"u{width}")
    parts = array.itemsize // width
    return all(bool((words[part::parts] == words[part]).all()) for part in range(parts))


def floats_for_integers(node):
    """``2 * x`` is ``2.0 * x`` for real ``x``, and faster."""
    return with_floats(node) if node.space is not None and is_real(node.space) else None


def content(array):
    """The bits of a small array with how they lie in memory; ``None`` for a large one."""
    if array.nbytes > SMALL or array.dtype.hasobject:
        return None
    return array.dtype, array.shape, array.strides, array.tobytes()
