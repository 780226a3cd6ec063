"""Trials: a call in double precision, its value, its pullback, and lines through it."""

from __future__ import annotations

import numpy as np
import pytest

import pullback
from pullback.conformance import Call, laid_out
from pullback.conformance.checks import CheckFailed, Unsuited
from pullback.conformance.checks.trials import Trial, cotangent_for, doubled, named, scaled, typed
from pullback.conformance.pool import Base, Sample
from pullback.conformance.subjects import from_pair, from_vjp
from pullback.conformance.values import describe


def weighted(x, w, offset=0.0):
    return x * w[0] + w[1]["a"] + offset


def weighted_vjp(x, w, offset=0.0):
    return weighted(x, w, offset), lambda ct: (ct * w[0], [ct * x, {"a": ct}])


X = np.array([1.0, 2.0], np.float32)
CALL = Call((X, [np.float32(3.0), {"a": 0.5}]), {"offset": 1})


@pytest.fixture
def sample():
    return Sample(from_vjp(weighted, weighted_vjp, []), "plain", Base(0, CALL, 3))


def test_a_sample_is_linearized(sample):
    trial = Trial.of(sample.subject, sample)
    assert trial.groups == [[(0,)], [(1, 0)], [(1, 1, "a")]]
    assert [describe(v) for v in trial.values] == [
        "float32 array of shape (2,)", "float32 scalar", "float",
    ]  # fmt: skip
    assert np.array_equal(trial.y, [4.5, 7.5])
    assert trial.y.dtype == trial.cotangent.dtype == np.float32
    found = trial.pull(np.ones(2, np.float32))
    assert [np.asarray(cotangent).tolist() for cotangent in found] == [[3, 3], [1, 2], [1, 1]]


def test_a_wide_trial_is_in_double_precision(sample):
    trial = Trial.of(sample.subject, sample, wide=True)
    assert [describe(v) for v in trial.values] == [
        "float64 array of shape (2,)", "float64 scalar", "float",
    ]  # fmt: skip
    assert trial.cotangent.dtype == np.float64


def test_doubling_keeps_one_object_one_object():
    z = np.ones(2, np.complex64)
    wide = doubled(Call((X, X, z, 2, np.int8(3), "a"), shared=True))
    assert wide.args[0] is wide.args[1] is not X
    assert [getattr(arg, "dtype", None) for arg in wide.args[1:5]] == [
        float, complex, None, np.int8,
    ]  # fmt: skip
    assert wide.shared
    unchanged = Call((np.ones(2), 1.0))
    assert doubled(unchanged) is unchanged


def test_a_rule_may_spoil_the_cotangent_that_it_is_given(sample):
    def spoiling(x, w, offset=0.0):
        def back(ct):
            ct *= 2
            return ct, [ct, {"a": ct}]

        return weighted(x, w, offset), back

    subject = from_vjp(weighted, spoiling, [])
    trial = Trial.of(subject, sample)
    before = trial.cotangent.copy()
    trial.pull(trial.cotangent)
    assert np.array_equal(trial.cotangent, before)


def test_a_line_through_a_sample_moves_all_primals(sample):
    trial = Trial.of(sample.subject, sample, wide=True)
    tangents = [np.array([1.0, -1.0]), np.float64(2.0), 0.5]
    t = 0.25
    want = (np.array([1.25, 1.75]) * 3.5 + 0.625 + 1) @ trial.cotangent
    assert trial.line(tangents)(t) == pytest.approx(want, rel=1e-15)
    moved = trial.moved(tangents, t)
    assert moved.params == {"offset": 1}
    assert type(moved.args[1][1]["a"]) is float
    assert np.array_equal(moved.args[0], [1.25, 1.75])
    # d/dt of (x + t dx)(w + t dw) + a + t da at 0
    slope = (np.array([1.0, -1.0]) * 3 + np.array([1.0, 2.0]) * 2 + 0.5) @ trial.cotangent
    assert (trial.complex_line(tangents)(1e-20j) / 1e-20).imag == pytest.approx(slope, rel=1e-15)


