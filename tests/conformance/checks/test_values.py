"""Checks of the value, of the space of each cotangent, and of warnings."""

from __future__ import annotations

import math
import warnings
from collections import namedtuple

import numpy as np
import pytest

from pullback import primitive
from pullback_numpy.strong import divide

PRIMAL, SPACE, SILENT = "primal", "space", "silent"
X = np.array([0.5, 1.5])
Pair = namedtuple("Pair", "first second")


def valued(value):
    """A rule that returns that value."""
    return lambda *args: (value(*args), lambda ct: ct)


VALUES = {
    "a number": (np.sin, lambda x: np.sin(x) * (1 + 1e-9), X, "got [0.479426, 0.997495] want "),
    "a shape": (np.sin, lambda x: np.sin(x)[None], X, "is float64 array of shape (1, 2), wanted "),
    "a dtype": (np.sin, lambda x: np.sin(x) * np.float64(1), np.float32(0.5), "is float64 scalar"),
    "a type": (np.sin, lambda x: math.sin(x), 0.5, "is float, wanted float64 scalar"),
    "NaN": (np.sin, lambda x: np.sin(x) + np.array([0, np.nan]), X, "is [0.479426, nan], wanted"),
    "a container": (
        lambda x: Pair(x, 2 * x), lambda x: (x, 2 * x), X, "is tuple of 2, wanted Pair of 2",
    ),
    "a list": (lambda x: (x, 2 * x), lambda x: [x, 2 * x], X, "is list of 2, wanted tuple of 2"),
    "a member": (
        lambda x: [x, 2 * x], lambda x: [x, 3 * x], 0.5, "got 1.5 want 1.0 (|err| 0.5 > ",
    ),
    "an integer": (lambda x: 3, lambda x: 4, 0.5, "is 4, wanted 3"),
}  # fmt: skip


@pytest.mark.parametrize(("function", "wrong", "x", "words"), VALUES.values(), ids=VALUES)
def test_a_value_that_is_not_the_original_function_s(verdict, function, wrong, x, words):
    status, message = verdict(PRIMAL, function, valued(wrong), x)
    assert status == "failed"
    assert message.startswith(f"the value of the rule {words}")


@pytest.mark.parametrize("x", [X, 0.5, np.zeros((0, 2)), np.array([np.nan, np.inf]), 1j, 3, X > 1])
def test_the_value_of_the_function_itself(verdict, x):
    assert verdict(PRIMAL, np.square, valued(np.square), x) == ("passed", "")


def test_the_value_while_it_is_traced(verdict):
    @primitive
    def halved(x):
        return x / 2

    def disturbed(x):
        y = np.multiply(x, 0.5)
        return (y if calls.append(1) or len(calls) % 2 else y + 1), lambda ct: ct / 2

    calls = []
    status, message = verdict(PRIMAL, halved, disturbed, X)
    assert status == "failed"
    assert message.startswith("the value of the traced function got [1.25, 1.75] want [0.25, 0.75]")


def product(a, b):
    return a * b


COUNTS = {
    "one cotangent too few": (lambda ct: (ct,), "the pullback returned 1 cotangents for 2 "),
    "no tuple": (lambda ct: ct, "the pullback returned 1 cotangents for 2 arguments"),
    "one too many": (lambda ct: (ct, ct, ct), "the pullback returned 3 cotangents for 2 "),
    "one pullback too few": ((lambda ct: ct,), "returned 1 pullbacks for 2 "),
    "no function": (7.0, "the rule returned 7.0 as its pullback; it is a function, a tuple of "),
}


@pytest.mark.parametrize(("pullback", "words"), COUNTS.values(), ids=COUNTS)
def test_as_many_cotangents_as_arguments(verdict, pullback, words):
    status, message = verdict(SPACE, product, lambda a, b: (a * b, pullback), 0.5, 2.0)
    assert status == "failed"
    assert words in message


GOOD = {
    "a tuple": lambda a, b: lambda ct: (ct * b, ct * a),
    "a function for each": lambda a, b: (lambda ct: ct * b, lambda ct: ct * a),
}


