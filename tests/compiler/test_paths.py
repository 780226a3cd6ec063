"""Branches and loops on values: each path that a function takes is compiled, up to a number."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from equality import difference

from pullback import compile, grad, value_and_grad
from pullback.errors import CompilerWarning


def sign_of(x):
    if x > 1:
        return x * 2.0
    elif x > 0:
        return x * 3.0
    return -x


def root(x):
    """The square root, by as many steps of Newton's method as it takes."""
    y, steps = x, 0
    while abs(y * y - x) > 1e-12 * x:
        y = 0.5 * (y + x / y)
        steps += 1
    return y, steps


def counted(n, x):
    for step in range(n):
        x = x * 1.5 + step
    return x, n, n // 2, n / 2, [n, -n]


def elements(x):
    return [v * 2.0 if v > 0 else v for v in x], any(v > 1 for v in x), len(x)


def chosen(x):
    return x[x > 0], np.nonzero(x)[0], np.unique(x)


def mixed(x, n):
    y = x
    for step in range(n):
        y = y * 2.0 if np.sum(y) < 4.0 else y - x * step
    return y, bool(n), n > 2


def answered(x, n):
    answer = x * 2.0
    args = answer + 1.0
    params = x.shape
    if np.max(x) > 0:
        args = args * 3.0
    for _ in range(int(np.argmax(x)) + n):
        answer = answer + args
    return answer, args, params


A, B, C = np.array([0.5, -1.5, 2.0]), np.array([-0.5, 1.5, 0.0]), np.array([-1.0, -2.0, -3.0])
BRANCHING = {
    "a branch": (sign_of, [(2.0,), (0.5,), (-1.0,), (np.float64(2.0),), (np.nan,), (3,)]),
    "a loop": (root, [(2.0,), (3.0,), (1e6,), (0.5,), (1.0,), (2.0,)]),
    "a count": (counted, [(3, 1.0), (0, 1.0), (-2, 1.0), (7, 2.0), (np.int64(3), 1.0)]),
    "elements": (elements, [(A,), (B,), (C,), (A[:1],)]),
    "as many as": (chosen, [(A,), (B,), (C,), (A[:0],)]),
    "both": (mixed, [(A, 3), (A, 5), (B, 5), (C, 0), (C, 6), (2.0, 3)]),
    "names of the compiler": (answered, [(A, 1), (B, 1), (B, 2), (C, 2), (C, 0)]),
    "truth of numbers": (lambda n, x: (n and x, n or x, not n), [(0, 1.0), (2, 1.0), (0, 2.0)]),
    "texts": (lambda n: ("a" * n, [0] * n, list(range(n))[::-1]), [(2,), (0,), (3,)]),
    "an index": (lambda n, x: (x[n], x[n:], x[:n], [4, 5, 6][n]), [(0, A), (1, A), (-1, A)]),
    "the greater one": (lambda x, y: (max(x, y), min(x, y)), [(1.0, 2.0), (2.0, 1.0)]),
}


@pytest.mark.parametrize(("f", "calls"), BRANCHING.values(), ids=BRANCHING)
@pytest.mark.parametrize("most_paths", [1, 2, 16])
def test_every_path_gives_what_the_function_gives(f, calls, most_paths):
    compiled = compile(f, most_paths=most_paths)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CompilerWarning)
        for args in (*calls, *calls[::-1]):
            assert not difference(compiled(*args), f(*args), 2)


def test_the_slope_of_every_path():
    for f in (sign_of, lambda x: root(x)[0]):
        compiled = compile(value_and_grad(f))
        for x in (2.0, 0.5, 3.0, 0.25, 40.0, 2.0):
            assert not difference(compiled(x), value_and_grad(f)(x), 8)


def test_a_path_is_recorded_once():
    taken = []

    def f(x):
        taken.append(1)
        return x * 2.0 if x > 0 else -x

    compiled = compile(f)
    for x in (1.0, -1.0, 2.0, -2.0, 3.0, -3.0):
        assert compiled(x) == (2 * x if x > 0 else -x)
    assert len(taken) == 2
    assert len(compiled.programs()) == 2
    assert compiled.explain().count("only where bool of gt is") == 2


def test_too_many_paths_are_told_once():
    compiled = compile(counted, most_paths=3)
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        for n in range(8):
            assert compiled(n, 1.0) == counted(n, 1.0)
    assert [one.category for one in given] == [CompilerWarning]
    assert str(given[0].message).startswith(
        "counted takes more than 3 paths through its branches: from now on the function itself is "
        "run on those that are not compiled. Write np.where"
    )
    assert len(compiled.programs()) == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiled(20, 1.0) == counted(20, 1.0)


def test_the_bound_is_for_each_signature():
    compiled = compile(sign_of, most_paths=1)
    assert compiled(2.0) == 4.0
    assert compiled(np.float32(-2.0)) == 2.0
    with pytest.warns(CompilerWarning):
        assert compiled(0.5) == 1.5
    with pytest.warns(CompilerWarning):
        assert compiled(np.float32(2.0)) == 4.0


def test_an_error_on_one_path():
    def f(x):
        if x < 0:
            raise ValueError(f"no root of a negative number, {x < -1}")
        return np.sqrt(x)

    compiled = compile(f)
    assert compiled(4.0) == 2.0
    for x in (-0.5, -2.0, -0.5):
        with pytest.raises(ValueError, match=f"no root of a negative number, .*{x < -1}"):
            compiled(x)
    assert compiled(9.0) == 3.0


def test_an_arithmetic_error_behind_a_branch_of_numbers():
    """Guards stand among numbers that are computed as floats, and where these raise."""

    def f(x):
        y = np.log(x)
        if y > 0:
            return y * 2.0
        return np.exp(y) / np.sin(x)

    compiled = compile(f)
    with np.errstate(all="ignore"):
        for x in (2.0, 0.5, 0.0, -1.0, np.inf, np.nan, 3.0, 0.0):
            assert not difference(compiled(x), f(x), 4)


def test_branches_in_derivatives_and_containers():
    def f(tree):
        total = tree["a"] * tree["b"][0]
        return total if tree["a"] > tree["b"][0] else total * total

    compiled = compile(grad(f))
    for a, b in ((1.0, 2.0), (3.0, 2.0), (1.0, 4.0), (5.0, 1.0)):
        tree = {"b": [b], "a": a}
        assert not difference(compiled(tree), grad(f)(tree))


def test_a_program_that_is_no_more_kept_goes_on():
    """An evicted program may still be running in another thread, and turn."""
    compiled = compile(sign_of, most_programs=1)
    compiled(2.0)
    (program,) = compiled.programs()
    compiled(np.ones(1))
    assert program.function(-3.0) == 3.0
    assert program.function(0.5) == 1.5
    assert len(compiled.programs()) == 1
