"""Values as short text."""

from __future__ import annotations

import numpy as np
import pytest

from pullback.drawing.values import at_length, brief


class Lazy:
    """An array that must not be computed to be shown."""

    shape = (3,)
    dtype = np.dtype(float)

    def __repr__(self):
        return "lazy"

    def __array__(self, *_, **__):
        raise AssertionError("computed")

    def __iter__(self):
        raise AssertionError("computed")


@pytest.mark.parametrize(
    ("value", "short", "long"),
    [
        (1.0, "1", "1.0"),
        (np.float64(2 / 3), "0.666667", "0.6666666666666666"),
        (np.float32(0.5), "0.5", "0.5"),
        (1 / 3 - 2j, "0.3333-2j", "(0.3333333333333333-2j)"),
        (float("nan"), "nan", "nan"),
        (True, "True", "True"),
        (np.array(2.5), "2.5", "2.5"),
        (np.array([1.0, 2 / 3]), "[1, 0.666667]", "[1, 0.66666667]"),
        (np.eye(2), "[[1, 0], [0, 1]]", "[[1, 0], [0, 1]]"),
        (np.ones((3, 2)), "float64(3, 2)", "[[1, 1], [1, 1], [1, 1]]"),
        (np.arange(7), "int64(7)", "0, 1, 2, 3, 4, 5, … (7 numbers)"),
        (np.zeros(0), "[]", "[]"),
        ((1.0, np.ones(9)), "(1, float64(9))", "(1.0, 1, 1, 1, 1, 1, 1, … (9 numbers))"),
        ([1.0] * 9, "[1, 1, 1, 1, …]", "[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, …]"),
        ((None,), "(None)", "(None)"),
        ("a\x00b", r"'a\x00b'", r"'a\x00b'"),
    ],
)
def test_short_and_long(value, short, long):
    assert (brief(value), at_length(value)) == (short, long)


def test_lazy_array_is_not_computed():
    assert brief(Lazy()) == at_length(Lazy()) == "Lazy"


def test_no_value_is_long():
    class Talkative:
        def __repr__(self):
            return "word " * 1000

    assert len(brief(Talkative())) <= 18
    assert len(at_length(Talkative())) <= 120
