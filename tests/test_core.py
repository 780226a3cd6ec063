"""The tape and the reverse pass: accumulation, projection, memory."""

from __future__ import annotations

import gc
import tracemalloc
from typing import ClassVar

import numpy as np
import pytest

import pullback
from pullback import Deferred, grad, primitive, val_and_grad, vjp
from pullback.core import run, walk_back
from pullback.spaces import space_of


def test_walk_back_consumes_what_it_has_used():
    space = space_of(1.0)
    tape = [((), (), space), (lambda ct: 2.0 * ct, 0, space), (lambda ct: ct, 1, space)]
    cotangents = [None, None, 1.0]
    assert walk_back(tape, cotangents, 1) == [2.0]
    assert len(tape) == 1


def test_entries_that_no_cotangent_reaches_are_not_pulled_back():
    calls = []

    @primitive
    def watched(x):
        return x

    def watched_rule(x):
        return x, lambda ct: calls.append(ct) or ct

    pullback.register(pullback.rule(watched)(watched_rule))

    def f(x):
        watched(x)
        y = watched(x)
        watched(y)
        return y

    assert grad(f)(1.0) == 1.0
    assert calls == [1.0]


def test_only_pullbacks_of_traced_primals_are_called():
    calls = []

    @primitive
    def product(a, b):
        return a * b

    def product_rule(a, b):
        def product_pullback_a(ct):
            calls.append("a")
            return ct * b

        def product_pullback_b(ct):
            calls.append("b")
            return ct * a

        return a * b, (product_pullback_a, product_pullback_b)

    pullback.register(pullback.rule(product)(product_rule))
    assert grad(lambda x: product(x, 3.0))(2.0) == 3.0
    assert calls == ["a"]
    assert grad(lambda x: product(3.0, x))(2.0) == 3.0
    assert calls == ["a", "b"]


