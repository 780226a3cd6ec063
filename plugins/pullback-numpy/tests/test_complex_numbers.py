from __future__ import annotations

import numpy as np
import pytest

from pullback import grad, vjp
from pullback_numpy.complex_numbers import is_complex

Z = np.array([0.6 - 0.8j, -1.0 + 0.5j, 2.0 + 1.0j])


class TestDerivatives:
    @pytest.mark.parametrize("function", [np.real, np.imag, np.angle, np.real_if_close, np.conj])
    def test_of_arrays_and_numbers(self, function, check_derivative):
        check_derivative(function, Z)
        check_derivative(function, Z[0])
        check_derivative(function, complex(Z[1]))
        check_derivative(lambda z: function(z * z) * np.absolute(z), Z)

    def test_angle_in_degrees(self, check_derivative):
        check_derivative(lambda z: np.angle(z, deg=True), Z)
        check_derivative(lambda z: np.angle(z, True), Z)

    def test_a_real_function_of_complex_parameters(self, check_derivative):
        def f(z, w):
            return np.sum(np.absolute(np.exp(1j * z) - w) ** 2) + np.real(z[0] * np.conj(w[1]))

        check_derivative(f, Z, Z[::-1])

    def test_from_real_to_complex_and_back(self, check_derivative):
        check_derivative(lambda x: np.imag(np.exp(1j * x)) + np.angle(1 + 1j * x), Z.real)

    def test_steepest_descent_is_along_minus_the_conjugate(self):
        def loss(z):
            return np.sum(np.absolute(z - (1 + 2j)) ** 2)

        z = np.array([0j])
        assert grad(loss)(z).tolist() == [-2 + 4j]
        assert loss(z - 0.5 * np.conj(grad(loss)(z))) == 0


class TestRealNumbers:
    def test_have_their_own_space(self):
        x = np.array([1.0, -2.0])
        for function, want in (
            (np.real, [1, 1]),
            (np.imag, [0, 0]),
            (np.angle, [0, 0]),
            (np.real_if_close, [1, 1]),
        ):
            cotangent = vjp(function, x)[1](np.ones(2))
            assert cotangent.tolist() == want
            assert cotangent.dtype == np.float64

    def test_real_if_close_takes_the_real_part_where_it_can(self):
        z = np.array([1.0 + 1e-15j, 2.0])
        y, pullback = vjp(np.real_if_close, z)
        assert y.dtype == np.float64
        assert pullback(np.array([3.0, 4.0])).tolist() == [3, 4]


def test_the_angle_of_zero_has_no_direction():
    def masked(z):
        return np.where(np.array([False, True]), np.angle(z), 0)

    z = np.array([0j, 1j])
    assert vjp(np.angle, z)[1](np.ones(2)).tolist() == [0, -1]
    assert vjp(lambda z: vjp(masked, z)[1](np.ones(2)), z)[1](np.ones(2, complex))[0] == 0


def test_the_angle_at_infinity_does_not_move():
    z = np.array([complex(-np.inf, 1.0), complex(2.0, np.inf)])
    assert vjp(np.angle, z)[1](np.ones(2)).tolist() == [0, 0]


def test_is_complex():
    assert [is_complex(value) for value in (1j, Z, Z[0], np.complex64(1))] == [True] * 4
    assert [is_complex(value) for value in (1.0, 2, Z.real, np.float32(1))] == [False] * 4