@pytest.mark.parametrize("back", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("a", [0.5, np.float32(0.5), X, X.astype(np.float32), X + 1j])
def test_cotangents_in_their_spaces(verdict, back, a):
    known = lambda a, b: (a * b, back(a, b))
    for b in (2.0, np.float16(2), np.ones((3, 1))):
        assert verdict(SPACE, product, known, a, b) == ("passed", "")


def test_a_constant_needs_no_cotangent(verdict):
    assert verdict(SPACE, product, lambda a, n: (a * n, lambda ct: ct * n), 0.5, 2) == (
        "passed",
        "",
    )
    assert verdict(SPACE, product, lambda n, a: (a * n, (None, lambda ct: ct * n)), 2, 0.5) == (
        "passed",
        "",
    )


def test_arguments_with_defaults_and_stars_may_have_cotangents_too(verdict):
    def scaled(x, scale=1.0, *rest):
        return x * scale

    def with_all(x, scale=1.0, *rest):
        return x * scale, lambda ct: (ct * scale, np.sum(ct * x), *[None] * 3)

    assert verdict(SPACE, scaled, with_all, X, 2.0) == ("passed", "")
    assert verdict(SPACE, scaled, with_all, X) == ("passed", "")


BARE = {
    "double for single": (np.float32(0.5), lambda ct: np.float64(ct), "got float64 scalar want "),
    "complex for real": (X, lambda ct: ct * 1j, "got complex128 array of shape (2,) want float64"),
    "an array for a number": (0.5, lambda ct: np.array(ct), "got float64 array of shape () want "),
    "a column for a row": (X, lambda ct: ct[:, None], "got float64 array of shape (2, 1) want"),
    "nothing": (0.5, lambda ct: None, "got NoneType want float"),
}


@pytest.mark.parametrize(("x", "back", "words"), BARE.values(), ids=BARE)
def test_a_cotangent_outside_of_its_space(verdict, x, back, words):
    # The engine would project it; a bare pair has none.
    status, message = verdict(SPACE, lambda x: 1 * x, None, x, vjp=lambda x: (1 * x, back))
    assert status == "failed"
    assert message.startswith(f"cotangent of argument 0 ('x'): {words}")


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_a_value_that_loses_too_many_digits_in_single_precision(verdict, dtype):
    def rounded(x):
        slope = np.cos(x)
        small = np.abs(slope.dtype.type(0).real.dtype.itemsize) == 4
        return np.sin(x), lambda ct: ct * (slope * (1 + 1e-3) if small else slope)

    x = X.astype(dtype)
    status, message = verdict(SPACE, np.sin, rounded, x)
    assert status == "failed"
    assert message.startswith(
        f"cotangent of argument 0 ('x'), {dtype.__name__} array of shape (2,)"
    )
    error = "9.8" if dtype is np.complex64 else "8."
    assert f"which it is in double precision (|err| {error}" in message
    assert verdict(SPACE, np.sin, rounded, X) == ("passed", "")


def test_a_step_that_single_precision_moves_is_not_judged(verdict):
    def stepped(x):
        return np.where(x.dtype == np.float32, x, 0 * x)

    def of_stepped(x):
        return stepped(x), lambda ct: np.where(x.dtype == np.float32, ct, 0 * ct)

    assert verdict(SPACE, stepped, of_stepped, X.astype(np.float32)) == (
        "unsuited",
        "in double precision the value is another one",
    )


def test_terms_that_cancel_in_single_precision_are_compared_loosely(verdict):
    def difference(x):
        return np.stack([1e3 * x, 1e3 * x])

    def noisy(x, noise):
        return difference(x), lambda ct: 1e3 * ct[0] + 1e3 * ct[1] + noise * (x.dtype == np.float32)

    cotangent = np.array([[1.0, 2.0], [-1.0, -2.0]])
    for noise, status in ((1e-4, "passed"), (1e-1, "failed")):
        rule = lambda x, noise=noise: noisy(x, noise)
        found = verdict(SPACE, difference, rule, X.astype(np.float32), cotangent=cotangent)
        assert found[0] == status


def test_half_precision_is_compared_loosely(verdict):
    def almost(x):
        return np.sin(x), lambda ct: ct * np.cos(x) * (1.01 if x.dtype == np.float16 else 1)

    def off(x):
        return np.sin(x), lambda ct: ct * np.cos(x) * (1.2 if x.dtype == np.float16 else 1)

    x = X.astype(np.float16)
    assert verdict(SPACE, np.sin, almost, x) == ("passed", "")
    assert verdict(SPACE, np.sin, off, x)[0] == "failed"


def logarithm_or_zero(x):
    return np.log(np.where(x > 0, x, 1))


LOUD = {
    "a warning of the rule": (
        lambda x: (np.where(x > 0, np.log(x), 0), lambda ct: ct * 0),
        "the rule warns, and the function does not: divide by zero",
    ),
    "a warning of the pullback": (
        lambda x: (logarithm_or_zero(x), lambda ct: np.where(x > 0, ct / x, 0)),
        "the pullback warns, and the function does not: divide by zero",
    ),
    "an invalid value for a zero cotangent": (
        lambda x: (logarithm_or_zero(x), lambda ct: np.where(ct == 0, 0, x - x * np.inf / ct)),
        "the pullback warns, and the function does not: ",
    ),
    "a warning of its own": (
        lambda x: (logarithm_or_zero(x), lambda ct: warnings.warn("beware", stacklevel=1) or ct),
        "the pullback warns, and the function does not: beware",
    ),
}


@pytest.mark.parametrize(("rule", "words"), LOUD.values(), ids=LOUD)
def test_a_warning_that_the_function_does_not_give(verdict, rule, words):
    status, message = verdict(SILENT, logarithm_or_zero, rule, np.array([0.0, 2.0]))
    assert status == "failed"
    assert message.startswith(words)


EXCUSED = {
    "the function warns as well": (np.log, lambda x: (np.log(x), lambda ct: divide(ct, x)), 0.0),
    "what is infinite may overflow": (
        np.exp, lambda x: (np.exp(x), lambda ct: ct * np.exp(x + 1)), 709.5,
    ),
    "what is NaN may be invalid": (
        np.square, lambda x: (np.square(x), lambda ct: ct * (x - x)), np.inf,
    ),
    "underflow": (np.sin, lambda x: (np.sin(x), lambda ct: ct * (x * x + 1)), 1e-200),
}  # fmt: skip


@pytest.mark.parametrize(("function", "rule", "x"), EXCUSED.values(), ids=EXCUSED)
def test_a_warning_that_tells_something(verdict, function, rule, x):
    assert verdict(SILENT, function, rule, np.float64(x)) == ("passed", "")


def test_a_zero_cotangent_is_no_excuse_to_warn_again(verdict):
    def logarithm(x):
        return np.log(x), lambda ct: np.where(ct == 0, 0, ct / x)

    status, message = verdict(SILENT, np.log, logarithm, np.float64(0.0))
    assert (status, message.rpartition(": ")[2]) == ("failed", "invalid value")


def test_an_infinity_is_no_excuse_for_a_division_by_zero(verdict):
    def root(x):
        return np.sqrt(x), lambda ct: ct / (2 * np.sqrt(x))

    status, message = verdict(SILENT, np.sqrt, root, np.float64(0.0))
    assert (status, message.rpartition(": ")[2]) == ("failed", "divide by zero")
