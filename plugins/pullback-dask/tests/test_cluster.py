"""Rules and whole programs on dask arrays, computed by two worker processes, against NumPy.

Each runs twice, on NumPy arrays and on dask arrays of several chunks. While the second is
differentiated, nothing may be computed.
"""

from __future__ import annotations

import operator
import os

import dask.array as da
import numpy as np
import pytest

from pullback import grad, hvp, jvp, val_and_grad, vjp

rng = np.random.default_rng(20)
A, B = rng.standard_normal((2, 6, 8))
"""Two matrices, of which no element is a singular point of any of the functions below."""
V = rng.standard_normal(8)
W = rng.standard_normal((8, 4))
T = rng.standard_normal((3, 8, 5))
S = rng.standard_normal((6, 6)) + 6.0 * np.eye(6)
P, Q = np.abs(A) + 0.5, np.abs(B) + 0.5
U = 0.9 * np.tanh(A)
HOLES = np.where(B > 0.8, np.nan, A)

UFUNCS = {
    (np.negative, np.positive, np.absolute, np.fabs, np.conjugate, np.square, np.reciprocal): (A,),
    (np.exp, np.exp2, np.expm1, np.cbrt, np.sinc, np.real, np.nan_to_num): (A,),
    (np.sin, np.cos, np.tan, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh): (A,),
    (np.degrees, np.rad2deg, np.radians, np.deg2rad): (A,),
    (np.log, np.log2, np.log10, np.log1p, np.sqrt): (P,),
    (np.arcsin, np.arccos, np.arctanh): (U,),
    (np.arccosh,): (P + 1.0,),
    (np.add, np.subtract, np.multiply, np.divide, np.hypot, np.arctan2, np.copysign): (A, B),
    (np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2): (A, B),
    (np.power, np.float_power, np.remainder, np.fmod): (P, Q),
    (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow): (P, Q),
    (operator.neg, abs): (A,),
}
SUMS = {
    (np.sum, np.mean, np.prod, np.max, np.min, np.var, np.std, np.ptp, np.average): A,
    (np.nansum, np.nanmean, np.nanmax, np.nanmin, np.nanvar, np.nanstd): HOLES,
}
PRODUCTS = {
    np.matmul: (A, W),
    operator.matmul: (A, V),
    np.dot: (A, W),
    np.vdot: (A, B),
    np.outer: (V, V),
}
FUNCTIONS = {
    "matmul of stacks": (lambda t, u: t @ u, T, T.swapaxes(1, 2)),
    "tensordot": (lambda a, w: np.tensordot(a, w, axes=1), A, W),
    "einsum": (lambda a, w: np.einsum("ij,jk->ki", a, w), A, W),
    "multi_dot": (lambda a, w: np.linalg.multi_dot([a, w]), A, W),
    "norm": (np.linalg.norm, A),
    "norm of rows": (lambda a: np.linalg.norm(a, axis=1), A),
    "inv": (np.linalg.inv, S),
    "solve": (np.linalg.solve, S, A),
    "power of a constant": (lambda a: a**3, A),
    "square": (lambda a: a**2, A),
    "cumsum": (lambda a: np.cumsum(a, axis=0), A),
    "cumprod": (lambda v: np.cumprod(v, axis=0), V),
    "diff": (lambda a: np.diff(a, axis=0), A),
    "gradient": (np.gradient, V),
    "ediff1d": (np.ediff1d, V),
    "cov": (np.cov, A),
    "reshape": (lambda a: np.reshape(a, (2, 3, 8)), A),
    "ravel": (np.ravel, A),
    "transpose": (np.transpose, A),
    "swapaxes": (lambda t: np.swapaxes(t, 0, 2), T),
    "moveaxis": (lambda t: np.moveaxis(t, 0, 2), T),
    "expand_dims": (lambda a: np.expand_dims(a, 1), A),
    "squeeze": (np.squeeze, A[:, None]),
    "broadcast_to": (lambda v: np.broadcast_to(v, (3, 8)), V),
    "flip": (lambda a: np.flip(a, 0), A),
    "roll": (lambda a: np.roll(a, 2, 1), A),
    "rot90": (np.rot90, A),
    "astype": (lambda a: np.astype(a, np.float32), A),
    "concatenate": (lambda a, b: np.concatenate([a, b]), A, B),
    "stack": (lambda a, b: np.stack([a, b], axis=1), A, B),
    "vstack": (lambda a, b: np.vstack([a, b]), A, B),
    "hstack": (lambda a, b: np.hstack([a, b]), A, B),
    "block": (lambda a, b: np.block([[a, b], [b, a]]), A, B),
    "append": (lambda a, b: np.append(a, b, axis=1), A, B),
    "tile": (lambda a: np.tile(a, (2, 1)), A),
    "repeat": (lambda a: np.repeat(a, 2, axis=0), A),
    "pad": (lambda a: np.pad(a, 1), A),
    "where": (lambda a, b: np.where(a > 0.0, a, b), A, B),
    "select": (lambda a, b: np.select([a > 1.0, b > 0.0], [a, b]), A, B),
    "clip": (lambda a: np.clip(a, -0.5, 0.5), A),
    "tril": (np.tril, S),
    "triu": (lambda s: np.triu(s, 1), S),
    "diag": (np.diag, V),
    "take": (lambda a: np.take(a, [0, 2, 2], axis=1), A),
    "fftshift": (np.fft.fftshift, A),
    "add.reduce": (lambda a: np.add.reduce(a, axis=0), A),
    "multiply.outer": (lambda v: np.multiply.outer(v, v), V),
    "modulus of complex numbers": (lambda a, b: np.abs(np.exp(a + 1j * b) + 1.0), A, B),
}
CASES = {
    **{f.__name__: (f, *xs) for functions, xs in UFUNCS.items() for f in functions},
    **{
        f"{f.__name__} of columns": (lambda a, f=f: f(a, axis=0), x)
        for fs, x in SUMS.items()
        for f in fs
    },
    **{f"{f.__name__} of all": (f, x) for fs, x in SUMS.items() for f in fs},
    **{f.__name__: (f, *xs) for f, xs in PRODUCTS.items()},
    **FUNCTIONS,
}


