"""Mistakes in sums, means, products and extremes over axes."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, count, engine, ruled, spread
from pullback.conformance import arrays, call, each, masks
from pullback.domains import positive
from pullback_numpy.strong import divide, multiply

MATRIX = arrays("n,m")


def total(x, axis=None, keepdims=False):
    """Sum over axes."""
    return np.sum(x, axis=axis, keepdims=keepdims)


def before_and_after(ct, y, x, axis=None, keepdims=False):
    shape = np.shape(x)
    if axis is not None and shape and not keepdims:
        ct = np.reshape(ct, (*shape[:axis], 1, *shape[axis + 1 :]))
    return np.broadcast_to(ct, shape)


sum_over_a_negative_axis = Planted(
    name="sum over axis -1",
    checks=("finite-differences",),
    function=total,
    wrong=ruled(total, before_and_after),
    right=ruled(total, lambda ct, y, x, axis=None, keepdims=False: spread(ct, x, axis, keepdims)),
    samples=(call(MATRIX, axis=each(None, 0, 1), keepdims=each(False, True)),),
    story="shape[axis + 1:] is the whole shape for axis -1. TensorFlow #10835 (reduce_prod).",
)

sum_keeps_axes = Planted(
    name="sum with keepdims",
    checks=("finite-differences",),
    function=total,
    wrong=ruled(total, lambda ct, y, x, axis=None, keepdims=False: spread(ct, x, axis)),
    right=ruled(total, lambda ct, y, x, axis=None, keepdims=False: spread(ct, x, axis, keepdims)),
    samples=(call(MATRIX, axis=each(None, 0, 1), keepdims=each(False, True)),),
    story="keepdims is ignored: the axis is put in a second time.",
)


def mean(x, axis=None):
    """Mean over axes."""
    return np.mean(x, axis=axis)


mean_of_everything = Planted(
    name="mean divides by the size",
    checks=("finite-differences",),
    function=mean,
    wrong=ruled(mean, lambda ct, y, x, axis=None: spread(ct, x, axis) / np.size(x)),
    right=ruled(mean, lambda ct, y, x, axis=None: spread(ct, x, axis) / count(x, axis)),
    samples=(call(MATRIX, axis=each(None, 0, 1)),),
    story="Divided by the number of all elements, whatever the axis.",
)


def one_axis(x, axis):
    """The number of elements along an axis, or along the first of several."""
    if axis is None or np.ndim(x) == 0:
        return np.size(x)
    return np.shape(x)[axis[0] if isinstance(axis, tuple) else axis]


mean_over_two_axes = Planted(
    name="mean over a tuple of axes",
    checks=("finite-differences",),
    function=mean,
    wrong=ruled(mean, lambda ct, y, x, axis=None: spread(ct, x, axis) / one_axis(x, axis)),
    right=ruled(mean, lambda ct, y, x, axis=None: spread(ct, x, axis) / count(x, axis)),
    samples=(call(MATRIX, axis=each(None, 0, 1)),),
    story="Only the first axis of the tuple is counted.",
)


def variance(x, axis=None, ddof=0):
    """Variance over axes."""
    return np.var(x, axis=axis, ddof=ddof)


def centred(x, axis=None):
    """``conj(x - mean)``: half of the derivative of ``|x - mean|²``."""
    return np.conj(x - np.mean(x, axis=axis, keepdims=True))


variance_without_ddof = Planted(
    name="variance without ddof",
    checks=("finite-differences",),
    function=variance,
    wrong=ruled(
        variance,
        lambda ct, y, x, axis=None, ddof=0: (
            2 * spread(ct, x, axis) * centred(x, axis) / count(x, axis)
        ),
    ),
    right=ruled(
        variance,
        lambda ct, y, x, axis=None, ddof=0: (
            2 * spread(ct, x, axis) * centred(x, axis) / (count(x, axis) - ddof)
        ),
    ),
    samples=(call(arrays("n,4"), axis=each(None, 1), ddof=each(0, 1)),),
    story="Divides by n instead of n - ddof.",
)


def deviation(x):
    """Standard deviation of all elements."""
    return np.std(x)


deviation_of_equal_numbers = Planted(
    name="standard deviation of equal numbers",
    checks=("zero-cotangent",),
    function=deviation,
    wrong=ruled(deviation, lambda ct, y, x: ct * centred(x) / (y * np.size(x))),
    right=engine(deviation),
    samples=(call(arrays("n")),),
    story="0/0 is NaN. torch #4320, jax #11716, autograd.",
)


def product(x):
    """Product of all elements."""
    return np.prod(x)


product_with_a_zero = Planted(
    name="product with a zero",
    checks=("finite-differences",),
    function=product,
    wrong=ruled(product, lambda ct, y, x: ct * y / x),
    right=engine(product),
    samples=(call(MATRIX),),
    story="0/0 is NaN. autograd #93, torch #773, tinygrad #17404.",
)

product_by_logarithms = Planted(
    name="product by logarithms",
    checks=("finite-differences",),
    function=product,
    wrong=ruled(product, lambda ct, y, x: ct * np.exp(np.sum(np.log(x)) - np.log(x))),
    right=engine(product),
    samples=(call(arrays("n,m", positive)),),
    story="exp(sum(log)) has no negative factors.",
)


def masked_logsumexp(x, where):
    """``log(sum(exp(x)))`` of the elements that ``where`` chooses."""
    return np.logaddexp.reduce(np.where(where, x, -np.inf), axis=None)


masked_logsumexp_overflows = Planted(
    name="logsumexp of a huge masked element",
    checks=("nonfinite",),
    function=masked_logsumexp,
    wrong=ruled(masked_logsumexp, lambda ct, y, x, where: ct * where * np.exp(x - y)),
    right=ruled(
        masked_logsumexp,
        lambda ct, y, x, where: np.where(where, ct * np.exp(np.where(where, x - y, 0)), 0),
    ),
    samples=(call(arrays("n"), where=masks("n")),),
    story="0 times an overflow is NaN, in an element that was masked away. jax #23842.",
)


def weighted_mean(x, weights):
    """Mean with weights that need not sum to 1."""
    return np.sum(weights * x) / np.sum(weights)


weighted_mean_by_its_weights = Planted(
    name="weighted mean by its weights",
    checks=("finite-differences",),
    function=weighted_mean,
    wrong=ruled(
        weighted_mean,
        lambda ct, y, x, weights: (ct * weights / np.sum(weights), ct * x / np.sum(weights)),
    ),
    right=engine(weighted_mean),
    samples=(call(arrays("n"), arrays("n", positive)),),
    story="The derivative of the denominator was forgotten.",
)


def masked_mean(x, where):
    """Mean of the elements that ``where`` chooses; 0 if there is none."""
    return np.sum(np.where(where, x, 0)) / np.maximum(np.sum(where), 1)


mean_of_nothing = Planted(
    name="mean of nothing",
    checks=("finite-differences",),
    function=masked_mean,
    wrong=ruled(
        masked_mean, lambda ct, y, x, where: np.where(where, spread(ct, x), 0) / np.sum(where)
    ),
    right=ruled(
        masked_mean,
        lambda ct, y, x, where: np.where(where, spread(ct, x) / np.maximum(np.sum(where), 1), 0),
    ),
    samples=(call(arrays("n"), where=masks("n")),),
    story="A mask without an element is 0/0.",
)


def axes_of(axis):
    return (axis,) if isinstance(axis, int) else tuple(axis)


mean_over_a_numpy_axis = Planted(
    name="axis as a NumPy integer",
    checks=("finite-differences",),
    function=mean,
    wrong=ruled(
        mean,
        lambda ct, y, x, axis=None: (
            spread(ct, x, axis) / count(x, None if axis is None else axes_of(axis))
        ),
    ),
    right=ruled(mean, lambda ct, y, x, axis=None: spread(ct, x, axis) / count(x, axis)),
    samples=(call(MATRIX, axis=each(None, 0, 1)),),
    story="np.int64 is no int, and cannot be iterated over.",
)


def norm(x):
    """Euclidean norm, without overflow."""
    return np.hypot.reduce(np.ravel(x))


norm_at_zero = Planted(
    name="norm at 0",
    checks=("zero-cotangent",),
    function=norm,
    wrong=ruled(norm, lambda ct, y, x: ct * (x / y)),
    right=ruled(norm, lambda ct, y, x: ct * divide(x, y)),
    samples=(call(arrays("n")),),
    story="0/0 is NaN. autograd #151, jax #3058, torch #2421.",
)


def nan_sum(x):
    """Sum of all elements that are not NaN."""
    return np.sum(np.where(np.isnan(x), 0, x))


nan_sum_counts_nan = Planted(
    name="nansum hands its cotangent to NaN",
    checks=("finite-differences",),
    function=nan_sum,
    wrong=ruled(nan_sum, lambda ct, y, x: spread(ct, x)),
    right=ruled(nan_sum, lambda ct, y, x: np.where(np.isnan(x), 0, ct)),
    samples=(call(arrays("n")),),
    story="Elements that do not count get a cotangent.",
)


def trace(x):
    """Sum of the diagonal."""
    return np.trace(x)


trace_of_a_rectangle = Planted(
    name="trace of a rectangle",
    checks=("finite-differences",),
    function=trace,
    wrong=ruled(trace, lambda ct, y, x: ct * np.eye(len(x))),
    right=engine(trace),
    samples=(call(MATRIX),),
    story="The identity is square, the matrix is not.",
)


def sum_of_exponentials(x):
    """``sum(exp(x))``; 0 for no elements."""
    return np.sum(np.exp(x))


sum_of_no_exponentials = Planted(
    name="empty array has no maximum",
    checks=("broadcasting",),
    function=sum_of_exponentials,
    wrong=ruled(
        sum_of_exponentials,
        lambda ct, y, x: ct * np.exp(np.max(x)) * np.exp(x - np.max(x)),
    ),
    right=ruled(sum_of_exponentials, lambda ct, y, x: multiply(ct, np.exp(x))),
    samples=(call(arrays("n")),),
    story="A maximum taken for the sake of scaling raises for an empty array; gradients of empty "
    "arrays failed in torch #31515 and #31782 (cumsum, cumprod).",
)
