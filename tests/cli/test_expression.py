"""Expressions: what they mean, and what they refuse."""

from __future__ import annotations

import math
import sys
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullback.cli.expression import CONSTANTS, parse
from pullback.errors import ExpressionError, UnknownNameError


def value(text, *, arrays=False, **values):
    return parse(text, values, arrays=arrays)(values)


NUMBERS = st.floats(-8, 8).map(lambda x: (f"({x!r})", x))
NAMES = st.sampled_from("xy").map(lambda name: (name, {"x": 1.25, "y": -0.5}[name]))
FUNCTIONS = {"sin": math.sin, "math.cos": math.cos, "abs": abs, "tanh": math.tanh}
BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
}


def larger(smaller):
    """An expression as text, beside its value, computed as the text is put together."""
    called = st.tuples(st.sampled_from([*FUNCTIONS]), smaller).map(
        lambda drawn: (f"{drawn[0]}({drawn[1][0]})", FUNCTIONS[drawn[0]](drawn[1][1]))
    )
    negated = smaller.map(lambda item: (f"(-{item[0]})", -item[1]))
    combined = (
        st.tuples(st.sampled_from([*BINARY]), smaller, smaller)
        .filter(lambda drawn: drawn[0] not in ("//", "%") or drawn[2][1] != 0)
        .map(
            lambda drawn: (
                f"({drawn[1][0]} {drawn[0]} {drawn[2][0]})",
                BINARY[drawn[0]](drawn[1][1], drawn[2][1]),
            )
        )
    )
    return st.one_of(called, negated, combined)


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.one_of(NUMBERS, NAMES), larger, max_leaves=12))
def test_an_expression_means_what_it_means_in_python(drawn):
    text, expected = drawn
    assert value(text, x=1.25, y=-0.5) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7.0),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("+x - -x", 6.0),
        ("7 // 2 + 7 % 4", 6.0),
        ("1 / 4", 0.25),
        ("(x\n* 2)", 6.0),
        ("pi + e + tau", math.pi + math.e + math.tau),
        ("math.pi - np.pi", 0.0),
        ("-inf", -math.inf),
        ("abs(3 - 4j)", 5.0),
        ("1e3", 1000.0),
        ("fsum([x, 1, 2])", 6.0),
        ("max(x, 2, 5)", 5.0),
        ("round(2.345, 1) + round(x)", 5.3),
        ("round(2.345, ndigits=2)", 2.35),
        ("pow(x, 3) + math.pow(x, 2) + operator.pow(x, 1)", 39.0),
        ("hypot(3, 4)", 5.0),
    ],
)
def test_values(text, expected):
    assert value(text, x=3.0) == pytest.approx(expected, rel=1e-15)


def test_a_given_name_is_stronger_than_a_constant():
    assert value("e * pi", e=2.0) == 2.0 * math.pi
    assert parse("e * x", ["x", "e", "unused"]).names == ("e", "x")


def test_a_name_without_a_module_is_that_of_math_for_numbers_and_of_numpy_for_arrays():
    assert type(value("exp(x)", x=1.0)) is float
    assert type(value("numpy.exp(x)", x=1.0)) is np.float64
    assert type(value("np.exp(x)", x=1.0)) is np.float64
    np.testing.assert_array_equal(value("exp(x)", arrays=True, x=np.ones(2)), np.exp(np.ones(2)))


def test_what_math_does_not_have_is_looked_for_in_numpy():
    assert value("maximum(x, 2)", x=1.0) == 2.0


def test_what_numpy_does_not_have_is_not_looked_for_in_math():
    with pytest.raises(UnknownNameError, match=r"name fsum \(did you mean math\.fsum"):
        value("fsum(x)", arrays=True, x=np.ones(2))


def test_another_name_of_a_primitive_is_known():
    assert np.abs is np.absolute
    assert value("numpy.abs(x) + np.absolute(x)", x=-2.0) == 4.0


def test_lists_of_numbers_are_arrays_beside_numpy():
    x = np.array([1.0, 2.0])
    assert value("sum(x * [3, 4])", arrays=True, x=x) == 11.0
    np.testing.assert_array_equal(value("[[1, 2], [3, 4]] @ x", arrays=True, x=x), [5.0, 11.0])
    np.testing.assert_array_equal(value("np.sum([[1, 2], [3, 4]], axis=0)"), [4.0, 6.0])


def test_integers_beside_other_arguments_and_tuples_stay_integers():
    x = np.arange(6.0)
    assert value("reshape(x, (2, 3))", arrays=True, x=x).shape == (2, 3)
    assert value("expand_dims(x, 0)", arrays=True, x=x).shape == (1, 6)
    assert value("sum(reshape(x, (2, -1)), axis=-1)", arrays=True, x=x).tolist() == [3.0, 12.0]
    assert value("sum(x, axis=(0,), keepdims=True)", arrays=True, x=x).shape == (1,)


