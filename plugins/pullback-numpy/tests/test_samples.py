"""The samples of this package: every rule has calls, NumPy takes them, no parameter is left out."""

from __future__ import annotations

import inspect
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pullback_numpy
from pullback.conformance import Samples
from pullback.conformance.samples import cases_of, derived
from pullback.plugins import load
from pullback.registry import rules
from pullback_numpy.samples.linear_systems import regular, square

load()
RULES = {
    f"{claim.rule.name}-{number}": claim.rule
    for number, claim in enumerate(rules.values())
    if claim.provider == "pullback-numpy"
}
ONLY_ONE = {"device", "stream", "kind of numpy.partition", "copy of numpy.nan_to_num"}
"""Parameters that have one valid value, of every rule or of one."""
by_rule = pytest.mark.parametrize("name", RULES)


@cache
def declared():
    """What the hook hands over."""
    samples = Samples()
    pullback_numpy.pullback_register_samples(samples)
    return samples.calls


@cache
def calls_of(name):
    """A few calls out of every case of a rule."""
    rule = RULES[name]
    cases = cases_of(declared().get(rule.primitive) or derived(rule))
    drawn = []

    @settings(
        max_examples=2,
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


def function_of(rule):
    """The primitive as a function; an attribute is read from its first argument."""
    primitive = rule.primitive
    if callable(primitive):
        return primitive
    return lambda x: getattr(x, primitive.__name__)


# NumPy says so where elements are not computed; here all of them are.
@pytest.mark.filterwarnings("ignore:'where' used without 'out':UserWarning")
@by_rule
def test_every_rule_has_calls_that_numpy_takes(name):
    calls = calls_of(name)
    assert calls
    with np.errstate(all="ignore"):  # some are poles, or overflow
        for call in calls:
            function_of(RULES[name])(*call.args, **call.params)


@by_rule
def test_every_parameter_has_several_values(name):
    rule = RULES[name]
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = {
        parameter.name: parameter.default
        for parameter in inspect.signature(rule.function).parameters.values()
        if parameter.kind not in several
    }
    values = {parameter: set() for parameter in parameters}
    for call in calls_of(name):
        given = dict(zip(parameters, call.args, strict=False)) | call.params
        for parameter, default in parameters.items():
            values[parameter].add(repr(given.get(parameter, default)))
    once = {parameter for parameter, seen in values.items() if len(seen) < 2}
    function = name.rpartition("-")[0]
    once -= {parameter for parameter in once if f"{parameter} of {function}" in ONLY_ONE}
    assert once - ONLY_ONE <= set(rule.not_implemented)


def test_samples_are_of_rules_of_this_package():
    assert set(declared()) <= {rule.primitive for rule in RULES.values()}


@settings(max_examples=100, deadline=None)
@given(square("2,3,6", 2).map(lambda a: a.reshape(6, 6)) | regular("3,n,n"))
def test_matrices_are_far_from_singular_also_when_they_are_rounded(a):
    assert np.max(np.linalg.cond(a)) < 10
    assert np.max(np.linalg.cond(np.round(a))) < 10
