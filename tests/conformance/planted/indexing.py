"""Mistakes in taking, joining and moving elements."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from planted.model import Planted, engine, ruled
from pullback import elementwise
from pullback.conformance import arrays, call, each, indices, masks
from pullback.domains import interval

MATRIX = arrays("n,m")
PERMUTATIONS = st.permutations(range(4)).map(np.array)


def take(x, places):
    """The elements of a flattened array at ``places``."""
    return np.take(x, places)


def put(ct, x, places):
    """Zeros, and the cotangent at the places: of two at one place the later one."""
    out = np.zeros(np.size(x), getattr(ct, "dtype", float))
    out[places] = ct
    return np.reshape(out, np.shape(x))


def put_at_once(ct, x, places):
    """Each element gets the cotangents of all places that name it."""
    found = np.arange(np.size(x))[:, None] == np.ravel(places)
    return np.reshape(np.where(found, np.ravel(ct), 0).sum(axis=-1), np.shape(x))


take_the_same_twice = Planted(
    name="the same index twice",
    checks=("finite-differences",),
    function=take,
    wrong=ruled(take, lambda ct, y, x, places: (put(ct, x, places), None)),
    right=ruled(take, lambda ct, y, x, places: (put_at_once(ct, x, places), None)),
    samples=(call(arrays("4"), PERMUTATIONS),),
    story="A write in place of a sum. autograd #39, torch #1528 and #1631.",
)

take_from_the_end = Planted(
    name="negative index",
    checks=("finite-differences",),
    function=take,
    wrong=ruled(take, lambda ct, y, x, places: (put_at_once(ct, x, places), None)),
    right=ruled(
        take, lambda ct, y, x, places: (put_at_once(ct, x, np.mod(places, np.size(x))), None)
    ),
    samples=(call(arrays("4"), indices("k", 4, negative=True)),),
    story="-1 is nobody's place. TensorFlow #2641 (gather in reduce_prod).",
)

GRID = np.array([0.0, 1.0, 2.0, 3.0])
TABLE = np.array([0.0, 2.0, 1.0, 4.0])
SLOPES = np.diff(TABLE)


def look_up(x):
    """Linear interpolation in a table; constant beyond its ends."""
    return np.interp(x, GRID, TABLE)


def slope_at(x):
    return SLOPES[np.clip(np.searchsorted(GRID, x, side="right") - 1, 0, 2)]


interpolation_beyond_the_table = Planted(
    name="interpolation beyond its table",
    checks=("finite-differences",),
    function=look_up,
    wrong=elementwise(look_up, lambda ct, x: ct * slope_at(x)),
    right=elementwise(look_up, lambda ct, x: ct * np.where((x >= 0) & (x <= 3), slope_at(x), 0)),
    samples=(call(arrays("n", interval(0, 3))),),
    story="Constant beyond the ends, with the slope of the last piece.",
)


def joined(parts):
    """Arrays one after the other."""
    return np.concatenate(parts)


def two_parts(ct, parts):
    ends = np.shape(parts[0])[0]
    return [ct[:ends], ct[ends:]]


def unequal_parts(ct, parts):
    ends = np.cumsum([np.shape(part)[0] for part in parts])[:-1]
    return np.split(ct, ends)


join_of_unequal_lengths = Planted(
    name="concatenate of unequal lengths",
    checks=("finite-differences",),
    function=joined,
    wrong=ruled(joined, lambda ct, y, parts: np.split(ct, len(parts))),
    right=ruled(joined, lambda ct, y, parts: unequal_parts(ct, parts)),
    samples=(call(st.tuples(arrays("n"), arrays("m")).map(list)),),
    story="Split into equal parts.",
)

join_of_three = Planted(
    name="concatenate of three",
    checks=("finite-differences",),
    function=joined,
    wrong=ruled(joined, lambda ct, y, parts: two_parts(ct, parts)),
    right=ruled(joined, lambda ct, y, parts: unequal_parts(ct, parts)),
    samples=(call(st.tuples(arrays("n"), arrays("m")).map(list)),),
    story="Written for two arrays.",
)


def doubled(x):
    """Each element twice, next to itself."""
    return np.repeat(x, 2)


repeat_taken_for_tile = Planted(
    name="repeat taken for tile",
    checks=("finite-differences",),
    function=doubled,
    wrong=ruled(
        doubled, lambda ct, y, x: np.reshape(np.sum(np.reshape(ct, (2, -1)), 0), np.shape(x))
    ),
    right=ruled(
        doubled,
        lambda ct, y, x: np.reshape(np.sum(np.reshape(ct, (np.size(x), 2)), 1), np.shape(x)),
    ),
    samples=(call(arrays("n")),),
    story="a a b b is taken for a b a b.",
)


def lower(x, k=0):
    """The part of a matrix on and below a diagonal."""
    return np.tril(x, k)


lower_part_of_another_diagonal = Planted(
    name="tril without its diagonal",
    checks=("finite-differences",),
    function=lower,
    wrong=ruled(lower, lambda ct, y, x, k=0: np.tril(ct)),
    right=ruled(lower, lambda ct, y, x, k=0: np.tril(ct, k)),
    samples=(call(MATRIX, k=each(0, 1, -1)),),
    story="A parameter that the pullback does not look at.",
)


def flattened(x, order="C"):
    """All elements in one row, in an order."""
    return np.reshape(x, (-1,), order=order)


flattened_in_another_order = Planted(
    name="reshape in Fortran order",
    checks=("finite-differences",),
    function=flattened,
    wrong=ruled(flattened, lambda ct, y, x, order="C": np.reshape(ct, np.shape(x))),
    right=ruled(flattened, lambda ct, y, x, order="C": np.reshape(ct, np.shape(x), order=order)),
    samples=(call(MATRIX, order=each("C", "F")),),
    story="Read by columns and put back by rows.",
)


def turned(x, axes):
    """Axes in another order."""
    return np.transpose(x, axes)


def turned_back(ct, axes):
    """Axes, negative ones too, in the order that they were in."""
    return np.transpose(ct, tuple(np.argsort(np.mod(axes, len(axes)))))


transpose_by_negative_axes = Planted(
    name="transpose by negative axes",
    checks=("finite-differences",),
    function=turned,
    wrong=ruled(turned, lambda ct, y, x, axes: np.transpose(ct, tuple(np.argsort(axes)))),
    right=ruled(turned, lambda ct, y, x, axes: turned_back(ct, axes)),
    samples=(call(arrays("2,3,4"), axes=each((0, 2, 1), (1, 2, 0))),),
    story="The inverse of a permutation is found by sorting, which puts -1 first. autograd 1.9.1.",
)

transpose_by_the_same_axes = Planted(
    name="transpose by the same axes",
    checks=("finite-differences",),
    function=turned,
    wrong=ruled(turned, lambda ct, y, x, axes: np.transpose(ct, axes)),
    right=ruled(turned, lambda ct, y, x, axes: turned_back(ct, axes)),
    samples=(call(arrays("2,3,4"), axes=each((0, 2, 1), (1, 2, 0))),),
    story="A cycle of three axes is not its own inverse.",
)


def padded(x, width):
    """A vector with zeros on both sides."""
    return np.pad(x, width)


pad_by_nothing = Planted(
    name="pad of width 0",
    checks=("finite-differences",),
    function=padded,
    wrong=ruled(padded, lambda ct, y, x, width: ct[width:-width]),
    right=ruled(
        padded,
        lambda ct, y, x, width: ct[tuple(slice(width, width + n) for n in np.shape(x))],
    ),
    samples=(call(arrays("n"), width=each(1, 2)),),
    story="ct[0:-0] is empty.",
)


def choose(where, a, b):
    """a where the mask is true, else b."""
    return np.where(where, a, b)


choice_by_multiplication = Planted(
    name="where by multiplication",
    checks=("nonfinite",),
    function=choose,
    wrong=ruled(choose, lambda ct, y, where, a, b: (None, ct * where, ct * ~where)),
    right=ruled(
        choose,
        lambda ct, y, where, a, b: (None, np.where(where, ct, 0), np.where(where, 0, ct)),
    ),
    samples=(call(masks("n"), arrays("n"), arrays("n")),),
    story="0 times an infinite cotangent is NaN, for what was not chosen.",
)


def differences(x, order=1):
    """Differences of neighbours, once or several times."""
    for _ in range(order):
        x = x[1:] - x[:-1]
    return x


def undo_one(ct):
    return np.concatenate([-ct[:1], ct[:-1] - ct[1:], ct[-1:]])


differences_of_order_two = Planted(
    name="differences of order 2",
    checks=("finite-differences",),
    function=differences,
    wrong=ruled(differences, lambda ct, y, x, order=1: undo_one(ct)),
    right=engine(differences),
    samples=(call(arrays("4"), order=each(1, 2)),),
    story="The pullback undoes one difference.",
)
