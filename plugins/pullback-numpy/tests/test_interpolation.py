"""Tables: between knots, at them, beyond them and around a period."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, vjp
from pullback.conformance import check_rule

GRID = np.array([-3.0, -1.0, 0.5, 1.0, 4.0])


def random(shape, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


@pytest.mark.parametrize("dtype", [float, complex])
def test_interpolation_between_knots_and_beyond(check_derivative, dtype):
    x, values = np.array([[-5.0, -2.0], [0.75, 6.0]]), random(5, 0, dtype)
    check_derivative(np.interp, x, GRID, values)
    ends = [complex(1, 2), complex(3, 4)] if dtype is complex else [1.0, 2.0]
    check_derivative(lambda *args: np.interp(*args), x, GRID, values, *ends)
    check_derivative(lambda v, end: np.interp(x, GRID, v, right=end * end), values, ends[0])


@pytest.mark.parametrize("period", [4.0, -4.0])
def test_interpolation_around_a_period(check_derivative, period):
    x, knots = np.array([-9.1, -0.7, 3.2, 11.0]), np.array([4.5, -1.25, 0.25, 1.75])
    f = lambda x, k, v, p: np.interp(x, k, v, period=p, left=7.0)
    check_derivative(f, x, knots, random(4), period)
    first, second = (
        grad(lambda v, z=z: f(z, knots, v, period).sum())(random(4)) for z in (x, x + 8)
    )
    assert_allclose(first, second)


@pytest.mark.parametrize(
    ("x", "slope"), [(-1.0, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 1.5), (3.0, 0.0)]
)
def test_the_slope_at_a_knot_is_the_mean_of_both_sides(x, slope):
    of_x, of_knots, of_values = vjp(np.interp, x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0])[1](1.0)
    assert of_x == slope
    assert sum(of_knots) == -slope
    assert sum(of_values) == 1.0


def test_tables_that_are_degenerate():
    assert_array_equal(
        grad(lambda v: np.sum(np.interp([-1.0, 0.0, 9.0], [0.0], v, right=5.0)))(np.ones(1)), 2
    )
    y, back = vjp(np.interp, np.array([np.nan, 0.5]), np.array([0.0, 1.0]), np.array([2.0, 4.0]))
    assert np.isnan(y[0])
    assert_array_equal(back(np.ones(2))[2], [0.5, 0.5])
    repeated = vjp(lambda v: np.interp([0.5, 1.5], [0.0, 1.0, 1.0, 2.0], v), np.arange(4.0))[1]
    assert_array_equal(repeated(np.ones(2)), [0.5, 0.5, 0.5, 0.5])
    assert_array_equal(
        hessian(lambda v: np.interp(0.25, [0.0, 1.0], v) ** 2)(np.ones(2))[0], [1.125, 0.375]
    )


def test_what_is_not_finite_stays_where_it_is():
    x, knots, values = np.array([-9.0, 0.5, 1.5]), np.array([-1.0, 0.0, 1.0, 2.0]), np.arange(4.0)
    _, back = vjp(np.interp, x, knots, values)
    of_x, of_knots, of_values = back(np.array([np.nan, 1.0, np.inf]))
    assert_array_equal(of_x, [0, 1, np.inf])
    assert_array_equal(of_knots, [0, -0.5, -np.inf, -np.inf])
    assert_array_equal(of_values, [np.nan, 0.5, np.inf, np.inf])
    assert_array_equal(back(np.array([0.0, 0.0, 1.0]))[2], [0, 0, 0.5, 0.5])


def test_at_a_knot_where_jumps_cancel_the_second_derivative_is_not_judged():
    angles = [4.5, -1.25, 0.25, 1.75, 6.0, -0.5, 1.0, 3.0, -4.0, 2.25, 9.25, 3.75]
    values = [0.5, 0.25, 2.5, 1.25, 0.75, 0.08, 0.69, 1.3, 1.91, 2.52, 0.2, 0.81]
    check_rule(
        np.interp,
        np.array([7.81, 2.0, -3.8, -11.62]),
        np.array(angles),
        np.array(values),
        params={"period": 4},
        cotangent=np.array([1.1, 0.45, -1.3, -1.9]),
        seed=456,
    )
