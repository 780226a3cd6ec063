"""Mistakes in products of matrices, solvers, and functions of a whole vector."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, engine, require, ruled
from pullback import primitive
from pullback.conformance import arrays, call, exactly

VECTOR, MATRIX = arrays("n"), arrays("n,m")
WELL_CONDITIONED = arrays("n,n").map(lambda a: a + 10 * np.eye(len(a)))


def product(a, b):
    """Matrix product."""
    return a @ b


product_of_stacks = Planted(
    name="matmul with .T",
    checks=("broadcasting",),
    function=product,
    wrong=ruled(product, lambda ct, y, a, b: (ct @ b.T, a.T @ ct)),
    right=engine(product),
    samples=(call(arrays("n,k"), arrays("k,m")),),
    story=".T reverses all axes of a stack of matrices. Nx #1778.",
)


def solve(a, b):
    """The solution of ``a x = b``."""
    return np.linalg.solve(a, b)


def transposed(a):
    """Every matrix of a stack, transposed."""
    return np.swapaxes(a, -1, -2)


def column(v, b):
    """``v`` as a matrix of columns, where ``b`` is a vector."""
    return v[..., None] if np.ndim(b) == 1 else v


def solve_pullback(ct, x, a, b, transpose=transposed):
    of_b = primitive(solve)(transpose(a), column(ct, b))
    return -of_b @ transposed(column(x, b)), of_b[..., 0] if np.ndim(b) == 1 else of_b


def solve_without_columns(ct, x, a, b):
    of_b = primitive(solve)(transposed(a), ct)
    return -of_b @ x.T, of_b


SYSTEMS = (call(exactly(WELL_CONDITIONED), arrays("n,k")),)

solve_of_stacks = Planted(
    name="solve with .T",
    checks=("broadcasting",),
    function=solve,
    wrong=ruled(solve, lambda ct, x, a, b: solve_pullback(ct, x, a, b, lambda a: a.T)),
    right=ruled(solve, solve_pullback),
    samples=SYSTEMS,
    story=".T reverses all axes of a stack of matrices. jax #1152, Nx #1745.",
)

solve_the_same_system = Planted(
    name="solve without transposition",
    checks=("finite-differences",),
    function=solve,
    wrong=ruled(solve, lambda ct, x, a, b: solve_pullback(ct, x, a, b, lambda a: a)),
    right=ruled(solve, solve_pullback),
    samples=SYSTEMS,
    story="The cotangent solves the transposed system.",
)

solve_for_a_vector = Planted(
    name="solve for a vector",
    checks=("finite-differences",),
    function=solve,
    wrong=ruled(solve, solve_without_columns),
    right=ruled(solve, solve_pullback),
    samples=(*SYSTEMS, call(exactly(WELL_CONDITIONED), VECTOR)),
    story="The transpose of a vector is itself: a dot product in place of an outer one. "
    "autograd #23.",
)


def inverse(a):
    """Inverse of a matrix."""
    return np.linalg.inv(a)


inverse_transposed_by_name = Planted(
    name="inv with transpose(-2, -1)",
    checks=("finite-differences",),
    function=inverse,
    wrong=ruled(
        inverse,
        lambda ct, y, a: -np.transpose(y, (-2, -1)) @ ct @ np.transpose(y, (-2, -1)),
    ),
    right=ruled(inverse, lambda ct, y, a: -transposed(y) @ ct @ transposed(y)),
    samples=(call(exactly(WELL_CONDITIONED)),),
    story="In NumPy these are the axes as they are. pytorch.github.io #2135.",
)


def determinant(a):
    """Determinant of matrices of two rows and columns."""
    require(np.shape(a)[-2:] == (2, 2))
    return a[..., 0, 0] * a[..., 1, 1] - a[..., 0, 1] * a[..., 1, 0]


def cofactors(a):
    """The derivative of the determinant by each element."""
    first = np.stack([a[..., 1, 1], -a[..., 1, 0]], axis=-1)
    second = np.stack([-a[..., 0, 1], a[..., 0, 0]], axis=-1)
    return np.stack([first, second], axis=-2)


determinant_of_a_singular_matrix = Planted(
    name="det of a singular matrix",
    checks=("finite-differences",),
    function=determinant,
    wrong=ruled(
        determinant,
        lambda ct, y, a: (
            np.expand_dims(ct * y, (-1, -2)) * (cofactors(a) / np.expand_dims(y, (-1, -2)))
        ),
    ),
    right=ruled(determinant, lambda ct, y, a: np.expand_dims(ct, (-1, -2)) * cofactors(a)),
    samples=(call(arrays((2, 2))),),
    story="det(a) inv(a).T needs an inverse. TensorFlow #119477.",
)


def diagonal(a):
    """Diagonal of a square matrix, by einsum."""
    require(np.shape(a)[0] == np.shape(a)[1])
    return np.einsum("ii->i", a)


einsum_with_a_repeated_index = Planted(
    name="einsum with a repeated index",
    checks=("finite-differences",),
    function=diagonal,
    wrong=ruled(diagonal, lambda ct, y, a: np.broadcast_to(ct, np.shape(a))),
    right=ruled(diagonal, lambda ct, y, a: np.diag(ct)),
    samples=(call(arrays("n,n")),),
    story="The second occurrence of the index is taken for a broadcast axis. autograd #115 "
    "fails there.",
)


def outer(a, b):
    """Outer product of two flattened arrays."""
    return np.outer(a, b)


outer_of_matrices = Planted(
    name="outer product of matrices",
    checks=("broadcasting",),
    function=outer,
    wrong=ruled(outer, lambda ct, y, a, b: (ct @ b, ct.T @ a)),
    right=ruled(
        outer,
        lambda ct, y, a, b: (
            np.reshape(ct @ np.ravel(b), np.shape(a)),
            np.reshape(ct.T @ np.ravel(a), np.shape(b)),
        ),
    ),
    samples=(call(VECTOR, arrays("m")),),
    story="The function flattens its arguments, the rule does not.",
)


def quadratic_form(x, a):
    """``xᵀ a x``."""
    require(np.shape(a) == np.shape(x) * 2)
    return np.einsum("i,ij,j->", x, a, x)


quadratic_form_of_a_lopsided_matrix = Planted(
    name="quadratic form",
    checks=("finite-differences",),
    function=quadratic_form,
    wrong=ruled(quadratic_form, lambda ct, y, x, a: (2 * ct * (a @ x), ct * np.outer(x, x))),
    right=ruled(quadratic_form, lambda ct, y, x, a: (ct * (a @ x + x @ a), ct * np.outer(x, x))),
    samples=(call(VECTOR, arrays("n,n")),),
    story="2 a x holds for symmetric matrices.",
)


def softmax(x):
    """``exp(x) / sum(exp(x))`` over all elements."""
    shifted = np.exp(x - np.max(x))
    return shifted / np.sum(shifted)


softmax_by_its_diagonal = Planted(
    name="softmax by its diagonal",
    checks=("finite-differences",),
    function=softmax,
    wrong=ruled(softmax, lambda ct, y, x: ct * y * (1 - y)),
    right=ruled(softmax, lambda ct, y, x: y * (ct - np.sum(ct * y))),
    samples=(call(VECTOR),),
    story="The logistic function's derivative, in place of a full Jacobian.",
)


def standardize(x):
    """x with mean 0 and variance 1."""
    return (x - np.mean(x)) / np.sqrt(np.var(x) + 1e-5)


def without_the_variance(ct, y, x):
    return (ct - np.mean(ct)) / np.sqrt(np.var(x) + 1e-5)


standardize_with_a_constant_scale = Planted(
    name="normalization with a constant scale",
    checks=("finite-differences",),
    function=standardize,
    wrong=ruled(standardize, without_the_variance),
    right=engine(standardize),
    samples=(call(VECTOR),),
    story="The scale depends on the elements too.",
)
