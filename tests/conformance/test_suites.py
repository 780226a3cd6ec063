"""The checks in a test suite: `check_rule`, `iter_checks`, `parametrize_rules`."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import textwrap
from functools import partial

import numpy as np
import pytest
from hypothesis import strategies as st

import pullback
from pullback import Chain, elementwise, rule
from pullback.conformance import (
    Check,
    arrays,
    call,
    check_rule,
    each,
    floats,
    iter_checks,
    parametrize_rules,
)
from pullback.conformance.checks import all_checks
from pullback.errors import ChainError, ConformanceError, EmptyChainError, RuleCheckError

QUICK = {"max_examples": 6}
FIRST = ["finite-differences"]


def scaled(x, k=2.0):
    return k * x * x


def right(x, k=2.0):
    return k * x * x, lambda ct: (2 * k * x * ct, x * x * ct)


def wrong(x, k=2.0):
    return k * x * x, lambda ct: (3 * k * x * ct, x * x * ct)


SAMPLES = (call(floats(), floats()), call(arrays("n"), k=floats()))


def statuses(result):
    return {outcome.check: outcome.status for outcome in result.outcomes}


def test_a_registered_primitive_has_its_own_samples():
    result = check_rule(np.tanh, **QUICK)
    assert result.name == "pullback-numpy::numpy.tanh"
    assert result.where.startswith("pullback_numpy/")
    assert {*statuses(result)} == {*all_checks()}
    assert {*statuses(result).values()} == {"passed", "unsuited"}


def test_samples_of_ones_own_take_their_place():
    with pytest.raises(RuleCheckError, match="the primal refuses every sample of the author"):
        check_rule(math.hypot, samples=[call("text", 2.0)], checks=["declared"])


def test_one_call_is_checked_as_it_is():
    result = check_rule(math.hypot, 3.0, 4.0)
    assert all(outcome.examples <= 1 for outcome in result.outcomes)
    assert statuses(result)["finite-differences"] == "passed"
    # These look at a rule as a whole, and run at one call only when they are asked for.
    whole = {check.name for check in iter_checks() if check.once}
    assert whole >= {"loads", "declared"}
    assert not whole & {*statuses(result)}
    result = check_rule(math.hypot, 3.0, 4.0, checks=["loads", "primal"])
    assert statuses(result) == {"loads": "passed", "primal": "passed"}


@pytest.mark.parametrize(
    "options",
    [
        {"rule": right},
        {"rule": rule(scaled)(right)},
        {"vjp": right},
        {},
    ],
    ids=["a rule function", "a rule", "a bare pair", "traced"],
)
def test_one_call_of_what_need_not_be_registered(options):
    found = statuses(check_rule(scaled, 0.5, 3.0, **options))
    assert found["finite-differences"] == "passed"
    assert {*found.values()} <= {"passed", "unsuited"}
    if "vjp" not in options:  # what has no engine projects its cotangents itself
        check_rule(scaled, np.array([0.5, 1.5]), 3.0, **options)
        check_rule(scaled, np.array([0.5, 1.5]), params={"k": 2}, **options)


def test_keywords_of_a_bare_pair_are_constants():
    def pair(x, k):
        return k * x * x, lambda ct: 2 * k * x * ct

    check_rule(scaled, 0.5, params={"k": 3.0}, vjp=pair)


@pytest.mark.parametrize("how", ["rule", "vjp"])
def test_a_wrong_rule_at_one_call(how):
    with pytest.raises(RuleCheckError) as caught:
        check_rule(scaled, 0.5, 3.0, checks=FIRST, **{how: wrong})
    assert str(caught.value).splitlines() == [
        f"FAILED {__name__}::{__name__}.scaled::finite-differences  test_suites.py:"
        f"{wrong.__code__.co_firstlineno}",
        "  cotangent of argument 0 ('x'), float: got 4.5 want 3 (|err| 1.5e+00 > 4.5e-07)",
    ]


def test_one_argument_of_several_is_blamed():
    def swapped(x, k):
        return k * x * x, lambda ct: (2 * k * x * ct, k * x * ct)

    with pytest.raises(RuleCheckError, match=r"argument 1 \('k'\), float: got 1.5 want 0.25 "):
        check_rule(scaled, 0.5, 3.0, rule=swapped, checks=FIRST)


@pytest.mark.parametrize("how", ["rule", "vjp"])
def test_a_wrong_rule_at_samples(how):
    with pytest.raises(RuleCheckError) as caught:
        check_rule(scaled, samples=SAMPLES, checks=FIRST, **{how: wrong})
    first, second, third = str(caught.value).splitlines()
    assert first.startswith(f"FAILED {__name__}::{__name__}.scaled::finite-differences  ")
    assert second.startswith("  cotangent of argument 0 ('x'), ")
    assert third.startswith(f"  minimal:    check_rule({__name__}.scaled, ")


def test_every_failure_is_told():
    def also_mutating(x, k=2.0):
        y = np.array(k * x * x)
        x += 1.0
        return y, lambda ct: (3 * k * (x - 1.0) * ct, None)

    with pytest.raises(RuleCheckError) as caught:
        check_rule(scaled, np.array([0.5, 1.5]), 2, rule=also_mutating)
    for name in ("finite-differences", "no-mutation"):
        assert f".scaled::{name}  test_suites.py:" in str(caught.value)


def test_a_rule_that_raises_is_a_failure():
    def raising(x, k):
        raise KeyError("nothing")

    with pytest.raises(RuleCheckError, match="raised KeyError: 'nothing'"):
        check_rule(scaled, 0.5, 3.0, rule=raising)


def test_a_declared_rule_may_stand_for_its_primitive():
    declared = elementwise(scaled, lambda ct, a, b: 2 * b * a * ct, lambda ct, a: a * a * ct)
    assert statuses(check_rule(declared, 0.5, 3.0, checks=FIRST)) == {FIRST[0]: "passed"}
    assert statuses(check_rule(declared, checks=FIRST)) == {FIRST[0]: "passed"}


@pytest.mark.parametrize(
    "chain",
    [
        [math.sin, math.exp],
        (math.sin, math.exp),
        Chain([math.sin, math.exp]),
        [[math.sin], [math.exp, lambda y: y * 2]],
    ],
    ids=["list", "tuple", "chain", "nested"],
)
def test_a_chain(chain):
    assert statuses(check_rule(chain, 0.5))["finite-differences"] == "passed"
    result = check_rule(chain, samples=[call(floats())], **QUICK)
    assert {*statuses(result).values()} == {"passed", "unsuited"}


def test_a_chain_with_a_wrong_link(own_rules):
    def twice(x):
        return 2.0 * x

    pullback.register(elementwise(twice, lambda ct: 3.0 * ct))
    with pytest.raises(RuleCheckError, match=r"FAILED Chain\(\[math.sin, .*twice\]\)::finite-diff"):
        check_rule([math.sin, twice], 0.5)


def network(weights, x, *, power=2, names=()):
    hidden = np.tanh(x @ weights["w"] + weights["b"])
    return [np.sum(hidden**power), (hidden, len(names))]


def test_a_traced_function_of_containers():
    weights = st.fixed_dictionaries({"w": arrays("2,k"), "b": arrays("k")})
    lines = [call(weights, arrays("n,2"), power=each(2, 3), names=each((), ("a",)))]
    result = check_rule(network, samples=lines, max_examples=8)
    assert {*statuses(result).values()} == {"passed", "unsuited"}
    assert statuses(result)["second-order"] == "passed"


def test_a_function_with_constant_arguments():
    result = check_rule(lambda x, n, mode: x**n, samples=[call(floats(), 2, "text")], **QUICK)
    assert {*statuses(result).values()} == {"passed", "unsuited"}


def test_a_partial():
    result = check_rule(partial(scaled, k=3.0), 0.5, checks=FIRST)
    assert statuses(result) == {FIRST[0]: "passed"}


def test_the_seed_and_the_number_of_samples_are_what_is_asked_for():
    few = check_rule(scaled, rule=right, samples=SAMPLES, checks=["primal"], max_examples=3)
    assert few.outcomes[0].examples == 3
    seen = []

    def spying(x, k=2.0):
        seen.append(x)
        return right(x, k)

    for seed in (1, 1, 2):
        check_rule(scaled, rule=spying, samples=SAMPLES[:1], checks=["primal"], seed=seed, **QUICK)
    count = len(seen) // 3
    assert seen[:count] == seen[count : 2 * count] != seen[2 * count :]


def test_the_cotangent_is_what_is_asked_for():
    seen = []

    def spying(x):
        def pullback(ct):
            seen.append(np.copy(ct))
            return 2 * ct

        return 2 * x, pullback

    given = np.array([3.0, 5.0])
    check_rule(lambda x: 2 * x, np.ones(2), rule=spying, cotangent=given, checks=FIRST)
    assert np.array_equal(seen[0], given)
    seen.clear()
    check_rule(lambda x: 2 * x, np.ones(2), rule=spying, cotangent=3.0, checks=FIRST)
    assert np.array_equal(seen[0], [3.0, 3.0])
    seen.clear()
    check_rule(lambda x: 2 * x, np.ones(2), rule=spying, checks=FIRST)
    assert np.array_equal(seen[0], [1.0, 1.0])


@pytest.mark.parametrize("value", [0.5, np.array([0.5, 1.5])], ids=["number", "array"])
def test_equal_arguments_may_be_one_primal(value):
    def forgetful(a, b):
        return a * b, lambda ct: (ct * b, None if a is b else ct * a)

    check_rule(scaled, value, value, rule=forgetful, checks=["linearity"])
    with pytest.raises(
        RuleCheckError, match=r"argument 0 \('a'\), .*got (0.5 want 1|-.* want -2.75) "
    ):
        check_rule(np.multiply, value, value, shared=True, rule=forgetful, checks=FIRST)
    found = statuses(check_rule(np.multiply, value, value, shared=True))
    assert found["threads"] == found["finite-differences"] == "passed"


SENSELESS = {
    "a rule and a pair": (
        lambda: check_rule(scaled, 0.5, rule=right, vjp=right),
        ConformanceError,
        r"check_rule takes rule= or vjp=, and was given both",
    ),
    "a function without samples": (
        lambda: check_rule(scaled),
        ConformanceError,
        r"check_rule\(.*scaled\) has no samples; give a call, or samples=\[call\(...\)\]",
    ),
    "a pair without samples": (
        lambda: check_rule(scaled, vjp=right),
        ConformanceError,
        r"has no samples; give a call",
    ),
    "a rule without samples": (
        lambda: check_rule(scaled, rule=right),
        RuleCheckError,
        r"there are no samples: declare domain= or signature=, or add call",
    ),
    "an unknown check": (
        lambda: check_rule(math.sin, checks=["primal", "primals"]),
        ConformanceError,
        r"there is no check called primals; there are loads, declared, primal, ",
    ),
    "an unknown check of one call": (
        lambda: check_rule(math.sin, 0.5, checks=["primals"]),
        ConformanceError,
        r"there is no check called primals; there are loads, declared, primal, ",
    ),
    "a number": (
        lambda: check_rule(3, 1.0),
        ConformanceError,
        r"check_rule takes a primitive, a rule, a chain or a function, not 3",
    ),
    "an empty chain": (lambda: check_rule([]), EmptyChainError, r"a chain needs at least one link"),
    "a chain of numbers": (lambda: check_rule([3], 1.0), ChainError, r"link 0 of the chain is 3"),
    "a call outside of the domain": (
        lambda: check_rule(math.log, -1.0),
        ValueError,
        r"math domain error|positive input",
    ),
    "a call with the value NaN": (
        lambda: check_rule(np.log, -1.0),
        ConformanceError,
        r"check_rule\(numpy.log\): the value at this call is NaN",
    ),
    "a cotangent of another shape": (
        lambda: check_rule(np.tanh, np.ones(2), cotangent=np.ones(3)),
        ConformanceError,
        r"check_rule\(numpy.tanh\): the cotangent \[1., 1., 1.\] does not fit the value, which is ",
    ),
    "a cotangent of another structure": (
        lambda: check_rule(np.linalg.eigh, np.eye(2), cotangent=1.0),
        ConformanceError,
        r"the cotangent 1.0 does not fit the value, which is EighResult",
    ),
    "a complex cotangent": (
        lambda: check_rule(math.sin, 0.5, cotangent=1j),
        ConformanceError,
        r"the cotangent 1j does not fit the value",
    ),
}


@pytest.mark.parametrize("params", [{}, {"dtype": np.float32}])
def test_rounding_is_all_that_is_left_of_a_derivative_whose_terms_cancel(params):
    # The rows differ by a constant, so their correlation is 1, the largest there is.
    row = np.array([2.02, 0.8, 2.51, 1.29, 3.0])
    ct = np.ones((2, 2), dtype=params.get("dtype"))
    checks = ["linearity", "forward-reverse"]
    check_rule(np.corrcoef, np.array([row, row - 0.24]), params=params, cotangent=ct, checks=checks)


@pytest.mark.parametrize(("senseless", "error", "message"), SENSELESS.values(), ids=SENSELESS)
def test_what_makes_no_sense(senseless, error, message):
    with pytest.raises(error, match=message):
        senseless()


def test_the_checks_are_listed_in_order():
    names = [check.name for check in iter_checks()]
    assert names == [
        "loads", "declared", "primal", "finite-differences", "linearity", "zero-cotangent",
        "special-points", "space", "repeatable", "no-mutation", "no-aliasing", "layouts",
        "broadcasting", "keywords", "forward-reverse", "second-order", "threads", "nonfinite",
        "silent", "compiled",
    ]  # fmt: skip
    assert all(isinstance(check, Check) for check in iter_checks())


def test_rules_and_checks_make_pytest_parameters():
    mark = parametrize_rules("pullback-math", rules="math.sin*", checks=["primal", "space"]).mark
    names, cases = mark.args
    assert (mark.name, names) == ("parametrize", "check")
    assert [case.id for case in cases] == [
        "math.sin::primal", "math.sin::space", "math.sinh::primal", "math.sinh::space",
    ]  # fmt: skip
    assert repr(cases[0].values[0]) == "pullback-math::math.sin::primal"
    for case in cases:
        case.values[0]()


def test_all_plugins_and_all_checks_are_meant_if_nothing_is_said():
    _, cases = parametrize_rules(rules="*.sin").mark.args
    assert {case.id.partition("::")[0] for case in cases} >= {"math.sin", "cmath.sin", "numpy.sin"}
    assert [case.id for case in cases if case.id.startswith("math.")] == [
        f"math.sin::{check.name}" for check in iter_checks()
    ]


@pytest.mark.parametrize(
    ("plugins", "options", "message"),
    [
        (("pullback-moth",), {}, r"found no rule '\*' of pullback-moth; `pullback plugins` says"),
        (("pullback-math", "typo"), {}, r"found no rule '\*' of typo; "),
        (("pullback-math",), {"rules": "sine"}, r"found no rule 'sine' of pullback-math; "),
        (("pullback-math",), {"checks": ["primals"]}, "there is no check called primals"),
        (
            ("pullback-math",),
            {"rules": "math.sin", "expected_failures": {"math.cos::primal": "?"}},
            "expected_failures names math.cos::primal, which is no rule and check of these",
        ),
        (
            ("pullback-math",),
            {"checks": ["primal"], "expected_failures": {"math.sin::space": "?"}},
            "expected_failures names math.sin::space, which is no rule and check of these",
        ),
    ],
)
def test_parameters_that_make_no_sense(plugins, options, message):
    with pytest.raises(ConformanceError, match=message):
        parametrize_rules(*plugins, **options)


PLUGIN = """\
    from pullback.domains import reals

    @hookimpl
    def pullback_register_rules(registry):
        registry.add(
            elementwise(shared.twice, lambda ct: 2.0 * ct, domain=reals),
            elementwise(shared.thrice, lambda ct: 2.0 * ct, domain=reals),
        )
