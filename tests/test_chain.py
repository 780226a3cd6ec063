"""Chains: the rule of a list of links, by the rules of its links."""

from __future__ import annotations

import operator
import pickle
from _statistics import _normal_dist_inv_cdf  # a builtin that converts to a C double
from functools import partial
from math import cos, exp, log, sin

import numpy as np
import pytest

import pullback
from pullback import Chain, grad, val_and_grad, vjp
from pullback.errors import ChainError, CotangentError, EmptyChainError, MissingRuleError


def closed_form(x):
    return exp(sin(sin(x))), exp(sin(sin(x))) * cos(sin(x)) * cos(x)


def test_the_seed_chain_is_exact():
    assert val_and_grad([sin, sin, exp], 2.0) == (2.2013533791690376, -0.562752038662712)


def test_results_are_python_floats():
    y, gradient = val_and_grad([sin, sin, exp], 2.0)
    assert type(y) is float
    assert type(gradient) is float


def test_an_int_primal_counts_as_float():
    assert val_and_grad([sin, sin, exp], 2) == val_and_grad([sin, sin, exp], 2.0)


def test_the_pullback_can_be_called_again():
    y, back = vjp([sin, sin, exp], 2.0)
    assert (y, back(1.0)) == val_and_grad([sin, sin, exp], 2.0)
    assert back(2.0) == 2 * back(1.0)
    assert back(0.0) == 0.0


@pytest.mark.parametrize(
    "links",
    [
        (sin, sin, exp),
        Chain([sin, sin, exp]),
        [[sin, sin], exp],
        [Chain([sin]), [Chain([sin]), [exp]]],
        [sin, lambda x: exp(0.0) * pullback.primitive(sin)(x), exp],
        [lambda x: x * 1.0, sin, sin, exp],
        [np.sin, np.sin, np.exp],
    ],
)
def test_every_way_to_write_a_chain_is_the_same_function(links):
    y, gradient = val_and_grad(links, 2.0)
    assert (y, gradient) == pytest.approx(closed_form(2.0), rel=1e-15)


def test_a_partial_of_a_primitive_is_a_link():
    # d/dx (3 - x)^2 / 2 at 1
    links = [partial(operator.sub, 3.0), lambda x: x * x, partial(operator.mul, 0.5)]
    assert val_and_grad(links, 1.0) == (2.0, -2.0)


def test_a_primal_given_by_keyword_is_a_constant():
    @pullback.primitive
    def area(width, height=2.0):
        return width * height

    @pullback.rule(area)
    def area_rule(width, height=2.0):
        return width * height, lambda ct: (ct * height, ct * width)

    pullback.register(area_rule)
    assert val_and_grad([partial(area, height=5.0), sin], 2.0) == (sin(10.0), 5.0 * cos(10.0))
    assert val_and_grad(partial(area, height=5.0), 2.0) == (10.0, 5.0)
    assert val_and_grad(lambda w: area(w, height=5.0), 2.0) == (10.0, 5.0)
    assert val_and_grad([area], 2.0) == (4.0, 2.0)
    assert val_and_grad(area, 2.0, 3.0) == (6.0, (3.0, 2.0))


def test_a_partial_may_be_differentiated_by_itself():
    assert val_and_grad(partial(operator.pow, 2.0), 3.0) == (8.0, 8.0 * log(2.0))
    assert val_and_grad(partial(lambda a, b: a * b, 3.0), 2.0) == (6.0, 3.0)


def test_a_builtin_without_a_rule_is_traced_or_named():
    assert val_and_grad([sorted, sum], [3.0, 1.0]) == (4.0, [1.0, 1.0])
    with pytest.raises(MissingRuleError, match=r"no rule is registered for _statistics\._normal"):
        val_and_grad(_normal_dist_inv_cdf, 0.5, 0.0, 1.0)


def test_a_partial_with_a_keyword_is_a_link():
    links = [partial(np.sum, axis=0), np.exp, np.sum]
    x = np.array([[0.1, 0.2], [0.3, 0.4]])
    _, gradient = val_and_grad(links, x)
    np.testing.assert_allclose(gradient, np.exp(x.sum(0)) * np.ones((2, 1)))


def test_the_first_link_may_take_several_primals():
    y, (a, b) = val_and_grad([operator.mul, sin], 2.0, 3.0)
    assert y == sin(6.0)
    assert (a, b) == pytest.approx((3.0 * cos(6.0), 2.0 * cos(6.0)))


