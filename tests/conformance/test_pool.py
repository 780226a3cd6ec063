"""The pool: the same seed draws the same samples, and what a primal refuses is counted."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import strategies as st

from pullback import rule
from pullback.conformance import Call, arrays, call, each, floats
from pullback.conformance.kinds import KINDS
from pullback.conformance.pool import Base, Pool, Refused, Sample, quiet
from pullback.conformance.subjects import from_pair
from pullback.conformance.values import all_finite, leaves, mismatch
from pullback.domains import interval, positive
from pullback.plugins import load


@pytest.fixture(autouse=True, scope="module")
def _plugins():
    """Arrays are primals only where a plugin describes them."""
    load()


def subject_of(function, *lines, **declared):
    """A subject whose rule nobody runs."""

    def unused_rule(*args):
        raise AssertionError("the pool runs no rule")

    return from_pair(function, rule(function, **declared)(unused_rule), lines)


def product(a, b=1.0):
    return a * b


def everything(pool):
    """Every sample of every kind, as its arguments, value, cotangent and tangents."""
    found = {}
    with quiet():
        for kind in KINDS:
            for number in range(len(pool.bases)):
                sample = pool.sample(kind, number)
                if sample is not None:
                    made = sample.call()
                    found[kind, number] = [
                        [*made.args],
                        made.params,
                        sample.y,
                        sample.cotangent(),
                        sample.tangents(made),
                    ]
    return found


TWO = (call(arrays("n"), arrays("n")), call(floats(), b=floats()))


def test_one_seed_draws_the_same_samples_again():
    first, again = (everything(Pool(subject_of(product, *TWO), 5)) for _ in range(2))
    assert first.keys() == again.keys()
    assert mismatch([*first.values()], [*again.values()], 0.0) is None


def test_another_seed_draws_other_samples():
    first, other = (Pool(subject_of(product, *TWO), seed) for seed in (5, 6))
    assert mismatch([b.call.args for b in first.bases], [b.call.args for b in other.bases])


def test_every_case_is_drawn_and_cases_take_turns():
    pool = Pool(subject_of(product, call(each(1.5, 2.5, 3.5), floats())), 0)
    cases = [base.case for base in pool.bases]
    assert len(cases) >= 12
    assert cases[:6] == [0, 1, 2, 0, 1, 2]
    assert {*Counter(cases).values()} == {len(cases) // 3}
    assert all(base.call.args[0] == 1.5 + base.case for base in pool.bases)


def test_every_case_is_drawn_at_least_twice():
    pool = Pool(subject_of(product, call(each(*range(20)), floats())), 0)
    assert Counter(base.case for base in pool.bases) == dict.fromkeys(range(20), 2)


def test_without_cases_there_are_no_samples():
    pool = Pool(subject_of(product), 0)
    assert pool.bases == []
    assert [*pool.of(("plain", "zeros"), 10)] == []


def test_kinds_take_turns_with_different_bases():
    pool = Pool(subject_of(product, *TWO), 0)
    with quiet():
        cases = len(pool.subject.cases)
        found = [*pool.of(("plain", "signs", "ties"), 9, cases)]
    assert len(found) == 9
    assert [sample.kind for sample in found[:cases]] == ["plain"] * cases
    assert {sample.base.case for sample in found[:cases]} == {*range(cases)}
    assert {sample.kind for sample in found} == {"plain", "signs", "ties"}
    for kind in ("plain", "signs", "ties"):
        bases = [id(sample.base) for sample in found if sample.kind == kind]
        assert len({*bases}) == len(bases) >= 2


def test_there_are_no_more_samples_than_kinds_and_bases():
    pool = Pool(subject_of(product, *TWO), 0)
    with quiet():
        assert len([*pool.of(("plain", "nan"), 1000)]) == 2 * len(pool.bases)
        assert len([*pool.of(("plain", "nan"), 7)]) == 7


def test_what_the_primal_refuses_and_what_changes_nothing_is_counted():
    pool = Pool(subject_of(math.lgamma, call(st.floats(1.5, 2.5))), 0)
    with quiet():
        found = [*pool.of(("plain", "complex128", "float32", "zeros"), 1000)]
    bases = len(pool.bases)
    assert {sample.kind for sample in found} == {"plain"}
    assert pool.made == {"plain": bases}
    assert pool.refused == {"complex128": bases, "float32": bases, "zeros": bases}


def test_a_sample_is_made_and_counted_once():
    pool = Pool(subject_of(product, *TWO), 0)
    with quiet():
        first = pool.sample("signs", 1)
        assert pool.sample("signs", 1) is first
        assert pool.sample("float16", 1) is pool.sample("float16", 1)
    assert pool.made["signs"] == 1


def test_every_call_is_made_afresh():
    pool = Pool(subject_of(product, call(arrays("3"), b=arrays("3"))), 0)
    with quiet():
        for kind in ("plain", "signs", "float32", "strided"):
            sample = pool.sample(kind, 0)
            first = sample.call()
            before = first.args[0].copy()
            first.args[0][...] = first.params["b"][...] = 77.0
            assert np.array_equal(sample.call().args[0], before)
            assert 77.0 not in sample.call().params["b"]


def test_the_plain_sample_is_what_was_drawn():
    base = Base(0, Call((np.ones(2), 2.0), exact=frozenset({1}), shared=True), 3)
    made = Sample(subject_of(product), "plain", base).call()
    assert mismatch(made.args, base.call.args) is None
    assert (made.exact, made.shared) == (frozenset({1}), True)


def test_one_array_at_two_places_stays_one():
    x = np.ones(2)
    made = Sample(
        subject_of(product), "plain", Base(0, Call((x,), {"b": x}, shared=True), 3)
    ).call()
    assert made.args[0] is made.params["b"] is not x


def test_a_kind_that_changes_nothing_is_refused():
    sample = Sample(subject_of(product), "float32", Base(0, Call((2.0, 3)), 3))
    with pytest.raises(Refused):
        sample.call()


@pytest.mark.parametrize(
    ("kind", "function", "argument"),
    [
        ("plain", np.log, -1.0),
        ("signs", np.sqrt, 2.0),
        ("huge", np.exp, 2.0),
        ("tiny", lambda x: np.power(x, 3.0), 2.0),
        ("plain", math.log, -1.0),
    ],
    ids=["NaN", "NaN of a kind", "overflow", "underflow", "an error"],
)
def test_a_call_without_a_value_is_refused(kind, function, argument):
    refused = 0
    with quiet():
        for seed in range(20):
            try:
                Sample(subject_of(function), kind, Base(0, Call((argument,)), seed)).y  # noqa: B018
            except Refused:
                refused += 1
    assert refused > 4
    assert refused == 20 or kind in ("huge", "tiny")


def test_infinities_and_nan_that_were_asked_for_are_no_reason_to_refuse():
    with quiet():
        for kind, value in (("nan", math.nan), ("inf", 0.0)):
            sample = Sample(subject_of(lambda x: x * 0), kind, Base(0, Call((2.0,)), 3))
            assert math.isnan(sample.y) or sample.y == value
        sample = Sample(subject_of(np.sqrt), "plain", Base(0, Call((math.nan,)), 3))
        assert math.isnan(sample.y)


def test_the_reason_of_a_refusal_is_kept():
    with pytest.raises(Refused) as caught:
        Sample(subject_of(math.log), "plain", Base(0, Call((-1.0,)), 0)).y  # noqa: B018
    assert isinstance(caught.value.__cause__, ValueError)


def shapes_of(tree):
    return [(type(leaf), getattr(leaf, "dtype", None), np.shape(leaf)) for _, leaf in leaves(tree)]


def several(x):
    """Outputs of every type."""
    return [np.float32(x) * np.ones(2, np.float32), {"a": 1j * x, "b": 3}, np.float64(x), float(x)]


def test_a_cotangent_has_the_structure_and_types_of_the_output():
    sample = Sample(subject_of(several), "plain", Base(0, Call((2.0,)), 7))
    cotangent = sample.cotangent()
    assert cotangent[1]["b"] == 0.0
    cotangent[1]["b"] = 3
    assert shapes_of(cotangent) == shapes_of(several(2.0))
    assert cotangent[1]["a"].imag != 0
    assert all(np.all(leaf) for _, leaf in leaves(cotangent))


def test_cotangents_differ_by_seed_and_salt_and_are_ones_for_seed_zero():
    def cotangent(seed, salt=0):
        sample = Sample(subject_of(product), "plain", Base(0, Call((np.arange(9.0),)), seed))
        return sample.cotangent(salt).tolist()

    assert cotangent(0) == [1.0] * 9
    assert cotangent(1) == cotangent(1)
    assert len({str(cotangent(seed, salt)) for seed in (0, 1, 2) for salt in (0, 1)}) == 6


def test_a_cotangent_that_was_given_is_used():
    sample = Sample(subject_of(product), "plain", Base(0, Call((2.0,)), 3), 5.0)
    assert sample.cotangent() == 5.0
    assert sample.cotangent(1) != 5.0


def test_there_is_a_tangent_for_each_primal_in_its_own_space():
    arguments = Call((np.ones((2, 3)), 2), {"b": np.float32(2.0)})
    sample = Sample(subject_of(product), "plain", Base(0, arguments, 3))
    found = sample.tangents(sample.call())
    assert shapes_of(found) == [
        (np.ndarray, np.dtype(float), (2, 3)),
        (np.float32, np.dtype("float32"), ()),
    ]
    shared = Call((np.ones(2), np.ones(2)), shared=True)
    assert len(sample.tangents(shared)) == 2
    x = np.ones(2)
    assert len(sample.tangents(Call((x, x), shared=True))) == 1


def test_tangents_are_of_the_size_of_their_primals():
    sizes = np.array([1e8, 5.0, 1e-8, 0.0])
    sample = Sample(subject_of(product), "plain", Base(0, Call((sizes,)), 3))
    (relative,) = sample.tangents(sample.call())
    (absolute,) = sample.tangents(sample.call(), relative=False)
    assert np.all((np.abs(absolute) > 0.1) & (np.abs(absolute) < 10))
    assert np.array_equal(relative, absolute * [1e8, 1, 1e-8, 1])


def test_a_tangent_of_an_infinite_primal_is_finite():
    sample = Sample(subject_of(product), "plain", Base(0, Call((np.array([np.inf, 1.0]),)), 3))
    with quiet():
        assert np.all(np.isfinite(sample.tangents(sample.call())[0]))


def test_declared_points_and_domains_reach_the_kinds():
    declared = {"domain": (positive, None), "points": {3.0: 1.0, (4.0, 2.0): (0.0, 0.0)}}
    subject = subject_of(product, call(floats(positive), 1), **declared)
    pool = Pool(subject, 0, bases_wanted=40)
    with quiet():
        found = {sample.call().args[0] for sample in pool.of(("boundary",), 40)}
    assert found == {0.0, 2.0, 3.0, 4.0}


def test_a_search_finds_the_smallest_base_that_fails():
    pool = Pool(subject_of(product, call(st.integers(0, 1000))), 0)

    def body(base):
        if base.call.args[0] >= 100:
            raise KeyError(base.call.args[0])

    with pytest.raises(KeyError, match=r"^100$"):
        pool.each(0, 50, body)


def test_inside_special_numbers_raise_no_warnings():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with quiet():
            np.log(np.array([0.0, -1.0]))
            warnings.warn("of the rule's own", stacklevel=1)
        assert caught == []
        with quiet(), pytest.raises(np.exceptions.ComplexWarning):
            np.array([1j]).astype(float)


def test_the_seed_counts_in_ci_too():
    # Where CI is set, hypothesis loads a profile that ignores seeds.
    script = (
        "from pullback.conformance.pool import Pool\n"
        "from pullback.conformance import call, floats\n"
        "from pullback.conformance.suites import subject_of\n"
        "subject = subject_of(lambda x: x, samples=[call(floats())])\n"
        "print([[base.call.args for base in Pool(subject, seed).bases] for seed in (1, 2)])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "CI": value},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for value in ("", "true")
    }
    (output,) = outputs
    first, second = eval(output)
    assert first != second


def test_only_what_overflows_is_a_sample_of_that_kind():
    pool = Pool(subject_of(np.exp, call(arrays("3"))), 0)
    with quiet():
        for number in range(len(pool.bases)):
            for kind, overflows in (("overflow", True), ("huge", False)):
                sample = pool.sample(kind, number)
                assert sample is None or np.isinf(sample.y).any() == overflows
    assert pool.made["overflow"] > 0
    assert pool.refused["huge"] > 0


def test_outside_of_the_domain_a_value_is_new_and_nan():
    pool = Pool(subject_of(np.arcsin, call(arrays("3", interval(-1, 1)))), 0)
    with quiet():
        for number in range(len(pool.bases)):
            sample = pool.sample("outside", number)
            assert sample is None or (np.isnan(sample.y).any() and all_finite(sample.call().args))
    assert pool.made["outside"] > 0
    assert pool.refused["outside"] > 0
