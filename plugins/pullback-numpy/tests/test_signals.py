"""Differences, slopes, integrals and convolutions: closed forms and degenerate cases."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, vjp

GRID = np.array([-3.0, -1.0, 0.5, 1.0, 4.0])


def random(shape, seed=0, dtype=float):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is complex else x


@pytest.mark.parametrize("n", range(6))
@pytest.mark.parametrize("axis", [0, -1])
def test_differences_of_joined_arrays(check_derivative, n, axis):
    ends = (random((3, 2), 1), random((3, 1), 2)) if axis else (random((1, 4), 1), 0.5)
    f = partial(np.diff, n=n, axis=axis)
    check_derivative(lambda a, b, c: f(a * b.sum(), prepend=b, append=c), random((3, 4)), *ends)


def test_a_difference_that_nothing_is_left_of():
    y, back = vjp(lambda x, p: np.diff(x, 5, prepend=p), np.ones(3), 2.0)
    assert y.size == 0
    assert [np.asarray(ct).tolist() for ct in back(y)] == [[0, 0, 0], 0]


def test_lists_are_joined_and_subtracted():
    end = np.array([2.0])
    _, back = vjp(lambda a, end: np.diff([a, 2.0], prepend=[3.0], append=end), 1.0, end)
    assert back(np.array([1.0, 10.0, 100.0])) == (-9.0, 100.0)


def test_no_difference_of_a_list_is_that_list():
    end = np.array([2.0])
    y, back = vjp(lambda a, end: np.diff([a * a, 2.0], 0, append=end), 3.0, end)
    assert y == [9.0, 2.0]
    assert back([1.0, 10.0]) == (6.0, 0.0)
    y, back = vjp(lambda a: np.diff([[a, 2.0]], 0, append=a * end), 3.0)
    assert (y, back([[1.0, 10.0]])) == ([[3.0, 2.0]], 1.0)


def test_ediff1d(check_derivative):
    f = lambda a, b, c: np.ediff1d(a * b.sum(), to_end=c, to_begin=b)
    check_derivative(f, random((2, 3)), random((2, 1), 1), 0.5)
    check_derivative(f, random(1), random(2, 1), random(2, 2))
    assert_array_equal(grad(lambda x: np.sum(np.ediff1d(x)))(np.ones((2, 2))), [[-1, 0], [0, 1]])


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("axis", [None, 1, (-1, 0)])
def test_slopes_by_one_spacing_or_by_several(check_derivative, edge_order, axis):
    f = partial(np.gradient, axis=axis, edge_order=edge_order)
    check_derivative(lambda x, h: f(x * x, h), random((4, 3)), 0.7)
    if axis is None:
        check_derivative(lambda x, h, z: f(x * x, h, z), random((4, 5)), 0.7, GRID)
        check_derivative(f, random((3, 3), dtype=complex))
    else:
        grids = (GRID[:3], GRID[1:])[: 2 if axis != 1 else 1]
        check_derivative(lambda x, *zs: f(x * x, *zs), random((4, 3)), *grids)


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("x", [GRID, np.arange(5.0)])
def test_slopes_are_homogeneous_in_the_coordinates(edge_order, x):
    # y(f, c x + d) = y(f, x) / c, also where NumPy computes with one step for all.
    y, back = vjp(partial(np.gradient, edge_order=edge_order), random(5), x)
    ct = random(5, 1)
    _, of_x = back(ct)
    assert_allclose(x @ of_x, -ct @ y)
    assert_allclose(of_x.sum(), 0, atol=1e-12)


def test_coordinates_of_integers_do_not_wrap_around():
    x = np.array([0, 3, 4, 1], np.uint8)  # the last difference does not fit
    f = random(4)
    ct = random(4, 1)
    expected = vjp(lambda f: np.gradient(f, x.astype(float)), f)[1](ct)
    assert_allclose(vjp(lambda f: np.gradient(f, x), f)[1](ct), expected)


def test_slopes_in_single_precision_and_of_one_output():
    y, back = vjp(np.gradient, np.ones((3, 2), np.float32))
    assert back(y).dtype == np.float32
    gradient = grad(lambda f: np.gradient(f)[1][0, 0])(np.zeros((2, 2)))
    assert_array_equal(gradient, [[-1, 1], [0, 0]])


def test_integrals(check_derivative):
    y = random((3, 4))
    check_derivative(lambda y, h: np.trapezoid(y * y, dx=h, axis=0), y, 0.3)
    for x in (random(4, 1), random((3, 4), 1), random((1, 4), 1), random((2, 1, 4), 1)):
        check_derivative(np.trapezoid, y, x)
    check_derivative(partial(np.trapezoid, axis=-2), random((4, 1)), random((4, 3), 1))
    check_derivative(np.trapezoid, random(3, dtype=complex), random(3, 1, complex))
    assert_array_equal(grad(lambda y: np.trapezoid(y, [0.0, 1.0, 3.0]))(y[0, :3]), [0.5, 1.5, 1])
    assert grad(lambda h: np.trapezoid([1.0, 3.0], dx=h))(9.0) == 2.0


@pytest.mark.parametrize("shape", [(0,), (1,)])
def test_an_integral_over_nothing(shape):
    y, back = vjp(np.trapezoid, np.ones(shape), np.ones(shape))
    assert y == 0
    assert [ct.tolist() for ct in back(1.0)] == [[0.0] * shape[0]] * 2


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("function", [np.convolve, np.correlate])
@pytest.mark.parametrize("dtype", [float, complex])
def test_convolutions_of_all_lengths(check_derivative, function, mode, dtype):
    for n, m in [(5, 2), (5, 3), (4, 4), (1, 1), (2, 5), (3, 6), (2, 3)]:
        a, v = random(n, 0, dtype), random(m, 1, dtype)
        check_derivative(partial(function, mode=mode), a, v)
        if dtype is complex:
            check_derivative(partial(function, mode=mode), a, v.real)


def test_the_second_argument_of_a_correlation_is_conjugated():
    a, v = random(3, 0, complex), random(3, 1, complex)
    _, back = vjp(np.correlate, a, v)
    of_a, of_v = back(np.ones(1, complex))
    assert_allclose(of_a, v.conj())
    assert_allclose(of_v, a.conj())
    _, back = vjp(lambda a: np.convolve(a, v, "valid"), a)
    assert_allclose(back(np.ones(1, complex)), v[::-1])


def test_a_valid_convolution_costs_no_more_backward_than_forward(monkeypatch):
    n = 1000
    _, back = vjp(lambda a: np.convolve(a, np.ones(n - 2), "valid"), np.ones(n))
    lengths = []
    convolve = np.convolve

    def counting(a, v, mode="full"):
        lengths.append(min(len(a), len(v)))
        return convolve(a, v, mode)

    monkeypatch.setattr(np, "convolve", counting)
    back(np.ones(3))
    assert lengths == [3]
