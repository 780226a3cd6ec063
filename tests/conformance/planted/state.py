"""Mistakes of rules that remember: caches, iterators, random numbers, closures."""

from __future__ import annotations

import itertools
import time

import numpy as np

from planted.model import Planted, ruled
from pullback import rule
from pullback.conformance import arrays, call, floats, integers

VECTOR = arrays("n")


def sine(x):
    """Sine."""
    return np.sin(x)


sine_right = ruled(sine, lambda ct, y, x: ct * np.cos(x))


@rule(sine)
def sine_pops_its_residual(x):
    residuals = [np.cos(x)]
    return np.sin(x), lambda ct: ct * residuals.pop()


residual_popped = Planted(
    name="residual popped",
    checks=("repeatable",),
    function=sine,
    wrong=sine_pops_its_residual,
    right=sine_right,
    samples=(call(floats()), call(VECTOR)),
    story="A pullback may be called any number of times; rows of a Jacobian need it. "
    "ChainRulesTestUtils #265.",
)


@rule(sine)
def sine_accumulates(x):
    total = [0.0]

    def sine_pullback(ct):
        total[0] = total[0] + ct * np.cos(x)
        return total[0]

    return np.sin(x), sine_pullback


cotangent_accumulated = Planted(
    name="cotangents accumulated",
    checks=("repeatable",),
    function=sine,
    wrong=sine_accumulates,
    right=sine_right,
    samples=(call(floats()), call(VECTOR)),
    story="As in .grad of torch, which adds up until it is zeroed.",
)

BY_SHAPE = {}


@rule(sine)
def sine_caches_by_shape(x):
    slope = BY_SHAPE.setdefault((np.shape(x), np.result_type(x)), np.cos(x))
    return np.sin(x), lambda ct: ct * slope


cache_by_shape = Planted(
    name="cache by shape",
    checks=("finite-differences",),
    function=sine,
    wrong=sine_caches_by_shape,
    right=sine_right,
    samples=(call(VECTOR),),
    story="What is cached depends on the values.",
)


@rule(sine)
def sine_remembers_its_first_cotangent(x):
    first = []

    def sine_pullback(ct):
        if not first:
            first.append(ct * np.cos(x))
        return first[0]

    return np.sin(x), sine_pullback


first_result_kept = Planted(
    name="first result kept",
    checks=("linearity",),
    function=sine,
    wrong=sine_remembers_its_first_cotangent,
    right=sine_right,
    samples=(call(floats()), call(VECTOR)),
    story="Cached as if there were one cotangent.",
)


def dropout(x, seed):
    """x, of which a random half is set to 0."""
    return x * (np.random.default_rng(seed).random(np.shape(x)) < 0.5)


@rule(dropout)
def dropout_draws_again(x, seed):
    random = np.random.default_rng(seed)
    y = x * (random.random(np.shape(x)) < 0.5)
    return y, lambda ct: ct * (random.random(np.shape(x)) < 0.5)


mask_drawn_again = Planted(
    name="dropout draws again",
    checks=("finite-differences",),
    function=dropout,
    wrong=dropout_draws_again,
    right=ruled(
        dropout,
        lambda ct, y, x, seed: np.where(
            np.random.default_rng(seed).random(np.shape(x)) < 0.5, ct, 0
        ),
    ),
    samples=(call(arrays("n,4"), seed=integers(0, 99)),),
    story="The pullback has another mask than the value.",
)


def triple_product(a, b, c):
    """Product of three."""
    return a * b * c


@rule(triple_product)
def triple_product_by_a_loop(a, b, c):
    others = [b * c, a * c, a * b]
    backs = []
    for other in others:
        backs.append(lambda ct: ct * other)  # noqa: B023  (the mistake)
    return a * b * c, tuple(backs)


closures_of_a_loop = Planted(
    name="closures made in a loop",
    checks=("finite-differences",),
    function=triple_product,
    wrong=triple_product_by_a_loop,
    right=ruled(triple_product, lambda ct, y, a, b, c: (ct * (b * c), ct * (a * c), ct * (a * b))),
    samples=(call(floats(), floats(), floats()), call(VECTOR, VECTOR, VECTOR)),
    story="All of them see the variable's last value.",
)


