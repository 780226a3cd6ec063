"""Mistakes in arguments: names, orders, defaults, and what is declared of them."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, count, ruled, spread
from pullback import elementwise, rule
from pullback.conformance import arrays, call, each, floats
from pullback_numpy.strong import multiply

MATRIX = arrays("n,m")


def mean(x, axis=0):
    """Mean along an axis, the first if it is not given."""
    return np.mean(x, axis=axis)


@rule(mean)
def mean_of_all(x, axis=None):
    return np.mean(x, axis=axis), lambda ct: spread(ct, x, axis) / count(x, axis)


default_of_another_function = Planted(
    name="another default",
    checks=("keywords",),
    function=mean,
    wrong=mean_of_all,
    right=ruled(mean, lambda ct, y, x, axis=0: spread(ct, x, axis) / count(x, axis)),
    samples=(call(MATRIX, axis=each(0, 1)),),
    story="The rule's axis is None where it is not given, the function's is 0.",
)


def total(x, axis=None, keepdims=False):
    """Sum over an axis."""
    return np.sum(x, axis=axis, keepdims=keepdims)


@rule(total)
def total_without_keepdims(x, axis=None):
    return np.sum(x, axis=axis), lambda ct: spread(ct, x, axis)


keyword_unknown_to_the_rule = Planted(
    name="keyword unknown to the rule",
    checks=("keywords",),
    function=total,
    wrong=total_without_keepdims,
    right=ruled(total, lambda ct, y, x, axis=None, keepdims=False: spread(ct, x, axis, keepdims)),
    samples=(call(MATRIX, axis=each(None, 0, 1)), call(MATRIX, keepdims=True)),
    story="The rule takes fewer arguments than the function.",
)


def chosen_total(x, where=True):
    """Sum of the elements that a mask chooses."""
    return np.sum(x, where=where)


keyword_ignored = Planted(
    name="mask ignored",
    checks=("finite-differences",),
    function=chosen_total,
    wrong=ruled(chosen_total, lambda ct, y, x, where=True: spread(ct, x)),
    right=ruled(chosen_total, lambda ct, y, x, where=True: np.where(where, spread(ct, x), 0)),
    samples=(call(arrays("3"), where=each(True, np.array([True, False, True]))),),
    story="Handed to the function, forgotten in the pullback.",
)


def damped(x, rate):
    """x, damped at a rate."""
    return x * np.exp(-rate)


nothing_for_an_argument = Planted(
    name="None for an argument",
    checks=("finite-differences",),
    function=damped,
    wrong=ruled(damped, lambda ct, y, x, rate: (ct * np.exp(-rate), None)),
    right=ruled(damped, lambda ct, y, x, rate: (multiply(ct, np.exp(-rate)), -multiply(ct, y))),
    samples=(call(arrays("n"), floats()),),
    story="Nobody differentiates by the rate, until somebody does.",
)


def subtract(a, b):
    """Difference."""
    return a - b


cotangents_swapped = Planted(
    name="cotangents swapped",
    checks=("finite-differences",),
    function=subtract,
    wrong=elementwise(subtract, lambda ct: -ct, lambda ct: ct),
    right=elementwise(subtract, lambda ct: ct, lambda ct: -ct),
    samples=(call(floats(), floats()), call(arrays("n"), arrays("n"))),
    story="The sign is at the other argument. autograd #401 was a wrong sign.",
)
