"""Kinds of samples: each makes of a plain call what it says, and touches nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pullback.conformance import Call
from pullback.conformance.kinds import KINDS, LAYOUTS, Setting, laid_out, of_family
from pullback.conformance.values import is_floating, kind_of, mismatch, places, value_at
from pullback.domains import Domain, above, interval, positive

SEEDS = range(30)
FAMILIES = {
    "values": "plain zeros ones signs ties duplicates boundary near-boundary huge overflow tiny "
    "inf nan outside repeated small-integers masks list-lengths negative-axis tuple-axis",
    "dtypes": "float32 float16 complex64 complex128 mixed-dtypes integers python-scalars "
    "numpy-scalars numpy-integers lists",
    "shapes": "batch size-one broadcast empty long 0-d",
    "memory": "fortran transposed strided negative-stride read-only",
}


def mixed_call(exact=()):
    """Numbers and arrays in every kind of argument, no two alike, beside what is no number."""
    return Call(
        (1.5, np.array([[0.25, -2.5], [0.75, 3.5]]), [-1.25, np.array([1.75, 2.25])]),
        {"scale": np.float64(-0.5), "axis": 1, "mode": "wrap", "where": np.array([True, False])},
        frozenset(exact),
    )


def without(kinds, *names):
    return [kind for kind in kinds if kind not in names]


def made(kind, call, *, domains=None, points=(), primals=None, seed=0):
    """What a kind makes of ``call``."""
    floating = tuple(place for place, value in places(call) if is_floating(value))
    setting = Setting(
        call,
        floating if primals is None else primals,
        domains or {},
        points,
        np.random.default_rng(seed),
    )
    return KINDS[kind].change(setting)


def all_made(kind, call, **options):
    """What a kind makes of ``call``, for many seeds; it must make something of it."""
    found = [made(kind, call, seed=seed, **options) for seed in SEEDS]
    assert None not in found
    return found


def numbers(call):
    """Place and index -> number, for every floating-point number of a call."""
    return {
        (place, index): number
        for place, value in places(call)
        if is_floating(value)
        for index, number in enumerate(np.ravel(value).tolist())
    }


def changes(kind, call, **options):
    """``(before, after)`` of every number that a kind changes, one list for each seed."""
    before = numbers(call)
    found = []
    for changed in all_made(kind, call, **options):
        after = numbers(changed)
        assert after.keys() == before.keys()
        assert mismatch(others(changed), others(call)) is None
        found.append([(before[k], after[k]) for k in before if before[k] != after[k]])
    assert all(found), "a sample is as it was before"
    assert len({len(pairs) for pairs in found}) > 1 or len(found[0]) == 1
    return found


def others(call):
    """What is no floating-point number in a call, and the spaces of what is."""
    return [
        (type(value).__name__, str(getattr(value, "dtype", "")), str(np.shape(value)))
        if is_floating(value)
        else value
        for _, value in places(call)
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_has_a_family_and_says_what_it_does(family):
    names = of_family(family)
    assert {*FAMILIES[family].split()} <= {*names}
    for name in names:
        kind = KINDS[name]
        assert (kind.name, kind.family) == (name, family)
        assert kind.summary.endswith(".")
        assert len(kind.summary) > 10


def test_families_together_are_all_kinds():
    assert {*of_family(*FAMILIES)} == {*KINDS}
    assert next(iter(KINDS)) == "plain"


@pytest.mark.parametrize("kind", KINDS)
def test_the_plain_call_stays_as_it_is(kind):
    call, again = mixed_call(), mixed_call()
    for seed in range(10):
        made(kind, call, seed=seed, points=(0.0,))
    assert mismatch(call.args, again.args) is None
    assert mismatch(call.params, again.params) is None


@pytest.mark.parametrize("kind", without(KINDS, "plain"))
def test_a_call_without_numbers_is_left_out(kind):
    assert made(kind, Call(("text", None, [True, "a"]), {"key": slice(1)})) is None


@pytest.mark.parametrize("kind", without(of_family("values", "shapes"), "plain", "duplicates"))
def test_what_is_no_primal_is_left_alone(kind):
    call = Call((np.array([[0.5, 1.5]]), 2.0, np.array([0.75, 0.25])))
    assert made(kind, call, primals=(), points=(1.0,)) is None
    for seed in range(10):
        changed = made(kind, call, primals=((0,), (1,)), points=(1.0,), seed=seed)
        assert changed is None or changed.args[2] is call.args[2]


def test_plain_is_the_call_itself():
    call = mixed_call()
    assert made("plain", call) is call


def test_zeros():
    assert all(after == 0.0 for pairs in changes("zeros", mixed_call()) for _, after in pairs)


def test_ones():
    found = changes("ones", mixed_call())
    assert all(len({after for _, after in pairs}) == 1 for pairs in found)
    assert {after for pairs in found for _, after in pairs} == {1.0, -1.0}


def test_signs():
    found = changes("signs", mixed_call())
    assert all(after == -before for pairs in found for before, after in pairs)


def test_ties():
    originals = {*numbers(mixed_call()).values()}
    for pairs in changes("ties", mixed_call()):
        (after,) = {after for _, after in pairs}
        assert after in originals


def test_one_number_is_no_tie():
    assert made("ties", Call((1.5,))) is None


def test_the_first_the_last_and_all_numbers_are_changed_in_turn():
    count = len(numbers(mixed_call()))
    assert {len(pairs) for pairs in changes("zeros", mixed_call())} == {1, count // 2, count}


def test_numbers_that_are_zero_already_make_no_sample():
    assert made("zeros", Call((0.0, np.zeros(3)))) is None
    assert made("signs", Call((0.0,))) is None


@pytest.mark.parametrize(
    "values", [np.array([0, 1, 2, 3]), [0, 1, 2, 3]], ids=["an array", "a list"]
)
def test_duplicates(values):
    call = Call((np.ones(4), values))
    for changed in all_made("duplicates", call):
        index = list(changed.args[1])
        assert index != [0, 1, 2, 3]
        assert len({*index}) < 4
        assert {*index} <= {0, 1, 2, 3}
        assert changed.args[0] is call.args[0]
    assert made("duplicates", Call((np.ones(3), np.array([1]), [2]))) is None


ENDS = {(0,): interval(1.0, 2.0), (1,): Domain(excluded=(0.5,)), (2, 0): above(-3.0)}


def test_boundary():
    allowed = {1.5: {1.0, 2.0}, -1.25: {-3.0}}
    allowed |= {number: {0.5} for number in (0.25, -2.5, 0.75, 3.5)}
    found = changes("boundary", mixed_call(), domains=ENDS)
    pairs = [pair for pairs in found for pair in pairs]
    assert all(after in allowed[before] for before, after in pairs)
    assert {after for _, after in pairs} == {1.0, 2.0, -3.0, 0.5}


def test_declared_points_are_boundaries_of_every_argument():
    found = changes("boundary", mixed_call(), points=(0.0, 7.0))
    assert {after for pairs in found for _, after in pairs} == {0.0, 7.0}


def test_near_boundary():
    found = changes("near-boundary", mixed_call(), domains=ENDS)
    by_distance = set()
    for before, after in (pair for pairs in found for pair in pairs):
        place = next(p for (p, _), number in numbers(mixed_call()).items() if number == before)
        domain = ENDS[place]
        ends = [*filter(math.isfinite, (domain.low, domain.high, *domain.excluded))]
        distance = min(abs(after - end) for end in ends)
        assert domain.contains(after)
        assert 0 < distance <= 3.1e-6
        by_distance.add("rounding" if distance < 1e-14 else "near" if distance < 1e-9 else "far")
    assert by_distance == {"rounding", "near", "far"}


def test_next_to_zero():
    found = changes("near-boundary", Call((2.0,)), domains={(0,): positive})
    assert {after for ((_, after),) in found} == {5e-324, 1e-12, 1e-6}


@pytest.mark.parametrize("kind", ["boundary", "near-boundary"])
def test_there_is_no_boundary_without_a_domain_or_points(kind):
    assert made(kind, mixed_call()) is None
    assert made(kind, Call((1.5,)), domains={(0,): Domain()}) is None


def test_huge():
    ratios = {after / before for pairs in changes("huge", mixed_call()) for before, after in pairs}
    assert len(ratios) >= 3
    assert min(ratios) > 100
    assert max(ratios) > 1e50


def test_huge_stays_in_a_bounded_domain():
    domain = interval(-2000.0, 2000.0)
    outcomes = [made("huge", Call((1.5,)), domains={(0,): domain}, seed=s) for s in SEEDS]
    assert {outcome and outcome.args[0] for outcome in outcomes} == {None, 1500.0}


def test_tiny():
    ratios = {after / before for pairs in changes("tiny", mixed_call()) for before, after in pairs}
    assert len(ratios) >= 3
    assert max(ratios) < 0.01
    assert 0 < min(ratios) < 1e-50


def test_one_infinity():
    found = [made("inf", mixed_call(), seed=seed) for seed in SEEDS]
    infinities = [[n for n in numbers(c).values() if not math.isfinite(n)] for c in found]
    assert all(len(there) == 1 for there in infinities)
    assert {n for (n,) in infinities} == {math.inf, -math.inf}


def test_one_nan():
    for seed in SEEDS:
        after = numbers(made("nan", mixed_call(), seed=seed)).values()
        assert sum(map(math.isnan, after)) == 1


def test_repeated():
    x, y = np.array([0.5, 1.5]), np.array([2.5, 0.75])
    changed = made("repeated", Call((3.5, x, y)))
    assert changed.shared
    assert changed.args[2] is changed.args[1] is x
    inside = made("repeated", Call(([x, y],)))
    assert inside.args[0][0] is inside.args[0][1] is x


@pytest.mark.parametrize(
    "call",
    [
        Call((1.5,)),
        Call((1.5, np.array(2.5))),
        Call((np.ones(2), np.ones(3))),
        Call((np.ones(2), np.zeros(2)), exact=frozenset({1})),
    ],
    ids=["one argument", "other types", "other shapes", "exactly"],
)
def test_what_cannot_be_repeated(call):
    assert made("repeated", call) is None


def test_small_integers():
    call = Call((np.array([0.5, 1.5]), 1, [5, 7]), {"k": 0, "keepdims": True})
    seen = set()
    for changed in all_made("small-integers", call):
        new = [changed.args[1], *changed.args[2], changed.params["k"]]
        assert all(a != b for a, b in zip(new, [1, 5, 7, 0], strict=True))
        assert {*new} <= {0, 1, -1, 2}
        assert changed.params["keepdims"] is True
        seen.add(bool(np.all(changed.args[0])))
    assert seen == {True, False}  # beside zeros, and beside none


def test_masks():
    mask = np.array([True, False, True])
    call = Call((np.ones(3),), {"where": mask})
    seen = {tuple(changed.params["where"].tolist()) for changed in all_made("masks", call)}
    assert seen == {(True,) * 3, (False,) * 3, (False, True, False)}
    found = [made("masks", Call((np.array([True]),)), seed=seed) for seed in SEEDS]
    assert {call and call.args[0].item() for call in found} == {None, False}


def test_list_lengths():
    x, y = np.array([0.5]), np.array([1.5])
    seen = set()
    for changed in all_made("list-lengths", Call((2.0, [x, y], (1.5, 2.5)))):
        assert changed.args[0] == 2.0
        assert changed.args[2] == (1.5, 2.5)
        assert changed.args[1][0] is x
        seen.add(len(changed.args[1]))
        if len(changed.args[1]) == 3:
            assert np.array_equal(changed.args[1][2], [0.375])
    assert seen == {1, 3}
    exact = Call(([x, y], (1.5, 2.5), [], [1, 2]), exact=frozenset({0}))
    assert {len(c.args[1]) for c in all_made("list-lengths", exact)} == {1, 3}
    assert made("list-lengths", Call(([], [1, 2], ["a"]))) is None


def test_numpy_integers():
    changed = made("numpy-integers", Call((np.ones(2), 3, (1, 0)), {"axis": -1, "k": True}))
    assert [type(value) for _, value in places(changed)[1:]] == [np.int64] * 4 + [bool]
    assert changed.args[1:] == (3, (1, 0))


def test_axes_are_counted_from_the_end():
    call = Call((np.ones((2, 3, 4)), 2), {"axis": 0, "keepdims": True, "k": -1})
    seen = set()
    for changed in all_made("negative-axis", call):
        seen.add((changed.args[1], changed.params["axis"]))
        assert changed.params == {"axis": changed.params["axis"], "keepdims": True, "k": -1}
    assert seen == {(-1, -3), (-1, 0), (2, -3)}
    assert made("negative-axis", Call((1.5, 0))) is None


def test_two_axes_instead_of_one():
    call = Call((np.ones((2, 3)), 1), {"axis": 1, "ddof": 1})
    assert made("tuple-axis", call).params == {"axis": (1, 0), "ddof": 1}
    assert made("tuple-axis", Call((np.ones(3),), {"axis": 0})) is None


def dtypes(call):
    return [
        str(value.dtype) if hasattr(value, "dtype") else type(value).__name__
        for _, value in places(call)
    ]


def test_dtypes_of_the_plain_call():
    assert dtypes(mixed_call()) == [
        "float", "float64", "float", "float64", "float64", "int", "str", "bool",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_lower_precision(kind):
    call = mixed_call(exact=[1])
    changed = made(kind, call)
    assert dtypes(changed) == ["float", kind, "float", kind, kind, "int", "str", "bool"]
    assert type(changed.params["scale"]) is np.dtype(kind).type
    assert numbers(changed) == numbers(call)  # all of them are dyadic
    assert made(kind, Call((1.5, 2))) is None
    assert made(kind, changed) is None


def test_complex_numbers_in_lower_precision_stay_complex():
    assert dtypes(made("float32", Call((np.array([1 + 1j]),)))) == ["complex64"]


def test_complex_numbers():
    changed = made("complex128", mixed_call())
    assert dtypes(changed) == [
        "complex", "complex128", "complex", "complex128", "complex128", "int", "str", "bool",
    ]  # fmt: skip
    before, after = numbers(mixed_call()), numbers(changed)
    assert all(after[key].real == before[key] for key in before)
    assert all(0.5 <= number.imag <= 1.5 for number in after.values())
    assert made("complex128", Call((1j,))) is None


def test_complex_numbers_in_single_precision():
    changed = made("complex64", mixed_call())
    assert dtypes(changed)[:5] == ["float", "complex64", "float", "complex64", "complex64"]
    before, after = numbers(mixed_call()), numbers(changed)
    assert all(complex(after[key]).real == before[key] for key in before)
    assert made("complex64", Call((1.5,))) is None


def test_one_argument_of_another_dtype():
    plain = dtypes(mixed_call())
    seen = set()
    for changed in all_made("mixed-dtypes", mixed_call()):
        (other,) = [(a, b) for a, b in zip(plain, dtypes(changed), strict=True) if a != b]
        seen.add(other)
    assert {*seen} == {
        ("float", "complex"),
        ("float64", "complex128"),
        ("float", "float32"),
        ("float64", "float32"),
    }
    assert made("mixed-dtypes", Call((1.5,))) is None


def test_a_complex_argument_becomes_single():
    for changed in all_made("mixed-dtypes", Call((1j, np.array([2j])))):
        assert sorted(dtypes(changed)) in (["complex128", "complex64"], ["complex", "complex64"])


def test_integers_beside_floating_point_numbers():
    original = mixed_call()
    for changed in all_made("integers", original):
        (place,) = [
            place
            for place, value in places(changed)
            if kind_of(value) == "i" and place != ("axis",)
        ]
        before, after = np.asarray(value_at(original, place)), value_at(changed, place)
        assert np.all(np.abs(after - before) < 1)
        assert np.all(np.abs(after) >= np.abs(before))
        assert isinstance(after, np.ndarray) == isinstance(value_at(original, place), np.ndarray)
    assert made("integers", Call((1j,))) is None


@pytest.mark.parametrize(
    ("kind", "type_"), [("python-scalars", float), ("numpy-scalars", np.float64)]
)
def test_a_scalar_instead_of_an_array(kind, type_):
    original = mixed_call()
    for changed in all_made(kind, original):
        (place,) = [p for p, v in places(changed) if type(v) is not type(value_at(original, p))]
        number = value_at(changed, place)
        assert type(number) is type_
        assert number == np.ravel(value_at(original, place))[0]


def test_numpy_scalars_instead_of_python_numbers():
    changed = made("numpy-scalars", Call((1.5, 2, 1j, [2.5])))
    assert [type(value) for _, value in places(changed)] == [
        np.float64, int, np.complex128, np.float64,
    ]  # fmt: skip
    assert made("numpy-scalars", Call((2, "a"))) is None
    assert made("python-scalars", Call((1.5,))) is None


def test_a_list_instead_of_an_array():
    original = Call((1.5, np.array([[0.25, -2.5], [0.75, 3.5]]), np.array([1.75])), {"axis": 1})
    found = set()
    for changed in all_made("lists", original):
        (number,) = [n for n, arg in enumerate(changed.args) if type(arg) is list]
        items = np.array(changed.args[number])
        found.add((number, items.dtype.kind))
        if items.dtype.kind == "f":
            assert np.array_equal(items, original.args[number])
        else:
            assert np.array_equal(items, np.copysign(np.ceil(abs(items)), original.args[number]))
        others = [n for n in (0, 1, 2) if n != number]
        assert all(changed.args[n] is original.args[n] for n in others)
    assert found == {(1, "f"), (1, "i"), (2, "f"), (2, "i")}
    for alone in all_made("lists", Call((np.array([1j, 2.5]),))):
        assert alone.args == ([1j, 2.5],)
    assert made("lists", Call((1.5, np.array(2.5), np.zeros((0, 2))))) is None


def shapes(call):
    return [np.shape(value) for _, value in places(call) if is_floating(value)]


def test_a_batch():
    seen = set()
    for changed in all_made("batch", mixed_call()):
        shape = shapes(changed)
        seen.add(tuple(shape))
        for place in ((1,), (2, 1)):
            before, after = value_at(mixed_call(), place), value_at(changed, place)
            if after.shape != before.shape:
                assert np.array_equal(after[0], before)
                assert sorted(after[1].ravel()) == sorted(before.ravel())
                assert not np.array_equal(after[0], after[1])
    assert seen == {
        ((), (2, 2, 2), (), (2,), ()),
        ((), (2, 2), (), (2, 2), ()),
        ((), (2, 2, 2), (), (2, 2), ()),
    }


def test_axes_of_length_one():
    assert shapes(made("size-one", mixed_call())) == [(), (1, 1), (), (1,), ()]
    assert made("size-one", Call((np.ones((1, 1)),))) is None


def test_an_array_to_be_broadcast():
    seen = {tuple(shapes(changed)) for changed in all_made("broadcast", mixed_call())}
    assert seen == {
        ((), (2,), (), (2,), ()),
        ((), (1, 2), (), (2,), ()),
        ((), (2, 1), (), (2,), ()),
        ((), (2, 2), (), (), ()),
        ((), (2, 2), (), (1,), ()),
    }


def test_what_cannot_be_broadcast():
    assert made("broadcast", Call((np.ones((2, 2)),))) is None
    assert made("broadcast", Call((1.5, np.array(2.5)))) is None
    assert made("broadcast", Call((np.ones((0, 2)), np.ones((2, 0))))) is None
    found = [made("broadcast", Call((np.ones((1, 1)), 2.5)), seed=seed) for seed in SEEDS]
    assert {call and np.shape(call.args[0]) for call in found} == {None, (1,)}


def test_arrays_without_elements():
    seen = {tuple(shapes(changed)) for changed in all_made("empty", mixed_call())}
    assert seen == {((), (0, 0), (), (0,), ())}
    rows = made("empty", Call((np.ones((3, 2)), np.ones(3), np.ones(4))), seed=0)
    assert any(0 in shape for shape in map(np.shape, rows.args))
    assert made("empty", Call((1.5, np.array(2.5)))) is None


def test_a_long_axis():
    original = Call((np.array([[0.5, 1.5], [2.5, 3.5]]), np.array([-0.5, 2.0]), 2.0))
    seen = set()
    for changed in all_made("long", original):
        matrix, vector, number = changed.args
        assert number == 2.0
        assert len(vector) > 64
        assert len({*vector.tolist()}) == len(vector)
        assert np.all(np.abs(vector / np.resize([-0.5, 2.0], len(vector)) - 1) < 0.05)
        seen.add(matrix.shape)
    assert seen == {(len(vector), 2), (2, len(vector))}
    assert made("long", Call((2.0, np.array(1.5)))) is None


def test_arrays_without_axes():
    changed = made("0-d", mixed_call())
    assert all(type(value_at(changed, place)) is np.ndarray for place in ((0,), (1,), (2, 1)))
    assert shapes(changed) == [()] * 5
    assert value_at(changed, (1,)) == 0.25
    assert made("0-d", Call((np.array(1.5), np.zeros((0,))))) is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_memory_holds_the_same_numbers(layout):
    original = mixed_call()
    changed = made(layout, original)
    assert mismatch(changed.args, original.args) is None
    assert mismatch(changed.params, original.params) is None
    assert made(layout, Call((1.5, np.array(2.5)))) is None
    assert made(layout, changed) is None or layout == "transposed"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 1), (0, 2)])
def test_a_layout_is_a_copy(layout, shape):
    array = np.ones(shape)
    laid = laid_out(array, layout)
    assert np.array_equal(laid, array)
    assert not np.shares_memory(laid, array)


@pytest.mark.parametrize("layout", ["fortran", "transposed"])
def test_one_axis_has_one_order(layout):
    assert made(layout, Call((np.ones(3),))) is None


def test_layouts():
    array = np.arange(24.0).reshape(2, 3, 4)
    assert laid_out(array, "fortran").flags.f_contiguous
    assert laid_out(array, "transposed").transpose(1, 2, 0).flags.c_contiguous
    assert laid_out(array, "strided").strides == (192, 64, 16)
    assert laid_out(array, "negative-stride").strides == (-96, -32, -8)
    assert not laid_out(array, "read-only").flags.writeable
    assert array.flags.writeable


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.array(1.5), "text"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_has_no_axes_has_no_layout(value, layout):
    assert laid_out(value, layout) is value


@pytest.mark.parametrize(
    "kind",
    without(KINDS, *of_family("shapes"), "python-scalars", "numpy-scalars", "lists", "outside"),
)
@pytest.mark.parametrize("seed", range(5))
def test_exact_arguments_keep_their_numbers(kind, seed):
    call = Call(
        (np.array([[0.25, 1.5]]), np.array([[0.5, 2.0]]), [3, 1, 2], 1),
        {"xp": np.array([[-1.0, 4.0]]), "axis": 0, "period": 2.5},
        frozenset({1, 2, 3, "xp", "axis", "period"}),
    )
    domains = {(1,): positive, ("xp",): above(-2.0)}
    changed = made(kind, call, domains=domains, points=(0.0,), seed=seed)
    for place, value in places(call) if changed is not None else ():
        if place[0] in call.exact:
            assert np.array_equal(value_at(changed, place), value)


@pytest.mark.parametrize("kind", of_family("shapes"))
def test_exact_arguments_keep_their_numbers_in_other_shapes(kind):
    call = Call((np.array([[0.25, 1.5]]), np.array([[0.5, 2.0]])), exact=frozenset({1}))
    for seed in range(10):
        changed = made(kind, call, seed=seed)
        assert changed is None or {*np.ravel(changed.args[1])} <= {0.5, 2.0}


def test_all_of_what_a_kind_makes_is_still_a_call_of_the_same_arguments():
    original = mixed_call()
    for kind in KINDS:
        changed = made(kind, original, points=(0.0,))
        if changed is not None:
            assert len(changed.args) == len(original.args)
            assert changed.params.keys() == original.params.keys()
            if kind not in ("list-lengths", "tuple-axis", "lists"):
                assert [p for p, _ in places(changed)] == [p for p, _ in places(original)]
