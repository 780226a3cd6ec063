"""Random programs: compiled, they and their gradients are what they were, to the last bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from equality import difference
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pullback import compile, value_and_grad
from pullback.compiler import PASSES

LARGE = 1 << 13
SMOOTH = [
    np.sin,
    np.tanh,
    np.negative,
    np.square,
    lambda a: a * a,
    lambda a: 1.0 * a + 0.0,
    lambda a: a + a,
    lambda a: 2.0 * (0.5 * a),
    lambda a: -(-1.0 * a),
    lambda a: a - (-a),
    lambda a: 1.0 / (1.0 + a * a),
    lambda a: np.sqrt(a * a + 1.0),
    lambda a: np.exp(-a * a),
    lambda a: a / 4.0 - a / 3.0,
    lambda a: a**2 - a**3,
    lambda a: np.sum(a),
    lambda a: np.mean(a),
    lambda a: np.copy(a),
    lambda a: np.zeros_like(a) + a * np.ones_like(a),
    np.transpose,
    lambda a: np.transpose(np.transpose(a)),
    lambda a: np.reshape(np.ravel(a), np.shape(a)),
    lambda a: a[..., ::-1] if np.ndim(a) else a,
    lambda a: a[1:] * a[:-1] if np.ndim(a) else a,
    lambda a: a[0] if np.ndim(a) else a,
    lambda a: a[-1] * a[0] if np.ndim(a) else a,
    lambda a: np.cumsum(a, axis=0) * 0.125 if np.ndim(a) else a,
    lambda a: np.concatenate([a, a[:1]])[1:] if np.ndim(a) else a,
    lambda a: np.broadcast_to(a, (2, *np.shape(a)))[1],
    lambda a: np.stack([a, 2 * a])[0],
    lambda a: np.swapaxes(np.swapaxes(a, 0, -1), 0, -1) if np.ndim(a) else a,
    lambda a: np.sum(a, axis=0, keepdims=True) * 0.25 if np.ndim(a) else a,
    lambda a: np.real(a) * 1.5,
    lambda a: a.astype(float) if isinstance(a, np.ndarray) else a * 1.0,
]
KINKED = [
    np.abs,
    lambda a: np.where(a > 0.1, a, 0.5 * a),
    lambda a: np.floor(a) + a,
    lambda a: np.max(a, axis=0) if np.ndim(a) else a,
    lambda a: np.sort(a, axis=-1) if np.ndim(a) else a,
    lambda a: a if np.sum(a) > 0.25 else -a,
    lambda a: a * 3.0 if np.ndim(a) == 0 and a < 0 else a + 0.125,
    lambda a: np.sum(a, where=a > 0),
    lambda a: a[np.argmax(a, axis=0)] if np.ndim(a) == 1 else a,
    lambda a: np.log(a),
    lambda a: np.sqrt(a) * 0.5,
    lambda a: a**0.5 if np.ndim(a) else np.sin(a) ** 0.5,
    lambda a: 0.5 / a,
    lambda a: a * np.argsort(a, axis=-1) if np.ndim(a) else a * int(np.ndim(a) + 2),
    lambda a: np.clip(a, -0.5, 0.5),
]
MIXED = [
    lambda a: a.astype(np.float32) if isinstance(a, np.ndarray) else np.float32(1.0) * a,
    lambda a: a * np.float32(0.1),
    lambda a: np.real(a * 1j + a * a),
    lambda a: np.abs(np.exp(1j * a)) * np.imag(a * (1 + 2j)),
]
"""In single precision, or complex: of such numbers, operators and ufuncs differ by rounding."""
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    lambda a, b: b * a + a * b,
    lambda a, b: (a - b) + (b - a) * 0.5,
    lambda a, b: a + 0.5 * b,
    lambda a, b: a @ b if _are_vectors(a, b) else a * b,
    lambda a, b: np.stack([a, b]).sum(axis=0) if np.shape(a) == np.shape(b) else a - b,
    lambda a, b: a / (2.0 + b * b),
    lambda a, b: np.multiply(-a, -b),
    lambda a, b: np.outer(a, b)[0] if _are_vectors(a, b) and np.size(a) < 9 else a + b,
]
KINKED_BINARY = [
    np.maximum,
    np.arctan2,
    np.hypot,
    lambda a, b: a / b,
    lambda a, b: np.where(a < b, a, b * b),
    lambda a, b: np.power(np.abs(a), b),
]


def _are_vectors(a, b):
    return np.ndim(a) == np.ndim(b) == 1 and np.shape(a) == np.shape(b)


def program(steps, unary, binary, bound):
    """A function of a number, a vector and a matrix: each step takes values that came before."""

    def f(s, v, m):
        values = [s, v, m]
        for operation, i, j in steps:
            a, b = values[-1 - i % len(values)], values[-1 - j % len(values)]
            operation %= len(unary) + len(binary)
            if operation < len(unary):
                y = unary[operation](a)
            else:
                shapes = np.shape(a), np.shape(b)
                if shapes[0] != shapes[1] and () not in shapes and 1 not in map(len, shapes):
                    continue
                if max(shapes, key=len)[-1:] not in (
                    (),
                    *(shape[-1:] for shape in shapes if shape),
                ):
                    continue
                try:
                    np.broadcast_shapes(*shapes)
                except ValueError:
                    continue
                y = binary[operation - len(unary)](a, b)
            values.append(bound(y))
        total = sum(np.sum(np.real(value)) * 0.5**n for n, value in enumerate(values[::-1]))
        return total, values[-1], {"last": [values[-2], values[-1]], "none": None}

    return f


def steps(most):
    one = st.tuples(st.integers(0, 999), st.integers(0, 99), st.integers(0, 99))
    return st.lists(one, min_size=3, max_size=most)


SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-310, 1e300, 1.0, -1.0, 0.5)
SHAPES = st.sampled_from(
    [((3,), (3, 3)), ((4,), (2, 4)), ((1,), (1, 1)), ((5,), (5, 1)), ((0,), (2, 0))]
)
NUMBERS = st.sampled_from([float, np.float64, np.float32, int, lambda x: np.array(float(x))])
SEEDS = st.integers(0, 2**32 - 1)


def inputs(seed, number=float, shapes=((3,), (3, 3)), dtype=float, special=False):
    """A number, a vector and a matrix."""
    rng = np.random.default_rng(seed)

    def one(shape):
        x = rng.standard_normal(shape)
        if special:
            x = np.where(rng.random(shape) < 0.3, rng.choice(SPECIAL, shape), x)
        with np.errstate(over="ignore"):
            return x.astype(dtype)

    s = rng.standard_normal()
    s = rng.choice(SPECIAL) if special and rng.random() < 0.3 else s
    if number is int:
        s = 3
    with np.errstate(over="ignore"):
        return (number(s), *map(one, shapes))


def many(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[*HealthCheck],
    )


def outcome(f, args):
    """What a call gives: its result, or its error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of the mean of nothing
        try:
            return f(*args)
        except (ArithmeticError, ValueError, TypeError, IndexError) as error:
            return type(error).__name__


