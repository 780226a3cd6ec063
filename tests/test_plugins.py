"""Finding, importing and asking plugins: made-up distributions in new interpreters."""

from __future__ import annotations

import json
import math

import pytest

import pullback
from pullback import Registry, elementwise, plugins
from pullback.errors import ConflictingRulesError

TWICE = "elementwise(shared.twice, lambda ct: 2.0 * ct)"
THRICE = "elementwise(shared.thrice, lambda ct: 3.0 * ct)"

STATES = """
import json, warnings
warnings.simplefilter("ignore")
from pullback import plugins
print(json.dumps({r.distribution: [r.status, r.rules, r.error] for r in plugins.load()}))
"""


def states(site, **options):
    """Status, number of rules and error of every plugin on ``site``."""
    found = json.loads(site.run(STATES, **options))
    return {name: state for name, state in found.items() if (site.folder / f"{name}.py").exists()}


def test_nothing_loads_before_the_first_derivative(site):
    module = site.add_rules("eager", TWICE)
    printed = site.run(f"""
        import sys, pullback, shared
        from pullback.plugins import is_loaded
        pullback.register(pullback.elementwise(shared.thrice, lambda ct: 3.0 * ct))
        print(is_loaded(), "{module}" in sys.modules)
        print(pullback.grad(shared.twice)(1.0))
        print(is_loaded(), "{module}" in sys.modules)
    """)
    assert printed.split() == ["False", "False", "2.0", "True", "True"]


@pytest.fixture
def hook_calls():
    """The names of the hooks that are called, in order."""
    plugins.load()
    calls = []
    undo = plugins.manager.add_hookcall_monitoring(
        before=lambda name, implementations, arguments: calls.append(name),
        after=lambda outcome, name, implementations, arguments: None,
    )
    yield calls
    undo()


def test_no_hook_is_called_while_a_derivative_is_computed(hook_calls):
    sin = pullback.primitive(math.sin)
    pullback.vjp([math.sin, math.exp], 2.0)[1](1.0)
    pullback.grad(pullback.grad(lambda x: x * sin(x)))(2.0)
    pullback.grad(lambda x: abs(x) + 1.0)(2.0)
    assert hook_calls == []
    plugins.manager.hook.pullback_register_rules(registry=Registry("nobody"))
    assert hook_calls == ["pullback_register_rules"]


