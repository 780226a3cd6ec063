"""`vjp`, `val_and_grad`, `jvp`: arguments, containers, and what they refuse."""

from __future__ import annotations

import dataclasses
import math
from math import cos, sin
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pullback
from pullback import grad, jvp, val_and_grad, vjp
from pullback.errors import (
    ComplexOutputError,
    CotangentError,
    IntegerPrimalError,
    NonScalarOutputError,
    PrimalError,
)


class Point(NamedTuple):
    x: float
    y: float


@dataclasses.dataclass
class Body:
    position: np.ndarray
    mass: float

    def __post_init__(self):
        # Construction is not repeated with traced fields: this would refuse them.
        assert type(self.mass) is float


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    bodies: list[Body]


def test_one_primal_gives_its_cotangent_and_several_a_tuple():
    assert vjp(lambda a: 2.0 * a, 1.0)[1](3.0) == 6.0
    assert vjp(lambda a, b: a * b, 2.0, 5.0)[1](1.0) == (5.0, 2.0)
    assert val_and_grad(lambda a, b: a * b, 2.0, 5.0) == (10.0, (5.0, 2.0))


def test_argnums_chooses_primals():
    f = lambda a, b, c: a * b * c
    assert val_and_grad(f, 2.0, 3.0, 5.0, argnums=1) == (30.0, 10.0)
    assert val_and_grad(f, 2.0, 3.0, 5.0, argnums=(2, 0)) == (30.0, (6.0, 15.0))
    assert val_and_grad(f, 2.0, 3.0, 5.0, argnums=-1) == (30.0, 6.0)
    assert vjp(f, 2.0, 3.0, 5.0, argnums=(1,))[1](1.0) == (10.0,)
    with pytest.raises(TypeError, match="argnums chooses argument 3, and there are 3 positional"):
        vjp(f, 2.0, 3.0, 5.0, argnums=3)
    with pytest.raises(TypeError, match="at least one primal"):
        vjp(f)


def test_other_arguments_may_be_anything():
    assert val_and_grad(lambda x, n, s: x**n if s == "p" else x, 2.0, 3, "p", argnums=0)[1] == 12.0


def test_argnums_must_be_positions():
    with pytest.raises(TypeError, match=r"argnums is 2.5; it is a position or a tuple of pos"):
        val_and_grad(lambda x, argnums: x * argnums, 1.0, argnums=2.5)


def test_a_keyword_argument_may_be_called_f():
    assert val_and_grad(lambda x, f: x * f, 2.0, f=3.0) == (6.0, 3.0)
    assert vjp(lambda x, f: x * f, 2.0, f=3.0)[1](1.0) == 3.0
    assert jvp(lambda x, f: x * f, (2.0,), (1.0,), f=3.0) == (6.0, 3.0)


def test_keyword_arguments_pass_through():
    assert val_and_grad(lambda x, *, power: x**power, 2.0, power=3) == (8.0, 12.0)


def test_has_aux_hands_extra_output_through():
    marker = object()

    def f(x):
        y = x * x
        return y, {"y": y, "marker": marker, "seen": [pullback.is_traced(y)]}

    (y, aux), gradient = val_and_grad(f, 3.0, has_aux=True)
    assert (y, gradient) == (9.0, 6.0)
    assert aux["marker"] is marker
    assert aux["y"] == 9.0
    assert aux["seen"] == [True]
    y, back, aux = vjp(f, 3.0, has_aux=True)
    assert (y, back(1.0), aux["y"]) == (9.0, 6.0, 9.0)
    with pytest.raises(TypeError, match=r"has_aux=True means that the function returns"):
        val_and_grad(lambda x: x, 3.0, has_aux=True)


def test_later_writes_to_aux_do_not_reach_the_pullback():
    def f(x):
        h = np.exp(x)
        return h, {"h": h}

    _, back, aux = vjp(f, np.zeros(2), has_aux=True)
    aux["h"][:] = 100.0
    np.testing.assert_array_equal(back(np.ones(2)), [1.0, 1.0])


def test_aux_of_an_inner_derivative_may_be_traced_by_the_outer():
    def outer(x):
        (_, aux), _ = val_and_grad(lambda y: (y * x, x * y), 2.0, has_aux=True)
        return aux * x

    assert grad(outer)(3.0) == 12.0


@pytest.mark.parametrize(
    ("primal", "want"),
    [
        ({"a": 2.0, "b": (3.0, [4.0])}, {"a": 12.0, "b": (8.0, [6.0])}),
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ((2.0, (3.0, 4.0)), (12.0, (8.0, 6.0))),
        ([Point(2.0, 3.0), 4.0], [Point(12.0, 8.0), 6.0]),
        ([2.0, None, {"x": 3.0}, [], 4.0], [12.0, None, {"x": 8.0}, [], 6.0]),
        ({"a": 2, "b": 3, "c": 4.0}, {"a": 12.0, "b": 8.0, "c": 6.0}),
    ],
)
def test_containers_come_out_with_their_structure(primal, want):
    from pullback.containers import flatten

    def product(tree):
        leaves, _ = flatten(tree)
        return leaves[0] * leaves[1] * leaves[2]

    y, gradient = val_and_grad(product, primal)
    assert y == 24.0
    assert gradient == want
    assert type(gradient) is type(want)


