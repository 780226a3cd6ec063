"""Ranges between two ends: closed forms, exponents and steps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, jacobian, vjp


def test_the_ends_have_complementary_weights():
    of_start = jacobian(lambda a: np.linspace(a, 3.0, 5))(1.0)
    of_stop = jacobian(lambda b: np.linspace(1.0, b, 5))(3.0)
    assert_array_equal(of_start, [1.0, 0.75, 0.5, 0.25, 0.0])
    assert_array_equal(of_stop, [0.0, 0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize(("num", "endpoint", "gaps"), [(5, True, 4), (5, False, 5), (2, True, 1)])
def test_the_step(num, endpoint, gaps):
    def step(a, b):
        return np.linspace(a, b, num, endpoint, retstep=True)[1]

    assert grad(step, argnums=(0, 1))(1.0, 3.0) == (-1 / gaps, 1 / gaps)


def test_of_one_sample_nothing_depends_on_the_stop():
    assert grad(lambda b: np.linspace(1.0, b, 1).sum())(3.0) == 0.0
    assert jacobian(lambda a: np.linspace(a, 1.0, 0).sum())(3.0) == 0.0


def test_an_integer_dtype_is_a_step():
    y, pullback = vjp(lambda a: np.linspace(a, 9.0, 4, dtype=int), 1.0)
    assert y.tolist() == [1, 3, 6, 9]
    assert pullback(np.ones(4)) == 0.0


def test_powers_of_a_base():
    # d/db b**e = e b**(e - 1), with the exponents 0, 1, 2
    of_base = jacobian(lambda b: np.logspace(0.0, 2.0, 3, base=b))(3.0)
    assert_allclose(of_base, [0.0, 1.0, 6.0])
    of_stop = jacobian(lambda e: np.logspace(0.0, e, 3, base=2.0))(2.0)
    assert_allclose(of_stop, np.log(2.0) * np.array([0.0, 0.5 * 2.0, 4.0]))


def test_a_geometric_range_is_a_power_of_each_end():
    of_start = jacobian(lambda a: np.geomspace(a, 8.0, 4))(1.0)
    assert_allclose(of_start, np.array([1.0, 2.0, 4.0, 8.0]) * np.array([3, 2, 1, 0]) / 3)


@pytest.mark.parametrize("make", [np.linspace, np.logspace, np.geomspace])
def test_second_derivatives(check_derivative, make):
    x = np.array([1.5, 2.5])
    check_derivative(lambda x: grad(lambda x: np.sum(make(x[0], x[1], 4) ** 2))(x), x)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_arrays_of_ends(check_derivative, axis):
    x = np.array([[1.5, 2.0], [0.5, 1.0]])
    check_derivative(lambda x: np.linspace(x, x[0] * 3, 3, axis=axis), x)