"""
SUITE = """\
    from pullback.conformance import parametrize_rules

    SOME = ["primal", "finite-differences", "linearity"]

    @parametrize_rules("kepler", checks=SOME)
    def test_all(check):
        check()

    @parametrize_rules(
        "kepler",
        checks=SOME,
        expected_failures={
            "shared.thrice::finite-differences": "three is hard",
            "shared.twice::linearity": "it is not linear",
        },
    )
    def test_expected(check):
        check()
"""


def test_a_suite_of_rules_in_pytest(site):
    site.add("kepler", PLUGIN)
    (site.cwd / "test_suite.py").write_text(textwrap.dedent(SUITE))
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", "--color=no"]
    result = site.result(*command, "test_suite.py")
    assert result.returncode == 1, result.stdout
    summary = result.stdout.partition("short test summary info")[2].splitlines()
    found = {}
    for line in summary:
        status, _, rest = line.partition(" test_suite.py::")
        if rest:
            found[rest.partition(" - ")[0]] = status
    assert found == {
        "test_all[shared.twice::primal]": "PASSED",
        "test_all[shared.twice::finite-differences]": "PASSED",
        "test_all[shared.twice::linearity]": "PASSED",
        "test_all[shared.thrice::primal]": "PASSED",
        "test_all[shared.thrice::finite-differences]": "FAILED",
        "test_all[shared.thrice::linearity]": "PASSED",
        "test_expected[shared.twice::primal]": "PASSED",
        "test_expected[shared.twice::finite-differences]": "PASSED",
        "test_expected[shared.twice::linearity]": "FAILED",
        "test_expected[shared.thrice::primal]": "PASSED",
        "test_expected[shared.thrice::finite-differences]": "XFAIL",
        "test_expected[shared.thrice::linearity]": "PASSED",
    }
    assert "FAILED kepler::shared.thrice::finite-differences  kepler.py:" in result.stdout
    assert "minimal:    check_rule(shared.thrice, " in result.stdout
    assert "[XPASS(strict)] it is not linear" in result.stdout
    assert "three is hard" in result.stdout


CHECKING = """\
    from pullback.domains import reals

    @hookimpl
    def pullback_register_checks(checks):
        from pullback.conformance import CheckFailed, check

        @check(kinds=("plain", "zeros"), uses_cotangent=False)
        def no_zeros(subject, sample):
            '''A rule is asked for its value at 0.

            Nobody should.
            '''
            if 0.0 in sample.call().args:
                raise CheckFailed("a zero")

        checks.add(no_zeros)
