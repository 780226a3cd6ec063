"""Random graphs, of mixed dtypes and special values: every pass keeps every bit of what they give.

Sums and products of matrices are of small whole numbers here, for which no rounding depends on
the order in memory: that is what a pass may change.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from exactness import all_bits, quietly
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pullback import trace, value_and_grad
from pullback.compiler.passes import PASSES, simplified

SHAPES = [(), (3,), (1,), (3, 1), (1, 3), (2, 3)]
DTYPES = [np.float64, np.float64, np.float32, np.int64, np.complex128]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, math.inf, -math.inf, math.nan, 5e-324, 1e308, 0.1, -2.75]
NUMBERS = [1.0, -1.0, 2.0, 0.0, -0.0, 3, 1, 2, 0.1, -4.0, 1e200, True]


def whole(a):
    """Small whole numbers: exact in every sum; NaN stays what it is."""
    return np.rint(np.clip(np.real(a), -99, 99))


def constant(a, number):
    """An array of one number, in the dtype of ``a``, which a pass may find to be one."""
    return np.full(np.shape(a), number).astype(a.dtype)


UNARY = [
    np.negative,
    np.positive,
    np.conjugate,
    np.real,
    np.square,
    np.transpose,
    np.ravel,
    np.copy,
    np.abs,
    np.exp,
    np.cosh,
    lambda a: np.negative(-a),
    lambda a: a**1,
    lambda a: a**2,
    lambda a: a + a,
    lambda a: a.T,
    lambda a: a.T.T,
    lambda a: a.reshape(-1),
    lambda a: a.reshape(-1).reshape(a.shape),
    lambda a: a.reshape(a.shape),
    lambda a: a.flatten(),
    lambda a: a.copy(),
    lambda a: a.astype(a.dtype),
    lambda a: a.astype(np.float32),
    lambda a: np.expand_dims(a, 0) if np.ndim(a) < 2 else np.squeeze(a),
    lambda a: np.squeeze(np.expand_dims(a, 0), 0),
    lambda a: np.swapaxes(np.swapaxes(a, 0, -1), 0, -1) if np.ndim(a) else a,
    lambda a: a[...] if np.ndim(a) else a,
    lambda a: a[::-1] if np.ndim(a) else a,
    lambda a: a[:] if np.ndim(a) else a,
    lambda a: a[0] if np.ndim(a) else a,
    lambda a: np.broadcast_to(a, a.shape),
    lambda a: np.broadcast_to(a, (2, 3)) if np.shape(a) == (3,) else a,
    lambda a: np.sum(whole(a)),
    lambda a: np.sum(whole(a), axis=0, keepdims=True) if np.ndim(a) else a,
    lambda a: whole(a).sum(axis=-1) if np.ndim(a) else a,
    lambda a: np.mean(whole(a)),
    lambda a: np.mean(whole(a), axis=0) if np.ndim(a) else a,
    lambda a: np.max(np.real(a), axis=0) if np.ndim(a) else a,
    lambda a: 1 / (1 + np.exp(a)),
    lambda a: constant(a, 1.0) * a,
    lambda a: constant(a, -1.0) * a,
    lambda a: a + constant(a, -0.0),
    lambda a: np.full(np.shape(a), 2.0) * a,
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.maximum,
    lambda a, b: a + (-b),
    lambda a, b: a - (-b),
    lambda a, b: (-a) * (-b),
    lambda a, b: (-a) + b,
    lambda a, b: a * b + b * a,
    lambda a, b: np.outer(a, b) if np.shape(a) == np.shape(b) == (3,) else a,
    lambda a, b: np.dot(whole(a), whole(b)) if np.shape(a) == np.shape(b) == (3,) else b,
    lambda a, b: np.stack([a, b])[1] if np.shape(a) == np.shape(b) else a,
    lambda a, b: np.where(a == b, a, b),
]
SCALED = [
    lambda a, c: a * c,
    lambda a, c: c * a,
    lambda a, c: a + c,
    lambda a, c: c - a,
    lambda a, c: a - c,
    lambda a, c: a / (c or 1),
    lambda a, c: 3.0 * (c * a),
    lambda a, c: -(c * a),
    lambda a, c: np.multiply(np.float64(c), a),
]
ALL = len(UNARY) + len(BINARY) + len(SCALED)
STEPS = st.lists(
    st.tuples(st.integers(0, ALL - 1), st.integers(0, 99), st.integers(0, 99)),
    min_size=3,
    max_size=25,
)
SEEDS = st.integers(0, 2**32 - 1)


def program(steps):
    """A function of some values: each step takes values that came before."""

    def f(*x):
        values = [*x]
        for operation, i, j in steps:
            a, b = values[i % len(values)], values[j % len(values)]
            if operation < len(UNARY):
                y = UNARY[operation](a)
            elif operation < len(UNARY) + len(BINARY):
                try:
                    y = BINARY[operation - len(UNARY)](a, b)
                except ValueError:  # shapes that do not broadcast
                    continue
            else:
                y = SCALED[operation - ALL](a, NUMBERS[j % len(NUMBERS)])
            if np.shape(y) in SHAPES:
                values.append(y)
        return values[len(x) :]

    return f


def inputs(seed):
    """Arrays of random dtypes, some of whose elements are special, and a scalar."""
    rng = np.random.default_rng(seed)
    arrays = []
    for shape in SHAPES[1:]:
        a = rng.standard_normal(shape)
        a = np.where(rng.random(shape) < 0.5, rng.choice(SPECIAL, shape), a)
        with np.errstate(all="ignore"):
            dtype = DTYPES[rng.integers(len(DTYPES))]
            a = np.nan_to_num(np.clip(a, -9, 9)).astype(dtype) if dtype is np.int64 else a
            arrays.append(a.astype(dtype))
    return np.float64(rng.choice(SPECIAL)), *arrays


def same_kinds(seed):
    """Other values of the same dtypes."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(np.ravel(x)).reshape(x.shape)[()] for x in inputs(seed)]


