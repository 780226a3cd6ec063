"""Cases of `pullback_numpy.constants`: that the derivative is zero is checked like any other."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats, indices, masks, numpy_scalars
from pullback.domains import interval

AXES = each(None, 0, -1)
KEEP = each(False, True)


def between_steps(shape):
    """Numbers as 1.32 or -0.58, at which neither whole numbers, halves nor tenths are near."""
    return arrays(shape).map(lambda a: np.floor(10 * a) / 10 + 0.02)


def register(samples):
    """Hand over the cases of steps, comparisons, tests, places, descriptions and templates."""
    steps(samples)
    integer_arithmetic(samples)
    comparisons(samples)
    tests(samples)
    places(samples)
    descriptions(samples)
    templates(samples)


def steps(samples):
    """Rounding of many kinds."""
    inside = between_steps("n,m")
    samples.add([np.rint, np.floor, np.ceil, np.trunc, np.fix], call(inside), call(-1.32))
    samples.add([np.round, np.around], call(inside, decimals=each(0, 1, 2, -1)), call(2.32, 1))
    samples.add(
        np.floor_divide,
        call(arrays("n,m", interval(7.1, 7.9)), arrays("m", interval(2.1, 2.3))),
        call(floats(interval(-7.9, -7.1)), floats(interval(2.1, 2.3))),
    )
    # It jumps at powers of two.
    samples.add(
        np.spacing,
        call(each(floats(interval(1.1, 1.9)), arrays("n,m", interval(-3.9, -2.1)))),
    )


def integer_arithmetic(samples):
    """Integers only."""
    digits = indices("n,m", 9)
    samples.add(
        [np.gcd, np.lcm, np.bitwise_and, np.bitwise_or, np.bitwise_xor],
        call(digits, digits),
        call(digits, each(6, indices("m", 9))),
    )
    samples.add([np.left_shift, np.right_shift], call(digits, each(2, indices("m", 4))))
    samples.add([np.invert, np.bitwise_count], call(digits), call(5))


def comparisons(samples):
    """What compares elements, and what compares arrays."""
    tolerances = {"rtol": each(1e-5, 0.5), "atol": each(1e-8, 0.5), "equal_nan": each(False, True)}
    samples.add(
        [
            *(np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal),
            *(np.logical_and, np.logical_or, np.logical_xor),
        ],
        call(floats(), floats()),
        call(arrays("n,m"), each(arrays("n,m"), arrays("m"), floats())),
    )
    samples.add(np.logical_not, call(floats()), call(each(arrays("n,m"), masks("n,m"))))
    samples.add([np.isclose, np.allclose], call(arrays("n,m"), arrays("m"), **tolerances))
    samples.add(
        [np.array_equal, np.array_equiv],
        call(arrays("n,m"), each(arrays("n,m"), arrays("2,m"))),
    )
    samples.add(np.array_equal, call(arrays("n"), arrays("n"), equal_nan=each(False, True)))
    samples.add(
        np.isin,
        call(arrays("n,m"), arrays("5"), invert=each(False, True)),
        call(arrays("n"), arrays("n"), assume_unique=each(False, True), kind=each(None, "sort")),
    )


def tests(samples):
    """What asks something of elements."""
    samples.add(
        [
            *(np.isfinite, np.isinf, np.isnan, np.isneginf, np.isposinf, np.signbit),
            *(np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj),
        ],
        call(arrays("n,m")),
        call(each(floats(), numpy_scalars())),
    )
    samples.add(np.isnat, call(np.array(["2020-02-29", "NaT"], "datetime64[D]")))
    samples.add(
        [np.any, np.all],
        call(each(arrays("n,m"), masks("n,m")), axis=each(None, 0, -1, (0, 1)), keepdims=KEEP),
        call(arrays("n,m"), axis=AXES, where=each(True, masks("n,m"))),
    )


def places(samples):
    """Where elements stand, or would stand."""
    samples.add(
        [np.argmax, np.argmin, np.nanargmax, np.nanargmin],
        call(arrays("n,m"), axis=AXES, keepdims=KEEP),
    )
    samples.add(
        np.argsort,
        call(arrays("n,m"), axis=AXES, kind=each(None, "stable")),
        call(arrays("n"), stable=each(None, True)),
    )
    samples.add(np.argpartition, call(arrays("3,4"), each(0, 2, [1, 2], -1), axis=AXES))
    samples.add(
        np.lexsort,
        call(arrays("2,n"), axis=each(0, -1)),
        call(st.tuples(arrays("n"), arrays("n"))),
    )
    samples.add([np.nonzero, np.flatnonzero, np.argwhere], call(each(arrays("n,m"), masks("n,m"))))
    samples.add(
        np.count_nonzero,
        call(each(arrays("n,m"), masks("n,m")), axis=each(None, 0, -1, (0, 1)), keepdims=KEEP),
    )
    grid = exactly(arrays("4").map(np.sort))
    samples.add(
        np.searchsorted,
        call(grid, each(arrays("n"), floats()), side=each("left", "right")),
        call(arrays("4"), floats(), sorter=each(None, np.arange(4))),
    )
    samples.add(np.digitize, call(arrays("n,m"), grid, right=each(False, True)))


def descriptions(samples):
    """What describes an array, or shows it."""
    samples.add([np.shape, np.ndim], call(arrays("n,m")), call(floats()))
    samples.add(np.diag_indices_from, call(arrays("n,n")))
    samples.add([np.tril_indices_from, np.triu_indices_from], call(arrays("n,m"), k=each(0, 1, -1)))
    samples.add(np.size, call(arrays("n,m"), axis=each(None, 0, -1)))
    samples.add([np.result_type, np.common_type], call(arrays("n"), arrays("n,m")))
    samples.add(np.can_cast, call(each(np.float32, np.int64), np.float64, each("safe", "no")))
    samples.add(np.min_scalar_type, call(each(floats(), arrays("n"))))
    samples.add([np.may_share_memory, np.shares_memory], call(arrays("n"), arrays("n")))
    samples.add([np.array_repr, np.array_str, np.array2string], call(arrays("n,m"), precision=3))


def templates(samples):
    """Arrays like another. The elements of an empty one are undefined, so here it has none."""
    like = {"dtype": each(None, np.float32), "order": each("K", "F"), "subok": KEEP}
    samples.add(
        [np.zeros_like, np.ones_like],
        call(arrays("n,m"), **like),
        call(arrays("n,m"), shape=each(None, 3, (2, 1)), dtype=each(float, int)),
        call(floats()),
    )
    samples.add(
        np.empty_like,
        call(arrays("n,0"), **like),
        call(arrays("0,m"), shape=each(0, (2, 0)), dtype=each(None, int)),
    )
