"""Whose memory an output may share, and what can write into memory that is there.

What is listed nowhere may share memory with any of its arguments.
"""

from __future__ import annotations

import operator

import numpy as np

from pullback_numpy import elementwise, indexing, strong
from pullback_numpy.compilation.arithmetic import OPERATORS

VIEWS = (
    *(
        getattr(np.ndarray, name)
        for name in (
            *("T", "mT", "real", "imag", "reshape", "ravel", "transpose", "swapaxes", "squeeze"),
            *("diagonal", "view", "__getitem__", "conj", "conjugate", "astype"),
        )
    ),
    *(np.reshape, np.ravel, np.squeeze, np.expand_dims, np.atleast_1d, np.atleast_2d),
    *(np.atleast_3d, np.transpose, np.permute_dims, np.matrix_transpose, np.swapaxes),
    *(np.moveaxis, np.rollaxis, np.broadcast_to, np.flip, np.fliplr, np.flipud, np.rot90),
    *(np.diagonal, np.diag, np.real, np.imag, np.real_if_close, np.astype, np.unstack),
    *(np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit),
    *(np.linalg.matrix_transpose, np.linalg.diagonal),
)
"""What may share memory with its first argument, and with no other."""

FRESH = (
    *(np.sum, np.prod, np.mean, np.std, np.var, np.max, np.min, np.ptp, np.median),
    *(np.any, np.all, np.count_nonzero, np.argmax, np.argmin, np.argsort, np.sort),
    *(np.cumsum, np.cumprod, np.clip, np.where, np.copy, np.stack, np.concatenate),
    *(np.vstack, np.hstack, np.column_stack, np.tile, np.repeat, np.roll, np.pad),
    *(np.dot, np.inner, np.outer, np.vdot, np.tensordot, np.kron, np.cross, np.trace),
    *(np.zeros_like, np.ones_like, np.full_like, np.take, np.take_along_axis),
    *(np.linalg.solve, np.linalg.inv, np.linalg.det, np.linalg.norm, np.linalg.cholesky),
    *(
        getattr(np.ndarray, name)
        for name in (
            *("sum", "prod", "mean", "std", "var", "max", "min", "any", "all", "argmax", "argmin"),
            *("argsort", "cumsum", "cumprod", "clip", "copy", "flatten", "dot", "take", "trace"),
            *("repeat", "item"),
        )
    ),
    np.generic.item,
    *(np.add.reduce, np.multiply.reduce, np.maximum.reduce, np.minimum.reduce),
    *(strong.multiply, strong.divide, strong.bilinear, strong.power_log, indexing.scatter),
    elementwise.share,
    *(operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv),
    *(operator.mod, operator.pow, operator.matmul, operator.neg, operator.pos, abs),
    *(operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne),
)
"""What shares memory with none."""

WRITING_OPERATORS = {
    function: ufunc for ufunc, function in OPERATORS.items() if ufunc is not np.matmul
}
"""Operator -> the ufunc that does the same to arrays, element by element."""


def register(facts):
    """Say it; all ufuncs make new arrays."""
    facts.view(*VIEWS)
    facts.fresh(*FRESH)
    for ufunc in {value for value in vars(np).values() if isinstance(value, np.ufunc)}:
        facts.fresh(ufunc)
        if ufunc.nout == 1 and ufunc.signature is None:
            facts.write(ufunc, ufunc)
    for function, ufunc in WRITING_OPERATORS.items():
        facts.write(function, ufunc)
