"""Methods and keywords of ufuncs: ``reduce``, ``accumulate``, ``outer``, ``where=``, ``dtype=``.

They are derived from the rules of the ufuncs themselves, so a binary ufunc with a rule in
`elementwise` has them all. Sums, products and extremes share the rules of `reductions`, with
their conventions: equal extremes share the cotangent of a reduction equally. An accumulation takes
its elements one after the other, and gives half to each side where the next one is equal.

``ufunc.at`` writes in place, which the tracer refuses, as it refuses ``out=``.
"""

from __future__ import annotations

from math import inf

import numpy as np

from pullback import nondifferentiable, primitive, rule
from pullback.domains import reals
from pullback.errors import DerivativeNotImplementedError
from pullback.names import name_of
from pullback.registry import Rule, rules
from pullback.spaces import plain
from pullback.tracer import find_rule
from pullback_numpy import constants, elementwise, reductions
from pullback_numpy.axes import (
    NO_OUT,
    NO_VALUE,
    along,
    as_array,
    masked,
    refuse_out,
    restore_axes,
)
from pullback_numpy.reductions import reduced, shares
from pullback_numpy.strong import divide, multiply


@rule(np.ufunc.__call__)
def ufunc_call(ufunc, *primals, where=True, dtype=None, casting="same_kind", **params):
    """A ufunc called with keywords, ``np.log(x, where=x > 0)``: the rule of `selected`.

    Args:
        ufunc: the ufunc.
        primals: its arguments.
        where: the mask of the elements to compute; it broadcasts with the output.
        dtype: the dtype to compute in.
        casting: what `numpy.ndarray.astype` may do to get there.
        params: ``order`` and ``subok`` change no value; the axes of a gufunc are not implemented.

    Raises:
        DerivativeNotImplementedError: for any other keyword.
    """
    refused = [name for name in params if name not in ("order", "subok")]
    if refused:
        raise DerivativeNotImplementedError(
            f"{name_of(ufunc)} was called with {', '.join(refused)}, for which its derivative is "
            "not written; move the axes first (np.moveaxis, np.expand_dims), or drop the keyword"
        )
    if dtype is None:
        return selected_rule(ufunc, *primals, where=where)
    y, pullbacks = selected_rule(
        ufunc, *(_cast(primal, dtype, casting) for primal in primals), where=where
    )
    return _each_output(lambda part: _cast(part, dtype, casting), y), pullbacks


def _each_output(function, outputs):
    return tuple(map(function, outputs)) if isinstance(outputs, tuple) else function(outputs)


def _cast(primal, dtype, casting):
    if getattr(plain(primal), "dtype", np.dtype(int)).kind not in "fc":
        return primal
    return primal.astype(dtype, casting=casting)


@primitive
def selected(ufunc, *primals, where):
    """A ufunc where a mask selects: 0 elsewhere, where NumPy leaves elements uninitialised.

    Args:
        ufunc: the ufunc.
        primals: its arguments; they, and ``where``, broadcast.
        where: the mask.

    >>> selected(np.sqrt, np.array([4.0, -4.0]), where=np.array([True, False]))
    array([2., 0.])
    """
    with np.errstate(all="ignore"):
        y = ufunc(*primals)
    return _each_output(lambda part: np.where(where, part, part.dtype.type(0))[()], y)


@rule(selected)
def selected_rule(ufunc, *primals, where):
    """The rule of the ufunc, masked.

    In the place of what is not selected the ufunc sees a number from its domain, so it causes
    neither warnings nor NaN, in derivatives of any order.
    """
    rule_of_ufunc = find_rule(ufunc, primals)
    if where is not True:
        primals = _inside(ufunc, primals, where)
    y, pullbacks = rule_of_ufunc(*primals)

    def select(values):
        if where is True or values is None:
            return values
        return np.where(where, values, False)[()]  # of the dtype of the values

    def masked(pullback):
        def selected_pullback(ct):
            return pullback(_each_output(select, ct))

        return None if pullback is None else selected_pullback

    y = _each_output(select, y)
    if pullbacks is None:
        return y, None
    if not isinstance(pullbacks, tuple):
        pullbacks = (pullbacks,)
    return y, (None, *map(masked, pullbacks))


def _inside(ufunc, primals, where):
    """The primals, with a number from the ufunc's domain in place of what is not selected."""
    domains = rules[ufunc].rule.domain
    if not isinstance(domains, tuple):
        domains = (domains,) * len(primals)
    typed = [plain(primal) for primal in primals if hasattr(plain(primal), "dtype")]

    def inside(primal, domain):
        value = plain(primal)
        if isinstance(value, (float, complex)):
            dtype = np.result_type(value, *typed)
        elif hasattr(value, "dtype"):
            dtype = value.dtype
        else:
            return primal
        return np.where(where, primal, dtype.type((domain or reals).inner_point()))

    return tuple(map(inside, primals, domains))


@rule(np.add.reduce, not_implemented=NO_OUT)
def add_reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """As `numpy.sum`, over the first axis unless another is given."""
    return reductions.sum_(array, axis, dtype, out, keepdims, initial, where)