"""
SAMPLING = """\
    @hookimpl
    def pullback_register_rules(registry):
        registry.add(rule(shared.twice)(lambda x: (2.0 * x, lambda ct: 2.0 * ct)))

    @hookimpl
    def pullback_register_samples(samples):
        from pullback.conformance import call, each
        samples.add(shared.twice, call(each(7.5, 8.5)))
"""
WITH_PLUGINS = """
    import json
    from pullback.conformance import check_rule, iter_checks
    from pullback.errors import RuleCheckError
    import shared

    *_, last = iter_checks()
    fine = check_rule(shared.twice, checks=["declared", "finite-differences"])
    try:
        check_rule(shared.twice, checks=["linearity", "no-zeros"])
    except RuleCheckError as error:
        judged = {outcome.check: outcome.examples for outcome in fine.outcomes}
        print(json.dumps([last.name, last.summary, judged, str(error)]))
"""


def test_plugins_add_checks_and_samples(site):
    site.add("checking", CHECKING)
    site.add("sampling", SAMPLING)
    name, summary, judged, message = json.loads(site.run(WITH_PLUGINS))
    assert (name, summary) == ("no-zeros", "A rule is asked for its value at 0.")
    assert judged["declared"] == 1
    assert judged["finite-differences"] > 5
    first, *rest = message.splitlines()
    assert first.startswith("FAILED sampling::shared.twice::no-zeros  sampling.py:")
    assert rest == ["  a zero", "  minimal:    check_rule(shared.twice, 0.0)"]


IMPORTS = {
    "the core": "import pullback",
    "the plugins": "import pullback_math, pullback_numpy",
    "a derivative": "import math, pullback; pullback.grad([math.sin])(0.5)",
    "the command's help": "from pullback.cli import main; main(['--help'], standalone_mode=False)",
    "the help of check-rules": (
        "from pullback.cli import main; main(['check-rules', '--help'], standalone_mode=False)"
    ),
}


@pytest.mark.parametrize("program", IMPORTS.values(), ids=IMPORTS)
def test_nobody_imports_the_checks_who_does_not_run_them(program):
    # A new interpreter, because this one has imported them.
    heavy = "import sys; print(sorted({'hypothesis', 'pullback.conformance'} & {*sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{heavy}"], capture_output=True, check=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
