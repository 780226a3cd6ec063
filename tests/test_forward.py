"""Forward mode: `jvp` in one pass, against closed forms, the complex step and the reverse pass."""

from __future__ import annotations

import cmath
import math
import threading
import tracemalloc
from functools import partial

import numpy as np
import pytest

import pullback
from pullback import at, grad, hessian, jacobian, jvp, stop_gradient, vjp
from pullback.errors import (
    CotangentError,
    IntegerPrimalError,
    LeakedTracerError,
    TracerConversionError,
)

RNG = np.random.default_rng(7)
X = np.array([0.5, -1.25, 2.0])
V = np.array([1.0, 0.25, -2.0])
M = np.array([[2.0, -1.0, 0.5], [0.25, 3.0, 1.0], [-0.5, 0.75, 1.5]])
T = RNG.standard_normal((3, 3))
S = (M + M.T) / 2
U = (T + T.T) / 2


def by_two_pullbacks(f, primals, tangents):
    """The tangent of one array, as the transpose of the pullback of `vjp`."""
    y, back = vjp(f, *primals)

    def pulled(ct):
        found = back(ct)
        return found if len(primals) > 1 else (found,)

    forward = vjp(pulled, np.ones_like(y))[1]
    return forward(tuple(tangents))


CLOSED = {
    "product": (lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0), 23.0),
    "quotient": (lambda x, y: x / y, (2.0, 4.0), (1.0, 2.0), 0.25 - 0.25),
    "power": (lambda x: x**3, (2.0,), (0.5,), 6.0),
    "constant": (lambda x: 5.0, (2.0,), (1.0,), 0.0),
    "identity": (lambda x: x, (2.0,), (7.0,), 7.0),
    "int output": (lambda x: math.floor(x), (2.5,), (7.0,), 0),
    "branch": (lambda x: x * x if x > 0 else -x, (-3.0,), (1.0,), -1.0),
    "stop": (lambda x: x * stop_gradient(x), (3.0,), (1.0,), 3.0),
    "sine": (np.sin, (X,), (V,), np.cos(X) * V),
    "maximum": (lambda x: np.maximum(x, 0.0), (X,), (V,), np.where(X > 0, V, 0.0)),
    "sum": (np.sum, (M,), (T,), T.sum()),
    "prod": (np.prod, (X,), (V,), np.prod(X) * np.sum(V / X)),
    "max": (np.max, (X,), (V,), V[2]),
    "sort": (np.sort, (X,), (V,), V[[1, 0, 2]]),
    "read": (lambda x: x[[2, 0, 2]], (X,), (V,), V[[2, 0, 2]]),
    "at": (lambda x: at(x)[1].set(x[0] ** 2), (X,), (V,), np.array([V[0], 2 * X[0] * V[0], V[2]])),
    "where": (lambda x: np.where(x > 0, x * x, x), (X,), (V,), np.where(X > 0, 2 * X * V, V)),
    "concatenate": (lambda x: np.concatenate([x, 2 * x]), (X,), (V,), np.concatenate([V, 2 * V])),
    "cumsum": (np.cumsum, (X,), (V,), np.cumsum(V)),
    "matmul": (lambda a, x: a @ x, (M, X), (T, V), T @ X + M @ V),
    "broadcast": (lambda x, y: x + y, (1.0, X), (2.0, V), 2.0 + V),
    "broadcast from one": (lambda x: x * np.ones((2, 3)), (3.0,), (2.0,), np.full((2, 3), 2.0)),
    "outer": (np.outer, (X, V), (V, X), np.outer(V, V) + np.outer(X, X)),
    "inverse": (np.linalg.inv, (M,), (T,), -np.linalg.inv(M) @ T @ np.linalg.inv(M)),
    "determinant": (
        np.linalg.det, (M,), (T,), np.linalg.det(M) * np.trace(np.linalg.solve(M, T)),
    ),
    "solve": (
        np.linalg.solve, (M, X), (T, V), np.linalg.solve(M, V - T @ np.linalg.solve(M, X)),
    ),
    "norm": (np.linalg.norm, (X,), (V,), X @ V / np.linalg.norm(X)),
    "einsum": (lambda a: np.einsum("ij,jk,ki", a, a, a), (M,), (T,), 3 * np.trace(M @ M @ T)),
    "complex product": (lambda z: z * z, (1 + 2j,), (1j,), 2 * (1 + 2j) * 1j),
    "abs": (abs, (3 + 4j,), (1 + 1j,), 7.0 / 5.0),
    "conj": (np.conj, (3 + 4j,), (1 + 2j,), 1 - 2j),
    "real": (np.real, (np.array([3 + 4j]),), (np.array([1 + 2j]),), np.array([1.0])),
    "imag": (np.imag, (np.array([3 + 4j]),), (np.array([1 + 2j]),), np.array([2.0])),
    "angle": (np.angle, (3 + 4j,), (1 + 2j,), (3 * 2 - 4 * 1) / 25),
    "math": (pullback.primitive(math.sin), (0.3,), (2.0,), 2 * math.cos(0.3)),
    "cmath": (pullback.primitive(cmath.exp), (0.3j,), (2.0,), 2 * cmath.exp(0.3j)),
    "chain": ([math.sin, np.exp], (0.3,), (2.0,), 2 * math.cos(0.3) * math.exp(math.sin(0.3))),
    "nested chain": (
        [math.sin, [np.exp, [lambda x: x * x]]], (0.3,), (1.0,),
        2 * math.exp(2 * math.sin(0.3)) * math.cos(0.3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms(name):
    f, primals, tangents, want = CLOSED[name]
    y, tangent = jvp(f, primals, tangents)
    call = pullback.Chain(f) if isinstance(f, list) else f
    np.testing.assert_allclose(y, call(*primals), rtol=1e-15)
    np.testing.assert_allclose(tangent, want, rtol=1e-12, atol=1e-14)
    assert np.shape(tangent) == np.shape(y)
    if isinstance(y, (float, complex, np.ndarray)):
        assert type(tangent) is type(y)


ANALYTIC = {
    "composed": lambda x: np.exp(np.sin(x) * x) / (1 + x * x),
    "hyperbolic": lambda x: np.tanh(x) + np.arctan(x) * np.cosh(x),
    "powers": lambda x: (x * x + 1) ** 0.5 * np.log(x * x + 2),
    "products": lambda x: np.cumprod(x) @ M @ x,
    "fft": lambda x: np.fft.fft(x)[1].real + np.sum(x**3),
    "solve": lambda x: np.linalg.solve(M + np.diag(x), x),
    "polynomial": lambda x: np.polyval(np.array([1.0, -2.0, 0.5]), x),
    "convolution": lambda x: np.convolve(x, x),
    "mean and var": lambda x: np.mean(x) * np.sum((x - np.mean(x)) ** 2),
}


@pytest.mark.parametrize("name", [n for n in ANALYTIC if n != "fft"])
def test_the_complex_step(name):
    f = ANALYTIC[name]
    tangent = jvp(f, (X,), (V,))[1]
    np.testing.assert_allclose(tangent, f(X + 1e-200j * V).imag / 1e-200, rtol=1e-13)


def grown(a):
    return np.sum(np.linalg.svd(a, compute_uv=False) ** 3)


LINALG = {
    "qr": (lambda a: (lambda q, r: q @ np.diag(X) @ r)(*np.linalg.qr(a)), M, T),
    "eigh": (lambda a: (lambda w, v: v @ np.diag(w**3) @ v.T)(*np.linalg.eigh(a)), S, U),
    "slogdet": (lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).sign, M, T),
    "svd": (lambda a: (lambda u, s, vh: u @ np.diag(s**2) @ vh)(*np.linalg.svd(a)), M, T),
    "singular values": (grown, M, T),
    "cholesky": (lambda a: np.linalg.cholesky(a @ a.T + 3 * np.eye(3)), M, T),
    "eig": (lambda a: np.sum(np.linalg.eigvals(a + 4 * np.diag(X)) ** 3).real, M, T),
    "divmod": (lambda x: divmod(x, 0.75)[1] * np.modf(x)[0], X + 0.1, V),
    "frexp": (lambda x: np.frexp(x)[0] * x, X + 0.1, V),
    "histogram": (lambda x: np.histogram(x, 3, weights=x * x)[0], X, V),
    "gradient": (lambda x: np.stack(np.gradient(np.outer(x, x))), X, V),
    "split": (lambda x: np.split(x, [1])[1] * np.split(x, 3)[0], X, V),
    "polyfit": (lambda x: np.polyfit(x, x**3, 1), X, V),
}


@pytest.mark.parametrize("name", [*ANALYTIC, *LINALG])
def test_the_reverse_pass_transposed(name):
    f, x, v = LINALG.get(name) or (ANALYTIC[name], X, V)
    y, tangent = jvp(f, (x,), (v,))
    np.testing.assert_allclose(y, f(x), rtol=1e-15)
    np.testing.assert_allclose(tangent, by_two_pullbacks(f, (x,), (v,)), rtol=1e-9, atol=1e-12)
    step = 1e-6
    differences = (f(x + step * v) - f(x - step * v)) / (2 * step)
    np.testing.assert_allclose(tangent, differences, rtol=1e-6, atol=1e-6)


def test_outputs_of_decompositions_are_tangents_of_each_member():
    (q, r), (of_q, of_r) = jvp(np.linalg.qr, (M,), (T,))
    np.testing.assert_allclose(of_q @ r + q @ of_r, T, atol=1e-13)
    np.testing.assert_allclose(q.T @ of_q, -of_q.T @ q, atol=1e-14)
    np.testing.assert_allclose(np.tril(of_r, -1), np.zeros((3, 3)), atol=1e-13)
    (w, v), (of_w, of_v) = y, tangent = jvp(np.linalg.eigh, (S,), (U,))
    assert type(y) is type(tangent) is type(np.linalg.eigh(S))
    np.testing.assert_allclose(U @ v + S @ of_v, of_v * w + v * of_w, atol=1e-13)
    np.testing.assert_allclose(of_w, np.diag(v.T @ U @ v), atol=1e-13)
    (u, s, vh), (of_u, of_s, of_vh) = jvp(np.linalg.svd, (M,), (T,))
    moved = (of_u * s) @ vh + (u * of_s) @ vh + (u * s) @ of_vh
    np.testing.assert_allclose(moved, T, atol=1e-12)
    np.testing.assert_allclose(of_s, np.diag(u.T @ T @ vh.T), atol=1e-13)
    y, tangent = jvp(np.linalg.slogdet, (M,), (T,))
    assert tangent.sign == 0.0
    assert tangent.logabsdet == pytest.approx(np.trace(np.linalg.solve(M, T)))


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.longdouble])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sin(x) * x + 2,
        np.sum,
        lambda x: np.mean(x) + x @ x,
        lambda x: np.stack([x, x * x]),
        lambda x: x[0] * x[1:],
        lambda x: np.linalg.norm(x) * x,
        lambda x: np.exp(x).cumsum(),
        lambda x: np.var(x),
    ],
)
def test_dtypes_stay(f, dtype):
    x, v = X.astype(dtype), V.astype(dtype)
    y, tangent = jvp(f, (x,), (v,))
    want = f(x)
    assert (type(y), y.dtype, np.shape(y)) == (type(want), want.dtype, np.shape(want))
    assert (type(tangent), tangent.dtype, np.shape(tangent)) == (type(y), y.dtype, np.shape(y))
    wide = np.complex128 if dtype is np.complex64 else np.float64
    np.testing.assert_allclose(
        tangent, jvp(f, (x.astype(wide),), (v.astype(wide),))[1], rtol=1e-5, atol=1e-5
    )


