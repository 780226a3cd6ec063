"""Cases: what an author writes for a rule, and what follows from a word that it declares."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullback import elementwise, primitive, rule
from pullback.conformance import Call, Samples, arrays, call, each, exactly, floats, integers
from pullback.conformance.samples import cases_of, derived
from pullback.domains import above, positive, reals, unit
from pullback.errors import SampleError


def drawn(case, count=5):
    """What hypothesis draws of a case."""
    found = []

    @settings(max_examples=count, deadline=None, derandomize=True, database=None)
    @given(case)
    def collect(value):
        found.append(value)

    collect()
    return found


def one_of_each(calls):
    """One call of every case."""
    return [drawn(case, 1)[0] for case in calls.cases()]


def test_arguments_are_drawn_and_plain_values_are_meant_as_they_are():
    for found in drawn(call(floats(positive), "a", axis=integers(0, 2), keepdims=True).cases()[0]):
        assert type(found) is Call
        number, text = found.args
        assert number > 0
        assert text == "a"
        assert found.params["axis"] in (0, 1, 2)
        assert found.params["keepdims"] is True
        assert found.exact == frozenset()
        assert not found.shared


def test_equal_letters_are_equal_lengths_across_arguments_and_keywords():
    (case,) = call(arrays("n,k"), [1], weights=arrays("k")).cases()
    for found in drawn(case, 20):
        assert found.args[0].shape[1:] == found.params["weights"].shape


def test_every_value_of_each_is_tried_with_every_other():
    calls = call(each(1, 2), axis=each(None, 0, (0, 1)), keepdims=each(False, True))
    found = [(c.args[0], c.params["axis"], c.params["keepdims"]) for c in one_of_each(calls)]
    assert sorted(found, key=str) == sorted(
        [(a, b, c) for a in (1, 2) for b in (None, 0, (0, 1)) for c in (False, True)], key=str
    )


def test_where_there_are_too_many_combinations_every_value_still_occurs():
    calls = call(each(*range(5)), a=each(*range(5)), b=each(*range(4)), c=each(0, 1))
    found = [(c.args[0], *c.params.values()) for c in one_of_each(calls)]
    assert len(found) == 24 < 5 * 5 * 4 * 2
    for place, count in enumerate((5, 5, 4, 2)):
        assert {values[place] for values in found} == {*range(count)}
    # Two arguments of as many values are not always the same pair.
    beside = Counter((first, second) for first, second, *_ in found)
    assert len(beside) > 10


def test_more_values_than_combinations_are_kept():
    assert [c.args[0] for c in one_of_each(call(each(*range(40))))] == [*range(40)]


def test_a_member_of_each_may_be_a_strategy():
    first, second = call(each(floats(positive), None)).cases()
    assert all(found.args[0] > 0 for found in drawn(first))
    assert all(found.args[0] is None for found in drawn(second))


def test_exactly_marks_arguments_by_position_and_by_name():
    calls = call(floats(), exactly(arrays("3")), xp=exactly(each(1, 2)), period=None)
    assert calls.exact == {1, "xp"}
    found = one_of_each(calls)
    assert [c.params["xp"] for c in found] == [1, 2]
    assert all(c.exact == {1, "xp"} and c.args[1].shape == (3,) for c in found)


def test_what_a_line_says_of_its_arguments():
    calls = call(floats(), each(1, 2), axis=None, out=exactly(None))
    assert calls.positional == 2
    assert calls.parameters == {"axis", "out"}


@pytest.mark.parametrize(
    "values",
    [(), (exactly(1), 2), (each(1, 2), 3)],
    ids=["nothing", "exactly inside", "each inside"],
)
def test_each_takes_values_and_strategies(values):
    with pytest.raises(SampleError, match=r"each\(\.\.\.\) takes plain values and strategies, at"):
        each(*values)


def area(width, height):
    return width * height


def test_samples_are_collected_by_primitive():
    samples = Samples()
    first, second = call(floats(), floats()), call(arrays("n"), floats())
    samples.add(area, first)
    samples.add([primitive(area), math.hypot], second)
    assert samples.calls == {area: [first, second], math.hypot: [second]}
    assert len(cases_of(samples.calls[area])) == 2


def test_a_strategy_of_calls_is_a_case_as_it_is():
    samples = Samples()
    strategy = st.builds(lambda x: Call((x, 2.0 * x)), floats())
    samples.add(area, strategy, call(floats(), each(1.0, 2.0)))
    cases = cases_of(samples.calls[area])
    assert cases[0] is strategy
    assert len(cases) == 3


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ((floats, call(floats())), r"samples.add\(.*area, ...\) was given <function floats at"),
        (((1.0, 2.0),), r"it takes what call\(...\) returns, or a hypothesis strategy of Call"),
        ((), r"samples.add\(.*area\) was given no call\(...\)"),
    ],
)
def test_what_is_no_sample(calls, message):
    with pytest.raises(SampleError, match=message):
        Samples().add(area, *calls)
    with pytest.raises(SampleError, match=message):
        Samples().add([area, math.sin], *calls)


def kinds_of(lines):
    """For each case of some lines the types of the arguments, and their shapes where all agree."""
    return [
        [type(value) if np.shape(value) == () else "array" for value in found.args]
        for line in lines
        for found in one_of_each(line)
    ]


def test_an_elementwise_rule_is_given_numbers_and_arrays():
    declared = elementwise(
        area, lambda ct, b: ct * b, lambda ct, a: ct * a, domain=(unit, above(1))
    )
    lines = derived(declared)
    assert kinds_of(lines) == [[float, float], ["array", "array"]]
    for case in cases_of(lines):
        for found in drawn(case, 20):
            width, height = map(np.asarray, found.args)
            assert np.all(np.abs(width) < 1)
            assert np.all(height > 1)
            assert width.shape == height.shape


def test_one_domain_holds_for_all_primals_of_an_elementwise_rule():
    declared = elementwise(area, lambda ct, b: ct * b, lambda ct, a: ct * a, domain=positive)
    (case, _) = cases_of(derived(declared))
    assert all(number > 0 for found in drawn(case, 20) for number in found.args)


def test_a_ufunc_tells_how_many_primals_it_has():
    @rule(np.logaddexp)
    def logaddexp(*args):
        """Never called."""

    assert kinds_of(derived(logaddexp)) == [[float, float], ["array", "array"]]


def test_a_generalized_ufunc_does_not():
    @rule(np.matvec)
    def matvec(a, b):
        """Never called."""

    assert derived(matvec) == []


def sample_rule(x, y, scale=2.0, *, axis=0):
    """Never called."""


@pytest.mark.parametrize(
    ("domain", "positional"),
    [
        (positive, 2),
        ((positive, reals), 2),
        ((positive, reals, positive), 3),
        ((positive, reals, None), 2),
        (None, None),
        ((None, positive), None),
    ],
)
def test_a_domain_tells_how_many_primals_there_are(domain, positional):
    lines = derived(rule(area, domain=domain)(sample_rule))
    assert [line.positional for line in lines] == [positional] * (2 if positional else 0)


@pytest.mark.parametrize(
    ("signature", "agree"),
    [
        ("(n,n),(n,k)->(n,k)", lambda a, b: a[0] == a[1] == b[0] and len(a) == len(b) == 2),
        ("(n), ( ) -> ()", lambda a, b: len(a) == 1 and b == ()),
        ("(3,n)->(n)", lambda a: a[0] == 3 and len(a) == 2),
        ("(),()->()", lambda a, b: a == b == ()),
    ],
)
def test_a_signature_gives_arrays_of_its_shapes(signature, agree):
    declared = rule(area, signature=signature, domain=(positive,))(sample_rule)
    (case,) = cases_of(derived(declared))
    for found in drawn(case, 20):
        assert all(type(arg) is np.ndarray for arg in found.args)
        assert agree(*map(np.shape, found.args))
        assert np.all(found.args[0] > 0)


@pytest.mark.parametrize("signature", ["n,n->n", "(n,n)(n)->()", "(n,-1)", ""])
def test_a_signature_that_is_not_understood(signature):
    declared = rule(area, signature=signature)(sample_rule)
    with pytest.raises(SampleError, match="is not understood; write the shapes as NumPy does"):
        derived(declared)
