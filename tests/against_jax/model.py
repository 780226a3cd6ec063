"""What a comparison is, and the generic inputs that it is made at.

A `Case` is a function of a namespace, NumPy's or JAX's, and of primals, such as
``lambda xp, x: xp.sin(x)``. Inputs are random numbers, always the same, without ties and away from
kinks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

RANDOM = np.random.default_rng(20)


@dataclass(frozen=True, eq=False)
class Case:
    """One use of a NumPy function that JAX has too."""

    name: str
    """As in `docs/numpy.md`, with the namespace: ``numpy.linalg.inv``."""
    function: Callable[..., Any]
    """``(xp, *primals) -> y``, where ``xp`` is `numpy` or `jax.numpy`."""
    primals: tuple[Any, ...]
    """Arrays, all of which are differentiated."""


def call(name: str, *primals: Any, **params: Any) -> Case:
    """The function itself, with the same parameters for NumPy and JAX."""

    def function(xp: Any, *primals: Any) -> Any:
        return find(xp, name)(*primals, **params)

    return Case(name, function, primals)


def use(name: str, function: Callable[..., Any], *primals: Any) -> Case:
    """A function that calls the one of that name."""
    return Case(name, function, primals)


def find(xp: Any, name: str) -> Any:
    """The function of ``xp`` that NumPy has by that name."""
    return reduce(getattr, name.split(".")[1:], xp)


def real(*shape: int) -> Any:
    """Normal numbers."""
    return RANDOM.standard_normal(shape)


def between(low: float, high: float, *shape: int) -> Any:
    """Equally distributed numbers."""
    return RANDOM.uniform(low, high, shape)


def positive(*shape: int) -> Any:
    """Numbers between 0.5 and 2."""
    return between(0.5, 2, *shape)


def cplx(*shape: int) -> Any:
    """Complex numbers with normal parts."""
    return real(*shape) + 1j * real(*shape)


def spread(*shape: int) -> Any:
    """Numbers between -2 and 2 in a random order, far from each other, from 0 and from integers."""
    count = int(np.prod(shape))
    return RANDOM.permutation(np.linspace(-1.97, 1.93, count)).reshape(shape)


def increasing(count: int) -> Any:
    """Numbers with unequal steps, none of them small."""
    return np.cumsum(between(0.5, 1.5, count))


def regular(*shape: int) -> Any:
    """Square matrices that are far from singular."""
    return real(*shape) + 3 * np.eye(shape[-1])
