"""Diagonals and triangles, against differences."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import vjp

bounded = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
shapes = st.lists(st.integers(0, 3), min_size=2, max_size=4).map(tuple)
offsets = st.integers(-3, 3)


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def check(check_derivative, f, x):
    assert_array_equal(vjp(f, x)[0], f(x), strict=True)
    check_derivative(lambda x: f(x * x), x)


@bounded
@given(shapes, offsets, st.randoms())
def test_diagonals_and_traces(check_derivative, shape, offset, choice):
    x = random(shape)
    axis1, axis2 = choice.sample(range(-len(shape), 0), 2)
    check(check_derivative, np.diagonal, x)
    check(check_derivative, lambda x: np.diagonal(x, offset, axis1, axis2), x)
    check(check_derivative, lambda x: np.trace(x, offset, axis1, axis2), x)
    check(check_derivative, lambda x: np.linalg.diagonal(x, offset=offset), x)
    check(check_derivative, lambda x: np.linalg.trace(x, offset=offset), x)


@bounded
@given(shapes, offsets)
def test_triangles(check_derivative, shape, offset):
    check(check_derivative, lambda x: np.tril(x, offset), random(shape))
    check(check_derivative, lambda x: np.triu(x, offset), random(shape))
    check(check_derivative, np.tril, random(3))


@bounded
@given(st.integers(0, 4), st.integers(1, 4), offsets)
def test_matrices_of_a_diagonal(check_derivative, n, m, offset):
    check(check_derivative, lambda x: np.diag(x, offset), random(n))
    check(check_derivative, lambda x: np.diag(x, offset), random((m, n + 1)))


@pytest.mark.parametrize("axes", [*permutations(range(4), 2)])
def test_every_pair_of_axes(check_derivative, axes):
    x = random((2, 3, 4, 3))
    check(check_derivative, lambda x: np.diagonal(x, 1, *axes), x)
    check(check_derivative, lambda x: np.trace(x, -1, *axes), x)


def test_a_complex_trace_of_real_numbers_has_a_real_derivative():
    _, pullback = vjp(lambda x: np.trace(x, dtype=complex), np.ones((2, 3)))
    assert_array_equal(pullback(2 + 1j), [[2.0, 0, 0], [0, 2, 0]])
