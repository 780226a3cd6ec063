"""Functions that call a function: which values it is given, and what its own closure may hold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, val_and_grad, vjp
from pullback.errors import TracerConversionError

X = np.array([[-1.5, 0.25, 2.0], [0.5, -0.75, 3.0]])


def test_pieces_are_functions_constants_and_what_is_left(check_derivative):
    def f(x, constant, power):
        return np.piecewise(
            x, [x < 0, x > 1], [lambda t, p: np.exp(t) * p, constant, lambda t, p: t**p], power
        )

    y, _ = vjp(f, X, 5.0, 2.0)
    assert_allclose(y, np.where(X < 0, 2 * np.exp(X), np.where(X > 1, 5.0, X**2)))
    check_derivative(f, X, 5.0, 2.0)
    check_derivative(lambda x: np.piecewise(x, [X > 0], [np.sin]), X)
    check_derivative(lambda x: np.piecewise(x, [X > 0], [np.sin, np.conj]), X + 1j)


def test_where_conditions_overlap_the_last_one_counts():
    x = np.array([1.0, 2.0, 3.0])
    # The mean is of all three elements, and what it gives to the last is overwritten.
    f = lambda x: np.sum(np.piecewise(x, [x > 0, x > 2], [lambda t: t - np.mean(t), np.square]))
    y, gradient = val_and_grad(f, x)
    assert y == -1.0 + 0.0 + 9.0
    assert_allclose(gradient, [1 - 2 / 3, 1 - 2 / 3, 6 - 2 / 3])


def test_a_function_without_elements_is_not_called():
    def fail(t):
        raise AssertionError

    assert_array_equal(
        grad(lambda x: np.sum(np.piecewise(x, [x > 9], [fail, np.sin])))(X), np.cos(X)
    )


@pytest.mark.parametrize(("x", "slope"), [(3.0, 6.0), (-3.0, 0.0)])
def test_numbers(x, slope):
    f = lambda x: np.piecewise(x, x > 0, [np.square, 7.0])
    y, back = vjp(f, x)
    assert type(y) is np.ndarray
    assert back(np.array(1.0)) == slope
    assert grad(grad(lambda x: f(x) * 1.0))(x) == (2.0 if slope else 0.0)


def test_pieces_of_integers_are_constant():
    count = np.arange(4)
    f = lambda x: np.sum(x * np.piecewise(count, [count > x], [3.7, lambda t: t]))
    assert val_and_grad(f, 1.5) == (1.5 * 7, 7.0)


def test_the_number_of_functions_is_checked_by_numpy():
    with pytest.raises(ValueError, match="functions are expected"):
        grad(lambda x: np.piecewise(x, [x > 0], [1.0, 2.0, 3.0]).sum())(X)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_along_an_axis(check_derivative, axis):
    for function in (np.cumprod, np.sum, lambda v: v[:, None] * v[:2], lambda v: [v[0], 2.0]):
        f = lambda x, function=function: np.apply_along_axis(function, axis, x)
        assert_allclose(vjp(f, X)[0], f(X))
        check_derivative(f, X)
    x = np.sin(np.arange(12.0)).reshape(2, 3, 2)
    check_derivative(lambda x, w: np.apply_along_axis(np.convolve, axis, x, w), x, np.ones(2))


def test_vectors_without_a_derivative_or_none_at_all():
    assert_array_equal(
        grad(lambda x: np.sum(x * np.apply_along_axis(np.argsort, 1, x)))(X), [[0, 1, 2], [1, 0, 2]]
    )
    with pytest.raises(ValueError, match="iteration dimensions are 0"):
        grad(lambda x: np.apply_along_axis(np.sum, 0, x).sum())(np.ones((3, 0)))


def test_over_axes(check_derivative):
    x = np.sin(np.arange(12.0)).reshape(2, 3, 2)
    for axes in (1, (0, -1), [2, 1, 0]):
        f = lambda x, axes=axes: np.apply_over_axes(np.prod, x, axes)
        assert_array_equal(vjp(f, x)[0], f(x))
        check_derivative(f, x)
    with pytest.raises(ValueError, match="correct shape"):
        grad(lambda x: np.apply_over_axes(lambda a, axis: np.sum(a), x, 0).sum())(x)


CALLS = {
    "piecewise": lambda f, x, *args: np.piecewise(x, [X > 0], [f, 0.0], *args),
    "apply_along_axis": lambda f, x, *args: np.apply_along_axis(f, 0, x, *args),
}


@pytest.mark.parametrize("name", CALLS)
def test_traced_values_are_handed_on_as_arguments_and_not_in_a_closure(name):
    call = CALLS[name]

    def hidden(w):
        return np.sum(call(lambda t: t * w, X * w))

    def open_(w):
        return np.sum(call(lambda t, v: t * v, X * w, w))

    with pytest.raises(TracerConversionError, match=f"numpy.{name} was given uses a traced value"):
        grad(hidden)(2.0)
    with pytest.raises(TracerConversionError, match="was given uses a traced value"):
        hessian(hidden)(2.0)
    total = np.sum(X[X > 0]) if name == "piecewise" else np.sum(X)
    assert_allclose(grad(open_)(2.0), 4 * total)
    assert_allclose(grad(grad(open_))(2.0), 2 * total)
    inner = grad(lambda w: grad(lambda v: np.sum(call(lambda t, u: t * u, X * v, w)))(1.0))(2.0)
    assert_allclose(inner, total)


def test_lists_of_traced_and_other_values_are_handed_on():
    def scaled(vector, factors):
        return vector * factors[0] * factors[1][1]

    def f(w):
        return np.sum(np.apply_along_axis(scaled, 0, X * w, [w, ("a", w)]))

    assert_allclose(grad(f)(2.0), 3 * 2.0**2 * np.sum(X))
