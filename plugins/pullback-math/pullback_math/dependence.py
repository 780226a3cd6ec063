"""Which functions of numbers return a complex one for some values, and a float for others."""

from __future__ import annotations

import operator
from typing import ClassVar

from pullback.registry import unwrap
from pullback.spaces import Numbers, Traced, plain
from pullback_math.strong import power_log

_REAL = (float, int)


def _power(a, b):
    """Whether ``a**b`` may be complex: of a number, to what is not always a whole power."""
    if type(plain(a)) not in _REAL or type(plain(b)) not in _REAL:
        return False
    return isinstance(b, Traced) or not float(b).is_integer()


def _power_log(ct, a, b, n):
    """Whether ``ct * a**b * log(a)**n`` may be complex."""
    return bool(n) or _power(a, b)


class RealOrComplex(Numbers):
    """Python's numbers, as far as their type depends on values."""

    types: ClassVar = ()  # type: ignore[assignment]  # for which `Numbers` speaks
    value_dependent: ClassVar = {operator.pow: _power, unwrap(power_log): _power_log}
