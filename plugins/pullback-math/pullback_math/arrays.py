"""What the rules of this package need for arrays.

The rule of an operator hands arrays over to the rule of NumPy's function, so their singular points
are dealt with in one place, the rules of the array library. NumPy is imported only when a value
that follows its protocols has arrived.
"""

from __future__ import annotations

from typing import Any

from pullback.chain import rule_of
from pullback.registry import table
from pullback.spaces import plain, project, space_of

_is_array: dict[type, bool] = {}
"""Types that were seen, and whether NumPy's functions take them; never the type of a tracer."""
_ufuncs: dict[str, Any] = {}
"""The functions of NumPy that were asked for, by name."""


def any_array(*values):
    """Whether one of ``values``, traced or not, is an array or scalar of an array library."""
    for value in values:
        kind = type(value)
        if kind is float or kind is int:
            continue
        known = _is_array.get(kind)
        if known is None:
            kind = type(plain(value))
            # NumPy's scalars have the second only.
            known = hasattr(kind, "__array_ufunc__") or hasattr(kind, "__array_interface__")
            _is_array[kind] = known
        if known:
            return True
    return False


def ufunc_rule(name, *values):
    """What the rule of ``numpy.<name>`` returns for ``values``: ``(y, pullback)``."""
    ufunc = _ufuncs.get(name)
    if ufunc is None:
        import numpy as np

        ufunc = _ufuncs[name] = getattr(np, name)
    rule = table.get(ufunc) or rule_of(ufunc)
    return rule(*values)


def collector(items):
    """What makes a list of cotangents into the cotangent of ``items``: itself, or an array.

    A cotangent in the list may be ``None``, for zero, and have the shape that its item was
    broadcast to.
    """
    if not any_array(items):
        return list
    import numpy as np

    shape = items.shape
    space = space_of(plain(items)[0]) if shape[0] else None

    def collect(cotangents):
        if space is None:
            return np.zeros(shape)
        zero = np.zeros(shape[1:])
        return np.stack([zero if ct is None else project(ct, space) for ct in cotangents])

    return collect
