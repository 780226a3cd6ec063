"""Exact derivatives from rules that are written once.

A rule is a callable ``rule(*primals, **params) -> (y, pullback)``. A chain of rules is a rule, and
so is a traced Python function; `vjp` finds the rule of a thing and calls it.

>>> from math import exp, sin
>>> from pullback import val_and_grad
>>> val_and_grad([sin, sin, exp], 2.0)
(2.2013533791690376, -0.562752038662712)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pullback import errors
from pullback._version import __version__
from pullback.chain import Chain
from pullback.derivatives import is_traced, jvp, linearize, stop_gradient, val_and_grad, vjp
from pullback.errors import PullbackError
from pullback.hookspecs import hookimpl
from pullback.plugins import register
from pullback.registry import Registry, Rule
from pullback.rules import elementwise, nondifferentiable, not_implemented, primitive, rule
from pullback.spaces import ArrayType, Deferred
from pullback.transforms import grad, hessian, hvp, jacobian, value_and_grad
from pullback.updates import at

if TYPE_CHECKING:
    from pullback.checkpointing import checkpoint
    from pullback.compiler import compile
    from pullback.debugging import debug
    from pullback.graph import Graph, folded, trace

__all__ = [
    "ArrayType",
    "Chain",
    "Deferred",
    "Graph",
    "PullbackError",
    "Registry",
    "Rule",
    "__version__",
    "at",
    "checkpoint",
    "compile",
    "debug",
    "elementwise",
    "errors",
    "folded",
    "grad",
    "hessian",
    "hookimpl",
    "hvp",
    "is_traced",
    "jacobian",
    "jvp",
    "linearize",
    "nondifferentiable",
    "not_implemented",
    "primitive",
    "register",
    "rule",
    "stop_gradient",
    "trace",
    "val_and_grad",
    "value_and_grad",
    "vjp",
]

_LATER = {
    "Graph": "pullback.graph",
    "checkpoint": "pullback.checkpointing",
    "compile": "pullback.compiler",
    "debug": "pullback.debugging",
    "folded": "pullback.graph",
    "trace": "pullback.graph",
}
"""Name -> the module that has it, imported when it is first asked for: not all programs do."""


def __getattr__(name: str) -> Any:
    if name in ("compiler", "drawing", "graph"):
        return import_module(f"pullback.{name}")
    if name not in _LATER:
        raise AttributeError(f"module 'pullback' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_LATER[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
