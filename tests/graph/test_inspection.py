"""Runs of graphs: values, cotangents and tangents of every node, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import pullback
from pullback import Graph, grad, jvp, trace, vjp
from pullback.errors import (
    ComplexOutputError,
    CotangentError,
    FeedError,
    NonScalarOutputError,
    UnknownNodeError,
)

X1, X2 = 1.0, 2.0


def nine():
    """``exp(2 x1) + x1 x2² + cos(x2)``, in nine nodes."""
    graph = Graph("nine")
    x1, x2 = graph.placeholder("x1"), graph.placeholder("x2")
    w3 = graph.named("w3", 2.0 * x1)
    w4 = graph.named("w4", np.exp(w3))
    w5 = graph.named("w5", x2 * x2)
    w6 = graph.named("w6", x1 * w5)
    w7 = graph.named("w7", w4 + w6)
    w8 = graph.named("w8", np.cos(x2))
    graph.output(graph.named("w9", w7 + w8))
    return graph


VALUES = {
    "x1": X1,
    "x2": X2,
    "w3": 2 * X1,
    "w4": np.exp(2 * X1),
    "w5": X2**2,
    "w6": X1 * X2**2,
    "w7": np.exp(2 * X1) + X1 * X2**2,
    "w8": np.cos(X2),
    "w9": np.exp(2 * X1) + X1 * X2**2 + np.cos(X2),
}
COTANGENTS = {
    "w9": 1.0,
    "w8": 1.0,
    "w7": 1.0,
    "w6": 1.0,
    "w5": X1,
    "w4": 1.0,
    "w3": np.exp(2 * X1),
    "x2": 2 * X1 * X2 - np.sin(X2),
    "x1": 2 * np.exp(2 * X1) + X2**2,
}
TANGENTS = {
    "x1": 1.0,
    "w3": 2.0,
    "w4": 2 * np.exp(2 * X1),
    "w6": X2**2,
    "w7": 2 * np.exp(2 * X1) + X2**2,
    "w9": 2 * np.exp(2 * X1) + X2**2,
}


def test_every_value_cotangent_and_tangent():
    run = nine().run(X1, X2)
    assert run.values == pytest.approx(VALUES, rel=1e-15)
    assert run.cotangents == {}
    assert run.tangents == {}
    assert run.reverse() == pytest.approx((COTANGENTS["x1"], COTANGENTS["x2"]), rel=1e-15)
    assert run.cotangents == pytest.approx(COTANGENTS, rel=1e-15)
    assert run.forward(x1=1.0) == pytest.approx(TANGENTS["w9"], rel=1e-15)
    assert run.tangents == pytest.approx(TANGENTS, rel=1e-15)
    assert run.y == VALUES["w9"]


def test_orders():
    run = nine().run(X1, X2)
    assert [step.name for step in run] == ["x1", "x2", "w3", "w4", "w5", "w6", "w7", "w8", "w9"]
    assert len(run) == 9
    run.reverse()
    order = [step.name for step in run.reverse_steps]
    assert order == ["w9", "w8", "w7", "w6", "w5", "w4", "w3", "x2", "x1"]


def test_passes_can_be_repeated_and_mixed():
    run = nine().run(X1, X2)
    first = run.reverse()
    assert run.reverse(2.0) == pytest.approx((2 * first[0], 2 * first[1]), rel=1e-15)
    forward = run.forward(1.0, 0.0)
    assert run.forward(0.5, 0.0) == pytest.approx(forward / 2)
    assert run.forward(0.0, 1.0) == pytest.approx(COTANGENTS["x2"])
    assert run["w3"].tangent == 0.0
    assert run.forward(x2=1.0) == pytest.approx(COTANGENTS["x2"])
    assert run["w3"].tangent is None
    assert run["w9"].cotangent == 2.0


def test_steps():
    run = nine().run(X1, X2)
    step = run["w4"]
    assert (step.shape, step.dtype, step.name) == ((), "float64", "w4")
    assert (run["x1"].shape, run["x1"].dtype) == ((), "float")
    assert step.claim.provider == "pullback-numpy"
    assert step.claim.rule.name == "numpy.exp"
    assert run["x1"].claim is None
    assert step.seconds > 0
    assert (step.reverse_seconds, step.forward_seconds) == (0.0, 0.0)
    run.reverse()
    run.forward(1.0, 1.0)
    assert step.reverse_seconds > 0
    assert step.forward_seconds > 0
    assert repr(run["x2"]) == (f"<step x2 = 2.0, cotangent {run['x2'].cotangent!r}, tangent 1.0>")
    assert repr(run) == f"<run of <graph nine(x1, x2) of 9 nodes>: {run.y!r}>"
    with pytest.raises(UnknownNodeError, match="nine has no node 'w10'"):
        run["w10"]


def test_arrays():
    w, x = np.array([[1.0, -2.0], [3.0, 0.5], [0.0, 1.0]]), np.array([0.5, -1.0])
    graph = trace(lambda w, x: np.sum(np.tanh(w @ x) ** 2), w, x)
    run = graph.run(w, x)
    h = np.tanh(w @ x)
    of_h, of_z = 2 * h, 2 * h * (1 - h * h)
    of_w, of_x = run.reverse()
    np.testing.assert_allclose(run["tanh"].cotangent, of_h, rtol=1e-15)
    np.testing.assert_allclose(run["matmul"].cotangent, of_z, rtol=1e-14)
    np.testing.assert_allclose(of_w, np.outer(of_z, x), rtol=1e-14)
    np.testing.assert_allclose(of_x, w.T @ of_z, rtol=1e-14)
    assert repr(run["tanh"]).startswith("<step tanh = float64(3), cotangent float64(3)>")
    tangent = run.forward(x=np.ones(2))
    np.testing.assert_allclose(run["matmul"].tangent, w @ np.ones(2))
    np.testing.assert_allclose(tangent, of_x.sum(), rtol=1e-14)


def test_a_value_that_is_used_often_gets_the_sum():
    graph = trace(lambda x: np.sum(x * x + x[0] * x[1] + x[::-1]), np.ones(3))
    x = np.array([1.0, -2.0, 3.0])
    run = graph.run(x)
    want = 2 * x + 3 * np.array([x[1], x[0], 0.0]) + 1
    np.testing.assert_allclose(run.reverse(), want)
    np.testing.assert_allclose(run["x"].cotangent, want)


def test_tuples_of_outputs():
    a = np.array([[2.0, -1.0], [1.0, 3.0]])
    graph = trace(lambda a: np.sum(np.linalg.qr(a)[0] ** 3) + np.sum(np.linalg.qr(a).R), a)
    run = graph.run(a)
    q, r = np.linalg.qr(a)
    np.testing.assert_array_equal(run["qr_0"].value, q)
    np.testing.assert_array_equal(run["qr"].value[1], r)
    of_a = run.reverse()
    np.testing.assert_allclose(run["qr_0"].cotangent, 3 * q**2)
    of_q, of_r = run["qr"].cotangent
    np.testing.assert_allclose(of_q, 3 * q**2)
    np.testing.assert_array_equal(of_r, np.zeros((2, 2)))
    np.testing.assert_allclose(of_a, grad(graph)(a))
    tangent = run.forward(np.ones((2, 2)))
    np.testing.assert_allclose(tangent, np.sum(of_a))
    of_q, of_r = run["qr"].tangent
    np.testing.assert_allclose(of_q @ r + q @ of_r, np.ones((2, 2)), atol=1e-14)  # d(qr) = da
    assert run["qr"].shape == ()


def test_several_outputs_and_their_cotangents():
    graph = trace(lambda x, y: {"a": x * y, "b": (x, 3.0)}, 2.0, 5.0)
    run = graph.run(2.0, 5.0)
    assert run.y == {"a": 10.0, "b": (2.0, 3.0)}
    assert run.reverse({"a": 1.0, "b": (10.0, 7.0)}) == (15.0, 2.0)
    assert run["x"].cotangent == 15.0
    assert run.forward(1.0, 1.0) == {"a": 7.0, "b": (1.0, 0.0)}
    with pytest.raises(NonScalarOutputError, match="whose output is one number"):
        run.reverse()
    with pytest.raises(CotangentError, match="structure of the output"):
        run.reverse(1.0)


def test_the_same_value_twice():
    graph = trace(lambda x: (np.sin(x), np.sin(x), x), 0.3)
    run = graph.run(0.3)
    assert run.reverse((1.0, 10.0, 100.0)) == pytest.approx(11 * np.cos(0.3) + 100)
    twice = Graph()
    x = twice.placeholder("x")
    y = np.sin(x)
    twice.output(y, y)
    run = twice.run(0.3)
    assert run.reverse((1.0, 10.0)) == pytest.approx(11 * np.cos(0.3))
    assert run["sin"].cotangent == 11.0


def test_integer_inputs_have_no_derivative():
    graph = trace(lambda x, n: np.sum(x[n] * n), np.ones(3), np.array([0, 2]))
    run = graph.run(np.array([1.0, 2.0, 3.0]), np.array([2, 2]))
    of_x, of_n = run.reverse()
    np.testing.assert_array_equal(of_x, [0.0, 0.0, 4.0])
    assert of_n is None
    assert run.forward(x=np.ones(3)) == 4.0
    assert run["n"].tangent is None


def test_variables_in_both_passes():
    graph = Graph()
    x, w = graph.placeholder("x"), graph.variable("w", np.array([1.0, 2.0]))
    graph.output(np.sum(w * x))
    run = graph.run(3.0)
    assert run.reverse() == 3.0
    np.testing.assert_array_equal(run["w"].cotangent, [3.0, 3.0])
    assert run.forward(w=np.array([1.0, 10.0])) == 33.0
    assert run["x"].tangent is None


def test_containers_of_inputs():
    graph = trace(lambda p: p["a"] * p["b"][0], {"a": 2.0, "b": [3.0]})
    run = graph.run({"a": 4.0, "b": [5.0]})
    assert run.reverse() == {"a": 5.0, "b": [4.0]}
    assert run.forward({"a": 1.0, "b": [10.0]}) == 45.0
    assert run.forward(p={"a": 1.0, "b": [10.0]}) == 45.0
    with pytest.raises(CotangentError, match="structure of its primal"):
        run.forward({"a": 1.0})


def test_errors_of_passes():
    run = nine().run(X1, X2)
    for args, named, message in [
        ((1.0, 1.0, 1.0), {}, r"nine takes 2 inputs \(x1, x2\), and was given 3"),
        ((1.0,), {"x1": 1.0}, "nine was given x1 twice"),
        ((), {"w3": 1.0}, "nine has no input 'w3'; its inputs are x1, x2"),
    ]:
        with pytest.raises(FeedError, match=message):
            run.forward(*args, **named)
    with pytest.raises(CotangentError, match="tangent must lie in the space"):
        run.forward(np.ones(2), 1.0)
    with pytest.raises(CotangentError, match="cotangent must lie in the space"):
        run.reverse(np.ones(2))
    with pytest.raises(ComplexOutputError):
        trace(lambda x: x * 1j, 1.0).run(1.0).reverse()
    with pytest.raises(NonScalarOutputError):
        trace(lambda x: x * np.ones(2), 1.0).run(1.0).reverse()


def test_an_error_in_the_way_back_names_the_node():
    @pullback.primitive
    def broken(x):
        return 2.0 * x

    @pullback.rule(broken)
    def broken_rule(x):
        def broken_pullback(ct):
            raise ZeroDivisionError("in the rule")

        return broken(x), broken_pullback

    pullback.register(broken_rule)
    run = trace(lambda x: np.sin(broken(x)), 1.0).run(1.0)
    with pytest.raises(ZeroDivisionError) as caught:
        run.reverse()
    assert "in node broken, a call of " in caught.value.__notes__[0]


def test_what_is_handed_out_is_the_callers():
    graph = trace(lambda x, y: x + y, np.ones(2), np.ones(2))
    run = graph.run(np.ones(2), np.ones(2))
    ct = np.ones(2)
    of_x, of_y = run.reverse(ct)
    of_x[:] = 5.0
    np.testing.assert_array_equal(of_y, [1.0, 1.0])
    np.testing.assert_array_equal(ct, [1.0, 1.0])
    tangent = run.forward(x=ct)
    tangent[:] = 7.0
    np.testing.assert_array_equal(ct, [1.0, 1.0])


def test_a_run_keeps_its_values_when_the_feed_or_variable_changes():
    graph = Graph()
    x, w = graph.placeholder("x"), graph.variable("w", 2.0)
    graph.output(np.sum(x * x * w))
    feed = np.array([1.0, 3.0])
    run = graph.run(feed)
    feed[:] = 100.0
    graph.variables["w"] = 50.0
    np.testing.assert_array_equal(run.reverse(), [4.0, 12.0])
    assert run["w"].cotangent == 10.0
    assert run.forward(np.ones(2)) == 16.0
    out = Graph()
    out.output(np.exp(out.placeholder("x")))
    run = out.run(np.zeros(2))
    y = run.y
    y[:] = 100.0
    np.testing.assert_array_equal(run.reverse(np.ones(2)), [1.0, 1.0])


def test_a_run_inside_of_a_derivative():
    graph = trace(lambda x: np.sum(np.sin(x) * x), np.ones(3))
    x = np.array([0.3, -1.0, 2.0])
    second = vjp(lambda x: graph.run(x).reverse(), x)[1](np.ones(3))
    want = vjp(grad(lambda x: np.sum(np.sin(x) * x)), x)[1](np.ones(3))
    np.testing.assert_allclose(second, want, rtol=1e-13)
    mixed = jvp(lambda x: graph.run(x).reverse(), (x,), (np.ones(3),))[1]
    np.testing.assert_allclose(mixed, want, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128])
def test_dtypes_stay(dtype):
    x = np.array([0.5, 1.5], dtype)
    graph = trace(lambda x: np.sin(x) * x, x)
    run = graph.run(x)
    back, tangent = run.reverse(np.ones_like(x)), run.forward(np.ones_like(x))
    assert back.dtype == tangent.dtype == dtype
    assert {step.cotangent.dtype for step in run} == {np.dtype(dtype)}
    np.testing.assert_allclose(back, tangent, rtol=1e-6)
