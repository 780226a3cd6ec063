"""Elements of dask arrays, read and replaced: the cotangents are NumPy's."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from pullback import at, grad, hessian
from pullback.errors import DerivativeNotImplementedError, PrimalError

X = np.cos(np.arange(30.0)).reshape(5, 6)
ONCE = {
    "row": 1,
    "last": -1,
    "element": (2, -3),
    "slices": (slice(1, 4, 2), slice(None, None, -1)),
    "empty": slice(3, 3),
    "new axis": (slice(None), None, 2),
    "all": Ellipsis,
    "ellipsis": (..., None, slice(2)),
    "list": [3, 0],
    "columns": (slice(1, 3), np.array([-1, 2])),
    "list in a row": (2, [4, 1]),
    "mask": (slice(None), np.array([True, False, False, True, True, False])),
}
TWICE = {
    "list": [3, 3, -2],
    "columns": (slice(1, 3), np.array([-1, 5, 2])),
    "list in a row": (2, [4, 4, 1]),
    "list in a column": ([0, 0, 2], 1),
}
every_index = pytest.mark.parametrize(
    "index",
    [*ONCE.values(), *TWICE.values()],
    ids=[*ONCE, *(f"{name}, twice" for name in TWICE)],
)
every_index_once = pytest.mark.parametrize("index", ONCE.values(), ids=ONCE)


@every_index
def test_reading(index, chunked, nothing_computed, assert_same):
    def f(x):
        return np.sum(np.sin(x[index]) ** 2)

    with nothing_computed():
        lazy = grad(f)(chunked(X))
    assert_same(lazy, grad(f)(X))


def values_like(read):
    return np.sin(np.arange(read.size) + 1.0).reshape(read.shape)


@every_index
def test_adding(index, chunked, nothing_computed, assert_same):
    def f(x, value):
        return np.sum(np.sin(at(x)[index].add(value)) ** 2)

    value = values_like(X[index])
    with nothing_computed():
        lazy = grad(f, argnums=(0, 1))(chunked(X), da.asarray(value))
    assert_same(lazy, grad(f, argnums=(0, 1))(X, value))


@every_index_once
def test_setting(index, chunked, nothing_computed, assert_same):
    def f(x, value):
        return np.sum(np.sin(at(x)[index].set(value)) ** 2)

    value = values_like(X[index])
    with nothing_computed():
        lazy = grad(f, argnums=(0, 1))(chunked(X), da.asarray(value))
    assert_same(lazy, grad(f, argnums=(0, 1))(X, value))


def test_a_number_that_is_set_or_added_has_the_sum_of_the_cotangents(chunked, assert_same):
    for write in ("set", "add"):

        def f(x, value, write=write):
            return np.sum(X * getattr(at(x)[1:3], write)(value))

        lazy = grad(f, argnums=1)(chunked(X), da.asarray(2.0))
        assert_same(lazy, X[1:3].sum())


def test_a_complex_value_in_a_real_array_keeps_its_derivative(chunked, assert_same):
    def f(x, value):
        return np.sum(np.abs(at(x)[0].set(value * 1j)) ** 2)

    value = values_like(X[0])
    assert_same(grad(f, argnums=1)(chunked(X), chunked(value)), 2.0 * value)


def test_second_derivatives(chunked, nothing_computed, assert_same):
    def f(x):
        return np.sum(x[[1, 1, 3]] ** 3) + x[0] * x[4]

    with nothing_computed():
        lazy = hessian(f)(chunked(X[:, 0]))
    assert_same(lazy, hessian(f)(X[:, 0]))


def test_the_index_is_kept(chunked, assert_same):
    index = np.array([1, 2])

    def f(x):
        y = x[index]
        index[:] = 0
        return np.sum(y)

    assert_same(grad(f)(chunked(X[:, 0])), np.array([0.0, 1.0, 1.0, 0.0, 0.0]))


def test_what_dask_does_not_know_before_it_computes_is_refused(chunked, nothing_computed):
    x = chunked(X)
    with nothing_computed():
        for index in (x > 0.0, da.from_array(np.array([0, 1]))):
            with pytest.raises(PrimalError, match=r"np\.where\(mask, x, 0\)"):
                grad(lambda x, index=index: np.sum(x[index]))(x)
            with pytest.raises(PrimalError, match=r"np\.where\(mask, x, 0\)"):
                at(x)[index].add(1.0)


def test_setting_a_place_twice_is_refused(chunked):
    for index in TWICE.values():
        with pytest.raises(PrimalError, match="twice"):
            at(chunked(X))[index].set(1.0)


def test_diagonals_are_refused(chunked):
    for function in (np.trace, lambda x: np.sum(np.diagonal(x))):
        with pytest.raises(DerivativeNotImplementedError, match=r"np\.eye"):
            grad(function)(chunked(X))
