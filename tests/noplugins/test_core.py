"""What the core does on its own: it runs, has no rules, and says where rules come from."""

from __future__ import annotations

import json
import math
import operator
import subprocess
import sys

import pytest

import pullback
from pullback import registry
from pullback.errors import MissingRuleError, PrimalError
from pullback.plugins import load


@pytest.fixture
def own_rules():
    """Forget afterwards what the test registered."""
    yield
    registry.claims.clear()
    registry.settle()


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "pullback", *arguments], capture_output=True, text=True, check=False
    )


def test_no_primitive_lives_in_the_core():
    assert load() == []
    assert registry.table == {}


def test_a_function_of_no_primitives_is_differentiated():
    assert pullback.val_and_grad(lambda x: x, 2.0) == (2.0, 1.0)
    assert pullback.grad(lambda x, y: (y, x)[0])(2.0, 3.0) == 0.0


@pytest.mark.usefixtures("own_rules")
def test_registered_rules_are_all_it_needs():
    sin, cos = map(pullback.primitive, (math.sin, math.cos))
    pullback.register(
        pullback.elementwise(math.sin, lambda ct, x: ct * cos(x)),
        pullback.elementwise(math.cos, lambda ct, x: -(ct * sin(x))),
        pullback.elementwise(operator.mul, lambda ct, b: ct * b, lambda ct, a: ct * a),
        pullback.elementwise(operator.neg, lambda ct: -ct),
        pullback.elementwise(operator.add, lambda ct: ct, lambda ct: ct),
    )
    assert pullback.grad([math.sin, math.sin])(2.0) == math.cos(math.sin(2.0)) * math.cos(2.0)
    second = pullback.grad(pullback.grad(lambda x: x * sin(x)))(2.0)
    assert second == pytest.approx(2 * math.cos(2.0) - 2.0 * math.sin(2.0), rel=1e-14)


@pytest.mark.parametrize(
    ("f", "name", "package"),
    [
        (lambda x: x * x, "operator.mul", "pullback-math"),
        (pullback.primitive(math.sin), "math.sin", "pullback-math"),
    ],
)
def test_a_missing_rule_names_the_package_that_has_it(f, name, package):
    with pytest.raises(MissingRuleError, match=f"no rule is registered for {name}") as caught:
        pullback.grad(f)(2.0)
    assert "plugins searched: none is installed" in str(caught.value)
    assert f"pip install {package}" in str(caught.value)


def test_an_array_is_no_primal_without_a_plugin_for_arrays():
    import numpy as np

    with pytest.raises(
        PrimalError, match=r"no installed plugin describes .* pip install pullback-numpy"
    ):
        pullback.grad(lambda x: x)(np.ones(3))


def test_the_commands_say_that_nothing_is_installed():
    listed = command("plugins")
    assert listed.returncode == 0
    assert listed.stdout.startswith("No plugin is installed, so there are no rules: pip install ")
    assert json.loads(command("plugins", "--json").stdout) == []
    assert command("rules").stdout == "No rule is registered; `pullback plugins` says why.\n"
    refused = command("grad", "sin(x)", "x=2")
    assert refused.returncode == 1
    assert "no primitive is registered under the name sin" in refused.stderr
    assert command("grad", "x", "x=2").stdout.split() == ["value", "2.0", "d/dx", "1.0"]
