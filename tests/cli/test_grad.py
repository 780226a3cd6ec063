"""``pullback grad``: values, derivatives, JSON, and what is refused."""

from __future__ import annotations

import json
import math
import re

import pytest

import pullback
from pullback.cli.grad import differentiate, value_of
from pullback.errors import ExpressionError


def gradient(command, *arguments):
    """The value and the derivatives that ``--json`` prints."""
    result = command("grad", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert printed["expression"] == arguments[0]
    return printed["value"], printed["gradient"]


def test_the_seed_expression_prints_value_and_derivative(command):
    result = command("grad", "exp(sin(sin(x)))", "x=2.0")
    assert result.exit_code == 0
    assert result.stdout.split() == ["value", "2.2013533791690376", "d/dx", "-0.562752038662712"]
    assert result.stderr == ""


def test_json_is_one_object(command):
    result = command("grad", "--json", "exp(sin(sin(x)))", "x=2.0")
    assert json.loads(result.stdout) == {
        "expression": "exp(sin(sin(x)))",
        "value": 2.2013533791690376,
        "gradient": {"x": -0.562752038662712},
    }


SCALAR = {
    "x*y + x": lambda x, y: (x * y + x, y + 1, x),
    "x**y": lambda x, y: (x**y, y * x ** (y - 1), math.log(x) * x**y),
    "x/y - y": lambda x, y: (x / y - y, 1 / y, -x / y**2 - 1),
    "hypot(x, y)": lambda x, y: (math.hypot(x, y), x / math.hypot(x, y), y / math.hypot(x, y)),
    "-x*sin(3*y)": lambda x, y: (-x * math.sin(3 * y), -math.sin(3 * y), -3 * x * math.cos(3 * y)),
    "np.exp(x)*y": lambda x, y: (math.exp(x) * y, math.exp(x) * y, math.exp(x)),
}


@pytest.mark.parametrize("text", SCALAR)
def test_derivatives_by_several_names(command, text):
    value, by_x, by_y = SCALAR[text](1.3, 0.7)
    got, derivatives = gradient(command, text, "x=1.3", "y=0.7")
    assert got == pytest.approx(value, rel=1e-14)
    assert derivatives == pytest.approx({"x": by_x, "y": by_y}, rel=1e-13)


def test_names_are_reported_in_the_order_in_which_they_were_given(command):
    result = command("grad", "a - b", "b=1", "a=2")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["value", "d/db", "d/da"]


def test_lists_are_arrays(command):
    value, derivatives = gradient(
        command, "sum((m @ w - [1, 1])**2)", "w=[1,2]", "m=[[1, 0], [0, 3]]"
    )
    assert value == 25.0
    assert derivatives == {"w": [0.0, 30.0], "m": [[0.0, 0.0], [10.0, 20.0]]}


def test_a_number_among_arrays_stays_a_number(command):
    assert gradient(command, "sum(a * exp(x))", "a=2", "x=[0, 0]") == (
        4.0,
        {"a": 2.0, "x": [2.0, 2.0]},
    )


def test_lists_are_printed_as_they_are_read(command):
    result = command("grad", "sum(x**2)", "x=[1, 2.5]")
    label, printed = result.stdout.splitlines()[1].split(maxsplit=1)
    assert label == "d/dx"
    assert json.loads(printed) == [2.0, 5.0]


def test_numbers_that_json_lacks_are_strings(command):
    with_infinity = command("grad", "--json", "x * inf", "x=2")
    assert json.loads(with_infinity.stdout, parse_constant=pytest.fail) == {
        "expression": "x * inf",
        "value": "inf",
        "gradient": {"x": "inf"},
    }
    value, derivatives = gradient(command, "sum(x)", "x=[NaN, 1]")
    assert (value, derivatives) == ("nan", {"x": [1.0, 1.0]})
    assert gradient(command, "-x", "x=Infinity") == ("-inf", {"x": -1.0})


def test_an_expression_may_begin_with_a_minus_sign(command):
    assert gradient(command, "-x**2", "x=3") == (-9.0, {"x": -6.0})
    assert gradient(command, "-cosh(x)", "x=0") == (-1.0, {"x": 0.0})
    assert command("grad", "--", "-x", "x=1").stdout.split() == ["value", "-1.0", "d/dx", "-1.0"]


def test_a_constant_expression_has_a_value_and_no_derivatives(command):
    result = command("grad", "exp(0)")
    assert result.stdout.split() == ["value", "1.0"]


def test_a_piecewise_constant_expression_has_derivative_zero(command):
    assert gradient(command, "floor(x)", "x=2.5") == (2.0, {"x": 0.0})


FAILING = {
    ("x**2", "x=[1,2,3]"): r"gives an array of shape \(3,\), and a gradient needs one number: red",
    ("divmod(x, 3)", "x=7"): "gives a tuple of 2 values, and a gradient needs one number",
    ("x * 1j", "x=2"): "gives the complex number 2j, and a gradient needs a real one",
    ("(-x)**0.5", "x=2"): "gives the complex number .*, and a gradient needs a real one",
    ("x * x", "x=1", "y=2"): "y is given and does not occur in the expression; it uses x",
    ("1", "y=2"): "y is given and does not occur in the expression; it uses no name",
    ("x * y", "x=1"): "y has no value; give it one after the expression: y=VALUE",
    ("log(x)", "x=-1"): "the expression cannot be evaluated: ValueError: ",
    ("1 / x", "x=0"): "the expression cannot be evaluated: ZeroDivisionError: ",
    ("9**9**9**9 * x", "x=1"): "the expression cannot be evaluated: OverflowError: ",
    ("sin(x, x)", "x=1"): "the expression cannot be evaluated: TypeError: ",
    ("x @ x", "x=[[1, 2]]"): "the expression cannot be evaluated: ValueError: ",
    ("x[0]", "x=1"): r"'x\[0\]' is a subscript; an expression holds numbers",
    ("x..y", "x=1"): "'x..y' is not an expression",
}


@pytest.mark.parametrize("arguments", FAILING, ids=" ".join)
def test_an_evaluation_error_is_one_line_and_exit_code_1(command, arguments):
    result = command("grad", *arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert re.match(f"Error: .*{FAILING[arguments]}", line), line


USAGE = {
    ("x", "x=one"): "'x=one': write a number, or a list of numbers",
    ("x", "x=[1,[2]]"): "write a number, or a list of numbers",
    ("x", 'x=["1"]'): "write a number, or a list of numbers",
    ("x", "x=[true]"): "write a number, or a list of numbers",
    ("x", "x=true"): "write a number, or a list of numbers",
    ("x", "x="): "write a number, or a list of numbers",
    ("x", "x=" + "[" * 100_000): "write a number, or a list of numbers",
    ("x", "x=1" + "0" * 400): "write a number, or a list of numbers",
    ("x", "x"): "'x' is not of the form NAME=VALUE",
    ("x", "2=3"): "'2=3' is not of the form NAME=VALUE",
    ("x", "in=3"): "'in=3' is not of the form NAME=VALUE",
    ("x", "x=1", "x=2"): "x is given twice",
    ("x", "--jsn"): "No such option '?--jsn'?",
    (): "Missing argument 'EXPRESSION'",
}


@pytest.mark.parametrize("arguments", USAGE, ids=lambda arguments: " ".join(arguments)[:20])
def test_a_usage_error_is_exit_code_2(command, arguments):
    result = command("grad", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(f"Error: .*{USAGE[arguments]}", result.stderr), result.stderr


def test_a_warning_is_one_line_on_standard_error(command):
    result = command("grad", "--json", "sum(x / 0)", "x=[1]")
    assert json.loads(result.stdout)["value"] == "inf"
    assert result.stderr.startswith("Warning: divide by zero encountered")
    assert all(line.startswith("Warning: ") for line in result.stderr.splitlines())


@pytest.mark.usefixtures("own_rules")
def test_a_primitive_may_raise_anything(command):
    def fails(x):
        raise LookupError("several\nlines:\n    of it")

    fails.__qualname__ = "fails"
    fails.__module__ = "mine"
    pullback.register(pullback.rule(fails)(fails))
    result = command("grad", "mine.fails(x)", "x=1")
    assert result.exit_code == 1
    assert result.stderr == ("Error: the expression cannot be evaluated: LookupError: several\n")


def test_the_function_behind_the_command():
    assert differentiate("x * y", {"x": 2.0, "y": 3.0}) == (6.0, {"x": 3.0, "y": 2.0})


@pytest.mark.parametrize("text", ["2", "2.0", " 2 ", "2e0", "+2"])
def test_numbers_are_floats(text):
    assert value_of(text) == 2.0
    assert type(value_of(text)) is float


def test_empty_and_nested_lists_have_their_shapes():
    assert value_of("[]").shape == (0,)
    assert value_of("[[1, 2, 3], [4, 5, 6]]").shape == (2, 3)
    assert value_of("[1]").dtype == float
    with pytest.raises(ExpressionError, match="in lists of one length"):
        value_of("[[1, 2], [3]]")