def cotangent_of(y):
    """Numbers of the shape and dtype of ``y``, all different."""
    numbers = np.cos(np.arange(np.size(y)) + 1.0)
    return numbers.reshape(np.shape(y)).astype(y.dtype)


def pulled(f, primals, cotangents):
    """``f`` of the primals, and the primals' cotangents."""
    y, pullback = vjp(f, *primals)
    return y, pullback(cotangents)


@pytest.mark.usefixtures("on_cluster")
@pytest.mark.parametrize("name", CASES)
def test_rule_gives_on_dask_what_it_gives_on_numpy(name, chunked, nothing_computed, assert_same):
    f, *primals = CASES[name]
    ct = cotangent_of(f(*primals))
    expected = pulled(f, primals, ct)
    with nothing_computed():
        lazy = pulled(f, [*map(chunked, primals)], chunked(np.asarray(ct)))
    assert_same(lazy, expected, 2e-7 if name == "astype" else 1e-12)


def regression(w, b, x, y):
    """The mean squared error of a linear model, and a penalty."""
    return np.mean((x @ w + b - y) ** 2) + 0.1 * np.sum(w * w)


def perceptron(layers, x, labels):
    """The cross entropy of a network with one hidden layer, by a stable logsumexp."""
    (w1, b1), (w2, b2) = layers
    scores = np.tanh(x @ w1 + b1) @ w2 + b2
    largest = scores.max(axis=1, keepdims=True)
    total = np.log(np.exp(scores - largest).sum(axis=1)) + largest[:, 0]
    return np.mean(total - np.sum(scores * labels, axis=1))


def normalised_form(x, m, scale, shift):
    """A quadratic form of the columns, each with mean 0 and variance 1, then scaled."""
    z = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3) * scale + shift
    return np.einsum("ni,ij,nj->", z, m, z) / len(x)


X = rng.standard_normal((40, 6))
LABELS = np.eye(3)[rng.integers(0, 3, 40)]
LAYERS = [
    (rng.standard_normal((6, 8)), rng.standard_normal(8)),
    (rng.standard_normal((8, 3)), rng.standard_normal(3)),
]
PROGRAMS = {
    "linear regression": (regression, rng.standard_normal(6), V[0:1], X, X @ V[:6]),
    "two-layer perceptron": (perceptron, LAYERS, X, LABELS),
    "normalisation": (normalised_form, X, S, V[:6], V[2:]),
}


def everywhere(function, value):
    """``function`` of each array in nested lists and tuples."""
    if isinstance(value, (list, tuple)):
        return type(value)(everywhere(function, item) for item in value)
    return function(value)


@pytest.mark.usefixtures("on_cluster")
@pytest.mark.parametrize("name", PROGRAMS)
def test_program_has_on_dask_the_value_and_gradient_that_it_has_on_numpy(
    name, chunked, nothing_computed, assert_same
):
    program, *arguments = PROGRAMS[name]
    places = tuple(range(len(arguments)))
    expected = val_and_grad(program, *arguments, argnums=places)
    with nothing_computed():
        lazy = val_and_grad(program, *everywhere(chunked, arguments), argnums=places)
    assert_same(lazy, expected)


@pytest.mark.usefixtures("on_cluster")
def test_forward_mode_and_second_derivatives(chunked, nothing_computed, assert_same):
    def both(convert):
        w, b, x, y = map(convert, PROGRAMS["linear regression"][1:])

        def loss(w):
            return np.sum(np.tanh(regression(w, b, x, y) * w))

        return jvp(loss, (w,), (w + 1.0,)), hvp(loss)(w, w + 1.0)

    with nothing_computed():
        lazy = both(chunked)
    assert_same(lazy, both(np.asarray))


def test_the_workers_are_two_other_processes(on_cluster):
    processes = on_cluster.run(os.getpid).values()
    assert len({*processes, os.getpid()}) == 3


def test_tasks_of_a_gradient_run_on_both_workers(on_cluster, chunked):
    x = chunked(np.linspace(0.0, 1.0, 400).reshape(20, 20))
    on_cluster.run(lambda dask_worker: dask_worker.state.log.clear())
    grad(lambda x: np.sum(np.tanh(x)))(x).compute()
    finished = on_cluster.run(
        lambda dask_worker: sum("memory" in map(str, entry) for entry in dask_worker.state.log)
    )
    assert min(finished.values()) > 0


def test_the_oracle_notices_a_computation(nothing_computed):
    with nothing_computed(), pytest.raises(AssertionError, match="was computed"):
        da.ones(3).compute()
