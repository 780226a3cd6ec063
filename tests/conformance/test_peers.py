"""The page on other checkers is current, and their bridges carry the rules over unchanged."""

from __future__ import annotations

from pathlib import Path

import bridges
import numpy as np
import peers
import planted
import pytest

from pullback.conformance.samples import Call
from pullback.conformance.subjects import from_function

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checkers.md"


def product(z, x):
    return z * x[::-1] + np.conj(z)


def operation(function, *args):
    subject = from_function(function, [], name="under test")
    return bridges.operation_of(subject, subject, Call(args))


def slope(function, x, tangent, step=1e-6):
    return (function(x + step * tangent) - function(x - step * tangent)) / (2 * step)


@pytest.fixture
def complex_product():
    """An operation of a complex and a real vector, with the vector of both."""
    return operation(product, np.array([1 + 2j, 3 - 1j]), np.array([0.5, -2.0]))


def test_a_vector_holds_complex_numbers_by_their_parts(complex_product):
    op, x = complex_product
    assert x.tolist() == [1, 3, 2, -1, 0.5, -2]
    value = product(np.array([1 + 2j, 3 - 1j]), np.array([0.5, -2.0]))
    assert op(x).tolist() == [*value.real, *value.imag]


def test_the_pullback_is_the_transpose_of_the_differences(complex_product):
    op, x = complex_product
    rng = np.random.default_rng(0)
    tangent, cotangent = rng.standard_normal(6), rng.standard_normal(4)
    got = op.linearize(x)(cotangent) @ tangent
    assert got == pytest.approx(cotangent @ slope(op, x, tangent), rel=1e-8)


def test_the_derivative_is_the_pullback_as_an_operation(complex_product):
    op, x = complex_product
    rng = np.random.default_rng(1)
    cotangent = rng.standard_normal(4)
    both = np.concatenate([x, cotangent])
    assert op.derivative(both) == pytest.approx(op.linearize(x)(cotangent))
    tangent, weights = rng.standard_normal(10), rng.standard_normal(6)
    got = op.derivative.linearize(both)(weights) @ tangent
    assert got == pytest.approx(weights @ slope(op.derivative, both, tangent), rel=1e-7)


def test_a_write_into_a_real_array_reaches_the_vector():
    op, x = operation(lambda a: a * 2.0, np.array([1.0, 2.0]))
    op._leaves(op.inputs, x)[0][0] = 7.0
    assert x.tolist() == [7.0, 2.0]


def test_what_has_no_numbers_is_left_out():
    assert operation(lambda a: a * 2.0, np.zeros(0)) is None


@pytest.mark.parametrize("name", ["f(x, x)", "quadratic form", "asarray in the pullback"])
def test_verdicts(name):
    """A checker that compares one pullback and its pullback with differences."""
    (bug,) = [bug for bug in planted.ZOO if bug.name == name]
    found = {"f(x, x)": "–", "quadratic form": "caught", "asarray in the pullback": "caught"}

    def checker(op, x):
        rng = np.random.default_rng(2)
        ct = rng.standard_normal(len(op(x)))
        for part, point in ((op, x), (op.derivative, np.concatenate([x, ct]))):
            tangent, cotangent = (
                rng.standard_normal(len(point)),
                rng.standard_normal(len(part(point))),
            )
            want = cotangent @ slope(part, point, tangent)
            assert part.linearize(point)(cotangent) @ tangent == pytest.approx(want, rel=1e-5)

    assert peers.verdict(checker, bug) == found[name]


def test_a_mistake_that_is_not_of_a_pair_has_no_verdict():
    (bug,) = [bug for bug in planted.ONE_EACH if "loads" in bug.checks]
    assert peers.verdict(None, bug) == "n/a"


def test_the_page_lists_every_planted_bug():
    lines = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines()]
    listed = [[cells[0].removeprefix("| "), *cells[1:3]] for cells in lines if len(cells) == 6]
    bugs = [*planted.ONE_EACH, *planted.ZOO]
    assert listed[2:] == [peers.described(bug) for bug in bugs]
