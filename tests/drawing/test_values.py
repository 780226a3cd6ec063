"""Values at length."""

from __future__ import annotations

import numpy as np
import pytest

from pullback.drawing.values import at_length


class Lazy:
    """An array that must not be computed to be shown."""

    shape = (3,)
    dtype = np.dtype(float)

    def __array__(self, *_, **__):
        raise AssertionError("computed")

    def __iter__(self):
        raise AssertionError("computed")

    def __repr__(self):
        raise AssertionError("computed")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (np.float64(2 / 3), "0.6666666666666666"),
        (np.float32(0.5), "0.5"),
        (1 / 3 - 2j, "(0.3333333333333333-2j)"),
        (float("nan"), "nan"),
        (True, "True"),
        (np.array(2.5), "2.5"),
        (np.array([1.0, 2 / 3]), "[1, 0.66666667]"),
        (np.array([1 + 2j / 3]), "[1+0.66666667j]"),
        (np.ones((3, 2)), "[[1, 1], [1, 1], [1, 1]]"),
        (np.arange(7), "0, 1, 2, 3, 4, 5, … (7 numbers)"),
        (np.zeros(0), "[]"),
        ((1.0, np.ones(9)), "(1.0, 1, 1, 1, 1, 1, 1, … (9 numbers))"),
        ([1.0] * 9, "[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, …]"),
        ((None,), "(None)"),
        ("a\x1bb", r"'a\x1bb'"),
        (np.array(["a\u2028b"]), r"['a\u2028b']"),
    ],
)
def test_value_at_length(value, text):
    assert at_length(value) == text


def test_lazy_array_is_not_computed():
    assert at_length(Lazy()) == "Lazy"


def test_no_value_is_long():
    class Talkative:
        def __repr__(self):
            return "word " * 1000

    assert len(at_length(Talkative())) <= 120
