"""Write into an array without writing: ``at(x)[index].set(value)``.

An array that is traced cannot be written to, as others hold it too. A new one that differs at some
places says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pullback.plugins import load
from pullback.spaces import array_type_of, array_types, gathered, plain

__all__ = ["At", "Place", "at"]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Some elements of an array, of which another array is made that differs there."""

    array: Any
    index: Any

    def set(self, value: Any) -> Any:
        """The array with ``value`` at the place, as after ``x[index] = value``.

        Args:
            value: a number or an array that broadcasts to ``x[index]``, traced or not. Where an
                index occurs twice, its last value counts.
        """
        return self._update(value, add=False)

    def add(self, value: Any) -> Any:
        """The array with ``value`` added at the place.

        Args:
            value: a number or an array that broadcasts to ``x[index]``, traced or not. Where an
                index occurs twice, all its values are added, unlike ``x[index] += value``.
        """
        return self._update(value, add=True)

    def _update(self, value: Any, *, add: bool) -> Any:
        kind = type(plain(self.array))
        if kind not in array_types:
            load()
        array_type = array_type_of(kind)
        return array_type.update(self.array, self.index, gathered(value), add=add)


@dataclass(frozen=True, slots=True, eq=False)
class At:
    """What `at` returns: an array that waits for an index."""

    array: Any

    def __getitem__(self, index: Any) -> Place:
        return Place(self.array, index)


def at(x: Any) -> At:
    """Other elements in an array, as a new array: ``at(x)[index].set(value)`` or ``.add(value)``.

    Args:
        x: an array, traced or not; it is not changed.

    Returns:
        An object to be indexed like ``x``.

    Raises:
        PrimalError: when a value is set, if ``x`` has no elements.

    >>> import numpy as np
    >>> import pullback
    >>> pullback.at(np.zeros(3))[1:].set(7.0)
    array([0., 7., 7.])
    >>> pullback.grad(lambda x: np.sum(pullback.at(x * x)[0].add(5.0 * x[2])))(np.ones(3))
    array([2., 2., 7.])
    """
    return At(gathered(x))
