"""Hypothesis strategies for the inputs of rules: numbers and arrays in generic position.

Generic means: inside of the domain, away from its boundary, without ties or zeros. Whatever is
special (zeros, ties, boundaries, dtypes, memory layouts) is put in afterwards, by
`pullback.conformance.kinds`. Numbers have two decimals where they can, so that a minimal example
can be read.
"""

from __future__ import annotations

from functools import cache
from math import inf
from typing import Any, Final, TypeAlias

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pullback.domains import Domain, reals
from pullback.errors import SampleError

__all__ = ["arrays", "floats", "indices", "integers", "masks", "numpy_scalars", "shapes"]

Shape: TypeAlias = str | tuple[int, ...] | SearchStrategy[tuple[int, ...]]

_COUNT: Final = 151
"""Numbers in a table: a prime, so that every stride reaches all of them."""
_MARGIN: Final = 0.04
"""How far the numbers stay from the ends of an interval; half of it from 0 and
excluded points, a quarter from 1."""
_FEW: Final = 32
_LENGTHS: Final = (2, 3, 1, 4)


@cache
def table(domain: Domain) -> tuple[float, ...]:
    """Different numbers of ``domain``, those first that are easiest to read.

    Raises:
        SampleError: there are none.
    """
    low, high = domain.low, domain.high
    if low > -inf and high < inf:
        steps = [(k * 389) % 997 / 997 for k in range(1, 997)]
        margin = min(_MARGIN, (high - low) / 20)
        pool = [low + margin + (high - low - 2 * margin) * step for step in (0.75, 0.375, *steps)]
    else:
        grid = [((k * 61) % 293 + 8) / 100 for k in range(293)]
        easy = [0.5, 1.5, 0.25, 2.5, 1.25, 0.75]
        sizes = [*easy, *(size for size in grid if size not in easy)]
        if low > -inf:
            pool = [low + size for size in sizes]
        elif high < inf:
            pool = [high - size for size in sizes]
        else:
            pool = [sign * size for size in sizes for sign in (1.0, -1.0)]
            pool = [*pool[:1], *pool[3:], *pool[1:3]]
    decimals = 2 if high - low > 2 else 4
    numbers = dict.fromkeys(
        rounded
        for rounded in (round(number, decimals) for number in pool)
        if domain.contains(rounded)
        and abs(rounded) > _MARGIN / 2
        and abs(abs(rounded) - 1) > _MARGIN / 4
        and all(abs(rounded - point) > _MARGIN / 2 for point in domain.excluded)
    )
    if len(numbers) < _FEW:  # too narrow for margins
        numbers = dict.fromkeys(number for number in pool if domain.contains(number))
    if not numbers:
        raise SampleError(f"no number was found in {domain!r}")
    return tuple(numbers)[:_COUNT]


def floats(domain: Domain = reals) -> SearchStrategy[float]:
    """A Python float of ``domain``."""
    return st.sampled_from(table(domain))


def integers(low: int, high: int) -> SearchStrategy[int]:
    """A Python int from ``low`` to ``high``, both included."""
    return st.integers(low, high)


def numpy_scalars(domain: Domain = reals) -> SearchStrategy[np.float64]:
    """A NumPy float64 scalar of ``domain``."""
    return floats(domain).map(np.float64)


def _length(name: str) -> SearchStrategy[int]:
    if name.isdigit():
        return st.just(int(name))
    # The same letter means the same length in all arguments of one call.
    return st.shared(st.sampled_from(_LENGTHS), key=f"length {name}")


@cache
def _named_shapes(shape: str) -> SearchStrategy[tuple[int, ...]]:
    names = [name.strip() for name in shape.split(",") if name.strip()]
    return st.tuples(*map(_length, names))


def shapes(shape: Shape) -> SearchStrategy[tuple[int, ...]]:
    """The shapes that ``shape`` stands for.

    Args:
        shape: letters and digits separated by commas, ``"n,3"``, where equal letters are equal
            lengths within one call; a tuple of lengths; or a strategy of such tuples.
    """
    if isinstance(shape, str):
        return _named_shapes(shape)
    if isinstance(shape, tuple):
        return st.just(shape)
    return shape


def arrays(shape: Shape = "n,m", domain: Domain = reals) -> SearchStrategy[Any]:
    """A float64 array of numbers of ``domain``, no two alike.

    Args:
        shape: as for `shapes`: ``"n,k"``, ``""`` for an array without axes, a tuple, a strategy.
        domain: where the numbers live, in words of `pullback.domains`.
    """
    numbers = np.array(table(domain))

    def array(drawn: tuple[tuple[int, ...], int, int]) -> Any:
        lengths, start, stride = drawn
        size = int(np.prod(lengths, dtype=int))
        return numbers[(start + stride * np.arange(size)) % len(numbers)].reshape(lengths)

    return st.tuples(
        shapes(shape), st.integers(0, len(numbers) - 1), st.integers(1, len(numbers) - 1)
    ).map(array)


def masks(shape: Shape = "n,m") -> SearchStrategy[Any]:
    """A boolean array; of two elements and more it has both values."""

    def mask(drawn: tuple[tuple[int, ...], int]) -> Any:
        lengths, seed = drawn
        size = int(np.prod(lengths, dtype=int))
        values = np.random.default_rng(seed).permutation(np.arange(size) % 3 != 1)
        return values.reshape(lengths)

    return st.tuples(shapes(shape), st.integers(0, 99)).map(mask)


def indices(shape: Shape, below: int, negative: bool = False) -> SearchStrategy[Any]:
    """An integer array of numbers from 0 to ``below - 1``, or from ``-below`` with ``negative``."""

    def index(drawn: tuple[tuple[int, ...], int]) -> Any:
        lengths, seed = drawn
        low = -below if negative else 0
        return np.random.default_rng(seed).integers(low, below, lengths)

    return st.tuples(shapes(shape), st.integers(0, 99)).map(index)