def test_moving_an_array_keeps_its_layout():
    x = laid_out(np.arange(6.0).reshape(2, 3), "fortran")
    subject = from_vjp(np.sin, lambda x: (np.sin(x), lambda ct: ct * np.cos(x)), [])
    trial = Trial.of(subject, Sample(subject, "plain", Base(0, Call((x,)), 0)))
    for t in (0.5, 0.5j):
        (moved,) = trial.moved([np.ones((2, 3))], t).args
        assert np.array_equal(moved, x + t)
        assert moved.strides[0] < moved.strides[1]


def test_a_trial_is_a_function_of_its_primals_alone():
    def scaled_rule(x, n, k):
        return x * n * k, lambda ct: (ct * n * k, None, ct * x * n)

    subject = from_pair(lambda x, n, k: x * n * k, scaled_rule)
    trial = Trial.of(subject, Sample(subject, "plain", Base(0, Call((2.0, 3, 4.0)), 0)))
    assert trial.function()(5.0, 7.0) == 105.0
    assert pullback.grad(trial.function())(5.0, 7.0) == 21.0


def test_what_has_no_derivative_does_not_suit():
    constant = from_pair(len, lambda x: (len(x), None))
    for argument, reason in (([1, 2], "no argument"), ([1.0], "no output")):
        sample = Sample(constant, "plain", Base(0, Call((argument,)), 0))
        with pytest.raises(Unsuited, match=f"{reason} has a derivative"):
            Trial.of(constant, sample)


def test_cotangents_lie_in_the_space_of_their_primals(sample):
    trial = Trial.of(sample.subject, sample)
    good = [np.zeros(2, np.float32), np.float32(0), 0.0]
    trial.check_spaces(good)
    for place, bad, words in (
        (0, np.zeros((2, 1), np.float32), "'x'): got float32 array of shape (2, 1) want"),
        (1, 0.0, "'w')[0]: got float want float32 scalar"),
        (2, np.float64(0), "'w')[1]['a']: got float64 scalar want float"),
        (2, None, "'w')[1]['a']: got NoneType want float"),
    ):
        wrong = [bad if place == number else value for number, value in enumerate(good)]
        with pytest.raises(CheckFailed) as caught:
            trial.check_spaces(wrong)
        assert words in str(caught.value)


def test_arguments_in_words(sample):
    assert named(sample.subject, [(0,)]) == "argument 0 ('x')"
    assert named(sample.subject, [(1, 1, "a"), (0,)]) == "argument 1 ('w')[1]['a']"
    assert named(sample.subject, [("offset", 2)]) == "keyword ('offset')[2]"


def test_a_given_cotangent_is_broadcast_to_the_output(sample):
    given = Sample(sample.subject, "plain", sample.base, 2.0)
    converted = cotangent_for(given, np.zeros((2, 3), np.float32))
    assert converted.dtype == np.float32
    assert np.array_equal(converted, np.full((2, 3), 2.0))
    assert cotangent_for(given, 3) == 0.0
    assert type(cotangent_for(given, 3.0)) is float


def test_numbers_in_the_type_of_another():
    assert describe(typed(2.0, np.ones((1, 2), np.float16))) == "float16 array of shape (1, 2)"
    assert typed(2.0, 1j) == 2 + 0j
    assert type(typed(2.0, np.float32(1))) is np.float32


def test_scaling_keeps_dtypes_and_leaves_integers_alone():
    found = scaled([X, 2.0, 3, {"a": np.float32(1)}], 1e-3)
    assert found[0].dtype == np.float32
    assert found[0].tolist() == pytest.approx([1e-3, 2e-3])
    assert found[1:3] == [0.002, 3]
    assert type(found[3]["a"]) is np.float32