def assert_same(f, points, ulps, eps=0.0, **options):
    """Compile a program at the first point, and compare at all of them."""
    compiled = compile(f, **options)
    for args in (*points, points[0]):
        was = [np.copy(arg) for arg in args]
        want = outcome(f, args)
        found = difference(outcome(compiled, args), want, ulps, eps=eps)
        assert not found, f"{args}: {found}\n{compiled.source}"
        for arg, before in zip(args, was, strict=True):
            assert np.array_equal(arg, before, equal_nan=np.asarray(arg).dtype.kind in "fc")


def tame(y):
    return np.tanh(y)


def wild(y):
    return y


def check_any(chosen, seed, number, shapes, dtype, special, mixed):
    f = program(
        chosen,
        SMOOTH + KINKED + MIXED * mixed,
        BINARY + KINKED_BINARY,
        wild if special else tame,
    )
    points = [inputs(seed + n, number, shapes, dtype, special and n) for n in range(3)]
    eps = np.finfo(np.float32).eps if mixed or np.float32 in (number, dtype) else 0.0
    assert_same(f, points, 64, eps)
    if number is not int:
        slopes = value_and_grad(lambda *args: f(*args)[0], argnums=(0, 1, 2))
        assert_same(slopes, points, 512, eps)


DTYPES = st.sampled_from([float, np.float32])
ANY = (steps(60), SEEDS, NUMBERS, SHAPES, DTYPES, st.booleans(), st.booleans())


@many(40)
@given(*ANY)
def test_any_program(chosen, seed, number, shapes, dtype, special, mixed):
    check_any(chosen, seed, number, shapes, dtype, special, mixed)


@pytest.mark.wide
@many(1500)
@given(*ANY)
def test_many_programs(chosen, seed, number, shapes, dtype, special, mixed):
    check_any(chosen, seed, number, shapes, dtype, special, mixed)


