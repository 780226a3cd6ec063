"""`debug`: where a NaN, an infinity, an error or a changed array comes from."""

from __future__ import annotations

import math
import re
import threading

import numpy as np
import pytest

import pullback
from pullback import debug, grad, jvp, registry, val_and_grad, vjp
from pullback.errors import CapturedArrayError, NonFiniteError
from pullback.spaces import keepers

pytestmark = pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")


def line_of(text):
    """The number of the line of this file that ends with a mark."""
    with open(__file__, encoding="utf-8") as file:
        return next(n for n, line in enumerate(file, 1) if line.rstrip().endswith(f"# {text}"))


def loss(x):
    y = np.log(x)  # the logarithm
    return np.sum(np.sqrt(y))  # the root


def test_value_that_is_not_finite_is_traced_to_the_line_and_the_rule():
    with debug(), pytest.raises(NonFiniteError) as raised:
        grad(loss)(np.array([2.0, 0.0, 0.0]))
    text = str(raised.value)
    assert text.startswith(
        "numpy.log returns a value that is not finite: -inf at [1], and 2 of 3 elements in all; "
        "all that it was given is finite.\n"
    )
    assert f"called at {__file__}:{line_of('the logarithm')}: y = np.log(x)" in text
    assert re.search(r"rule of pullback-numpy, .*elementwise\.py:\d+$", text)


def test_cotangent_that_is_not_finite_is_traced_too():
    with debug(), pytest.raises(NonFiniteError) as raised:
        grad(loss)(np.array([1.0, 2.0]))
    text = str(raised.value)
    assert text.startswith(
        "the pullback of numpy.sqrt gives a cotangent of argument 0 that is not finite: inf at "
        "[0], and 1 of 2 elements in all; all that it was given is finite.\n"
    )
    assert f":{line_of('the root')}: return np.sum(np.sqrt(y))" in text


def test_what_was_not_finite_before_is_said_to_be():
    with debug():
        with pytest.raises(NonFiniteError, match="argument 0 is not finite already"):
            grad(np.exp)(math.nan)
        _, back = vjp(np.exp, 1.0)
        with pytest.raises(NonFiniteError, match=r"the cotangent .* is not finite already"):
            back(math.nan)


@pytest.mark.parametrize(
    "differentiate",
    [
        lambda: val_and_grad([math.sin, math.sqrt], 0.0),
        lambda: vjp(math.sqrt, 0.0)[1](1.0),
        lambda: grad(pullback.primitive(math.sqrt))(0.0),
        lambda: grad(lambda x: pullback.grad(lambda y: y * x)(1.0) ** 0.5)(0.0),
        lambda: jvp(np.log, (0.0,), (1.0,)),
        lambda: pullback.trace(np.log, 1.0).run(0.0),
    ],
    ids=["chain", "primitive", "traced", "nested", "forward", "graph"],
)
def test_every_way_of_differentiating_is_watched(differentiate):
    differentiate()
    with debug(), pytest.raises(NonFiniteError):
        differentiate()


def test_infinities_may_be_meant():
    with debug(infinities=False):
        assert grad(lambda x: np.sum(np.sqrt(x)))(np.array([0.0, 4.0])).tolist() == [np.inf, 0.25]
        with pytest.raises(NonFiniteError, match="nan"):
            grad(lambda x: np.log(x))(-1.0)


def test_finite_programs_and_programs_of_integers_and_tuples_are_left_alone():
    def program(a):
        q, r = np.linalg.qr(a)
        return q[0, 0] + r[np.argmax(r, axis=0)[0], 0]

    a = np.array([[2.0, 1.0], [1.0, 3.0]])
    want = grad(program)(a)
    with debug():
        assert np.array_equal(grad(program)(a), want)


def test_array_that_was_changed_after_its_use_is_named():
    def program(x):
        weights = np.ones(3)
        y = np.sum(weights * x)  # the product
        weights[1] = 5.0
        return y

    assert grad(program)(np.ones(3)).tolist() == [1.0, 1.0, 1.0]
    with debug(), pytest.raises(CapturedArrayError) as raised:
        grad(program)(np.ones(3))
    text = str(raised.value)
    assert text.startswith("the array 'weights' was changed after numpy.multiply had used it")
    assert f":{line_of('the product')}: y = np.sum(weights * x)" in text


def test_array_that_is_changed_after_the_pullback_is_no_matter():
    weights = np.ones(3)
    program = lambda x: np.sum(weights * x)
    with debug():
        for _ in range(2):
            assert grad(program)(np.ones(3)).tolist() == weights.tolist()
            weights += 1.0


def test_error_of_a_rule_says_where_it_comes_from():
    with debug(), pytest.raises(np.linalg.LinAlgError) as raised:
        grad(lambda a: np.linalg.inv(a)[0, 0])(np.zeros((2, 2)))
    (note,) = raised.value.__notes__
    assert note.startswith("in the rule of numpy.linalg.inv.\n  called at ")
    assert "rule of pullback-numpy" in note


def test_error_of_a_pullback_says_where_it_comes_from():
    with debug(), pytest.raises(pullback.errors.DerivativeNotImplementedError) as raised:
        grad(lambda x: np.sum(np.linalg.qr(x, mode="raw")[0]))(np.eye(2))
    assert any("numpy.linalg.qr" in note for note in raised.value.__notes__)


def test_nothing_is_left_behind():
    before = {**registry.table}, {**registry.rules}, {**keepers}
    with debug():
        with debug(infinities=False):
            assert grad(np.sqrt)(0.0) == math.inf
        with pytest.raises(NonFiniteError):
            grad(np.sqrt)(0.0)
        assert registry.table[np.sqrt] is not before[0][np.sqrt]
    assert (registry.table, registry.rules, keepers) == before
    assert registry.table[np.sqrt] is before[0][np.sqrt]
    assert grad(np.sqrt)(0.0) == math.inf


def test_other_threads_are_not_watched():
    found = []

    def work():
        found.append(grad(np.sqrt)(0.0))

    with debug():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with pytest.raises(NonFiniteError):
            work()
    assert found == [math.inf]