def test_types_of_numbers():
    for x, v in ((2.0, 1.0), (np.float64(2), 1), (np.float32(2), np.float32(1)), (2j, 1.0), (2, 1)):
        y, tangent = jvp(lambda x: x * x, (x,), (v,))
        assert type(y) is type(tangent)
        assert tangent == 2 * x


def test_containers():
    f = lambda p, s: {"y": p["w"] * s[0], "both": (s[1], [p["w"], 2.0, 3])}
    p, s = {"w": X}, (2.0, 5.0)
    y, tangent = jvp(f, (p, s), ({"w": V}, (1.0, 10.0)))
    np.testing.assert_array_equal(y["y"], 2 * X)
    np.testing.assert_array_equal(tangent["y"], 2 * V + X)
    assert tangent["both"][0] == 10.0
    np.testing.assert_array_equal(tangent["both"][1][0], V)
    assert tangent["both"][1][1:] == [0.0, 0]
    assert y["both"][1][1:] == [2.0, 3]


def test_the_tangent_of_what_does_not_depend_on_it():
    y, tangent = jvp(lambda x: (np.ones(2), np.floor(x), x), (X,), (V,))
    np.testing.assert_array_equal(tangent[0], [0.0, 0.0])
    np.testing.assert_array_equal(tangent[1], np.zeros(3))
    np.testing.assert_array_equal(tangent[2], V)
    y, tangent = jvp(lambda x: np.argsort(x), (X,), (V,))
    np.testing.assert_array_equal(tangent, [0, 0, 0])
    assert y.dtype.kind == "i"


