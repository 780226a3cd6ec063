"""The samples of this package: every rule has calls, they are taken, no parameter is left out."""

from __future__ import annotations

import inspect
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pullback_math
from pullback.conformance import Samples
from pullback.conformance.samples import cases_of, derived
from pullback.plugins import load
from pullback.registry import rules

load()
RULES = {
    claim.rule.name: claim.rule for claim in rules.values() if claim.provider == "pullback-math"
}
by_rule = pytest.mark.parametrize("name", RULES)


@cache
def declared():
    """What the hook hands over."""
    samples = Samples()
    pullback_math.pullback_register_samples(samples)
    return samples.calls


@cache
def calls_of(name):
    """A few calls of every case of a rule."""
    rule = RULES[name]
    cases = cases_of(declared().get(rule.primitive) or derived(rule))
    drawn = []

    @settings(
        max_examples=3,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=[*HealthCheck],
    )
    @given(st.tuples(*cases))
    def draw(calls):
        drawn.extend(calls)

    draw()
    return drawn


def is_taken(rule, call):
    """Whether the primitive takes the arguments; an attribute is read from its first one."""
    function = rule.primitive
    if not callable(function):
        function = function.__get__
    try:
        function(*call.args, **call.params)
    except (TypeError, ValueError):
        return False
    return True


@by_rule
def test_every_rule_has_calls_that_its_function_takes(name):
    rule = RULES[name]
    taken = [is_taken(rule, call) for call in calls_of(name)]
    assert taken
    if rule.primitive in declared():
        assert all(taken)
    else:  # a domain implies numbers and arrays, of which many functions take the numbers only
        assert any(taken)


@by_rule
def test_every_parameter_has_several_values(name):
    rule = RULES[name]
    parameters = inspect.signature(rule.function).parameters.values()
    by_name = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    values = {parameter: set() for parameter in by_name if parameter not in rule.not_implemented}
    for call in calls_of(name):
        for parameter, value in [*zip(by_name, call.args, strict=False), *call.params.items()]:
            values.setdefault(parameter, set()).add(repr(value))
    assert {parameter for parameter, seen in values.items() if len(seen) < 2} == set()


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("math.isclose", {"rel_tol", "abs_tol"}),
        ("cmath.isclose", {"rel_tol", "abs_tol"}),
        ("min", {"key", "default"}),
        ("max", {"key", "default"}),
        ("sum", {"start"}),
        ("math.prod", {"start"}),
    ],
)
def test_keywords_are_given_by_name(name, keywords):
    assert set().union(*(call.params for call in calls_of(name))) == keywords


def test_samples_are_of_rules_of_this_package():
    assert set(declared()) <= {rule.primitive for rule in RULES.values()}


def test_nobody_imports_the_samples_until_rules_are_checked():
    program = (
        "import sys, math, pullback\n"
        "pullback.grad(math.sin)(1.0)\n"
        "print({'pullback_math.samples', 'hypothesis'} & {*sys.modules})"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"
