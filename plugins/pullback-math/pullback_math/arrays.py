"""What the rules of this package need for arrays.

The rule of an operator hands arrays over to the rule of NumPy's function, so their singular points
are dealt with in one place, the rules of the array library. NumPy is imported only when a value
that follows its protocols has arrived.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pullback.chain import rule_of
from pullback.registry import table
from pullback.spaces import Traced, plain, project, space_of


@cache
def _is_array(kind):
    """Whether NumPy's functions take values of a type; ``None`` where only the value can tell."""
    if issubclass(kind, Traced):
        return None
    # NumPy's scalars have the second only.
    return hasattr(kind, "__array_ufunc__") or hasattr(kind, "__array_interface__")


def any_array(*values):
    """Whether one of ``values``, traced or not, is an array or scalar of an array library."""
    for value in values:
        kind: Any = type(value)
        if kind is float or kind is int:  # without a call, which would cost as much as the rest
            continue
        known = _is_array(kind)
        if known is None:
            kind = type(plain(value))
            known = _is_array(kind)
        if known:
            return True
    return False


@cache
def _function(name):
    """``numpy.<name>``."""
    import numpy as np

    return getattr(np, name)


def ufunc_rule(name, *values):
    """What the rule of ``numpy.<name>`` returns for ``values``: ``(y, pullback)``."""
    function = _function(name)
    rule = table.get(function) or rule_of(function)  # which loads the plugins
    return rule(*values)


def collector(items):
    """What makes a list of cotangents into the cotangent of ``items``, a list or an array.

    A cotangent in the list may be ``None``, for zero, and have the shape that its item was
    broadcast to.
    """
    if not any_array(items):
        return list
    import numpy as np

    shape = items.shape
    space: Any = space_of(plain(items)[0]) if shape[0] else None

    def collect(cotangents):
        zero = np.zeros(shape[1:])
        rows = [zero if ct is None else project(ct, space) for ct in cotangents]
        return rows or np.zeros(shape)  # the engine stacks rows, but none have no shape

    return collect
