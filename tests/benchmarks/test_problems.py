"""The problems agree: the gradient by hand, pullback's and autograd's, with the complex step."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import engines, problems

REDUCED = {
    "seed chain, as a chain": problems.seed_chain(as_chain=True),
    "seed chain, traced": problems.seed_chain(as_chain=False),
    "links, as a chain": problems.long_chain(5, as_chain=True),
    "links, traced": problems.long_chain(5, as_chain=False),
    "two variables": problems.two_variables(),
    "logistic regression": problems.logistic_regression(20),
    "MLP": problems.perceptron(3, 4, 2, 5),
    "recurrent": problems.recurrent(6, hidden=3, inputs=2),
    "Rosenbrock": problems.rosenbrock(7),
    "x[i]": problems.element_reads(9),
}
STEP = 1e-30
COMPILED = engines.ENGINES["compiled"].prepare

every_problem = pytest.mark.parametrize("problem", REDUCED.values(), ids=REDUCED.keys())


def complex_step(problem):
    """The gradients of the plain loss, from tiny imaginary steps: nothing cancels."""
    gradients = []
    for place, primal in enumerate(problem.primals):
        gradient = np.empty(np.shape(primal))
        for index in np.ndindex(gradient.shape):
            shifted = np.array(primal, dtype=complex)
            shifted[index] += STEP * 1j
            primals = [*problem.primals]
            primals[place] = shifted if shifted.ndim else complex(shifted)
            gradient[index] = problem.loss(np, *primals, *problem.constants).imag / STEP
        gradients.append(gradient)
    return gradients


def assert_gradients(actual, problem):
    actual = actual if isinstance(actual, tuple) else (actual,)
    for got, wanted in zip(actual, complex_step(problem), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12 * np.max(np.abs(wanted)))


@every_problem
def test_gradient_by_hand(problem):
    value, gradient = engines.by_hand(problem)()
    assert value == pytest.approx(problem.loss(np, *problem.primals, *problem.constants), rel=1e-12)
    assert_gradients(gradient, problem)


@every_problem
@pytest.mark.parametrize("prepare", [engines.with_pullback, COMPILED, engines.with_autograd])
def test_gradient_of_engine(prepare, problem):
    pytest.importorskip("autograd" if prepare is engines.with_autograd else "pullback")
    value, gradient = prepare(problem)()
    assert value == pytest.approx(problem.loss(np, *problem.primals, *problem.constants), rel=1e-12)
    assert_gradients(gradient, problem)


@every_problem
def test_what_is_compiled_has_the_parameters_of_the_loss(problem):
    compiled = COMPILED(problem)
    compiled()
    first, *_ = [line for line in compiled.func.source.splitlines() if line.startswith("def ")]
    assert "*" not in first
    (program,) = compiled.func.programs()
    assert len(program.signature.arguments) == len(problem.primals) + len(problem.constants)


def test_elements_are_those_that_the_loss_is_given():
    assert problems.logistic_regression(20).elements == 30 + 1 + 20 * 30 + 20
    assert problems.seed_chain(as_chain=False).elements == 1


def test_chain_and_loss_are_the_same_function():
    for name in ("seed chain, as a chain", "links, as a chain"):
        problem = REDUCED[name]
        (x,) = problem.primals
        y = problem.loss(np, x)
        for link in problem.links:
            x = link(x)
        assert x == pytest.approx(y, rel=1e-14)


@pytest.mark.parametrize("wrong", ["value", "gradient"])
def test_check_finds_an_engine_that_computes_something_else(wrong):
    problem = REDUCED["Rosenbrock"]
    value, gradient = problem.hand(*problem.primals)
    result = (value * (1 + 1e-8), gradient) if wrong == "value" else (value, gradient + 1e-4)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        engines.check(problem, lambda: result)
    engines.check(problem, lambda: (value, gradient))
