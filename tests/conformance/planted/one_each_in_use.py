"""For each check of how a rule is used one mistake that it finds, beside the same rule without the
mistake: calls again and from threads, memory, shapes, bad numbers, warnings, programs, time.
"""

from __future__ import annotations

import time

import numpy as np

from planted.model import Planted, require, ruled
from pullback import rule
from pullback.conformance import arrays, call, floats
from pullback.domains import reals
from pullback.spaces import plain

SCALAR_OR_VECTOR = (call(floats()), call(arrays("n")))


def sine(x):
    """Sine."""
    return np.sin(x)


def doubled(x):
    """Twice x."""
    return 2 * x


def saturating(x):
    """``tanh(x)``."""
    return np.tanh(x)


@rule(sine)
def sine_by_an_iterator(x):
    slopes = iter([np.cos(x)])

    def sine_pullback(ct):
        return ct * next(slopes, 1.0)

    return np.sin(x), sine_pullback


repeatable = Planted(
    name="slope used up",
    checks=("repeatable",),
    function=sine,
    wrong=sine_by_an_iterator,
    right=ruled(sine, lambda ct, y, x: ct * np.cos(x)),
    samples=SCALAR_OR_VECTOR,
    story="The second call of the pullback finds the iterator empty.",
)


def scale_in_place(ct, factor):
    """``ct * factor``, in the memory of ``ct`` where it can be written."""
    if type(ct) is np.ndarray and ct.flags.writeable and ct.flags.c_contiguous:
        np.multiply(ct, factor, out=ct, casting="unsafe")
        return ct
    return ct * factor


no_mutation = Planted(
    name="write into the cotangent",
    checks=("no-mutation",),
    function=doubled,
    wrong=ruled(doubled, lambda ct, y, x: scale_in_place(ct, 2)),
    right=ruled(doubled, lambda ct, y, x: ct * 2),
    samples=SCALAR_OR_VECTOR,
    story="Saves an allocation, and spoils the cotangent for everyone else. ChainRules #588.",
)


def weighted(x, *, weights):
    """Sum of x with constant weights, of which there is a tuple."""
    return np.sum(x * weights[0])


@rule(weighted, differentiable=["x"])
def weighted_reads_live_weights(x, *, weights):
    shape = np.shape(x * weights[0])
    return np.sum(x * weights[0]), lambda ct: np.broadcast_to(ct * weights[0], shape)


@rule(weighted, differentiable=["x"])
def weighted_right(x, *, weights):
    shape, factor = np.shape(x * weights[0]), np.copy(weights[0])
    return np.sum(x * factor), lambda ct: np.broadcast_to(ct * factor, shape)


no_aliasing = Planted(
    name="weights read live",
    checks=("no-aliasing",),
    function=weighted,
    wrong=weighted_reads_live_weights,
    right=weighted_right,
    samples=(call(arrays("3"), weights=(np.array([1, 2, 3]),)),),
    story="The pullback runs later, when the caller's array may hold something else.",
    alone=True,
)


def in_memory(ct, x):
    """``ct`` in the shape of x, read in the order in which x lies in memory."""
    order = "F" if type(x) is np.ndarray and x.flags.fnc else "C"
    return np.reshape(ct, np.shape(x), order=order)


def flat(x):
    """All elements in one row."""
    return np.ravel(x)


layouts = Planted(
    name="read as it lies in memory",
    checks=("layouts",),
    function=flat,
    wrong=ruled(flat, lambda ct, y, x: in_memory(ct, x)),
    right=ruled(flat, lambda ct, y, x: np.reshape(ct, np.shape(x))),
    samples=(call(arrays("n,m")),),
    story="Right for arrays in C order.",
    alone=True,
)


def scaled(x, s):
    """Product with a scale."""
    return x * s


def unbroadcast_by_mean(ct, s):
    """``ct`` in the shape of ``s``: the mean over what ``s`` was spread over."""
    extra = tuple(range(np.ndim(ct) - np.ndim(s)))
    ct = np.mean(ct, axis=extra) if extra else ct
    ones = tuple(
        place
        for place, length in enumerate(np.shape(s))
        if length == 1 and np.shape(ct)[place] != 1
    )
    return np.mean(ct, axis=ones, keepdims=True) if ones else ct


