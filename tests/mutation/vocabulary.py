"""What the mutation operators know of the language of rules: which names stand for what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _both_ways(*pairs: str) -> dict[str, str]:
    """From pairs of words, each word -> the other one."""
    found: dict[str, str] = {}
    for pair in pairs:
        one, other = pair.split()
        found |= {one: other, other: one}
    return found


DECLARATIONS: Final = _words(
    "domain signature differentiable not_implemented pushforward override strict primitive"
)
"""Keywords that say something about a rule, or about a call, and compute nothing."""
DECLARING: Final = _words("rule elementwise primitive nondifferentiable lru_cache")
"""Functions whose first argument says what a rule is for."""
UNTOUCHED: Final = _words(
    "nondifferentiable refuse_out not_implemented isinstance issubclass hasattr getattr lru_cache "
    "plain type len range slice zip enumerate vars NotImplementedError ValueError "
    "InPlaceWriteError DerivativeNotImplementedError TracerConversionError name_of apply_function "
    "frozenset rules find_rule rule_of replace iter next errstate print"
)
"""Calls that stay a call with these arguments in this order; their arguments may be changed."""

UNTOUCHED_INSIDE: Final = _words("nondifferentiable refuse_out not_implemented name_of")
"""Calls that say something about a rule, or raise."""

COMMUTING: Final = _words("hypot maximum minimum bilinear any_array zero dist")
"""Functions whose arguments may come in any order."""

FUNCTIONS: Final = _both_ways(
    "cos sin",
    "cosh sinh",
    "exp expm1",
    "log log1p",
    "tan tanh",
    "sqrt cbrt",
    "maximum minimum",
    "max min",
    "max_ min_",
    "real imag",
    "sum mean",
    "cumsum cumprod",
    "zeros ones",
    "any all",
    "fliplr flipud",
    "tril triu",
    "degrees radians",
    "rint floor",
    "isnan isinf",
    "var std",
    "high_pullback low_pullback",
    "LN2 LN10",
    "LOG_2 LOG_10",
    "pi e",
    "ascii_uppercase ascii_lowercase",
) | {"exp2": "exp", "inf": "pi", "INF": "SLOPE", "nan": "pi", "comb": "perm", "prod": "sum"}
"""A function or constant -> another that exists beside it."""

PARTNERS: Final = tuple(
    tuple(pair.split())
    for pair in (
        "a b",
        "p q",
        "x y",
        "r x",
        "r phi",
        "g ct",
        "low high",
        "before after",
        "early late",
        "first last",
        "base exp",
        "counts lengths",
        "of_a of_b",
        "left_of_a left_of_b",
        "a_ndim b_ndim",
        "a_shape b_shape",
        "axis1 axis2",
        "down right",
        "source destination",
        "quotient remainder",
        "mantissa exponent",
        "unique letters",
        "rows columns",
        "total factor",
        "place axis",
        "p s",
    )
)
"""Variables that could be mistaken for each other."""

MODULES: Final = _words(
    "np math cmath operator complex_numbers diagonals elementwise indexing joining moments "
    "products reductions selection shapes"
)
"""Names of modules, as the modules of rules use them."""
OTHER_ORDER: Final = {"C": "F", "F": "C", "K": "C", "A": "C", "ignore": "warn"}


def callee(node: ast.AST) -> str:
    """The name of the called function, ``where`` for ``np.where(...)``."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return str(getattr(function, "attr", getattr(function, "id", "")))


def is_method(node: ast.Call) -> bool:
    """Whether a call is one of a method, and not of a module's function."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    if isinstance(owner, ast.Attribute) and owner.attr == "linalg":
        return False
    return not (isinstance(owner, ast.Name) and owner.id in MODULES)


def names_bound_by(statement: ast.stmt) -> list[str]:
    """The names that a statement at module level binds."""
    names = []
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
        elif isinstance(node, ast.FunctionDef):
            names.append(node.name)
    return names


def names_bound_in(node: ast.FunctionDef) -> Iterator[str]:
    """The parameters and variables of a function, without those of functions in it."""
    arguments = node.args
    for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield parameter.arg
    pending: list[ast.AST] = [*node.body]
    while pending:
        inner = pending.pop()
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        if isinstance(inner, (ast.FunctionDef, ast.Lambda)):
            continue
        pending.extend(ast.iter_child_nodes(inner))
