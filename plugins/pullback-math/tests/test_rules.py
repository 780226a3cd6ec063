"""Every rule of the package against finite differences, over the domain that it declares."""

from __future__ import annotations

import sys
from inspect import signature

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pullback import jvp, primitive, vjp
from pullback.domains import reals
from pullback.plugins import load
from pullback.registry import rules

load()
RULES = {
    claim.rule.name: claim.rule
    for claim in rules.values()
    if claim.provider == "pullback-math" and claim.rule.differentiable != ()
}

MARGIN = 0.3
"""The differences need this much room around a kink, a jump, a pole or a branch cut."""


def numbers(domain):
    """Floats of a domain, of moderate size, with room around its ends and holes."""
    low, high = max(domain.low + MARGIN, -3.0), min(domain.high - MARGIN, 3.0)
    return st.floats(low, high).filter(
        lambda x: all(abs(x - hole) >= MARGIN for hole in domain.excluded)
    )


def divisions(remainder):
    """Pairs ``(a, b)`` whose quotient has a remainder of ``remainder`` times ``b``."""
    return st.tuples(
        st.integers(-3, 3), remainder, st.floats(1.0, 3.0), st.sampled_from([1, -1])
    ).map(lambda drawn: ((drawn[0] + drawn[1]) * drawn[2], drawn[2] * drawn[3]))


WHOLE = st.integers(0, 3)
ANY = st.floats(-3.0, 3.0)
SIDE = st.floats(MARGIN, 1.2) | st.floats(-1.2, -MARGIN)
PLANE = st.builds(complex, SIDE, SIDE)
FRACTION = st.floats(MARGIN, 1 - MARGIN)
ITEMS = st.lists(ANY, min_size=1, max_size=4)
DISTINCT = st.lists(st.integers(-4, 4), min_size=1, max_size=4, unique=True).map(
    lambda whole: [float(item) for item in whole]
)
POINTS = st.lists(st.tuples(ANY, SIDE), min_size=1, max_size=4).map(
    lambda pairs: ([p for p, _ in pairs], [p + away for p, away in pairs])
)

ARGUMENTS = {
    "abs": st.tuples(SIDE | PLANE),
    "operator.abs": st.tuples(SIDE | PLANE),
    "math.fabs": st.tuples(SIDE),
    "math.cbrt": st.tuples(SIDE),
    "math.atan2": st.tuples(SIDE, SIDE),
    "math.copysign": st.tuples(SIDE, SIDE),
    "math.hypot": st.lists(SIDE, min_size=1, max_size=4).map(tuple),
    "operator.mod": divisions(FRACTION),
    "operator.imod": divisions(FRACTION),
    "divmod": divisions(FRACTION),
    "math.fmod": divisions(FRACTION),
    "math.remainder": divisions(st.floats(-0.5 + MARGIN, 0.5 - MARGIN)),
    "math.modf": st.tuples(st.builds(lambda n, f: n + f, st.integers(-3, 3), FRACTION)),
    "math.frexp": st.tuples(st.builds(lambda m, e: m * 2.0**e, st.floats(0.7, 0.8), WHOLE)),
    "math.ldexp": st.tuples(ANY, st.integers(-3, 3)),
    "math.nextafter": st.tuples(ANY, ANY),
    "sum": st.tuples(ITEMS, ANY),
    "math.fsum": st.tuples(ITEMS),
    "math.prod": st.tuples(ITEMS),
    "math.sumprod": POINTS,
    "math.dist": POINTS,
    "min": st.tuples(DISTINCT),
    "max": st.tuples(DISTINCT),
    "pow": st.tuples(st.floats(MARGIN, 3.0), ANY),
    "cmath.log": st.tuples(PLANE) | st.tuples(PLANE, PLANE),
    "cmath.rect": st.tuples(ANY, ANY),
    "pullback_math.strong.divide": st.tuples(ANY, SIDE, st.integers(1, 3)),
    "pullback_math.strong.scale": st.tuples(ANY, st.integers(-3, 3)),
    "pullback_math.strong.power_log": st.tuples(ANY, st.floats(0.5, 3.0), ANY, WHOLE),
    "pullback_math.polygamma.polygamma": st.tuples(WHOLE, st.floats(0.5, 4.0)),
}
"""Name -> arguments, where the domain alone does not tell."""


