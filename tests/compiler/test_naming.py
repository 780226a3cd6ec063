"""Names: unique, identifiers, and those of the program where it has some."""

from __future__ import annotations

import keyword

import numpy as np
import pytest

from pullback import compile, trace, value_and_grad
from pullback.compiler.naming import WORDS, Names, variable_names


@pytest.mark.parametrize("wanted", ["x", "class", "a b", "", "1", "é", "x.y", "len", "_", "λ"])
def test_names_are_identifiers_and_unique(wanted):
    names = Names({"x_2"})
    given = [names.free(wanted) for _ in range(4)]
    assert len({*given, "x_2"}) == 5
    assert all(name.isidentifier() for name in given)
    assert not any(keyword.iskeyword(name) or name in WORDS for name in given)


def test_names_that_are_taken_later():
    names = Names()
    assert names.free("y") == "y"
    names.take(["y_2", "z"])
    assert (names.free("y"), names.free("z")) == ("y_3", "z_2")


def named(f, *args, kept=()):
    graph = trace(f, *args)
    inputs = {node.index: node.name for node in graph.inputs}
    found = variable_names(graph.nodes, inputs, ["np"], kept)
    return [found[node.index] for node in graph if node.kind == "call"]


def f_of_lines(x):
    hidden = np.tanh(x * 2.0 + 1.0)
    hidden = hidden * hidden
    x = hidden - 1.0
    y: float = x * 1.5
    y -= 1.0
    a, b = y * 2.0, y * 3.0
    return a + b


def test_the_last_call_of_a_line_has_its_name():
    found = named(f_of_lines, 0.5)
    assert found == ["mul", "add", "hidden", "hidden", "x_2", "y", "y", "mul", "mul_2", "add"]


def test_names_are_used_again():
    def f(x):
        return np.sum(np.sin(np.sin(np.sin(np.sin(x)))))

    compiled = compile(value_and_grad(f))
    compiled(np.ones(3))
    backward = compiled.source.partition("# backward")[2]
    targets = [line.split(" = ")[0].strip() for line in backward.splitlines() if " = " in line]
    assert len(set(targets)) < len(targets)


def test_no_name_is_used_again_while_its_value_is_needed():
    """A gradient of many terms, whose names are few."""

    def f(x):
        terms = [np.sin(x * k) * np.cos(x) for k in range(1, 9)]
        return np.sum(sum(terms) * terms[0] * terms[-1])

    x = np.linspace(-1, 1, 5)
    got, want = compile(value_and_grad(f))(x), value_and_grad(f)(x)
    assert np.allclose(got[1], want[1], rtol=1e-13, atol=1e-13)