def check_large(chosen, seed, kinked):
    """Large arrays are written over once nobody needs them; arguments and results are not."""
    unary, binary = (SMOOTH + KINKED, BINARY + KINKED_BINARY) if kinked else (SMOOTH, BINARY)
    f = program(chosen, unary, binary, tame)
    points = [inputs(seed + n, shapes=((LARGE,), (2, LARGE))) for n in range(2)]
    for args in points:
        for arg in args[1:]:
            arg.flags.writeable = False
    assert_same(f, points, 512)
    slopes = value_and_grad(lambda *args: f(*args)[0], argnums=(0, 1, 2))
    assert_same(slopes, points, 4096)
    compiled = compile(f)
    first = outcome(compiled, points[0])
    was = [np.copy(y) for y in (first[0], first[1], *first[2]["last"])]
    outcome(compiled, points[1])
    outcome(compiled, points[0])
    for y, before in zip((first[0], first[1], *first[2]["last"]), was, strict=True):
        assert np.array_equal(y, before, equal_nan=True)


@many(25)
@given(steps(40), SEEDS, st.booleans())
def test_large_arrays(chosen, seed, kinked):
    check_large(chosen, seed, kinked)


@pytest.mark.wide
@many(400)
@given(steps(150), SEEDS, st.booleans())
def test_many_large_arrays(chosen, seed, kinked):
    check_large(chosen, seed, kinked)


@pytest.mark.parametrize("length", [150, pytest.param(600, marks=pytest.mark.wide)])
def test_long_programs(length):
    rng = np.random.default_rng(length)
    chosen = rng.integers(0, 999, (length, 3)).tolist()
    check_any(chosen, 0, float, ((3,), (3, 3)), float, special=False, mixed=False)
    check_any(chosen, 1, float, ((3,), (3, 3)), float, special=True, mixed=True)


def differences(f, args, tangents):
    """The derivative of a number along tangents, by central differences of two widths."""
    slopes = []
    for h in (2e-4, 1e-4):
        ends = [f(*(x + k * h * t for x, t in zip(args, tangents, strict=True))) for k in (1, -1)]
        slopes.append((ends[0] - ends[1]) / (2 * h))
    return slopes[1] + (slopes[1] - slopes[0]) / 3


@many(40)
@given(steps(60), SEEDS)
def test_the_compiled_gradient_is_the_slope_of_the_program(chosen, seed):
    """Central differences of the program itself, which nothing of the compiler runs."""
    f = program(chosen, SMOOTH, BINARY, tame)
    total = lambda *args: f(*args)[0]
    args, tangents = inputs(seed), inputs(seed + 1)
    value, slopes = compile(value_and_grad(total, argnums=(0, 1, 2)))(*args)
    assert value == pytest.approx(total(*args), rel=1e-12)
    want = differences(total, args, tangents)
    got = sum(np.sum(slope * tangent) for slope, tangent in zip(slopes, tangents, strict=True))
    size = sum(np.sum(np.abs(slope * t)) for slope, t in zip(slopes, tangents, strict=True))
    assert abs(got - want) <= 1e-6 * (1 + size)


@many(15)
@given(steps(30), SEEDS, st.sets(st.sampled_from([*PASSES])))
def test_any_choice_of_passes(chosen, seed, passes):
    f = program(chosen, SMOOTH + KINKED, BINARY + KINKED_BINARY, tame)
    points = [inputs(seed + n) for n in range(2)]
    assert_same(f, points, 64, passes=passes)
    slopes = value_and_grad(lambda *args: f(*args)[0], argnums=(0, 1, 2))
    assert_same(slopes, points, 512, passes=passes)


def test_the_programs_are_worth_comparing():
    """Most of them run to their end, with branches, and leave calls to be compiled."""
    ended = branched = written = 0
    rng = np.random.default_rng(0)
    for seed in range(40):
        chosen = rng.integers(0, 999, (30, 3)).tolist()
        f = program(chosen, SMOOTH + KINKED, BINARY + KINKED_BINARY, tame)
        args = inputs(seed, shapes=((LARGE,), (2, LARGE)))
        compiled = compile(f)
        ended += not isinstance(outcome(compiled, args), str)
        branched += " = turn" in compiled.source or "return turn" in compiled.source
        written += "out=" in compiled.source
    assert (ended, branched > 10, written > 10) == (40, True, True), (ended, branched, written)
