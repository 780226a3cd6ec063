"""Values as Python that can be pasted: evaluated again, they are what they were."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from pullback.conformance import Call, laid_out
from pullback.conformance.expressions import call_expression, expression
from pullback.conformance.kinds import LAYOUTS

NAMES = {"np": np, "laid_out": laid_out, "math": math, "operator": operator}


def again(value):
    """What the expression of ``value`` evaluates to."""
    return eval(expression(value), {**NAMES, "inf": None, "nan": None})


def same(a, b):
    """Whether two values are of one type, and equal where NaN equals NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (float, complex)):
        return np.array(a).tobytes() == np.array(b).tobytes()
    return a == b


VALUES = [
    0.5,
    -0.0,
    math.inf,
    -math.inf,
    math.nan,
    5e-324,
    1 - 2j,
    complex(math.nan, -math.inf),
    7,
    True,
    None,
    ...,
    "it's",
    slice(None, -1, 2),
    np.float64(0.25),
    np.float32(0.1),
    np.float16(-math.inf),
    np.complex64(1 + 1j),
    np.int8(-3),
    np.bool(True),
    np.str_("a"),
    np.array(0.5),
    np.array(0.5, np.float32),
    np.array([0.5, -0.0, math.nan, math.inf, -math.inf]),
    np.array([[1 + 2j, complex(math.nan, math.inf)]]),
    np.array([1, 2]),
    np.array([1, 2], np.int16),
    np.array([True, False]),
    np.array([0.1], np.float16),
    np.array([1 + 1j], np.complex64),
    np.array([1.5, 2.5], ">f8"),
    np.array(["ab", "c"]),
    np.array([None, "a"], object),
    np.empty((0,)),
    np.empty((2, 0, 3), np.float32),
    np.empty((0, 1), int),
    (),
    (1.0,),
    [np.ones(2), (1, {"a": np.float32(2.0)})],
    np.dtype("float32"),
    np.dtype(">i2"),
    np._NoValue,
]


@pytest.mark.parametrize("value", VALUES, ids=expression)
def test_a_value_is_the_same_again(value):
    assert same(again(value), value)


@pytest.mark.parametrize(
    "value", [float, int, np.float32, np.add, np.sum, math.sin, operator.add, abs], ids=expression
)
def test_functions_and_types_go_by_their_names(value):
    assert again(value) is value


@settings(max_examples=60, deadline=None)
@given(
    nps.arrays(
        nps.floating_dtypes(sizes=(16, 32, 64)) | nps.complex_number_dtypes(sizes=(64, 128)),
        nps.array_shapes(max_dims=3, max_side=3),
    ),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_any_array_in_any_layout_is_the_same_again(array, layout):
    value = laid_out(array, layout)
    found = again(value)
    assert np.array_equal(found, value, equal_nan=True)
    assert found.dtype == value.dtype
    assert found.flags.c_contiguous == value.flags.c_contiguous
    if not value.flags.c_contiguous:
        assert found.strides == value.strides
    assert found.flags.writeable == value.flags.writeable


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_goes_by_its_name(layout):
    array = laid_out(np.arange(24.0).reshape(2, 3, 4), layout)
    assert f"]), {layout!r})" in expression(array)
    assert again(array).strides == array.strides


def test_a_layout_without_a_name_keeps_the_numbers():
    window = np.arange(20.0).reshape(4, 5)[1:3, ::3]
    assert np.array_equal(again(window), window)
    assert again(np.broadcast_to(2.0, (2, 3))).tolist() == [[2.0] * 3] * 2
    assert expression(np.broadcast_to(2.0, (1, 2, 2))).endswith(", 'strided')")
    backwards = np.arange(6.0).reshape(2, 3)[:, ::-1]
    assert expression(backwards).endswith(", 'negative-stride')")
    assert np.array_equal(again(backwards), backwards)


def test_a_plain_array_reads_as_numpy_would_have_it():
    assert expression(np.array([[0.5, 1.0]])) == "np.array([[0.5, 1.0]])"
    assert expression(np.array([1.0], np.float32)) == "np.array([1.0], dtype='float32')"


def called(text):
    """The arguments with which an expression calls `check_rule`."""

    def check_rule(*args, **params):
        return args, params

    return eval(text, {**NAMES, "check_rule": check_rule})


def test_a_call_is_written_out():
    text = call_expression(
        "math.pow",
        Call((2.0, 3.0), {"axis": (0, 1)}),
        cotangent=np.ones(2),
        extra=["seed=3"],
    )
    args, params = called(text)
    assert args == (math.pow, 2.0, 3.0)
    assert params.pop("cotangent").tolist() == [1.0, 1.0]
    assert params == {"params": {"axis": (0, 1)}, "seed": 3}
    assert call_expression("f", Call(())) == "check_rule(f)"


def test_a_call_says_that_equal_arguments_are_one_primal():
    x = np.array([0.5])
    text = call_expression("math.hypot", Call((x, x), shared=True))
    assert text == "check_rule(math.hypot, np.array([0.5]), np.array([0.5]), shared=True)"
    assert "shared" not in call_expression("math.hypot", Call((x, x)))
