"""Strategies: numbers in their domain, in generic position, and shapes that go together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullback.conformance import (
    arrays,
    floats,
    indices,
    integers,
    masks,
    numpy_scalars,
    shapes,
)
from pullback.conformance.strategies import table
from pullback.domains import (
    Domain,
    above,
    below,
    interval,
    negative,
    nonzero,
    positive,
    reals,
    unit,
)
from pullback.errors import SampleError

quick = settings(max_examples=40, deadline=None)

DOMAINS = {
    "reals": reals,
    "positive": positive,
    "negative": negative,
    "nonzero": nonzero,
    "unit": unit,
    "interval(0, 1)": interval(0.0, 1.0),
    "interval(-3, 40)": interval(-3.0, 40.0),
    "above(1)": above(1.0),
    "above(-1e6)": above(-1e6),
    "below(-2)": below(-2.0),
    "without some points": Domain(-4.0, 4.0, (0.0, 1.5, -2.0)),
}
NARROW = {
    "next to 0": interval(0.0, 0.01),
    "around 1": interval(0.995, 1.005),
    "tiny": interval(0.0, 1e-300),
    "without its middle": Domain(-0.01, 0.01, (0.0,)),
}


@pytest.mark.parametrize("domain", (DOMAINS | NARROW).values(), ids=DOMAINS | NARROW)
def test_the_numbers_lie_in_their_domain_and_are_different(domain):
    numbers = table(domain)
    assert len(numbers) >= 100
    assert len({*numbers}) == len(numbers)
    assert all(type(number) is float and domain.contains(number) for number in numbers)


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
def test_the_numbers_keep_away_from_what_is_special(domain):
    special = [0.0, 1.0, -1.0, *domain.excluded, domain.low, domain.high]
    finite = [point for point in special if math.isfinite(point)]
    assert min(abs(number - point) for number in table(domain) for point in finite) >= 0.0099


@pytest.mark.parametrize("domain", [reals, positive, below(-2.0), interval(-3.0, 40.0)])
def test_the_numbers_can_be_read(domain):
    assert all(round(number, 2) == number for number in table(domain))


def test_real_numbers_have_both_signs_and_several_sizes():
    numbers = np.array(table(reals))
    assert 0.4 < np.mean(numbers > 0) < 0.6
    assert np.min(np.abs(numbers)) < 0.2
    assert np.max(np.abs(numbers)) > 2.0


def test_a_domain_without_numbers():
    with pytest.raises(SampleError, match=r"no number was found in Domain\(low=2.0, high=1.0"):
        table(interval(2.0, 1.0))


@quick
@given(floats(positive), numpy_scalars(unit), integers(-2, 3))
def test_numbers_have_their_types(number, scalar, integer):
    assert type(number) is float
    assert number > 0
    assert type(scalar) is np.float64
    assert -1 < scalar < 1
    assert type(integer) is int
    assert -2 <= integer <= 3


@quick
@given(arrays("n,k"), arrays("k,2,n", positive), arrays("k"))
def test_equal_letters_are_equal_lengths_within_one_call(a, b, c):
    n, k = a.shape
    assert b.shape == (k, 2, n)
    assert c.shape == (k,)
    assert {n, k} <= {1, 2, 3, 4}


def test_different_letters_are_independent_and_every_length_occurs():
    found = set()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(shapes("n,k"))
    def collect(shape):
        found.add(shape)

    collect()
    assert {n for n, _ in found} == {k for _, k in found} == {1, 2, 3, 4}
    assert any(n != k for n, k in found)


@quick
@given(arrays("3,5", unit))
def test_the_elements_of_an_array_are_different_numbers_of_the_domain(array):
    assert array.dtype == float
    assert len({*array.ravel().tolist()}) == 15
    assert np.all(np.abs(array) < 1)


@quick
@given(arrays(""), arrays(()), arrays((2, 0)), arrays(st.just((1, 2))))
def test_shapes_may_be_given_in_other_ways(a, b, c, d):
    assert all(type(array) is np.ndarray for array in (a, b, c, d))
    assert (a.shape, b.shape, c.shape, d.shape) == ((), (), (2, 0), (1, 2))


@quick
@given(masks("n,3"), masks((1,)), masks("0"))
def test_a_mask_has_both_values(mask, one, none):
    assert mask.dtype == one.dtype == bool
    assert mask.any()
    assert not mask.all()
    assert none.shape == (0,)


@quick
@given(indices("k", 3), indices((50,), 4, negative=True))
def test_indices_are_in_range(index, long):
    assert index.dtype.kind == "i"
    assert np.all((index >= 0) & (index < 3))
    assert np.all((long >= -4) & (long < 4))
    assert long.min() < 0 <= long.max()
