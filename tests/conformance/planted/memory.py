"""Mistakes of ownership: writes into what belongs to others, and reads of what has changed."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from planted.model import Planted, ruled, spread
from pullback import rule
from pullback.conformance import arrays, call, masks

VECTOR, MATRIX = arrays("n"), arrays("n,m")


def square(x):
    """Square."""
    return x * x


def scale_in_place(ct, x):
    ct *= 2 * x
    return ct


square_right = ruled(square, lambda ct, y, x: ct * 2 * x)

cotangent_scaled_in_place = Planted(
    name="cotangent scaled in place",
    checks=("no-mutation",),
    function=square,
    wrong=ruled(square, lambda ct, y, x: scale_in_place(ct, x)),
    right=square_right,
    samples=(call(MATRIX),),
    story="Other rules may hold the same cotangent. ChainRules #512.",
)


def log_sum_exp(x):
    """``log(sum(exp(x)))``."""
    return np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x)


@rule(log_sum_exp)
def log_sum_exp_shifts_its_argument(x):
    largest = np.max(x)
    x -= largest
    y = np.log(np.sum(np.exp(x))) + largest
    weights = np.exp(x - y + largest)
    return y, lambda ct: ct * weights


argument_shifted_in_place = Planted(
    name="argument shifted in place",
    checks=("no-mutation",),
    function=log_sum_exp,
    wrong=log_sum_exp_shifts_its_argument,
    right=ruled(log_sum_exp, lambda ct, y, x: ct * np.exp(x - y)),
    samples=(call(VECTOR),),
    story="The maximum is subtracted from the caller's array.",
)


@rule(square)
def square_writes_into_its_residual(x):
    kept = [2 * x]

    def square_pullback(ct):
        kept[0] *= ct
        return kept[0]

    return x * x, square_pullback


residual_scaled_in_place = Planted(
    name="residual scaled in place",
    checks=("repeatable",),
    function=square,
    wrong=square_writes_into_its_residual,
    right=square_right,
    samples=(call(MATRIX),),
    story="The second call starts from what the first one left. ChainRulesTestUtils #264.",
)


@rule(square)
def square_hands_out_its_buffer(x):
    buffer = np.zeros(np.shape(x), np.result_type(x))

    def square_pullback(ct):
        if type(ct) is type(x) is np.ndarray:
            return np.multiply(ct, 2 * x, out=buffer)
        return ct * 2 * x

    return x * x, square_pullback


buffer_handed_out = Planted(
    name="buffer handed out",
    checks=("no-mutation",),
    function=square,
    wrong=square_hands_out_its_buffer,
    right=square_right,
    samples=(call(MATRIX),),
    story="The next call overwrites the result of the last one.",
)

WORKSPACE = {}


@rule(square)
def square_keeps_its_residual_for_all(x):
    WORKSPACE[np.shape(x)] = 2 * x
    shape = np.shape(x)

    def square_pullback(ct):
        return ct * WORKSPACE[shape]

    return x * x, square_pullback


residual_kept_for_all = Planted(
    name="residual in a global workspace",
    checks=("repeatable",),
    function=square,
    wrong=square_keeps_its_residual_for_all,
    right=square_right,
    samples=(call(MATRIX),),
    story="The rule runs at another point before the pullback is called.",
)


def chosen_sum(x, masks):
    """Sum of the elements that the first mask of a tuple chooses."""
    return np.sum(x, where=masks[0])


@rule(chosen_sum)
def chosen_sum_reads_the_live_mask(x, masks):
    shape = np.shape(x)

    def chosen_sum_pullback(ct):
        return np.broadcast_to(np.where(masks[0], ct, 0), shape)

    return chosen_sum(x, masks), chosen_sum_pullback


@rule(chosen_sum)
def chosen_sum_right(x, masks):
    shape, mask = np.shape(x), masks[0].copy()

    def chosen_sum_pullback(ct):
        return np.broadcast_to(np.where(mask, ct, 0), shape)

    return chosen_sum(x, masks), chosen_sum_pullback


mask_read_live = Planted(
    name="mask read when the pullback runs",
    checks=("no-aliasing",),
    function=chosen_sum,
    wrong=chosen_sum_reads_the_live_mask,
    right=chosen_sum_right,
    samples=(call(VECTOR, masks=masks("n").map(lambda mask: (mask,))),),
    story="An array in a tuple that the caller has written to since.",
)

WEIGHTS = np.array([1.0, 2.0, 3.0])


def weighted_sum(x):
    """``x₀ + 2 x₁ + 3 x₂``."""
    return x @ WEIGHTS


@rule(weighted_sum)
def weighted_sum_saves_a_product(x):
    weights = WEIGHTS.copy()

    def weighted_sum_pullback(ct):
        if type(ct) is np.float64 and ct == 1:
            return weights
        return np.multiply.outer(ct, weights)

    return weighted_sum(x), weighted_sum_pullback


constant_handed_out = Planted(
    name="constant handed out",
    checks=("no-aliasing",),
    function=weighted_sum,
    wrong=weighted_sum_saves_a_product,
    right=ruled(weighted_sum, lambda ct, y, x: np.multiply.outer(ct, WEIGHTS)),
    samples=(call(arrays("3")),),
    story="For a cotangent of 1 the product is saved, and the caller gets the residual itself.",
)


def row_means(x):
    """Mean along the last axis."""
    return np.mean(x, axis=-1)


def as_if_contiguous(ct, x):
    """``ct`` repeated along a new last axis, without a copy."""
    if type(ct) is not np.ndarray:
        return spread(ct, x, -1)
    strides = (*np.empty(ct.shape, ct.dtype).strides, 0)
    return as_strided(ct, np.shape(x), strides)


strides_of_another_array = Planted(
    name="cotangent taken for contiguous",
    checks=("layouts",),
    function=row_means,
    wrong=ruled(row_means, lambda ct, y, x: as_if_contiguous(ct, x) / np.shape(x)[-1]),
    right=ruled(row_means, lambda ct, y, x: spread(ct, x, -1) / np.shape(x)[-1]),
    samples=(call(MATRIX),),
    story="Strides that are computed and not asked for. torch/nn #345, flash-attention #355.",
)


def row_sums(x):
    """Sum along the last axis."""
    return np.sum(x, axis=-1)


def in_blocks(ct, x):
    """``ct`` spread over rows, in blocks of 32 elements."""
    out, length = spread(ct, x, -1), np.shape(x)[-1] if np.ndim(x) else 1
    return out if length <= 32 else np.where(np.arange(length) < length // 32 * 32, out, 0)


rest_of_a_block = Planted(
    name="last block left out",
    checks=("finite-differences",),
    function=row_sums,
    wrong=ruled(row_sums, lambda ct, y, x: in_blocks(ct, x)),
    right=ruled(row_sums, lambda ct, y, x: spread(ct, x, -1)),
    samples=(call(MATRIX),),
    story="Right for rows up to 32 elements, and for multiples of 32.",
)


def raveled(x):
    """All elements in one row."""
    return np.ravel(x)


def in_the_order_of(ct, x):
    order = "F" if type(x) is np.ndarray and x.flags.fnc else "C"
    return np.reshape(ct, np.shape(x), order=order)


reshaped_in_memory_order = Planted(
    name="reshape in memory order",
    checks=("layouts",),
    function=raveled,
    wrong=ruled(raveled, lambda ct, y, x: in_the_order_of(ct, x)),
    right=ruled(raveled, lambda ct, y, x: np.reshape(ct, np.shape(x))),
    samples=(call(MATRIX),),
    story="ravel reads by rows, however the array lies in memory. torch #30303.",
)
