"""Primitive -> rule: what a registry takes, and who wins."""

from __future__ import annotations

import math
import types

import pytest

import pullback
from pullback import Registry, elementwise, nondifferentiable, registry, rule
from pullback.errors import ConflictingRulesError, RuleError
from pullback.spaces import Numbers

pytestmark = pytest.mark.usefixtures("own_rules")


def cube(x):
    return x * x * x


def rule_of_cube(*, override=False, factor=3.0):
    return elementwise(cube, lambda ct, x: ct * factor * x * x, override=override)


def claim(provider, *rules):
    """Register ``rules`` as a plugin would, under the name of a provider."""
    collected = Registry(provider)
    collected.add(*rules)
    registry.claims.extend(collected.claims)
    registry.settle()


def test_rules_tuples_and_modules_are_taken():
    module = types.ModuleType("formulas")
    module.cube_rule = rule_of_cube()
    module.rounding = nondifferentiable(math.floor, math.ceil)
    module.unrelated = 3
    collected = Registry("mine")
    collected.add(module)
    assert [c.rule.primitive for c in collected.claims] == [cube, math.floor, math.ceil]
    assert {c.provider for c in collected.claims} == {"mine"}


def test_the_same_rule_handed_over_twice_counts_once():
    module = types.ModuleType("formulas")
    module.cube_rule = module.alias = rule_of_cube()
    collected = Registry("mine")
    collected.add(module, module.cube_rule)
    assert len(collected.claims) == 1


def test_two_rules_of_one_provider_for_one_primitive_are_refused():
    with pytest.raises(RuleError, match=r"mine adds two rules for .*cube; keep one of them"):
        Registry("mine").add(rule_of_cube(), rule_of_cube())


@pytest.mark.parametrize("thing", [math.sin, 3, None, "rule"])
def test_what_is_not_a_rule_is_refused(thing):
    with pytest.raises(RuleError, match=r"is not a rule; hand over what @rule"):
        Registry("mine").add(thing)


def test_a_primitive_must_be_hashable():
    with pytest.raises(RuleError, match=r"must be hashable, and \[\] is not"):
        rule([])(lambda x: (x, None))


def test_a_type_that_is_described_already_is_refused():
    with pytest.raises(ConflictingRulesError, match=r"mine describes the type float, which .*Numb"):
        Registry("mine").add_array_type(Numbers())


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_two_claims_are_a_conflict_in_either_order(order):
    for provider in order:
        claim(provider, rule_of_cube())
    message = r"^first and second both have a rule for .*cube, and none of them is used\. Disable"
    with pytest.raises(ConflictingRulesError, match=message):
        pullback.grad(cube)(2.0)


def test_three_claims_are_all_named():
    for provider in "cab":
        claim(provider, rule_of_cube())
    with pytest.raises(ConflictingRulesError, match=r"^a and b and c have a rule for .*cube"):
        pullback.grad(cube)(2.0)


@pytest.mark.parametrize("order", [("plain", "overriding"), ("overriding", "plain")])
def test_the_overriding_claim_wins_in_either_order(order):
    rules = {"plain": rule_of_cube(factor=7.0), "overriding": rule_of_cube(override=True)}
    for provider in order:
        claim(provider, rules[provider])
    assert pullback.grad(cube)(2.0) == 12.0
    assert registry.rules[cube].provider == "overriding"


def test_two_overriding_claims_are_a_conflict_that_names_them_alone():
    claim("plain", rule_of_cube())
    claim("loud", rule_of_cube(override=True))
    claim("louder", rule_of_cube(override=True))
    message = r"^loud and louder both have a rule for .*cube with override=True, and none"
    with pytest.raises(ConflictingRulesError, match=message):
        pullback.grad(cube)(2.0)


def test_a_conflict_ends_when_a_claim_goes():
    claim("first", rule_of_cube())
    claim("second", rule_of_cube(factor=7.0))
    registry.claims[:] = [c for c in registry.claims if c.provider != "second"]
    registry.settle()
    assert pullback.grad(cube)(2.0) == 12.0
    assert cube not in registry.conflicts


def test_a_rule_that_goes_is_no_longer_found():
    claim("first", rule_of_cube())
    registry.claims[:] = [c for c in registry.claims if c.provider != "first"]
    registry.settle()
    assert cube not in registry.table


def test_registering_again_replaces():
    pullback.register(rule_of_cube(factor=7.0))
    assert pullback.grad(cube)(2.0) == 28.0
    pullback.register(rule_of_cube())
    assert pullback.grad(cube)(2.0) == 12.0
    assert [c.provider for c in registry.claims if c.rule.primitive is cube] == [registry.USER]


def test_registering_what_a_plugin_has_is_refused_and_changes_nothing():
    claim("a-plugin", rule_of_cube())
    pullback.register(nondifferentiable(math.hypot, override=True))
    message = r"^a-plugin and register\(\) both have a rule for .*cube, and none"
    with pytest.raises(ConflictingRulesError, match=message):
        pullback.register(rule_of_cube(factor=7.0))
    assert pullback.grad(cube)(2.0) == 12.0
    assert registry.rules[math.hypot].provider == registry.USER


def test_registering_with_override_replaces_a_plugins_rule():
    claim("a-plugin", rule_of_cube(factor=7.0))
    pullback.register(rule_of_cube(override=True))
    assert pullback.grad(cube)(2.0) == 12.0


def test_several_rules_are_registered_at_once():
    def half(x):
        return x / 2

    pullback.register(rule_of_cube(), (elementwise(half, lambda ct: ct / 2),))
    assert pullback.grad([cube, half])(2.0) == 6.0


def test_what_primitive_made_of_a_function_stands_for_the_function():
    pullback.register(elementwise(pullback.primitive(cube), lambda ct, x: ct * 3.0 * x * x))
    assert pullback.grad([cube])(2.0) == 12.0
    assert registry.unwrap(pullback.primitive(cube)) is cube
