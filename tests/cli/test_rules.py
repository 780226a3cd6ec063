"""``pullback rules``: listing, patterns, and one rule in full."""

from __future__ import annotations

import inspect
import json
import math
from pathlib import Path

import numpy as np
import pytest

import pullback
from pullback import elementwise, nondifferentiable, not_implemented, registry, rule
from pullback.domains import interval, positive, reals
from pullback.plugins import load

pytestmark = pytest.mark.usefixtures("own_rules")


def listed(command, *arguments):
    result = command("rules", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return {entry["primitive"]: entry for entry in json.loads(result.stdout)}


def named(name):
    """A primitive of that name."""

    def function(a, b=2.0):
        """The primitive's documentation."""
        return a

    function.__module__, _, function.__qualname__ = name.rpartition(".")
    return function


def here(text):
    """The line of this file that holds ``text``."""
    lines = Path(__file__).read_text().splitlines()
    (line,) = [
        place for place, found in enumerate(lines, 1) if text in found and "here(" not in found
    ]
    return line


def test_every_rule_is_listed(command):
    load()
    found = listed(command)
    assert {*found} == {claim.rule.name for claim in registry.rules.values()}
    assert found["math.sin"]["provider"] == "pullback-math"


def test_the_table_has_a_line_for_each_rule(command):
    header, *rows = command("rules", "math.si*").stdout.splitlines()
    assert header.split() == ["primitive", "provider", "differentiable", "where"]
    assert [row.split()[0] for row in rows] == ["math.sin", "math.sinh"]
    _, provider, arguments, where = rows[0].split()
    assert (provider, arguments) == ("pullback-math", "x")
    file, _, line = where.rpartition(":")
    assert "math.sin" in Path(file).read_text().splitlines()[int(line) - 1]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("math.sin*", {"math.sin", "math.sinh"}),
        ("math.?os", {"math.cos"}),
        ("math.[ct]os", {"math.cos"}),
        ("*hypot", {"math.hypot", "numpy.hypot"}),
        ("nothing.*", set()),
    ],
)
def test_patterns(command, pattern, names):
    assert {*listed(command, pattern)} == names


def test_a_pattern_may_abbreviate_numpy(command):
    names = {*listed(command, "np.*")}
    assert names == {*listed(command, "numpy.*")}
    assert "numpy.exp" in names


def test_a_pattern_that_nothing_matches_says_so(command):
    result = command("rules", "nothing.*")
    assert (result.exit_code, result.stdout) == (0, "No registered primitive matches nothing.*.\n")


def test_a_rule_is_found_in_its_file(command):
    function, other, third, fourth = map(named, ["m.one", "m.two", "m.three", "m.four"])

    @rule(function)
    def of_function(a, b=2.0):
        return a, lambda ct: ct

    pullback.register(of_function)
    pullback.register(elementwise(other, lambda ct: ct * 17.25))
    pullback.register(nondifferentiable(third))
    pullback.register(
        elementwise(
            fourth,
            lambda ct: ct * 18.25,
        )
    )
    found = listed(command, "m.*")
    assert {entry["file"] for entry in found.values()} == {__file__}
    assert found["m.one"]["line"] == here("@rule(function)")
    assert found["m.two"]["line"] == here("17.25")
    assert found["m.three"]["line"] == here("nondifferentiable(third)")
    assert found["m.four"]["line"] == here("18.25")


def test_differentiable_arguments(command):
    functions = dict(zip("abcd", map(named, ["m.a", "m.b", "m.c", "m.d"]), strict=True))
    pullback.register(
        elementwise(functions["a"], lambda ct, b: ct * b, None),
        rule(functions["b"])(lambda a, b: (a, lambda ct: (ct, ct))),
        rule(functions["c"], not_implemented={"b": "nobody knows"})(
            lambda a, b: (a, (lambda ct: ct, not_implemented("nobody knows")))
        ),
        rule(functions["d"])(lambda *items: (items[0], lambda ct: ct)),
    )
    pullback.register(nondifferentiable(named("m.e")))
    found = listed(command, "m.?")
    assert {name: entry["differentiable"] for name, entry in found.items()} == {
        "m.a": ["a"],
        "m.b": ["a", "b"],
        "m.c": ["a"],
        "m.d": ["*items"],
        "m.e": [],
    }
    assert found["m.c"]["not_implemented"] == {"b": "nobody knows"}
    row = command("rules", "m.e*").stdout.splitlines()[1]
    assert row.split()[:3] == ["m.e", "register()", "none"]


