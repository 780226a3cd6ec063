"""Choosing between values: differences away from the switches, conventions at them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, vjp
from pullback.errors import OutArgumentError
from pullback.registry import rules

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
shapes = st.lists(st.integers(0, 3), max_size=3).map(tuple)


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@bounded
@given(shapes, st.integers(0, 100))
def test_where(check_derivative, shape, seed):
    condition = random(shape, seed) > 0
    x, y = random(shape, 1), random(shape[1:], 2)
    check_derivative(lambda x, y: np.where(condition, x * x, y * x), x, y)
    check_derivative(lambda x: np.where(condition, x * x, 2.0), x)
    check_derivative(lambda x: np.where(x.sum() > 0, x, x * x), x)


def test_what_is_not_chosen_gets_exact_zeros():
    cotangent = np.array([np.inf, np.nan, 1.0])
    _, pullback = vjp(lambda x, y: np.where([True, True, False], x, y), np.ones(3), np.ones(3))
    of_x, of_y = pullback(cotangent)
    assert_array_equal(of_x, [np.inf, np.nan, 0])
    assert_array_equal(of_y, [0, 0, 1])
    x = np.array([0.0, 4.0])

    def guarded(x):
        return np.sum(np.where(x > 0, np.sqrt(x), 0))

    assert_array_equal(grad(guarded)(x), [0, 0.25])
    assert_allclose(hessian(guarded)(x), [[0, 0], [0, -1 / 32]])


def test_a_condition_alone_gives_its_places():
    x = np.array([0.0, 2.0])
    assert_array_equal(grad(lambda x: np.sum(x[np.where(x)] ** 2))(x), [0, 4])
    assert_array_equal(grad(lambda x: np.sum(np.where(x, x, 1.0)))(x), [0, 1])


def test_a_mask_that_is_written_to_later_is_read_as_it_was():
    mask = np.array([True, False])
    _, pullback = vjp(lambda x: np.sum(np.where(mask, x, 0)), np.ones(2))
    mask[:] = True
    assert_array_equal(pullback(1.0), [1, 0])


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_clip(check_derivative, shape):
    x = np.linspace(-2.4, 2.6, 6)[: int(np.prod(shape))].reshape(shape)
    low, high = -1.0, np.array([0.9, 1.9, 1.4])
    check_derivative(lambda x: np.clip(x * x * x, low, high), x)
    check_derivative(lambda x, a, b: np.clip(x * x, a * x, b), x, low, high)
    check_derivative(lambda x, a: np.clip(x, a, None), x, low)
    check_derivative(lambda x, b: np.clip(x, None, b), x, high)
    check_derivative(lambda x, a, b: np.clip(x, max=b, min=a), x, low, high)
    check_derivative(lambda x, a, b: x.clip(max=b, min=a), x, low, high)
    check_derivative(lambda a: np.clip(x, a, high), low)


def test_clip_shares_with_a_bound_that_it_equals():
    convention = rules[np.clip].rule.points
    assert len(convention) == 3
    for primals, derivatives in convention.items():
        assert vjp(np.clip, *primals)[1](1.0) == derivatives
    assert grad(lambda x: np.sum(np.clip(x, 0, 1)))(np.array([np.nan]))[0] == 0


@pytest.mark.parametrize(
    ("primals", "derivatives"),
    [
        ((1.0, 1.0, 1.0), (0, 0, 1)),
        ((0.0, 1.0, 1.0), (0, 0.5, 0.5)),
        ((2.0, 1.0, 1.0), (0, 0, 1)),
        ((0.0, 2.0, 0.0), (0, 0, 1)),
        ((1.0, 2.0, 0.0), (0, 0, 1)),
        ((3.0, 2.0, 0.0), (0, 0, 1)),
    ],
)
def test_between_bounds_that_are_equal_or_in_the_wrong_order(primals, derivatives):
    assert vjp(np.clip, *primals)[1](1.0) == derivatives
    # To either side, each of the three moves the value by something around its derivative.
    for place, derivative in enumerate(derivatives):
        moved = [[*primals], [*primals]]
        moved[0][place] -= 0.25
        moved[1][place] += 0.25
        at = np.clip(*primals)
        slopes = [(at - np.clip(*moved[0])) * 4, (np.clip(*moved[1]) - at) * 4]
        assert min(slopes) <= derivative <= max(slopes)


def test_clip_into_another_dtype():
    x = np.array([0.05, 0.3, 0.9])
    y, pullback = vjp(lambda x, a: np.clip(x, a, 0.7, dtype=np.float32), x, 0.1)
    assert y.dtype == np.float32
    of_x, of_a = pullback(np.array([2, 3, 4], np.float32))
    assert_array_equal(of_x, [0, 3, 0])
    assert of_a == 2


def test_select(check_derivative):
    x, y = random((2, 3)), random(3, 1)
    conditions = [x > 0.5, x > 0]
    check_derivative(lambda x, y: np.select(conditions, [x * x, y * x], 3.0), x, y)
    check_derivative(lambda x, d: np.select([x > 0.5, x > 0], [x, x * x], d * d), x, 2.0)
    check_derivative(
        lambda d: grad(lambda x: np.sum(np.select([x > 0], [x], d * d) ** 2))(x), 2.0, order=1
    )
    assert_array_equal(grad(lambda x: np.select([x > 1, x > 0], [x, 2 * x]).sum())(y), 2 * (y > 0))


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_choose(check_derivative, mode):
    numbers = np.array([[0, 1, 1], [1, 0, 0]]) + (0 if mode == "raise" else 1)
    x, y = random(3), random((2, 1), 1)
    check_derivative(lambda x, y: np.choose(numbers, [x * x, y * x], mode=mode), x, y)
    for choices in (random((2, 2, 3)), random((2, 3)), random(2), random((2, 1, 1))):
        check_derivative(lambda x: np.choose(numbers, x * x, mode=mode), choices)
    check_derivative(lambda x: np.choose(1, x * x, mode=mode), random(2))


def test_single_precision_stays():
    x = np.array([0.5, 2.0], np.float32)
    for f in (
        lambda x: np.where(x > 1, x, 0),
        lambda x: np.clip(x, 0, 1),
        lambda x: np.select([x > 1], [x]),
    ):
        y, pullback = vjp(f, x)
        assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)


def test_out_is_refused():
    with pytest.raises(OutArgumentError, match=r"numpy\.clip.*would lose"):
        grad(lambda x: np.clip(x, 0, 1, np.zeros(3)).sum())(np.ones(3))
    with pytest.raises(OutArgumentError, match=r"numpy\.choose.*would lose"):
        grad(lambda x: np.choose([0], [x], np.zeros(1)).sum())(np.ones(1))
