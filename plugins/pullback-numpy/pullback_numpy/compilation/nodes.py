"""What the node of a call is, as far as the facts of NumPy go by it."""

from __future__ import annotations

import numpy as np

from pullback.graph.nodes import Node

PLAIN = (float, int, complex, bool)
"""The types of Python's numbers, whose precision NumPy takes from the array beside them."""


def is_real(space):
    """Whether values are scalars or arrays of single or double precision in native byte order."""
    kind, _, dtype = space
    if kind is np.ndarray:
        return dtype.char in "fd" and dtype.isnative
    return kind is np.float64 or kind is np.float32


def is_array(value):
    """Whether a value is a node that stands for an array, of known shape and dtype."""
    return type(value) is Node and value.space is not None and value.space[0] is np.ndarray


def is_numpy(value):
    """Whether a value is an array or scalar of NumPy, or a node that stands for one."""
    if type(value) is not Node:
        return isinstance(value, (np.ndarray, np.generic))
    if value.space is None:
        return False
    return value.space[0] is np.ndarray or issubclass(value.space[0], np.generic)


def is_call(value, *functions):
    """Whether a value is a call of one of these functions."""
    return type(value) is Node and value.kind == "call" and value.function in functions


def options(node, *names, **defaults):
    """Name -> value of the arguments of a call after the first; ``None`` if others are given.

    Args:
        node: the call.
        names: of the arguments, in their order.
        defaults: the values that those arguments must have; the others are returned.
    """
    if len(node.args) > len(names) + 1:
        return None
    found = {**dict(zip(names, node.args[1:], strict=False)), **node.params}
    for name, value in found.items():
        if name not in names or type(value) is Node:
            return None
        if name in defaults and not (value is defaults[name] or value is np._NoValue):
            return None
    return {name: value for name, value in found.items() if name not in defaults}