REFUSED = {
    "x.real": "'x.real' is an attribute",
    "x.sum()": "'x.sum' is an attribute",
    "(1).real": r"'\(1\).real' is an attribute",
    "sin.__self__": "'sin.__self__' is an attribute",
    "math.__loader__": "'math.__loader__' is an attribute",
    "__builtins__": "'__builtins__' is a name with underscores",
    "__import__('os')": "'__import__' is a name with underscores",
    "math.__dict__(x)": "'math.__dict__' is an attribute",
    "x[0]": r"'x\[0\]' is a subscript",
    "x < 1": "'x < 1' is a comparison",
    "x and x": "'x and x' is a boolean operation",
    "not x": "'not x' is an operation that is not arithmetic",
    "~x": "'~x' is an operation that is not arithmetic",
    "x << 2": "'x << 2' is an operation that is not arithmetic",
    "x if x else x": "is a condition",
    "lambda: x": "'lambda: x' is a lambda",
    "(lambda: x)()": "'lambda: x' is not the name of a function",
    "[x for _ in x]": "is a comprehension",
    "sum(x for _ in x)": "is a comprehension",
    "{x: x}": "is a dict",
    "{x}": "is a set",
    "(x, x)": "is a tuple",
    "(y := x)": "'y := x' is an assignment",
    "'text'": "\"'text'\" is a string",
    "b'text'": "is a string",
    "f'{x}'": "is an f-string",
    "True": "'True' is not a number",
    "None": "'None' is not a number",
    "...": "'...' is not a number",
    "sin(*x)": "'[*]x' is an unpacked argument",
    "sin(**x)": "'x' is an unpacked argument",
    "sin(sin)(x)": r"'sin\(sin\)' is not the name of a function",
    "2(x)": "'2' is not the name of a function",
    "x(2)": r"x is a value, not a function; write x \* ",
    "pi(2)": r"pi is a value, not a function; write pi \* ",
    "sin": r"sin is a function; call it: sin\(\.\.\.\)",
    "x + math.sin": r"math\.sin is a function; call it",
    "round(x, ndigits=x)": "'x' is not a number, True, False, None or a tuple",
    "round(x, ndigits='2')": "is not a number, True, False, None or a tuple",
    "round(x, ndigits=[{}])": "is not a number, True, False, None or a tuple",
    "await x": "is an operation that is not arithmetic",
    "x +": "'x [+]' is not an expression: invalid syntax",
    "x = 2": "is not an expression",
    "x\n* 2": r"'x \* 2' is not an expression",
    "import os": "is not an expression",
    "x; x": "is not an expression",
    "": "'' is not an expression",
    "x\0": "is not an expression: .*null",
    "9" * 400: r"'999.*\.\.\.' is beyond the range of floats",
    "9" * 5000: "is not an expression: Exceeds the limit",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20].replace("\0", "0"))
def test_anything_else_is_refused_with_the_part_that_offends(text):
    with pytest.raises(ExpressionError, match=REFUSED[text]):
        parse(text, ["x"])


UNKNOWN = {
    "y": "^y has no value; give it one after the expression: y=VALUE$",
    "amplitud": r"^amplitud has no value \(did you mean amplitude\?\)",
    "sine(x)": r"name sine \(did you mean math\.sin or .*\); `pullback rules`",
    "math.sine(x)": r"name math\.sine \(did you mean math\.sin",
    "os.system(x)": "name os.system",
    "numpy.os.getcwd()": "name numpy.os.getcwd",
    "sys.exit(x)": "name sys.exit",
    "open(x)": "name open",
    "eval(x)": "name eval",
    "print(x)": "name print",
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_name_is_refused_with_near_ones(text):
    with pytest.raises(UnknownNameError, match=UNKNOWN[text]):
        parse(text, ["x", "amplitude"])


DEEP = {
    "parentheses": "(" * 10_000 + "x" + ")" * 10_000,
    "lists": "[" * 10_000 + "x" + "]" * 10_000,
    "signs": "-" * 100_000 + "x",
    "sums": "+".join(["x"] * 100_000),
    "powers": "**".join(["x"] * 100_000),
    "attributes": "math" + ".pi" * 100_000,
    "keyword": f"round(x, ndigits={'-' * 10_000}1)",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_an_expression_that_is_too_deep_is_refused(text):
    with pytest.raises(ExpressionError, match=r"nested too deeply|too many nested parentheses"):
        parse(text, ["x"])


def test_an_expression_as_deep_as_python_reads_works():
    assert value("+".join(["x"] * 900), x=1.0) == 900.0
    assert value("abs(" * 190 + "x" + ")" * 190, x=-1.0) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "pow(9, 999999999)",
        "operator.pow(9, 999999999)",
        "floor(9.5)**floor(9.5)**floor(9.5)**floor(9.5)",
        "operator.pow(floor(9.5), operator.pow(floor(9.5), floor(9.5)))",
    ],
)
def test_integers_do_not_grow_without_bound(text):
    with pytest.raises(OverflowError):
        value(text)


def test_nothing_is_imported_for_a_name():
    before = {*sys.modules}
    with pytest.raises(UnknownNameError):
        parse("antigravity.fly(x)", ["x"])
    with pytest.raises(UnknownNameError):
        parse("numpy.testing.assert_equal(x)", ["x"])
    assert {*sys.modules} == before


def test_a_module_is_not_asked_for_what_it_does_not_have(monkeypatch):
    module = types.ModuleType("lazy")
    asked = []
    module.__getattr__ = asked.append
    monkeypatch.setitem(sys.modules, "lazy", module)
    with pytest.raises(UnknownNameError):
        parse("lazy.thing(x)", ["x"])
    assert "thing" not in asked


def test_constants_are_those_of_math():
    assert {name: getattr(math, name) for name in CONSTANTS} == CONSTANTS
