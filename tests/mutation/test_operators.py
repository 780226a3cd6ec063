"""Each mutation operator on a line of its own: what it makes, and what it leaves alone."""

from __future__ import annotations

import ast

import pytest

from tests.mutation.modules import find_sources
from tests.mutation.operators import OPERATORS
from tests.mutation.sources import Source
from tests.mutation.walk import mutants

RULE = "import numpy as np\nfrom m import divide, multiply, over_root\n\n\ndef f({}):\n    {}\n"


def made(line, operator, parameters="ct, x, y, a, b, axis, place"):
    """What ``operator`` makes of a line in a function."""
    source = Source("toy", RULE.format(parameters, line.replace("\n", "\n    ")))
    return {m.after for m in mutants(source) if m.operator == operator}


EXAMPLES = [
    ("sign", "return -x", {"return x"}),
    ("sign", "return not x", {"return x"}),
    ("operator", "return a + b", {"return a - b"}),
    ("operator", "return ct * (a - b)", {"return ct / (a - b)", "return ct * (a + b)"}),
    ("operator", "return [0] * a", set()),
    ("operator", "a += b", {"a = b", "a -= b"}),
    ("dropped operand", "return ct * b", {"return ct", "return b"}),
    (
        "dropped operand",
        "return ct / (1 + x**2)",
        {
            "return ct",
            "return 1 + x ** 2",
            "return ct / (1)",
            "return ct / (x ** 2)",
            "return ct / (1 + x)",
        },
    ),
    ("dropped operand", "return x**2", {"return x"}),
    ("dropped operand", "return a % b", {"return a"}),
    ("swapped operands", "return a - b", {"return b - a"}),
    ("swapped operands", "return a @ b", {"return b @ a"}),
    ("swapped operands", "return a * b", set()),
    ("in place", "return ct * b", {"return __import__('operator').imul(ct, b)"}),
    ("in place", "return 2 * b", set()),
    ("in place", "a = a + b", {"a += b", "a = __import__('operator').iadd(a, b)"}),
    ("wrong constant", "return 2 * x", {"return 3 * x", "return 1 * x"}),
    ("wrong constant", "return 0.5 * x", {"return 1.5 * x", "return 0.25 * x"}),
    ("wrong constant", "return 1j * x", {"return 1.0 * x"}),
    ("wrong constant", "return f(True)", {"return f(False)"}),
    ("wrong constant", "return x.reshape(a, order='F')", {"return x.reshape(a, order='C')"}),
    ("wrong axis", "return x.sum(axis=0)", {"return x.sum(axis=None)"}),
    (
        "wrong axis",
        "return x.sum(axis=axis)",
        {
            "return x.sum(axis=axis + 1)",
            "return x.sum(axis=0)",
            "return x.sum(axis=None)",
        },
    ),
    ("other function", "return np.cos(x)", {"return np.sin(x)"}),
    ("other function", "return np.fix(x)", set()),
    ("other function", "return sin(x)", set()),
    ("other variable", "return ct * b", {"return ct * a"}),
    ("swapped arguments", "return divide(ct, x)", {"return divide(x, ct)"}),
    ("swapped arguments", "return np.where(a, x, y)", {"return np.where(a, y, x)"}),
    ("swapped arguments", "return isinstance(x, y)", set()),
    ("dropped call", "return x.copy()", {"return x"}),
    ("dropped call", "return np.conj(x)", {"return x"}),
    ("dropped call", "return f(*x)", set()),
    ("dropped argument", "return f(x, axis=1, strict=True)", {"return f(x, strict=True)"}),
    ("dropped argument", "return np.zeros(3, x.dtype)", {"return np.zeros(3)"}),
    ("plain operation", "return divide(ct, x)", {"return ct / x"}),
    ("plain operation", "return multiply(ct, 1 + x)", {"return ct * (1 + x)"}),
    ("plain operation", "return over_root(ct, x)", {"return ct / np.sqrt(x)"}),
    ("comparison", "return a > b", {"return a >= b", "return a < b"}),
    ("comparison", "return a == b", {"return a != b"}),
    ("and, or", "return a and b", {"return a or b", "return a", "return b"}),
    ("branch", "return a if x else b", {"return a", "return b"}),
    ("branch", "if x:\n    return a\nreturn b", {"if True:", "if False:"}),
    ("branch", "if x > 0:\n    raise ValueError(1)", {"if True:"}),
    ("condition", "return [p for p in a if p > 0]", {"return [p for p in a]"}),
    ("dropped index", "return x[::-1]", {"return x"}),
    ("dropped attribute", "return x.T", {"return x"}),
    ("dropped attribute", "return np.real", set()),
    ("swapped results", "return y, (a, pullback)", {"return y, (pullback, a)"}),
    ("swapped results", "return y, f_pullback", set()),
    ("swapped results", "return ct * b, ct * a", {"return (ct * a, ct * b)"}),
    ("dropped result", "return y, (f_pullback_a, None)", {"return y, (None, None)"}),
    ("dropped result", "return y, f_pullback", {"return (y, None)"}),
    ("dropped statement", "a[0] = b", {"pass"}),
    ("dropped statement", "a += b", {"pass"}),
    ("dropped statement", "a.remove(b)", {"pass"}),
]