BROKEN = {
    "the import fails": ("import nowhere_to_be_found", "ModuleNotFoundError: No module named"),
    "the import raises": ("raise RuntimeError('half done')", "RuntimeError: half done"),
    "the import exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "the source is no Python": ("def (", "SyntaxError"),
    "a hook raises": (
        "@hookimpl\ndef pullback_register_rules(registry):\n    1 / 0",
        "ZeroDivisionError",
    ),
    "a hook raises after it has handed over a rule": (
        "@hookimpl\ndef pullback_register_rules(registry):\n"
        f"    registry.add({TWICE})\n    raise KeyError('late')",
        "KeyError: 'late'",
    ),
    "the name of a hook is misspelt": (
        "@hookimpl\ndef pullback_register_rule(registry): pass",
        "PluginValidationError: unknown hook 'pullback_register_rule'",
    ),
    "a hook takes something else": (
        "@hookimpl\ndef pullback_register_rules(registry, order): pass",
        "PluginValidationError",
    ),
    "what it hands over is no rule": (
        "@hookimpl\ndef pullback_register_rules(registry):\n    registry.add(shared.twice)",
        "RuleError",
    ),
    "it has two rules for one primitive": (
        f"@hookimpl\ndef pullback_register_rules(registry):\n    registry.add({TWICE}, {TWICE})",
        "RuleError: broken adds two rules for shared.twice",
    ),
}


@pytest.mark.parametrize(("source", "error"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_left_out_and_the_others_work(site, source, error):
    site.add("broken", source)
    site.add_rules("a-good-one", TWICE)
    site.add_rules("the-other-one", THRICE)
    printed = site.run("""
        import warnings, pullback, shared
        from pullback.plugins import load, manager
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(3):
                print(pullback.grad([shared.twice, shared.thrice])(1.0))
        (warned,) = caught
        print(f"{warned.category.__name__}: {warned.message}".splitlines()[0])
        (record,) = [record for record in load() if record.name == "broken"]
        print(record.status, record.rules, record.error.splitlines()[0])
        print([name for name, _ in manager.list_name_plugin() if name.startswith("broken")])
    """)
    *gradients, warned, record, registered = printed.splitlines()
    assert gradients == ["6.0"] * 3
    reason = record.removeprefix("broken 0 ")
    assert warned == f"PluginWarning: plugin broken of broken was left out: {reason}"
    assert reason.startswith(error)
    assert registered == "[]"


def test_an_entry_point_that_leads_nowhere_is_a_broken_plugin(site):
    site.add("nowhere", "", entry="nowhere = nowhere:missing")
    site.add("nonsense", "", entry="nonsense = not a module")
    site.add("nameless", "", entry="nameless = no_such_module", metadata=False)
    site.add_rules("good", TWICE)
    found = json.loads(site.run(STATES))
    assert found["nowhere"][0] == found["nonsense"][0] == found["no_such_module"][0] == "broken"
    assert found["nowhere"][2].startswith("AttributeError")
    assert found["good"] == ["ok", 1, ""]


DISPUTE = """
import json, warnings, pullback, shared
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    answers = []
    for function in (shared.twice, shared.thrice, lambda x: x):
        try:
            answers.append(pullback.grad(function)(1.0))
        except pullback.PullbackError as error:
            answers.append(f"{type(error).__name__}: {error}")
print(json.dumps([answers, [str(w.message) for w in caught]]))
"""


@pytest.mark.parametrize("names", [("alpha", "beta"), ("beta", "alpha")])
def test_two_plugins_with_a_rule_for_one_primitive_are_refused(site, names):
    site.add_rules(names[0], TWICE)
    site.add_rules(names[1], TWICE, THRICE)
    (disputed, undisputed, identity), warned = json.loads(site.run(DISPUTE))
    message = "alpha and beta both have a rule for shared.twice, and none of them is used. "
    assert disputed.startswith(f"ConflictingRulesError: {message}")
    assert (undisputed, identity) == (3.0, 1.0)
    assert len(warned) == 1
    assert warned[0].startswith(message)
    found = states(site)
    assert [found[name][0] for name in names] == ["conflict", "conflict"]
    assert found["alpha"][2].startswith(message)
    assert found["beta"][2].startswith(message)


def test_many_conflicts_are_reported_in_one_sentence(site):
    for name in ("alpha", "beta"):
        site.add_rules(name, TWICE, THRICE)
    _, warned = json.loads(site.run(DISPUTE))
    assert len(warned) == 1
    assert warned[0].endswith(" (and 1 more like this)")


def test_a_conflict_inside_of_one_distribution_is_found(site):
    site.add_rules("alpha", TWICE, entry="first = alpha\nsecond = more")
    site.add_rules("more", TWICE, entry="unrelated = shared")
    (disputed, *_), _ = json.loads(site.run(DISPUTE))
    assert "the plugins of alpha have 2 rules for shared.twice" in disputed


def test_an_overriding_rule_wins_whatever_the_order(site):
    site.add_rules("alpha", "elementwise(shared.twice, lambda ct: 7.0 * ct, override=True)")
    site.add_rules("beta", TWICE)
    site.add_rules("gamma", "elementwise(shared.thrice, lambda ct: 9.0 * ct)")
    site.add_rules("omega", "elementwise(shared.thrice, lambda ct: 8.0 * ct, override=True)")
    (first, second, _), warned = json.loads(site.run(DISPUTE))
    assert (first, second) == (7.0, 8.0)
    assert warned == []
    assert {state[0] for state in states(site).values()} == {"ok"}


def test_two_overriding_rules_are_a_conflict(site):
    for name in ("alpha", "beta"):
        site.add_rules(name, f"{TWICE[:-1]}, override=True)")
    (disputed, *_), _ = json.loads(site.run(DISPUTE))
    assert "alpha and beta both have a rule for shared.twice with override=True" in disputed
    assert states(site)["alpha"][0] == "conflict"


def test_a_type_that_two_plugins_describe_is_a_conflict(site):
    site.add(
        "taken",
        """
        from pullback.spaces import Numbers
        @hookimpl
        def pullback_register_array_types(registry):
            registry.add_array_type(Numbers())
        """,
    )
    status, rules, error = states(site)["taken"]
    assert (status, rules) == ("conflict", 0)
    assert error.startswith("taken describes the type float, which pullback.spaces.Numbers desc")


DETECTOR = """
print("imported")
@hookimpl
def pullback_register_rules(registry):
    registry.add(elementwise(shared.twice, lambda ct: 2.0 * ct))
"""
USE = "import pullback; print(pullback.grad(lambda x: x)(1.0))"


@pytest.mark.parametrize("disable", ["my-plugin", "My.Plugin", "a-name", "x, a-name", "*"])
def test_a_plugin_that_the_variable_disables_is_not_imported(site, disable):
    site.add("my-plugin", DETECTOR, entry="a-name = my_plugin")
    assert site.run(USE, disable="") == "imported\n1.0"
    assert site.run(USE, disable=disable) == "1.0"
    status, rules, error = json.loads(site.run(STATES, disable=disable))["my-plugin"]
    assert (status, rules, error) == ("disabled", 0, "switched off by PULLBACK_DISABLE_PLUGINS")


def test_a_plugin_that_the_project_disables_is_not_imported(site):
    site.add("detected", DETECTOR)
    project = site.cwd / "pyproject.toml"
    project.write_text('[tool.pullback]\ndisable-plugins = ["detected"]\n')
    assert site.run(USE) == "1.0"
    assert states(site)["detected"] == ["disabled", 0, f"switched off by {project}"]


def test_a_setting_that_is_not_understood_is_an_error_of_the_first_derivative(site):
    (site.cwd / "pyproject.toml").write_text("[tool.pullback]\ndisable-plugins = 1\n")
    printed = site.run("""
        import pullback
        for _ in range(2):
            try: pullback.grad(lambda x: x)(1.0)
            except pullback.errors.ConfigurationError as error: print(error)
    """)
    assert printed.count("write a list of plugin names") == 2
    assert site.run(USE, disable="*") == "1.0"


def test_a_disabled_plugin_is_named_where_its_rule_is_missing(site):
    printed = site.run(
        """
        import math, pullback
        try: pullback.grad(pullback.primitive(math.sin))(1.0)
        except pullback.errors.MissingRuleError as error: print(error)
        """,
        disable="*",
    )
    assert "no rule is registered for math.sin" in printed
    assert "plugins searched: pullback-math (disabled)" in printed
    assert "pullback-math has rules for math, and it is disabled: `pullback plugins`" in printed


def test_two_distributions_may_use_one_entry_point_name(site):
    site.add_rules("alpha", TWICE, entry="same = alpha")
    site.add_rules("beta", THRICE, entry="same = beta")
    (first, second, _), warned = json.loads(site.run(DISPUTE))
    assert (first, second, warned) == (2.0, 3.0, [])
    assert states(site) == {"alpha": ["ok", 1, ""], "beta": ["ok", 1, ""]}


def test_records_are_in_the_order_of_the_distributions(site):
    for name in ("gamma", "alpha", "beta"):
        site.add_rules(name)
    assert [*states(site)] == ["alpha", "beta", "gamma"]


def test_a_plugin_may_differentiate_while_it_is_imported(site):
    site.add(
        "impatient",
        """
        import pullback
        print(pullback.grad(lambda x: x)(1.0))
        @hookimpl
        def pullback_register_rules(registry):
            print(pullback.grad(lambda x: x)(2.0))
            registry.add(elementwise(shared.twice, lambda ct: 2.0 * ct))
        """,
    )
    assert site.run("import pullback, shared; print(pullback.grad(shared.twice)(1.0))") == (
        "1.0\n1.0\n2.0"
    )


def test_threads_that_come_first_together_load_once_and_agree(site):
    site.add(
        "slow",
        """
        import time
        print("imported")
        time.sleep(0.2)
        @hookimpl
        def pullback_register_rules(registry):
            print("asked")
            time.sleep(0.2)
            registry.add(elementwise(shared.twice, lambda ct: 2.0 * ct))
        """,
    )
    printed = site.run("""
        import threading, pullback, shared
        start, answers = threading.Barrier(8), []
        def work():
            start.wait()
            try: answers.append(pullback.grad([shared.twice, shared.twice])(1.0))
            except Exception as error: answers.append(repr(error))
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(answers)
    """)
    assert printed == f"imported\nasked\n{[4.0] * 8}"


def test_registering_before_the_plugins_load_does_not_hide_a_conflict(site):
    site.add_rules("alpha", TWICE)
    printed = site.run("""
        import warnings, pullback, shared
        warnings.simplefilter("ignore")
        pullback.register(pullback.elementwise(shared.twice, lambda ct: 7.0 * ct))
        try: pullback.grad(shared.twice)(1.0)
        except pullback.errors.ConflictingRulesError as error: print(error)
        pullback.register(pullback.elementwise(shared.twice, lambda ct: 7.0 * ct, override=True))
        print(pullback.grad(shared.twice)(1.0))
    """)
    conflict, gradient = printed.splitlines()
    assert conflict.startswith("alpha and register() both have a rule for shared.twice")
    assert gradient == "7.0"


@pytest.mark.usefixtures("own_rules")
def test_registering_what_an_installed_plugin_has_is_refused():
    with pytest.raises(ConflictingRulesError, match=r"^pullback-math and register\(\) both have"):
        pullback.register(elementwise(math.sin, lambda ct, y: ct * y))
    assert pullback.grad(math.sin)(0.0) == 1.0
