"""What is written on the nodes of a drawing."""

from __future__ import annotations

import numpy as np
import pytest

from pullback import Chain, Graph, folded, trace
from pullback.drawing.labels import cells, cut, in_ascii, is_folded, title, value_text


def last(f, *example):
    """The title of the output of a traced function."""
    return title(trace(f, *example).nodes[-1])


def test_constants_stand_among_dots():
    assert last(lambda x: x[1:3], np.ones(4)) == "getitem(·, 1:3)"
    assert last(lambda x: x[..., None, ::2], np.ones(4)) == "getitem(·, (..., None, ::2))"
    assert last(lambda x: np.sum(x, axis=0), np.ones(4)) == "sum(·, axis=0)"
    assert last(lambda x: x * np.ones((2, 3)), np.ones(3)) == "mul(·, float64(2, 3))"
    assert last(lambda x: np.concatenate([x, x]), np.ones(2)) == "concatenate"
    assert last(lambda x: np.transpose(x, (1, 0)), np.ones((2, 2))) == "transpose(·, (1, 0))"


def test_what_has_no_room_is_left_out_and_then_cut():
    node = trace(lambda x: np.sum(x, axis=0), np.ones(4)).nodes[-1]
    assert [title(node, room) for room in (14, 13, 3, 2)] == ["sum(·, axis=0)", "sum", "sum", "s…"]


def test_a_name_says_what_the_node_does_or_both_are_said():
    graph = Graph()
    x = graph.placeholder("x")
    graph.named("loss", x * x)
    graph.named("mul_by_2", x * 2.0)
    assert [title(node) for node in graph.nodes] == ["x", "loss: mul", "mul_by_2(·, 2.0)"]


def test_what_is_folded():
    graph = Graph()
    x = graph.placeholder("x")
    graph.call([np.sin, np.exp], x)
    graph.call(Chain([np.sin]), x)
    graph.call(trace(np.sin, 1.0), x)
    graph.call(folded(np.sin), x)
    graph.call(np.sin, x)
    assert [is_folded(node) for node in graph.nodes] == [False, True, True, True, True, False]


class Lazy:
    """An array that must not be computed, as those of dask are."""

    shape = ()
    dtype = np.dtype("float64")

    def __repr__(self):
        raise AssertionError("it was looked at")


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (0.1 + 0.2, None, "0.30000000000000004"),
        (0.1 + 0.2, 4, "0.3"),
        (np.float32(0.1), None, "0.1"),
        (np.float64(1e-12 / 3), 3, "3.33e-13"),
        (1 + 2j, None, "(1+2j)"),
        (3, 2, "3"),
        (np.int64(300), 2, "300"),
        (True, 3, "True"),
        (np.array(2.5), None, "2.5"),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), 3, "[[1, 2], [3, 4]]"),
        (np.array([True]), None, "[True]"),
        (np.ones(5), None, "float64(5)"),
        (np.ones((0, 3)), None, "float64(0, 3)"),
        ((1.0, np.ones(9)), None, "(1.0, float64(9))"),
        (None, None, "None"),
        ("a\nb", None, r"'a\nb'"),
        (Lazy(), None, "Lazy"),
    ],
)
def test_values(value, digits, expected):
    assert value_text(value, digits) == expected


def test_letters_that_take_two_columns_or_none():
    assert [cells(text) for text in ("x", "変", "e\u0301")] == [1, 2, 1]
    assert cut("変数変数", 5) == "変数…"


def test_signs_of_ascii():
    assert in_ascii("║α║ ← … 3 more …") == r"|\u03b1| <- ... 3 more ..."
