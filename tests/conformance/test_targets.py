"""What a target on the command line means, and what is said of one that means nothing."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import pullback
from pullback import elementwise, registry
from pullback.conformance import targets
from pullback.conformance.targets import Reference, find
from pullback.errors import ConformanceError
from pullback.plugins import load

pytestmark = pytest.mark.usefixtures("own_rules", "own_modules")

SOURCE = """\
    from pullback import elementwise, primitive
    from pullback.domains import reals


    @primitive
    def twice(x):
        return 2.0 * x


    @primitive
    def thrice(x):
        return 3.0 * x


    twice_rule = elementwise(twice, lambda ct: 2.0 * ct, domain=reals)
    thrice_rule = elementwise(thrice, lambda ct: 3.0 * ct, domain=reals)
    both = (twice_rule, thrice_rule)
    pair = (twice, twice_rule)
    number = 3
"""


@pytest.fixture
def own_modules(monkeypatch):
    """Forget afterwards what was imported, and where from."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(targets, "_modules", set())
    before = {*sys.modules}
    yield
    for name in {*sys.modules} - before:
        del sys.modules[name]
    targets._subjects.cache_clear()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """``module(name, source)``: writes a module into the current directory."""
    monkeypatch.chdir(tmp_path)

    def write(name="someones", source=SOURCE):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        return name

    return write


def names(*wanted):
    return [reference.name for reference in find(wanted).references]


def rules_of(provider):
    load()
    return sorted(
        claim.rule.name for claim in registry.rules.values() if claim.provider == provider
    )


def test_no_target_means_every_rule_of_every_plugin():
    load()
    found = find()
    every = [(claim.provider, claim.rule.name) for claim in registry.rules.values()]
    assert [(r.provider, r.rule) for r in found.references] == sorted(every)
    assert {"pullback-math", "pullback-numpy"} <= {plugin.name for plugin in found.plugins}
    ours = [p for p in found.plugins if p.name in ("pullback-math", "pullback-numpy")]
    assert {(p.status, p.version) for p in ours} == {("ok", pullback.__version__)}


@pytest.mark.parametrize("target", ["pullback-math", "pullback_math", "Pullback.Math", "math"])
def test_a_plugin_has_the_names_of_its_distribution_and_entry_point(target):
    found = find([target])
    assert [r.rule for r in found.references] == rules_of("pullback-math")
    assert [plugin.name for plugin in found.plugins] == ["pullback-math"]


def test_the_name_of_a_plugin_goes_before_that_of_a_module():
    assert np.__name__ == "numpy"
    assert {r.provider for r in find(["numpy"]).references} == {"pullback-numpy"}


@pytest.mark.parametrize("target", ["numpy.absolute", "np.absolute", "numpy.abs", "np.abs"])
def test_a_rule_has_every_name_of_its_primitive(target):
    assert names(target) == ["pullback-numpy::numpy.absolute"]


def test_a_glob_means_the_rules_that_match():
    wanted = [name for name in rules_of("pullback-numpy") if name.startswith("numpy.lin")]
    assert len(wanted) > 3
    assert [r.rule for r in find(["np.lin*"]).references] == wanted
    assert names("math.[ct]os") == ["pullback-math::math.cos"]


def test_a_rule_of_one_provider():
    assert names("math::math.sin") == ["pullback-math::math.sin"]
    assert names("numpy::*.hypot") == ["pullback-numpy::numpy.hypot"]
    assert names("*.hypot") == ["pullback-math::math.hypot", "pullback-numpy::numpy.hypot"]


def test_several_targets_are_sorted_and_taken_once():
    assert names("np.sin", "math.sin", "math.si[n]", "numpy.sin") == [
        "pullback-math::math.sin",
        "pullback-numpy::numpy.sin",
    ]


@pytest.mark.parametrize(
    ("attribute", "rules"),
    [
        ("", ["thrice", "twice"]),
        (":both", ["thrice", "twice"]),
        (":twice_rule", ["twice"]),
        (":pair", ["twice"]),
    ],
)
def test_a_module_in_the_current_directory(module, attribute, rules):
    target = module() + attribute
    found = find([target])
    assert [r.name for r in found.references] == [f"{target}::someones.{rule}" for rule in rules]
    assert [plugin.name for plugin in found.plugins] == [target]
    assert found.references[-1].where.partition(":")[0] == "someones.py"


def test_a_rule_of_a_module_is_named_as_in_the_failures(module):
    (reference,) = find([f"{module()}::someones.tw*"]).references
    assert find([reference.name]).references == [reference]


def test_the_rules_of_a_module_are_in_force_and_belong_to_no_plugin(module):
    before = find().references
    find([module()])
    from someones import twice

    assert pullback.val_and_grad(lambda x: twice(x) * 1.0, 3.0) == (6.0, 2.0)
    assert find().references == before


def test_a_rule_of_a_module_may_use_its_other_rules(module):
    (reference,) = find([f"{module()}:twice_rule"]).references
    from someones import thrice

    assert reference.rule == "someones.twice"
    assert pullback.val_and_grad(lambda x: thrice(x) * 1.0, 3.0) == (9.0, 3.0)


def test_a_module_does_not_take_the_place_of_an_installed_rule(module):
    source = """\
        import math
        from pullback import elementwise
        wrong = elementwise(math.sin, lambda ct: 7.0 * ct)
    """
    (reference,) = find([module(source=source)]).references
    assert reference.load().rule.function(0.5)[1](1.0) == 7.0
    assert pullback.val_and_grad([__import__("math").sin], 0.0) == (0.0, 1.0)


