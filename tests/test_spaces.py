"""Spaces of Python's numbers, a value type that a plugin brings, and deferred cotangents."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from pullback import ArrayType, Deferred, spaces, val_and_grad, vjp
from pullback.errors import PrimalError
from pullback.spaces import Pending, add_array_type, project, space_of

FLOAT = (float, None, None)
COMPLEX = (complex, None, None)


@pytest.mark.parametrize(
    ("cotangent", "space", "want"),
    [
        (2.0, FLOAT, 2.0),
        (2, FLOAT, 2.0),
        (np.float64(2.0), FLOAT, 2.0),
        (np.float32(2.0), FLOAT, 2.0),
        (np.array(2.0), FLOAT, 2.0),
        (np.ones((2, 3)), FLOAT, 6.0),
        (2.0 + 3.0j, FLOAT, 2.0),
        (np.complex64(2.0 + 3.0j), FLOAT, 2.0),
        (np.full(2, 1.0 + 3.0j), FLOAT, 2.0),
        (2.0, COMPLEX, 2.0 + 0.0j),
        (np.full(2, 1.0 + 3.0j), COMPLEX, 2.0 + 6.0j),
    ],
)
def test_cotangents_of_python_numbers(cotangent, space, want):
    got = project(cotangent, space)
    assert got == want
    assert type(got) is space[0]


def test_a_value_of_an_unknown_type_is_refused():
    with pytest.raises(PrimalError, match=r"fractions\.Fraction cannot be differentiated"):
        space_of(Fraction(1, 2))
    with pytest.raises(PrimalError, match="primal 0 is Fraction"):
        vjp(lambda x: x, Fraction(1, 2))


def test_an_unknown_type_names_the_plugin_that_is_known_to_describe_it():
    array = type("Array", (), {"__module__": "dask.array.core"})
    with pytest.raises(PrimalError, match="pip install pullback-dask"):
        space_of(array())


@pytest.fixture
def fractions():
    """Fractions as a value type, for one test."""

    class Fractions(ArrayType):
        types = (Fraction,)
        scalar = True

        def space(self, value):
            return (Fraction, None, None)

        def project(self, cotangent, space):
            return Fraction(cotangent)

        def zeros(self, space):
            return Fraction(0)

        def ones(self, space):
            return Fraction(1)

        def basis(self, space):
            yield Fraction(1)

        def stack(self, rows, space, *, last):
            return rows[0]

    add_array_type(Fractions())
    yield
    for mapping in (spaces.array_types, spaces.space_makers, spaces.scalar_spaces):
        del mapping[Fraction]


@pytest.mark.usefixtures("fractions")
def test_a_plugin_may_bring_its_own_numbers():
    third = Fraction(1, 3)
    assert val_and_grad(lambda x: x * x / 2, third) == (Fraction(1, 18), third)
    assert vjp(lambda x, y: 2.0, third, third)[1](1.0) == (Fraction(0), Fraction(0))


def test_deferred_cotangents_of_several_kinds_are_all_merged():
    class Plus(Deferred):
        def __init__(self, amount):
            self.amount = amount

        @classmethod
        def merge(cls, dense, parts, space):
            return (dense or 0.0) + sum(part.amount for part in parts)

    class Times(Plus):
        @classmethod
        def merge(cls, dense, parts, space):
            return (dense or 0.0) + sum(10.0 * part.amount for part in parts)

    pending = Pending(1.0, Plus(2.0))
    pending.parts += [Times(3.0), Plus(4.0)]
    assert pending.total(FLOAT) == 37.0
