"""Values of polynomials in six bases, against differences and against NumPy's own derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import polynomial
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, primitive, vjp
from pullback_numpy.series import BASES, tails

bases = pytest.mark.parametrize("basis", BASES, ids=lambda basis: basis.name)


def random(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def slope_of(f):
    """The derivative of a function that acts on each element by itself."""
    return lambda x: grad(lambda x: np.sum(f(x)))(x)


@bases
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_one_variable(basis, count):
    c, x = random(count), random(4, 1)
    value = primitive(basis.function("val"))
    slopes = [lambda x: value(x, c)]
    for order in range(1, 4):
        slopes.append(slope_of(slopes[-1]))
        want = basis.function("val")(x, basis.function("der")(c, order))
        assert_allclose(slopes[-1](x), want, rtol=1e-11, atol=1e-11)
    _, back = vjp(value, x, c)
    ct = random(4, 2)
    assert_allclose(back(ct)[1], ct @ basis.function("vander")(x, count - 1))


@bases
@pytest.mark.parametrize("x", [0.5, random(2), random((2, 3)), random(2) + 1j, [0.5, -1.0]])
@pytest.mark.parametrize("c", [random(4), random((4, 2)), random((1, 2, 3)), random(3) * 1j])
def test_several_series(check_derivative, basis, x, c):
    check_derivative(primitive(basis.function("val")), x, c)


@bases
@pytest.mark.parametrize("shape", [(), (2,), (3,), (2, 2)])
def test_without_the_rule_a_series_is_traced_as_it_stands(basis, shape):
    value, x, c = basis.function("val"), random(shape)[()], random((4, 2))
    for arguments in [(x, c), (np.array(x), c)]:
        y, pullback = vjp(lambda x, c: value(x, c), *arguments)
        want, want_pullback = vjp(value, *arguments)
        assert_array_equal(y, want)
        ct = random(y.shape, 1)
        for ours, theirs in zip(pullback(ct), want_pullback(ct), strict=True):
            assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@bases
@pytest.mark.parametrize(
    ("x", "c"), [((2,), (4, 2)), ((3, 2), (4, 2)), ((1,), (4, 2)), ((2,), (1, 3, 1)), ((), (3, 2))]
)
def test_one_point_for_each_series(check_derivative, basis, x, c):
    value = primitive(basis.function("val"))
    check_derivative(lambda x, c: value(x, c, False), random(x), random(c))


@bases
@pytest.mark.parametrize("kind", ["val", "grid"])
@pytest.mark.parametrize("inner", [(), (2,)])
def test_several_variables(check_derivative, basis, kind, inner):
    x, y, z = random(2), random(2, 1), random(2, 2)
    check_derivative(primitive(basis.function(kind + "2d")), x, y, random((3, 2, *inner)))
    check_derivative(primitive(basis.function(kind + "3d")), x, y, z, random((2, 3, 2, *inner)))


@bases
def test_grids_of_different_lengths(check_derivative, basis):
    grid = primitive(basis.function("grid2d"))
    check_derivative(grid, random(3), random((2, 1)), random((2, 3)))
    check_derivative(grid, 0.5, random(2), random((2, 1)))


@bases
def test_points_that_do_not_fit_are_refused(basis):
    with pytest.raises(ValueError, match="incompatible"):
        vjp(primitive(basis.function("val2d")), random(2), random(3), random((2, 2)))


def test_two_functions_are_traced_as_they_stand():
    c = np.array([[1.0, 2.0], [3.0, 4.0]])  # 1 + 2y + 3x + 4xy
    for function in (polynomial.polyval2d, polynomial.polygrid2d):
        of_x = grad(lambda x, f=function: np.sum(f(x, np.array([2.0]), c)))(np.array([5.0]))
        assert_array_equal(of_x, [11])


def test_a_chain_of_values():
    assert grad([polynomial.polyval])(2.0, [1.0, 2.0, 3.0]) == 14.0


@bases
def test_single_precision_and_strong_zeros(basis):
    x, c = np.array([0.5, np.inf], np.float32), random(4).astype(np.float32)
    with np.errstate(all="ignore"):
        y, back = vjp(primitive(basis.function("val")), x, c)
        of_x, of_c = back(np.array([1.0, 0.0], np.float32))
    assert of_x.dtype == of_c.dtype == y.dtype == np.float32
    assert of_x[1] == 0
    assert_allclose(of_c, basis.function("vander")(0.5, 3)[0], rtol=1e-6)


@pytest.mark.parametrize("x", [0.5, random(2), random((2, 3)), [0.5, -1.0]])
@pytest.mark.parametrize("r", [random(4), random((4, 2)), 3.0])
def test_from_roots(check_derivative, x, r):
    check_derivative(primitive(polynomial.polyvalfromroots), x, r)


def test_from_roots_one_point_for_each(check_derivative):
    value = primitive(polynomial.polyvalfromroots)
    check_derivative(lambda x, r: value(x, r, False), random(2), random((4, 2), 1))
    check_derivative(lambda x, r: value(x, r, False), 0.5, random((4, 2), 1))
    with pytest.raises(ValueError, match=r"x\.ndim must be < r\.ndim"):
        vjp(lambda x: value(x, random(2), False), random(2))


def test_at_a_root_the_others_are_the_slope():
    value = primitive(polynomial.polyvalfromroots)
    roots = np.array([1.0, 2.0, 5.0])
    assert_array_equal(grad(value, argnums=1)(2.0, roots), [0, 3, 0])
    assert hessian(value)(2.0, roots) == -4.0


def test_tails():
    assert_array_equal(tails(np.array([1, 10, 100]), 1), [111, 110, 100])
    assert_array_equal(tails(np.array([[1, 2], [10, 20], [100, 200]]), 2)[0], [101, 202])
    assert tails(np.zeros((3, 0)), 2).shape == (3, 0)
