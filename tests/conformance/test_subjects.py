"""Subjects: whatever is checked, it has a value, a pullback and places for its primals."""

from __future__ import annotations

import inspect
import json
import math
import re
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import pullback
from pullback import Chain, elementwise, nondifferentiable, primitive, registry, rule
from pullback.conformance import Call, arrays, call, floats, subjects
from pullback.conformance.subjects import (
    from_function,
    from_object,
    from_pair,
    from_rule,
    from_vjp,
    registered,
)
from pullback.domains import above, positive, reals
from pullback.errors import MissingRuleError, PullbackError, RuleError

X = np.array([0.5, 1.5])
CT = np.array([2.0, -1.0])


def wave(x, frequency, shift=0.0, *, scale=1.0):
    """A function of plain values."""
    return scale * np.sin(frequency * x + shift)


def cosine(x, frequency, shift, scale):
    return scale * np.cos(frequency * x + shift)


@rule(
    wave,
    domain=(reals, positive),
    differentiable=["x", "frequency"],
    not_implemented={"shift": "nobody needs it"},
)
def wave_rule(x, frequency, shift=0.0, *, scale=1.0):
    slope = cosine(x, frequency, shift, scale)

    def wave_pullback(ct):
        return ct * slope * frequency, ct * slope * x

    return wave(x, frequency, shift, scale=scale), wave_pullback


def line_of(function):
    """The line on which a function starts, its decorators included."""
    return inspect.getsourcelines(function)[1]


def test_a_pair_has_the_value_of_the_function_and_the_pullback_of_the_rule():
    subject = from_pair(wave, wave_rule)
    plain = Call((X, 2.0), {"scale": 3.0})
    assert np.array_equal(subject.primal(plain), 3 * np.sin(2 * X))
    y, back = subject.linearize(plain)
    slope = 3 * np.cos(2 * X)
    assert np.array_equal(y, 3 * np.sin(2 * X))
    by_x, by_frequency = back(CT)
    assert by_x == pytest.approx(CT * slope * 2, rel=1e-15)
    assert by_frequency == pytest.approx(np.sum(CT * slope * X), rel=1e-15)


def test_primals_are_the_floating_point_arguments():
    subject = from_pair(wave, rule(wave)(wave_rule.function))
    assert subject.primals(Call((X, 2.0, 0.5), {"scale": 3.0})) == [(0,), (1,), (2,), ("scale",)]
    assert subject.primals(Call((X, 2), {"shift": 0.5, "scale": 3})) == [(0,), ("shift",)]
    assert subject.primals(Call(([1.0, {"a": X}, 2, "text"],))) == [(0, 0), (0, 1, "a")]


def test_only_what_a_rule_declares_is_differentiable():
    call = Call((X, 2.0, 0.5), {"scale": 3.0})
    assert from_pair(wave, wave_rule).primals(call) == [(0,), (1,)]
    reason = {"frequency": "later"}
    declared = rule(wave, not_implemented=reason)(wave_rule.function)
    assert from_pair(wave, declared).primals(call) == [(0,), (2,), ("scale",)]
    declared = rule(wave, differentiable=["x"])(wave_rule.function)
    subject = from_pair(wave, declared)
    assert subject.primals(Call((X, 2.0))) == [(0,)]
    (cotangent,) = subject.linearize(Call((X, 2.0)))[1](CT)
    assert cotangent == pytest.approx(CT * 2 * np.cos(2 * X), rel=1e-15)


def test_a_rule_that_refuses_every_call():
    refusing = rule(wave, not_implemented={"*": "later"})(wave_rule.function)
    assert from_pair(wave, refusing).refuses_all
    assert from_pair(wave, refusing).primals(Call((X, 2.0))) == []
    assert not from_pair(wave, wave_rule).refuses_all


@pytest.mark.parametrize(
    ("place", "name"), [((0,), "x"), ((1, 3), "frequency"), (("scale",), "scale"), ((7,), "7")]
)
def test_arguments_have_names(place, name):
    assert from_pair(wave, wave_rule).parameter_of(place) == name


def test_starred_arguments_share_a_name():
    def total(first, *rest):
        return first + sum(rest)

    subject = from_pair(total, lambda first, *rest: (total(first, *rest), None))
    assert [subject.parameter_of((place,)) for place in range(3)] == ["first", "rest", "rest"]


def test_arguments_live_in_domains():
    subject = from_pair(wave, wave_rule)
    assert subject.domain_of((0,)) is reals
    assert subject.domain_of((1, 0)) is positive
    assert subject.domain_of((2,)) is None
    assert subject.domain_of(("scale",)) is None
    everywhere = rule(wave, domain=positive)(wave_rule.function)
    assert from_pair(wave, everywhere).domain_of(("scale",)) is positive
    assert from_pair(wave, rule(wave)(wave_rule.function)).domain_of((0,)) is None