@rule(np.multiply.reduce, not_implemented=NO_OUT)
def multiply_reduce(
    array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True
):
    """As `numpy.prod`, over the first axis unless another is given; exact at zeros."""
    return reductions.prod(array, axis, dtype, out, keepdims, initial, where)


@rule(np.add.accumulate, not_implemented=NO_OUT)
def add_accumulate(array, axis=0, dtype=None, out=None):
    """As `numpy.cumsum`, along the first axis unless another is given."""
    return reductions.cumsum(array, axis, dtype, out)


@rule(np.multiply.accumulate, not_implemented=NO_OUT)
def multiply_accumulate(array, axis=0, dtype=None, out=None):
    """As `numpy.cumprod`, along the first axis unless another is given; exact at zeros."""
    return reductions.cumprod(array, axis, dtype, out)


def _extreme_reduce(ufunc):
    @rule(ufunc.reduce, not_implemented=NO_OUT)
    def extreme_reduce(
        array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True
    ):
        """Equal extremes share the cotangent equally; an ``initial`` that is one counts as one."""
        refuse_out(out, ufunc.reduce)
        a = as_array(array) if dtype is None else as_array(array).astype(dtype)
        y = reduced(ufunc.reduce, a, initial, where, axis=axis, keepdims=keepdims)

        def extreme_reduce_pullback(ct):
            return shares(ct, y, a, axis, keepdims, initial, where)[0]

        def extreme_reduce_pullback_initial(ct):
            return shares(ct, y, a, axis, keepdims, initial, where)[1]

        return y, _with_initial(extreme_reduce_pullback, extreme_reduce_pullback_initial, initial)

    return extreme_reduce


def _with_initial(pullback, pullback_initial, initial):
    """The pullback of a reduction, or those of the array and of ``initial`` where it is given."""
    if initial is NO_VALUE:
        return pullback
    return pullback, None, None, None, None, pullback_initial, None


extreme_reduces = tuple(map(_extreme_reduce, (np.maximum, np.minimum, np.fmax, np.fmin)))

BINARY = tuple(
    declared
    for declared in vars(elementwise).values()
    if isinstance(declared, Rule)
    and isinstance(declared.primitive, np.ufunc)
    and declared.primitive.nin == 2
)
"""The rules of the differentiable ufuncs of two arguments."""
_NOT_FOLDED = (np.power, np.float_power, np.arctan2, np.remainder, np.fmod)
"""Folding by them has no use, and NumPy 2.4 gets it wrong for the first and third (AVX-512)."""
FOLDED = tuple(
    declared
    for declared in BINARY
    if declared.primitive.nout == 1
    and declared.differentiable in (None, ("a", "b"))
    and declared.primitive not in _NOT_FOLDED
)
"""Those that can be repeated along an axis: both of their arguments are differentiable."""


def _outer(binary):
    ufunc = binary.primitive

    @rule(ufunc.outer, differentiable=binary.differentiable)
    def outer(a, b, **params):
        """``y[i, j] = f(a[i], b[j])``: the ufunc's own rule, with the axes of ``b`` after ``a``'s.

        Args:
            a: any shape.
            b: any shape.
            params: as for the ufunc itself.
        """
        a, b = as_array(a), as_array(b)
        rows = a.reshape(a.shape + (1,) * b.ndim)
        y, pullbacks = ufunc_call(ufunc, rows, b, **params)
        pullback_a, pullback_b = pullbacks[-2:]
        columns = tuple(range(a.ndim, a.ndim + b.ndim))

        def outer_pullback_a(ct):
            return pullback_a(ct).sum(axis=columns)

        return y, (None if pullback_a is None else outer_pullback_a, pullback_b)

    return outer


def _accumulate(binary):
    ufunc = binary.primitive

    @rule(ufunc.accumulate, not_implemented=NO_OUT)
    def accumulate(array, axis=0, dtype=None, out=None):
        """``y_i = f(y_{i-1}, x_i)``, where ``f`` has the partial derivatives ``p_i`` and ``q_i``.

        ``dx_i = q_i s_i`` with ``s_i = ct_i + p_{i+1} s_{i+1}``.
        """
        refuse_out(out, ufunc.accumulate)
        x = as_array(array) if dtype is None else as_array(array).astype(dtype)
        y = ufunc.accumulate(x, axis=axis)

        def accumulate_pullback(ct):
            place = axis % x.ndim
            before, rest = along(place, slice(None, -1)), along(place, slice(1, None))
            with np.errstate(all="ignore"):  # the ufunc has warned already
                _, (pullback_y, pullback_x) = binary(y[before], x[rest])
            s = _recurrence(ct, pullback_y(np.ones_like(ct[rest])), place)
            return np.concatenate([s[along(place, slice(1))], pullback_x(s[rest])], place)

        return y, accumulate_pullback

    return accumulate


def _recurrence(ct, p, axis):
    """``s_i = ct_i + p_{i+1} s_{i+1}``, where ``p`` has one element less than ``ct``.

    Computed by doubling (Hillis and Steele 1986): ``log2(n)`` steps on whole arrays.
    """
    s, step = ct, 1
    while True:
        early, late = along(axis, slice(None, -step)), along(axis, slice(step, None))
        last = along(axis, slice(-step, None))
        s = np.concatenate([s[early] + multiply(s[late], p), s[last]], axis)
        if p.shape[axis] <= step:
            return s
        p = p[early] * p[late]
        step *= 2


