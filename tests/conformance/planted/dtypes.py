"""Mistakes that need another dtype, a Python number or an array without axes."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, engine, ruled
from pullback import rule
from pullback.conformance import arrays, call, floats
from pullback_numpy.strong import divide

VECTORS = (call(arrays("n"), arrays("n")),)
SCALAR_OR_VECTOR = (call(floats()), call(arrays("n")))
HALF = np.float64(0.5)


def halved(x):
    """Half of x."""
    return x * 0.5


@rule(halved)
def halved_in_double_precision(x):
    return x * HALF, lambda ct: ct * HALF


value_in_double_precision = Planted(
    name="value in double precision",
    checks=("primal",),
    function=halved,
    wrong=halved_in_double_precision,
    right=ruled(halved, lambda ct, y, x: ct * 0.5),
    samples=SCALAR_OR_VECTOR,
    story="A NumPy constant turns float32 into float64. autograd #163, Nx #253.",
)


def total(x):
    """Sum of all elements."""
    return np.sum(x)


@rule(total)
def total_as_an_array(x):
    y = np.add.reduce(x, axis=None, keepdims=True)
    return np.reshape(y, ()), lambda ct: np.broadcast_to(ct, np.shape(x))


value_without_axes = Planted(
    name="array without axes for a scalar",
    checks=("primal",),
    function=total,
    wrong=total_as_an_array,
    right=ruled(total, lambda ct, y, x: np.broadcast_to(ct, np.shape(x))),
    samples=(call(arrays("n,m")),),
    story="A sum is a NumPy scalar; the rule's is an array of shape ().",
)


def scaled(x, weights):
    """Product of an array with weights."""
    return x * weights


def like(ct, other):
    """``ct`` in the dtype of ``other``."""
    return np.multiply(ct, 1).astype(np.result_type(other))


cotangent_in_integers = Planted(
    name="cotangent in the dtype of integer weights",
    checks=("finite-differences",),
    function=scaled,
    wrong=ruled(
        scaled,
        lambda ct, y, x, weights: (like(ct, weights) * weights, ct * x),
    ),
    right=ruled(scaled, lambda ct, y, x, weights: (ct * weights, ct * x)),
    samples=VECTORS,
    story="The buffer is made like the other argument, which may hold integers.",
)

cotangent_of_the_first_dtype = Planted(
    name="cotangents in the dtype of the first argument",
    checks=("finite-differences",),
    function=scaled,
    wrong=ruled(scaled, lambda ct, y, x, weights: (like(ct * weights, x), like(ct * x, x))),
    right=ruled(scaled, lambda ct, y, x, weights: (ct * weights, ct * x)),
    samples=VECTORS,
    story="Arguments may differ in their dtypes. torch #94086.",
)

python_number_beside_an_array = Planted(
    name="Python number beside an array",
    checks=("broadcasting",),
    function=scaled,
    wrong=ruled(
        scaled,
        lambda ct, y, x, weights: (ct * weights, ct * x if weights.ndim else np.sum(ct * x)),
    ),
    right=ruled(scaled, lambda ct, y, x, weights: (ct * weights, ct * x)),
    samples=VECTORS,
    story="A Python float has no ndim.",
)


def sine(x):
    """Sine of an array."""
    return np.sin(x)


row_by_row = Planted(
    name="loop over rows",
    checks=("broadcasting",),
    function=sine,
    wrong=ruled(
        sine,
        lambda ct, y, x: np.stack([ct[row] * np.cos(x[row]) for row in range(len(x))]),
    ),
    right=ruled(sine, lambda ct, y, x: ct * np.cos(x)),
    samples=(call(arrays("n,m")),),
    story="An array without axes has no rows, and an empty one has none to stack.",
)


def sigmoid(x):
    """``1 / (1 + exp(-x))``, without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))


def in_half_precision(ct, y):
    """A product that is computed in half precision where the output is not double."""
    precise = np.result_type(y) in (np.float64, np.complex128)
    slope = y * (1 - y)
    return ct * (slope if precise else np.multiply(slope, 1).astype(np.float16))


table_in_half_precision = Planted(
    name="half precision for single",
    checks=("space",),
    function=sigmoid,
    wrong=ruled(sigmoid, lambda ct, y, x: in_half_precision(ct, y)),
    right=ruled(sigmoid, lambda ct, y, x: ct * y * (1 - y)),
    samples=SCALAR_OR_VECTOR,
    story="A shortcut for what is not double precision, which rounds float32 to 3 digits.",
)


def sum_of_squares(x):
    """Sum of squares."""
    return np.sum(x * x)


def is_double(x):
    return issubclass(np.result_type(x).type, (float, complex))


single_precision_is_no_float = Planted(
    name="float32 is no float",
    checks=("space",),
    function=sum_of_squares,
    wrong=ruled(sum_of_squares, lambda ct, y, x: 2 * ct * x * is_double(x)),
    right=ruled(sum_of_squares, lambda ct, y, x: 2 * ct * x),
    samples=(call(arrays("n")),),
    story="Of NumPy's types np.float64 is a Python float; np.float32 is taken for an integer.",
)


def ratio(a, b):
    """Quotient."""
    return a / b


ratio_with_a_tolerance = Planted(
    name="tolerance for double precision",
    checks=("space",),
    function=ratio,
    wrong=ruled(
        ratio,
        lambda ct, y, a, b: (
            (divide(ct, b), -divide(ct, b) * y)
            if np.finfo(np.result_type(y)).eps < 1e-12
            else (ct / (b + 0.01), -ct * y / (b + 0.01))
        ),
    ),
    right=engine(ratio),
    samples=VECTORS,
    story="An epsilon that is added in single precision only.",
)
