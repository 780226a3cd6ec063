"""Einstein sums: every kind of subscript, against differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pullback import vjp

LENGTHS = {"i": 2, "j": 3, "k": 4, "l": 1}
CASES = {
    "one operand, reordered": ("ij->ji", ["ij"]),
    "one operand, summed": ("ijk->j", ["ijk"]),
    "summed to a number": ("ij->", ["ij"]),
    "implicit": ("ij,jk", ["ij", "jk"]),
    "implicit, output in alphabetical order": ("kj,ji", ["kj", "ji"]),
    "explicit": ("ij,jk->ki", ["ij", "jk"]),
    "spaces": (" ij , jk -> ik ", ["ij", "jk"]),
    "batched": ("ijk,ikl->ijl", ["ijk", "ikl"]),
    "outer": ("i,j->ij", ["i", "j"]),
    "scalars": (",ij->ij", ["", "ij"]),
    "three operands": ("ij,jk,k->i", ["ij", "jk", "k"]),
    "a subscript that one operand has alone": ("ij,k->i", ["ij", "k"]),
    "trace": ("ii", ["ii"]),
    "diagonal": ("ii->i", ["ii"]),
    "diagonal of three": ("iii,j->ij", ["iii", "j"]),
    "two diagonals": ("ijij->i", ["ijij"]),
    "diagonal beside a factor": ("iij,ij->i", ["iij", "ij"]),
    "ellipsis": ("...ij,...jk->...ik", ["kij", "kjk"]),
    "implicit ellipsis": ("...ij,jk", ["kij", "jk"]),
    "ellipses of different length": ("...i,...i->...", ["kji", "ji"]),
    "ellipsis in the middle": ("i...j,j->...i", ["ikj", "j"]),
    "ellipsis summed with": ("i...->...", ["ijk"]),
    "ellipsis of nothing": ("...i,i->i", ["i", "i"]),
}
bounded = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def operands(shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal([LENGTHS[letter] for letter in shape]) for shape in shapes]


@pytest.mark.parametrize("case", CASES)
def test_subscripts(check_derivative, case):
    subscripts, shapes = CASES[case]
    arrays = operands(shapes)
    check_derivative(lambda *arrays: np.einsum(subscripts, *arrays), *arrays)
    for place, array in enumerate(arrays):  # the others constant

        def one(x, place=place):
            return np.einsum(subscripts, *arrays[:place], x, *arrays[place + 1 :])

        assert_array_equal(vjp(one, array)[0], np.einsum(subscripts, *arrays))
        check_derivative(one, array, order=1)


def test_complex_operands(check_derivative):
    a, b = (
        x + 1j * y for x, y in zip(operands(["ij", "jk"]), operands(["ij", "jk"], 1), strict=True)
    )
    check_derivative(lambda a, b: np.einsum("ij,jk->ki", a, b), a, b)


def test_axes_of_length_one_broadcast(check_derivative):
    rng = np.random.default_rng(0)
    a, b, c = (rng.standard_normal(s) for s in [(1, 3), (3, 4), (2, 1)])
    check_derivative(lambda a, b: np.einsum("ij,jk->ik", a, b), a, b)
    check_derivative(lambda a, c: np.einsum("ij,ij->i", a, c), a, c)
    check_derivative(lambda a, c: np.einsum("ij,ij->j", c, a), a, c)
    check_derivative(lambda a, c: np.einsum("...,...", c, a), a, c)


def test_empty_operands():
    y, pullback = vjp(lambda a, b: np.einsum("ij,jk->i", a, b), np.ones((2, 0)), np.ones((0, 3)))
    of_a, of_b = pullback(np.ones_like(y))
    assert (of_a.shape, of_b.shape) == ((2, 0), (0, 3))


@pytest.mark.parametrize("optimize", [True, False, "greedy", ["einsum_path", (0, 1), (0, 1)]])
def test_optimize(check_derivative, optimize):
    arrays = operands(["ij", "jk", "kl"])
    check_derivative(lambda *xs: np.einsum("ij,jk,kl->il", *xs, optimize=optimize), *arrays)


def test_interleaved_sublists(check_derivative):
    a, b = operands(["ij", "jk"])
    check_derivative(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), a, b)
    check_derivative(lambda a, b: np.einsum(b, [5, 30], a, [27, 5]), a, b)
    check_derivative(lambda a, b: np.einsum(a, [..., 1], b, [1, 2], [..., 2]), a, b)
    check_derivative(lambda a, b: np.einsum(a, (0, 1), b, (1, 2)), a, b)


@bounded
@given(st.data())
def test_any_sum_of_products(check_derivative, data):
    terms = data.draw(st.lists(st.text("ijk", max_size=3), min_size=1, max_size=3))
    named = sorted(set("".join(terms)))
    output = "".join(data.draw(st.permutations(named)))[: data.draw(st.integers(0, 3))]
    subscripts = f"{','.join(terms)}->{output}"
    check_derivative(lambda *arrays: np.einsum(subscripts, *arrays), *operands(terms))


def test_single_precision_stays():
    a = np.ones((2, 2), np.float32)
    y, pullback = vjp(lambda a: np.einsum("ij,jk->ik", a, a), a)
    assert y.dtype == np.float32
    assert pullback(y).dtype == np.float32
