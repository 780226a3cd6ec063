"""What the compiler is told of NumPy: each rewrite where it is done, and where it must not be."""

from __future__ import annotations

import math
import operator
import subprocess
import sys

import numpy as np
import pytest

from pullback import trace
from pullback.compiler.facts import known_facts
from pullback.compiler.passes import simplified
from pullback_numpy import strong
from pullback_numpy.compilation.literals import uniform

RNG = np.random.default_rng(0)
V, W = RNG.standard_normal((2, 4))
M = RNG.standard_normal((3, 4))
SPECIAL = np.array([0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, np.nan, 1e308, 5e-324])


def functions(graph):
    return [node.function for node in graph.nodes if node.kind == "call"]


def bits(y):
    return type(y), np.shape(y), getattr(y, "dtype", None), np.array(y, order="C").tobytes()


GET, RESHAPE, T = np.ndarray.__getitem__, np.ndarray.reshape, np.ndarray.T
ADD, MUL, DIV = operator.add, operator.mul, operator.truediv
DONE = {
    "multiply": (lambda x: np.multiply(x, V), V, [MUL]),
    "of a scalar": (lambda x: np.multiply(x, 0.3), np.float64(2.0), [MUL]),
    "less": (lambda x: np.less(x, V), V, [operator.lt]),
    "square": (np.square, V, [MUL]),
    "the power of 2": (lambda x: x**2, V, [MUL]),
    "the power of 1": (lambda x: x**1, V, []),
    "another power": (lambda x: x**3, V, [operator.pow]),
    "T of T": (lambda x: x.T.T, M, []),
    "T of a vector": (lambda x: x.T, V, []),
    "transpose": (np.transpose, M, [T]),
    "transpose with axes": (lambda x: np.transpose(x, (1, 0)), M, [T]),
    "transpose with no change": (lambda x: np.transpose(x, (0, 1)), M, []),
    "mT of mT": (lambda x: np.matrix_transpose(x.mT), M, []),
    "swapaxes": (lambda x: x.swapaxes(0, 1).swapaxes(0, 1), M, []),
    "reshape of reshape": (lambda x: x.reshape(6, 2).reshape(4, 3), M, [RESHAPE]),
    "reshape and back": (lambda x: np.reshape(np.ravel(x), (3, 4)), M, []),
    "a column and back": (lambda x: np.squeeze(np.expand_dims(x, 1)), V, []),
    "a column": (lambda x: np.expand_dims(x, 1), V, [GET]),
    "a row": (lambda x: x.reshape(1, 4), V, [GET]),
    "of a row": (lambda x: np.ravel(x), V[None], [GET]),
    "of a column": (lambda x: x.ravel(), V[:, None], [GET]),
    "copy": (lambda x: np.copy(x + 1), M, [ADD]),
    "copy method": (lambda x: (x + 1).copy(), V, [ADD]),
    "flatten": (lambda x: (x + 1).flatten(), V, [ADD]),
    "astype": (lambda x: (x + 1).astype(np.float64), M, [ADD]),
    "broadcast_to": (lambda x: np.broadcast_to(x, (4,)), V, []),
    "real": (np.real, V, []),
    "conj": (lambda x: (x + 1).conj(), V, [ADD]),
    "...": (lambda x: x[...], M, []),
    ":": (lambda x: x[:, :], M, []),
    "of a stack": (lambda x: np.stack([x, V, x + 1])[-1], V, [ADD]),
    "sum": (np.sum, M, [np.add.reduce]),
    "sum of axes": (lambda x: x.sum((0, 1), keepdims=True), M, [np.add.reduce]),
    "prod": (np.prod, M, [np.multiply.reduce]),
    "max": (lambda x: x.max(axis=1), M, [np.maximum.reduce]),
    "min": (np.min, M, [np.minimum.reduce]),
    "mean": (np.mean, M, [np.add.reduce, DIV]),
    "mean of an axis": (lambda x: x.mean(-1, keepdims=True), M, [np.add.reduce, DIV]),
    "mean of single precision": (np.mean, M.astype(np.float32), [np.add.reduce, DIV]),
    "outer": (lambda x: np.outer(x, W), V, [np.outer]),
    "outer of two": (lambda x: np.outer(x, x), V, [GET, MUL]),
    "dot": (lambda x: np.dot(x, x), V, [np.ndarray.dot]),
    "twice": (lambda x: 2 * x, V, [ADD]),
    "item": (lambda x: x.item(), np.float64(2.0), [float]),
}
KEPT = {
    "numbers": (lambda x: np.multiply(x, 2.5), 2.0, [np.multiply]),
    "where": (lambda x: np.sum(x, where=V > 0), V, [np.sum]),
    "initial": (lambda x: np.sum(x, initial=2.0), V, [np.sum]),
    "dtype": (lambda x: np.sum(x, dtype=np.float32), V, [np.sum]),
    "mean of integers": (np.mean, np.arange(4), [np.mean]),
    "mean of half precision": (np.mean, V.astype(np.float16), [np.mean]),
    "mean of complex numbers": (np.mean, V + 1j, [np.mean]),
    "square of integers": (np.square, np.arange(4), [np.square]),
    "the power of a float": (lambda x: np.power(x, 2), 1.1, [np.power]),
    "reversed": (lambda x: x[::-1], V, [GET]),
    "a new axis": (lambda x: x[None, ...], V, [GET]),
    "of another stack": (lambda x: np.stack([x, V], axis=1)[1], V, [np.stack, GET]),
    "order F": (lambda x: np.reshape(x, (4, 3), order="F"), M, [np.reshape]),
    "ravel in order F": (lambda x: np.ravel(x, "F"), M, [np.ravel]),
    "astype": (lambda x: x.astype(np.float32), V, [np.ndarray.astype]),
    "conj": (np.conj, V + 1j, [np.conjugate]),
    "real": (np.real, V + 1j, [np.real]),
    "swapaxes": (lambda x: x.swapaxes(0, 1).swapaxes(1, 1), M, None),
    "copy of an input": (np.copy, V, [np.copy]),  # which may have gaps, and is summed otherwise
    "copy of a view": (lambda x: np.copy((x + 1)[::2]), V, [ADD, GET, np.copy]),
    "copy in C's order": (lambda x: (x + 1).copy(), M, [ADD, np.ndarray.copy]),
    "flatten of an input": (lambda x: x.flatten(), V, [np.ndarray.flatten]),
    "conj of an input": (lambda x: x.conj(), V, [np.ndarray.conj]),
    "copy of a scalar": (np.copy, np.float64(2.0), [np.copy]),
    "sum of one element, which may be -0.0": (lambda x: x.sum(0), V[None], [np.add.reduce]),
    "twice, of integers": (lambda x: 2 * x, np.arange(4), [MUL]),
    "twice, of a broadcast": (lambda x: np.array([[2.0]]) * x, V, [MUL]),
    "outer of matrices": (lambda x: np.outer(x, x), M, [np.outer]),
}