def arguments(name):
    """The arguments on which the rule of ``name`` is tested."""
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if name.startswith(("cmath.", "complex.")):
        return st.tuples(PLANE)
    rule = RULES[name]
    parameters = signature(rule.function).parameters
    domains = rule.domain if isinstance(rule.domain, tuple) else (rule.domain,) * len(parameters)
    return st.tuples(*(numbers(domain or reals) for domain in domains))


def test_the_arguments_above_are_of_rules():
    newer = {"math.sumprod"} if sys.version_info < (3, 12) else set()
    assert {*ARGUMENTS} - newer <= {*RULES}


def differentiable_places(rule, count):
    """The positions of the differentiable ones among ``count`` arguments."""
    if rule.differentiable is None:
        return range(count)
    names = [*signature(rule.function).parameters]
    return [place for place in range(count) if names[place] in rule.differentiable]


def python_numbers(value):
    """``value`` with NumPy's scalars, which come from the steps of the differences, as Python's."""
    if isinstance(value, list):
        return [python_numbers(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def unpacked(primals):
    return primals[0] if len(primals) == 1 else tuple(primals)


def types_in(value):
    if isinstance(value, (tuple, list)):
        return type(value)(map(types_in, value))
    return type(value)


def a_cotangent_of(y):
    if isinstance(y, tuple):
        return tuple(map(a_cotangent_of, y))
    return {float: 0.7, complex: 0.7 - 0.4j, int: 0}[type(y)]


@pytest.mark.parametrize("name", sorted(RULES))
@given(data=st.data())
@settings(
    max_examples=20,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_derivatives_of_both_orders_agree_with_differences(name, data, check_derivative):
    rule = RULES[name]
    args = data.draw(arguments(name))
    places = differentiable_places(rule, len(args))
    primals = [args[place] for place in places]

    def call(*primals):
        full = [*args]
        for place, primal in zip(places, primals, strict=True):
            full[place] = python_numbers(primal)
        if callable(rule.primitive):
            return primitive(rule.primitive)(*full)
        return getattr(full[0], rule.primitive.__name__)

    y, pullback = vjp(call, *primals)
    assert y == call(*primals)
    cotangent = a_cotangent_of(y)
    assert types_in(pullback(cotangent)) == types_in(unpacked(primals))

    def pull(*primals):
        return vjp(call, *map(python_numbers, primals))[1](cotangent)

    check_derivative(call, *primals, order=1)
    check_derivative(pull, *primals, order=1)


ONE_PRIMAL = [
    name
    for name, rule in sorted(RULES.items())
    if rule.elementwise and len(rule.differentiable) == 1 and name not in ARGUMENTS
]


@pytest.mark.parametrize("name", ONE_PRIMAL)
@given(data=st.data())
@settings(max_examples=5, deadline=None, database=None)
def test_forward_agrees_with_reverse(name, data):
    (x,) = data.draw(arguments(name))
    tangent = a_cotangent_of(x)
    f = RULES[name].primitive
    y, y_tangent = jvp(f, (x,), (tangent,))
    assert type(y_tangent) is type(y)
    cotangent = a_cotangent_of(y)
    reverse = vjp(f, x)[1](cotangent) * tangent
    assert (cotangent * y_tangent).real == pytest.approx(reverse.real, rel=1e-13, abs=1e-15)


DECLARED = [
    pytest.param(rule, point, derivative, id=f"{name}-{point}")
    for name, rule in sorted(RULES.items())
    for point, derivative in rule.points.items()
]


@pytest.mark.parametrize(("rule", "point", "derivative"), DECLARED)
def test_the_derivative_at_a_declared_point_is_the_declared_one(rule, point, derivative):
    primals, wanted = (point, derivative) if isinstance(point, tuple) else ((point,), (derivative,))
    floating = [n for n, primal in enumerate(primals) if not isinstance(primal, int)]
    y, pullback = vjp(rule.primitive, *primals, argnums=floating)
    cotangents = pullback((1.0, 1.0) if isinstance(y, tuple) else 1.0)
    for n, cotangent in zip(floating, cotangents, strict=True):
        assert cotangent == pytest.approx(wanted[n], rel=1e-14, nan_ok=True)
