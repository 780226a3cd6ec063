"""Differences: accurate where a function is smooth, silent where they cannot tell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pullback.conformance.differences import complex_step, directional, one_sided

SMOOTH = {
    "sin": (lambda t: math.sin(1.3 + t), math.cos(1.3)),
    "exp": (lambda t: math.exp(2 * t), 2.0),
    "a polynomial": (lambda t: (t - 2) ** 5, 80.0),
    "a constant": (lambda t: 3.0, 0.0),
    "a quick oscillation": (lambda t: math.sin(40 * t + 0.3), 40 * math.cos(0.3)),
    "large numbers": (lambda t: 1e12 * math.exp(t), 1e12),
    "small numbers": (lambda t: 1e-12 * math.exp(t), 1e-12),
    "a sum with a large constant": (lambda t: 1e3 + math.sin(t), 1.0),
    "steep": (lambda t: math.tanh(20 * t + 0.1), 20 / math.cosh(0.1) ** 2),
    "next to a pole": (lambda t: 1 / (0.05 + t), -400.0),
    "flat": (lambda t: t * t, 0.0),
    "a pole within the larger steps": (lambda t: math.log(0.01 + t), 100.0),
}


@pytest.mark.parametrize(("along", "slope"), SMOOTH.values(), ids=SMOOTH)
def test_the_derivative_of_a_smooth_function(along, slope):
    estimate = directional(along)
    size = max(abs(slope), abs(along(0.0)), abs(along(2.0**-5)))
    assert abs(estimate.value - slope) <= 1e-9 * size
    assert abs(estimate.value - slope) <= 10 * estimate.error + 1e-14 * size
    assert estimate.error <= 1e-7 * size
    assert not estimate.kink


@pytest.mark.parametrize(
    "along",
    [
        abs,
        lambda t: max(t, 0.0),
        lambda t: math.sin(t) + 0.01 * abs(t),
        lambda t: min(math.exp(t), 1.0),
        lambda t: abs(t) + 100.0,
    ],
)
def test_a_kink_is_found(along):
    estimate = directional(along)
    assert estimate.kink
    assert estimate.error == math.inf


@pytest.mark.parametrize("place", [1e-5, -3e-5])
def test_a_kink_between_the_smallest_steps_is_not_taken_for_a_derivative(place):
    assert directional(lambda t: abs(t - place)).error > 1e-2


@pytest.mark.parametrize(
    "along",
    [
        math.floor,
        lambda t: 1.0 if t > 0 else 2.0,
        lambda t: math.sin(1e5 * t) * 1e-2,
        lambda t: math.copysign(math.sqrt(abs(t)), t),
        lambda t: math.sin(3e4 * t + 1.0),
        lambda t: math.sin(802.6 * t + 1.46) + 0.0584 * t,
    ],
    ids=["a jump", "a step", "many periods", "a vertical tangent", "aliased", "by chance"],
)
def test_what_differences_do_not_tell(along):
    estimate = directional(along)
    assert estimate.kink or estimate.error == math.inf


def test_noise_widens_the_error():
    random = np.random.default_rng(0)

    def noisy(t):
        return math.sin(t) * (1 + 1e-7 * random.uniform(-1, 1))

    estimate = directional(noisy, rounding=1e-7)
    assert estimate.error >= 1e-7
    assert abs(estimate.value - 1.0) <= 10 * estimate.error


@pytest.mark.parametrize("point", [0.3, 1.0, 2.5, -4.0])
def test_single_precision(point):
    single = np.float32
    estimate = directional(lambda t: float(np.sin(single(point + t))), rounding=1.2e-7)
    assert not estimate.kink
    assert abs(estimate.value - math.cos(point)) <= 10 * estimate.error
    assert estimate.error < 1e-2


def raising(t):
    if t < 0:
        raise ValueError("out of the domain")
    return t


@pytest.mark.parametrize(
    "along",
    [raising, lambda t: math.nan, lambda t: t if t == 0 else math.inf, lambda t: 1 / t],
    ids=["one side raises", "NaN", "infinite elsewhere", "infinite here"],
)
def test_the_end_of_a_domain_tells_nothing(along):
    estimate = directional(along)
    assert math.isnan(estimate.value)
    assert estimate.error == math.inf
    assert not estimate.kink


def test_steps_that_leave_the_domain_are_left_out():
    # The domain ends at 1/200, which only the smaller half of the steps respects.
    estimate = directional(lambda t: math.sqrt(0.005 - t))
    assert estimate.value == pytest.approx(-0.5 / math.sqrt(0.005), rel=1e-7)


def test_the_complex_step_is_exact():
    assert complex_step(lambda t: np.exp(t) / np.sin(1.0 + t)) == pytest.approx(
        1 / math.sin(1) - math.cos(1) / math.sin(1) ** 2, rel=1e-15
    )
    assert complex_step(lambda t: 1e-30 * (2.0 + t) ** 3) == pytest.approx(1.2e-29, rel=1e-15)


def test_the_complex_step_of_what_takes_no_complex_numbers():
    assert math.isnan(complex_step(lambda t: math.sin(t)))


def test_the_quotients_to_one_side():
    def function(t):
        return np.array([abs(t), 2 * t, math.exp(t)])

    right, right_error = one_sided(function, 1.0)
    left, left_error = one_sided(function, -1.0)
    assert right == pytest.approx([1.0, 2.0, 1.0], abs=1e-4)
    assert left == pytest.approx([-1.0, 2.0, 1.0], abs=1e-4)
    assert np.all(np.abs(right - [1.0, 2.0, 1.0]) <= right_error)
    assert np.all(np.abs(left - [-1.0, 2.0, 1.0]) <= left_error)
    assert max(*right_error, *left_error) < 1e-3


def test_there_are_no_quotients_outside_of_the_domain():
    def root(t):
        return np.array([math.sqrt(t)])

    assert one_sided(root, -1.0) is None
    quotient, error = one_sided(root, 1.0)
    assert error > 0.5 * quotient  # it grows without bound