@pytest.mark.parametrize("case", [*DONE, *(f"not: {name}" for name in KEPT)])
def test_rewrites(case):
    f, x, want = KEPT[case.removeprefix("not: ")] if case.startswith("not: ") else DONE[case]
    graph = trace(f, x)
    found = simplified(graph)
    if want is not None:
        assert functions(found) == want
    for point in (x, -x, x * 0):
        assert bits(found(point)) == bits(graph(point))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_square_has_the_bits_of_the_power():
    x = RNG.standard_normal(10**6) * 10.0 ** RNG.uniform(-170, 160, 10**6)
    for values in (x, x[x.astype(np.float32) != 0].astype(np.float32), SPECIAL):
        assert bits(values * values) == bits(values**2) == bits(values**2.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("ct", [1.0, -0.5, np.float64(3.0), np.full(9, 2.0), -np.arange(1.0, 10)])
def test_strong_products_of_what_is_never_zero(ct):
    found = simplified(trace(lambda x: strong._traced_multiply(ct, x), SPECIAL))
    assert strong.multiply not in functions(found)
    assert bits(found(SPECIAL)) == bits(strong.multiply(ct, SPECIAL))


@pytest.mark.parametrize("ct", [0.0, np.array([1.0, 0.0]), V[:2]])
def test_strong_products_of_what_may_be_zero(ct):
    f = lambda x, c: strong._traced_multiply(c if ct is V else ct, x)
    found = simplified(trace(f, np.ones(2), np.ones(2)))
    x = np.array([np.inf, np.nan])
    assert bits(found(x, x)) == bits(strong.multiply(ct, x))


def test_strong_products_of_inputs():
    found = simplified(trace(strong._traced_multiply, np.ones(2), np.ones(2)))
    assert functions(found) == [strong.multiply]
    np.testing.assert_array_equal(found(np.zeros(2), np.array([np.inf, 1.0])), [0.0, 0.0])


NEVER_ZERO = {
    "1 + exp(x)": lambda x: 1 + np.exp(x),
    "x² + 2": lambda x: x * x + 2.0,
    "sqrt(1 + x²)": lambda x: np.sqrt(1 + x * x),
    "cosh(x)": np.cosh,
    "1 + |x|": lambda x: 1.0 + np.abs(x),
}
POINT = np.array([0.0, -1.0, 1.0, -np.inf, np.nan, 1e-300])
MAY_BE_ZERO = {
    "exp(x)": np.exp,
    "x² - 2": lambda x: x * x - 2.0,
    "x² + 0": lambda x: x * x + 0.0,
    "-1 + x²": lambda x: -1.0 + x * x,
    "1 + x": lambda x: 1.0 + x,
    "x": np.copy,
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [*NEVER_ZERO, *MAY_BE_ZERO])
def test_strong_quotients(name):
    d = (NEVER_ZERO | MAY_BE_ZERO)[name]
    found = simplified(trace(lambda x: strong._traced_divide(1 / 3, d(x)), POINT))
    assert (strong.divide in functions(found)) == (name in MAY_BE_ZERO)
    found(POINT)  # and it warns of no division by zero


def test_zero_over_nan_stays_zero():
    found = simplified(trace(lambda c, x: strong._traced_divide(c, 1 + np.exp(x)), V, V))
    assert found(np.zeros(4), np.full(4, np.nan))[0] == 0.0


@pytest.mark.parametrize(
    ("array", "want"),
    [
        (np.full(3, 0.1), 0.1),
        (np.broadcast_to(2.0, (3, 10**7)), 2.0),
        (np.full((2, 2), 1 + 2j), 1 + 2j),
        (np.full(3, -0.0), -0.0),
        (np.arange(12.0).reshape(3, 4)[:, 1:2][:1], 1.0),
        (np.array([0.0, -0.0, 0.0]), None),
        (np.array([1.0, 2.0, 1.0]), None),
        (np.array([1j, 2j, 1j]), None),
        (np.array([1 + 1j, 1 + 2j, 1 + 1j]), None),
        (np.ones(0), None),
        (np.array(["a"]), None),
        (np.ones(2_000_001), None),
    ],
)
def test_uniform(array, want):
    assert repr(uniform(array)) == repr(want)


MOST_ULP = 1
NUMBERS = {
    np.arcsin: (-1, 1),
    np.arccos: (-1, 1),
    np.arctanh: (-0.99, 0.99),
    np.arccosh: (1, 50),
    np.log1p: (-0.9, 50),
    **dict.fromkeys((np.sqrt, np.log, np.log2, np.log10), (1e-6, 1e3)),
}
"""Ufunc -> where it is defined, if that is not everywhere."""
UNARY = [
    function
    for function in known_facts().numbers
    if isinstance(function, np.ufunc) and function.nin == 1
]


@pytest.mark.parametrize("ufunc", UNARY)
def test_functions_of_floats_agree(ufunc):
    function = known_facts().numbers[ufunc]
    low, high = NUMBERS.get(ufunc, (-20, 20))
    x = RNG.uniform(low, high, 10**4)
    got = np.array([function(value) for value in x.tolist()])
    np.testing.assert_array_max_ulp(got, np.array([ufunc(value) for value in x]), MOST_ULP)
    assert all(type(function(value)) is float for value in x.tolist()[:5])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("ufunc", UNARY)
@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 1e308, -1e308, 750.0, 5e-324])
def test_functions_of_floats_raise_or_agree_at_special_points(ufunc, x):
    want = float(ufunc(x))
    try:
        got = known_facts().numbers[ufunc](x)
    except (ArithmeticError, ValueError):
        assert not math.isfinite(want)
    else:
        if math.isfinite(want):
            np.testing.assert_array_max_ulp(got, want, MOST_ULP)
            assert math.copysign(1.0, got) == math.copysign(1.0, want)
        else:
            assert got == want


BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.hypot, np.arctan2, np.copysign]
POINTS = [0.0, -0.0, 1.0, -1.5, 2.0, 0.5, 1e200, -1e-200]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("ufunc", BINARY)
def test_functions_of_two_floats(ufunc):
    function = known_facts().numbers[ufunc]
    for a in POINTS + RNG.uniform(0, 3, 30).tolist():
        for b in POINTS + RNG.uniform(0, 3, 30).tolist():
            want = float(ufunc(a, b))
            try:
                got = function(a, b)
            except (ArithmeticError, ValueError):
                assert not math.isfinite(want), (a, b)
            else:
                np.testing.assert_array_max_ulp(got, want, MOST_ULP)


@pytest.mark.parametrize(
    "function", [strong.multiply, strong.bilinear, strong.divide, strong.power_log]
)
def test_strong_functions_of_floats(function):
    number = known_facts().numbers[function]
    points = [*POINTS, math.inf, math.nan]
    for a in points:
        for b in points:
            args = (a, b) if function is not strong.power_log else (a, b, 1.5)
            with np.errstate(all="ignore"):
                want = float(np.real(function(*args)))
            try:
                got = number(*args)
            except (ArithmeticError, ValueError):
                continue
            assert got == want, (a, b)
    assert number(*((2.0, 3.0, 2.0) if function is strong.power_log else (6.0, 2.0))) in (12, 3, 18)


