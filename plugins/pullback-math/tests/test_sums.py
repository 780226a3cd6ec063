"""Sums, products, lengths and extremes: closed forms, zeros, ties, lists and tuples."""

from __future__ import annotations

import math
import operator
import sys

import pytest

from pullback import grad, hessian, primitive, val_and_grad, vjp
from pullback.errors import RuleError

dist, fsum, hypot, prod = map(primitive, (math.dist, math.fsum, math.hypot, math.prod))


def test_sums():
    assert val_and_grad(sum, [1.0, 2.0, 3.0]) == (6.0, [1.0, 1.0, 1.0])
    assert val_and_grad(sum, (1.0, 2.0), 4.0) == (7.0, ((1.0, 1.0), 1.0))
    assert val_and_grad(math.fsum, [0.1] * 10) == (1.0, [1.0] * 10)
    assert val_and_grad(lambda x: sum([x, 2.0, x * x], start=x), 3.0) == (17.0, 8.0)
    assert val_and_grad(lambda x: sum(x * k for k in range(4)), 3.0) == (18.0, 6.0)
    assert val_and_grad(lambda x: primitive(sum)([x, x], start=x), 3.0) == (9.0, 3.0)


@pytest.mark.parametrize(
    ("factors", "gradient"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        ([2.0, 3.0, 0.0], [0.0, 0.0, 6.0]),
        ([0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        ([5.0], [1.0]),
    ],
)
def test_products_with_zeros(factors, gradient):
    assert val_and_grad(math.prod, factors) == (math.prod(factors), gradient)


def test_second_derivative_of_a_product_with_zeros():
    assert hessian(math.prod)([0.0, 0.0, 3.0]) == [
        [0.0, 3.0, 0.0],
        [3.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
    ]


def test_a_product_with_a_start():
    assert grad(lambda x: prod([2.0, x], start=x))(3.0) == 12.0
    assert vjp(lambda x: prod([2.0, 3.0], start=x), 7.0)[1](2.0) == 12.0
    assert grad(lambda x: prod([], start=x))(7.0) == 1.0


def test_lengths():
    assert val_and_grad(math.hypot, 3.0, 4.0) == (5.0, (0.6, 0.8))
    assert val_and_grad(math.hypot, 2.0, 3.0, 6.0) == (7.0, (2 / 7, 3 / 7, 6 / 7))
    assert val_and_grad(math.hypot, -2.0) == (2.0, -1.0)
    assert val_and_grad(math.dist, [1.0, 2.0], [4.0, 6.0]) == (5.0, ([-0.6, -0.8], [0.6, 0.8]))
    assert grad(lambda x: dist((x, 2.0), [4.0, 6.0]))(1.0) == -0.6


def test_a_length_of_zero_has_no_slope():
    assert vjp(math.hypot, 0.0, 0.0)[1](1.0) == (0.0, 0.0)
    assert grad(hypot)(0.0) == 0.0
    assert vjp(math.dist, [1.0, 2.0], [1.0, 2.0])[1](1.0) == ([0.0, 0.0], [0.0, 0.0])
    assert hessian(lambda p: 0.0 * hypot(p[0], p[1]))([0.0, 0.0]) == [[0.0, 0.0], [0.0, 0.0]]
    # The slope turns at once from every direction to its opposite.
    curvature = [[math.inf, 0.0], [0.0, math.inf]]
    assert hessian(lambda p: hypot(p[0], p[1]))([0.0, 0.0]) == curvature
    assert hessian(lambda p: 0.0 * dist(p, [1.0]))([1.0]) == [[0.0]]


def test_second_derivative_of_a_length():
    # d²r / dx² = y² / r³, d²r / dx dy = -x y / r³
    (xx, xy), (yx, yy) = hessian(lambda p: hypot(p[0], p[1]))([3.0, 4.0])
    assert (xx, xy, yx, yy) == pytest.approx((0.128, -0.096, -0.096, 0.072), rel=1e-14)


@pytest.mark.parametrize(
    ("extreme", "items", "gradient"),
    [
        (max, [1.0, 3.0, 2.0], [0.0, 1.0, 0.0]),
        (min, [1.0, 3.0, 2.0], [1.0, 0.0, 0.0]),
        (max, [3.0, 1.0, 3.0], [1.0, 0.0, 0.0]),
        (min, [2.0, 1.0, 1.0], [0.0, 1.0, 0.0]),
        (max, [math.nan, 1.0], [1.0, 0.0]),
        (max, [1.0, math.nan], [1.0, 0.0]),
    ],
)
def test_the_first_winner_gets_it_all(extreme, items, gradient):
    y, pullback = vjp(extreme, items)
    assert pullback(1.0) == gradient
    assert y is extreme(items)
    _, pullback = vjp(extreme, *items)
    assert pullback(1.0) == tuple(gradient)
    assert pullback(math.inf) == tuple(math.inf if slope else 0.0 for slope in gradient)


def test_extremes_with_a_key_and_a_default():
    assert grad(lambda x: primitive(max)([x, 2.0, -7.0], key=abs) * x)(3.0) == -7.0
    assert grad(lambda x: max(x, 2.0, key=lambda item: -item) * x)(3.0) == 2.0
    assert grad(lambda x: x * primitive(min)([], default=5.0))(3.0) == 5.0
    with pytest.raises(RuleError, match="for the keyword 'default'"):
        grad(lambda x: primitive(min)([], default=x))(3.0)
    with pytest.raises(TypeError, match="iterable"):
        vjp(max, 1.0)


def test_second_derivatives_pass_through_extremes():
    largest = primitive(max)
    assert grad(grad(lambda x: largest([x**3, 1.0])))(2.0) == 12.0
    assert grad(grad(lambda x: largest([x**3, 5.0], key=math.cos)))(2.0) == 0.0
    assert grad(grad(lambda x: largest([x**3, 3.0], key=math.cos)))(2.0) == 12.0


def test_cotangents_come_back_in_the_container_that_went_in():
    for container in (list, tuple):
        gradient = grad(prod)(container([2.0, 3.0]))
        assert gradient == container([3.0, 2.0])
        assert [type(item) for item in gradient] == [float, float]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="math.sumprod is new in Python 3.12")
def test_sums_of_products():
    y, pullback = vjp(math.sumprod, [1.0, 2.0], [3.0, 5.0])
    assert (y, pullback(2.0)) == (13.0, ([6.0, 10.0], [2.0, 4.0]))
    assert hessian(lambda p: primitive(math.sumprod)(p, p))([1.0, 2.0]) == [[2.0, 0.0], [0.0, 2.0]]


def test_a_list_may_be_summed_by_an_operator_chain():
    assert val_and_grad([sum, math.sqrt, operator.neg], [9.0, 7.0]) == (-4.0, [-0.125, -0.125])
