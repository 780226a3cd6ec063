"""Checks of what a rule says of itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import strategies as st

from pullback import not_implemented, registry, rule
from pullback.conformance import Call, arrays, call, each, examine, floats
from pullback.conformance.subjects import from_rule
from pullback.domains import above, interval, positive, reals
from pullback.errors import ConflictingRulesError, DerivativeNotImplementedError

LOADS, DECLARED, KEYWORDS = "loads", "declared", "keywords"
SAMPLES = {"samples": [call(floats(positive), floats())]}


def wave(x, k, shift=0.0):
    return np.sin(k * x + shift)


def wave_rule(x, k, shift=0.0):
    slope = np.cos(k * x + shift)
    return wave(x, k, shift), (lambda ct: ct * slope * k, lambda ct: ct * slope * x, None)


def declaring(**declared):
    return rule(wave, **declared)(wave_rule)


def with_signature(text):
    def hidden(*args):
        """Never called."""

    hidden.__signature__ = text
    return hidden


def outcome_of(subject, check):
    (outcome,) = examine(subject, [check]).outcomes
    return outcome.status, outcome.failure.message if outcome.failure else outcome.reason


def test_a_rule_that_loads(verdict):
    assert verdict(LOADS, wave, declaring(domain=positive)) == ("passed", "")
    assert verdict(LOADS, wave, None, vjp=wave_rule, **SAMPLES) == ("passed", "")


NOT_LOADING = {
    "samples that cannot be read": (
        rule(wave, signature="n->n")(wave_rule),
        "the samples cannot be read: the signature 'n->n' is not understood",
    ),
    "no function": (
        registry.Rule(wave, 3, domain=positive, source=wave),
        "the rule function is 3, which cannot be called",
    ),
    "no signature": (
        rule(wave, signature="()->()")(with_signature("(x)")),
        "the parameters of the rule function cannot be read: ",
    ),
}


@pytest.mark.parametrize(("broken", "words"), NOT_LOADING.values(), ids=NOT_LOADING)
def test_a_rule_that_does_not_load(broken, words):
    subject = from_rule(registry.Rule(wave, wave_rule), "here")
    subject.rule = broken
    subject.problem = from_rule(broken, "here").problem if broken.signature == "n->n" else ""
    status, message = outcome_of(subject, LOADS)
    assert status == "failed"
    assert message.startswith(words)


def test_a_rule_that_lost(verdict, monkeypatch):
    error = ConflictingRulesError("this and that both have a rule for wave")
    monkeypatch.setitem(registry.conflicts, wave, error)
    found = verdict(LOADS, wave, declaring(domain=positive))
    assert found == ("failed", "this and that both have a rule for wave")


GOOD = {
    "everything": {},
    "the arguments that are differentiable": {"differentiable": ["x", "k"]},
    "what is missing": {"not_implemented": {"shift": "nobody needs it"}},
    "a domain": {"domain": above(1.0)},
    "domains": {"domain": (reals, positive)},
    "domains of all": {"domain": (reals, positive, None)},
}


@pytest.mark.parametrize("declared", GOOD.values(), ids=GOOD)
def test_what_may_be_declared(verdict, declared):
    assert verdict(DECLARED, wave, declaring(**declared), **SAMPLES) == ("passed", "")


BAD = {
    "an unknown argument": (
        {"differentiable": ["x", "frequency"]},
        "differentiable names the argument 'frequency', and the rule has k, shift, x",
    ),
    "an unknown missing one": (
        {"not_implemented": {"phase": "later"}},
        "not_implemented names the argument 'phase', and the rule has k, shift, x",
    ),
    "no reason": ({"not_implemented": {"shift": " "}}, "not_implemented gives no reason for "),
    "both": (
        {"differentiable": ["x", "k"], "not_implemented": {"k": "later"}},
        "'k' is declared both differentiable and not implemented",
    ),
    "a constant that is none": (
        {"differentiable": ["x"]},
        "argument 1 ('k') is declared as not differentiable, and differences give the derivative ",
    ),
    "a derivative that is there": (
        {"not_implemented": {"k": "too hard"}},
        "argument 1 ('k') is declared as not implemented, and a derivative by it is returned",
    ),
    "a domain in words": (
        {"domain": "positive"},
        "the domain is 'positive'; it is a word of pullback.domains, or a tuple with one for each",
    ),
    "domains in words": ({"domain": (reals, "positive")}, "the domain is (Domain("),
    "too many domains": ({"domain": (reals,) * 4}, "the domain has 4 members for 3 arguments"),
}  # fmt: skip


@pytest.mark.parametrize(("declared", "words"), BAD.values(), ids=BAD)
def test_what_may_not_be_declared(verdict, declared, words):
    status, message = verdict(DECLARED, wave, declaring(**declared), **SAMPLES)
    assert status == "failed"
    assert message.startswith(words)


def test_a_rule_without_samples(verdict):
    status, message = verdict(DECLARED, wave, declaring())
    assert status == "failed"
    assert message.startswith(
        "there are no samples: declare domain= or signature=, or add call(...)"
    )


def test_samples_that_the_function_refuses(verdict):
    found = verdict(DECLARED, wave, declaring(), samples=[call("text", floats())])
    assert found == ("failed", "the primal refuses every sample of the author")


@pytest.mark.parametrize(
    ("function", "status"),
    [
        (lambda x, k: x * 1.0, "passed"),
        (lambda x, k: x * np.floor(k), "passed"),
        (lambda x, k: x + 1e-3 * k, "failed"),
        (lambda x, k: x * np.exp(k), "failed"),
        (lambda x, k: np.rint(k).astype(int), "passed"),
        (lambda x, k: x + np.abs(k) * 0, "passed"),
    ],
    ids=["absent", "a step", "a small slope", "a large slope", "no output", "zero"],
)
@pytest.mark.parametrize("k", [floats(positive), arrays("3", positive)], ids=["number", "array"])
def test_what_is_not_differentiable_has_the_derivative_zero(verdict, function, status, k):
    def known(x, k):
        return function(x, k), lambda ct: (ct, None)

    declared = rule(function, differentiable=["x"])(known)
    assert verdict(DECLARED, function, declared, samples=[call(floats(), k)])[0] == status


def refusing(error):
    """A rule without a derivative by k, that says so by the error."""

    def known(x, k):
        def back(ct):
            raise error

        return wave(x, k), (lambda ct: ct * k * np.cos(k * x), back)

    return rule(wave, not_implemented={"k": "too hard"})(known)


def test_what_is_not_implemented_says_why(verdict):
    def known(x, k):
        return wave(x, k), (lambda ct: ct * k * np.cos(k * x), not_implemented("too hard, sorry"))

    right = rule(wave, not_implemented={"k": "too hard"})(known)
    assert verdict(DECLARED, wave, right, **SAMPLES) == ("passed", "")
    found = verdict(DECLARED, wave, refusing(ConflictingRulesError("no")), **SAMPLES)
    assert found == (
        "failed",
        "argument 1 ('k') is declared as not implemented, and the error does not give the reason: "
        "no",
    )
    status, message = verdict(DECLARED, wave, refusing(KeyError("too hard")), **SAMPLES)
    assert (status, message) == ("failed", "raised KeyError: 'too hard'")


def test_what_the_author_samples_is_taken(verdict):
    def partly(x, k):
        if x > 5:
            raise DerivativeNotImplementedError("x is too large")
        return wave_rule(x, k)

    small, large = call(floats(interval(-5, 5)), floats()), call(floats(above(5)), floats())
    either = call(floats(interval(0, 10)), floats())
    declared = rule(wave)(partly)
    assert verdict(DECLARED, wave, declared, samples=[small, either]) == ("passed", "")
    assert verdict(DECLARED, wave, declared, samples=[small, large]) == (
        "failed",
        "the rule takes no sample of the author's case 2, which the primal takes: x is too large. "
        "Leave the case out, or declare its argument in not_implemented=",
    )
    declared = rule(wave, not_implemented={"k": "x is too large"})(partly)
    assert "takes no sample" not in verdict(DECLARED, wave, declared, samples=[large])[1]


def test_a_case_that_the_function_refuses(verdict):
    samples = [call(floats(), floats(positive)), call("text", floats())]
    assert verdict(DECLARED, wave, declaring(), samples=samples) == (
        "failed",
        "the primal refuses every sample of the author's case 2",
    )


def test_a_rule_that_refuses_everything_says_why(verdict):
    reason = "the author is away"
    refusing = rule(wave, not_implemented={"*": reason})(
        lambda x, k: (wave(x, k), not_implemented(reason))
    )
    assert verdict(DECLARED, wave, refusing, **SAMPLES) == ("passed", "")


def test_a_bare_pair_declares_nothing(verdict):
    assert verdict(DECLARED, wave, None, vjp=wave_rule, **SAMPLES) == ("passed", "")


def scaled(x, scale=1.0, axis=None):
    return np.sum(scale * x, axis=axis)


def spread(ct, x, axis):
    return np.broadcast_to(ct if axis is None else np.expand_dims(ct, axis), np.shape(x))


def scaled_rule(x, scale=1.0, axis=None):
    def back(ct):
        full = spread(ct, x, axis)
        return full * scale, np.sum(full * x)

    return scaled(x, scale, axis), back


def scaled_in_another_order(x, axis=None, scale=1.0):
    return scaled_rule(x, scale, axis)


def scaled_with_another_default(x, scale=2.0, axis=None):
    return scaled_rule(x, scale, axis)


def scaled_by_another_name(x, factor=1.0, axis=None):
    return scaled_rule(x, factor, axis)


X = np.array([[0.5, 1.5], [2.5, 0.75]])


@pytest.mark.parametrize(
    ("args", "params"),
    [
        ((X,), {"scale": 3.0, "axis": 0}),
        ((X, 3.0), {"axis": -1}),
        ((X, 3.0, 0), {}),
        ((X,), {}),
        ((), {"x": X, "scale": 3.0}),
    ],
)
def test_arguments_mean_the_same_by_position_and_by_keyword(verdict, args, params):
    assert verdict(KEYWORDS, scaled, scaled_rule, *args, params=params) == ("passed", "")


MISSPELT = {
    "another order": (
        scaled_in_another_order, (X, 1.0, 0), {}, "raised TypeError: 'float' object cannot be int",
    ),
    "another default": (
        scaled_with_another_default, (X,), {"scale": 3.0},
        "the value of the rule without scale got 10.5 want 5.25",
    ),
    "another name": (
        scaled_by_another_name, (X, 3.0), {}, "raised TypeError: scaled_by_another_name() got an ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "args", "params", "words"), MISSPELT.values(), ids=MISSPELT)
def test_arguments_that_mean_something_else(verdict, wrong, args, params, words):
    status, message = verdict(KEYWORDS, scaled, wrong, *args, params=params)
    assert status == "failed"
    assert message.startswith(words)


def test_a_cotangent_that_differs_by_spelling(verdict):
    def by_position(x, *rest, scale=1.0, axis=None):
        y, back = scaled_rule(x, *(rest or (scale, axis)))
        return y, lambda ct: (back(ct)[0] * (1 if rest else 2), back(ct)[1])

    wrong = rule(scaled, differentiable=["x", "rest"])(by_position)
    status, message = verdict(KEYWORDS, scaled, wrong, X, 3.0)
    assert status == "failed"
    assert message.startswith("cotangent of 'x', float64 array of shape (2, 2), with ")
    assert " by position and x, scale by keyword: got " in message


def test_builtins_that_take_positions_only(verdict):
    def known(x, y, /):
        r = math.hypot(x, y)
        return r, lambda ct: (ct * x / r, ct * y / r)

    assert verdict(KEYWORDS, math.hypot, known, 3.0, 4.0) == ("passed", "")


TRIED = {
    "by position": [call(arrays("n"), floats(), None)],
    "by keyword": [call(arrays("n"), axis=None, scale=floats())],
    "in several lines": [call(arrays("n"), floats()), call(arrays("n"), axis=each(None, 0))],
    "in a strategy of calls": [st.builds(lambda x: Call((x,)), arrays("n"))],
}


@pytest.mark.parametrize("lines", TRIED.values(), ids=TRIED)
def test_every_parameter_is_tried(verdict, lines):
    assert verdict(KEYWORDS, scaled, scaled_rule, samples=lines) == ("passed", "")


def test_a_parameter_that_is_never_tried(verdict):
    lines = [call(arrays("n"), floats()), call(arrays("n"), scale=floats())]
    status, message = verdict(KEYWORDS, scaled, scaled_rule, samples=lines)
    assert status == "failed"
    assert message.startswith("the parameter 'axis' occurs in no sample; add it to a call(...) of")
    excused = rule(scaled, not_implemented={"axis": "later"})(scaled_rule)
    assert verdict(KEYWORDS, scaled, excused, samples=lines) == ("passed", "")


def test_starred_parameters_need_not_be_tried(verdict):
    def total(x, *rest, **options):
        return np.sum(x)

    def known(x, *rest, **options):
        return np.sum(x), lambda ct: spread(ct, x, None)

    assert verdict(KEYWORDS, total, known, samples=[call(arrays("n"))]) == ("passed", "")


def test_a_bare_pair_is_called_by_position(verdict):
    found = verdict(KEYWORDS, wave, None, 0.5, 2.0, vjp=wave_rule)
    assert found == ("unsuited", "a bare pair is called by position")
