"""A value as Python that can be pasted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pullback.conformance.kinds import LAYOUTS, laid_out
from pullback.conformance.samples import Call
from pullback.names import name_of

__all__ = ["call_expression", "expression"]


def expression(value: Any) -> str:
    """``value`` as an expression, where numpy is ``np``.

    >>> expression([1.0, np.array([1, 2])]), expression(np.float32(0.5))
    ('[1.0, np.array([1, 2])]', 'np.float32(0.5)')
    """
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({_number(value.item())})"
    if isinstance(value, (float, complex)):
        return _number(value)
    if type(value) is tuple:
        inside = ", ".join(map(expression, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if type(value) is list:
        return f"[{', '.join(map(expression, value))}]"
    if type(value) is dict:
        return f"{{{', '.join(f'{key!r}: {expression(v)}' for key, v in value.items())}}}"
    if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
        return _named(value)
    if isinstance(value, np.dtype):
        return f"np.dtype({value.str!r})"
    return "np._NoValue" if value is np._NoValue else repr(value)


def _named(value: Any) -> str:
    name = name_of(value)
    return (
        name.replace("numpy.", "np.", 1)
        if name.startswith("numpy.")
        else name.removeprefix("builtins.")
    )


def _number(value: Any) -> str:
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    if isinstance(value, float) and value != value:
        return "float('nan')"
    if isinstance(value, float) and value in (float("inf"), -float("inf")):
        return f"float('{value}')"
    return repr(value)


def _array(array: Any) -> str:
    text = f"np.array({_nested(array.tolist())}"
    implied = array.size and array.dtype in (
        np.dtype(float),
        np.dtype(complex),
        np.dtype(int),
        np.dtype(bool),
    )
    name = array.dtype.name if array.dtype.isbuiltin == 1 else array.dtype.str
    text += ")" if implied else f", dtype={name!r})"
    if array.size == 0:
        text = f"np.empty({array.shape}, {name!r})"
    layout = _layout(array)
    return f"laid_out({text}, {layout!r})" if layout else text


def _layout(array: Any) -> str:
    """The layout that makes a plain array lie in memory like this one; empty if it is plain."""
    if array.flags.c_contiguous:
        return "" if array.flags.writeable else "read-only"
    plain = np.empty(array.shape, array.dtype)
    same = (name for name in LAYOUTS if laid_out(plain, name).strides == array.strides)
    return next(same, "negative-stride" if min(array.strides) < 0 else "strided")


def _nested(items: Any) -> str:
    if isinstance(items, list):
        return f"[{', '.join(map(_nested, items))}]"
    if isinstance(items, complex):
        return _number(items)
    if isinstance(items, float) and not np.isfinite(items):
        return "np.nan" if items != items else "np.inf" if items > 0 else "-np.inf"
    return repr(items)


def call_expression(
    target: str, call: Call, *, cotangent: Any = None, extra: Sequence[str] = ()
) -> str:
    """``check_rule(target, ...)`` with the arguments of ``call``."""
    parts = [target, *map(expression, call.args)]
    if call.params:
        parts.append(f"params={expression(call.params)}")
    if cotangent is not None:
        parts.append(f"cotangent={expression(cotangent)}")
    if call.shared:
        parts.append("shared=True")
    return f"check_rule({', '.join([*parts, *extra])})"
