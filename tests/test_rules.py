"""Declaring rules: `rule`, `elementwise`, `nondifferentiable`, `primitive`."""

from __future__ import annotations

import math
import traceback
from functools import cached_property

import numpy as np
import pytest

import pullback
from pullback import Rule, elementwise, grad, nondifferentiable, primitive, rule, val_and_grad
from pullback.errors import RuleError


def test_primitive_sends_plain_values_straight_to_the_function():
    sin = primitive(math.sin)
    assert sin(2.0) == math.sin(2.0)
    assert sin.__name__ == "sin"
    assert grad(lambda x: sin(x) * sin(1.0))(2.0) == math.cos(2.0) * math.sin(1.0)
    with pytest.raises(TypeError, match="must be real number"):
        sin("a")


def test_primitive_of_what_dispatches_is_the_function_itself():
    assert primitive(np.sin) is np.sin
    assert primitive(np.sum) is np.sum
    assert primitive(primitive(math.sin))(0.0) == 0.0


def test_primitive_finds_traced_values_in_lists_and_keywords():
    fsum = primitive(math.fsum)
    assert grad(lambda x: fsum([x, 1.0, 2.0 * x]))(1.0) == 3.0

    @primitive
    def scaled(x, factor=2.0):
        return x * factor

    @rule(scaled)
    def scaled_rule(x, factor=2.0):
        return x * factor, (lambda ct: ct * factor, lambda ct: ct * x)

    pullback.register(scaled_rule)
    assert val_and_grad(lambda a: scaled(3.0, factor=a), 5.0) == (15.0, 3.0)
    assert val_and_grad(lambda a: scaled(x=a, factor=a), 5.0) == (25.0, 10.0)
    assert val_and_grad(lambda a: scaled(a), 5.0) == (10.0, 2.0)


def test_a_traced_keyword_that_the_rule_does_not_name_is_refused():
    @primitive
    def f(x, **options):
        return x

    pullback.register(rule(f)(lambda x, **options: (x, lambda ct: ct)))
    with pytest.raises(RuleError, match=r"a traced value for the keyword 'weight'"):
        grad(lambda x: f(x, weight=x))(1.0)


def test_elementwise_keeps_only_what_its_formulas_name():
    declared = elementwise(np.add, lambda ct: ct, lambda ct, a: ct + 0 * a)
    a, b = np.ones(2), np.ones(2)
    y, (first, second) = declared(a, b)

    def kept(back):
        return [cell.cell_contents for cell in back.__closure__ or ()]

    assert not any(value is a or value is b or value is y for value in kept(first))
    assert any(value is a for value in kept(second))
    assert not any(value is b or value is y for value in kept(second))


def test_elementwise_pullbacks_are_named_and_show_their_source():
    declared = elementwise(math.sin, lambda ct, x: ct * x.nonsense)
    _, back = declared(1.0)
    assert back.__name__ == "sin_pullback"
    with pytest.raises(AttributeError) as caught:
        back(1.0)
    shown = "".join(traceback.format_exception(caught.value))
    assert "in sin_pullback" in shown
    assert "return formula_0(ct, x)" in shown
    assert "x.nonsense" in shown


def test_elementwise_takes_one_to_three_primals():
    @primitive
    def fma(a, b, c):
        return a * b + c

    pullback.register(elementwise(fma, lambda ct, b: ct * b, lambda ct, a: ct * a, lambda ct: ct))
    assert val_and_grad(fma, 2.0, 3.0, 4.0) == (10.0, (3.0, 2.0, 1.0))
    with pytest.raises(RuleError, match="was given 0 formulas; it takes one for each primal"):
        elementwise(fma)


def test_elementwise_skips_a_primal_without_a_formula():
    @primitive
    def shift(a, b):
        return a + b

    declared = elementwise(shift, lambda ct: ct, None)
    pullback.register(declared)
    assert declared.differentiable == ("a",)
    assert val_and_grad(shift, 1.0, 2.0) == (3.0, (1.0, 0.0))


@pytest.mark.parametrize(
    "formula", [lambda ct, z: ct, lambda x: x, lambda *args: args[0], lambda **names: 0.0]
)
def test_a_formula_names_what_it_takes(formula):
    with pytest.raises(RuleError, match=r"a formula of math\.sin takes .*; it takes ct, and by"):
        elementwise(math.sin, formula)


def test_elementwise_derives_its_pushforward():
    multiply = elementwise(np.multiply, lambda ct, b: ct * b, lambda ct, a: ct * a)
    assert multiply.pushforward((2.0, 3.0), (1.0, 10.0)) == (6.0, 23.0)
    assert multiply.pushforward((2.0, 3.0), (None, 10.0)) == (6.0, 20.0)


def test_nondifferentiable_lets_plain_values_through():
    @primitive
    def ticks(x):
        return math.floor(x)

    pullback.register(nondifferentiable(ticks))
    seen = []

    def f(x):
        seen.append(ticks(x))
        return x * ticks(x)

    assert grad(f)(2.5) == 2.0
    assert seen == [2]
    assert grad(grad(lambda x: f(x) * x))(2.5) == 4.0


def test_nondifferentiable_takes_traced_values_anywhere():
    x = np.array([2.0, 3.0])
    np.testing.assert_array_equal(
        grad(lambda x: (x * np.ones_like(a=x) * np.argmax(a=x)).sum())(x), [1.0, 1.0]
    )
    assert grad(lambda x: grad(lambda y: y * np.sign(x * y))(x))(2.0) == 0.0


def test_nondifferentiable_takes_properties():
    class Box:
        @property
        def width(self):
            return 3

        @cached_property
        def height(self):
            return 4

    names = ["width", "height"]
    rules = nondifferentiable(*(vars(Box)[name] for name in names))
    assert [rule(Box()) for rule in rules] == [(3, None), (4, None)]
    assert [rule.name.rpartition(".")[2] for rule in rules] == names


def test_a_rule_declares_and_can_be_called():
    @rule(math.exp, domain=None, signature="()->()", points={0.0: 1.0}, differentiable=["x"])
    def exp_rule(x):
        """Doc."""
        y = math.exp(x)
        return y, lambda ct: ct * y

    assert isinstance(exp_rule, Rule)
    assert repr(exp_rule) == "<rule of math.exp>"
    assert exp_rule.differentiable == ("x",)
    y, back = exp_rule(0.0)
    assert (y, back(2.0)) == (1.0, 2.0)


def test_declaring_registers_nothing():
    from pullback.registry import rules

    @primitive
    def private(x):
        return x

    before = len(rules)
    elementwise(private, lambda ct: ct)
    rule(private)(lambda x: (x, lambda ct: ct))
    assert len(rules) == before


def test_an_unhashable_primitive_is_refused():
    class Unhashable:
        __hash__ = None

        def __call__(self, x):
            return x

    with pytest.raises(RuleError, match="a rule's primitive must be hashable"):
        rule(Unhashable())(lambda x: (x, None))
