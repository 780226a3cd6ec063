"""Padding in every mode that has a derivative, against differences."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import grad, vjp
from pullback.errors import DerivativeNotImplementedError

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
lengths = st.integers(1, 3)


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
@bounded
@given(st.data())
def test_modes(check_derivative, mode, data):
    shape = data.draw(st.lists(lengths, min_size=1, max_size=3))
    pairs = st.tuples(st.integers(0, 4), st.integers(0, 4))
    pair = data.draw(pairs)
    each = [data.draw(pairs) for _ in shape]
    x = random(shape)
    for width in (pair[0], pair, [pair], each):
        y, _ = vjp(lambda x, width=width: np.pad(x, width, mode), x)
        assert_array_equal(y, np.pad(x, width, mode), strict=True)
        check_derivative(lambda x, width=width: np.pad(x * x, width, mode=mode), x)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3, 1), (3, 2)])
def test_the_constants_are_differentiated(check_derivative, shape):
    x = random((2, 1, 3))
    width = [(1, 2), (0, 1), (2, 0)]
    constants = random(shape, 1)
    f = partial(np.pad, pad_width=width)
    check_derivative(lambda x, c: f(x * x, constant_values=c * c), x, constants)
    check_derivative(
        lambda c: grad(lambda x: np.sum(f(x, constant_values=c * c) ** 2))(x), constants, order=1
    )
    check_derivative(lambda c: np.pad(x * c, width, constant_values=c), 2.0)


@pytest.mark.parametrize("constants", [2.0, [2.0], [[2.0, 3.0]]])
def test_what_has_no_axes_is_filled_nowhere(constants):
    y, back = vjp(lambda x, c: np.pad(x, 1, constant_values=c), np.float64(0.5), constants)
    assert y == 0.5
    assert back(np.array(3.0)) == (3.0, np.multiply(constants, 0.0).tolist())


@pytest.mark.parametrize(
    ("constants", "filled"),
    [
        ((1.0, 2.0), (6, 8)),
        ([3.0], [14]),
        (((1.0, 2.0), (3.0, 4.0)), ((2, 4), (4, 4))),
        ([(1.0,), [3.0]], [(6,), [8]]),
        ([np.array([1.0, 2.0])], [np.array([6, 8])]),
    ],
)
def test_each_constant_of_a_list_gets_the_sum_of_what_it_filled(constants, filled):
    # NumPy pads the rows first, so the columns that come after are four high.
    def f(x, constants):
        return np.sum(np.pad(x, [(1, 2), (1, 1)], constant_values=constants))

    x = np.ones((1, 2))
    got = vjp(f, x, constants)[1](1.0)[1]
    assert_array_equal(np.array(got), filled)
    twice = grad(lambda c: grad(lambda x: f(x, (c, 2.0)) * np.sum(x))(x)[0, 0])(1.0)
    assert twice == 6.0


def test_one_axis_by_its_number():
    x = random((2, 3))
    gradient = grad(lambda x: np.sum(np.pad(x, {-1: (1, 0)}, "edge") ** 2))(x)
    assert_array_equal(gradient, 2 * x * [2, 1, 1])


def test_memory_that_nobody_wrote_has_no_derivative():
    assert_array_equal(grad(lambda x: np.sum(np.pad(x, 1, "empty")[1:-1]))(np.ones(2)), [1, 1])


def test_what_is_not_written_says_so():
    x = np.ones(3)
    for mode, params in [("mean", {}), ("linear_ramp", {}), ("reflect", {"reflect_type": "odd"})]:
        y, pullback = vjp(lambda x, mode=mode, params=params: np.pad(x, 1, mode, **params), x)
        assert y.shape == (5,)
        with pytest.raises(DerivativeNotImplementedError, match=f"np.pad in mode '{mode}'"):
            pullback(y)