_ONE_AXIS = "the derivative is written for one axis, without initial and where"


def _fold(binary, accumulate):
    ufunc = binary.primitive

    @rule(ufunc.reduce, not_implemented=NO_OUT | {"initial": _ONE_AXIS, "where": _ONE_AXIS})
    def fold(array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        """The last element of the accumulation along one axis."""
        if initial is not NO_VALUE or where is not True or not isinstance(axis, int):
            raise DerivativeNotImplementedError(f"{name_of(ufunc.reduce)}: {_ONE_AXIS}")
        x = as_array(array)
        refuse_out(out, ufunc.reduce)

        def fold_pullback(ct):
            if not x.ndim:
                return ct
            with np.errstate(all="ignore"):  # the ufunc has warned already
                y, accumulate_pullback = accumulate(x, axis, dtype)
            place = axis % y.ndim
            ct = ct if keepdims else np.expand_dims(ct, place)
            zeros = np.zeros_like(plain(y)[along(place, slice(None, -1))])
            return accumulate_pullback(np.concatenate([zeros, ct], place))

        # Not the last element of the accumulation, which is rounded at every step in float16.
        return ufunc.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims), fold_pullback

    return fold


@rule(np.hypot.reduce, not_implemented=NO_OUT)
def norm(array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
    """The root of the sum of the squares: ``dx = ct x / y``, and 0 where ``y`` is 0."""
    refuse_out(out, np.hypot.reduce)
    x = as_array(array) if dtype is None else as_array(array).astype(dtype)
    y = reduced(np.hypot.reduce, x, initial, where, axis=axis, keepdims=keepdims)

    def norm_pullback(ct):
        share = divide(masked(x, where), restore_axes(y, x.shape, axis, keepdims))
        return masked(restore_axes(ct, x.shape, axis, keepdims), where) * share

    def norm_pullback_initial(ct):
        return ct * divide(initial, y)

    return y, _with_initial(norm_pullback, norm_pullback_initial, initial)


def _log_sum(ufunc, power):
    @rule(ufunc.reduce, not_implemented=NO_OUT)
    def log_sum(array, axis=0, dtype=None, out=None, keepdims=False, initial=NO_VALUE, where=True):
        """``dx = ct exp(x - y)``, the share of the summand; 0 where all are logarithms of 0.

        Summands that are infinite share equally, as those of `numpy.logaddexp` do.
        """
        refuse_out(out, ufunc.reduce)
        x = as_array(array) if dtype is None else as_array(array).astype(dtype)
        y = reduced(ufunc.reduce, x, initial, where, axis=axis, keepdims=keepdims)
        infinite = y == inf

        def share(summand, restored):
            """``exp(summand - y)``, where ``restored`` brings ``y`` into the shape of a summand."""
            top, level = restored(infinite), np.where(summand == inf, y.dtype.type(0), -inf)
            total = restored(np.where(infinite | (y == -inf), 0, y))
            return power(np.where(top, level, summand) - total) / restored(ties())

        def ties():
            """How many summands are infinite; 1 where none is."""
            count = np.sum(x == inf, axis, x.dtype, keepdims=keepdims, where=where)
            return np.maximum(count if initial is NO_VALUE else count + (initial == inf), 1)

        def restored(of_y):
            return restore_axes(of_y, x.shape, axis, keepdims)

        def log_sum_pullback(ct):
            return masked(restored(ct), where) * share(np.where(where, x, -inf), restored)

        def log_sum_pullback_initial(ct):
            return ct * share(initial, lambda of_y: of_y)

        return y, _with_initial(log_sum_pullback, log_sum_pullback_initial, initial)

    return log_sum


outers = tuple(map(_outer, BINARY))
log_sums = (_log_sum(np.logaddexp, np.exp), _log_sum(np.logaddexp2, np.exp2))
accumulates = tuple(
    _accumulate(binary) for binary in FOLDED if binary.primitive not in (np.add, np.multiply)
)
_WRITTEN = {
    np.add.reduce,
    np.multiply.reduce,
    np.hypot.reduce,
    *(declared.primitive for declared in extreme_reduces + log_sums),
}
folds = tuple(
    _fold(binary, accumulate)
    for binary in FOLDED
    for accumulate in accumulates
    if accumulate.primitive == binary.primitive.accumulate
    and binary.primitive.reduce not in _WRITTEN
)
steps = nondifferentiable(
    *(
        getattr(step.primitive, method)
        for step in constants.steps + constants.integer_arithmetic + constants.comparisons
        if isinstance(step.primitive, np.ufunc) and step.primitive.nin == 2
        for method in ("outer", "reduce", "accumulate", "reduceat")
        # A quotient's first element is itself no step, and the folds pass it on.
        if method == "outer" or step.primitive is not np.floor_divide
    )
)
"""The methods of the ufuncs that are steps, which are steps too."""
