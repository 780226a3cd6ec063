"""Functions of NumPy without a derivative: steps, comparisons, tests, places, descriptions.

Traced values pass through them as plain values: their result is a constant.
"""

from __future__ import annotations

import numpy as np

from pullback import nondifferentiable

steps = nondifferentiable(
    np.floor_divide,
    np.rint,
    np.floor,
    np.ceil,
    np.trunc,
    np.fix,
    np.round,
    np.around,
    np.spacing,
)
integer_arithmetic = nondifferentiable(
    np.gcd,
    np.lcm,
    np.bitwise_and,
    np.bitwise_or,
    np.bitwise_xor,
    np.invert,
    np.left_shift,
    np.right_shift,
    np.bitwise_count,
)
comparisons = nondifferentiable(
    np.greater,
    np.greater_equal,
    np.less,
    np.less_equal,
    np.equal,
    np.not_equal,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.logical_not,
    np.isclose,
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.isin,
)
tests = nondifferentiable(
    np.isfinite,
    np.isinf,
    np.isnan,
    np.isnat,
    np.isneginf,
    np.isposinf,
    np.signbit,
    np.iscomplex,
    np.isreal,
    np.iscomplexobj,
    np.isrealobj,
    np.any,
    np.all,
)
places = nondifferentiable(
    np.argmax,
    np.argmin,
    np.nanargmax,
    np.nanargmin,
    np.argsort,
    np.argpartition,
    np.lexsort,
    np.nonzero,
    np.flatnonzero,
    np.argwhere,
    np.count_nonzero,
    np.searchsorted,
    np.digitize,
)
descriptions = nondifferentiable(
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.can_cast,
    np.min_scalar_type,
    np.common_type,
    np.may_share_memory,
    np.shares_memory,
    np.array_repr,
    np.array_str,
    np.array2string,
    np.diag_indices_from,
    np.tril_indices_from,
    np.triu_indices_from,
)
templates = nondifferentiable(np.zeros_like, np.ones_like, np.empty_like)
