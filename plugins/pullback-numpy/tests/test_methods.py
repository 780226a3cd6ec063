"""Methods and attributes of arrays and scalars: every public one is accounted for."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from pullback import grad, vjp
from pullback.errors import (
    DerivativeNotImplementedError,
    InPlaceWriteError,
    OutArgumentError,
    TracerConversionError,
)
from pullback.plugins import load, rule_function
from pullback.registry import rules
from pullback_numpy import methods

ANOTHER_ISSUE = {
    "choose": "its array is the integer one; the choices go through np.choose",
}
"""Public attributes without a rule, and why."""
WITHOUT_RULE = {
    np.ndarray: {*ANOTHER_ISSUE},
    np.generic: {*ANOTHER_ISSUE, *methods.ARRAYS_ONLY},
}

X = np.random.default_rng(0).standard_normal((2, 1, 3))
Z = X + 1j * X[::-1, :, ::-1]

METHODS = {
    "sum": [lambda x: x.sum(), lambda x: x.sum(0), lambda x: x.sum(axis=(0, -1), keepdims=True)],
    "prod": [lambda x: x.prod(), lambda x: x.prod(1, keepdims=True)],
    "mean": [lambda x: x.mean(), lambda x: x.mean(axis=-1)],
    "var": [lambda x: x.var(), lambda x: x.var(0, ddof=1)],
    "std": [lambda x: x.std(), lambda x: x.std(axis=(0, 2), keepdims=True)],
    "max": [lambda x: x.max(), lambda x: x.max(2)],
    "min": [lambda x: x.min(), lambda x: x.min(axis=0)],
    "cumsum": [lambda x: x.cumsum(), lambda x: x.cumsum(2)],
    "cumprod": [lambda x: x.cumprod(), lambda x: x.cumprod(axis=0)],
    "reshape": [lambda x: x.reshape(6), lambda x: x.reshape(3, 2), lambda x: x.reshape((3, -1))],
    "reshape in order": [lambda x: x.reshape(3, 2, order="F"), lambda x: x.reshape(6, copy=True)],
    "ravel": [lambda x: x.ravel(), lambda x: x.ravel("F")],
    "flatten": [lambda x: x.flatten(), lambda x: x.flatten(order="F")],
    "flat": [lambda x: x.flat[2:4], lambda x: sum(element**2 for element in x.flat)],
    "transpose": [
        lambda x: x.transpose(),
        lambda x: x.transpose(2, 0, 1),
        lambda x: x.transpose((1, 2, 0)),
        lambda x: x.transpose(None),
    ],
    "T": [lambda x: x.T],
    "mT": [lambda x: x.mT],
    "swapaxes": [lambda x: x.swapaxes(0, 2)],
    "squeeze": [lambda x: x.squeeze(), lambda x: x.squeeze(axis=1)],
    "dot": [lambda x: x.dot(np.ones(3)), lambda x: x.dot(x[0].T)],
    "take": [lambda x: x.take([5, 0, 0]), lambda x: x.take([1, 1], axis=2)],
    "repeat": [lambda x: x.repeat(2), lambda x: x.repeat([1, 2], axis=0)],
    "clip": [lambda x: x.clip(-0.1, 0.1), lambda x: x.clip(max=0.05)],
    "copy": [lambda x: x.copy(), lambda x: x.copy("F")],
    "astype": [lambda x: x.astype(complex), lambda x: x.astype(np.longdouble, copy=False)],
    "diagonal": [lambda x: x.diagonal(), lambda x: x.diagonal(1, 0, 2)],
    "trace": [lambda x: x.trace(), lambda x: x.trace(axis1=2, axis2=0, offset=-1)],
    "compress": [lambda x: x.compress([True, False], axis=0), lambda x: x.compress([0, 1, 1])],
    "conj": [lambda x: x.conj(), lambda x: x.conjugate()],
    "real": [lambda x: x.real, lambda x: (x * (1 + 2j)).imag],
    "item": [lambda x: x[0, 0, :1].item(), lambda x: x.item(-2), lambda x: x.item((1, 0, 2))],
    "item by numbers": [lambda x: x.item(1, 0, 2) * x.item(0)],
    "tolist": [lambda x: x[0, 0].tolist(), lambda x: sum(x.sum().tolist() * v for v in [1.0, 2])],
    "view": [lambda x: x.view(), lambda x: x.view(np.ndarray)],
    "to_device": [lambda x: x.to_device("cpu")],
}
ORDERED = {"max", "min", "clip"}


@pytest.mark.parametrize("name", METHODS)
def test_methods(check_derivative, name):
    for f in METHODS[name]:
        got, expected = vjp(f, X)[0], f(X)
        assert type(got) is type(expected)
        assert_array_equal(got, expected)
        check_derivative(f, X)
        check_derivative(lambda x, f=f: f(x * x), X)
        if name not in ORDERED and name != "astype":
            check_derivative(f, Z)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.max(),
        lambda x: x.prod(),
        lambda x: x.reshape(1, 1),
        lambda x: x.reshape(()),
        lambda x: x.ravel(),
        lambda x: x.flatten(),
        lambda x: x.T,
        lambda x: x.transpose(),
        lambda x: x.squeeze(),
        lambda x: x.repeat(1),
        lambda x: x.take([0]),
        lambda x: x.clip(0.0, 9.0),
        lambda x: x.copy(),
        lambda x: x.astype(np.float32),
        lambda x: x.conj(),
        lambda x: x.real,
        lambda x: x.item(),
        lambda x: x.tolist(),
        lambda x: x.cumsum(),
        lambda x: x.flat,
        lambda x: x.view(),
    ],
)
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.array])
def test_scalars(f, kind):
    gradient = grad(lambda x: np.sum(f(x) * x))(kind(3.0))
    assert gradient == pytest.approx(6.0, rel=1e-6)
    assert type(gradient) is type(kind(3.0))


def public(kind):
    return [name for name in dir(kind) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [np.ndarray, np.generic])
def test_every_public_attribute_is_accounted_for(kind):
    load()
    unknown = [
        name
        for name in public(kind)
        if getattr(kind, name) not in rules and name not in WITHOUT_RULE[kind]
    ]
    assert unknown == []
    assert WITHOUT_RULE[kind] <= set(public(kind)), "an exception that is none any more"
    assert not any(getattr(kind, name) in rules for name in WITHOUT_RULE[kind])


CONSTANT = {
    "shape": X.shape,
    "ndim": 3,
    "size": 6,
    "dtype": np.dtype(float),
    "itemsize": 8,
    "nbytes": 48,
    "strides": X.strides,
    "device": "cpu",
}


@pytest.mark.parametrize("name", CONSTANT)
def test_descriptions_are_plain_values(name):
    seen = []
    grad(lambda x: seen.append(getattr(x, name)) or x.sum())(X)
    assert seen == [CONSTANT[name]]
    assert type(seen[0]) is type(CONSTANT[name])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.argmax(),
        lambda x: x.argmin(axis=0),
        lambda x: x.argsort(),
        lambda x: x.argpartition(1),
        lambda x: x.nonzero()[0],
        lambda x: x.any(),
        lambda x: x.all(axis=1),
        lambda x: x.ravel().searchsorted(0.0),
        lambda x: x.round(1),
    ],
)
def test_steps_have_no_derivative(f):
    assert_array_equal(grad(lambda x: np.sum(f(x) * 1.0) + x.sum())(X), np.ones(X.shape))


@pytest.mark.parametrize(
    ("write", "instead"),
    [
        (lambda x: x.fill(0.0), r"ndarray\.fill.*np\.full_like\(x, value\)"),
        (lambda x: x.sort(), r"ndarray\.sort.*np\.sort\(x\)"),
        (lambda x: x.partition(1), r"ndarray\.partition.*np\.partition"),
        (lambda x: x.put([0], [1.0]), r"ndarray\.put.*np\.where"),
        (lambda x: x.resize(6), r"ndarray\.resize.*x\.reshape"),
        (lambda x: x.setflags(write=True), r"ndarray\.setflags.*stop_gradient"),
        (lambda x: x.setfield(1.0, float), r"ndarray\.setfield.*np\.where"),
        (lambda x: np.copyto(np.zeros(3), x), r"numpy\.copyto.*np\.where"),
        (lambda x: np.fill_diagonal(x[:, 0], 1.0), r"numpy\.fill_diagonal.*np\.eye"),
        (lambda x: np.place(x, x > 0, 0.0), r"numpy\.place.*np\.where"),
        (lambda x: np.put(x, 0, 0.0), r"numpy\.put .*np\.where"),
        (lambda x: np.put_along_axis(x, X.argsort(), 0.0, 1), r"numpy\.put_along_axis.*np\.where"),
        (lambda x: np.putmask(x, x > 0, 0.0), r"numpy\.putmask.*np\.where"),
        (lambda x: np.full(3, x[0, 0, 0], float), r"numpy\.copyto.*np\.broadcast_to"),
    ],
)
def test_writing_in_place_is_refused(write, instead):
    with pytest.raises(InPlaceWriteError, match=instead):
        grad(lambda x: write(x) or x.sum())(X)


@pytest.mark.parametrize("name", ["base", "data", "ctypes", "getfield", "byteswap"])
def test_the_memory_is_not_handed_out(name):
    def read(x):
        attribute = getattr(x, name)
        return attribute(float) if callable(attribute) else attribute

    with pytest.raises(
        TracerConversionError, match=rf"ndarray\.{name}.*stop_gradient\(x\)\.{name}"
    ):
        grad(lambda x: read(x) or x.sum())(X)


ARGUMENTS = {"searchsorted": (1.0,), "setfield": (1.0, float), "swapaxes": (0, 0)}


@pytest.mark.parametrize("name", methods.ARRAYS_ONLY)
def test_what_is_for_arrays_only_no_scalar_takes(name):
    with pytest.raises((TypeError, ValueError)):
        getattr(np.float64(2.0), name)(*ARGUMENTS.get(name, ()))


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("name", ["conj", "conjugate"])
def test_conjugates_are_of_the_type_that_numpy_gives(name, kind):
    for x in (np.array(2, kind), np.full(2, 2, kind), np.array(2, kind)[()]):
        y, pullback = vjp(lambda x: getattr(x, name)(), x)
        assert type(y) is type(getattr(x, name)())
        assert type(pullback(y)) is type(x)


OUT = ["sum", "prod", "mean", "var", "std", "max", "min", "cumsum", "cumprod", "take", "dot"]


@pytest.mark.parametrize("method", OUT)
def test_out_is_refused(method):
    args = {"take": ([0],), "dot": (np.ones(3),)}.get(method, ())
    with pytest.raises(OutArgumentError, match=f"{method}.*would lose the derivative"):
        grad(lambda x: getattr(x, method)(*args, out=np.zeros(())).sum())(X)


def test_bits_and_nested_lists_have_no_derivative():
    with pytest.raises(DerivativeNotImplementedError, match=r"x\.astype\(dtype\) converts"):
        grad(lambda x: x.view(complex).real.sum())(np.ones(2))
    with pytest.raises(DerivativeNotImplementedError, match=r"row\.tolist\(\) for row in x"):
        grad(lambda x: x.tolist())(np.ones((2, 2)))


@pytest.mark.parametrize("method", [np.ndarray.flatten, np.ndarray.copy])
def test_copies_are_copies(method):
    x = np.ones(3)
    y, _ = rule_function(method)(x)
    assert not np.shares_memory(x, y)
