"""Other elements in an array, and traced values that a program stores in arrays."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import at, grad, hessian, jacobian, primitive, register, rule, stop_gradient, vjp
from pullback.errors import PrimalError, TracerConversionError

X = np.array([0.5, 1.5, 2.0])


class TestAt:
    def test_set_is_what_an_assignment_does(self):
        for index in (0, -1, slice(1, None), [2, 0], np.array([True, False, True]), [1, 1], ...):
            written = X.copy()
            written[index] = 7.0
            assert_array_equal(at(X)[index].set(7.0), written, strict=True)
        assert X.tolist() == [0.5, 1.5, 2.0]

    def test_add_counts_every_repetition(self):
        assert at(X)[[0, 0]].add([1.0, 2.0]).tolist() == [3.5, 1.5, 2.0]

    @pytest.mark.parametrize("index", [0, slice(1, None), [2, 0], [1, 1, 0], X > 1])
    def test_derivatives(self, check_derivative, index):
        def both(x):
            return at(x * x)[index].set(3 * x[index]) + at(np.sin(x))[index].add(x[index] ** 2)

        check_derivative(both, X)
        check_derivative(lambda x: grad(lambda x: np.sum(both(x) ** 2))(x), X)

    def test_of_repeated_places_the_last_value_counts(self):
        _, pullback = vjp(lambda v: at(X)[[0, 2, 0]].set(v), np.array([1.0, 2.0, 3.0]))
        assert pullback(np.array([10.0, 20.0, 30.0])).tolist() == [0.0, 30.0, 10.0]

    @pytest.mark.parametrize(
        ("x", "value", "dtype"),
        [
            (np.zeros(2, np.float32), 1.5, np.float32),
            (np.zeros(2, int), 1.5, float),
            (np.zeros(2), 1j, complex),
            (np.zeros(2), [1.0, 2], float),
        ],
    )
    def test_nothing_of_the_value_is_dropped(self, x, value, dtype):
        y = at(x)[:].set(value)
        assert y.dtype == dtype
        assert_array_equal(y, np.broadcast_to(np.array(value), 2))

    def test_a_constant_array_takes_traced_values(self):
        assert grad(lambda x: np.sum(at(np.zeros(3))[1].set(x) ** 2))(3.0) == 6.0

    def test_what_has_no_elements(self):
        with pytest.raises(PrimalError, match="float has no elements that could be set"):
            grad(lambda x: at(x)[0].set(1.0))(2.0)


def rosenbrock(x):
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


STORED = {
    "a vector": (lambda x: np.array([x[0] * x[1], np.sin(x[2])]), (2,)),
    "a matrix": (lambda x: np.array([[x[0], 1.0], [x[1] * x[2], 2]]), (2, 2)),
    "rows": (lambda x: np.array([x, x * x]), (2, 3)),
    "asarray": (lambda x: np.asarray([x[0], x[2]]) * 2, (2,)),
    "asarray of an array": (lambda x: np.asarray(x) ** 2, (3,)),
    "np.r_": (lambda x: np.r_[x, 1.0, x[0] * x], (7,)),
    "np.c_": (lambda x: np.c_[x, x * x], (3, 2)),
    "a product": (lambda x: np.array([[x[0], 1.0], [2.0, x[1]]]) @ x[:2], (2,)),
    "an argument by keyword": (lambda x: np.sum(x, initial=np.array([x[0]])[0]), ()),
    "a list of two kinds": (lambda x: np.concatenate([np.array([x[0], 2.0]), x]), (5,)),
    "a ufunc": (lambda x: np.exp(np.array([x[0], x[1]])), (2,)),
    "a ufunc of two": (lambda x: np.arctan2(np.array([x[0], x[1]]), np.array([x[1], x[2]])), (2,)),
    "arrays of objects": (lambda x: np.array([x[0], 1.0]) * np.array([x[1], x[2]]), (2,)),
    "where": (lambda x: np.where(x > 1, np.array([x[0], 0.0, x[2] ** 2]), x), (3,)),
    "rosenbrock": (rosenbrock, (2,)),
}


@pytest.mark.parametrize(("f", "shape"), STORED.values(), ids=STORED)
def test_traced_values_in_an_array(check_derivative, f, shape):
    y = vjp(f, X)[0]
    assert_allclose(y, np.asarray(f(X), float))
    assert np.shape(y) == shape
    check_derivative(f, X)
    assert hessian(lambda x: np.sum(np.square(f(x))))(X).shape == (3, 3)


def test_an_array_that_the_program_made_can_be_written_to(check_derivative):
    def written(x):
        y = np.array([x[0], x[1], 0.0])
        y[2] = x[0] * x[1]
        view = y[1:]
        view[0] = view[1] * 2  # a view writes into y
        y[0] += x[2]
        return np.dot(y, y)

    assert_allclose(vjp(written, X)[0], written(X))
    check_derivative(written, X)


def test_nested_derivatives_are_not_mixed_up():
    def f(x):
        return grad(lambda y: np.sum(np.array([x * y, y * y, x]) ** 2))(2.0)

    # d/dx d/dy (x² y² + y⁴ + x²) = 4 x y
    assert grad(f)(3.0) == 24.0


def test_extra_output_and_stopped_gradients_hold_plain_numbers():
    def f(x):
        made = np.array([x, 2 * x])
        return np.sum(made * stop_gradient(made)), {"made": made}

    y, pullback, aux = vjp(f, 3.0, has_aux=True)
    assert (y, pullback(1.0)) == (45.0, 15.0)
    assert aux["made"].dtype == float
    assert aux["made"].tolist() == [3.0, 6.0]


def test_complex_numbers_in_an_array():
    assert grad(lambda x: np.abs(np.array([x, 4j]) @ np.array([1, 1])))(3.0) == 0.6


def test_what_is_no_number():
    with pytest.raises(TracerConversionError, match="beside 'a', which is no number"):
        jacobian(lambda x: np.array([x, "a"], dtype=object))(2.0)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.mean(np.array([x, math.pi])),
        lambda x: np.sum(np.sin(np.array([x, math.pi]))),
        lambda x: np.sum(np.sin([x, math.pi])),
        lambda x: np.arctan2(np.array([1, x]), np.array([x, 2]))[0],
        lambda x: np.sum([x, math.pi], where=[True, False]),
        lambda x: np.sum(np.linalg.solve(np.eye(2), np.array([x, math.pi]))),
        lambda x: np.linalg.det(np.array([[x, 1.0], [2.0, x]])),
    ],
    ids=["mean", "sin", "list", "arctan2", "where", "solve", "det"],
)
def test_a_function_that_wants_numbers_says_what_to_write(f):
    with pytest.raises(TracerConversionError, match=r"np\.stack\(\[\.\.\.\]\)"):
        grad(f)(np.float64(2.0))


def test_a_rule_may_return_an_array_of_objects():
    @primitive
    def cubed(x):
        return x**3

    @rule(cubed)
    def cubed_rule(x):
        return x**3, lambda ct: 3 * np.asarray(ct) * np.asarray(x) ** 2

    register(cubed_rule)
    assert_array_equal(hessian(lambda x: np.sum(cubed(x)))(X), np.diag(6 * X))