broadcasting = Planted(
    name="mean over broadcast axes",
    checks=("broadcasting",),
    function=scaled,
    wrong=ruled(
        scaled,
        lambda ct, y, x, s: (unbroadcast_by_mean(ct * s, x), unbroadcast_by_mean(ct * x, s)),
    ),
    right=ruled(scaled, lambda ct, y, x, s: (ct * s, ct * x)),
    samples=(call(arrays("n,m"), arrays("n,m")),),
    story="Right where the shapes are equal. Gen.jl #432 summed over the wrong axes.",
    alone=True,
)


SCRATCH = np.zeros(4096)


def polynomial(x):
    """``1 + x + x² + x³`` of an array, by Horner's rule."""
    return 1 + x * (1 + x * (1 + x))


def horner_in_scratch(ct, x):
    """``ct (1 + 2 x + 3 x²)``, computed in a buffer that all calls share."""
    if not type(ct) is type(x) is np.ndarray or ct.dtype != float or ct.size > len(SCRATCH):
        return ct * (1 + x * (2 + 3 * x))
    buffer = SCRATCH[: ct.size].reshape(ct.shape)
    buffer[...] = 3
    for coefficient in (2, 1):
        np.multiply(buffer, x, out=buffer)
        time.sleep(0)  # a computation that lets other threads in
        np.add(buffer, coefficient, out=buffer)
    return ct * buffer


threads = Planted(
    name="scratch buffer shared by threads",
    checks=("threads",),
    function=polynomial,
    wrong=ruled(polynomial, lambda ct, y, x: horner_in_scratch(ct, x)),
    right=ruled(polynomial, lambda ct, y, x: ct * (1 + x * (2 + 3 * x))),
    samples=(call(arrays("n")),),
    story="Right as long as one thread computes at a time.",
    alone=True,
)

nonfinite = Planted(
    name="product with a diagonal matrix",
    checks=("nonfinite",),
    function=saturating,
    wrong=ruled(
        saturating,
        lambda ct, y, x: np.diag(1 - y * y) @ ct if np.ndim(x) == 1 else ct * (1 - y * y),
    ),
    right=ruled(saturating, lambda ct, y, x: ct * (1 - y * y)),
    samples=SCALAR_OR_VECTOR,
    story="0 times NaN is NaN: one bad element spoils all.",
    alone=True,
)


def flat_at_zero(x):
    """``x**3 log(x**2)``, and 0 at 0."""
    return x**3 * log_square(x)


def log_square(x):
    """``log(x**2)``, and 0 at 0."""
    return np.log(np.where(x == 0, 1, x * x))


silent = Planted(
    name="logarithm of 0 masked too late",
    checks=("silent",),
    function=flat_at_zero,
    wrong=ruled(
        flat_at_zero,
        lambda ct, y, x: ct * np.where(x == 0, 0, x**2 * (3 * np.log(x * x) + 2)),
    ),
    right=ruled(flat_at_zero, lambda ct, y, x: ct * x**2 * (3 * log_square(x) + 2)),
    samples=SCALAR_OR_VECTOR,
    story="The result is right, and a test suite that turns warnings into errors stops there.",
)


def signed_square(x):
    """``x |x|`` of real numbers."""
    require(not np.iscomplexobj(plain(x)))
    return x * np.abs(x)


compiled = Planted(
    name="signs behind the back of the trace",
    checks=("compiled",),
    function=signed_square,
    wrong=ruled(signed_square, lambda ct, y, x: ct * 2 * x * np.sign(plain(x))),
    right=ruled(signed_square, lambda ct, y, x: ct * 2 * x * np.sign(x)),
    samples=(call(arrays("n")),),
    story="Right wherever it is run, and in a program forever the signs of its first input.",
    alone=True,
)


def scaled_for_accuracy(ct, x):
    """``ct cos(x)``, with the cotangent brought to a size near 1 first."""
    scale = 1.0
    while np.max(np.abs(ct)) < 1:
        ct, scale = ct * 2, scale / 2
    return ct * np.cos(x) * scale


finishes = Planted(
    name="loop without an end",
    checks=("finishes",),
    function=sine,
    wrong=ruled(sine, lambda ct, y, x: scaled_for_accuracy(ct, x), domain=reals),
    right=ruled(sine, lambda ct, y, x: ct * np.cos(x), domain=reals),
    samples=(call(arrays("3")),),
    story="A cotangent of 0 stays 0, however often it is doubled.",
)