def test_the_output_is_the_callers():
    v = V.copy()
    tangent = jvp(lambda x: x, (X.copy(),), (v,))[1]
    tangent[:] = 9.0
    np.testing.assert_array_equal(v, V)
    (a, b) = jvp(lambda x: (x, x), (X.copy(),), (v,))[1]
    a[:] = 9.0
    np.testing.assert_array_equal(b, V)
    tangent = jvp(lambda x: x * np.ones((2, 3)), (1.0,), (2.0,))[1]
    tangent[0, 0] = 5.0
    assert tangent[1, 1] == 2.0


def test_no_perturbation_confusion():
    # d/dx (x · d/dy (x + y)) = 1, and not 2.
    inner = lambda x: jvp(lambda y: x + y, (1.0,), (1.0,))[1]
    assert jvp(lambda x: x * inner(x), (3.0,), (1.0,)) == (3.0, 1.0)
    assert grad(lambda x: x * inner(x))(3.0) == 1.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(1.0), (3.0,), (1.0,))[1] == 1.0
    # d/dx (x · d/dy (x y)) at y = 2 is 2 x.
    for outer in (lambda f: jvp(f, (3.0,), (1.0,))[1], lambda f: grad(f)(3.0)):
        for inside in (
            lambda x: jvp(lambda y: x * y, (2.0,), (1.0,))[1],
            lambda x: grad(lambda y: x * y)(2.0),
        ):
            assert outer(lambda x, inside=inside: x * inside(x)) == 6.0


