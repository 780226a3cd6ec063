"""Operators on numbers: corners of powers, divisions and absolute values; in-place forms."""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import numpy as np
import pytest

from pullback import grad, val_and_grad, vjp
from pullback.errors import InPlaceWriteError

INF = math.inf
POWERS = [operator.pow, operator.ipow, pow, math.pow]
LOG_2 = math.log(2.0)


def nth_derivative(f, order):
    for _ in range(order):
        f = grad(f)
    return f


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize(
    ("base", "exponent", "cotangents"),
    [
        (3.0, 2.0, (6.0, 9.0 * math.log(3.0))),
        (0.0, 2.0, (0.0, 0.0)),
        (0.0, 1.0, (1.0, 0.0)),
        (0.0, 0.5, (INF, 0.0)),
        (0.0, 0.0, (0.0, -INF)),
        (2.0, 0.0, (0.0, LOG_2)),
        (1e-200, -1.0, (-INF, 1e200 * math.log(1e-200))),
    ],
)
def test_power(power, base, exponent, cotangents):
    y, pullback = vjp(power, base, exponent)
    assert y == base**exponent
    assert pullback(1.0) == pytest.approx(cotangents, rel=1e-15)
    assert pullback(0.0) == (0.0, 0.0)


def test_the_exponent_of_a_negative_base():
    # (-2)**b is complex around b = 3; the real part of its derivative is (-2)**b log 2
    for power in (operator.pow, pow):
        assert vjp(power, -2.0, 3.0)[1](1.0) == pytest.approx((12.0, -8.0 * LOG_2))
    # math.pow(-2, b) is an error around b = 3
    base, exponent = vjp(math.pow, -2.0, 3.0)[1](1.0)
    assert (base, math.isnan(exponent)) == (12.0, True)


@pytest.mark.parametrize(
    ("exponent", "derivatives"),
    [
        (0, [0.0, 0.0, 0.0]),
        (1, [1.0, 0.0, 0.0]),
        (2, [0.0, 2.0, 0.0]),
        (3, [0.0, 0.0, 6.0]),
        (2.5, [0.0, 0.0, INF]),
        (0.5, [INF, -INF, INF]),
    ],
)
def test_derivatives_of_a_power_at_zero(exponent, derivatives):
    found = [nth_derivative(lambda x: x**exponent, order)(0.0) for order in (1, 2, 3)]
    assert found == derivatives


@pytest.mark.parametrize("exponent", [0.5, -0.5 + 1, 1.5])
def test_a_power_that_is_masked_out_is_flat_at_zero(exponent):
    found = [nth_derivative(lambda x: 0.0 * x**exponent, order)(0.0) for order in (1, 2)]
    assert found == [0.0, 0.0]


def test_mixed_second_derivative_of_a_power():
    # d²(a**b) / da db = a**(b-1) (1 + b log a)
    mixed = grad(grad(operator.pow, 0), 1)
    assert mixed(2.0, 3.0) == pytest.approx(4.0 * (1.0 + 3.0 * LOG_2), rel=1e-15)
    assert mixed(0.0, 3.0) == 0.0


def test_the_derivatives_of_two_to_the_x():
    assert nth_derivative(lambda x: 2**x, 3)(1.5) == pytest.approx(2**1.5 * LOG_2**3, rel=1e-14)


def test_a_fractional_power_of_a_negative_number_is_complex():
    y, pullback = vjp(lambda a: a**0.5, -4.0)
    assert y == pytest.approx(2j)
    assert pullback(1j) == pytest.approx((1j * 0.5 / 2j).real)


def test_pow_with_a_modulus_is_for_integers():
    with pytest.raises(TypeError):
        vjp(lambda x: pow(x, 2, 5), 3.0)
    with pytest.raises(TypeError, match="unless all arguments are integers"):
        vjp(pow, 3.0, 2.0, 5)


@pytest.mark.parametrize("divide", [operator.truediv, operator.itruediv])
def test_division(divide):
    y, pullback = vjp(divide, 3.0, 4.0)
    assert (y, pullback(2.0)) == (0.75, (0.5, -0.375))
    assert nth_derivative(lambda x: 1.0 / x, 3)(2.0) == -6.0 / 16.0
    with pytest.raises(ZeroDivisionError):
        vjp(divide, 1.0, 0.0)


@pytest.mark.parametrize("mod", [operator.mod, operator.imod])
@pytest.mark.parametrize(("a", "b"), [(7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (-1e-20, 1.0)])
def test_remainder_of_a_division(mod, a, b):
    y, pullback = vjp(mod, a, b)
    assert (y, pullback(1.0)) == (a % b, (1.0, -(a // b)))


def test_divmod_gives_both():
    (quotient, remainder), pullback = vjp(divmod, -7.5, 2.0)
    assert (quotient, remainder) == (-4.0, 0.5)
    assert pullback((5.0, 1.0)) == (1.0, 4.0)
    assert grad(lambda x: divmod(x, 2.0)[0] * x)(7.5) == 3.0
    assert grad(lambda x: divmod(7.5, x)[1])(2.0) == -3.0


@pytest.mark.parametrize("absolute", [abs, operator.abs])
def test_absolute_value(absolute):
    assert [val_and_grad(absolute, x)[1] for x in (-2.0, 0.0, 2.0)] == [-1.0, 0.0, 1.0]
    assert math.isnan(grad(absolute)(math.nan))
    assert grad(absolute)(3 + 4j) == 0.6 - 0.8j
    assert grad(absolute)(0j) == 0j
    assert grad(grad(lambda x: absolute(x) * x))(-2.0) == -2.0


@pytest.mark.parametrize(
    ("in_place", "plain"),
    [
        (getattr(operator, f"i{name}"), getattr(operator, name))
        for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
    ],
)
def test_in_place_operators_are_the_plain_ones_on_numbers(in_place, plain):
    y, pullback = vjp(in_place, 3.5, 2.0)
    plain_y, plain_pullback = vjp(plain, 3.5, 2.0)
    assert (y, pullback(1.5)) == (plain_y, plain_pullback(1.5))


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow"])
def test_in_place_operators_write_into_no_array(name):
    x = np.array([1.0, 2.0])
    with pytest.raises(InPlaceWriteError, match=f"into the ndarray .* use operator.{name[1:]}$"):
        vjp(getattr(operator, name), x, 2.0)
    assert x.tolist() == [1.0, 2.0]


def test_other_numbers_are_constants():
    assert val_and_grad(lambda x: x * Fraction(1, 2) + True - x**2 / 3, 3.0) == (-0.5, -1.5)


@pytest.mark.parametrize("x", [2, 2.0])
def test_results_are_python_floats(x):
    y, gradient = val_and_grad(lambda x: -(x**2) / 3 + (+x) % 1.5 - abs(x) * 2, x)
    assert (type(y), type(gradient)) == (float, float)
