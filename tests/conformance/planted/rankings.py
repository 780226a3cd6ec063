"""Mistakes in extremes, sorting, and running sums and products."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, engine, ruled
from pullback.conformance import arrays, call, each

MATRIX = arrays("n,m")


def largest(x):
    """Maximum of all elements."""
    return np.max(x)


largest_of_equals = Planted(
    name="maximum of equal numbers",
    checks=("finite-differences",),
    function=largest,
    wrong=ruled(largest, lambda ct, y, x: np.where(x == y, ct, 0)),
    right=ruled(
        largest,
        lambda ct, y, x: np.where(x == y, ct / np.maximum(np.sum(x == y), 1), 0),
    ),
    samples=(call(MATRIX),),
    story="Every element that is the maximum gets all of the cotangent. autograd #141, "
    "onnxruntime #6286.",
)


def sorted_values(x):
    """The numbers of a flattened array in ascending order."""
    return np.ravel(x)[np.argsort(np.ravel(x), kind="stable")]


def by_value(ct, y, x):
    return np.reshape(ct[np.searchsorted(y, np.ravel(x))], np.shape(x))


def by_order(ct, x):
    order = np.argsort(np.ravel(x), kind="stable")
    return np.reshape(ct[np.argsort(order)], np.shape(x))


sort_of_equal_numbers = Planted(
    name="sort looks values up",
    checks=("finite-differences",),
    function=sorted_values,
    wrong=ruled(sorted_values, by_value),
    right=ruled(sorted_values, lambda ct, y, x: by_order(ct, x)),
    samples=(call(arrays("n")),),
    story="Equal numbers all find the place of the first of them.",
)

sort_permutes_the_wrong_way = Planted(
    name="sort without the inverse permutation",
    checks=("finite-differences",),
    function=sorted_values,
    wrong=ruled(
        sorted_values, lambda ct, y, x: np.reshape(ct[np.argsort(np.ravel(x))], np.shape(x))
    ),
    right=ruled(sorted_values, lambda ct, y, x: by_order(ct, x)),
    samples=(call(arrays("n")),),
    story="A permutation of three numbers is not its own inverse; of two it is.",
)


def median(x):
    """The median of all elements."""
    ordered = sorted_values(x)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def upper_middle(ct, y, x):
    place = np.argsort(np.ravel(x), kind="stable")[np.size(x) // 2]
    return np.reshape(ct * (np.arange(np.size(x)) == place), np.shape(x))


median_of_an_even_count = Planted(
    name="median of an even count",
    checks=("finite-differences",),
    function=median,
    wrong=ruled(median, upper_middle),
    right=engine(median),
    samples=(call(arrays("n")),),
    story="Only one of the two middle elements gets the cotangent.",
)


def running_product(x):
    """Cumulative product of a flattened array."""
    return np.cumprod(np.ravel(x))


running_product_with_a_zero = Planted(
    name="cumulative product with a zero",
    checks=("finite-differences",),
    function=running_product,
    wrong=ruled(
        running_product,
        lambda ct, y, x: np.reshape(np.cumsum((ct * y)[::-1])[::-1] / np.ravel(x), np.shape(x)),
    ),
    right=engine(running_product),
    samples=(call(arrays("n")),),
    story="Divides by the factors. TensorFlow #3862, burn #3864, pytensor #1911.",
)


def running_sum(x, axis=0):
    """Cumulative sum along an axis."""
    return np.cumsum(x, axis=axis)


running_sum_along_another_axis = Planted(
    name="cumulative sum reversed along axis 0",
    checks=("finite-differences",),
    function=running_sum,
    wrong=ruled(
        running_sum,
        lambda ct, y, x, axis=0: np.flip(np.cumsum(np.flip(ct, 0), axis=axis), 0),
    ),
    right=ruled(
        running_sum,
        lambda ct, y, x, axis=0: np.flip(np.cumsum(np.flip(ct, axis), axis=axis), axis),
    ),
    samples=(call(MATRIX, axis=each(0, 1)),),
    story="The reversal is along the first axis, whatever the axis of the sum.",
)
