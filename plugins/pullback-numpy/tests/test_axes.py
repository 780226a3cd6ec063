"""What the rules of array functions share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import vjp
from pullback_numpy.axes import as_array, conjugate, inverse, kept_shape, spread

lengths = st.integers(0, 3)


@settings(max_examples=50, deadline=None)
@given(st.lists(lengths, max_size=4), st.data())
def test_spread_is_broadcast_to(shape, data):
    have = [1 if data.draw(st.booleans()) else length for length in shape]
    have = have[data.draw(st.integers(0, len(have))) :]
    x = np.arange(np.prod(have)).reshape(have)
    for ct in (x, x.T.copy().T, x.astype(complex)):
        view = spread(ct, tuple(shape))
        assert_array_equal(view, np.broadcast_to(ct, shape), strict=True)
        assert not view.size or np.shares_memory(view, ct)


@pytest.mark.parametrize("dtype", np.typecodes["AllFloat"])
def test_scalars_of_every_type_are_spread(dtype):
    value = np.dtype(dtype).type(1.25)
    view = spread(value, (2, 3))
    assert_array_equal(view, np.full((2, 3), value), strict=True)
    assert view.strides == (0, 0)
    assert not view.flags.writeable


def test_kept_shape():
    for axis, kept in ((-1, (2, 3, 1)), ((2,), (2, 3, 1)), ((0, -1), (1, 3, 1)), ((), (2, 3, 4))):
        assert tuple(kept_shape((2, 3, 4), axis)) == kept
    assert tuple(kept_shape((2, 3, 4), np.int64(1))) == (2, 1, 4)
    assert kept_shape((), 0) == ()


def test_inverse():
    x = np.ones((2, 3, 4, 5))
    order = (2, 0, 3, 1)
    assert x.transpose(order).transpose(inverse(order)).shape == x.shape


def test_only_what_can_change_is_copied():
    x = np.ones(2)
    assert conjugate(x) is x
    assert_array_equal(conjugate(1j * x), -1j * x)


def test_a_list_of_traced_numbers_becomes_a_traced_array():
    y, pullback = vjp(lambda a, b: as_array([a, b]), 2.0, 3.0)
    assert y.tolist() == [2.0, 3.0]
    assert pullback(np.array([5.0, 7.0])) == (5.0, 7.0)