def test_cotangents_are_summed_over_broadcast_axes():
    a, b = np.ones((2, 3)), np.ones(3)
    _, back = vjp(lambda a, b: a * b, a, b)
    a_ct, b_ct = back(np.full((2, 3), 2.0))
    np.testing.assert_array_equal(a_ct, np.full((2, 3), 2.0))
    np.testing.assert_array_equal(b_ct, np.full(3, 4.0))
    _, back = vjp(lambda a, b: a + b, 1.0, np.ones((2, 1)))
    float_ct, column_ct = back(np.ones((2, 1)))
    assert float_ct == 2.0
    assert type(float_ct) is float
    assert column_ct.shape == (2, 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_are_those_of_the_primal(dtype):
    x = np.ones(3, dtype)
    _, gradient = val_and_grad(lambda x: (x * np.float64(2.0) * np.ones(3)).sum(), x)
    assert gradient.dtype == dtype
    scalar = dtype(2.0)
    assert type(grad(lambda x: (x * np.ones(2)).sum())(scalar)) is dtype


def test_a_real_primal_gets_the_real_part():
    z = np.array([1.0 + 2.0j, 3.0])
    _, back = vjp(lambda x: x * z, np.ones(2))
    np.testing.assert_array_equal(back(np.array([1.0 + 0j, 1.0j])), [1.0, 0.0])
    assert vjp(lambda x: x * 1j, 2.0)[1](1j) == -1.0


def test_what_is_returned_belongs_to_the_caller():
    x = np.ones(3)
    ct = np.arange(3.0)
    _, back = vjp(lambda a, b: a + b, x, x)
    first, second = back(ct)
    first[:] = 7.0
    np.testing.assert_array_equal(second, [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(ct, [0.0, 1.0, 2.0])
    gradient = grad(lambda x: x.sum())(x)
    gradient += 1.0
    np.testing.assert_array_equal(gradient, [2.0, 2.0, 2.0])


def test_the_second_call_of_a_pullback_equals_the_first():
    def f(x):
        y = np.exp(x)
        return y * x + y[::-1] + y[0] * x[1]

    _, back = vjp(f, np.arange(3.0))
    ct = np.array([1.0, -2.0, 3.0])
    first = back(ct).copy()
    other = back(-ct)
    np.testing.assert_array_equal(back(ct), first)
    np.testing.assert_array_equal(other, -first)


def test_fan_out_accumulates_every_contribution():
    # 1 + 2 + ... + 10, through one value that is used ten times.
    x = np.ones(4)
    _, back = vjp(lambda x: sum(float(k) * (x * 1.0) for k in range(1, 11)), x)
    np.testing.assert_array_equal(back(np.ones(4)), np.full(4, 55.0))
    np.testing.assert_array_equal(back(np.ones(4)), np.full(4, 55.0))


def test_accumulation_adds_into_its_own_buffer():

    x = np.ones(100_000)

    def f(x):
        total = x
        for _ in range(20):
            total = total + x
        return total

    _, back = vjp(f, x)
    ct = np.ones(100_000)
    back(ct)
    tracemalloc.start()
    back(ct)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # One buffer for the sum and one copy to hand out; not one for each of twenty additions.
    assert peak < 3.5 * x.nbytes


def test_accumulation_under_an_outer_derivative():
    # The buffers are traced here, and may not be written in place.
    def f(x):
        y = x * x
        return (y + y * y + y * y * y + y).sum()

    x = np.array([0.5, 2.0])
    second = grad(lambda x: grad(f)(x).sum())(x)
    np.testing.assert_allclose(second, 4 + 12 * x**2 + 30 * x**4)


class Put(Deferred):
    """The cotangent of reading one element, with a record of how often it is merged."""

    merges: ClassVar[list] = []

    def __init__(self, place, cotangent):
        self.place, self.cotangent = place, cotangent

    @classmethod
    def merge(cls, dense, parts, space):
        cls.merges.append(len(parts))
        total = np.zeros(space[1], space[2]) if dense is None else np.array(dense)
        for part in parts:
            total[part.place] += part.cotangent
        return total


def test_deferred_cotangents_are_merged_once():
    @primitive
    def read(x, place):
        return x[place]

    def read_rule(x, place):
        return x[place], (lambda ct: Put(place, ct), None)

    pullback.register(pullback.rule(read)(read_rule))
    Put.merges.clear()
    x = np.arange(5.0)

    def f(x):
        y = x * 1.0
        return sum(read(y, place) * read(y, place) for place in range(5)) + (y * y).sum()

    np.testing.assert_array_equal(grad(f)(x), 4 * x)
    assert Put.merges == [10]
    np.testing.assert_array_equal(vjp(lambda x: read(x, 2), x)[1](1.0), [0, 0, 1, 0, 0])


def test_outputs_that_are_tuples_have_their_own_cotangents():
    def f(a, b):
        quotient, remainder = np.divmod(a, b)
        return quotient * 10.0 + remainder * remainder

    a, b = 7.5, 2.0
    # remainder = a - 3 b = 1.5
    assert vjp(f, a, b)[1](1.0) == pytest.approx((3.0, -9.0))


def test_an_unused_output_of_a_tuple_counts_as_zero():
    _, gradient = val_and_grad(lambda x: np.modf(x)[0] * 2.0, 1.25)
    assert gradient == 2.0


def test_outputs_may_be_lists_inside_of_tuples():
    @primitive
    def nest(a, b):
        return a * b, [a + b, (7, [b * b]), np.ones(2) * a]

    seen = []

    @pullback.rule(nest)
    def nest_rule(a, b):
        def nest_pullback(cts):
            seen.append(cts)
            product, (total, (_, (square,)), row) = cts
            return product * b + total + row.sum(), product * a + total + square * 2 * b

        return nest(a, b), nest_pullback

    pullback.register(nest_rule)

    def f(a, b):
        product, (total, (seven, [square]), row) = nest(a, b)
        assert seven == 7
        return product, square * total, row[0] * seven

    a, b = 3.0, 5.0
    assert vjp(f, a, b)[1]((1.0, 0.0, 0.0)) == (5.0, 3.0)
    assert vjp(f, a, b)[1]((0.0, 1.0, 0.0)) == (25.0, 25.0 + 8.0 * 10.0)
    assert vjp(f, a, b)[1]((0.0, 0.0, 1.0)) == (7.0, 0.0)
    # What is not used counts as zero, whole lists too.
    assert grad(lambda a: nest(a, 2.0)[0])(3.0) == 2.0
    product, (total, (seven, (square,)), row) = seen[-1]
    assert (product, total, seven, square, row.tolist()) == (1.0, 0.0, None, 0.0, [0.0, 0.0])
    # Both modes, and both orders.
    _, tangent = pullback.jvp(nest, (a, b), (1.0, 0.0))
    assert (tangent[0], tangent[1][0], tangent[1][1][1]) == (5.0, 1.0, [0.0])
    assert grad(grad(lambda b: nest(1.0, b)[1][1][1][0] * b))(2.0) == 12.0


def test_a_constant_output_has_zero_cotangents():
    _, back = vjp(lambda x: 1.0, np.ones(2))
    np.testing.assert_array_equal(back(3.0), np.zeros(2))
    y, gradient = val_and_grad(lambda x, y: y * 2.0, 1.0, 2.0)
    assert (y, gradient) == (4.0, (0.0, 2.0))


def test_memory_stays_flat_without_the_garbage_collector():
    x = np.ones(1000)

    def f(x):
        return (np.exp(x) * x).sum()

    gradient = grad(f)
    gc.collect()
    gc.disable()
    try:
        tracemalloc.start()
        for _ in range(100):
            gradient(x)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(300):
            gradient(x)
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    finally:
        gc.enable()
    # One array that waits for the collector would be 8000 bytes, and 300 of them would wait.
    assert after - before < 1000


def test_the_reverse_pass_frees_the_tape_as_it_walks():
    x = np.ones(100_000)
    depth = 30

    def f(x):
        for _ in range(depth):
            x = np.sin(x)
        return x.sum()

    tracemalloc.start()
    val_and_grad(f, x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # One residual a step, and a few buffers in flight.
    assert peak < (depth + 6) * x.nbytes


def test_a_trace_that_has_ended_keeps_no_tape():
    kept = []
    traced = run(lambda x: kept.append(x) or x * 2.0, (1.0,), {}, (0,), single=True)
    assert kept[0]._trace.tape is None
    assert len(traced.tape) == 2


def test_reads_in_a_loop_cost_a_constant_number_of_entries():
    entries = []
    for n in (100, 200):
        traced = run(lambda x: sum(x[i] for i in range(n)), (np.ones(n),), {}, (0,), single=True)  # noqa: B023
        entries.append(len(traced.tape))
    assert entries[1] - entries[0] == 2 * 100
