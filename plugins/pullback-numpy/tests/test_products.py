"""Products of every combination of dimensions, against differences; and what they cost."""

from __future__ import annotations

import operator
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import grad, val_and_grad, vjp
from pullback.errors import OutArgumentError
from pullback.plugins import rule_function

bounded = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
lengths = st.integers(1, 3)
batches = st.lists(lengths, max_size=2).map(tuple)
seeds = st.integers(0, 1000)
dtypes = st.sampled_from([np.float64, np.complex128])


def random(shape, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if dtype is np.complex128 else x


@st.composite
def batch_pairs(draw):
    """Two shapes that broadcast with each other."""
    whole = draw(batches)
    return tuple(
        tuple(n if draw(st.booleans()) else 1 for n in whole)[draw(st.integers(0, len(whole))) :]
        for _ in range(2)
    )


@st.composite
def matmul_shapes(draw):
    left, right = draw(batch_pairs())
    n, k, m = draw(lengths), draw(lengths), draw(lengths)
    return draw(st.sampled_from([(*left, n, k), (k,)])), draw(
        st.sampled_from([(*right, k, m), (k,)])
    )


@pytest.mark.parametrize("function", [operator.matmul, np.matmul])
@bounded
@given(matmul_shapes(), seeds, dtypes)
def test_matmul(check_derivative, function, shapes, seed, dtype):
    a, b = (random(shape, seed + i, dtype) for i, shape in enumerate(shapes))
    check_derivative(function, a, b)
    check_derivative(lambda a: function(a, b), a)
    check_derivative(lambda b: function(a, b), b)
    if dtype is np.complex128:
        check_derivative(function, a, b.real)


@pytest.mark.parametrize("a_ndim", range(4))
@pytest.mark.parametrize("b_ndim", range(4))
def test_dot_and_inner(check_derivative, a_ndim, b_ndim):
    a = random((4, 2, 3)[3 - a_ndim :], 0)
    check_derivative(np.dot, a, random((2, 3, 5)[3 - b_ndim :] if b_ndim > 1 else (3,) * b_ndim, 1))
    check_derivative(np.inner, a, random((2, 5, 3)[3 - b_ndim :], 1))


def test_matrices_of_one_matmul_have_every_combination_of_dimensions(check_derivative):
    for a_shape in [(3,), (2, 3), (4, 2, 3), (1, 4, 2, 3)]:
        for b_shape in [(3,), (3, 5), (4, 3, 5), (6, 1, 3, 5)]:
            check_derivative(np.matmul, random(a_shape, 0), random(b_shape, 1))


@bounded
@given(batch_pairs(), seeds, dtypes)
def test_products_of_stacked_vectors_and_matrices(check_derivative, pair, seed, dtype):
    left, right = pair
    u, v = random((*left, 3), seed, dtype), random((*right, 3), seed + 1, dtype)
    check_derivative(np.vecdot, u, v)
    check_derivative(np.linalg.outer, u.reshape(-1), v.reshape(-1))
    if hasattr(np, "matvec"):
        matrix = random((*left, 2, 3), seed, dtype)
        check_derivative(np.matvec, matrix, v)
        check_derivative(np.vecmat, v, matrix.mT)


@bounded
@given(st.lists(lengths, max_size=3).map(tuple), seeds, dtypes)
def test_products_of_flattened_arrays(check_derivative, shape, seed, dtype):
    a, b = random(shape, seed, dtype), random(shape[::-1], seed + 1, dtype)
    check_derivative(np.vdot, a, b)
    check_derivative(np.outer, a, b)


@pytest.mark.parametrize(
    "axes", [0, 1, 2, (1, 1), ([2, 1], [0, 1]), ([-1, 0], [-3, 2]), ([0, 1, 2], [2, 1, 0])]
)
def test_tensordot(check_derivative, axes):
    a, b = random((2, 3, 4), 0), random((4, 3, 2), 1)
    if axes in (1, 2):
        b = random((4, 3, 2) if axes == 1 else (3, 4, 2), 1)
    check_derivative(lambda a, b: np.tensordot(a, b, axes), a, b)
    assert_array_equal(vjp(lambda a: np.tensordot(a, b, axes=axes), a)[0], np.tensordot(a, b, axes))


def test_lists_and_numbers_as_factors(check_derivative):
    x = random((2,), 0)
    check_derivative(lambda x: x @ [1.0, 2.0], x)
    check_derivative(lambda x: [[1.0, 2.0]] @ x, x)
    check_derivative(lambda x: np.dot(x, 3.0), x)
    check_derivative(np.dot, 2.0, 3.0)
    assert type(grad(lambda x: np.dot(x, 3.0))(2.0)) is float


@pytest.mark.parametrize("function", [operator.matmul, np.dot, np.inner, np.outer, np.vdot])
def test_single_precision_stays(function):
    a = np.ones((2, 2), np.float32)
    y, pullback = vjp(lambda a, b: np.sum(function(a, b)), a, 2 * a)
    assert y.dtype == np.float32
    assert [ct.dtype for ct in pullback(y)] == [np.float32, np.float32]


class Counting(np.ndarray):
    """An array that counts the products that it takes part in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **params):
        if not all(issubclass(type(x), np.ndarray) for x in inputs):
            return NotImplemented  # a tracer comes first
        Counting.products += ufunc is np.matmul
        plain = [np.asarray(x) if isinstance(x, Counting) else x for x in inputs]
        return getattr(ufunc, method)(*plain, **params)


def test_a_constant_factor_costs_one_product_on_the_way_back():
    matrix = np.ones((3, 4)).view(Counting)
    Counting.products = 0
    val_and_grad(lambda w: np.sum(matrix @ w), np.ones((4, 2)))
    assert Counting.products == 2
    rule = rule_function(operator.matmul)
    _, (pullback_a, pullback_b) = rule(np.ones((2, 3)), np.ones((3, 4)))
    assert shapes_held_by(pullback_b) == [(2, 3)], "the cotangent of b needs a, and nothing else"
    assert shapes_held_by(pullback_a) == [(3, 4)]


def shapes_held_by(pullback):
    held = [cell.cell_contents for cell in pullback.__closure__]
    return [value.shape for value in held if isinstance(value, np.ndarray)]


def test_a_broadcast_factor_takes_one_folded_product():
    rule = rule_function(operator.matmul)
    for a_shape, b_shape in [((9, 2, 3), (3, 4)), ((2, 3), (9, 3, 4))]:
        y, pullbacks = rule(np.ones(a_shape), np.ones(b_shape))
        cotangents = [pullback(y) for pullback in pullbacks]
        assert [ct.shape for ct in cotangents] == [a_shape, b_shape], "nothing left to sum"


def test_no_garbage_is_made_for_the_cycle_collector():
    rule = rule_function(operator.matmul)
    a = np.ones((2, 3))
    before = sys.getrefcount(a)
    y, pullbacks = rule(a, np.ones((3, 4)))
    del y, pullbacks
    assert sys.getrefcount(a) == before


def test_out_is_refused():
    for function in (np.dot, np.outer):
        with pytest.raises(OutArgumentError, match=f"{function.__name__}.*would lose"):
            grad(lambda x, f=function: f(x, x, np.zeros(())))(np.ones(2))