def test_one_object_at_two_places_is_one_primal():
    subject = from_pair(np.multiply, registry.rules[np.multiply].rule)
    alone, together = Call((X, X)), Call((X, X), shared=True)
    assert subject.groups(alone) == [[(0,)], [(1,)]]
    assert subject.groups(together) == [[(0,), (1,)]]
    (square,) = subject.linearize(together)[1](CT)
    assert square == pytest.approx(2 * CT * X, rel=1e-15)


def test_chosen_places_alone_are_differentiated():
    subject = from_pair(wave, wave_rule)
    (by_frequency,) = subject.linearize(Call((X, 2.0)), [(1,)])[1](CT)
    assert by_frequency == pytest.approx(np.sum(CT * np.cos(2 * X) * X), rel=1e-15)


def test_without_primals_there_are_no_cotangents():
    y, back = from_pair(wave, wave_rule).linearize(Call((1, 2)))
    assert y == math.sin(2)
    assert back(1.0) == []


@pytest.mark.parametrize("result", [3.0, (1.0, None, None), [1.0, None], None])
def test_a_rule_that_returns_no_pair(result):
    subject = from_pair(wave, lambda x, frequency: result)
    with pytest.raises(RuleError, match=r"the rule returned .*; a rule returns \(y, pullback\)"):
        subject.run_rule(Call((X, 2.0)))


def test_a_rule_that_need_not_be_registered_is_in_force_while_it_is_checked():
    @primitive
    def cube(x):
        return x * x * x

    subject = from_pair(cube, elementwise(cube, lambda ct, x: 3 * ct * cube(x) / x))
    assert subject.function is not cube
    with pytest.raises(MissingRuleError):
        pullback.grad(lambda x: 2 * cube(x))(2.0)
    with subject.in_force():
        assert pullback.grad(lambda x: 2 * cube(x))(2.0) == 24.0
        assert pullback.grad(pullback.grad(cube))(2.0) == pytest.approx(12.0, rel=1e-15)
    with pytest.raises(MissingRuleError):
        pullback.grad(lambda x: 2 * cube(x))(2.0)


def test_afterwards_the_registered_rule_is_in_force_again():
    subject = from_pair(math.sin, elementwise(math.sin, lambda ct: 100 * ct))
    with pytest.raises(ZeroDivisionError), subject.in_force():
        1 / (pullback.grad([math.sin])(0.0) - 100.0)
    assert pullback.grad([math.sin])(0.0) == 1.0


def test_names_of_a_pair():
    subject = from_pair(wave, wave_rule, [call(floats(), floats())])
    assert subject.full_name == f"{__name__}::{__name__}.wave"
    assert subject.where == f"test_subjects.py:{line_of(wave_rule.function)}"
    assert len(subject.cases) == 1
    assert from_pair(wave, wave_rule, name="swell").full_name == f"{__name__}::swell"


def test_a_pasted_example_names_what_can_be_found():
    assert from_pair(wave, wave_rule).expression == f"{__name__}.wave_rule"
    assert from_pair(wave, wave_rule.function).expression == f"{__name__}.wave"
    by_name = {subject.name: subject for subject in registered()}
    assert by_name["math.sin"].expression == "math.sin"


def test_values_of_unknown_types_are_no_primals_of_the_engine():
    class Money(float):
        """A type that no plugin describes."""

    class Own(np.ndarray):
        """Another."""

    known, pair = from_pair(wave, wave_rule), from_vjp(wave, wave_rule.function, [])
    registered()
    for call_ in (Call((X, 2.0)), Call((Money(1), 2.0))):
        assert known.takes(call_)
    own = Call((X.view(Own), 2.0))
    assert not known.takes(own)
    assert pair.takes(own)


def test_an_elementwise_rule_is_where_its_formula_is():
    def formula(ct, x):
        return ct * 2 * x

    subject = from_pair(wave, elementwise(wave, formula))
    assert subject.provider == __name__
    assert subject.where == f"test_subjects.py:{line_of(formula)}"
    (declared,) = nondifferentiable(wave)
    assert re.fullmatch(r"test_subjects\.py:\d+", from_pair(wave, declared).where)


def test_a_builtin_is_nowhere():
    assert from_rule(registry.Rule(math.sin, math.sin), "nobody").where == ""


