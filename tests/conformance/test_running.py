"""Running the checks: a failure is shrunk, can be pasted and replayed, and nothing else breaks."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st

import pullback
from pullback import elementwise, registry, rule
from pullback.conformance import (
    Settings,
    arrays,
    call,
    check_rule,
    each,
    examine,
    floats,
    laid_out,
    running,
)
from pullback.conformance.checks import Checks, Unsuited, all_checks, check
from pullback.conformance.kinds import KINDS
from pullback.conformance.running import Replay
from pullback.conformance.subjects import from_pair, from_rule
from pullback.domains import positive, reals
from pullback.errors import ConformanceError, DerivativeNotImplementedError, RuleCheckError

QUICK = Settings(max_examples=12)


@pytest.fixture
def subject(own_rules):
    """``subject(function, rule, *samples)``: a rule that is registered as ``made_up.f``."""

    def make(function, declared, *lines):
        function.__module__, function.__qualname__ = "made_up", "f"
        if not isinstance(declared, registry.Rule):
            declared = rule(function)(declared)
        pullback.register(declared)
        made = from_rule(declared, "made-up")
        return replace(made, lines=lines or made.lines)

    return make


def outcome_of(subject, check, settings=QUICK, **options):
    (outcome,) = examine(subject, [check], settings, **options).outcomes
    return outcome


def paste(subject, text):
    """What becomes of the minimal example of a failure."""
    made_up = SimpleNamespace(f=subject.rule.primitive)
    names = {"np": np, "laid_out": laid_out, "check_rule": check_rule, "made_up": made_up}
    return eval(text, names)


def square(x):
    return x * x


def square_rule(x):
    return x * x, lambda ct: 2 * ct * x


def clipped_rule(x):
    """Wrong for large numbers."""
    return x * x, lambda ct: 2 * ct * np.minimum(x, 1.0)


def rounded_rule(x):
    """Wrong in float32, in which it is rounded to float16."""
    slope = 2 * x
    single = getattr(slope, "dtype", None) == np.float32
    return x * x, lambda ct: ct * (slope.astype(np.float16) if single else slope)


def test_a_right_rule_passes(subject):
    right = subject(square, square_rule, call(floats()), call(arrays("n,m")))
    result = examine(right)
    assert [outcome.check for outcome in result.outcomes] == [*all_checks()]
    status = {outcome.check: outcome.status for outcome in result.outcomes}
    assert status.pop("special-points") == "unsuited"
    assert {*status.values()} == {"passed"}
    assert (result.rule, result.provider) == ("made_up.f", "made-up")
    assert result.where.startswith("test_running.py:")
    assert result.seconds >= sum(outcome.seconds for outcome in result.outcomes) > 0


def test_results_count_samples(subject):
    right = subject(square, square_rule, call(floats()), call(arrays("n,m")))
    result = examine(right, ["finite-differences", "second-order", "loads"], Settings(10))
    first, second, once = result.outcomes
    assert 1 <= first.examples <= 10
    assert 1 <= second.examples <= 10
    assert once.examples == 1
    assert result.kinds["plain"] >= 2
    assert set(result.kinds) <= {"plain", *all_checks()["finite-differences"].kinds} | {
        *all_checks()["second-order"].kinds
    }
    assert result.refused["duplicates"] >= 1


def test_no_more_samples_than_a_check_needs(subject):
    right = subject(square, square_rule, call(arrays("n,m")))
    assert outcome_of(right, "threads", Settings(60)).examples == 4


def test_every_case_of_the_author_is_tried_but_where_a_few_will_do(subject):
    cases = [call(arrays("n,m"), factor=factor) for factor in range(1, 21)]

    def scaled(x, *, factor):
        return x * factor

    def scaled_rule(x, *, factor):
        return x * factor, lambda ct: ct * factor

    many = subject(scaled, scaled_rule, *cases)
    assert outcome_of(many, "forward-reverse", Settings(60)).examples >= 20
    assert outcome_of(many, "threads", Settings(60)).examples == 4


FAILURES = {
    "at large numbers": (clipped_rule, "finite-differences", "cotangent of argument 0 ('x'), "),
    "in float32": (rounded_rule, "space", "cotangent of argument 0 ('x'), float32 array of shape"),
}


@pytest.fixture(params=FAILURES)
def failed(request, subject):
    """A failure that some samples show and others do not."""
    wrong, check, words = FAILURES[request.param]
    failing = subject(square, wrong, call(arrays("n")))
    outcome = outcome_of(failing, check)
    assert outcome.status == "failed"
    return SimpleNamespace(
        subject=failing,
        check=check,
        words=words,
        outcome=outcome,
        failure=outcome.failure,
    )


@pytest.fixture
def mended(subject):
    """The right rule instead of the wrong one."""
    return lambda: subject(square, square_rule, call(arrays("n")))


def test_a_failure_says_what_is_wrong_at_a_small_sample(failed):
    assert not failed.outcome.good
    assert failed.words in failed.failure.message
    assert failed.failure.kind == [*KINDS][Replay.decode(failed.failure.replay).kind]
    assert failed.failure.traceback == ""


def test_a_failure_can_be_pasted(failed, mended):
    with pytest.raises(RuleCheckError, match=r"FAILED .*made_up\.f::"):
        paste(failed.subject, failed.failure.minimal)
    assert all(outcome.good for outcome in paste(mended(), failed.failure.minimal).outcomes)


def test_a_failure_is_found_again_by_its_id(failed, mended):
    (again,) = examine(failed.subject, replay=failed.failure.replay).outcomes
    assert replace(again, examples=1, seconds=0) == replace(failed.outcome, examples=1, seconds=0)
    (passed,) = examine(mended(), replay=failed.failure.replay).outcomes
    assert (passed.check, passed.status, passed.examples) == (failed.check, "passed", 1)


def test_a_failure_is_found_again_whatever_else_is_asked_for(failed):
    other = Settings(max_examples=1, seed=77)
    (again,) = examine(failed.subject, ["loads"], other, failed.failure.replay).outcomes
    assert again.check == failed.check
    assert again.failure == failed.failure


def test_a_failure_that_is_not_to_be_shrunk_is_told_as_it_was_drawn(failed):
    drawn = outcome_of(failed.subject, failed.check, replace(QUICK, shrink=False)).failure
    assert drawn.replay == failed.failure.replay
    assert len(drawn.minimal) > len(failed.failure.minimal)
    with pytest.raises(RuleCheckError):
        paste(failed.subject, drawn.minimal)


def test_a_sample_is_shrunk_as_far_as_it_can_be(subject):
    wrong = subject(square, clipped_rule, call(arrays("n,m")))
    failure = outcome_of(wrong, "finite-differences").failure
    text = failure.minimal.split(", cotangent=")[0]
    values = eval(text.removeprefix("check_rule(made_up.f, "), {"np": np})
    assert values.size <= 4
    assert 2.5 in np.real(values)  # the first number of the table that is too large


def test_the_smallest_number_that_fails_is_found(subject):
    wrong = subject(
        lambda x, n: n * x,
        lambda x, n: (n * x, lambda ct: (ct * (n if n < 10 else 9), None)),
        call(floats(), st.integers(0, 1000)),
    )
    failure = outcome_of(wrong, "finite-differences").failure
    assert re.match(r"check_rule\(made_up\.f, .*\b0\.5\b.*, 10, cotangent=", failure.minimal)


def test_a_case_is_named_by_the_id(subject):
    def tripled(x, mode="a"):
        return 3 * x

    def wrong_in_one_mode(x, mode="a"):
        return 3 * x, lambda ct: ct * (2 if mode == "b" else 3)

    wrong = subject(tripled, wrong_in_one_mode, call(floats(), mode=each("a", "b", "c")))
    failure = outcome_of(wrong, "linearity").failure
    assert failure is None
    failure = outcome_of(wrong, "finite-differences").failure
    assert Replay.decode(failure.replay).case == 1
    assert "params={'mode': 'b'}" in failure.minimal


@pytest.mark.parametrize("seed", [1, 2**32 - 1, 2**40 + 5, -1])
def test_any_seed_can_be_replayed(subject, seed):
    wrong = subject(square, clipped_rule, call(arrays("n")))
    failure = outcome_of(wrong, "finite-differences", replace(QUICK, seed=seed)).failure
    (outcome,) = examine(wrong, replay=failure.replay).outcomes
    assert outcome.failure == failure


def test_what_fails_only_now_and_then_is_told_as_it_was_seen(subject):
    countdown = iter([True])

    def moody_rule(x):
        wrong = next(countdown, False)
        return x * x, lambda ct: 3 * ct * x if wrong else 2 * ct * x

    failure = outcome_of(
        subject(square, moody_rule, call(floats(positive))), "finite-differences"
    ).failure
    assert "cotangent of argument 0 ('x')" in failure.message
    assert failure.minimal.startswith("check_rule(made_up.f, ")


def test_a_check_that_runs_once_can_be_pasted_and_replayed(subject):
    formula = elementwise(square, lambda ct, x: 2 * ct * x, domain=reals, points={0.0: 1.0})
    wrong = subject(square, formula)
    failure = outcome_of(wrong, "special-points").failure
    assert failure.message.startswith(
        "cotangent of argument 0 ('x') at 0.0, which is declared as 1.0: got 0. want 1."
    )
    assert failure.minimal == "check_rule(made_up.f, checks=['special-points'])"
    with pytest.raises(RuleCheckError, match="which is declared as 1"):
        paste(wrong, failure.minimal)
    (again,) = examine(wrong, replay=failure.replay).outcomes
    assert again.failure == failure


def test_the_first_failure_may_be_enough(subject):
    wrong = subject(square, lambda x: (x * x, lambda ct: 3 * ct * x), call(floats()))
    names = ["loads", "primal", "finite-differences", "linearity", "space"]
    found = examine(wrong, names, replace(QUICK, stop_at_first=True)).outcomes
    assert [outcome.check for outcome in found] == names[:3]
    assert [outcome.status for outcome in found] == ["passed", "passed", "failed"]
    assert len(examine(wrong, names, QUICK).outcomes) == 5


def returning(*result):
    return lambda x: result if len(result) > 1 else result[0]


def failing_pullback(x):
    def square_pullback(ct):
        raise KeyError("no such branch")

    return x * x, square_pullback


def failing_rule(x):
    raise ArithmeticError("\nno root\n  (a long explanation)")


BROKEN = {
    "raises": (failing_rule, "raised ArithmeticError: no root"),
    "has a pullback that raises": (failing_pullback, "raised KeyError: 'no such branch'"),
    "returns the value alone": (
        lambda x: x * x,
        "raised RuleError: the rule returned ",
    ),
    "returns three things": (returning(1.0, None, None), "a rule returns (y, pullback)"),
    "returns nothing": (returning(None), "the rule returned None; a rule returns (y, pullback)"),
    "has no pullback but a number": (
        lambda x: (x * x, 2 * x),
        " as its pullback; it is a function, a tuple of them, or None",
    ),
    "returns two cotangents for one argument": (
        lambda x: (x * x, lambda ct: (2 * ct * x, ct)),
        "the pullback returned 2 cotangents for ",
    ),
    "returns a cotangent of another shape": (
        lambda x: (x * x, lambda ct: np.ones((2, 3, 5))),
        "does not fit its primal",
    ),
    "returns text": (lambda x: (x * x, lambda ct: "1.0"), "raised RuleError"),
    "takes no arguments": (lambda: (1.0, None), "raised TypeError: <lambda>() takes 0 positional"),
}


@pytest.mark.parametrize(("wrong", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule_fails_and_ends_nothing(subject, wrong, words):
    broken = subject(square, wrong, call(floats(positive)), call(arrays("2", positive)))
    result = examine(broken, None, Settings(6, shrink=False))
    assert [outcome.check for outcome in result.outcomes] == [*all_checks()]
    messages = [outcome.failure.message for outcome in result.outcomes if outcome.failure]
    assert any(words in message for message in messages), messages
    assert all("\n" not in message for message in messages)


def test_where_a_rule_raised_is_kept(subject):
    broken = subject(square, failing_pullback, call(floats()))
    failure = outcome_of(broken, "finite-differences").failure
    assert 'raise KeyError("no such branch")' in failure.traceback
    assert "square_pullback" in failure.traceback


def test_too_few_cotangents(subject):
    broken = subject(
        lambda a, b: a * b,
        lambda a, b: (a * b, lambda ct: (ct * b,)),
        call(floats(), floats()),
    )
    failure = outcome_of(broken, "space").failure
    assert failure.message == "the pullback returned 1 cotangents for 2 arguments"


def missing(number):
    raise OSError("the data are not here")


@pytest.mark.parametrize(
    ("strategy", "problem"),
    [
        (floats().map(missing), "OSError: the data are not here"),
        (st.sampled_from([]), "InvalidArgument: "),
        (st.just(1).filter(lambda x: False), "Unsatisfiable: "),
    ],
    ids=["raises", "is empty", "filters all"],
)
def test_a_strategy_that_is_broken(subject, strategy, problem):
    right = subject(square, square_rule, call(floats()), call(strategy))
    result = examine(right, ["loads", "declared", "primal"], QUICK)
    loads, declared, primal = result.outcomes
    assert loads.failure.message.startswith(f"the samples cannot be read: {problem}")
    assert declared.status == "failed"
    assert (primal.status, primal.reason) == ("unsuited", "no samples")


def test_a_rule_that_declines_is_not_wrong(subject):
    def declining(x):
        def square_pullback(ct):
            raise DerivativeNotImplementedError("only on Sundays")

        return x * x, square_pullback

    outcome = outcome_of(subject(square, declining, call(floats())), "finite-differences")
    assert (outcome.status, outcome.examples) == ("unsuited", 0)
    assert outcome.reason == "the rule says: only on Sundays"


def test_differences_that_tell_nothing_are_a_failure_of_the_samples(subject):
    def needle(x):
        return np.sin(1e9 * x)

    noisy = subject(
        needle, lambda x: (needle(x), lambda ct: 1e9 * ct * np.cos(1e9 * x)), call(floats())
    )
    outcome = outcome_of(noisy, "finite-differences")
    assert outcome.status == "failed"
    assert outcome.failure.message == (
        "none of the plain samples could be judged: the differences do not converge"
    )


def test_a_rule_that_refuses_every_call_is_asked_what_it_declares(subject):
    refusing = subject(
        square,
        rule(square, not_implemented={"*": "its author is away"})(
            lambda x: (x * x, pullback.not_implemented("its author is away"))
        ),
        call(floats()),
    )
    result = examine(refusing, None, QUICK)
    assert {o.check for o in result.outcomes if o.status == "passed"} == {"loads", "declared"}
    assert all(outcome.good for outcome in result.outcomes)


def test_the_rule_is_in_force_while_it_is_checked(subject):
    right = subject(square, square_rule, call(floats()))
    before = registry.table[right.rule.primitive]
    registry.table[right.rule.primitive] = failing_rule
    assert outcome_of(right, "finite-differences").status == "passed"
    assert registry.table.pop(right.rule.primitive) is failing_rule
    registry.table[right.rule.primitive] = before


def test_an_unknown_check(subject):
    right = subject(square, square_rule, call(floats()))
    with pytest.raises(
        ConformanceError, match="there is no check called primals; there are loads, declared, "
    ):
        examine(right, ["loads", "primals"])


IDS = [
    Replay(0, 0, 1, 0, 0),
    Replay(7, 3, 12, 5, 9),
    Replay(2**32 - 1, 4095, 511, 63, 127),
    Replay(0, 4095, 0, 63, 0),
]


@pytest.mark.parametrize("replay", IDS)
def test_an_id_holds_all_of_a_replay(replay):
    word = replay.encode()
    assert word.isalnum()
    assert Replay.decode(word) == replay


def test_ids_of_different_failures_differ():
    words = {Replay(s, c, d, k, n).encode() for s in (0, 5) for c in (0, 1) for d in (2, 3)
             for k in (0, 63) for n in (0, 1)}  # fmt: skip
    assert len(words) == 32


def test_a_small_seed_makes_a_short_id():
    assert len(Replay(0, 0, 12, 3, 4).encode()) <= 6 < len(Replay(2**32 - 1, 0, 12, 3, 4).encode())


@pytest.mark.parametrize("word", ["", "0", "1", "abc", "Xt9-Kp2", "Xt9Kp2é", "z" * 12, "z" * 200])
def test_what_is_no_id(subject, word):
    right = subject(square, square_rule, call(floats()))
    with pytest.raises(ConformanceError, match=f"'{word}' is not the ID of a failure"):
        examine(right, replay=word)


@pytest.mark.parametrize(
    ("replay", "message"),
    [
        (Replay(0, 0, 2, 0, 120), "is the ID of a failure of an unknown check"),
        (Replay(0, 40, 2, 0, 3), "this ID belongs to a failure of another rule or version"),
        (Replay(0, 0, 2, 62, 3), "this ID belongs to a failure of another rule or version"),
    ],
    ids=["check", "case", "kind"],
)
def test_the_id_of_another_rule_or_version(subject, replay, message):
    right = subject(square, square_rule, call(floats()))
    with pytest.raises(ConformanceError, match=message):
        examine(right, replay=replay.encode())


def test_what_does_not_fit_into_an_id():
    with pytest.raises(ValueError, match="4096 does not fit into 12 bits"):
        Replay(0, 4096, 0, 0, 0).encode()


def test_settings_have_defaults_and_do_not_change():
    settings = Settings()
    assert (settings.max_examples, settings.seed, settings.shrink) == (100, 0, True)
    with pytest.raises(AttributeError):
        settings.seed = 1


@pytest.fixture
def own_check(monkeypatch):
    """``own_check(function, **options)``: a check that is known while the test runs."""
    collected = Checks()

    def add(function, **options):
        collected.add(check(**options)(function))

    monkeypatch.setattr(running, "all_checks", lambda: collected.by_name)
    return add


def test_a_check_is_given_the_kinds_that_it_asks_for_in_turn(subject, own_check):
    seen = []
    own_check(
        lambda subject, sample: seen.append(sample.kind),
        kinds=("signs", "plain", "empty", "duplicates"),
        name="spy",
        most=7,
    )
    right = subject(square, square_rule, call(arrays("n", positive)))
    assert outcome_of(right, "spy", Settings(50)).examples == 7
    assert seen[:4] == ["signs", "plain", "empty", "signs"]


@pytest.mark.parametrize(("examples", "plain"), [(100, 20), (30, 20), (15, 9), (4, 2)])
def test_a_check_is_given_every_case(subject, own_check, examples, plain):
    seen = []
    own_check(
        lambda subject, sample: seen.append((sample.kind, sample.base.case)),
        kinds=("plain", "signs"),
        name="spy",
        most=12,
    )
    right = subject(square, square_rule, call(each(*map(float, range(1, 21)))))
    outcome = outcome_of(right, "spy", Settings(examples))
    assert outcome.examples == len(seen) == min(examples, 26)
    assert {case for kind, case in seen[:plain]} == {*range(plain)}
    assert {kind for kind, _ in seen[:plain]} == {"plain"}
    assert "signs" in {kind for kind, _ in seen[plain:]}


def test_the_reason_is_the_one_that_was_given_most_often(subject, own_check):
    def picky(subject, sample):
        raise Unsuited("too long" if sample.y.size > 1 else "too short")

    own_check(picky, name="picky")
    right = subject(square, square_rule, call(arrays((3,))), call(arrays((2,))), call(arrays((1,))))
    outcome = outcome_of(right, "picky", Settings(50))
    assert (outcome.status, outcome.examples, outcome.reason) == ("unsuited", 0, "too long")


def test_samples_that_do_not_suit_are_not_counted(subject, own_check):
    def picky(subject, sample):
        if sample.y < 1:
            raise Unsuited("too small")

    own_check(picky, name="picky")
    right = subject(square, square_rule, call(each(0.5, 2.0)))
    outcome = outcome_of(right, "picky", Settings(10))
    assert (outcome.status, outcome.examples) == ("passed", 5)


def test_a_failing_check_of_ones_own(subject, own_check):
    def positive_only(subject, sample):
        assert sample.call().args[0] > 0, "a negative number"

    own_check(positive_only, name="positive-only", uses_cotangent=False)
    right = subject(square, square_rule, call(floats()))
    failure = outcome_of(right, "positive-only").failure
    assert failure.message == "raised AssertionError: a negative number"
    assert failure.minimal.startswith("check_rule(made_up.f, -")
    assert "cotangent=" not in failure.minimal


def test_a_pair_is_examined_like_a_registered_rule():
    pair = from_pair(math.cosh, lambda x: (math.cosh(x), lambda ct: ct * math.cosh(x)))
    pair.lines = [call(floats())]
    assert outcome_of(pair, "finite-differences").status == "failed"
    assert outcome_of(pair, "linearity").status == "passed"
