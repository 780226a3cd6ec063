"""Whole programs: random ones, and derivatives.

The random programs compute with whole numbers, so a sum is the same in any order, and every
difference is a mistake.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pullback import grad, hessian, value_and_grad
from pullback.errors import PathChangedError
from pullback_numpy.indexing import scatter

LARGEST = 2.0**40
SHAPES = [(), (1,), (4,), (3, 4), (2, 3, 4), (3, 1), (0,), (70,), (5, 70)]
DTYPES = [np.float64, np.float32, np.int64, np.complex128]
UNARY = [np.negative, np.square, np.absolute, lambda x: 2 * x, lambda x: 1 - x, lambda x: x + 0.5]
BINARY = [np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.less]
REDUCTIONS = ["sum", "max", "min"]


@st.composite
def views(draw, shape):
    """A function that takes a view of an array of ``shape``."""
    kind = draw(st.sampled_from(["T", "index", "reshape", "expand", "broadcast", "ravel"]))
    if kind == "T":
        return lambda x: x.T
    if kind == "ravel":
        return lambda x: x.reshape(-1)
    if kind == "expand":
        axis = draw(st.integers(0, len(shape)))
        return lambda x: np.expand_dims(x, axis)
    if kind == "broadcast":
        wide = (draw(st.integers(1, 2)), *shape)
        return lambda x: np.broadcast_to(x, wide)
    if kind == "reshape":
        turned = shape[::-1]
        return lambda x: x.reshape(turned)
    index = []
    for length in shape:
        start = draw(st.integers(0, max(length - 1, 0)))
        choices = [
            slice(start, None),
            slice(None, None, -1),
            slice(None, start),
            slice(start, None, 2),
        ]
        index.append(draw(st.sampled_from([*choices, start] if length else choices)))
    index = tuple(index[: draw(st.integers(0, len(index)))])
    return lambda x: x[index]


@st.composite
def programs(draw):
    """Arguments, and a function of them that returns many values."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    args = []
    for _ in range(draw(st.integers(1, 3))):
        dtype, shape = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(SHAPES))
        array = rng.integers(-3, 4, shape).astype(dtype)
        args.append(array)
    steps = []
    pool = [*args]
    for _ in range(draw(st.integers(3, 25))):
        which = draw(st.sampled_from(["unary", "binary", "view", "reduce", "where", "scatter"]))
        places = [draw(st.integers(0, len(pool) - 1)) for _ in range(2)]
        first = pool[places[0]]
        if which == "unary":
            step = draw(st.sampled_from(UNARY))
            places = places[:1]
        elif which == "binary":
            step = draw(st.sampled_from(BINARY))
        elif which == "view":
            if not isinstance(first, np.ndarray):
                continue
            step, places = draw(views(first.shape)), places[:1]
        elif which == "reduce":
            if not np.ndim(first):
                continue
            axis = draw(st.sampled_from([None, 0, -1, tuple(range(first.ndim))]))
            keep = draw(st.booleans())
            name = draw(st.sampled_from(REDUCTIONS))
            step, places = reduction(name, axis, keep), places[:1]
        elif which == "where":
            step = lambda a, b: np.where(a == b, a, b + 1)
        else:
            step, places = scattered(np.shape(first)), places[:1]
        try:
            value = step(*(pool[place] for place in places))
        except (ValueError, TypeError, IndexError):
            continue
        if np.size(value) > 5000 or (np.size(value) and not np.max(np.abs(value)) < LARGEST):
            continue
        steps.append((step, places))
        pool.append(value)

    def f(*xs):
        values = [*xs]
        for step, places in steps:
            values.append(step(*(values[place] for place in places)))
        return tuple(values[len(xs) :: 3]) + tuple(values[-3:])

    return args, f


def reduction(name, axis, keep):
    return lambda x: getattr(np, name)(x, axis=axis, keepdims=keep)


def scattered(shape):
    if not shape:
        return lambda x: scatter((3,), np.float64, (1, slice(None)), x.real * 1.0, 2.0 * x.real)
    wide = (shape[0] + 2, *shape[1:])
    indices = (slice(1, -1), slice(2, None), slice(None, -2), slice(None, None, -1))
    return lambda x: scatter(
        wide, np.float64, indices, x.real * 1.0, x.real * 2.0, 0.0 + x.real, np.float64(3.0)
    )


