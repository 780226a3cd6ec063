"""What a compiled function is called with: which arguments vary, and which are fixed."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from equality import difference

from pullback import compile
from pullback.compiler.signatures import form_of, key_order, sign
from pullback.errors import StaticArgumentError


def check(f, *calls, **options):
    """Compile a function; every call gives what the function gives, also when it is repeated."""
    compiled = compile(f, **options)
    for args, params in (*calls, *calls):
        want = f(*args, **params)
        found = difference(compiled(*args, **params), want)
        assert not found, f"{args}, {params}: {found}"
    return compiled


def by_place(*calls):
    return [(call if type(call) is tuple else (call,), {}) for call in calls]


STATICS = {
    "numbers that are equal": (1, True, 1.0, np.float64(1.0), np.int64(1), np.float32(1)),
    "zeros": (0.0, -0.0, 0, False, np.float32(0.0), np.float32(-0.0), np.float64(-0.0)),
    "zeros of complex numbers": (0j, complex(0.0, -0.0), complex(-0.0, 0.0)),
    "NaN": (math.nan, float("nan"), np.float64("nan"), 1.0, -math.nan),
    "tuples that are equal": ((1,), (True,), (1.0,), ((0.0,),), ((-0.0,),), ("a", 0), ("a", 0.0)),
    "sets that are equal": (frozenset({1}), frozenset({True}), frozenset({1.0}), frozenset()),
    "texts": ("a", "b", b"a", "", None, ...),
    "types and functions": (float, np.sin, math.sin, np.float32, len),
}


@pytest.mark.parametrize("values", STATICS.values(), ids=STATICS)
def test_static_values_are_told_apart(values):
    def f(x, mode):
        return x + 1.0, repr(mode), type(mode).__name__

    compiled = check(f, *by_place(*[(2.0, value) for value in values]), static="mode")
    kinds = {(type(value), repr(value)) for value in values}
    assert len(compiled.programs()) == len(kinds)


def test_static_by_name_by_place_and_by_default():
    def f(x, n=2, *, mode="up"):
        return x**n if mode == "up" else -(x**n)

    calls = [
        ((2.0,), {}), ((2.0, 3), {}), ((2.0,), {"n": 3}), ((2.0,), {"mode": "down"}),
        ((2.0, 3), {"mode": "down"}), ((), {"x": 4.0, "n": 2}),
    ]  # fmt: skip
    compiled = check(f, *calls, static=("n", "mode"))
    assert len(compiled.programs()) == 4


def test_a_static_argument_of_a_function_with_any_number_of_arguments():
    def f(x, n, *rest, **more):
        return sum([x**n, *rest, *more.values()])

    calls = [((2.0, 3), {}), ((2.0, 3, 1.0), {}), ((2.0, 2), {"a": 1.5, "b": 2.5})]
    check(f, *calls, static="n")


@pytest.mark.parametrize("value", [[1, 2], {"a": 1}, {1}, np.ones(2)])
def test_a_static_argument_has_a_hash(value):
    compiled = compile(lambda x, mode: x, static="mode")
    message = f"the static argument mode is {value!r:.60}, which has no hash: a program is kept"
    with pytest.raises(StaticArgumentError, match=re.escape(message)):
        compiled(1.0, value)


@pytest.mark.parametrize("value", [math.sin, {"f": math.sin}, [1.0, object], range(3), 1 + 2j**2])
def test_what_is_no_number_must_be_named(value):
    compiled = compile(lambda x, mode: x)
    if isinstance(value, complex):
        assert compiled(1.0, value) == 1.0
        return
    with pytest.raises(StaticArgumentError, match=r"the argument mode holds .*static='mode'"):
        compiled(1.0, value)


def test_a_static_argument_is_not_traced():
    from pullback import grad

    compiled = compile(lambda x, mode: x * mode, static="mode")
    with pytest.raises(StaticArgumentError, match="the static argument mode is a traced value"):
        grad(lambda mode: compiled(1.0, mode))(2.0)


SHADOWS = "type", "len", "repr", "float", "abs", "str", "np", "math", "args", "params", "answer"
ODD_NAMES = (*SHADOWS, "elsewhere", "flatten", "turn", "carefully", "structure", "float64", "max")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_arguments_may_be_called_anything(name):
    scope = {"numpy": np, "largest": max}
    exec(
        f"def f({name}, other):\n"
        f"    y = numpy.sin({name}) * other if {name} > 0 else {name} / other\n"
        f"    return y, {name}, largest(y, other)",
        scope,
    )
    f = scope["f"]
    compiled = compile(f)
    for first in (0.5, -0.5, np.float64(1.5), 2):
        for call in ((first, 2.0), (first, 3.0), (first, "z")):
            if call[1] == "z":
                got = compiled(**{name: first, "other": 2.0})
                want = f(first, 2.0)
            else:
                got, want = compiled(*call), f(*call)
            assert not difference(got, want, ulps=2)


@pytest.mark.parametrize("name", [*ODD_NAMES, "class", "a b", "1", "", "x", "y_2", "é"])
def test_keywords_may_be_called_anything(name):
    def f(first, /, **given):
        return first * given[name] + (1.0 if given[name] > 2 else 2.0)

    check(f, ((2.0,), {name: 3.0}), ((2.0,), {name: 1.0}), ((2.0,), {name: np.float32(3)}))


def test_an_argument_by_place_and_a_keyword_of_its_name():
    def f(x, /, **given):
        return x - given["x"]

    check(f, ((2.0,), {"x": 5.0}), ((2.0,), {"x": 5}))


def test_the_order_of_keywords_is_no_matter():
    compiled = check(
        lambda **given: given["a"] - given["b"],
        ((), {"a": 1.0, "b": 3.0}),
        ((), {"b": 1.0, "a": 3.0}),
    )
    assert compiled(b=1.0, a=3.0) == 2.0


def test_the_order_of_dicts_is_kept():
    """A function may go by it, so it is part of the signature, at any depth."""

    def f(given):
        return [*given.values()], {key: -value for key, value in given.items()}

    check(f, *by_place({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}, {"b": 1.0}, {}))

    def g(given):
        return [[*inner.values()] for inner in given[0]["all"]], given[1]

    one, other = {"a": 1.0, "b": 2.0}, {"b": 3.0, "a": 4.0}
    calls = [([{"all": (one, other)}, "s"],), ([{"all": (other, one)}, "s"],)]
    check(g, *by_place(*calls))


def test_key_order():
    assert key_order({"a": {"c": 1, "b": 2}, "d": 3}) != key_order({"a": {"b": 1, "c": 2}, "d": 3})
    assert key_order({"a": {}}) != key_order({"a": 1.0})
    assert key_order((1.0, [2.0])) is None


def test_forms():
    def f(a, /, b, *, c=1.0): ...

    assert [p.name for p in form_of(f).parameters] == ["a", "b", "c"]
    assert form_of(f).names_of(2) == ["a", "b"]
    assert not form_of(f).is_open
    assert form_of(lambda *xs: xs).names_of(4) == ["x0", "x1", "x2", "x3"]
    assert form_of(np.sin).names_of(2) == ["x", "y"]
    assert form_of(lambda a, *xs: a).names_of(2) == ["a", "x1"]
    assert form_of([math.sin, math.exp]).names_of(1) == ["x"]


def test_what_varies():
    form = form_of(lambda a, b, c, d: a)
    array = np.ones(2)
    signature, varying = sign(form, [1.0, {"w": array, "n": 3}, True, "s"], {}, ())
    assert varying[0] == 1.0
    assert varying[1] == 3
    assert varying[2] is array
    assert hash(signature) == hash(
        sign(form, [2.0, {"w": 0 * array, "n": 4}, True, "s"], {}, ())[0]
    )
    others = [
        [1, {"w": array, "n": 3}, True, "s"],
        [1.0, {"w": np.ones(3), "n": 3}, True, "s"],
        [1.0, {"w": array.astype("f4"), "n": 3}, True, "s"],
        [1.0, {"w": array.astype(">f8"), "n": 3}, True, "s"],
        [1.0, {"w": array, "n": 3.0}, True, "s"],
        [1.0, {"w": array, "n": True}, True, "s"],
        [1.0, {"w": array}, True, "s"],
        [1.0, {"w": array, "n": 3}, False, "s"],
        [1.0, {"w": array, "n": 3}, True, "t"],
        [1.0, {"w": [array], "n": 3}, True, "s"],
    ]
    signatures = {sign(form, args, {}, ())[0] for args in others}
    assert len(signatures) == len(others)
    assert signature not in signatures


def test_arguments_named_as_those_of_open_programs_are_fixed():
    def scaled(args, *, params=2.0):
        return args * params

    compiled = compile(scaled)
    assert (compiled(2.0), compiled(3.0, params=4.0)) == (4.0, 12.0)
    assert compiled.source.startswith("def scaled(args, *, params=2.0):\n")
