"""Leaves of arguments and results: found, replaced, paired and compared."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

from pullback.conformance import Call, laid_out
from pullback.conformance.kinds import LAYOUTS
from pullback.conformance.values import (
    all_finite,
    any_nan,
    copied,
    describe,
    grouped,
    is_floating,
    kind_of,
    leaves,
    magnitude,
    map_leaves,
    mismatch,
    pairing,
    places,
    precision,
    replaced,
    short,
    unequal,
    value_at,
)

Pair = namedtuple("Pair", "first second")
NESTED = Call((1.0, [2.0, (3.0, "text")]), {"w": {"a": 4.0, "b": [5]}})


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.0, "f"),
        (1j, "c"),
        (1, "i"),
        (True, "b"),
        (np.float32(1), "f"),
        (np.complex64(1), "c"),
        (np.uint8(1), "i"),
        (np.bool(True), "b"),
        (np.zeros(2, np.float16), "f"),
        (np.array(["a"]), ""),
        (np.array([None]), ""),
        ("a", ""),
        (None, ""),
    ],
)
def test_the_kind_of_a_value(value, kind):
    assert kind_of(value) == kind
    assert is_floating(value) == (kind in ("f", "c"))


def test_every_leaf_has_a_place():
    assert places(NESTED) == [
        ((0,), 1.0),
        ((1, 0), 2.0),
        ((1, 1, 0), 3.0),
        ((1, 1, 1), "text"),
        (("w", "a"), 4.0),
        (("w", "b", 0), 5),
    ]


def test_a_leaf_is_found_at_its_place():
    assert all(value_at(NESTED, place) is leaf for place, leaf in places(NESTED))


def test_replacing_leaves_changes_these_and_no_others():
    new = {(0,): -1.0, (1, 1, 0): -3.0, ("w", "b", 0): -5}
    changed = replaced(NESTED, new)
    assert changed.args == (-1.0, [2.0, (-3.0, "text")])
    assert changed.params == {"w": {"a": 4.0, "b": [-5]}}
    assert NESTED.args == (1.0, [2.0, (3.0, "text")])
    assert NESTED.params == {"w": {"a": 4.0, "b": [5]}}


def test_replacing_keeps_what_else_a_call_says():
    call = Call((1.0, 2.0), exact=frozenset({1}), shared=True)
    changed = replaced(call, {(0,): 3.0})
    assert (changed.exact, changed.shared) == (frozenset({1}), True)


def test_an_argument_by_name_is_replaced():
    assert replaced(Call((), {"x": 1.0, "y": 2.0}), {("x",): 3.0}).params == {"x": 3.0, "y": 2.0}


def test_containers_keep_their_types():
    doubled = map_leaves(lambda place, leaf: 2 * leaf, [Pair(1.0, (2.0,)), {"a": [3.0]}])
    assert doubled == [Pair(2.0, (4.0,)), {"a": [6.0]}]
    assert type(doubled[0]) is Pair
    assert type(doubled[0].second) is tuple


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_copy_lies_in_memory_as_the_original_does(layout):
    original = laid_out(np.arange(24.0).reshape(2, 3, 4), layout)
    [copy] = copied([original])
    assert not np.shares_memory(original, copy)
    assert np.array_equal(original, copy)
    assert (copy.strides, copy.flags.writeable) == (original.strides, original.flags.writeable)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 3))[::-1],
        np.array(2.0),
        np.array([None, "a"], object)[::-1],
        np.ones(3).view(np.memmap),
        np.arange(6.0)[::-2].view(np.memmap),
    ],
    ids=["empty", "0-d", "object", "subclass", "strided subclass"],
)
def test_any_array_is_copied(array):
    copy = copied({"a": array})["a"]
    assert type(copy) is type(array)
    assert np.array_equal(copy, array)
    assert not np.shares_memory(copy, array)


def test_one_array_at_two_places_is_one_array_in_the_copy():
    x = np.ones(2)
    (first, (second, other)), params = copied(((x, [x, x.copy()]), {"x": x}))
    assert first is second is params["x"] is not x
    assert other is not first


def test_what_is_no_array_is_not_copied():
    assert copied([1.0, np.float32(2), "a", None]) == [1.0, np.float32(2), "a", None]


def test_values_pair_without_conjugation():
    # Re((1 + 2i)(3 - i)) = 5, beside 2 * 4 + 3 * 5
    assert pairing([1 + 2j, np.array([2.0, 3.0])], [3 - 1j, np.array([4.0, 5.0])]) == 28.0


def test_a_real_cotangent_pairs_with_the_real_part():
    assert pairing(2.0, 3.0 + 4j) == 6.0
    assert pairing(2j, 3.0 + 4j) == -8.0


def test_integers_and_missing_cotangents_count_for_nothing():
    assert pairing([5.0, None, 2.0], [7, 9.0, 3.0]) == 6.0
    assert magnitude([5.0, None, 2.0], [7, 9.0, -3.0]) == 6.0


def test_pairing_float32_adds_up_in_double_precision():
    ones = np.ones(3, np.float32)
    assert pairing(ones * np.float32(1e8), np.array([1, 1e-8, -1], np.float32)) == pytest.approx(
        1.0, rel=1e-6
    )


def test_the_magnitude_is_a_sum_of_absolute_products():
    assert magnitude(np.array([1.0, -2.0]), np.array([3.0, 4.0])) == 11.0
    assert magnitude([3 + 4j], [2.0 + 0j]) == 10.0


def test_pairing_different_structures_is_an_error():
    with pytest.raises(ValueError, match=r"zip\(\) argument 2 is shorter"):
        pairing([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("tree", "finite", "has_nan"),
    [
        ([1.0, "a", 3], True, False),
        ({"a": np.array([1.0, np.inf])}, False, False),
        ((np.nan, 1.0), False, True),
        ([complex(0, np.nan)], False, True),
    ],
)
def test_what_is_finite(tree, finite, has_nan):
    assert all_finite(tree) is finite
    assert any_nan(tree) is has_nan


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.0, "float"),
        (np.float32(1), "float32 scalar"),
        (np.zeros((2, 0), np.complex64), "complex64 array of shape (2, 0)"),
        (None, "NoneType"),
    ],
)
def test_values_in_words(value, words):
    assert describe(value) == words


def test_the_precision_is_that_of_the_coarsest_leaf():
    assert precision(1.0, [np.ones(2)]) == 2.3e-16
    assert precision(1.0, [np.ones(2), np.float32(1)]) == pytest.approx(2**-23, rel=0.01)
    assert precision(np.complex64(1)) == pytest.approx(2**-23, rel=0.01)
    assert precision(np.float32(1), np.float16(1)) == pytest.approx(2**-10, rel=0.05)
    assert precision(np.ones(2, np.float16).astype(int)) == 2.3e-16


SAME = [
    (1.0, 1.0),
    (np.nan, np.nan),
    (np.array([np.nan, np.inf, 1.0]), np.array([np.nan, np.inf, 1.0 + 1e-14])),
    (np.array([1e6, 1e-9]), np.array([1e6, 0.0])),
    (np.zeros((0, 2)), np.zeros((0, 2))),
    (np.float32(0.1), np.float32(0.1) + np.float32(1e-8)),
    ([1.0, {"a": (2,)}], [1.0, {"a": (2,)}]),
    ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}),
    (np.array(["a"]), np.array(["a"])),
    (slice(1, 2), slice(1, 2)),
    (None, None),
]


@pytest.mark.parametrize(("got", "want"), SAME, ids=lambda value: short(value))
def test_what_is_the_same(got, want):
    assert mismatch(got, want) is None


DIFFERENT = [
    (1.0, np.float64(1.0), "is float, wanted float64 scalar"),
    (np.float64(1.0), np.array(1.0), "is float64 scalar, wanted float64 array of shape ()"),
    (1, 1.0, "is int, wanted float"),
    (True, 1, "is bool, wanted int"),
    (np.ones(2), np.ones((2, 1)), "is float64 array of shape (2,), wanted float64 array of shape"),
    (np.ones(2, np.float32), np.ones(2), "is float32 array of shape (2,), wanted float64 array"),
    (np.array([1.0, np.nan]), np.array([np.nan, 1.0]), "is [ 1., nan], wanted [nan, 1.]"),
    (np.array([np.inf]), np.array([-np.inf]), "is [inf], wanted [-inf]"),
    (1.0, np.inf, "is 1.0, wanted inf"),
    (np.inf, 1.0, "is inf, wanted 1.0"),
    (1.0, 1.0 + 1e-11, "got 1.0 want 1.00000000001 (|err| 1e-11 > "),
    (np.float32(1), np.float32(1.001), "got 1. want 1.001"),
    (1 + 1j, 1 - 1j, "got (1+1j) want (1-1j)"),
    (np.array([1, 2]), np.array([1, 3]), "is [1, 2], wanted [1, 3]"),
    (np.array(["a"]), np.array(["b"]), "is ['a'], wanted ['b']"),
    ("a", "b", "is 'a', wanted 'b'"),
    (None, 1.0, "is NoneType, wanted float"),
    ([1.0], (1.0,), "is list of 1, wanted tuple of 1"),
    ((1.0, 2.0), Pair(1.0, 2.0), "is tuple of 2, wanted Pair of 2"),
    ([], {}, "is list of 0, wanted dict of nothing"),
    ([1.0, 2.0], [1.0], "is list of 2, wanted list of 1"),
    (1.0, [1.0], "is float, wanted list of 1"),
    ([1.0, [2.0]], [1.0, 2.0], "is list of 1, wanted float at [1]"),
    ({"a": 1.0}, {"b": 1.0}, "is dict of 'a', wanted dict of 'b'"),
    ({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]}, " at ['a', 1]"),
]


@pytest.mark.parametrize(("got", "want", "words"), DIFFERENT)
def test_how_values_differ(got, want, words):
    found = mismatch(got, want)
    assert found is not None
    assert words in found


def test_numbers_are_compared_relative_to_the_largest():
    assert mismatch(np.array([1e6, 1e-7]), np.array([1e6, 0.0])) is None
    assert mismatch(np.array([1e6, 1e-5]), np.array([1e6, 0.0])) is not None
    assert mismatch(1e-7, 0.0) is not None
    assert mismatch(1e-7, 0.0, scale=1e6) is None
    assert mismatch(1.0, 1.001, rtol=1e-2) is None


def test_a_complex_infinity_is_compared_by_its_place():
    assert unequal(np.array([1 + 1j, np.inf]), np.array([1 + 1j, np.inf]), 1e-12) is None
    assert unequal(np.array([1 + 1j, np.inf]), np.array([np.inf, 1 + 1j]), 1e-12) is not None


def test_unequal_shapes_are_said():
    assert unequal(np.ones(2), np.ones(3), 1e-12) == "has the shape (2,), wanted (3,)"


def test_long_values_are_cut():
    assert short(np.array([0.5, 0.25])) == "[0.5 , 0.25]"
    assert len(short("x" * 500)) == 120
    assert "..." in short(np.arange(1000.0))


def test_one_object_at_two_places_is_one_group():
    x, y = np.ones(2), np.ones(2)
    assert grouped([((0,), x), ((1,), y), ((2,), x)]) == [[(0,), (2,)], [(1,)]]


def test_leaves_of_a_leaf():
    assert [*leaves(1.0)] == [((), 1.0)]
    assert [*leaves([])] == []
