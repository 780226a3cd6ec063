"""The check of compiled rules."""

from __future__ import annotations

import numpy as np
import pytest

from pullback.compiler import CallableEngine
from pullback.compiler.engines import engines
from pullback.errors import EngineError
from pullback.graph.nodes import evaluate, runner
from pullback.spaces import plain

CHECK = "compiled"
X = np.array([0.5, -1.5, 2.0])


def square(x):
    return x * np.abs(x)


def right(x):
    return square(x), lambda ct: 2 * ct * np.abs(x)


@pytest.mark.parametrize("x", [X, 0.5, -0.5, np.float32(0.5), np.array(0.5), X.astype("f4"), X[:0]])
def test_a_right_rule(verdict, x):
    assert verdict(CHECK, square, right, x) == ("passed", "")


def test_a_rule_of_containers_and_constants(verdict):
    def parted(xs, weights, name="a"):
        return [xs[0] * weights, (xs[1], np.argmax(weights))]

    def rule(xs, weights, name="a"):
        return parted(xs, weights), lambda ct: ([ct[0] * weights, ct[1][0]], np.sum(ct[0] * xs[0]))

    assert verdict(CHECK, parted, rule, [X, -X], 2.0) == ("passed", "")


def hidden(x):
    return square(x), lambda ct: 2 * ct * x * np.sign(plain(x))


def hidden_value(x):
    return x * np.sign(plain(x)) * x, lambda ct: 2 * ct * np.abs(x)


seen = []


def state(x):
    seen.append(1)
    return square(x), lambda ct: ct * np.abs(x) * (2 if len(seen) % 2 else 3)


WRONG = {
    "a hidden sign": (hidden, "compiled by numpy the cotangent of argument 0 ('x') "),
    "a hidden sign in the value": (hidden_value, "compiled by numpy the value "),
}


@pytest.mark.parametrize("x", [X, 0.5, np.float64(-2.0)], ids=["array", "float", "float64"])
@pytest.mark.parametrize(("wrong", "words"), WRONG.values(), ids=WRONG)
def test_a_value_behind_the_back_of_the_trace(verdict, wrong, words, x):
    status, message = verdict(CHECK, square, wrong, x)
    assert status == "failed"
    assert message.startswith(words)
    assert message.endswith(" at another point")


def test_a_rule_that_counts_its_runs(verdict):
    seen.clear()
    status, message = verdict(CHECK, square, state, X)
    assert status == "failed"
    assert message.startswith("compiled by numpy the cotangent of argument 0 ('x') got ")


def test_a_rule_that_branches_on_values_is_right(verdict):
    def branching(x):
        if np.sum(x) > 0:
            return square(x), lambda ct: 2 * ct * np.abs(x)
        return square(x), lambda ct: -2 * ct * np.minimum(x, -x)

    assert verdict(CHECK, square, branching, X) == ("passed", "")


def test_a_rule_that_cannot_be_recorded(verdict):
    def converting(x):
        return square(x), lambda ct: 2 * ct * abs(float(x))

    status, message = verdict(CHECK, square, converting, 0.5)
    assert status == "unsuited"
    assert message.startswith("it cannot be compiled: x1, a value of a graph, was about to become")


def test_a_bare_pair(verdict):
    found = verdict(CHECK, square, None, 0.5, vjp=right)
    assert found == ("unsuited", "nothing traces a bare pair")


class Doubling(CallableEngine):
    """An engine with a mistake."""

    name = "doubling"

    def build(self, graph, options):
        wanted = [output for output in graph.outputs if hasattr(output, "index")]
        wanted += [guard.node for guard in graph.guards]

        def function(*inputs):
            values = dict(zip((node.index for node in graph.inputs), inputs, strict=True))
            for node in graph:
                if node.kind == "call":
                    of = lambda arg: values.get(getattr(arg, "index", None), arg)
                    values[node.index] = evaluate(node, of, runner)
            return tuple(2 * values[node.index] for node in wanted)

        return function


class Missing(Doubling):
    """An engine that is not there."""

    name = "missing"

    def build(self, graph, options):
        raise EngineError("the engine missing needs what is not installed")


def test_every_engine_is_checked(verdict, monkeypatch):
    monkeypatch.setitem(engines(), "doubling", Doubling())
    status, message = verdict(CHECK, square, right, X)
    assert status == "failed"
    assert message.startswith("compiled by doubling the value got ")


def test_an_engine_that_is_not_installed(verdict, monkeypatch):
    monkeypatch.setitem(engines(), "missing", Missing())
    assert verdict(CHECK, square, right, X) == ("passed", "")
    monkeypatch.delitem(engines(), "numpy")
    status, message = verdict(CHECK, square, right, X)
    assert (status, message) == ("unsuited", "the engine missing needs what is not installed")
