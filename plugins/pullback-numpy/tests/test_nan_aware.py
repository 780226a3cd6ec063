"""Reductions that skip NaN: as those of what is left, and 0 for NaN."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pullback import grad, hessian, vjp
from pullback.errors import DerivativeNotImplementedError, OutArgumentError

PAIRS = {
    np.nansum: np.sum,
    np.nanprod: np.prod,
    np.nanmax: np.max,
    np.nanmin: np.min,
    np.nanmean: np.mean,
    np.nanvar: np.var,
    np.nanstd: np.std,
}
EMPTY = {np.nansum: 0.0, np.nanprod: 1.0}
nan = np.nan


@pytest.fixture
def x():
    """Numbers without ties, some of them NaN, and a row of NaN alone at the end."""
    return np.array([[1.5, nan, -2.0, 0.75], [nan, 3.0, 0.5, nan], [2.5, -1.0, nan, 4.0]])


@pytest.mark.parametrize(("function", "plain"), PAIRS.items(), ids=lambda f: f.__name__)
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (1, 0)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_as_without_nan(function, plain, axis, keepdims, x):
    known = ~np.isnan(x)
    options = {"axis": axis, "keepdims": keepdims}
    if plain in (np.max, np.min):
        options["initial"] = -9.0 if plain is np.max else 9.0
    filled = np.where(known, x, 123.0)
    want, want_pullback = vjp(lambda a: plain(a, where=known, **options), filled)
    y, pullback = vjp(lambda a: function(a, **options), x)
    assert_allclose(y, want)
    assert_allclose(pullback(y), want_pullback(want))
    assert_array_equal(pullback(y)[~known], 0)


@pytest.mark.parametrize("function", PAIRS, ids=lambda f: f.__name__)
def test_with_where(function, x):
    mask = np.array([True, False, True])[:, None]
    options = {"initial": 0.25} if function in (np.nanmax, np.nanmin) else {}
    y, pullback = vjp(lambda a: function(a, 0, where=mask, **options), x)
    want, want_pullback = vjp(lambda a: function(a, 0, **options), x[[0, 2]])
    assert_allclose(y, want)
    assert_allclose(pullback(y)[[0, 2]], want_pullback(y))
    assert_array_equal(pullback(y)[1], 0)


@pytest.mark.parametrize("function", PAIRS, ids=lambda f: f.__name__)
def test_against_differences(check_derivative, function):
    known = np.array([[True, True, False], [True, False, True], [True, True, True]])
    a = np.array([[0.5, 1.25, 3.0], [-1.0, 4.0, 2.25], [3.25, 0.25, 1.0]])
    for axis in (None, 0, 1):
        check_derivative(lambda a, axis=axis: function(np.where(known, a * a, nan), axis) ** 2, a)


@pytest.mark.parametrize(
    ("function", "plain"), [(np.nancumsum, np.cumsum), (np.nancumprod, np.cumprod)]
)
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_running(function, plain, axis, x):
    filled = np.where(np.isnan(x), float(plain is np.cumprod), x)
    want, want_pullback = vjp(lambda a: plain(a, axis), filled)
    y, pullback = vjp(lambda a: function(a, axis), x)
    assert_array_equal(y, want)
    assert_array_equal(pullback(y), np.where(np.isnan(x), 0, want_pullback(want)))


@pytest.mark.parametrize("function", PAIRS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_nothing_is_left(function):
    x = np.array([[nan, nan], [1.0, 3.0]])
    y, pullback = vjp(lambda x: function(x, 1), x)
    assert_array_equal(y[0], EMPTY.get(function, nan))
    with np.errstate(all="raise"):
        got = pullback(np.ones(2))
    assert_array_equal(got[0], 0)
    assert_array_equal(got[1], vjp(PAIRS[function], x[1])[1](1.0))


@pytest.mark.filterwarnings("ignore:Degrees of freedom:RuntimeWarning")
def test_too_few_degrees_of_freedom():
    x = np.array([[nan, 2.0], [1.0, 3.0]])
    for function in (np.nanvar, np.nanstd):
        y, pullback = vjp(lambda x, f=function: f(x, 1, ddof=1), x)
        assert np.isnan(y[0])
        assert_array_equal(pullback(np.ones(2))[0], 0)


def test_extremes_share():
    x = np.array([2.0, nan, 2.0, 1.0])
    assert_array_equal(grad(np.nanmax)(x), [0.5, 0, 0.5, 0])
    _, pullback = vjp(lambda x, i: np.nanmax(x, initial=i), x, 2.0)
    assert_allclose(pullback(1.0)[0], [1 / 3, 0, 1 / 3, 0])
    assert pullback(1.0)[1] == 1 / 3


def test_a_standard_deviation_of_equal_numbers():
    x = np.array([1.0, nan, 1.0])
    assert_array_equal(grad(np.nanstd)(x), 0)
    assert_array_equal(hessian(np.nanstd)(x), 0)


def test_a_given_mean(check_derivative):
    known = np.array([[True, False], [True, True], [True, True]])
    a, mean = np.array([[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]]), np.array([[2.0, 3.0]])

    def variance(a, mean, function):
        return function(np.where(known, a, nan), axis=0, mean=mean, ddof=1)

    for function in (np.nanvar, np.nanstd):
        check_derivative(lambda a, m, f=function: variance(a, m, f), a, mean)
    with pytest.raises(DerivativeNotImplementedError, match="degrees of freedom"):
        grad(lambda a, d: np.nanvar(a, ddof=d), argnums=(0, 1))(a, 0.5)


def test_complex_numbers(check_derivative):
    z = np.array([1 + 2j, 3 - 1j, 0.5j])
    for function in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd):
        check_derivative(lambda z, f=function: f(np.where([[True], [False]], z * z, nan)), z)


def test_zero_cotangents_win_over_infinities():
    x = np.array([[np.inf, 2.0, nan], [1.0, 2.0, 3.0]])
    got = vjp(lambda x: np.nanprod(x, 1), x)[1](np.array([0.0, 1.0]))
    assert_array_equal(got, [[0, 0, 0], [6, 3, 2]])
    got = vjp(lambda x: np.prod(x, 1), x[:, :2])[1](np.array([0.0, 1.0]))
    assert_array_equal(got, [[0, 0], [2, 1]])


def test_single_precision_stays():
    x = np.array([1.0, nan, 2.0], np.float32)
    for function in (*PAIRS, np.nancumsum):
        y, pullback = vjp(function, x)
        assert (y.dtype, pullback(y).dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    "function", [*PAIRS, np.nancumsum, np.nancumprod], ids=lambda f: f.__name__
)
def test_out_is_refused(function):
    with pytest.raises(OutArgumentError, match=rf"numpy\.{function.__name__}.*would lose"):
        grad(lambda x: function(x, out=np.zeros(())).sum())(np.ones(3))
