"""How a program begins: it looks at its arguments, and goes elsewhere if it is not for them."""

from __future__ import annotations

import dataclasses
from collections import namedtuple

import numpy as np
import pytest
from equality import difference

from pullback import compile
from pullback.compiler.entry import arguments_text, header
from pullback.compiler.signatures import form_of


def f_of_all(a, b=1.0, /, c=(1, 2), *, d, e="x"): ...


def test_headers():
    form = form_of(f_of_all)
    assert header("f", form) == "def f(a, b=1.0, /, c=..., *, d, e='x'):"
    assert arguments_text(form) == "a, b, c, d=d, e=e"
    assert header("f", form_of(np.sin)) == "def f(*args, **params):"
    assert header("f", form_of(lambda: 1)) == "def f():"


X = np.array([0.5, 1.5])
Pair = namedtuple("Pair", "a b")


@dataclasses.dataclass
class Point:
    x: object
    y: object


OTHERS = {
    "a number": [1.0, 1, np.float64(1.0), np.float32(1.0), np.array(1.0), 1j, True, "a", None],
    "an array": [X, X.astype("f4"), X.astype(int), X[:1], X[None], [*X], X.astype(">f8"), X + 0j],
    "a list": [[1.0, X], [X, 1.0], (1.0, X), [1.0], [], [1.0, X, 1.0], [1, X], Pair(1.0, X)],
    "a dict": [
        {"a": 1.0, "b": X}, {"b": X, "a": 1.0}, {"a": 1.0, "c": X}, {"a": 1.0}, {},
        {"a": X, "b": X},
        {"a": {"b": X}}, {"a": 1.0, "b": [X]}, {0: 1.0, 1: X}, {"a": 1.0, "b": True},
        {"a": 1.0, "b": False}, {"b": False, "a": 1.0}, {"a": 1.0, "b": "t"},
    ],
    "a dataclass": [Point(1.0, X), Point(X, 1.0), Point(1.0, {"b": X, "a": 1}),
        Point(1.0, {"a": 1, "b": X}), Pair(1.0, X), (1.0, X)],
    "nested": [[{"a": (1.0,)}], [{"a": [1.0]}], [{"a": 1.0}], [({"a": 1.0},)], [[{"a": 1.0}]]],
}  # fmt: skip


@pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
def test_a_program_is_run_for_its_own_signature_only(values):
    """Every order of values that resemble each other: each is answered by its own program."""
    kinds = lambda tree: (tree, repr(tree.__class__))
    for start in range(len(values)):
        compiled = compile(kinds)
        for value in (*values[start:], *values[:start], *values):
            assert not difference(compiled(value), kinds(value))
        assert len(compiled.programs()) == len(values)


@pytest.mark.parametrize("most", [1, 2, 64])
def test_programs_that_were_made_before_are_found_again(most):
    compiled = compile(lambda x: x * 2.0, most_programs=most)
    rng = np.random.default_rng(0)
    for n in rng.integers(0, 12, 120).tolist():
        assert np.array_equal(compiled(np.ones(n)), 2 * np.ones(n))
        assert len(compiled.programs()) <= most


def test_arguments_that_lie():
    """What only says that it is an array is looked at by its type."""

    class Liar:
        shape, dtype = (2,), np.dtype(float)

    class Sub(np.ndarray):
        pass

    compiled = compile(lambda x: x * 2.0)
    compiled(X)
    for value in (Liar(), X.view(Sub)):
        with pytest.raises(Exception, match=r"x|Sub"):
            compiled(value)
    assert np.array_equal(compiled(X), 2 * X)
