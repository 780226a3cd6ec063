"""Transforms against the matrices that they are, and against differences."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, jacobian, jvp, vjp
from pullback.errors import OutArgumentError

FROM_REAL = [np.fft.rfft, np.fft.ihfft]
TO_REAL = [np.fft.irfft, np.fft.hfft]
ONE_AXIS = [np.fft.fft, np.fft.ifft, *FROM_REAL, *TO_REAL]
SEVERAL = [np.fft.fftn, np.fft.ifftn, np.fft.rfftn, np.fft.irfftn]
TWO = [np.fft.fft2, np.fft.ifft2, np.fft.rfft2, np.fft.irfft2]
NORMS = [None, "backward", "ortho", "forward"]


def numbers_for(function, shape, seed=0):
    """Real numbers for a transform of real numbers, else complex ones."""
    rng = np.random.default_rng(seed)
    real = rng.standard_normal(shape)
    if function in (*FROM_REAL, np.fft.rfftn, np.fft.rfft2):
        return real
    return real + 1j * rng.standard_normal(shape)


def pairing(a, b):
    return np.sum(np.real(a * b))


@pytest.mark.parametrize("function", ONE_AXIS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 1, 2, 3, 4, 5, 6, 9])
def test_one_axis(function, norm, n):
    a, tangent = (numbers_for(function, (2, 4, 3), seed) for seed in (0, 1))
    y, back = vjp(lambda a: function(a, n, 1, norm), a)
    assert_array_equal(y, function(a, n, 1, norm), strict=True)
    ct = np.random.default_rng(2).standard_normal(y.shape) * (1 + (1j if y.dtype == complex else 0))
    # Linear: the derivative along the tangent is the transform of the tangent.
    assert_allclose(pairing(back(ct), tangent), pairing(ct, function(tangent, n, 1, norm)))
    # By keyword and by position, from the other end.
    assert_array_equal(vjp(lambda a: function(a, n=n, axis=-2, norm=norm), a)[1](ct), back(ct))


@pytest.mark.parametrize("function", SEVERAL)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    ("s", "axes"),
    [
        (None, None),
        (None, (1,)),
        (None, (-1, 0)),
        (None, (2, -3, 1)),
        ((2, 5), (0, 2)),
        ((-1, 3), (1, -1)),
        (None, (0, 0)),
        (None, (1, 1)),
        ((2, -1), (0, 1)),
        ((5, 2, 3), (1, -2, 0)),
    ],
)
def test_several_axes(function, norm, s, axes):
    a, tangent = (numbers_for(function, (3, 4, 3), seed) for seed in (0, 1))
    y, back = vjp(lambda a: function(a, s, axes, norm), a)
    assert_array_equal(y, function(a, s, axes, norm), strict=True)
    ct = np.random.default_rng(2).standard_normal(y.shape) * (1 + (1j if y.dtype == complex else 0))
    assert_allclose(pairing(back(ct), tangent), pairing(ct, function(tangent, s, axes, norm)))


def test_no_axes_are_the_identity():
    a = np.ones((2, 3))
    assert_array_equal(vjp(lambda a: np.fft.fftn(a, axes=()), a)[1](a), a)


@pytest.mark.parametrize(("two", "several"), [*zip(TWO, SEVERAL, strict=True)])
def test_two_axes_are_several(two, several):
    a = numbers_for(two, (2, 3, 4))
    y, back = vjp(lambda a: two(a, (4, 3)), a)
    _, same = vjp(lambda a: several(a, (4, 3), (-2, -1)), a)
    assert_array_equal(back(y), same(y))


@pytest.mark.parametrize("function", ONE_AXIS)
def test_the_gradient_of_the_power_and_its_gradient(check_derivative, function):
    a = numbers_for(function, 4)
    check_derivative(lambda a: np.abs(function(a * a, 5)) ** 2, a)
    check_derivative(lambda a: function(np.sin(a)), a)


def test_the_jacobian_is_the_matrix():
    n = 5
    matrix = np.exp(-2j * np.pi * np.outer(range(n), range(n)) / n)
    x = np.ones(n, complex)
    assert_allclose(jacobian(np.fft.fft)(x), matrix, atol=1e-12)
    assert_allclose(jacobian(np.fft.ifft)(x), matrix.conj() / n, atol=1e-12)


def test_parseval():
    x = np.random.default_rng(0).standard_normal(6)
    for n in (6, 7):  # sum of |y|² over all frequencies is sum of x²
        weights = np.array([1, 2, 2, 1 if n == 6 else 2])

        def power(x, n=n, weights=weights):
            return np.sum(weights * np.abs(np.fft.rfft(x, n, norm="ortho")) ** 2)

        assert_allclose(grad(power)(x), 2 * x)


@pytest.mark.parametrize("function", TO_REAL)
def test_what_is_never_looked_at_has_no_derivative(function):
    # The first element counts as real, and the last one does if there are as many after it.
    a = numbers_for(function, 4)
    even = vjp(lambda a: function(a, 6), a)[1](np.arange(6.0))
    odd = vjp(lambda a: function(a, 7), a)[1](np.arange(7.0))
    assert even[0].imag == odd[0].imag == 0
    assert even[3].imag == pytest.approx(0, abs=1e-14)
    assert abs(odd[3].imag) > 0.1


@pytest.mark.parametrize("function", ONE_AXIS)
def test_single_precision_stays(function):
    a = numbers_for(function, (2, 4))
    a = a.astype(np.complex64 if a.dtype == complex else np.float32)
    y, back = vjp(function, a)
    assert y.dtype in (np.float32, np.complex64)
    assert back(y).dtype == a.dtype
    # A cotangent in double precision would hide behind the projection.
    assert jvp(function, (a,), (a,))[1].dtype == y.dtype


def test_real_numbers_in_a_complex_transform_have_a_real_gradient():
    gradient = grad(lambda x: np.real(np.fft.fft(x)[1]))(np.ones(4))
    assert_allclose(gradient, [1, 0, -1, 0], atol=1e-15)


@pytest.mark.parametrize("shift", [np.fft.fftshift, np.fft.ifftshift])
@pytest.mark.parametrize("axes", [None, 0, -1, (0, 2), (1, 1)])
def test_shifts(shift, axes):
    places = np.arange(30.0).reshape(5, 2, 3)
    y, back = vjp(lambda x: shift(x, axes), places)
    assert_array_equal(back(y), places)


def test_the_frequencies_by_the_spacing():
    assert_allclose(jacobian(lambda d: np.fft.fftfreq(4, d))(0.5), [0, -1, 2, 1])
    assert_allclose(jacobian(lambda d: np.fft.rfftfreq(4, d))(0.5), [0, -1, -2])


@pytest.mark.parametrize("function", [*ONE_AXIS, *SEVERAL, *TWO])
def test_out_is_refused(function):
    a = numbers_for(function, (4, 4))
    with pytest.raises(OutArgumentError, match=f"{function.__name__}.*would lose the derivative"):
        vjp(lambda a: function(a, out=np.zeros((4, 4), complex)), a)


def test_lists():
    y, back = vjp(np.fft.rfft, [1.0, 3.0, 2.0])
    assert_allclose(y, np.fft.rfft([1, 3, 2]))
    assert_allclose(back(np.array([1 + 5j, 0j])), [1, 1, 1])
