"""What a primitive is called, in messages and in listings."""

from __future__ import annotations

from functools import cached_property
from types import ModuleType
from typing import Any, Final

_PUBLIC_MODULES: Final = {"_operator": "operator", "builtins": ""}

HOME: Final = {
    "math": "pullback-math",
    "cmath": "pullback-math",
    "operator": "pullback-math",
    "": "pullback-math",
    "numpy": "pullback-numpy",
    "dask": "pullback-dask",
}
"""Top-level module of a primitive or type -> the plugin that is known to have its rules."""


def name_of(primitive: Any) -> str:
    """The dotted public name of a primitive.

    >>> import math, operator
    >>> name_of(math.sin), name_of(operator.add), name_of(abs), name_of(float.conjugate)
    ('math.sin', 'operator.add', 'abs', 'float.conjugate')

    A property is called as the function that it wraps.

    >>> from fractions import Fraction
    >>> name_of(Fraction.numerator)
    'fractions.Fraction.numerator'
    """
    if isinstance(primitive, property):
        return name_of(primitive.fget)
    if isinstance(primitive, cached_property):
        return name_of(primitive.func)
    owner = None
    if not isinstance(primitive, type):  # those of its instances are attributes of a class
        owner = getattr(primitive, "__objclass__", None)
        if owner is None:
            owner = getattr(primitive, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        return f"{name_of(owner)}.{primitive.__name__}"
    name = getattr(primitive, "__qualname__", None) or getattr(primitive, "__name__", None)
    if name is None:
        return repr(primitive)
    module = getattr(primitive, "__module__", None) or ""
    module = _PUBLIC_MODULES.get(module, module)
    return f"{module}.{name}" if module else str(name)
