"""Methods and attributes of traced dask arrays: what they are on NumPy arrays, or a refusal."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from pullback import grad, stop_gradient, vjp
from pullback.errors import MissingRuleError, TracerConversionError

X = np.cos(np.arange(24.0)).reshape(4, 6)
Z = X + 1j * X[::-1]

SHARED = {
    "sum": lambda x: x.sum(axis=0),
    "prod": lambda x: x.prod(),
    "mean": lambda x: x.mean(axis=1, keepdims=True),
    "var": lambda x: x.var(axis=0, ddof=1),
    "std": lambda x: x.std(),
    "max": lambda x: x.max(axis=0),
    "min": lambda x: x.min(),
    "cumsum": lambda x: x.cumsum(axis=1),
    "cumprod": lambda x: x.cumprod(axis=0),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten(),
    "squeeze": lambda x: x[:, :1].squeeze(),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "dot": lambda x: x.dot(x.T),
    "repeat": lambda x: x.repeat(2, axis=1),
    "clip": lambda x: x.clip(-0.5, 0.5),
    "copy": lambda x: x.copy(),
    "reshape": lambda x: x.reshape(2, 2, 6),
    "reshape to a tuple": lambda x: x.reshape((24,)),
    "transpose": lambda x: x.transpose(),
    "transpose by a tuple": lambda x: x.transpose((1, 0)),
    "transpose by numbers": lambda x: x.transpose(1, 0),
    "T": lambda x: x.T,
    "astype": lambda x: x.astype(np.complex128) * 1j,
    "shape": lambda x: x / x.shape[0],
    "round": lambda x: x * x.round(),
    "argmax": lambda x: x * x.argmax(axis=0),
}
OF_COMPLEX = {
    "real": lambda z: z.real * 2.0,
    "imag": lambda z: z.imag * 2.0,
    "conj": lambda z: z.conj() * z,
}


def check(f, x, chunked, nothing_computed, assert_same):
    y, pullback = vjp(f, x)
    ct = (np.sin(np.arange(np.size(y)) + 1.0).reshape(np.shape(y))).astype(y.dtype)
    with nothing_computed():
        lazy_y, lazy_pullback = vjp(f, chunked(x))
        lazy = lazy_pullback(da.asarray(ct))
    assert_same((lazy_y, lazy), (y, pullback(ct)))


@pytest.mark.parametrize("name", SHARED)
def test_shared_with_numpy(name, chunked, nothing_computed, assert_same):
    check(SHARED[name], X, chunked, nothing_computed, assert_same)


@pytest.mark.parametrize("name", OF_COMPLEX)
def test_shared_with_numpy_of_complex_numbers(name, chunked, nothing_computed, assert_same):
    check(OF_COMPLEX[name], Z, chunked, nothing_computed, assert_same)


def test_other_chunks_are_the_same_numbers(chunked, assert_same):
    def f(x):
        assert x.chunks == ((2, 2), (3, 3))
        y = x.rechunk((4, 1))
        assert y.npartitions == 6
        return np.sum(y.persist() ** 2)

    assert_same(grad(f)(chunked(X)), 2.0 * X)


def test_computing_is_refused(chunked, nothing_computed, assert_same):
    with nothing_computed(), pytest.raises(TracerConversionError, match="stop_gradient"):
        grad(lambda x: np.sum(x.compute()))(chunked(X))
    gradient = grad(lambda x: np.sum(x * stop_gradient(x).compute()))(chunked(X))
    assert_same(gradient, X)


@pytest.mark.parametrize(
    "f",
    [
        da.sum,
        lambda x: da.sin(x).sum(),
        lambda x: da.where(x > 0, x, 0).sum(),
        lambda x: da.concatenate([x, x]).sum(),
    ],
    ids=["sum", "sin", "where", "concatenate"],
)
def test_functions_of_dask_say_that_numpys_are_meant(f, chunked):
    with pytest.raises(TracerConversionError, match=r"write np\.sin\(x\)"):
        grad(f)(chunked(X))


def test_blocks_have_no_rule(chunked):
    with pytest.raises(MissingRuleError, match="map_blocks"):
        grad(lambda x: x.map_blocks(np.sin).sum())(chunked(X))
