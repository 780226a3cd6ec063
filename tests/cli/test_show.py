"""``pullback show``: drawings of expressions and functions, and what is refused."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pullback import trace
from pullback.cli import main
from pullback.drawing import draw


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module ``shown`` in the current directory."""
    lines = [
        "import numpy as np",
        "def loss(p, x):",
        "    return np.sum((p['w'] * x + p['b']) ** 2)",
        "def broken(x):",
        "    return x / 0",
        "chain = [np.sin, np.exp]",
        "number = 3",
    ]
    (tmp_path / "shown.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def printed(command, *arguments):
    result = command("show", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refusal(command, *arguments):
    result = command("show", *arguments)
    assert result.exit_code in (1, 2)
    assert result.stdout == ""
    return result.exit_code, result.stderr.splitlines()[-1]


def test_the_values_of_the_seed_expression(command):
    drawn = printed(command, "exp(sin(sin(x)))", "x=2.0", "--width", "80")
    assert [line.strip() for line in drawn.splitlines()] == [
        "x = 2.0",
        "│",
        "sin = 0.9092974268256817",
        "│",
        "sin_2 = 0.7890723435728884",
        "│",
        "return exp = 2.2013533791690376",
    ]


def test_the_cotangents_from_1_at_the_output(command):
    drawn = printed(command, "--mode", "reverse", "exp(sin(sin(x)))", "x=2.0")
    assert "x ← -0.562752038662712" in drawn
    assert "return exp ← 1.0" in drawn


def test_the_tangents_from_1_at_the_first_input_or_a_named_one(command):
    first = printed(command, "x*y", "x=2", "y=3", "--mode=forward")
    assert ("x → 1.0" in first, "y →" in first, "mul → 3.0" in first) == (True, False, True)
    second = printed(command, "x*y", "x=2", "y=3", "--mode=forward", "--tangent", "y")
    assert ("x →" in second, "y → 1.0" in second, "mul → 2.0" in second) == (False, True, True)


def test_what_begins_with_a_minus_sign_is_an_expression_among_options(command):
    drawn = printed(command, "--width", "30", "-x", "x=2", "--mode", "value")
    assert "return neg = -2.0" in drawn


def test_arrays_and_ascii(command):
    drawn = printed(command, "sum(x**2)", "x=[1, 2]", "--ascii", "--mode", "reverse")
    assert "x <- [2.0, 4.0]" in drawn
    assert drawn.isascii()


@pytest.mark.parametrize("format_", ["dot", "mermaid"])
def test_other_formats_are_those_of_draw(command, format_):
    run = trace(lambda x: x * x, 3.0).run(3.0)
    drawn = printed(command, "x*x", "x=3", "--format", format_)
    assert drawn.rstrip("\n") == draw(run, format_).replace('"function"', '"expression"')


def test_a_file_holds_the_drawing_and_nothing_is_printed(command, tmp_path):
    path = tmp_path / "graph.txt"
    assert printed(command, "x*x", "x=3", "-o", str(path)) == ""
    assert path.read_text(encoding="utf-8").endswith("return mul = 9.0\n")
    code, message = refusal(command, "x*x", "x=3", "-o", str(tmp_path / "none" / "graph.txt"))
    assert code == 1
    assert message.endswith("graph.txt cannot be written: No such file or directory")


def test_a_function_of_a_module(command, module):
    arguments = '[{"w": [1, 2], "b": 3}, [0.5, 2]]'
    drawn = printed(command, "shown:loss", "--args", arguments, "--mode", "reverse")
    assert "p['b'] ← 21.0" in drawn
    drawn = printed(
        command, "shown:loss", "--args", arguments, "--mode", "forward", "--tangent", "p['b']"
    )
    assert "return sum → 21.0" in drawn


def test_a_chain_of_a_module(command, module):
    assert "return exp = " in printed(command, "shown:chain", "--args", "[0.5]")


def test_a_terminal_that_cannot_show_lines_gets_ascii():
    result = CliRunner(charset="latin-1").invoke(main, ["show", "x**2", "x=3"])
    assert result.stdout_bytes.split() == b"x = 3.0 | return pow(_, 2.0) = 9.0".split()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x"], 2, "Error: a graph needs an input: write NAME=VALUE after the expression"),
        (["x*y", "x=1"], 1, "Error: y has no value"),
        (["x", "x=1", "y=2"], 1, "Error: y is given and does not occur in the expression"),
        (["x**2", "x=[1,2]", "--mode", "reverse"], 1, "Error: a gradient needs a function whose"),
        (["x*x", "x=1", "--tangent", "x"], 2, "Error: --tangent is for --mode forward"),
        (
            ["x*x", "x=1", "--mode", "forward", "--tangent", "y"],
            2,
            "Error: there is no input 'y'; there is x",
        ),
        (["x*x", "x=1", "--args", "[1]"], 2, "Error: --args is for MODULE:FUNCTION"),
        (
            ["x*x", "x=1", "--format", "dot", "--ascii"],
            2,
            "Error: --ascii and --width are for text, not for dot",
        ),
        (["shown:loss"], 2, 'Error: a function needs its arguments: --args "[2.0, [1, 2]]"'),
        (["shown:loss", "x=1"], 2, "Error: shown:loss is a function: give its arguments as"),
        (["shown:loss", "--args", "3"], 2, "Error: Invalid value for --args: '3' is no JSON list"),
        (
            ["shown:loss", "--args", '["a"]'],
            2,
            "Error: Invalid value for --args: '[\"a\"]': write a number, or a list of numbers",
        ),
        (["shown:lass", "--args", "[1]"], 1, "Error: the module shown has no 'lass' (did you mean"),
        (["shwn:loss", "--args", "[1]"], 1, "Error: shwn:loss cannot be imported: there is no"),
        (
            ["shown:number", "--args", "[1]"],
            1,
            "Error: shown:number is no function, but of type int",
        ),
        (
            ["shown:broken", "--args", "[1]"],
            1,
            "Error: shown:broken cannot be run: ZeroDivisionError: float division by zero",
        ),
    ],
)
def test_what_is_refused(command, module, arguments, code, message):
    found, last = refusal(command, *arguments)
    assert (found, last[: len(message)]) == (code, message)
