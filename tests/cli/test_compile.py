"""``pullback compile``: the code of expressions and functions, and what is refused."""

from __future__ import annotations

import io
import math
import sys

import click
import numpy as np
import pytest

from pullback.cli.compile import print_source


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module ``compiled_here`` in the current directory."""
    lines = [
        "import numpy as np",
        "def loss(p, x):",
        "    wide = p['w'] * x",
        "    return np.sum((wide + p['b']) ** 2)",
        "def broken(x):",
        "    return [1, 2][x]",
        "def converted(x):",
        "    return np.sin(float(x))",
        "chain = [np.sin, np.exp]",
    ]
    (tmp_path / "compiled_here.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def printed(command, *arguments):
    result = command("compile", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refusal(command, *arguments):
    result = command("compile", *arguments)
    assert result.exit_code in (1, 2)
    assert result.stdout == ""
    return result.exit_code, result.stderr.splitlines()[-1]


def run(source, name, *args):
    """What printed source returns, given nothing but the modules that it names."""
    namespace = {"np": np, "math": math, "float64": np.dtype("float64")}
    exec(source, namespace)
    return namespace[name](*args)


def test_an_expression_as_a_function_of_its_names(command):
    source = printed(command, "x*y + sin(x)", "y=3", "x=2")
    assert source.startswith("def expression(y, x):\n")
    assert run(source, "expression", 3.0, 2.0) == 6.0 + math.sin(2.0)


def test_value_and_gradient(command):
    source = printed(command, "exp(sin(sin(x)))", "x=2.0", "--value-and-grad")
    marks = [line.strip() for line in source.splitlines() if line.strip().startswith("#")]
    assert marks == ["# forward", "# backward"]
    inner = math.sin(2.0)
    y = math.exp(math.sin(inner))
    value, slope = run(source, "value_and_grad_expression", 2.0)
    assert (value, slope) == (y, pytest.approx(y * math.cos(inner) * math.cos(2.0), rel=1e-15))


def test_gradient_by_chosen_arguments(command):
    assert printed(command, "x*y", "x=2", "y=3", "--grad").endswith("return y\n")
    both = printed(command, "x*y", "x=2", "y=3", "--grad", "--argnums", "0,1")
    assert both.endswith("return y, x\n")
    second = printed(command, "x*y", "x=2", "y=3", "--grad", "--argnums", "1")
    assert second.endswith("return x\n")


def test_a_function_of_a_module(command, module):
    arguments = '[{"w": [1, 2], "b": 3}, [0.5, 2]]'
    source = printed(command, "compiled_here:loss", "--args", arguments)
    assert "wide = p_w * x" in source
    assert "float64(2), compiled_here.py:3\n" in source
    assert (
        run(source, "loss", {"w": np.array([1.0, 2.0]), "b": 3.0}, np.array([0.5, 2.0]))
        == (0.5 + 3) ** 2 + (4.0 + 3) ** 2
    )


def test_a_chain_of_a_module(command, module):
    source = printed(command, "compiled_here:chain", "--args", "[0.5]")
    assert run(source, "chain", 0.5) == math.exp(math.sin(0.5))


def test_passes_are_chosen(command):
    expression = ("1.0*x + x*y + x*y", "x=2", "y=3")
    assert printed(command, *expression).count(" * ") == 1
    assert printed(command, *expression, "--passes", "").count(" * ") == 3
    only = printed(command, *expression, "--passes", "algebra,dead_code")
    assert (only.count("1.0 * x"), only.count(" * y")) == (0, 2)
    without = printed(command, *expression, "--exclude-passes", "common_subexpressions, algebra")
    assert (without.count("1.0 * x"), without.count(" * y")) == (1, 2)


def test_the_graph_that_is_left(command):
    assert printed(command, "1.0*(x*y)", "x=2", "y=3", "--graph").splitlines() == [
        "def expression(x: float, y: float):",
        "    mul = x * y  # float",
        "    return mul",
    ]


def test_what_runs_where(command):
    told = printed(command, "1.0*(x*y)", "x=2", "y=3", "--explain").splitlines()
    assert told[:2] == ["expression: 1 program, engine numpy", "1. x: float, y: float"]
    assert told[2].strip() == "2 calls recorded, 1 left by the passes"


class Terminal(io.StringIO):
    """A file that is one."""

    def isatty(self):
        return True


def test_a_terminal_gets_colours_and_the_same_text(command, monkeypatch):
    source = printed(command, "exp(x*x)", "x=3", "--grad")
    wide = f"{source}# {'long ' * 40}"
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_source(wide)
    assert "\x1b[" in terminal.getvalue()
    assert click.unstyle(terminal.getvalue()) == f"{wide.rstrip()}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["x"], 2, "Error: a graph needs an input: write NAME=VALUE after the expression"),
        (["x*y", "x=1"], 1, "Error: y has no value"),
        (["x*x", "x=1", "--args", "[1]"], 2, "Error: --args is for MODULE:FUNCTION"),
        (["x*x", "x=1", "--argnums", "0"], 2, "Error: --argnums is for --grad and --value-and"),
        (
            ["x*x", "x=1", "--grad", "--argnums", "x"],
            2,
            "Error: Invalid value for '--argnums': 'x' is no place, nor places such as 0,2",
        ),
        (
            ["x*x", "x=1", "--grad", "--argnums", "1"],
            1,
            "Error: x*x cannot be run: TypeError: argnums chooses argument 1",
        ),
        (["x**2", "x=[1,2]", "--grad"], 1, "Error: a gradient needs a function whose output is"),
        (["x*x", "x=1", "--engine", "nmpy"], 1, "Error: there is no engine 'nmpy'; there is"),
        (["x*x", "x=1", "--passes", "cse"], 1, "Error: there is no pass 'cse'; there is const"),
        (
            ["x*x", "x=1", "--exclude-passes", "cse"],
            2,
            "Error: there is no pass 'cse'; there is constants",
        ),
        (["compiled_here:loss"], 2, "Error: a function needs its arguments: --args "),
        (["compiled_here:lass", "--args", "[1]"], 1, "Error: the module compiled_here has no "),
        (
            ["compiled_here:converted", "--args", "[1]"],
            1,
            "Error: x, a value of a graph, was about to become a plain float",
        ),
        (
            ["compiled_here:broken", "--args", "[1]"],
            1,
            "Error: compiled_here:broken cannot be run: TypeError: ",
        ),
    ],
)
def test_what_is_refused(command, module, arguments, code, message):
    found, last = refusal(command, *arguments)
    assert (found, last[: len(message)]) == (code, message)