def test_dataclasses_are_containers():
    system = Frozen([Body(np.array([1.0, 2.0]), 3.0), Body(np.array([0.0, 1.0]), 2.0)])

    def energy(system):
        first, second = system.bodies
        gap = first.position - second.position
        return first.mass * second.mass * (gap * gap).sum()

    y, gradient = val_and_grad(energy, system)
    assert y == 12.0
    assert type(gradient) is Frozen
    assert [body.mass for body in gradient.bodies] == [4.0, 6.0]
    np.testing.assert_array_equal(gradient.bodies[0].position, [12.0, 12.0])


def test_outputs_may_be_containers():
    y, back = vjp(lambda x: {"double": 2.0 * x, "parts": (x * x, 7)}, 3.0)
    assert y == {"double": 6.0, "parts": (9.0, 7)}
    assert back({"double": 1.0, "parts": (10.0, 0.0)}) == 62.0
    with pytest.raises(CotangentError, match="must have the structure of the output"):
        back({"double": 1.0})


def test_numpy_scalars_and_zero_dimensional_arrays_keep_their_type():
    for primal in (np.float32(2.0), np.float64(2.0), np.array(2.0), np.array(2.0, np.float32)):
        gradient = grad(lambda x: x * x)(primal)
        assert type(gradient) is type(primal)
        assert gradient.dtype == primal.dtype
        assert gradient == 4.0


def test_no_primal_is_changed():
    x = np.arange(4.0)
    x.flags.writeable = False
    val_and_grad(lambda x: (x * x).sum(), x)


@pytest.mark.parametrize("f", [np.exp, [np.exp], lambda x: np.exp(x), lambda x: {"y": x * x}["y"]])
def test_later_writes_do_not_reach_the_pullback(f):
    x = np.array([0.0, 1.0])
    y, back = vjp(f, x)
    want = back(np.ones(2)).copy()
    x[:] = 5.0
    y[:] = 7.0
    np.testing.assert_array_equal(back(np.ones(2)), want)


@pytest.mark.parametrize(
    ("primal", "message"),
    [
        (np.arange(3), r"primal 0 has dtype int64, .* x\.astype\(float\)"),
        (np.ones(3, bool), "primal 0 has dtype bool"),
        (np.int32(3), "primal 0 has dtype int32"),
        (True, "primal 0 is a bool"),
        ({"w": [1.0, np.arange(3)]}, r"primal 0, at \['w'\]\[1\], has dtype int64"),
    ],
)
@pytest.mark.parametrize("f", [lambda x: x, [np.sin]])
def test_integers_are_refused(f, primal, message):
    with pytest.raises(IntegerPrimalError, match=message):
        vjp(f, primal)


def test_what_is_not_a_number_is_refused():
    with pytest.raises(PrimalError, match=r"primal 0 is 'a': .* builtins\.str cannot be"):
        vjp(lambda x: x, "a")
    with pytest.raises(PrimalError, match=r"primal 1, at \['name'\], is 'n'"):
        vjp(lambda a, b: a, 1.0, {"name": "n"})


def test_an_integer_array_may_be_another_argument():
    idx = np.array([0, 0, 1])
    gradient = grad(lambda x, idx: x[idx].sum())(np.ones(2), idx)
    np.testing.assert_array_equal(gradient, [2.0, 1.0])


@pytest.mark.parametrize("f", [lambda x: x * 2.0, [np.sin]])
def test_a_gradient_needs_a_scalar_output(f):
    with pytest.raises(NonScalarOutputError, match=r"returned ndarray of shape \(3,\)\. Reduce it"):
        val_and_grad(f, np.ones(3))
    with pytest.raises(NonScalarOutputError, match=r"shape \(1,\)"):
        grad(f)(np.ones(1))


def test_a_gradient_of_a_container_or_a_constant():
    with pytest.raises(NonScalarOutputError, match=r"returned \{'y': 1.0\}"):
        val_and_grad(lambda x: {"y": x}, 1.0)
    with pytest.raises(NonScalarOutputError, match=r"returned None"):
        val_and_grad(lambda x: None, 1.0)
    with pytest.raises(NonScalarOutputError, match=r"returned 3 \(int\)\. An integer has no"):
        val_and_grad(lambda x: 3, 1.0)
    assert val_and_grad(lambda x: 3.0, 1.0) == (3.0, 0.0)


def test_a_complex_output_needs_holomorphic():
    with pytest.raises(ComplexOutputError, match="say holomorphic=True"):
        grad(lambda z: z * z)(1.0 + 2.0j)
    assert grad(lambda z: z * z, holomorphic=True)(1.0 + 2.0j) == 2.0 + 4.0j
    assert val_and_grad([lambda z: z * z], 1j, holomorphic=True) == (-1.0, 2j)


