"""Checks of who owns what."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from pullback import rule
from pullback.conformance import arrays, call, indices, laid_out
from pullback.conformance.kinds import LAYOUTS

REPEAT, MUTATION, ALIAS = "repeatable", "no-mutation", "no-aliasing"
X = np.array([[0.5, 1.5], [2.5, 0.75]])


def square(x):
    return x * x


def square_rule(x):
    return x * x, lambda ct: 2 * ct * x


EVERY = [REPEAT, MUTATION, ALIAS, "layouts", "threads"]
ARGUMENTS = [X, 0.5, np.float32(0.5), np.zeros((0, 2)), X + 1j, np.array(0.5)]


@pytest.mark.parametrize("check", EVERY)
@pytest.mark.parametrize("x", ARGUMENTS, ids=range(len(ARGUMENTS)))
def test_a_right_rule(verdict, check, x):
    assert verdict(check, square, square_rule, x) == ("passed", "")


def consumed(x):
    residuals = iter([x])
    return x * x, lambda ct: 2 * ct * next(residuals, 0)


def counted(x):
    calls = []
    return x * x, lambda ct: 2 * ct * x * (calls.append(1) or len(calls) < 3)


latest = []


def shared(x):
    latest[:] = [x]
    return x * x, lambda ct: 2 * ct * latest[0]


runs = []


def worn_out(x):
    runs.append(1)
    factor = 2 if len(runs) < 3 else 3
    return x * x, lambda ct: factor * ct * x


REPEATED = {
    "consumed": (consumed, "in the second call: "),
    "worn out after some calls": (counted, "after other calls of pullbacks: "),
    "shared by all calls": (shared, "after other calls of pullbacks: "),
    "worn out after some runs": (worn_out, "when the rule is run again: "),
}


@pytest.mark.parametrize(("wrong", "words"), REPEATED.values(), ids=REPEATED)
def test_a_second_call_that_differs(verdict, wrong, words):
    latest.clear()
    runs.clear()
    status, message = verdict(REPEAT, square, wrong, X)
    assert status == "failed"
    assert message.startswith(f"cotangent of argument 0 ('x') {words}")


def writes_argument(x):
    y = x * x
    x *= 2
    return y, lambda ct: ct * x


def writes_argument_later(x):
    def back(ct):
        np.multiply(x, 2, out=x)
        return ct * x

    return x * x, back


def writes_cotangent(x):
    def back(ct):
        ct *= 2
        return ct * x

    return x * x, back


def writes_value(x):
    y = x * x

    def back(ct):
        y[...] = 0
        return 2 * ct * x

    return y, back


def reuses_result(x):
    buffer = np.empty_like(x)
    return x * x, lambda ct: np.multiply(2 * ct, x, out=buffer)


WRITES = {
    "an argument": (writes_argument, "the rule wrote into an argument, which now "),
    "an argument, later": (writes_argument_later, "the rule wrote into an argument, which now "),
    "the cotangent": (writes_cotangent, "the rule wrote into the cotangent, which now "),
    "the value": (writes_value, "the rule wrote into the value, which now "),
    "an earlier result": (reuses_result, "the rule wrote into an earlier result, which now "),
}


@pytest.mark.parametrize(("wrong", "words"), WRITES.values(), ids=WRITES)
def test_a_rule_that_writes(verdict, wrong, words):
    status, message = verdict(MUTATION, square, wrong, X)
    assert status == "failed"
    assert message.startswith(words)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_arrays_of_the_caller_stay_as_they_are(verdict, layout):
    x = laid_out(X, layout)
    before = x.copy()
    verdict(MUTATION, square, writes_cotangent, x)
    verdict(ALIAS, square, square_rule, x)
    assert np.array_equal(x, before)


def test_writing_into_keywords_and_lists_counts_too(verdict):
    def weighted(xs, weights):
        return xs[0] * weights

    def wrong(xs, weights):
        y = xs[0] * weights
        xs[1][0] = 7
        return y, lambda ct: ([ct * weights, None], None)

    def also_wrong(xs, weights):
        y = xs[0] * weights
        weights += 1
        return y, lambda ct: ([ct * (weights - 1), None], None)

    for known in (wrong, also_wrong):
        arguments = [X, np.array([1, 2])]
        found = verdict(MUTATION, weighted, known, arguments, params={"weights": np.ones((2, 2))})
        assert found[0] == "failed"
        assert found[1].startswith("the rule wrote into an argument")


def picked(x, index):
    return x[index]


def keeps_index(x, index):
    def back(ct):
        found = np.zeros_like(x)
        np.add.at(found, index, ct)
        return found, None

    return x[index], back


def copies_index(x, index):
    return keeps_index(x, index.copy())


def test_an_index_that_is_kept(verdict):
    arguments = np.array([0.5, 1.5, 2.5]), np.array([2, 0])
    given = {"cotangent": np.array([1.0, 2.0])}
    status, message = verdict(ALIAS, picked, None, *arguments, vjp=keeps_index, **given)
    assert status == "failed"
    assert message.startswith("cotangent of argument 0 ('x') after a write into argument 1 ('ind")
    assert verdict(ALIAS, picked, None, *arguments, vjp=copies_index, **given) == ("passed", "")


def passes_on(x):
    return 1.0 * x, lambda ct: ct


def keeps_argument(x):
    return x * x, lambda ct: 2 * ct * x


def keeps_value(x):
    y = np.exp(x)
    return y, lambda ct: ct * y


def keeps_result(x):
    known = 2 * x.copy()
    return x * x, lambda ct: known


ALIASED = {
    "the cotangent": (lambda x: 1.0 * x, passes_on, "after a write into the cotangent: "),
    "the argument": (square, keeps_argument, "after a write into argument 0 ('x'): "),
    "the value": (np.exp, keeps_value, "after a write into the value: "),
    "an earlier result": (square, keeps_result, "after a write into an earlier result: "),
}


@pytest.mark.parametrize(("function", "wrong", "words"), ALIASED.values(), ids=ALIASED)
def test_what_is_kept_or_handed_out_without_a_copy(verdict, function, wrong, words):
    # The engine makes these copies; a bare pair has none.
    status, message = verdict(ALIAS, function, None, X, vjp=wrong)
    assert status == "failed"
    assert message.startswith(f"cotangent of argument 0 ('x') {words}")


def test_a_value_that_is_the_memory_of_an_argument(verdict):
    def same(x):
        return x, lambda ct: ct

    def copied(x):
        return x.copy(), lambda ct: ct

    assert verdict(ALIAS, np.copy, same, X) == (
        "failed",
        "the value of the rule is memory of argument 0 ('x'), which that of the function is not",
    )
    assert verdict(ALIAS, np.copy, copied, X) == ("passed", "")
    assert verdict(
        ALIAS, np.ravel, lambda x: (x.reshape(-1), lambda ct: ct.reshape(X.shape)), X
    ) == (
        "passed",
        "",
    )
    assert verdict(ALIAS, np.asarray, copied, X) == (
        "failed",
        "the value of the rule is not memory of argument 0 ('x'), which that of the function is",
    )


def test_a_list_that_is_kept(verdict):
    def scaled(x, factors):
        return x * factors

    def keeps_list(x, factors):
        return x * factors, (lambda ct: ct * factors, None)

    def copies_list(x, factors):
        kept = np.array(factors)
        return x * factors, (lambda ct: ct * kept, None)

    arguments = np.array([0.5, 1.5]), [2, 3]
    status, message = verdict(ALIAS, scaled, None, *arguments, vjp=bare(keeps_list))
    assert status == "failed"
    assert message.startswith("cotangent of argument 0 ('x') after a write into argument 1 ('fac")
    assert verdict(ALIAS, scaled, None, *arguments, vjp=bare(copies_list)) == ("passed", "")
    # The engine makes the copy.
    declared = rule(scaled, differentiable=["x"])(keeps_list)
    assert verdict(ALIAS, scaled, declared, *arguments) == ("passed", "")


def bare(known):
    """``known`` with one function for all cotangents."""

    def pair(*arguments):
        y, pullbacks = known(*arguments)
        return y, lambda ct: tuple(back and back(ct) for back in pullbacks)

    return pair


def test_the_engine_makes_the_copies(verdict):
    for function, known, _ in list(ALIASED.values())[:3]:
        assert verdict(ALIAS, function, known, X) == ("passed", "")


def test_read_only_arrays_cannot_be_overwritten(verdict):
    x = laid_out(X, "read-only")
    assert verdict(ALIAS, square, None, x, vjp=lambda x: (x * x, lambda ct: 2 * ct * x)) == (
        "passed",
        "",
    )


def flat(x):
    """Right for arrays in C order only: it reads memory."""
    memory = x.ravel("K").reshape(x.shape)
    return x * x, lambda ct: 2 * ct * memory


def flat_cotangent(x):
    return x * x, lambda ct: 2 * ct.ravel("K").reshape(ct.shape) * x


def test_a_rule_that_reads_memory(verdict):
    lines = [call(arrays((2, 3)))]
    status, message = verdict("layouts", square, flat, samples=lines)
    assert status == "failed"
    assert "cotangent of argument 0 ('x') differs from that of a plain copy: got " in message
    status, message = verdict("layouts", square, flat_cotangent, X, cotangent=X + 1)
    assert status == "failed"
    assert "cotangent of argument 0 ('x') differs for a fortran cotangent: got " in message


def test_a_rule_that_needs_to_write(verdict):
    def writing(x):
        def back(ct):
            ct[...] *= 2
            return ct * x

        return x * x, back

    status, message = verdict("layouts", square, writing, X)
    assert status == "failed"
    assert message == "raised ValueError: output array is read-only"


def in_memory(x):
    return np.cumsum(x.ravel("K"))


def in_memory_rule(x):
    offsets = np.tensordot(np.abs(x.strides), np.indices(x.shape), 1)
    places = np.argsort(np.argsort(offsets.ravel())).reshape(x.shape)
    return in_memory(x), lambda ct: np.cumsum(ct[::-1])[::-1][places]


def in_c_order_rule(x):
    return in_memory(x), lambda ct: np.cumsum(ct[::-1])[::-1].reshape(x.shape)


def test_a_function_that_depends_on_the_layout_is_compared_with_differences(verdict):
    lines = [call(arrays((2, 3)))]
    assert verdict("layouts", in_memory, in_memory_rule, samples=lines) == ("passed", "")
    status, message = verdict("layouts", in_memory, in_c_order_rule, samples=lines)
    assert status == "failed"
    assert "cotangent of argument 0 ('x'), float64 array of shape (2, 3): along a " in message


class Buffer:
    """A rule with a scratch buffer that all threads write to."""

    def __init__(self):
        self.scratch = None

    def __call__(self, x):
        def back(ct):
            self.scratch = 2 * ct
            time.sleep(1e-4)
            return self.scratch * x

        return x * x, back


def test_threads_that_disturb_each_other(verdict):
    status, message = verdict("threads", square, Buffer(), X)
    assert status == "failed"
    assert message.startswith("cotangent of argument 0 ('x') in one of eight threads: got ")


class Value(Buffer):
    """A rule that computes its value in the scratch buffer."""

    def __call__(self, x):
        self.scratch = x * x
        time.sleep(1e-4)
        return self.scratch, lambda ct: 2 * ct * x


def test_threads_that_disturb_each_other_s_values(verdict):
    status, message = verdict("threads", square, Value(), X)
    assert status == "failed"
    assert message.startswith("the value in one of eight threads got ")


def test_a_function_that_takes_one_point_only_has_threads_too(verdict):
    def picky(x):
        if np.any(x != X):
            raise ValueError("not my point")
        return x * x

    def growing(x):
        return np.ones(1 + int(np.sum(x) < np.sum(X))) * np.sum(x)

    def growing_rule(x):
        return growing(x), lambda ct: np.sum(ct) * np.ones_like(x)

    assert verdict("threads", picky, square_rule, X) == ("passed", "")
    assert verdict("threads", growing, growing_rule, X) == ("passed", "")


def test_a_rule_that_wants_one_thread(verdict):
    owner = threading.get_ident()

    def picky(x):
        if threading.get_ident() != owner:
            raise RuntimeError("not my thread")
        return square_rule(x)

    assert verdict("threads", square, picky, X) == ("failed", "raised RuntimeError: not my thread")


@pytest.mark.parametrize("check", [REPEAT, ALIAS, "layouts", "threads"])
def test_what_has_no_derivative(verdict, check):
    assert verdict(check, square, square_rule, 3) == ("unsuited", "no argument has a derivative")


def test_duplicate_indices(verdict):
    def overwriting(x, index):
        def back(ct):
            found = np.zeros_like(x)
            found[index] = ct
            return found, None

        return x[index], back

    lines = [call(arrays((4,)), indices((3,), 4))]
    status, _ = verdict("finite-differences", picked, overwriting, samples=lines)
    assert status == "failed"