def test_a_module_may_replace_an_installed_rule_on_purpose(module):
    source = """\
        import math
        from pullback import elementwise
        other = elementwise(math.sin, lambda ct: 7.0 * ct, override=True)
    """
    find([module(source=source)])
    assert pullback.val_and_grad([__import__("math").sin], 0.0) == (0.0, 7.0)


def test_a_reference_leads_to_its_rule_in_any_process(module):
    references = find([module(), "math.sin"]).references
    for reference in pickle.loads(pickle.dumps(references)):
        subject = reference.load()
        assert (subject.provider, subject.name) == (reference.provider, reference.rule)


def test_rules_of_one_name_are_told_apart():
    def first(x):
        return x

    def second(x):
        return 2.0 * x

    for function in (first, second):
        function.__module__, function.__qualname__ = "same", "name"
        pullback.register(elementwise(function, lambda ct: ct))
    references = find(["same.name"]).references
    assert [reference.place for reference in references] == [0, 1]
    assert {reference.load().function(1.0) for reference in references} == {1.0, 2.0}


def test_a_rule_that_is_not_found_again():
    with pytest.raises(ConformanceError, match="some::rule was found when the run began, and not"):
        Reference("some", "rule").load()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nunpy", r"nothing is called 'nunpy': .*did you mean numpy"),
        ("numpy.summ", r"nothing is called 'numpy.summ': .*numpy\.sum"),
        ("np.summ", r"nothing is called 'np.summ': .*numpy\.sum"),
        ("sin", r"did you mean .*math\.sin or numpy\.sin"),
        ("math.z*", r"nothing is called 'math.z\*'"),
        ("my-plugin", r"nothing is called 'my-plugin': there is no such plugin, rule or module"),
        ("", r"nothing is called ''"),
        ("numpy::numpy.summ", r"numpy has no rule called 'numpy.summ' \(did you mean numpy.sum"),
        ("numpy::math.*", r"numpy has no rule called 'math.\*'"),
        ("nunpy::sum", r"nothing is called 'nunpy'"),
        ("math::math.sin::primal", r"names a check too; .*: math::math.sin -c primal"),
        ("some/rules.py", r"a file is named as a module: some\.rules"),
        ("numpy.linalg", r"there is no rule; .* \(did you mean numpy\.linalg\.\*"),
        ("bell\a", r"nothing is called 'bell\\x07'"),
    ],
)
def test_an_unknown_target_names_what_is_near(target, message):
    with pytest.raises(ConformanceError, match=message):
        find([target])


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("twice_ruel", r"the module someones has no 'twice_ruel' \(did you mean twice_rule"),
        ("number", r"someones:number names 3, in which there is no rule"),
    ],
)
def test_an_attribute_that_is_no_rule(module, attribute, message):
    with pytest.raises(ConformanceError, match=message):
        find([f"{module()}:{attribute}"])


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit('enough')", "SystemExit: enough"),
        ("from pullback import elementwise\nelementwise(abs, len)", "RuleError: a formula of abs"),
    ],
)
def test_a_module_that_breaks_is_reported_and_does_not_stop_the_others(module, source, error):
    found = find([module("broken_one", source), "math.sin"])
    assert [reference.name for reference in found.references] == ["pullback-math::math.sin"]
    broken = found.plugins[0]
    assert (broken.name, broken.status) == ("broken_one", "broken")
    assert broken.error.startswith(error)


def test_the_current_directory_is_found_wherever_pullback_runs(module):
    name = module("only_here")
    program = f"from pullback.conformance.targets import find; print(find(['{name}']).references)"
    path = "import sys; sys.path[:] = [p for p in sys.path if p]"
    result = subprocess.run(
        [sys.executable, "-c", f"{path}; {program}"], capture_output=True, text=True, check=True
    )
    assert "only_here.twice" in result.stdout


def test_plugins_that_did_not_load(site):
    site.add("broken", "raise RuntimeError('half done')")
    site.add("unwanted", "")
    program = """
        from pullback.conformance.targets import find
        from pullback.errors import ConformanceError

        for target in ["broken", "broken::x", "unwanted", "thrice"]:
            try:
                found = find([target])
                print(found.references, found.plugins[0].status, found.plugins[0].error)
            except ConformanceError as error:
                print(error)
        print([plugin.name for plugin in find().plugins])
    """
    broken, rule, unwanted, unknown, every = site.run(
        program, disable="pullback-math,pullback-numpy,unwanted"
    ).splitlines()
    assert broken == "[] broken RuntimeError: half done"
    assert rule == broken
    assert re.match("the plugin unwanted is switched off by PULLBACK_DISABLE_PLUGINS", unwanted)
    assert unknown.endswith("; broken did not load, which `pullback plugins` explains")
    assert every == "['broken']"


def test_a_rule_in_conflict_is_said_to_be(site):
    for name in ("alpha", "beta"):
        site.add_rules(name, "elementwise(shared.twice, lambda ct: 2.0 * ct)")
    program = """
        from pullback.conformance.targets import find
        from pullback.errors import ConformanceError

        try:
            find(["shared.twice"])
        except ConformanceError as error:
            print(error)
        print([(plugin.name, plugin.status) for plugin in find().plugins])
    """
    error, plugins = site.run(program).splitlines()
    assert error.startswith("alpha and beta both have a rule for shared.twice")
    assert plugins == "[('alpha', 'conflict'), ('beta', 'conflict')]"