@settings(
    deadline=None,
    max_examples=30,
    suppress_health_check=[*HealthCheck],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(programs())
def test_random_programs(same, program):
    args, f = program
    same(f, *args, signs=False)


@settings(deadline=None, max_examples=300, suppress_health_check=[*HealthCheck])
@given(programs())
@pytest.mark.wide
def test_many_random_programs(same, program):
    args, f = program
    same(f, *args, signs=False)


rng = np.random.default_rng(0)
X = rng.standard_normal(500)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def perceptron(w1, b1, w2):
    x = np.cos(np.arange(24.0)).reshape(6, 4)
    h = np.tanh(x @ w1 + b1)
    return np.mean(np.log1p(np.exp(h @ w2)) ** 2, axis=0).sum()


def test_a_gradient_in_one_kernel(native):
    program = native(value_and_grad(rosenbrock), X, ulps=64)
    assert [node.label for node in program] == ["x", "function_1", "member", "member"]


def test_the_gradient_of_a_perceptron(native):
    args = rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal((3, 2))
    f = lambda *args: value_and_grad(perceptron, argnums=(0, 1, 2))(*args)
    graph_native = native(f, *args, ulps=2000)
    assert len([node for node in graph_native if hasattr(node.function, "source")]) == 1


def test_second_derivatives(same):
    same(hessian(rosenbrock), X[:6], ulps=64)


def test_a_gradient_of_single_precision(native):
    native(grad(rosenbrock), X[:50].astype(np.float32), ulps=64)


def test_branches_are_checked_in_the_kernel(lower):
    def f(x):
        for _ in range(20):
            x = x * 2 if x > 0 else x - 1
            x = x / 4 if x > 1 else x
        return x

    graph, program, _ = lower(f, 0.75)
    assert len(graph.guards) == 40
    assert len(program.guards) == 1
    assert program(0.75) == graph(0.75)
    for x in (-1.0, 1.6, 0.1):
        with pytest.raises(PathChangedError):
            graph(x)
        with pytest.raises(PathChangedError):
            program(x)


@pytest.mark.parametrize("rounds", [7, 80, 301])
def test_loops_of_python(native, rounds):
    def f(x, w, h):
        total = 0.0
        for i in range(rounds):
            h = np.maximum(w @ h + x[i % 7], x[3])
            total = total + np.sum(h * x[i % 7]) + x[i % 7, 2]
        return total, h

    w = np.array([[0, 1, 0], [0, 0, -1], [1, 0, 0]]) * 1.0
    args = rng.integers(-2, 3, (7, 3)) * 1.0, w, np.array([1.0, 2.0, -1.0])
    program = native(f, *args, signs=False)
    assert len([node for node in program if hasattr(node.function, "source")]) == 1
    native(grad(lambda *args: f(*args)[0], argnums=(0, 1, 2)), *args, ulps=64)


def test_a_round_is_written_once(lower):
    def f(x):
        for _ in range(500):
            x = np.sin(x) * 2
        return x

    _, program, _ = lower(value_and_grad(f), 0.5)
    (source,) = [node.function.source for node in program if hasattr(node.function, "source")]
    assert source.count("math.sin") <= 2
    assert len(source.splitlines()) < 60


def test_programs_without_rounds(native):
    steps = np.random.default_rng(1).integers(0, 5, 120)

    def f(x, y):
        for step in steps:
            if step == 0:
                x = x + y
            elif step == 1:
                x = np.minimum(x, 3.0)
            elif step == 2:
                y = y - x
            elif step == 3:
                y = np.maximum(y, -4.0) + x[::-1]
            else:
                x = x + x[0]
                y = np.minimum(np.maximum(y, -9.0), 9.0)
                x = np.minimum(np.maximum(x, -9.0), 9.0)
        return x, y

    native(f, np.array([1.0, 2.0, -3.0]), np.array([0.0, -1.0, 2.0]), signs=False)


def test_many_reads_of_elements(native):
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total = total + x[i] * x[-i]
        return total

    native(value_and_grad(f), np.arange(200.0))
    native(
        value_and_grad(lambda x: np.sum(sum(x[i] * x[i + 1] for i in range(30)))),
        X[:93].reshape(31, 3),
        ulps=64,
    )


@pytest.mark.parametrize("parallel", [False, True])
def test_sums_of_many_numbers_are_as_exact_as_those_of_numpy(lower, parallel):
    x = rng.random(1_000_000)
    for dtype in (np.float64, np.float32):
        values = x.astype(dtype)
        _, program, _ = lower(lambda x: (np.sum(x), np.mean(x * 2)), values, parallel=parallel)
        total, mean = program(values)
        exact, close = math.fsum(values), 100 * float(np.finfo(dtype).eps)
        assert float(total) == pytest.approx(exact, rel=close, abs=0)
        assert float(mean) == pytest.approx(exact / 500_000, rel=close, abs=0)
        assert type(total) is dtype