@pytest.mark.parametrize(("operator", "line", "wanted"), EXAMPLES)
def test_operator_makes_what_a_slip_would(operator, line, wanted):
    assert made(line, operator) == wanted


def test_every_operator_has_an_example():
    assert {name for name, _, _ in OPERATORS} == {name for name, _, _ in EXAMPLES}


def test_formulas_ask_for_another_primal():
    line = "r = elementwise(np.exp, lambda ct, y: ct * y, points={0.0: 1.0})\n"
    got = {m.after for m in mutants(Source("toy", line)) if m.operator == "other variable"}
    assert got == {line.strip().replace("y: ct * y", "x: ct * x")}
    line = "r = elementwise(np.multiply, lambda ct, b: ct * b, lambda ct, a: ct * a)\n"
    got = {m.after for m in mutants(Source("toy", line))}
    assert line.strip().replace("b: ct * b", "a: ct * a") in got
    assert line.strip().replace("lambda ct, a: ct * a", "lambda ct, y: ct * y") in got
    assert "r = elementwise(np.multiply, lambda ct, a: ct * a, lambda ct, b: ct * b)" in got


def test_declared_points_are_changed_and_other_declarations_are_not():
    text = (
        "@rule(np.sqrt, domain=interval(1, 2), points={4: 0.5}, differentiable=('x',))\n"
        "def f(x):\n    raise ValueError(1 + 1)\n"
    )
    assert {m.text for m in mutants(Source("toy", text))} == {"1.5", "0.25"}


def test_what_is_documented_imported_or_described_is_left_alone():
    text = (
        '"""1 + 1"""\nfrom __future__ import annotations\nimport numpy as np\n\n\n'
        'def f(x: int = 3):\n    """1 + 1"""\n    refuse_out(x + 1, np.sum)\n    assert x + 1\n'
    )
    assert mutants(Source("toy", text)) == []


def test_code_for_another_version_of_python_is_left_alone():
    text = "if sys.version_info >= (99, 0):\n    a = 1\nif sys.version_info >= (3, 0):\n    b = 1\n"
    assert {m.after for m in mutants(Source("toy", text))} == {"b = 2", "b = 0"}


def test_every_mutant_of_a_module_is_another_program_in_one_place():
    source = find_sources()["pullback_math.sums"]
    text = source.text
    found = mutants(source)
    programs = {ast.dump(ast.parse(m.applied(text))) for m in found}
    assert len(programs) == len(found) > 100
    assert ast.dump(ast.parse(text)) not in programs
    lines = text.splitlines()
    for m in found:
        assert m.before.startswith(lines[m.line - 1].strip())
        assert m.before != m.after
