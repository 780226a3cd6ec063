"""Who computes it: for each engine, a problem as a function of no arguments.

What the function returns is ``(loss, gradient)`` in the engine's own types. Data is converted to
those types once, beforehand, and not within what is timed. Everything is float64.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from inspect import Signature, signature
from typing import Any, Final

import numpy as np

from benchmarks.problems import Problem

__all__ = ["ENGINES", "PEERS", "Engine", "Run", "available", "check", "program"]

Run = Callable[[], tuple[Any, Any]]


@dataclass(frozen=True)
class Engine:
    """Something that computes a gradient."""

    name: str
    package: str
    """What has to be installed, and stands in the report with its version."""
    prepare: Callable[[Problem], Run]
    modules: tuple[str, ...] = ()
    """What must be there besides."""
    compiles: bool = False
    """Whether the first run makes what the later ones use."""


def by_hand(problem: Problem) -> Run:
    """The gradient as it is written by hand."""
    return partial(problem.hand, *problem.primals, *problem.constants)


def with_pullback(problem: Problem) -> Run:
    """`pullback.val_and_grad` of the loss in plain NumPy, or of the problem's chain."""
    from pullback import val_and_grad

    if problem.links is not None:
        return partial(val_and_grad, problem.links, *problem.primals)
    return partial(val_and_grad, _closed(problem, np), *problem.primals)


def with_compiled(problem: Problem, *, engine: str) -> Run:
    """`pullback.compile` of the value and gradient, given what the gradient by hand is given."""
    from pullback import compile, value_and_grad

    places = range(len(problem.primals))
    if problem.links is not None:
        gradient = value_and_grad(problem.links)
    else:
        gradient = value_and_grad(program(problem), argnums=0 if len(places) == 1 else (*places,))
    return partial(compile(gradient, engine=engine), *problem.primals, *problem.constants)


def program(problem: Problem) -> Callable[..., Any]:
    """The loss in plain NumPy, with the names of its parameters.

    They are what is compiled: a function of ``*args`` would have to look at their number first.
    """
    loss = problem.loss

    def program(*args: Any) -> Any:
        return loss(np, *args)

    parameters = [*signature(loss).parameters.values()][1:]
    program.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    return program


def with_autograd(problem: Problem) -> Run:
    """`autograd.value_and_grad`."""
    import autograd
    import autograd.numpy as anp

    primals = problem.primals
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return partial(autograd.value_and_grad(_closed(problem, anp), argnums), *primals)


def with_torch(problem: Problem) -> Run:
    """PyTorch, eager: run the loss on leaves, then `torch.autograd.grad`."""
    import torch

    torch.set_num_threads(1)
    leaves = [_tensor(primal).requires_grad_() for primal in problem.primals]
    constants = map(_tensor, problem.constants)
    loss = partial(problem.loss, torch, *leaves, *constants)

    def run() -> tuple[Any, Any]:
        y = loss()
        return y.detach(), torch.autograd.grad(y, leaves)

    return run


def with_jax(problem: Problem, *, compiled: bool) -> Run:
    """`jax.value_and_grad`, by itself (every operation dispatched) or within `jax.jit`."""
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    argnums = tuple(range(len(problem.primals)))
    function = jax.value_and_grad(partial(problem.loss, jnp), argnums)
    if compiled:
        function = jax.jit(function)
    arguments = [jnp.asarray(value) for value in (*problem.primals, *problem.constants)]

    def run() -> tuple[Any, Any]:
        return jax.block_until_ready(function(*arguments))  # type: ignore[no-any-return]

    return run


ENGINES: Final = {
    engine.name: engine
    for engine in (
        Engine("pullback", "pullback", with_pullback),
        Engine("compiled", "pullback", partial(with_compiled, engine="numpy"), compiles=True),
        Engine(
            "compiled, numba",
            "numba",
            partial(with_compiled, engine="numba"),
            modules=("pullback_numba",),
            compiles=True,
        ),
        Engine("by hand", "numpy", by_hand),
        Engine("autograd", "autograd", with_autograd),
        Engine("torch", "torch", with_torch),
        Engine("jax eager", "jax", partial(with_jax, compiled=False)),
        Engine("jax jit", "jax", partial(with_jax, compiled=True), compiles=True),
    )
}
"""The engines by name; pullback, which the others are compared with, is the first."""
PEERS: Final = ("autograd", "torch", "jax")
"""The packages that pullback is compared with."""


def available(peers: tuple[str, ...] = PEERS) -> list[Engine]:
    """pullback, the gradient by hand, and the engines of those ``peers`` that are installed."""
    wanted = {"pullback", "numba", "numpy", *peers}
    return [
        engine
        for engine in ENGINES.values()
        if engine.package in wanted and all(map(find_spec, (engine.package, *engine.modules)))
    ]


def check(problem: Problem, run: Run) -> None:
    """Compare what an engine computes with the value and gradient by hand.

    Raises:
        AssertionError: the value, or an element of a gradient compared with the largest one,
            is off by more than 1e-10.
    """
    expected, actual = (_flat(*result()) for result in (by_hand(problem), run))
    for wanted, got in zip(expected, actual, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-10 * np.max(np.abs(wanted)))


def _flat(value: Any, gradient: Any) -> list[np.ndarray]:
    gradients = gradient if isinstance(gradient, (tuple, list)) else (gradient,)
    return [np.asarray(item, dtype=float) for item in (value, *gradients)]


def _closed(problem: Problem, xp: Any) -> Callable[..., Any]:
    """The loss as a function of the primals alone."""
    loss, constants = problem.loss, problem.constants

    def closed(*primals: Any) -> Any:
        return loss(xp, *primals, *constants)

    return closed


def _tensor(value: Any) -> Any:
    import torch

    return torch.tensor(value, dtype=torch.float64)