def test_a_link_may_make_and_take_a_container():
    links = [lambda x: {"a": x, "b": 2.0 * x}, lambda d: d["a"] * d["b"], np.sqrt]
    y, gradient = val_and_grad(links, 3.0)
    assert (y, gradient) == pytest.approx((3.0 * 2**0.5, 2**0.5))


def test_a_chain_may_start_at_a_container():
    y, gradient = val_and_grad([lambda d: d["a"] * d["b"], sin], {"a": 2.0, "b": 3.0})
    assert y == sin(6.0)
    assert gradient == pytest.approx({"a": 3.0 * cos(6.0), "b": 2.0 * cos(6.0)})


def test_a_nondifferentiable_link_ends_the_derivative():
    y, back = vjp([np.floor, np.exp], 1.5)
    assert y == exp(1.0)
    assert back(1.0) == 0.0


def test_a_chain_is_called_like_a_function():
    chain = Chain([sin, [sin], exp])
    assert chain(2.0) == closed_form(2.0)[0]
    y, gradient = val_and_grad(lambda x: 2.0 * chain(x), 2.0)
    assert (y, gradient) == pytest.approx(tuple(2 * v for v in closed_form(2.0)))


def test_derivatives_of_higher_order():
    second = grad(grad([sin, sin, exp]))(2.0)
    step = 1e-5
    difference = (closed_form(2.0 + step)[1] - closed_form(2.0 - step)[1]) / (2 * step)
    assert second == pytest.approx(-1.3865894053802, rel=1e-12)
    assert second == pytest.approx(difference, rel=1e-8)
    assert grad(grad(grad([sin])))(2.0) == pytest.approx(-cos(2.0))


def test_intermediate_cotangents_are_projected():
    # A float times an array: the cotangent of the float is a sum.
    y, back = vjp([partial(operator.mul, np.arange(3.0)), np.sum], 2.0)
    assert y == 6.0
    assert back(1.0) == 3.0
    assert type(back(1.0)) is float


def test_a_million_links_run():
    n = 1_000_000
    y, gradient = val_and_grad([lambda x: x, *[operator.neg] * n], 2.0)
    assert (y, gradient) == (2.0, 1.0)


def test_the_rule_of_each_link_runs_once():
    calls = []

    @pullback.primitive
    def counted(x):
        return x

    @pullback.rule(counted)
    def counted_rule(x):
        calls.append("rule")

        def counted_pullback(ct):
            calls.append("pullback")
            return ct

        return x, counted_pullback

    pullback.register(counted_rule)
    val_and_grad([counted] * 5, 1.0)
    assert calls == ["rule"] * 5 + ["pullback"] * 5


def test_repr_can_be_read():
    chain = Chain([sin, partial(operator.mul, 2.0), [np.sin, exp]])
    assert repr(chain) == ("Chain([math.sin, partial(operator.mul, 2.0), [numpy.sin, math.exp]])")


def test_repr_of_a_long_chain_is_short():
    shown = repr(Chain([sin] * 1000))
    assert "... 992 more ..." in shown
    assert len(shown) < 200


def test_a_chain_has_a_length_and_can_be_pickled():
    chain = Chain([sin, exp])
    assert len(chain) == 2
    assert [*pickle.loads(pickle.dumps(chain))] == [sin, exp]


@pytest.mark.parametrize("differentiate", [vjp, val_and_grad, lambda f, x: grad(f)(x)])
def test_an_empty_chain_is_refused(differentiate):
    with pytest.raises(EmptyChainError, match="a chain needs at least one link"):
        differentiate([], 1.0)


def test_a_link_that_is_not_callable_is_refused():
    with pytest.raises(ChainError, match=r"link 1 .* is 'cos' \(str\), which cannot be called"):
        Chain([sin, "cos"])
    with pytest.raises(ChainError, match=r"3.0 \(float\), which cannot be called"):
        val_and_grad([sin, 3.0], 1.0)


def test_something_that_is_not_a_function_is_refused():
    with pytest.raises(ChainError, match=r"3.0 \(float\), which cannot be called"):
        vjp(3.0, 1.0)


def test_a_cotangent_of_another_shape_is_refused():
    _, back = vjp([np.sin], np.arange(3.0))
    with pytest.raises(CotangentError, match=r"ndarray of shape \(3,\), float64; .*\(2,\)"):
        back(np.ones(2))
    with pytest.raises(CotangentError, match="got a str"):
        back("one")
