"""Checks against differences: who is blamed, what is allowed at a kink, what tells nothing."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import pullback
from pullback import elementwise, primitive, rule
from pullback.conformance import arrays, call, floats
from pullback_math.sums import dist_rule

FIRST, SECOND, POINTS = "finite-differences", "second-order", "special-points"


def ruled(slope):
    """A rule for a function of one argument, by its slope."""
    return lambda function: lambda x: (function(x), lambda ct: ct * slope(x))


def area(a, b):
    return a * b


BLAMED = {
    "a number": (
        (2.0, 3.0),
        lambda a, b: (a * b, lambda ct: (ct * b, 2 * ct * a)),
        "cotangent of argument 1 ('b'), float: got 4 want 2 (|err| 2.0e+00 > ",
    ),
    "an array": (
        (np.array([2.0, 1.0]), 3.0),
        lambda a, b: (a * b, lambda ct: (ct * a, np.sum(ct * a))),
        "cotangent of argument 0 ('a'), float64 array of shape (2,): along a random tangent got ",
    ),
    "one element": (
        (np.array([2.0]), 3.0),
        lambda a, b: (a * b, lambda ct: (ct * b + 1, np.sum(ct * a))),
        "cotangent of argument 0 ('a'), float64 array of shape (1,): got 4 want 3 ",
    ),
    "a sign": (
        (2.0, 3.0),
        lambda a, b: (a * b, lambda ct: (-ct * b, ct * a)),
        "cotangent of argument 0 ('a'), float: got -3 want 3 ",
    ),
    "NaN": (
        (2.0, 3.0),
        lambda a, b: (a * b, lambda ct: (ct * b, ct * math.nan)),
        "cotangent of argument 1 ('b'), float: got nan want 2 ",
    ),
    "too large by a millionth": (
        (2.0, 3.0),
        lambda a, b: (a * b, lambda ct: (ct * b, ct * a * (1 + 1e-6))),
        "cotangent of argument 1 ('b'), float: got 2.000002 want 2 ",
    ),
}


@pytest.mark.parametrize(("args", "wrong", "words"), BLAMED.values(), ids=BLAMED)
def test_the_argument_that_is_wrong_is_blamed(verdict, args, wrong, words):
    status, message = verdict(FIRST, area, wrong, *args)
    assert status == "failed"
    assert message.startswith(words)


def test_a_wrong_cotangent_of_the_other_sign_does_not_cancel(verdict):
    def wrong(a, b):
        return a * b, lambda ct: (ct * b + ct, ct * a - ct)

    assert verdict(FIRST, area, wrong, 2.0, 3.0)[0] == "failed"


def test_a_cotangent_of_another_shape_is_told_before_its_numbers(verdict):
    def pair(x):
        return x * x, lambda ct: np.ones(2)

    status, message = verdict(FIRST, lambda x: x * x, None, 0.5, vjp=pair)
    assert status == "failed"
    assert message == "cotangent of argument 0 ('x'): got float64 array of shape (2,) want float"


def total(xs, scale=1.0):
    return scale * (xs[0] * xs[1][0])


def test_a_member_of_a_list_is_blamed(verdict):
    def wrong(xs, scale=1.0):
        return total(xs, scale), lambda ct: ([ct * xs[1][0] * scale, [7.0 * ct]], None)

    wrong = rule(total, differentiable=["xs"])(wrong)
    status, message = verdict(FIRST, total, wrong, [2.0, [3.0]])
    assert status == "failed"
    assert message.startswith("cotangent of argument 0 ('xs')[1][0], float: got 7 want 2 ")


def test_a_keyword_is_blamed(verdict):
    def wrong(xs, scale=1.0):
        back = [scale * xs[1][0], [scale * xs[0]]]
        return total(xs, scale), lambda ct: ([ct * back[0], [ct * back[1][0]]], 0.5 * ct)

    status, message = verdict(FIRST, total, wrong, [2.0, [3.0]], params={"scale": 4.0})
    assert status == "failed"
    assert message.startswith("cotangent of keyword ('scale'), float: got 0.5 want 6 ")


KINKS = {
    "abs at 0": (np.abs, 0.0, (-1.0, 0.0, 0.3, 1.0), (-1.1, 1.1, math.inf, math.nan)),
    "a step up in slope": (lambda x: np.maximum(3 * x, x), 0.0, (1.0, 2.0, 3.0), (0.9, 3.1, 0.0)),
    "abs of a large number": (lambda x: np.abs(x - 1e6), 1e6, (-1.0, 0.0, 1.0), (2.0,)),
}


@pytest.mark.parametrize(("function", "x", "good", "bad"), KINKS.values(), ids=KINKS)
def test_at_a_kink_any_slope_between_those_to_both_sides_will_do(verdict, function, x, good, bad):
    for point in (x, np.array([x])):
        for slope in good:
            right = ruled(lambda x, slope=slope: slope)(function)
            assert verdict(FIRST, function, right, point) == ("passed", "")
        for slope in bad:
            wrong = ruled(lambda x, slope=slope: slope)(function)
            status, message = verdict(FIRST, function, wrong, point)
            assert status == "failed"
            assert ", at a kink or boundary: got " in message
            between = re.search(r"want a value between (\S+) and (\S+), the slopes", message)
            assert float(between[1]) == pytest.approx(min(good), rel=1e-5, abs=1e-5)
            assert float(between[2]) == pytest.approx(max(good), rel=1e-5, abs=1e-5)


def larger(a, b):
    return np.maximum(a, b)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_equal_arguments_may_share_a_slope_as_they_like(verdict, share):
    def right(a, b):
        return larger(a, b), lambda ct: (share * ct, (1 - share) * ct)

    assert verdict(FIRST, larger, right, 2.0, 2.0) == ("passed", "")
    assert verdict(FIRST, larger, right, 2.0, 2.0, shared=True) == ("passed", "")


@pytest.mark.parametrize("shared", [False, True])
def test_equal_arguments_share_one_slope_and_not_two(verdict, shared):
    def wrong(a, b):
        return larger(a, b), lambda ct: (ct, ct)

    status, message = verdict(FIRST, larger, wrong, 2.0, 2.0, shared=shared)
    assert status == "failed"
    assert shared or "along a tangent that moves equal numbers together: got " in message


def test_the_end_of_a_domain_has_one_side(verdict):
    def function(x):
        return 3 * x if x >= 0 else math.log(x)

    for slope, status in ((3.0, "passed"), (1.0, "failed"), (0.0, "failed")):
        right = ruled(lambda x, slope=slope: slope)(function)
        assert verdict(FIRST, function, right, 0.0)[0] == status


@pytest.mark.parametrize("slope", [math.inf, 0.0, math.nan])
def test_an_infinite_slope_is_not_judged(verdict, slope):
    def function(x):
        return math.sqrt(x)

    found = verdict(FIRST, function, ruled(lambda x: slope)(function), 0.0)
    assert found == ("unsuited", "the differences do not converge")


def swing(x):
    return np.sin(1e9 * x)


UNSUITED = {
    "no primal": (lambda x: float(x), ruled(lambda x: 1.0), 3, "no argument has a derivative"),
    "no output": (lambda x: int(x), ruled(lambda x: 0), 2.5, "no output has a derivative"),
    "an oscillation": (
        swing, ruled(lambda x: 1e9 * np.cos(1e9 * x)), 0.3, "the differences do not converge",
    ),
    "a denormal": (np.exp, ruled(np.exp), 1e-300, "too close to 0 for differences"),
    "a large kink": (
        np.abs, ruled(np.sign), np.arange(20.0), "too many inputs to try each by itself",
    ),
    "a kink with a large output": (
        lambda x: np.abs(x) * np.ones(20), ruled(lambda x: 0.0), 0.0,
        "too many outputs to try each by itself",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("function", "right", "x", "reason"), UNSUITED.values(), ids=UNSUITED)
def test_what_differences_do_not_tell(verdict, function, right, x, reason):
    assert verdict(FIRST, function, right(function), x) == ("unsuited", reason)


def test_without_elements_only_the_space_is_compared(verdict):
    empty = np.zeros((0, 2))
    assert verdict(FIRST, np.sin, ruled(np.cos)(np.sin), empty) == ("passed", "")
    status, message = verdict(
        FIRST, np.sin, None, empty, vjp=lambda x: (np.sin(x), lambda ct: np.zeros((2, 0)))
    )
    assert status == "failed"
    assert "got float64 array of shape (2, 0) want float64 array of shape (0, 2)" in message


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_low_precision_is_compared_in_double_precision(verdict, dtype):
    x = np.array([0.5, 1.5, -2.5], dtype)
    assert verdict(FIRST, np.sin, ruled(np.cos)(np.sin), x) == ("passed", "")
    almost = ruled(lambda x: np.cos(x) * (1 + 1e-5))(np.sin)
    assert verdict(FIRST, np.sin, almost, x)[0] == "failed"


def in_single_precision(x):
    return np.sin(np.float32(x))


def test_a_function_that_is_single_anyway_is_compared_as_well_as_it_can_be(verdict):
    right = ruled(lambda x: np.cos(np.float32(x)))(in_single_precision)
    wrong = ruled(lambda x: np.cos(np.float32(x)) + np.float32(0.1))(in_single_precision)
    assert verdict(FIRST, in_single_precision, right, 0.5) == ("passed", "")
    assert verdict(FIRST, in_single_precision, wrong, 0.5)[0] == "failed"


Z = np.array([1.5 - 0.5j, -0.25 + 2j])
COMPLEX = {
    "holomorphic": (lambda z: z * z * z, lambda z: lambda ct: ct * 3 * z * z),
    "conj": (np.conj, lambda z: np.conj),
    "real": (np.real, lambda z: lambda ct: ct + 0j),
    "imag": (np.imag, lambda z: lambda ct: -1j * ct),
    "abs": (np.abs, lambda z: lambda ct: ct * np.conj(z) / np.abs(z)),
    "of the real part": (lambda z: np.exp(z.real), lambda z: lambda ct: ct * np.exp(z.real)),
}  # fmt: skip
CONJUGATED = {
    "holomorphic": (lambda z: z * z * z, lambda z: lambda ct: ct * 3 * np.conj(z * z)),
    "conj": (np.conj, lambda z: lambda ct: ct),
    "imag": (np.imag, lambda z: lambda ct: 1j * ct),
    "abs": (np.abs, lambda z: lambda ct: ct * z / np.abs(z)),
    "only its real part": (lambda z: z * z, lambda z: lambda ct: np.real(2 * ct * z) + 0j),
}


@pytest.mark.parametrize(
    "z", [Z, 1.5 - 0.5j, np.complex64(0.5 + 2j)], ids=["array", "number", "single"]
)
@pytest.mark.parametrize(("function", "back"), COMPLEX.values(), ids=COMPLEX)
def test_complex_numbers_pair_without_conjugation(verdict, function, back, z):
    assert verdict(FIRST, function, lambda z: (function(z), back(z)), z) == ("passed", "")


@pytest.mark.parametrize(("function", "back"), CONJUGATED.values(), ids=CONJUGATED)
@pytest.mark.parametrize("cotangent", [None, 0.5 - 1.5j])
def test_another_convention_for_complex_numbers_is_wrong(verdict, function, back, cotangent):
    real = not np.iscomplexobj(function(Z))
    given = None if cotangent is None else np.full(2, cotangent.real if real else cotangent)
    found = verdict(FIRST, function, lambda z: (function(z), back(z)), Z, cotangent=given)
    assert found[0] == "failed"


def test_a_complex_kink_is_tried_in_both_directions(verdict):
    for slope, status in ((0.0, "passed"), (1.0, "passed"), (-1j, "passed"), (2j, "failed")):
        kinked = ruled(lambda z, slope=slope: slope)(np.abs)
        assert verdict(FIRST, np.abs, kinked, np.array([0j]))[0] == status


def test_one_array_as_two_arguments_gets_both_cotangents(verdict):
    x = np.array([0.5, 1.5])

    def right(a, b):
        return a * b, lambda ct: (ct * b, ct * a)

    def wrong(a, b):
        return a * b, lambda ct: (ct * b, None if a is b else ct * a)

    assert verdict(FIRST, area, right, x, x, shared=True) == ("passed", "")
    assert verdict(FIRST, area, wrong, x, x.copy()) == ("passed", "")
    assert verdict(FIRST, area, wrong, x, x, shared=True)[0] == "failed"


@pytest.mark.parametrize(
    "function", [lambda x: np.sin(x) + x, lambda x: x * np.cos(x), lambda x: [np.sin(x), x, 2 * x]]
)
def test_an_oscillation_at_huge_numbers_is_no_failure(verdict, function):
    lines = [call(floats()), call(arrays("n"))]
    for seed in range(3):
        assert verdict(FIRST, function, None, samples=lines, seed=seed)[0] == "passed"


def test_several_outputs_are_compared_together(verdict):
    def function(x):
        return [np.sin(x), 3, np.cos(x)]

    def right(x):
        return function(x), lambda ct: ct[0] * np.cos(x) - ct[2] * np.sin(x)

    def wrong(x):
        return function(x), lambda ct: ct[0] * np.cos(x)

    assert verdict(FIRST, function, right, 0.5) == ("passed", "")
    assert verdict(FIRST, function, wrong, 0.5)[0] == "failed"


def quartic(x):
    return x * x * x * x


def test_the_second_derivative(verdict):
    def right(x):
        return quartic(x), lambda ct: 4 * ct * x * x * x

    def frozen(x):
        return quartic(x), lambda ct: 4 * ct * x * pullback.stop_gradient(x * x)

    for x in (0.5, np.array([0.5, -1.5])):
        assert verdict(SECOND, quartic, right, x) == ("passed", "")
        status, message = verdict(SECOND, quartic, frozen, x)
        assert status == "failed"
        assert message.startswith("the derivative of the pullback along a random tangent: got ")
        assert verdict(FIRST, quartic, frozen, x) == ("passed", "")


def test_the_second_derivative_by_one_argument_beside_a_plain_one(verdict):
    def volume(a, b):
        return a * a * b

    def volume_rule(a, b):
        def volume_pullback(ct):
            slope = a if pullback.is_traced(b) else pullback.stop_gradient(a)
            return 2 * ct * slope * b, ct * a * a

        return a * a * b, volume_pullback

    x, y = np.array([0.5, 1.5]), np.array([2.0, 3.0])
    found = [verdict(SECOND, volume, volume_rule, x, y, seed=seed) for seed in range(4)]
    message = next(text for status, text in found if status == "failed")
    assert message.startswith("the derivative of the pullback by argument 0 ('a') alone along a ")
    assert ("passed", "") in found  # where the other argument is the one that is tried


def test_the_second_derivative_where_the_value_is_not_finite(verdict):
    def scaled(x):
        return x * np.inf, lambda ct: ct * 0.0

    found = verdict(SECOND, lambda x: x * np.inf, scaled, 0.5)
    assert found == ("unsuited", "the value is not finite")


def test_a_rule_that_cannot_be_traced_has_no_second_derivative(verdict):
    def plain(x):
        return math.sin(x), lambda ct: ct * math.cos(x)

    status, message = verdict(SECOND, math.sin, plain, 0.5)
    assert status == "failed"
    assert message.startswith("raised TracerConversionError: a traced value was about to become")


@pytest.mark.parametrize(
    ("x", "options", "reason"),
    [
        (np.zeros((0, 2)), {}, "no elements"),
        (0.5, {"vjp": ruled(np.cos)(np.sin)}, "nothing traces a bare pair"),
        (3, {}, "no argument has a derivative"),
    ],
)
def test_where_there_is_no_second_derivative(verdict, x, options, reason):
    known = None if options else ruled(np.cos)(np.sin)
    assert verdict(SECOND, np.sin, known, x, **options) == ("unsuited", reason)


def test_an_infinite_first_derivative_has_no_second(verdict):
    def root(x):
        with np.errstate(divide="ignore"):
            return np.sqrt(x), lambda ct: ct / (2 * np.sqrt(x))

    found = verdict(SECOND, np.sqrt, root, np.array([0.0, 1.0]))
    assert found == ("unsuited", "the first derivative is infinite")


def clip(x, low):
    return np.maximum(x, low)


DECLARED = {
    "right": ({0.0: 0.5}, lambda ct, x: ct * 0.5, "passed", ""),
    "another": (
        {0.0: 0.5}, lambda ct, x: ct * 1.0, "failed",
        "cotangent of argument 0 ('x') at 0.0, which is declared as 0.5: got 1. want 0.5",
    ),
    "right for numbers only": (
        {0.0: 0.5}, lambda ct, x: ct * (1.0 if np.ndim(x) else 0.5), "failed",
        "cotangent of argument 0 ('x') at 0.0, which is declared as 0.5: got [1., 1.] want ",
    ),
    "infinite": ({0.0: math.inf}, lambda ct, x: ct * math.inf, "passed", ""),
    "the other infinity": (
        {0.0: math.inf}, lambda ct, x: -ct * math.inf, "failed",
        "cotangent of argument 0 ('x') at 0.0, which is declared as inf: is -inf, wanted inf",
    ),
    "complex": ({1j: 2j}, lambda ct, x: ct * 2j, "passed", ""),
    "no points": ({}, lambda ct, x: ct, "unsuited", "the rule declares no points"),
    "points that are refused": (
        {-99.0: 1.0}, lambda ct, x: ct, "failed", "the primal does not take the declared point",
    ),
}  # fmt: skip


def guarded(x):
    if np.any(np.real(x) < -10):
        raise ValueError("too small")
    return x * 1.0


@pytest.mark.parametrize(("points", "formula", "status", "words"), DECLARED.values(), ids=DECLARED)
def test_declared_points(verdict, points, formula, status, words):
    declared = elementwise(guarded, formula, points=points)
    found = verdict(POINTS, guarded, declared, 0.5)
    assert found[0] == status
    assert found[1].startswith(words)


def test_declared_points_of_several_arguments(verdict):
    def declared(second):
        return elementwise(
            primitive(clip),
            lambda ct: ct * 0.5,
            lambda ct: ct * second,
            points={(1.0, 1.0): (0.5, 0.25)},
        )

    assert verdict(POINTS, clip, declared(0.25), 1.0, 2.0) == ("passed", "")
    status, message = verdict(POINTS, clip, declared(0.5), 1.0, 2.0)
    assert status == "failed"
    assert message.startswith(
        "cotangent of argument 1 ('b') at (1.0, 1.0), which is declared as 0.25: got 0.5 want 0.25"
    )


def test_shapes_that_differ_are_compared_too(verdict):
    def forgetful(a, b):
        # Right for equal shapes, and for a number; wrong where b lacks an axis.
        return a * b, lambda ct: (ct * b, ct * a if np.ndim(b) != 1 else (ct * a)[0])

    a = np.array([[0.5, 1.5], [2.5, 0.75]])
    for b in (a + 1, 2.0):
        assert verdict("broadcasting", area, forgetful, a, b) == ("passed", "")
    status, message = verdict("broadcasting", area, forgetful, a, a[0] + 1)
    assert status == "failed"
    assert message.startswith("cotangent of argument 1 ('b'), float64 array of shape (2,)")


def test_kinks_of_two_outputs_that_cancel_are_no_smooth_point(verdict):
    def ramps(x):
        return np.stack([np.minimum(x, 0.0), np.minimum(-x, 0.0), -np.abs(x)])

    def shared(x):  # at 0 each slope lies between those to both sides
        sides = np.stack([(x < 0) + 0.5 * (x == 0), -1.0 * (x > 0), -np.sign(x)])
        return ramps(x), lambda ct: np.sum(ct * sides)

    assert verdict(FIRST, ramps, shared, 0.0, cotangent=np.array([1.0, 1.0, -1.0]))[0] == "passed"


def test_a_median_of_equal_numbers_is_a_kink_though_smooth_along_every_line(verdict):
    def median(x):
        return np.sort(x)[1]

    def sharing(x):
        y = median(x)
        return y, lambda ct: ct * (x == y) / np.sum(x == y)

    def doubled(x):
        y = median(x)
        return y, lambda ct: 2 * ct * (x == y) / np.sum(x == y)

    for seed in range(5):
        assert verdict(FIRST, median, sharing, np.ones(3), seed=seed)[0] == "passed"
        assert verdict(FIRST, median, doubled, np.ones(3), seed=seed)[0] == "failed"


def test_each_of_equal_numbers_is_once_the_one_with_the_largest_slope(verdict):
    def quantile(x):
        return np.sort(x) @ np.array([0.0, 0.0, 0.0, 0.0, 0.2, 0.8])

    def sharing(x):
        return quantile(x), lambda ct: ct * np.full(6, 1 / 6)

    def lopsided(x):  # each slope could be, but no one moves all numbers and gets that
        return quantile(x), lambda ct: ct * np.full(6, 0.3)

    for seed in range(40):
        assert verdict(FIRST, quantile, sharing, np.ones(6), seed=seed)[0] == "passed"
        assert verdict(FIRST, quantile, lopsided, np.ones(6), seed=seed)[0] == "failed"


def test_where_a_value_cancels_to_nothing_what_was_rounded_is_left_of_its_slope(verdict):
    def variance(x):  # of one number: 0, but for rounding of its mean
        return np.cov(x, np.array([0.81]), ddof=0, aweights=np.array([2.5]))

    def left_over(slope):
        return lambda x: (variance(x), lambda ct: np.array([slope]))

    for slope, status in ((1e-16, "passed"), (-1e-15, "passed"), (1e-12, "failed")):
        found = verdict(
            FIRST, variance, left_over(slope), np.array([0.5]), cotangent=np.ones((2, 2))
        )
        assert found[0] == status, found


@pytest.mark.parametrize("seed", [2, 69, 173])  # a line along the kink, or weights that cancel
def test_no_distance_is_a_kink_though_smooth_along_some_lines(verdict, seed):
    found = verdict(SECOND, math.dist, dist_rule, [1.0], (1.0,), cotangent=-1.5, seed=seed)
    assert found[0] == "unsuited"
    assert verdict(SECOND, math.dist, dist_rule, [1.0], (2.0,), seed=seed) == ("passed", "")
