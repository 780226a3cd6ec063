"""Checks of linearity, zeros, and the transpose."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pullback import elementwise, primitive, rule
from pullback.conformance import arrays, call, check_rule
from pullback.domains import positive
from pullback.errors import RuleCheckError
from pullback_numpy.strong import divide

LINEAR, ZERO, TRANSPOSE = "linearity", "zero-cotangent", "forward-reverse"
X = np.array([0.5, 1.5])


def tripled(x):
    return 3.0 * x


def pulling(back):
    """A rule of `tripled` with that pullback."""
    return lambda x: (tripled(x), back)


NONLINEAR = {
    "an added constant": (lambda ct: 3 * ct + 1e-3, "for 1e+08 times a cotangent: got "),
    "a small added constant": (lambda ct: 3 * ct + 1e-12, "for 1e-08 times a cotangent: got "),
    "a clipped cotangent": (lambda ct: 3 * np.clip(ct, -1e3, 1e3), "for 1e+08 times a cotangent"),
    "a threshold": (lambda ct: 3 * np.where(np.abs(ct) < 1e-6, 0, ct), "for 1e-08 times a cot"),
    "a square": (lambda ct: 3 * ct * ct, "for 1e+08 times a cotangent: got "),
    "an absolute value": (lambda ct: 3 * np.abs(ct), "for -1 times a cotangent: got "),
    "a cubic mean": (
        lambda ct: 3 * np.cbrt(ct**3 + ct[::-1] ** 3), "for the sum of two cotangents: got ",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("back", "words"), NONLINEAR.values(), ids=NONLINEAR)
def test_a_pullback_that_is_not_linear(verdict, back, words):
    status, message = verdict(LINEAR, tripled, pulling(back), X)
    assert status == "failed"
    assert message.startswith(f"cotangent of argument 0 ('x') {words}")


RIGHT = {
    "linear": (tripled, lambda x: (tripled(x), lambda ct: 3 * ct), X),
    "wrong but linear": (tripled, lambda x: (tripled(x), lambda ct: ct[::-1]), X),
    "conjugating": (np.conj, lambda z: (np.conj(z), np.conj), X + 1j),
    "in single precision": (
        np.sin, lambda x: (np.sin(x), lambda ct: ct * np.cos(x)), np.float32(0.3),
    ),
    "infinite": (np.sqrt, lambda x: (np.sqrt(x), lambda ct: ct * np.inf), np.array([0.0, 0.0])),
    "cancelling": (
        lambda x: x - np.mean(x),
        lambda x: (x - np.mean(x), lambda ct: ct - np.mean(ct)),
        np.array([0.1, 0.7, 0.3]),
    ),
    "several": (
        lambda a, b: [a * b, 2, (a + b)][::2],
        lambda a, b: ([a * b, a + b], lambda ct: (ct[0] * b + ct[1], ct[0] * a + ct[1])),
        X,
        X + 1,
    ),
}  # fmt: skip


def test_an_infinite_cotangent_has_the_sign_of_what_it_was_made_of(verdict):
    def root(x):
        return np.sqrt(x), lambda ct: np.where(x > 0, ct / (2 * np.sqrt(x)), np.inf)

    status, message = verdict(LINEAR, np.sqrt, root, np.array([0.0, 4.0]))
    assert status == "failed"
    assert "for -1 times a cotangent: is [ inf" in message


@pytest.mark.parametrize("right", RIGHT.values(), ids=RIGHT)
def test_a_pullback_that_is_linear(verdict, right):
    function, known, *args = right
    assert verdict(LINEAR, function, known, *args) == ("passed", "")


@pytest.mark.parametrize("check", [LINEAR, ZERO, TRANSPOSE])
@pytest.mark.parametrize(("x", "reason"), [(3, "no argument"), (2.5, "no output")])
def test_what_has_no_derivative(verdict, check, x, reason):
    def function(x):
        return float(x) if isinstance(x, int) else int(x)

    found = verdict(check, function, lambda x: (function(x), lambda ct: 0.0), x)
    assert found == ("unsuited", f"{reason} has a derivative")


def naive(x):
    return np.sqrt(x), lambda ct: ct / (2 * np.sqrt(x))


def strong(x):
    y = np.sqrt(x)
    return y, lambda ct: divide(ct, 2 * y)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("x", [0.0, np.float32(0), np.array([1.0, 0.0]), np.array([0j])])
def test_zero_stays_zero_at_a_singular_point(verdict, x):
    status, message = verdict(ZERO, np.sqrt, naive, x)
    assert status == "failed"
    assert message.startswith("cotangent of argument 0 ('x') for a zero cotangent: got ")
    assert "nan" in message
    assert message.endswith(" want zeros")
    assert verdict(ZERO, np.sqrt, strong, x) == ("passed", "")


def test_zero_stays_zero_outside_of_the_domain():
    def masked(x):
        return np.log(x), lambda ct: np.where(ct == 0, 0 * ct, ct / x)

    def spoilt(x):
        y = np.log(x)
        return y, lambda ct: np.where((ct == 0) & (x >= 0), 0 * ct, ct * np.exp(-y))

    samples = [call(arrays("n", positive))]
    assert check_rule(np.log, rule=masked, samples=samples, checks=[ZERO])
    with pytest.raises(RuleCheckError, match="for a zero cotangent: got "):
        check_rule(np.log, rule=spoilt, samples=samples, checks=[ZERO])


@pytest.mark.parametrize("back", [lambda ct: ct + 1e-300, lambda ct: ct * 0 + np.inf])
def test_what_is_not_exactly_zero(verdict, back):
    assert verdict(ZERO, tripled, pulling(back), X)[0] == "failed"


@pytest.mark.parametrize("x", [np.zeros((0, 2)), np.float16(0.5), -0.0, np.inf])
def test_zeros_of_every_kind(verdict, x):
    assert verdict(ZERO, tripled, pulling(lambda ct: 3 * ct), x) == ("passed", "")


def test_outputs_that_are_infinite_or_no_numbers_get_zeros_too(verdict):
    def parts(x):
        return [1 / np.abs(x - 1), 3, np.sign(x) * 1j]

    def known(x):
        return parts(x), lambda ct: np.sum(ct[0]) + np.real(ct[2] * 0)

    with np.errstate(all="ignore"):
        assert verdict(ZERO, parts, known, np.float64(1.0)) == ("passed", "")


@primitive
def product(a, b):
    return a * b


def forward(pushforward):
    """A right rule of `product`, with that pushforward."""
    return rule(product, pushforward=pushforward)(lambda a, b: (a * b, lambda ct: (ct * b, ct * a)))


def right(primals, tangents, **params):
    (a, b), (v, w) = primals, tangents
    return a * b, v * b + a * w


@pytest.mark.parametrize("a", [X, 0.5, X + 1j])
def test_a_pushforward_that_agrees(verdict, a):
    assert verdict(TRANSPOSE, product, forward(right), a, X if np.ndim(a) else 2.0) == (
        "passed",
        "",
    )
    assert verdict(TRANSPOSE, product, forward(None), a, X if np.ndim(a) else 2.0) == ("passed", "")


WRONG = {
    "a sign": (
        lambda primals, tangents: (right(primals, tangents)[0], -right(primals, tangents)[1]),
        "the pushforward gives ⟨ct, J v⟩ = ",
    ),
    "one argument": (
        lambda primals, tangents: (right(primals, tangents)[0], tangents[0] * primals[1]),
        "the pushforward gives ⟨ct, J v⟩ = ",
    ),
    "NaN": (
        lambda primals, tangents: (right(primals, tangents)[0], np.full(2, np.nan)),
        "the pushforward gives ⟨ct, J v⟩ = nan, and the pullback ⟨Jᵀ ct, v⟩ = ",
    ),
    "the value": (
        lambda primals, tangents: (primals[0], right(primals, tangents)[1]),
        "the value that the pushforward returns got [0.5, 1.5] want [1.25, 5.25]",
    ),
}


@pytest.mark.parametrize(("pushforward", "words"), WRONG.values(), ids=WRONG)
def test_a_pushforward_that_disagrees(verdict, pushforward, words):
    status, message = verdict(TRANSPOSE, product, forward(pushforward), X, X + 2)
    assert status == "failed"
    assert message.startswith(words)


def test_a_pushforward_of_an_elementwise_rule_is_tried_where_both_arguments_are_primals(verdict):
    known = elementwise(product, lambda ct, b: ct * b, lambda ct, a: ct * a)
    assert known.pushforward is not None
    assert verdict(TRANSPOSE, product, known, X, X + 1) == ("passed", "")
    assert verdict(TRANSPOSE, product, known, X, 2) == ("passed", "")
    assert verdict(TRANSPOSE, product, known, X, X, shared=True) == ("passed", "")


def test_a_pullback_that_cannot_be_transposed(verdict):
    def opaque(x):
        return tripled(x), lambda ct: np.asarray(ct, dtype=float) * 3

    status, message = verdict(TRANSPOSE, tripled, opaque, X)
    assert status == "failed"
    assert message.startswith("raised TracerConversionError: ")


def test_a_cotangent_that_is_dropped_from_the_trace(verdict):
    def masked(x):
        return np.sin(x), lambda ct: np.where(ct == 0, 0.0, ct * np.cos(x))

    status, message = verdict(TRANSPOSE, np.sin, masked, X)
    assert status == "failed"
    assert message.startswith("the transpose of the pullback, at a zero cotangent, gives ⟨ct, J v⟩")


@pytest.mark.parametrize(
    ("x", "options", "reason"),
    [
        (np.zeros((0, 2)), {}, "no elements"),
        (0.5, {"vjp": pulling(lambda ct: 3 * ct)}, "nothing transposes a bare pair"),
        (np.array([0.0, 1.0]), {"slope": math.inf}, "the derivative is infinite"),
    ],
    ids=["empty", "bare", "infinite"],
)
def test_what_cannot_be_transposed(verdict, x, options, reason):
    slope = options.pop("slope", 3.0)
    known = None if options else pulling(lambda ct: ct * slope)
    assert verdict(TRANSPOSE, tripled, known, x, **options) == ("unsuited", reason)
