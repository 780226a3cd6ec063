"""Tracing plain programs: what a traced value can do, and what it refuses."""

from __future__ import annotations

import copy
import math
import pickle
import threading

import numpy as np
import pytest

import pullback
from pullback import grad, is_traced, primitive, register, rule, stop_gradient, val_and_grad, vjp
from pullback.errors import (
    InPlaceWriteError,
    LeakedTracerError,
    MissingRuleError,
    OutArgumentError,
    RuleError,
    TracerConversionError,
)
from pullback.names import name_of


def test_loops_and_branches_on_values():
    def collatz_like(x):
        while x < 100.0:
            x = 3.0 * x if x < 10.0 else x * x
        return x

    # 2 -> 6 -> 18 -> 324: (9 x)^2
    assert val_and_grad(collatz_like, 2.0) == (324.0, 2 * 81 * 2.0)


def test_closures_and_globals_are_constants():
    w = 3.0
    assert grad(lambda x: w * x * x)(2.0) == 12.0


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda x: 2.0 + x, 1.0),
        (lambda x: x - 2.0, 1.0),
        (lambda x: 2.0 - x, -1.0),
        (lambda x: 2.0 * x, 2.0),
        (lambda x: x / 2.0, 0.5),
        (lambda x: 2.0 / x, -2.0 / 9.0),
        (lambda x: x**2, 6.0),
        (lambda x: 2.0**x, 8.0 * math.log(2.0)),
        (lambda x: -x, -1.0),
        (lambda x: +x, 1.0),
        (lambda x: abs(-x), 1.0),
        (lambda x: x % 2.0, 1.0),
        (lambda x: x // 2.0 + x, 1.0),
        (lambda x: divmod(x, 2.0)[1], 1.0),
        (lambda x: round(x) + x, 1.0),
        (lambda x: math.floor(x) * x, 3.0),
        (lambda x: max(x, 1.0) * min(x, 5.0), 6.0),
        (lambda x: sum([x, x, 1.0]), 2.0),
        (lambda x: x if x > 1 else -x, 1.0),
        (lambda x: x if x == 3.0 and x != 2 and x <= 3 and x >= 3 else -x, 1.0),
    ],
)
def test_operators_and_builtins(f, derivative):
    assert grad(f)(3.0) == pytest.approx(derivative)


def test_operators_from_the_left_of_an_array():
    a = np.arange(1.0, 4.0)
    x = np.array([2.0, 3.0, 4.0])
    np.testing.assert_allclose(grad(lambda x: (a * x).sum())(x), a)
    np.testing.assert_allclose(grad(lambda x: (a / x).sum())(x), -a / x**2)
    np.testing.assert_allclose(grad(lambda x: a @ x)(x), a)
    np.testing.assert_allclose(grad(lambda x: x @ a)(x), a)


def test_methods_attributes_and_iteration():
    x = np.arange(6.0).reshape(2, 3)

    def f(x):
        total = 0.0
        for row in x.T:
            total = total + row.sum(axis=0) ** 2
        return total + (x[1:] @ np.ones(3)).sum() + x.reshape(-1)[::-1][0] * x.shape[0]

    want = 2 * x.sum(axis=0) * np.ones((2, 1))
    want[1] += 1
    want[1, 2] += 2
    np.testing.assert_allclose(grad(f)(x), want)


def test_traced_values_in_lists_and_keywords():
    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(grad(lambda x: np.concatenate([x, 2 * x]).sum())(x), [3.0, 3.0])
    np.testing.assert_allclose(grad(lambda x: np.sum(a=x * x))(x), 2 * x)
    np.testing.assert_allclose(grad(lambda x: np.stack((x, [x[1], 1.0])).sum())(x), [1.0, 2.0])


@pytest.mark.usefixtures("own_rules")
def test_a_traced_keyword_finds_its_place_after_positional_only_parameters():
    @primitive
    def f(a, b=1.0, c=2.0):
        return a * b + c * c

    @rule(f)
    def f_rule(a, /, b=1.0, c=2.0):
        return f(a, b, c), (lambda ct: ct * b, lambda ct: ct * a, lambda ct: 2 * ct * c)

    register(f_rule)
    assert vjp(lambda a, b: f(a, b=b), 3.0, 5.0)[1](1.0) == (5.0, 3.0)
    assert vjp(lambda c: f(3.0, c=c), 5.0)[1](1.0) == 10.0
    assert vjp(lambda b, c: f(3.0, c=c, b=b), 5.0, 7.0)[1](1.0) == (3.0, 14.0)
    assert vjp(lambda a: f(a, c=7.0), 3.0)[1](1.0) == 1.0
    with pytest.raises(RuleError, match="a traced value for the keyword 'a'"):
        grad(lambda a: f(a=a))(3.0)