ORDERS = {
    "jvp of jvp": lambda f, x, u, v: jvp(lambda x: jvp(f, (x,), (v,))[1], (x,), (u,))[1],
    "jvp of grad": lambda f, x, u, v: jvp(grad(f), (x,), (u,))[1] @ v,
    "grad of jvp": lambda f, x, u, v: grad(lambda x: jvp(f, (x,), (v,))[1])(x) @ u,
    "grad of grad": lambda f, x, u, v: grad(lambda x: grad(f)(x) @ v)(x) @ u,
    "hessian": lambda f, x, u, v: u @ hessian(f)(x) @ v,
    "jacobian of grad": lambda f, x, u, v: u @ jacobian(grad(f), mode="forward")(x) @ v,
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("f", "second"),
    [
        (lambda x: np.sum(x**3), lambda x: np.diag(6 * x)),
        (
            lambda x: np.prod(x),
            lambda x: np.array([[0, x[2], x[1]], [x[2], 0, x[0]], [x[1], x[0], 0]]),
        ),
        (lambda x: x @ M @ x, lambda x: M + M.T),
        (lambda x: np.sum(np.exp(x) * x), lambda x: np.diag(np.exp(x) * (x + 2))),
        (
            lambda x: np.sum(x[[0, 0, 1]] * x),
            lambda x: np.array([[2.0, 1, 0], [1, 0, 1], [0, 1, 0]]),
        ),
    ],
)
def test_second_derivatives(order, f, second):
    u, v = V, np.array([0.5, 2.0, -1.0])
    np.testing.assert_allclose(ORDERS[order](f, X, u, v), u @ second(X) @ v, rtol=1e-12)


def test_third_derivatives():
    along = lambda f: lambda x: jvp(f, (x,), (1.0,))[1]
    assert along(along(along(lambda x: x**5)))(2.0) == pytest.approx(60 * 4.0)
    assert along(grad(along(lambda x: x**5)))(2.0) == pytest.approx(60 * 4.0)
    assert grad(along(grad(np.sin)))(0.3) == pytest.approx(-np.cos(0.3))


def test_a_traced_tangent():
    # Of f(x, v) = D sin(x) v the derivative by v is cos x.
    assert grad(lambda v: jvp(np.sin, (0.3,), (v,))[1])(2.0) == pytest.approx(np.cos(0.3))
    assert jvp(lambda v: jvp(np.sin, (0.3,), (v,))[1], (2.0,), (1.0,))[1] == pytest.approx(
        np.cos(0.3)
    )