def multiply(a, b):
    """Product."""
    return a * b


@rule(multiply)
def multiply_squares(a, b):
    if a is b:
        return a * a, (lambda ct: 2 * ct * a, lambda ct: 2 * ct * a)
    return a * b, (lambda ct: ct * b, lambda ct: ct * a)


same_object_twice = Planted(
    name="f(x, x)",
    checks=("finite-differences",),
    function=multiply,
    wrong=multiply_squares,
    right=ruled(multiply, lambda ct, y, a, b: (ct * b, ct * a)),
    samples=(call(VECTOR, VECTOR),),
    story="A special case for squares hands out the whole derivative twice.",
)


def chained(x):
    """``sin(sin(sin(x)))``."""
    return np.sin(np.sin(np.sin(x)))


@rule(chained)
def chained_by_an_iterator(x):
    inner = np.sin(x)
    slopes = itertools.chain([np.cos(np.sin(inner)), np.cos(inner), np.cos(x)])

    def chained_pullback(ct):
        for slope in slopes:
            ct = ct * slope
        return ct

    return np.sin(np.sin(inner)), chained_pullback


iterator_consumed = Planted(
    name="iterator consumed",
    checks=("repeatable",),
    function=chained,
    wrong=chained_by_an_iterator,
    right=ruled(
        chained,
        lambda ct, y, x: ct * np.cos(np.sin(np.sin(x))) * np.cos(np.sin(x)) * np.cos(x),
    ),
    samples=(call(floats()), call(VECTOR)),
    story="The second call finds nothing left, and hands the cotangent on.",
)

LAST = {}


@rule(sine)
def sine_keeps_the_last_slope(x):
    LAST["slope"] = np.cos(x)
    return np.sin(x), lambda ct: ct * LAST["slope"]


slope_in_a_global_variable = Planted(
    name="slope in a global variable",
    checks=("repeatable",),
    function=sine,
    wrong=sine_keeps_the_last_slope,
    right=sine_right,
    samples=(call(floats()),),
    story="A pullback gives the slope of the point at which the rule ran last.",
)


@rule(sine)
def sine_switches_warnings_off(x):
    np.seterr(all="ignore")
    return np.sin(x), lambda ct: ct * np.cos(x)


warnings_switched_off = Planted(
    name="warnings switched off",
    checks=("no-mutation",),
    function=sine,
    wrong=sine_switches_warnings_off,
    right=sine_right,
    samples=(call(floats()), call(VECTOR)),
    story="NumPy's floating-point warnings stay off after the rule has run.",
)

SCRATCH = np.zeros(4096)


def polynomial(x):
    """``1 + x + x² + x³`` of an array."""
    return 1 + x * (1 + x * (1 + x))


def polynomial_in_scratch(x):
    """The same, in a buffer that all calls share."""
    if type(x) is not np.ndarray or x.ndim == 0 or x.dtype != float or x.size > len(SCRATCH):
        return polynomial(x)
    buffer = SCRATCH[: x.size].reshape(x.shape)
    buffer[...] = 1
    for _ in range(3):
        np.multiply(buffer, x, out=buffer)
        time.sleep(0)  # a computation that lets other threads in
        np.add(buffer, 1, out=buffer)
    return buffer.copy()


@rule(polynomial)
def polynomial_shares_its_buffer(x):
    return polynomial_in_scratch(x), lambda ct: ct * (1 + x * (2 + 3 * x))


value_in_a_shared_buffer = Planted(
    name="value in a buffer shared by threads",
    checks=("threads",),
    function=polynomial,
    wrong=polynomial_shares_its_buffer,
    right=ruled(polynomial, lambda ct, y, x: ct * (1 + x * (2 + 3 * x))),
    samples=(call(VECTOR),),
    story="The forward run of one thread disturbs that of another.",
)