@pytest.mark.parametrize(
    ("function", "primals"),
    [
        (np.maximum, ([[1.0, 2.0]], np.array([[0.0], [3.0]]))),  # the list is broadcast
        (np.add.outer, (np.array([1.0, 2.0]), [1.0, 2.0])),
        (np.square, ([[1.0, 2.0]],)),  # 2 * x repeats a list
        (np.log1p, ([1.0, 2.0],)),  # 1 + x takes no list
        (np.take, ([[1.0, 2.0]], 1)),  # a deferred cotangent
    ],
)
def test_a_list_that_a_rule_does_not_expect_is_refused(function, primals):
    y, pullback = vjp(primitive(function), *primals)
    np.testing.assert_array_equal(y, function(*primals))
    with pytest.raises(TracerConversionError) as caught:
        pullback(np.ones_like(y))
    assert str(caught.value) == (
        f"the rule of {name_of(function)} has no cotangent for each member of a list of traced "
        "values. Make an array of the list first, with np.stack; a rule that expects a list "
        "returns a list of cotangents for it"
    )


def test_a_list_of_the_shape_of_its_cotangent_is_taken():
    assert vjp(primitive(np.sin), [[0.0, 1.0]])[1](np.ones((1, 2))) == [[1.0, math.cos(1.0)]]
    _, pullback = vjp(primitive(np.maximum), [1.0, 2.0], np.array([3.0, 0.0]))
    assert pullback(np.ones(2))[0] == [0.0, 1.0]


def test_lists_and_keywords_that_are_written_to_later_are_kept():
    factors, mask = [2.0, 3.0], np.array([True, False])

    def f(x):
        y = (np.multiply(x, factors) * np.add(x, x, where=mask)).sum()
        y = y + np.sum(x, where=mask) + np.roll(x, shift=[1], axis=[0])[0]
        factors[0], mask[0], mask[1] = 9.0, False, True
        return y

    assert grad(f)(np.array([1.0, 2.0])).tolist() == [2 * 2.0 * 2 + 1, 1.0]


@pytest.mark.parametrize("value", [2.0, 2j, np.float32(2.0), np.ones(2)])
def test_a_traced_value_is_an_instance_of_what_it_stands_for(value):
    seen = []

    def look(x):
        seen.append([isinstance(x, kind) for kind in (float, complex, np.generic, np.ndarray)])
        return x

    look(value)
    vjp(look, value)
    vjp(lambda x: vjp(look, x)[0], value)
    assert seen[0].count(True) == 1
    assert seen[1:] == [seen[0]] * 2


def test_a_program_that_asks_for_the_type_takes_the_same_branch():
    def doubled_array(x):
        return x + x if isinstance(x, np.ndarray) else np.zeros(3)

    y, pullback = vjp(doubled_array, np.ones(3))
    assert y.tolist() == [2.0, 2.0, 2.0]
    assert pullback(y).tolist() == [4.0, 4.0, 4.0]


def test_comparisons_give_plain_values():
    def f(x):
        mask = x > 0.5
        assert type(mask) is np.ndarray
        return (x * mask).sum()

    np.testing.assert_array_equal(grad(f)(np.array([0.0, 1.0])), [0.0, 1.0])


def test_nested_derivatives_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx [x * d/dy (x y^2) at y=x] = d/dx 2 x^3
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(3.0) == 6 * 9.0
    assert grad(lambda x: grad(lambda x: grad(lambda x: x**4)(x))(x))(2.0) == 48.0


def test_an_inner_derivative_by_a_constant_is_a_constant():
    assert grad(lambda x: x * grad(lambda y: 3.0 * y)(1.0))(5.0) == 3.0


def test_threads_do_not_disturb_each_other():
    want = grad(grad(lambda x: x * np.sin(x) * grad(lambda y: x * y * y)(x)))(1.3)
    got = []
    start = threading.Barrier(8)

    def work():
        start.wait()
        for _ in range(30):
            got.append(grad(grad(lambda x: x * np.sin(x) * grad(lambda y: x * y * y)(x)))(1.3))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [want] * 240


