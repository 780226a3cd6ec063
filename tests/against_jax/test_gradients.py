"""The gradients of all cases are those that JAX finds in double precision."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pullback import vjp
from tests.against_jax.model import Case
from tests.against_jax.table import CASES

TOLERANCE = 1e-10

jax.config.update("jax_enable_x64", True)


def outputs(y: Any) -> tuple[Any, ...]:
    """The floating-point arrays of an output, also of one in tuples and lists."""
    if isinstance(y, (tuple, list)):
        return tuple(leaf for item in y for leaf in outputs(item))
    return (y,) if np.issubdtype(y.dtype, np.inexact) else ()


def as_ours(cotangent: Any) -> Any:
    """JAX's cotangent in the convention of `docs/conventions.md`.

    Both pair a cotangent with a tangent without a conjugate, so nothing is to be done: neither
    for a holomorphic function nor for a real function of complex numbers, whose gradient is
    ``d/dx - i d/dy`` here as there.
    """
    return np.asarray(cotangent)


def difference(got: Any, want: Any) -> float:
    """The largest difference relative to the largest number, or to 1 where that is larger."""
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    if not want.size:
        return 0.0
    return float(np.max(np.abs(got - want)) / max(1.0, np.max(np.abs(want))))


def random_like(leaf: Any, random: np.random.Generator) -> Any:
    """Normal numbers in the space of an output."""
    numbers = random.standard_normal(leaf.shape)
    if leaf.dtype.kind == "c":
        numbers = numbers + 1j * random.standard_normal(leaf.shape)
    return np.asarray(numbers, leaf.dtype)[()]


def differences(case: Case) -> tuple[list[float], list[float]]:
    """How far the outputs, and the cotangents of the primals, are from those of JAX."""
    y, pullback = vjp(lambda *primals: outputs(case.function(np, *primals)), *case.primals)
    jax_y, jax_pullback = jax.vjp(
        lambda *primals: outputs(case.function(jnp, *primals)), *map(jnp.asarray, case.primals)
    )
    random = np.random.default_rng(3)
    cts = tuple(random_like(leaf, random) for leaf in y)
    got = pullback(cts)
    got = got if len(case.primals) > 1 else (got,)
    want = map(as_ours, jax_pullback(tuple(map(jnp.asarray, cts))))
    of_values = [difference(a, np.asarray(b)) for a, b in zip(y, jax_y, strict=True)]
    return of_values, [difference(a, b) for a, b in zip(got, want, strict=True)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_gradient_is_that_of_jax(case):
    of_values, of_cotangents = differences(case)
    assert max(of_values) <= TOLERANCE
    assert max(of_cotangents) <= TOLERANCE