def test_samples_follow_from_the_declaration_unless_the_author_gives_them():
    assert len(from_pair(wave, wave_rule).cases) == 2
    assert len(from_pair(wave, wave_rule, [call(arrays("n"), floats())]).cases) == 1
    assert from_pair(wave, rule(wave)(wave_rule.function)).cases == []


def test_a_signature_that_cannot_be_read_is_a_problem_of_the_subject():
    subject = from_pair(wave, rule(wave, signature="n")(wave_rule.function))
    assert "the signature 'n' is not understood" in subject.problem
    assert subject.cases == []


def test_a_function_is_traced():
    subject = from_function(lambda x, k: np.sin(k * x), [call(floats(), floats())])
    y, back = subject.linearize(Call((X, 2.0)))
    by_x, by_k = back(CT)
    assert y == pytest.approx(np.sin(2 * X))
    assert by_x == pytest.approx(2 * CT * np.cos(2 * X))
    assert by_k == pytest.approx(np.sum(CT * X * np.cos(2 * X)))
    assert [p.name for p in subject.parameters] == ["x", "k"]
    assert subject.traceable
    assert subject.provider == __name__


def test_the_rule_of_a_traced_function_differentiates_by_floating_point_arguments_alone():
    def function(x, n, xs, mixed):
        return [x**n * xs[0]["a"] + mixed[0], n]

    subject = from_function(function, [])
    y, back = subject.run_rule(Call((2.0, 3, [{"a": 5.0}], [7.0, 1])))
    assert y == [47.0, 3]
    assert back([10.0, None]) == (600.0, None, [{"a": 80.0}], None)
    y, back = subject.run_rule(Call((2, 3, [{"a": 5}], [7])))
    assert (y, back) == ([47, 3], None)


LINKS = [math.sin, math.exp]


@pytest.mark.parametrize("chain", [LINKS, tuple(LINKS), Chain(LINKS)], ids=type)
def test_a_chain_is_run_by_the_rules_of_its_links(chain):
    subject = from_function(chain, [call(floats())])
    y, back = subject.linearize(Call((0.5,)))
    assert y == math.exp(math.sin(0.5))
    assert back(2.0) == [pytest.approx(2 * y * math.cos(0.5), rel=1e-15)]
    assert subject.full_name == "Chain([math.sin, math.exp])"
    assert subject.where == ""


def product(a, b):
    return a * b


def product_vjp(a, b):
    return a * b, lambda ct: (ct * b, ct * a)


def test_a_bare_pair_needs_no_engine():
    subject = from_vjp(product, product_vjp, [call(floats(), floats())])
    y, back = subject.linearize(Call((2.0, 3.0)))
    assert (y, back(10.0)) == (6.0, [30.0, 20.0])
    assert not subject.traceable
    assert subject.where == f"test_subjects.py:{line_of(product_vjp)}"
    assert subject.full_name == f"{__name__}::{__name__}.product"
    assert from_vjp(product, product_vjp, [], "times").full_name == f"{__name__}::times"


def test_a_shared_primal_of_a_bare_pair_gets_both_cotangents():
    subject = from_vjp(product, product_vjp, [])
    assert subject.linearize(Call((X, X), shared=True))[1](1.0)[0] == pytest.approx(2 * X)


def test_keywords_of_a_bare_pair_are_no_primals():
    subject = from_vjp(
        lambda x, scale: scale * x, lambda x, scale: (scale * x, lambda ct: scale * ct), []
    )
    assert subject.linearize(Call((2.0,), {"scale": 3.0}))[1](10.0) == [30.0]


def test_the_cotangents_of_one_list_are_a_list():
    subject = from_vjp(sum, lambda xs: (sum(xs), lambda ct: [ct, 2 * ct]), [])
    assert subject.linearize(Call(([2.0, 3.0],)))[1](10.0) == [10.0, 20.0]


@pytest.mark.parametrize("wrap", [lambda ct: ct, lambda ct: (ct,)], ids=["bare", "in a tuple"])
def test_one_cotangent_of_a_bare_pair_may_be_wrapped(wrap):
    subject = from_vjp(math.sin, lambda x: (math.sin(x), lambda ct: wrap(2 * ct)), [])
    assert subject.linearize(Call((0.5,)))[1](1.0) == [2.0]


def test_a_bare_pair_with_too_few_cotangents():
    subject = from_vjp(product, lambda a, b: (a * b, lambda ct: (ct * b,)), [])
    with pytest.raises(RuleError, match="the pullback returned 1 cotangents for 2 arguments"):
        subject.linearize(Call((2.0, 3.0)))[1](1.0)