def test_descent_of_a_real_loss_is_along_the_negative_conjugate():
    z = 3.0 + 4.0j
    loss = lambda z: abs(z - 1.0)
    step = -0.1 * np.conj(grad(loss)(z))
    assert loss(z + step) == pytest.approx(loss(z) - 0.1)


def test_cotangents_are_checked():
    _, back = vjp(lambda x: x * 2.0, np.ones(3))
    with pytest.raises(CotangentError, match=r"ndarray of shape \(3,\), float64; .*\(\)"):
        back(1.0)
    with pytest.raises(CotangentError, match="is complex and its value is real"):
        back(np.ones(3) * 1j)
    with pytest.raises(CotangentError, match="got a list"):
        back([1.0, 1.0, 1.0])
    np.testing.assert_array_equal(back(np.ones(3, np.float32)), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(back(np.ones(3, int)), [2.0, 2.0, 2.0])


def test_jvp_of_chains_functions_and_containers():
    assert jvp([sin, sin], (2.0,), (3.0,)) == pytest.approx(
        (sin(sin(2.0)), 3.0 * cos(sin(2.0)) * cos(2.0))
    )
    y, tangent = jvp(lambda x: np.exp(x) * x, (np.array([0.0, 1.0]),), (np.array([1.0, 2.0]),))
    np.testing.assert_allclose(tangent, [1.0, 4 * np.e])
    y, tangent = jvp(
        lambda d: {"p": d["a"] * d["b"]}, ({"a": 2.0, "b": 3.0},), ({"a": 1.0, "b": 0.0},)
    )
    assert (y, tangent) == ({"p": 6.0}, {"p": 3.0})
    y, tangent = jvp(lambda a, b: a * b, (2.0, np.ones(2)), (1.0, np.zeros(2)))
    np.testing.assert_array_equal(tangent, [1.0, 1.0])


def test_jvp_uses_a_pushforward_where_there_is_one():
    calls = []

    @pullback.primitive
    def cube(x):
        return x**3

    def push(primals, tangents):
        calls.append("pushforward")
        (x,), (v,) = primals, tangents
        return x**3, 3 * x**2 * v

    def cube_rule(x):
        return x**3, lambda ct: calls.append("pullback") or 3 * x**2 * ct

    pullback.register(pullback.rule(cube, pushforward=push)(cube_rule))
    assert jvp([cube, sin], (2.0,), (1.0,)) == pytest.approx((sin(8.0), 12.0 * cos(8.0)))
    assert calls == ["pushforward"]


def test_jvp_checks_its_tangents():
    with pytest.raises(CotangentError, match=r"the tangent must lie in the space .*\(3,\)"):
        jvp(lambda x: x, (np.ones(3),), (np.ones(2),))
    with pytest.raises(CotangentError, match="the tangent must have the structure"):
        jvp(lambda x: x["a"], ({"a": 1.0},), ({"b": 1.0},))
    with pytest.raises(TypeError, match="1 primals and 2 tangents"):
        jvp(lambda x: x, (1.0,), (1.0, 2.0))
    with pytest.raises(TypeError, match="a tuple of primals"):
        jvp(lambda x: x, 1.0, 1.0)


numbers = st.floats(-2, 2, allow_nan=False).filter(lambda x: abs(x) > 1e-3)


@settings(max_examples=50, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=4), st.integers(0, 2**31))
def test_forward_and_reverse_agree(xs, seed):
    rng = np.random.default_rng(seed)
    x = np.array(xs)
    w = rng.standard_normal((3, len(xs)))

    def f(x):
        return np.tanh(w @ x) * np.exp(x[0]) + x.sum()

    v, ct = rng.standard_normal(len(xs)), rng.standard_normal(3)
    y, tangent = jvp(f, (x,), (v,))
    y2, back = vjp(f, x)
    np.testing.assert_array_equal(y, y2)
    assert ct @ tangent == pytest.approx(back(ct) @ v, rel=1e-10, abs=1e-10)


def test_programs_against_differences(check_derivative):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((3, 4))
    w = {"W": rng.standard_normal((4, 5)), "b": rng.standard_normal(5), "scale": 0.7}

    def network(x, w):
        h = np.tanh(x @ w["W"] + w["b"])
        return {"out": h * w["scale"], "norm": (h**2).sum()}

    check_derivative(network, x, w)

    def pendulum(theta, damping):
        speed = 0.0
        for _ in range(5):
            speed = speed - 0.1 * (np.sin(theta) + damping * speed)
            theta = theta + 0.1 * speed
        return theta

    check_derivative(pendulum, 0.8, 0.3)
    check_derivative(lambda z: z * np.exp(z) / (z + 2.0), 0.3 + 0.4j)
    check_derivative(lambda z: abs(z) * np.conj(z), 0.3 + 0.4j)


def test_a_primitive_of_an_empty_container_is_a_constant():
    y, back = vjp(math.prod, [])
    assert (y, back(1.0)) == (1, [])
    with pytest.raises(ValueError, match="empty"):
        vjp(max, [])
