"""What the rules of this package need for arrays.

The rule of an operator hands arrays over to the rule of NumPy's function, so their singular points
are dealt with in one place, the rules of the array library. NumPy is imported only when a value
that follows its protocols has arrived.
"""

from __future__ import annotations

from pullback.chain import rule_of
from pullback.spaces import plain


def any_array(*values):
    """Whether one of ``values``, traced or not, is an array or scalar of an array library."""
    for value in values:
        kind = type(value)
        if kind is not float and kind is not int and hasattr(type(plain(value)), "__array_ufunc__"):
            return True
    return False


def ufunc_rule(name, *values):
    """What the rule of ``numpy.<name>`` returns for ``values``: ``(y, pullback)``."""
    import numpy as np

    return rule_of(getattr(np, name))(*values)


def collector(items):
    """What makes a list of cotangents into the cotangent of ``items``: itself, or an array."""
    if not any_array(items):
        return list
    import numpy as np

    return np.stack
