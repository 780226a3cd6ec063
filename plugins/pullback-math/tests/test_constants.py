"""Nothing is left out: every function has a rule or is declared to have no derivative."""

from __future__ import annotations

import cmath
import math
import operator

import pytest

from pullback import grad, primitive
from pullback.plugins import load
from pullback.registry import rules

NO_ARITHMETIC = {
    *("attrgetter", "itemgetter", "methodcaller", "call"),
    *("getitem", "setitem", "delitem", "contains", "countOf", "indexOf", "length_hint"),
    *("concat", "iconcat"),
}
"""Functions of `operator` that handle containers; on a traced value they work as they stand."""

ARRAYS = {"matmul", "imatmul"}
"""Functions of `operator` for which an array library has the rule."""


def public(module, leave_out=frozenset()):
    return [
        pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")
        for name in dir(module)
        if not name.startswith("_") and callable(getattr(module, name)) and name not in leave_out
    ]


@pytest.mark.parametrize(
    "function",
    [
        *public(math),
        *public(cmath),
        *public(operator, NO_ARITHMETIC | ARRAYS),
        *(abs, pow, sum, min, max, divmod, round),
        *(float.real, float.imag, float.conjugate, float.is_integer, float.hex),
        *(float.as_integer_ratio, complex.real, complex.imag, complex.conjugate),
    ],
)
def test_a_function_has_a_rule_or_is_declared_constant(function):
    load()
    assert rules[function].provider == "pullback-math"


def test_matmul_is_left_to_the_array_libraries():
    load()
    providers = {claim.rule.primitive: claim.provider for claim in rules.values()}
    assert providers.get(operator.matmul) != "pullback-math"


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (math.floor, 2.5),
        (math.ceil, 2.5),
        (math.trunc, -2.5),
        (round, 2.4),
        (lambda x: round(x, 1), 2.44),
        (lambda x: x // 2.0, 5.5),
        (lambda x: x.imag, 2.5),
        (lambda x: x.is_integer(), 2.0),
        (lambda x: operator.lt(x, 3.0), 2.0),
        (primitive(math.ulp), 2.5),
        (primitive(math.isfinite), 2.0),
        (lambda x: primitive(math.isclose)(x, 2.0, rel_tol=0.1), 2.01),
    ],
)
def test_a_constant_contributes_nothing(function, x):
    assert grad(lambda x: x * function(x))(x) == function(x)
    assert grad(grad(lambda x: x * x * function(x)))(x) == 2 * function(x)


@pytest.mark.parametrize("link", [math.floor, math.ceil, round])
def test_a_chain_through_a_constant_has_gradient_zero(link):
    assert grad([link, math.exp])(2.5) == 0.0
