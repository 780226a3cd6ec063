"""`grad`, `value_and_grad`, `jacobian`, `hessian`, `hvp`."""

from __future__ import annotations

from math import cos, exp, prod, sin

import numpy as np
import pytest

from pullback import grad, hessian, hvp, jacobian, primitive, value_and_grad
from pullback.errors import NonScalarOutputError


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def rosenbrock_hessian(x):
    n = len(x)
    h = np.zeros((n, n))
    for i in range(n - 1):
        h[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        h[i + 1, i + 1] += 200
        h[i, i + 1] -= 400 * x[i]
        h[i + 1, i] -= 400 * x[i]
    return h


X = np.array([-1.2, 1.0, 0.5, 2.0])


def test_grad_takes_argnums_keywords_and_aux():
    f = lambda a, b, *, c=1.0: (a * b * c, "extra")
    assert grad(f, has_aux=True)(2.0, 3.0, c=5.0) == (15.0, "extra")
    assert grad(f, argnums=1, has_aux=True)(2.0, 3.0) == (2.0, "extra")
    assert grad(f, argnums=(0, 1), has_aux=True)(2.0, 3.0) == ((3.0, 2.0), "extra")
    assert value_and_grad(f, has_aux=True)(2.0, 3.0) == ((6.0, "extra"), 3.0)
    assert grad(f, argnums=-1, has_aux=True)(2.0, 3.0) == (2.0, "extra")


def test_transforms_take_the_name_of_the_function():
    assert grad(rosenbrock).__name__ == "grad(rosenbrock)"
    assert hvp(rosenbrock).__name__ == "hvp(rosenbrock)"
    assert grad([sin, exp]).__name__.startswith("grad([<built-in function sin>")


def test_hessian_is_the_closed_form():
    np.testing.assert_allclose(hessian(rosenbrock)(X), rosenbrock_hessian(X))


def test_hvp_is_the_hessian_times_the_vector():
    v = np.array([1.0, -2.0, 0.5, 3.0])
    np.testing.assert_allclose(hvp(rosenbrock)(X, v), rosenbrock_hessian(X) @ v)
    assert hvp([sin, exp])(2.0, 3.0) == pytest.approx(
        3.0 * exp(sin(2.0)) * (cos(2.0) ** 2 - sin(2.0))
    )
    assert hvp(lambda a, b: a * b**3, argnums=1)(2.0, 3.0, 1.0) == pytest.approx(36.0)
    with pytest.raises(TypeError, match="the primals and then a vector"):
        hvp(rosenbrock)(X)


def test_hessian_of_containers_and_several_arguments():
    f = lambda d: d["a"] ** 2 * d["b"]
    assert hessian(f)({"a": 2.0, "b": 3.0}) == {
        "a": {"a": 6.0, "b": 4.0},
        "b": {"a": 4.0, "b": 0.0},
    }
    assert hessian(lambda a, b: a * a * b, argnums=(0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_both_modes_give_the_same_jacobian(mode):
    w = np.arange(6.0).reshape(2, 3)
    f = lambda x: np.sin(w @ x)
    x = np.array([0.1, 0.2, 0.3])
    want = np.cos(w @ x)[:, None] * w
    np.testing.assert_allclose(jacobian(f, mode=mode)(x), want)


@pytest.mark.parametrize(("rows", "columns", "mode"), [(2, 5, "reverse"), (5, 2, "forward")])
def test_the_cheaper_mode_is_taken_and_said(rows, columns, mode):
    w = np.ones((rows, columns))
    j, taken = jacobian(lambda x: w @ x, return_mode=True)(np.ones(columns))
    assert taken == mode
    np.testing.assert_array_equal(j, w)


def test_the_mode_costs_what_it_says():
    import pullback

    calls = []

    @pullback.primitive
    def linear(x):
        return np.ones((5, 2)) @ x

    def linear_rule(x):
        def linear_pullback(ct):
            calls.append(ct)
            return np.ones((2, 5)) @ ct

        return np.ones((5, 2)) @ x, linear_pullback

    pullback.register(pullback.rule(linear)(linear_rule))
    jacobian(linear, mode="reverse")(np.ones(2))
    assert len(calls) == 5
    calls.clear()
    jacobian(linear, mode="forward")(np.ones(2))
    assert len(calls) == 1


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_jacobian_of_shapes_and_containers(mode):
    x = np.arange(6.0).reshape(2, 3)
    j = jacobian(lambda x: x.T * 2.0, mode=mode)(x)
    assert j.shape == (3, 2, 2, 3)
    assert j[2, 1, 1, 2] == 2.0
    assert j.sum() == 12.0
    j = jacobian(lambda p: {"s": p[0] * p[1], "v": p[1] * np.ones(2)}, mode=mode)([2.0, 3.0])
    assert j["s"] == [3.0, 2.0]
    np.testing.assert_array_equal(j["v"][0], [0.0, 0.0])
    np.testing.assert_array_equal(j["v"][1], [1.0, 1.0])
    assert jacobian(lambda a, b: a * b, argnums=(1, 0), mode=mode)(2.0, 3.0) == (2.0, 3.0)


def test_jacobian_of_an_int_primal_and_a_wrong_mode():
    assert jacobian(lambda x: x * x)(3) == 6.0
    with pytest.raises(ValueError, match="mode is 'backward'; it is 'forward', 'reverse'"):
        jacobian(sin, mode="backward")


def test_jacobian_of_a_complex_holomorphic_function():
    z = np.array([1.0 + 1j, 2.0])
    np.testing.assert_allclose(jacobian(lambda z: z * z, mode="reverse")(z), np.diag(2 * z))
    np.testing.assert_allclose(jacobian(lambda z: z * z, mode="forward")(z), np.diag(2 * z))


def test_hessian_needs_a_scalar_output():
    with pytest.raises(NonScalarOutputError, match=r"shape \(4,\)"):
        hessian(lambda x: x * 2.0)(X)


def test_the_gradient_of_a_primitive_is_not_that_primitive():
    dispatching_sin = primitive(sin)
    assert grad(grad(dispatching_sin))(1.0) == pytest.approx(-sin(1.0))
    assert hessian(primitive(prod))([2.0, 3.0]) == [[0.0, 1.0], [1.0, 0.0]]


def test_transforms_nest():
    f = lambda x: np.exp(2.0 * x)
    assert grad(grad(grad(f)))(0.5) == pytest.approx(8 * np.exp(1.0))
    np.testing.assert_allclose(
        jacobian(jacobian(f))(np.array([0.0, 0.5])).diagonal().diagonal(),
        4 * np.exp([0.0, 1.0]),
    )
