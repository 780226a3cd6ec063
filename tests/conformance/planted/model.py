"""What a planted bug is, and the few words in which the rules of this package are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import signature
from math import prod
from typing import Any

import numpy as np

from pullback import primitive, rule, vjp
from pullback.registry import Rule
from pullback.spaces import plain

__all__ = ["Planted", "count", "engine", "require", "ruled", "spread"]


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """A function, a rule for it with exactly one mistake, and the same rule without it."""

    name: str
    checks: tuple[str, ...]
    """The checks that must catch it."""
    function: Callable[..., Any]
    wrong: Rule
    right: Rule
    samples: tuple[Any, ...]
    """What an author would write, with no thought of this mistake."""
    story: str
    """What is wrong, and where it has happened."""
    alone: bool = False
    """Whether no other check may see it."""


def ruled(function: Callable[..., Any], pullback: Callable[..., Any], **declared: Any) -> Rule:
    """A rule of one formula: ``pullback(ct, y, *args, **params)``, with the function's defaults.

    Args:
        function: the original.
        pullback: returns the cotangent of the one primal, or a tuple of them.
        declared: what `pullback.rule` takes.
    """
    call = primitive(function)

    def formula_rule(*args: Any, **params: Any) -> tuple[Any, Any]:
        y = call(*args, **params)
        # The caller may write to arrays, of which the engine copies the positional ones.
        kept = {name: _frozen(value) for name, value in params.items()}

        def formula_pullback(ct: Any) -> Any:
            return pullback(ct, y, *args, **kept)

        return y, formula_pullback

    formula_rule.__signature__ = signature(function)  # type: ignore[attr-defined]
    return replace(rule(function, **declared)(formula_rule), source=pullback)


def _frozen(value: Any) -> Any:
    return value.copy() if type(value) is np.ndarray else value


def engine(function: Callable[..., Any], **declared: Any) -> Rule:
    """The rule that the engine makes by tracing ``function``: right where NumPy's rules are."""

    def traced_rule(*args: Any, **params: Any) -> tuple[Any, Any]:
        primals = [place for place, arg in enumerate(args) if _is_floating(arg)]
        if not primals:
            return function(*args, **params), None
        # A function of another name: that of this one leads back here.
        y, pullback = vjp(
            lambda *args: function(*map(_array, args), **params), *args, argnums=primals
        )

        def traced_pullback(ct: Any) -> tuple[Any, ...]:
            found = dict(zip(primals, pullback(ct), strict=True))
            return tuple(found.get(place) for place in range(len(args)))

        return y, traced_pullback

    traced_rule.__signature__ = signature(function)  # type: ignore[attr-defined]
    return replace(rule(function, **declared)(traced_rule), source=function)


def _array(value: Any) -> Any:
    return np.stack([*map(_array, value)]) if isinstance(value, list) else value


def _is_floating(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_floating, value))
    return np.result_type(plain(value)).kind in "fc"


def spread(ct: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The cotangent of a reduction of ``x``, in the shape of ``x``."""
    shape = np.shape(x)
    if axis is not None and shape and not keepdims:
        axes = axis if isinstance(axis, tuple) else (axis,)
        ct = np.expand_dims(ct, tuple(place % len(shape) for place in axes))
    return np.broadcast_to(ct, shape)


def count(x: Any, axis: Any = None) -> int:
    """How many elements of ``x`` each element of a reduction is made of."""
    shape = np.shape(x)
    if axis is None or not shape:
        return prod(shape)
    return prod(shape[place] for place in (axis if isinstance(axis, tuple) else (axis,)))


def require(fits: bool) -> None:
    """Refuse arguments that a function does not take.

    Raises:
        ValueError: they do not fit.
    """
    if not fits:
        raise ValueError("the function does not take arguments of this shape or kind")