def test_an_override_is_marked_with_what_it_replaces(command):
    pullback.register(elementwise(math.sin, lambda ct: ct, override=True))
    assert listed(command, "math.sin")["math.sin"]["overrides"] == ["pullback-math"]
    assert "register() (overrides pullback-math)" in command("rules", "math.si[n]").stdout


def test_rules_in_conflict_are_listed_with_the_error(command):
    function = named("m.disputed")
    for provider in ("alpha", "beta"):
        collected = pullback.Registry(provider)
        collected.add(elementwise(function, lambda ct: ct, None))
        registry.claims.extend(collected.claims)
    registry.settle()
    result = command("rules", "m.disputed", "--json")
    first, second = json.loads(result.stdout)
    assert (first["provider"], second["provider"]) == ("alpha", "beta")
    assert first["conflict"].startswith("alpha and beta both have a rule for m.disputed")
    table = command("rules", "m.*").stdout
    assert "alpha (in conflict, not used)" in table
    assert "beta (in conflict, not used)" in table


def test_a_full_name_shows_all_that_is_known(command):
    function = named("m.known")

    @rule(
        function,
        domain=(positive, interval(-2, 3)),
        signature="(n),()->(n)",
        points={(0.0, 1.0): (0.0, 0.5)},
    )
    def known_rule(a, b=2.0):
        """The rule's documentation."""
        return a, lambda ct: ct

    pullback.register(known_rule)
    entry = listed(command, "m.known")["m.known"]
    assert entry["domain"] == "(positive, interval(-2, 3))"
    assert entry["signature"] == "(n),()->(n)"
    assert entry["points"] == {"(0.0, 1.0)": "(0.0, 0.5)"}
    assert entry["rule_doc"] == "The rule's documentation."
    assert entry["primitive_doc"] == "The primitive's documentation."
    assert entry["source"] == inspect.cleandoc("\n" + inspect.getsource(known_rule.function))
    assert entry["source"].startswith("@rule(\n    function,")
    assert entry["generated"] is None
    page = command("rules", "m.known").stdout
    for part in (
        "provider:        register()",
        f"rule:            {__file__}:",
        "differentiable:  a, b",
        "domain:          (positive, interval(-2, 3))",
        "shapes:          (n),()->(n)",
        "points:          (0.0, 1.0) -> (0.0, 0.5)",
        "The rule:\n    The rule's documentation.",
        "Source:\n    @rule(",
        "The primitive:\n    The primitive's documentation.",
    ):
        assert part in page


def test_an_elementwise_rule_is_shown_with_its_formulas_and_what_they_became(command):
    function = named("m.formulas")
    made = elementwise(
        function,
        lambda ct, b: ct * b,
        lambda ct, a: ct * a,
        domain=reals,
    )
    pullback.register(made)
    entry = listed(command, "m.formulas")["m.formulas"]
    assert entry["source"].startswith("made = elementwise(\n    function,")
    assert "lambda ct, b: ct * b," in entry["source"]
    assert entry["source"].endswith("domain=reals,\n)")
    assert entry["generated"].startswith("def function_rule(a, b):")
    assert entry["domain"] == "reals"


def test_another_name_of_a_primitive_is_enough(command):
    assert np.abs is np.absolute
    assert [*listed(command, "np.abs")] == ["numpy.absolute"]


def test_a_builtin_is_described_too(command):
    entry = listed(command, "abs")["abs"]
    assert entry["primitive_doc"] == inspect.getdoc(abs)


@pytest.mark.parametrize(
    ("name", "near"),
    [("sin", "math.sin"), ("math.sine", "math.sin"), ("numpy.expp", "numpy.exp")],
)
def test_an_unknown_full_name_is_an_error_with_near_ones(command, name, near):
    result = command("rules", name)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"Error: no rule is registered under the name {name}; near it: ")
    assert near in line


def test_a_name_that_resembles_nothing(command):
    result = command("rules", "qqqqqq")
    assert result.stderr == (
        "Error: no rule is registered under the name qqqqqq. `pullback rules` lists them all\n"
    )


def test_without_plugins_there_is_nothing_to_list(site):
    result = site.command("--no-plugins", "rules", disable="")
    assert result.stdout == "No rule is registered; `pullback plugins` says why.\n"
    assert json.loads(site.command("--no-plugins", "rules", "--json").stdout) == []