def test_one_trace_may_be_fed_by_several_threads():
    def f(x):
        parts = [None] * 8

        def work(place):
            total = 0.0
            for _ in range(200):
                total = total + x * float(place)
            parts[place] = total

        threads = [threading.Thread(target=work, args=(place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(parts)

    assert grad(f)(1.0) == 200 * sum(range(8))


def test_an_exception_leaves_nothing_behind():
    def fails(x):
        raise KeyError("mine")

    for _ in range(3):
        with pytest.raises(KeyError, match="mine"):
            grad(lambda x: x * grad(fails)(x))(1.0)
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_stop_gradient_and_is_traced():
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3.0
    assert grad(lambda x: x * stop_gradient({"a": [x]})["a"][0])(3.0) == 3.0
    assert grad(lambda x: grad(lambda y: stop_gradient(x * y) * y)(x))(3.0) == 0.0
    assert not is_traced(3.0)
    assert stop_gradient(3.0) == 3.0


def test_copies_and_formats_of_a_traced_value():
    shown = []

    def f(x):
        shown.append((repr(x), f"{x:.1f}"))
        return copy.copy(x) * copy.deepcopy(x)

    assert grad(f)(3.0) == 6.0
    assert shown == [("<traced 3.0>", "3.0")]


def refused(f, error, message, x=2.0):
    with pytest.raises(error, match=message):
        vjp(lambda x: f(x), x)


def test_conversion_to_a_plain_number_is_refused():
    refused(float, TracerConversionError, r"np\.sin\(x\), or pullback\.primitive\(math\.sin\)")
    refused(math.gamma.__call__, TracerConversionError, "would lose its derivative")
    refused(int, TracerConversionError, r"int\(pullback\.stop_gradient\(x\)\)")
    refused(complex, TracerConversionError, r"x \+ 0j")
    refused(pickle.dumps, TracerConversionError, "cannot be pickled")


def test_storing_into_an_array_is_refused():
    def f(x):
        a = np.zeros(3)
        a[0] = x
        return a.sum()

    refused(
        f, TracerConversionError, r"pullback\.at\(a\)\[i\]\.set\(x\) instead of storing elements"
    )
    refused(f, TracerConversionError, "instead of storing", np.float64(2.0))


def test_storing_an_array_into_an_array_is_refused():
    def f(x):
        a = np.zeros((2, 3))
        a[0] = x
        return a.sum()

    refused(f, TracerConversionError, r"np\.stack\(\[\.\.\.\]\) or pullback\.at", np.ones(3))


@pytest.mark.parametrize("x", [2.0, np.ones(2)])
def test_becoming_an_array_of_numbers_is_refused(x):
    for f in (lambda x: np.asarray(x, float), lambda x: np.array([x, x], dtype=float)):
        refused(f, TracerConversionError, "would lose its derivative", x)


def test_a_traced_value_is_no_index():
    refused(lambda x: np.eye(3)[x], IndexError, "only integers", 2.0)
    refused(lambda x: np.eye(3)[x], IndexError, "only integers", np.ones(2))


def test_writes_in_place_are_refused():
    x = np.arange(3.0)

    def assign(x):
        x[0] = 1.0

    def add(x):
        x += 1.0

    def into_plain(x):
        a = np.zeros(3)
        a += x

    refused(assign, InPlaceWriteError, r"np\.where\(mask, v, x\)", x)
    refused(add, InPlaceWriteError, r"Write x = x \+ y", x)
    refused(into_plain, OutArgumentError, r"y = y \+ x", x)
    refused(lambda x: np.sin(x, out=np.zeros(3)), OutArgumentError, "out=", x)
    refused(lambda x: np.sum(x, out=np.zeros(())), OutArgumentError, "out=", x)
    refused(lambda x: np.add.at(x, [0], 1.0), OutArgumentError, "numpy.add", x)


@pytest.mark.parametrize("size", [3, 3000])
@pytest.mark.parametrize("use", [lambda x, b: x * b, lambda x, b: b * x, np.multiply])
def test_a_constant_may_be_written_to_after_its_use(use, size):
    buffer = np.zeros(size)

    def f(x):
        total = 0.0
        for k in (1.0, 1.0, 2.0):
            buffer[:] = k
            total = total + use(x, buffer).sum()
        return total

    np.testing.assert_array_equal(grad(f)(np.ones(size)), np.full(size, 4.0))


def test_a_big_constant_that_stays_the_same_is_kept_once():
    from pullback.core import run

    weights = np.ones((100, 100))

    def f(x):
        for _ in range(20):
            x = weights @ x
        return x

    traced = run(f, (np.ones(100),), {}, (0,), single=True)
    held = {
        id(cell.cell_contents)
        for pullback, _, _ in traced.tape[1:]
        for cell in pullback.__closure__
        if getattr(cell.cell_contents, "shape", None) == weights.shape
    }
    assert len(held) == 1


def test_what_stop_gradient_returns_may_be_written_to():
    def f(x):
        y = x * x
        stop_gradient(x)[:] = 7.0
        return y.sum()

    x = np.ones(2)
    np.testing.assert_array_equal(grad(f)(x), [2.0, 2.0])
    np.testing.assert_array_equal(x, [1.0, 1.0])


def test_scalars_rebind_instead():
    def f(x):
        y = x
        y += 1.0
        y *= 3.0
        return x * y

    assert val_and_grad(f, 2.0) == (18.0, 15.0)


def test_a_leaked_tracer_is_refused():
    kept = []
    grad(lambda x: kept.append(x) or x)(1.0)
    with pytest.raises(LeakedTracerError, match=r"operator\.mul after the traced function"):
        kept[0] * 2.0
    with pytest.raises(LeakedTracerError, match="output of the traced function"):
        grad(lambda x: kept[0])(1.0)


def test_a_traced_value_cannot_be_a_key():
    refused(lambda x: {x: 1}, TypeError, "unhashable")


def test_subscripts_of_a_number_are_refused_as_python_does():
    refused(lambda x: x[0], TypeError, "object is not subscriptable")


def test_an_unknown_attribute_is_an_attribute_error():
    refused(lambda x: x.no_such_thing, AttributeError, "no_such_thing")
    refused(lambda x: x.__array_interface__, AttributeError, "__array_interface__", np.ones(2))


def test_a_missing_rule_says_everything_that_helps():
    @primitive
    def arctann(x):
        return x

    with pytest.raises(MissingRuleError) as caught:
        grad(lambda x: arctann(x))(1.0)
    message = str(caught.value)
    assert "arctann, called with (float) and differentiated in argument 0" in message
    assert "plugins searched: pullback-math (ok), pullback-numpy (ok)" in message
    assert "def arctann_rule(x):" in message
    assert "return y, arctann_pullback" in message
    with pytest.raises(MissingRuleError, match=r"nearest registered names: numpy\.bitwise_count"):
        grad(lambda x: np.busday_count(x, x))(np.ones(3))


def test_a_rule_must_return_a_pair():
    @primitive
    def single(x):
        return x

    pullback.register(pullback.rule(single)(lambda x: x))
    with pytest.raises(RuleError, match=r"the rule of .*single returned 1.0; a rule returns"):
        grad(lambda x: single(x))(1.0)


def test_a_rule_must_return_a_cotangent_for_each_primal():
    @primitive
    def add(a, b):
        return a + b

    def rule_with(pullbacks):
        pullback.register(pullback.rule(add)(lambda a, b: (a + b, pullbacks)))

    rule_with((lambda ct: ct,))
    with pytest.raises(RuleError, match=r"returned 1 pullbacks for 2 positional arguments"):
        vjp(add, 1.0, 2.0)
    rule_with(lambda ct: ct)
    with pytest.raises(RuleError, match="returned 1 cotangents for 2 positional arguments"):
        vjp(add, 1.0, 2.0)[1](1.0)
    rule_with(lambda ct: (ct, np.ones(3)))
    with pytest.raises(RuleError, match=r"does not fit its primal, ndarray of shape \(2,\)"):
        vjp(add, 1.0, np.ones(2))[1](np.ones(2))


def test_an_argument_without_a_pullback_is_constant():
    @primitive
    def first(a, b):
        return a * 1.0

    pullback.register(pullback.rule(first)(lambda a, b: (a * 1.0, (lambda ct: ct, None))))
    assert vjp(first, 1.0, 2.0)[1](3.0) == (3.0, 0.0)


def test_a_derivative_that_is_not_implemented_raises_only_when_needed():
    @primitive
    def f(a, b):
        return a * b

    back_b = pullback.not_implemented("the derivative by b is not written")
    pullback.register(pullback.rule(f)(lambda a, b: (a * b, (lambda ct: ct * b, back_b))))
    assert grad(f)(2.0, 3.0) == 3.0
    with pytest.raises(NotImplementedError, match="by b is not written"):
        grad(f, argnums=1)(2.0, 3.0)


@pytest.mark.usefixtures("own_rules")
def test_a_function_that_a_rule_calls_must_not_use_other_traced_values():
    @primitive
    def call(f, x):
        return f(x)

    @rule(call, differentiable=("x",))
    def call_rule(f, x):
        return f(x), (None, lambda ct: ct)

    register(call_rule)
    assert grad(lambda w: call(lambda t: 1.0 * t, w * 2.0))(3.0) == 2.0
    for wrong in (lambda w: call(lambda t: t * w, w), lambda w: call(lambda t: [t * w], w)[0]):
        with pytest.raises(TracerConversionError, match="pass it as an argument too"):
            grad(wrong)(3.0)