def test_registered_rules_are_sorted_and_have_samples():
    found = [*registered()]
    assert [(s.provider, s.name) for s in found] == sorted((s.provider, s.name) for s in found)
    by_name = {subject.name: subject for subject in found}
    assert by_name["math.sin"].provider == "pullback-math"
    assert by_name["math.sin"].where.startswith("pullback_math/")
    assert by_name["numpy.sum"].provider == "pullback-numpy"
    assert len(by_name["numpy.sum"].cases) > 2
    assert by_name["numpy.ndarray.T"].function(np.ones((2, 3))).shape == (3, 2)


RULES = """
@pullback.primitive
def twice(x): return 2.0 * x
@pullback.primitive
def thrice(x): return 3.0 * x
twice_rule = pullback.elementwise(twice, lambda ct: 2.0 * ct)
thrice_rule = pullback.elementwise(thrice, lambda ct: 3.0 * ct)
"""
HOOKS = """
from pullback.conformance import arrays, call
def pullback_register_rules(registry): registry.add(twice_rule)
def pullback_register_samples(samples): samples.add(twice, call(arrays("3")))
"""


@pytest.fixture
def module():
    """``module(source)``: a module of rules."""

    def make(source=RULES):
        made = ModuleType("made_up")
        made.pullback = pullback
        exec(source, vars(made))
        return made

    return make


def names(found):
    return [subject.full_name.replace("made_up.", "") for subject in found]


def test_a_module_of_rules(module):
    assert names(from_object(module(), "here")) == ["here::twice", "here::thrice"]


def test_a_rule_and_a_tuple_of_rules(module):
    made = module()
    assert names(from_object(made.twice_rule, "here")) == ["here::twice"]
    both = (made.thrice_rule, made.twice_rule)
    assert names(from_object(both, "here")) == ["here::thrice", "here::twice"]


def test_a_pair_of_a_function_and_a_rule(module):
    made = module()
    (subject,) = from_object((made.twice, made.thrice_rule), "here")
    assert subject.primal(Call((1.0,))) == 2.0
    assert subject.run_rule(Call((1.0,)))[0] == 3.0


def test_a_module_with_hooks_is_asked(module):
    (subject,) = from_object(module(RULES + HOOKS), "here")
    assert subject.name.endswith("twice")
    assert len(subject.cases) == 1


def test_an_object_with_hooks_is_asked(module):
    plugin = SimpleNamespace(
        pullback_register_rules=lambda registry: registry.add(module().thrice_rule)
    )
    assert names(from_object(plugin, "here")) == ["here::thrice"]


def test_a_hook_for_samples_that_raises_is_a_problem_of_each_rule(module):
    source = RULES + "def pullback_register_samples(samples): 1 / 0"
    for subject in from_object(module(source), "here"):
        assert subject.problem == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("thing", [3, (), [1], ModuleType("empty"), (3, 4)], ids=str)
def test_what_holds_no_rule(thing):
    with pytest.raises(PullbackError, match=r"here names .*, in which there is no rule"):
        from_object(thing, "here")


SAMPLING = """
@hookimpl
def pullback_register_rules(registry):
    registry.add(elementwise(shared.{name}, lambda ct: 2.0 * ct))

@hookimpl
def pullback_register_samples(samples):
    {body}
"""


def test_each_plugin_is_asked_for_samples_by_itself(site):
    from_conformance = "from pullback.conformance import arrays, call; "
    site.add("broken", SAMPLING.format(name="twice", body="raise RuntimeError('no samples today')"))
    good = from_conformance + "samples.add(shared.thrice, call(arrays('7')))"
    site.add("good", SAMPLING.format(name="thrice", body=good))
    printed = site.run("""
        import json
        from pullback.conformance.subjects import registered
        from pullback.conformance.running import Settings, examine
        found = {s.provider: s for s in registered()}
        results = {name: examine(s, ["loads"]).outcomes[0] for name, s in found.items()}
        print(json.dumps([
            len(found["good"].cases),
            results["good"].status,
            results["broken"].status,
            results["broken"].failure.message,
        ]))
    """)
    assert json.loads(printed) == [
        1,
        "passed",
        "failed",
        "the samples cannot be read: RuntimeError: no samples today",
    ]


def test_samples_are_gathered_once(monkeypatch):
    monkeypatch.setattr(subjects, "_gathered", [])
    first = subjects.gather_samples()
    assert subjects.gather_samples() is first
    assert np.sum in first.lines
    assert first.problems == {}


def test_the_domain_may_be_longer_than_a_call():
    declared = rule(wave, domain=(reals, positive, above(1.0)))(wave_rule.function)
    assert from_pair(wave, declared).domain_of((2,)).low == 1.0
