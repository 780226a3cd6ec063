"""What Python's operators do to a tracer.

Each is a primitive of the module `operator`, or a builtin, and has its rule from a plugin.
Comparisons give plain values, so a traced program can branch on them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from pullback.errors import InPlaceWriteError
from pullback.spaces import plain, undifferentiated
from pullback.tracer import Tracer, apply, apply_binary, apply_unary


def _call(primitive: Any) -> Callable[..., Any]:
    def operate(self: Any, *others: Any) -> Any:
        return apply(primitive, (self, *others), {})

    return operate


def _unary(primitive: Any) -> Callable[..., Any]:
    def operate(self: Any) -> Any:
        return apply_unary(primitive, self)

    return operate


def _binary(primitive: Any) -> Callable[..., Any]:
    def operate(self: Any, other: Any) -> Any:
        return apply_binary(primitive, self, other)

    return operate


def _reflected(primitive: Any) -> Callable[..., Any]:
    def operate(self: Any, other: Any) -> Any:
        return apply_binary(primitive, other, self)

    return operate


def _in_place(symbol: str, primitive: Any) -> Callable[..., Any]:
    def operate(self: Any, other: Any) -> Any:
        if hasattr(type(plain(self)), "__iadd__"):
            raise InPlaceWriteError(
                f"a traced array cannot be written in place (x {symbol}= y): other names of it "
                f"would not see the change. Write x = x {symbol} y."
            )
        return apply_binary(primitive, self, other)

    return operate


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def operate(self: Any, other: Any) -> Any:
        return compare(undifferentiated(self), undifferentiated(other))

    return operate


def install() -> None:
    """Give tracers their operators."""
    for name, symbol in {
        "add": "+",
        "sub": "-",
        "mul": "*",
        "truediv": "/",
        "floordiv": "//",
        "mod": "%",
        "pow": "**",
        "matmul": "@",
    }.items():
        primitive = getattr(operator, name)
        setattr(Tracer, f"__{name}__", _binary(primitive))
        setattr(Tracer, f"__r{name}__", _reflected(primitive))
        setattr(Tracer, f"__i{name}__", _in_place(symbol, primitive))
    for name in ("neg", "pos"):
        setattr(Tracer, f"__{name}__", _unary(getattr(operator, name)))
    for name in ("lt", "le", "eq", "ne", "gt", "ge"):
        setattr(Tracer, f"__{name}__", _comparison(getattr(operator, name)))
    for name, function in {
        "abs": abs,
        "round": round,
        "floor": math.floor,
        "ceil": math.ceil,
        "trunc": math.trunc,
        "divmod": divmod,
    }.items():
        setattr(Tracer, f"__{name}__", _call(function))
    Tracer.__rdivmod__ = _reflected(divmod)  # type: ignore[attr-defined]
