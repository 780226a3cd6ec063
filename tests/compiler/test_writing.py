"""The calls of a graph as lines, and what is returned."""

from __future__ import annotations

import re
from collections import OrderedDict

import numpy as np
import pytest
from equality import difference

from pullback import compile, value_and_grad

X = np.array([0.5, -1.5, 2.0])
SUM = "sum = np.add.reduce(y, axis=None)"


def lines(compiled):
    """The lines of the only program, without comments and what surrounds the calls."""
    (program,) = compiled.programs()
    code = [re.sub(r"\s*#.*", "", line).strip() for line in program.source.splitlines()]
    return [line for line in code if line]


def test_one_call_a_line_and_what_it_gives_beside_it():
    def f(x):
        y = np.sin(x) * 2.0
        return np.sum(y)

    compiled = compile(f)
    assert compiled(X) == f(X)
    assert lines(compiled)[-4:-1] == ["sin = np.sin(x)", "y = sin + sin", SUM]
    assert re.search(r"y = .*# float64\(3\), test_writing.py:\d+", compiled.source)


def test_the_parts_of_a_gradient():
    compiled = compile(value_and_grad(lambda x: np.sum(np.sin(x))))
    compiled(X)
    source = compiled.source
    assert source.index("# forward") < source.index("np.sin") < source.index("# backward")
    assert source.index("# backward") < source.index("np.cos")
    assert "pullback of sin" in source
    assert "# forward" not in compile(np.sin).source


def test_what_is_returned():
    def of(f, *args):
        compiled = compile(f)
        assert not difference(compiled(*args), f(*args))
        return lines(compiled)[-1]

    assert of(lambda x: x, X) == "return x"
    assert of(lambda x: (x, 1), X) == "return x, 1"
    assert of(lambda x: (x,), X) == "return x,"
    assert of(lambda x: [(x,), {"a": x}], X) == "return [(x,), {'a': x}]"
    assert of(lambda x: (), X) == "return ()"
    assert of(lambda x: OrderedDict(a=x), X).startswith("return unflatten(structure")
    assert of(lambda x: np.ones(2), X) == "return own_copy(constant)"


def test_guards_stand_where_their_values_are_known():
    def f(x):
        y = x * 2.0
        if y > 1:
            return y * 3.0
        return y

    compiled = compile(f)
    assert compiled(1.0) == 6.0
    code = lines(compiled)
    place = next(n for n, line in enumerate(code) if line.startswith("if not "))
    assert code[place - 1].endswith("> 1")
    assert code[place + 1] == "return turn(0, False, x)"


def test_what_is_captured_is_no_literal():
    weights = np.linspace(0.0, 1.0, 3)
    compiled = compile(lambda x: x * weights)
    assert not difference(compiled(X), X * weights)
    assert compiled.source.startswith("# weights: float64(3), captured\n")
    assert "0.5" not in compiled.source


def many_sines(rounds):
    def f(x, math_cos=1.0):
        for _ in range(rounds):
            x = np.sin(np.cos(x)) * math_cos
        return x

    return compile(f)


def test_a_function_that_is_called_often_has_a_name_of_its_own():
    compiled = many_sines(60)
    x = np.array([0.5, -2.0])
    want = x
    for _ in range(60):
        want = np.sin(np.cos(want))
    np.testing.assert_array_equal(compiled(x), want)
    lines = [line.partition("  #")[0].strip() for line in compiled.source.splitlines()]
    assert "np_sin, np_cos = np.sin, np.cos" in lines or "np_cos, np_sin = np.cos, np.sin" in lines
    assert "np.sin(" not in compiled.source
    assert compiled(0.5) == pytest.approx(many_sines(60)(np.array([0.5]))[0], rel=1e-12)
    assert "math_sin = math.sin" in compiled.source  # math_cos is an argument
    assert "math.cos(" in compiled.source


def test_a_function_that_is_called_seldom_has_none():
    compiled = many_sines(20)
    compiled(0.5)
    assert "math.sin(" in compiled.source
    assert "math_sin" not in compiled.source