many = settings(
    max_examples=1500,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[*HealthCheck],
)
WAYS = [*([name] for name in PASSES), [*PASSES], [*PASSES, *PASSES], [*reversed(PASSES)]]


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@many
@given(STEPS, SEEDS)
def test_any_program(steps, seed):
    x = inputs(seed)
    with np.errstate(all="ignore"):
        graph = trace(program(steps), *x)
    wanted = [(point, all_bits(quietly(graph, *point))) for point in (x, same_kinds(seed))]
    for names in WAYS:
        found = simplified(graph, names)
        for point, want in wanted:
            assert all_bits(quietly(found, *point)) == want, names


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@many
@given(STEPS, SEEDS)
def test_any_gradient(steps, seed):
    """Of what no pass changes the order in memory of, and so no sum."""
    rng = np.random.default_rng(seed)
    x = [rng.standard_normal(3), rng.standard_normal(3)]
    some = [step for step in steps if step[0] >= len(UNARY) or UNARY[step[0]] in ELEMENTWISE]
    loss = lambda *x: np.sum(np.tanh(program(some)(*x)[-1])) if program(some)(*x) else np.sum(x[0])
    with np.errstate(all="ignore"):
        graph = trace(value_and_grad(loss, argnums=(0, 1)), *x)
    other = [np.where(rng.random(3) < 0.3, rng.choice(SPECIAL, 3), a) for a in x]
    wanted = [(point, all_bits(quietly(graph, *point))) for point in (x, other)]
    for names in WAYS:
        found = simplified(graph, names)
        for point, want in wanted:
            assert all_bits(quietly(found, *point)) == want, names


ELEMENTWISE = [f for f in UNARY if f(np.ones(3)).shape == (3,)]
