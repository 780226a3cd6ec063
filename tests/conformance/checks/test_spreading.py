"""A bad number spoils what depends on it, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

CHECK = "nonfinite"
X = np.array([0.5, 1.5, 2.5])


def square(x):
    return x * x


def square_rule(x):
    return x * x, lambda ct: 2 * ct * x


def normalized_rule(x):
    """Right, but for an infinity, by which everything is divided."""
    largest = np.max(np.abs(x))
    return x * x, lambda ct: 2 * ct * (x / largest) * largest


def summed_rule(x):
    """Right, but for an infinite cotangent, which is added and taken away."""
    return x * x, lambda ct: 2 * x * (ct + np.sum(ct) - np.sum(ct))


def matrix_rule(x):
    """Right, but for an infinity: it is multiplied by the zeros of a matrix."""
    return x * x, lambda ct: 2 * ct @ np.diag(x)


def added_rule(x):
    """Right, but for an infinite element: zero times all of them is added."""
    return x * x, lambda ct: 2 * ct * x + 0 * np.sum(x)


SPREADING = {
    "zero times the sum": (added_rule, "in an unrelated element: got nan"),
    "divided by the largest": (normalized_rule, "in an unrelated element: got nan"),
    "added and taken away": (summed_rule, "in the cotangent of an unrelated output: got nan"),
    "a matrix of zeros": (matrix_rule, "in the cotangent of an unrelated output: got nan"),
}


def test_what_stays_where_it_is(verdict):
    for x in (X, X.astype(np.float32), X[:, None] * [1, 2]):
        assert verdict(CHECK, square, square_rule, x) == ("passed", "")


@pytest.mark.parametrize(("wrong", "words"), SPREADING.values(), ids=SPREADING)
def test_what_spreads(verdict, wrong, words):
    status, message = verdict(CHECK, square, wrong, X)
    assert status == "failed"
    assert message.startswith("cotangent of argument 0 ('x'), element ")
    assert f", with nan {words} want " in message
    assert message.endswith((" want 1.", " want 3.", " want 5."))


def test_elements_that_have_an_output_in_common_may_spoil_each_other(verdict):
    def norm(x):
        return np.sqrt(np.sum(x * x))

    def known(x):
        y = norm(x)
        return y, lambda ct: ct * x / y

    assert verdict(CHECK, norm, known, X) == ("passed", "")


def test_elements_whose_derivatives_hang_together_may_spoil_each_other(verdict):
    def outer(a, b):
        return a * b

    def known(a, b):
        return a * b, lambda ct: (ct * b, ct * a)

    assert verdict(CHECK, outer, known, X, X + 1) == ("passed", "")
    assert verdict(CHECK, outer, known, X[:, None], 2.0) == ("passed", "")


def test_equal_elements_may_change_their_roles(verdict):
    def known(x):
        order = np.argsort(x)

        def back(ct):
            found = np.zeros_like(x)
            found[order] = ct
            return found

        return np.sort(x), back

    assert verdict(CHECK, np.sort, known, np.array([0.5, 1.5, 0.5, 2.5])) == ("passed", "")


def refusing(x):
    if np.any(np.isnan(x)):
        raise ValueError("no NaN")
    return x * x


UNSUITED = {
    "one element": (square, np.array([0.5]), "one element, or too many"),
    "a number": (square, 0.5, "one element, or too many"),
    "many elements": (square, np.arange(30.0), "one element, or too many"),
    "many outputs": (lambda x: np.outer(x, np.ones(50)), X, "one element, or too many"),
    "no outputs": (lambda x: x[:0], X, "one element, or too many"),
    "no NaN": (refusing, X, "the primal refuses NaN"),
    "a shape by numbers": (
        lambda x: x[x > 1], X, "the shape of the output depends on the numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("function", "x", "reason"), UNSUITED.values(), ids=UNSUITED)
def test_what_cannot_be_told(verdict, function, x, reason):
    found = verdict(CHECK, function, lambda x: (function(x), lambda ct: 0 * x), x)
    assert found == ("unsuited", reason)


def test_a_function_that_refuses_infinities_only(verdict):
    def finite(x):
        if np.any(np.isinf(x)):
            raise ValueError("no infinities")
        return x * x

    assert verdict(CHECK, finite, lambda x: (x * x, square_rule(x)[1]), X) == ("passed", "")
    assert verdict(CHECK, finite, matrix_rule, X)[0] == "failed"


def test_several_outputs(verdict):
    def function(x):
        return [x[0] * x[1], 3, np.sin(x[2])]

    def known(x):
        return function(x), lambda ct: np.stack([ct[0] * x[1], ct[0] * x[0], ct[2] * np.cos(x[2])])

    def spreading(x):
        return function(x), lambda ct: known(x)[1](ct) + 0 * ct[0]

    assert verdict(CHECK, function, known, X) == ("passed", "")
    status, message = verdict(CHECK, function, spreading, X, seed=2)
    assert status == "failed"
    assert "element 2, with nan in the cotangent of an unrelated output" in message


def test_a_nan_that_the_primal_hides(verdict):
    def hiding(x):  # as elimination by rows may, which stops at a pivot of 0
        return np.zeros(1) if x[1] == 0 else np.array([x[0] * x[1]])

    def known(x):
        return hiding(x), lambda ct: np.stack([ct[0] * (x[1] + 1e-18), ct[0] * x[0]])

    x = np.array([0.5, 0.0])
    assert verdict(CHECK, hiding, known, x) == ("passed", "")


def test_a_derivative_that_is_zero_by_chance(verdict):
    def products(a):  # of the three, the NaN in the middle hides from the last
        return np.array([a[0] * a[1], a[2], a[0] * np.nan_to_num(a[1]) * a[2]])

    def known(a):
        def pullback(ct):
            return np.stack(
                [
                    ct[0] * a[1] + ct[2] * a[1] * a[2],
                    ct[0] * a[0] + ct[2] * a[0] * a[2],
                    ct[1] + ct[2] * a[0] * a[1],
                ]
            )

        return products(a), pullback

    for seed in range(10):
        assert verdict(CHECK, products, known, np.array([0.5, 0.0, 0.0]), seed=seed)[0] == "passed"