def test_the_logarithm_of_a_power_of_floats():
    number = known_facts().numbers[strong.power_log]
    for a, p in RNG.uniform(0.1, 3, (20, 2)).tolist():
        want = strong.power_log(1.3, np.float64(a), p, k=2)
        np.testing.assert_allclose(number(1.3, a, p, 2), want, rtol=1e-15)
    with pytest.raises(ValueError, match="math domain"):
        number(1.0, 0.0, 2.0, 1)


def test_what_is_fresh_shares_no_memory():
    facts = known_facts()
    x, y = np.linspace(0.1, 0.9, 9).reshape(3, 3), np.linspace(0.2, 0.8, 9).reshape(3, 3)
    seen = 0
    for function in facts.owning:
        for args in ((x, y), (x,), (x, 0), (x, 1, 0), ([x, y],), (x > 0, x, 2), (x, 0.1, 0.5)):
            if isinstance(function, np.ufunc) and len(args) != function.nin:
                continue  # another argument is written to
            try:
                with np.errstate(all="ignore"):
                    found = function(*args)
            except Exception:  # it is not called like this
                continue
            for result in found if isinstance(found, (tuple, list)) else [found]:
                seen += 1
                assert not np.shares_memory(np.asarray(result), x), (function, args)
                assert not np.shares_memory(np.asarray(result), y), (function, args)
    assert seen > 200


def test_what_is_a_view_shares_with_the_first_argument_alone():
    facts = known_facts()
    assert not facts.viewing & facts.owning
    for function in (np.reshape, np.transpose, T, GET, np.squeeze, np.flip, np.ndarray.conj):
        assert function in facts.viewing


def test_writing_gives_what_the_primitive_gives():
    facts = known_facts()
    x, y = np.linspace(0.1, 0.9, 9), np.linspace(0.2, 0.8, 9)
    seen = 0
    for function, writer in facts.writing.items():
        if not callable(function):
            continue
        args = (x, y)[: writer.nin] if isinstance(writer, np.ufunc) else (x, y)
        try:
            with np.errstate(all="ignore"):
                want = function(*args)
        except TypeError:  # not of floats
            continue
        out = np.empty_like(want)
        with np.errstate(all="ignore"):
            assert writer(*args, out=out) is out
        assert bits(out) == bits(want)
        seen += 1
    assert seen > 80


def test_nothing_is_imported_before_something_is_compiled():
    code = (
        "import sys, numpy, pullback; pullback.grad(numpy.sin)(1.0);"
        "sys.exit('pullback_numpy.compilation' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
