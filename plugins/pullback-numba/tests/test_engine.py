"""The engine: its options, what it says of itself, and the arrays that it is given."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import pullback
from pullback import value_and_grad
from pullback.compiler import Engines
from pullback.errors import EngineError
from pullback.plugins import load, manager
from pullback_numba.engine import NumbaEngine


def build(f, *example, **options):
    return NumbaEngine().lower(pullback.trace(f, *example), options)


def test_it_is_found(cache_dir):
    load()
    engines = Engines()
    manager.hook.pullback_register_engines(engines=engines)
    assert isinstance(engines.by_name["numba"], NumbaEngine)


def test_a_program_runs_and_says_what_runs_where(cache_dir):
    x = np.array([[2.0, 1.0], [1.0, 3.0]])
    program = build(lambda x: np.linalg.det(x) * np.exp(x).sum(), x, cache_dir=cache_dir)
    assert program.graph(x) == pytest.approx(np.linalg.det(x) * np.exp(x).sum())
    assert {name: part.where for part in program.parts for name in part.nodes} == {
        "det": "numpy",
        "exp": "numba",
        "sum": "numba",
        "mul": "numba",
    }
    assert 'ufunc_loop("exp", "d->d"' in program.source


def test_an_option_that_it_does_not_have(cache_dir):
    with pytest.raises(
        EngineError, match=r"has no option 'fast'; its options are: parallel, cache"
    ):
        build(np.sin, 1.0, fast=True)


def test_without_numba(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(EngineError, match=r"not installed: pip install 'pullback\[numba\]'"):
        build(np.sin, 1.0)


def test_the_plugin_is_imported_without_numba():
    code = (
        "import sys; sys.modules['numba'] = None; import pullback_numba.engine; "
        "assert 'llvmlite' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_large_loops_in_several_threads(same):
    x = np.arange(200_000.0) % 7.0 - 3.0
    f = value_and_grad(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2))
    program, _ = same(f, x, parallel=True, signs=False)
    source = next(node.function.source for node in program if hasattr(node.function, "source"))
    assert "prange(199999)" in source


LAYOUTS = {
    "transposed": lambda a: np.asfortranarray(a),
    "reversed": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
    "strided": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "misaligned": lambda a: misaligned(a),
    "read-only": lambda a: read_only(a),
}


def misaligned(a):
    block = np.empty(a.nbytes + 1, np.uint8)
    result = block[1:].view(a.dtype).reshape(a.shape)
    result[...] = a
    return result


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_arrays_of_any_layout(lower, layout):
    a = np.arange(12.0).reshape(3, 4)
    graph, program, _ = lower(lambda x: (x.sum(axis=0), np.exp(x), x * 2 + x[0]), a)
    given = layout(a)
    before = given.copy()
    for got, want in zip(program(given), graph(a), strict=True):
        np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(given, before)


def test_results_are_new_and_can_be_written_to(lower):
    a = np.arange(12.0).reshape(3, 4)
    _, program, _ = lower(lambda x: (x * 2, x.copy(), x + np.ones((3, 4))), a)
    first, second = program(a), program(a)
    for one, other in zip(first, second, strict=True):
        assert not np.shares_memory(one, other)
        assert not np.shares_memory(one, a)
        one[...] = -1.0
        np.testing.assert_array_equal(other >= 0, True)


def test_results_outlive_the_program(lower):
    _, program, _ = lower(lambda x: np.exp(x) - 1.0, np.zeros(1000))
    result = program(np.zeros(1000))
    del program
    np.testing.assert_array_equal(result, np.zeros(1000))


def test_constants_are_kept_as_they_were(lower):
    constant = np.arange(4.0)
    _, program, _ = lower(lambda x: x * constant + 1.0, np.ones(4))
    constant[:] = 0.0
    np.testing.assert_array_equal(program(np.ones(4)), np.arange(4.0) + 1.0)
    (kernel,) = [node.function for node in program if hasattr(node.function, "source")]
    assert "3.0" not in kernel.source


def test_products(same):
    rng = np.random.default_rng(0)

    def whole(*shape):
        return rng.integers(-3, 4, shape) * 1.0

    a, b, v, w = whole(3, 4), whole(4, 5), whole(4), whole(3)

    def f(a, b, v, w):
        return a @ b, a @ v, w @ a, v @ v, b.T @ v, b.T @ a.T, v @ b, a.T @ w, a[::-1] @ b[:, ::2]

    same(f, a, b, v, w)
    same(f, *(x.astype(np.float32) for x in (a, b, v, w)))
    same(f, *(x + 1j for x in (a, b, v, w)))


def test_large_products_stay_with_numpy(same):
    a = np.arange(90_000.0).reshape(300, 300) % 7
    _, parts = same(lambda a: (a + 1) @ (a[0] - 1) * 2, a)
    assert [part.where for part in parts] == ["numba", "numpy", "numba"]
    assert parts[1].why == "a product of 300×300 by 300×1: BLAS is faster"


def test_programs_without_rounds_that_are_too_long(same):
    steps = np.random.default_rng(1).integers(0, 9, 3000)

    def f(x):
        for step in steps:
            x = np.minimum(x + float(step), 5.0) if step % 2 else np.maximum(x, -step) - step / 7
        return x

    _, parts = same(f, np.ones(3))
    (why,) = {part.why for part in parts}
    assert why.endswith("operations without rounds take minutes to compile")


def test_large_arrays_that_are_needed_for_a_while_stay_alive(lower):
    x = np.linspace(0.0, 1.0, 30_000)

    def f(x):
        y = np.sin(x * 2.0)
        z = np.exp(y + x) + y[::-1]
        return np.cumsum(z) * np.tanh(z), z[::-1].sum()

    graph, program, _ = lower(f, x)
    want = graph(x)
    for _ in range(20):
        got = program(x)
        np.testing.assert_array_equal(got[0], want[0])
        assert got[1] == pytest.approx(want[1], rel=1e-13)


def test_names_that_the_code_itself_uses(native):
    def f(i, k, dot, np_, lambda_):
        both = (i > 0) & (k > 0)
        return both, ~both, (i @ k + dot) * np_, i[::-1] - lambda_

    native(f, np.ones(3), np.ones(3), np.ones(3), np.ones(3), np.ones((2, 3)))
    table, part, turn, i0 = np.ones((4, 2, 3))
    native(lambda table, part, turn, i0: table * part + turn.T[0, 0] * i0, table, part, turn, i0)


def test_a_loop_that_reads_every_element_is_a_short_kernel(cache_dir):
    def total(x):
        result = 0.0
        for place in range(300):
            result = result + x[place] * x[place]
        return result

    compiled = pullback.compile(value_and_grad(total), engine="numba", cache_dir=cache_dir)
    x = np.arange(300.0) - 150.0
    y, gradient = compiled(x)
    assert (type(y), y) == (np.float64, np.sum(x * x))
    np.testing.assert_array_equal(gradient, 2.0 * x)
    (program,) = compiled.programs()
    assert len(program.more_source.splitlines()) < 100
    assert "numba: " in compiled.explain()


def test_paths_of_a_compiled_function(cache_dir):
    def halved(x):
        y = np.sum(x)
        while y > 1.0:
            y = 0.5 * y
        return np.exp(y) if y > 0.75 else y * y

    compiled = pullback.compile(value_and_grad(halved), engine="numba", cache_dir=cache_dir)
    for start in (0.3, 5.0, 0.9, 3.0, 5.0, 100.0, 0.3):
        x = np.full(4, start / 4)
        got, want = compiled(x), value_and_grad(halved)(x)
        assert type(got[0]) is type(want[0])
        assert got[0] == pytest.approx(want[0], rel=1e-15)
        np.testing.assert_allclose(got[1], want[1], rtol=1e-15)


def test_where_large_products_take_the_time_numpy_runs_everything(cache_dir):
    a, b = np.eye(300) * 2.0, np.ones((300, 300))
    compiled = pullback.compile(
        lambda a, b: np.tanh(a @ b) @ b, engine="numba", cache_dir=cache_dir
    )
    np.testing.assert_array_equal(compiled(a, b), np.tanh(a @ b) @ b)
    assert "numpy: 3 calls, large products of matrices take nearly all" in compiled.explain()
    assert "out=" in compiled.source


def test_results_of_kernels_are_not_copied(cache_dir):
    f = value_and_grad(lambda x, y: np.sum(np.exp(x) * y), argnums=(0, 1))
    compiled = pullback.compile(f, engine="numba", cache_dir=cache_dir)
    x = np.arange(5.0)
    _, (by_x, by_y) = compiled(x, x)
    np.testing.assert_array_equal(by_y, np.exp(x))
    assert not np.shares_memory(by_x, by_y)
    assert "own_copy" not in compiled.source