def test_threads():
    def work(number, found):
        inner = lambda x: jvp(lambda y: x * y * number, (2.0,), (1.0,))[1]
        found[number] = [jvp(lambda x: x * inner(x), (3.0,), (1.0,))[1] for _ in range(50)]

    found = {}
    threads = [threading.Thread(target=work, args=(n, found)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [6.0 * n] * 50 for n in range(8)}


def test_an_exception_leaves_nothing_behind():
    kept = []

    def fails(x):
        kept.append(x)
        raise KeyError("here")

    with pytest.raises(KeyError):
        jvp(fails, (X,), (V,))
    with pytest.raises(LeakedTracerError, match="after the traced function had returned"):
        kept[0] * 2
    test_no_perturbation_confusion()


def test_tracers_that_leak():
    kept = []
    jvp(lambda x: kept.append(x) or x, (2.0,), (1.0,))
    for use in (
        lambda: kept[0] + 1.0,
        lambda: np.sin(kept[0]),
        lambda: jvp(lambda x: kept[0], (1.0,), (1.0,)),
        lambda: jvp(lambda x: x * kept[0], (1.0,), (1.0,)),
        lambda: grad(lambda x: x * kept[0])(1.0),
    ):
        with pytest.raises(LeakedTracerError):
            use()


def test_what_cannot_be_a_primal_or_a_tangent():
    with pytest.raises(IntegerPrimalError, match="primal 0 has dtype int64"):
        jvp(lambda x: x, (np.arange(3),), (np.arange(3.0),))
    with pytest.raises(CotangentError, match="the tangent is complex and its value is real"):
        jvp(np.sin, (X,), (V * 1j,))
    with pytest.raises(TracerConversionError):
        jvp(lambda x: float(x), (1.0,), (1.0,))


def test_integer_and_float_tangents_are_brought_to_the_space():
    assert jvp(np.sin, (X,), (np.array([1, 0, 0]),))[1].dtype == np.float64
    tangent = jvp(lambda x: x, (X.astype(np.float32),), (V,))[1]
    assert tangent.dtype == np.float32


def test_keyword_arguments_and_partials():
    assert jvp(lambda x, n: x**n, (2.0,), (1.0,), n=3) == (8.0, 12.0)
    f = partial(np.sum, axis=0)
    np.testing.assert_array_equal(jvp(f, (M,), (T,))[1], T.sum(axis=0))
    np.testing.assert_array_equal(
        jvp(np.sum, (M,), (T,), axis=1, keepdims=True)[1], T.sum(axis=1, keepdims=True)
    )


def test_a_pushforward_is_used_and_its_transpose_agrees():
    calls = []

    @pullback.primitive
    def cube(x):
        return x**3

    @pullback.rule(
        cube, pushforward=lambda xs, ts: (calls.append(1) or cube(xs[0]), 3 * xs[0] ** 2 * ts[0])
    )
    def cube_rule(x):
        return cube(x), lambda ct: 3 * x**2 * ct

    pullback.register(cube_rule)
    assert jvp(lambda x: cube(x) + cube(2 * x), (2.0,), (1.0,)) == (72.0, 12.0 + 96.0)
    assert len(calls) == 2
    assert jvp(lambda x: jvp(cube, (x,), (1.0,))[1], (2.0,), (1.0,)) == (12.0, 12.0)
    assert grad(lambda x: jvp(cube, (x,), (1.0,))[1])(2.0) == 12.0


def peak_of(f):
    tracemalloc.start()
    f()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(
    "step", [np.sin, lambda x: np.sqrt(x * x + 1.0), lambda x: np.cumsum(x) / 9, lambda x: x[::-1]]
)
def test_memory_does_not_grow_with_the_length(step):
    x = np.linspace(0.1, 1.0, 100_000)
    v = np.ones_like(x)

    def chain(length):
        def f(x):
            for _ in range(length):
                x = step(x)
            return x

        return f

    jvp(chain(2), (x,), (v,))
    short, long = (peak_of(lambda n=n: jvp(chain(n), (x,), (v,))) for n in (3, 60))
    assert long < short + x.nbytes


def test_the_measure_of_memory_sees_a_tape():
    x = np.linspace(0.1, 1.0, 100_000)
    assert peak_of(lambda: vjp([np.sin] * 60, x)) > 40 * x.nbytes


def test_a_long_chain_without_recursion():
    y, tangent = jvp([np.sin] * 20_000, (0.5,), (1.0,))
    assert 0 < tangent < 1e-3
    y, tangent = jvp([[[np.sin] * 100] * 10] * 2, (0.5,), (1.0,))
    assert y == pullback.Chain([np.sin] * 2000)(0.5)
