"""Which functions a kernel can compute, and what they do to elements.

`value_of` is given a node and what its arguments are, and returns the value of the node as
operations that a kernel has, or ``None``: then the node runs on NumPy.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from math import prod
from typing import Any, Final

import numpy as np

from pullback.graph.nodes import Node, runner
from pullback_numba.ufuncs import loop_of
from pullback_numba.values import (
    MANY_PARTS,
    Given,
    Map,
    Number,
    Operand,
    Product,
    Reduce,
    Scatter,
    Spot,
    Value,
    View,
    Wide,
)

__all__ = ["given_of", "space_of_node", "value_of"]

_CODES: Final = frozenset("?bhilqBHILQfdFD")
_TYPES: Final[Mapping[type, Any]] = {
    float: np.dtype(float),
    complex: np.dtype(complex),
    bool: np.dtype(bool),
}
_fresh: Final = count()

_BOTH: Final = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.negative: "-{0}",
    np.positive: "{0}",
    np.square: "{0} * {0}",
    np.equal: "{0} == {1}",
    np.not_equal: "{0} != {1}",
}
_ORDERED: Final = {
    np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}",
    np.greater: "{0} > {1}",
    np.greater_equal: "{0} >= {1}",
    np.maximum: "select(({0} >= {1}) | ({0} != {0}), {0}, {1})",
    np.minimum: "select(({0} <= {1}) | ({0} != {0}), {0}, {1})",
    np.fmax: "select(({0} >= {1}) | ({1} != {1}), {0}, {1})",
    np.fmin: "select(({0} <= {1}) | ({1} != {1}), {0}, {1})",
    np.logical_not: "{0} == 0",
    np.logical_and: "({0} != 0) & ({1} != 0)",
    np.logical_or: "({0} != 0) | ({1} != 0)",
    np.logical_xor: "({0} != 0) != ({1} != 0)",
    np.conjugate: "{0}",
}
_BITS: Final = {
    np.bitwise_and: "{0} & {1}",
    np.bitwise_or: "{0} | {1}",
    np.bitwise_xor: "{0} ^ {1}",
    np.invert: "~{0}",
}
_INLINE: Final[Mapping[str, Mapping[np.ufunc, str]]] = {
    "f": {
        **_BOTH,
        **_ORDERED,
        np.divide: "{0} / {1}",
        np.absolute: "abs({0})",
        np.fabs: "abs({0})",
        np.sqrt: "math.sqrt({0})",
        np.reciprocal: "1 / {0}",
        np.isnan: "{0} != {0}",
        np.isfinite: "{0} - {0} == 0",
        np.isinf: "abs({0}) == np.inf",
        np.sign: "select({0} > 0, {t}(1), select({0} < 0, {t}(-1), select({0} == 0, {t}(0), {0})))",
    },
    "c": {**_BOTH, np.conjugate: "{0}.conjugate()"},
    "i": {**_BOTH, **_ORDERED, **_BITS},
    "u": {**_BOTH, **_ORDERED, **_BITS},
    "b": {
        np.logical_not: "not {0}",
        np.invert: "not {0}",
        np.logical_and: "{0} & {1}",
        np.bitwise_and: "{0} & {1}",
        np.logical_or: "{0} | {1}",
        np.bitwise_or: "{0} | {1}",
        np.logical_xor: "{0} != {1}",
        np.bitwise_xor: "{0} != {1}",
        np.equal: "{0} == {1}",
        np.not_equal: "{0} != {1}",
    },
}
"""Kind of the dtype that is computed in -> ufunc -> what it does to an element."""

_ONE: Final = {
    np.sin: math.sin,
    np.cos: math.cos,
    np.tan: math.tan,
    np.arcsin: math.asin,
    np.arccos: math.acos,
    np.arctan: math.atan,
    np.sinh: math.sinh,
    np.cosh: math.cosh,
    np.tanh: math.tanh,
    np.arcsinh: math.asinh,
    np.arccosh: math.acosh,
    np.arctanh: math.atanh,
    np.exp: math.exp,
    np.expm1: math.expm1,
    np.log: math.log,
    np.log1p: math.log1p,
    np.sqrt: math.sqrt,
    np.fabs: math.fabs,
}
_MATH: Final[Mapping[Any, str]] = {
    **{f: f"math.{f.__name__}({{0}})" for f in _ONE.values()},
    math.atan2: "math.atan2({0}, {1})",
    math.hypot: "math.hypot({0}, {1})",
}
_SCALAR: Final[Mapping[np.ufunc, str]] = {
    **{ufunc: _MATH[f] for ufunc, f in _ONE.items()},
    np.arctan2: _MATH[math.atan2],
    np.hypot: _MATH[math.hypot],
    np.power: "math.pow({0}, {1})",
    np.float_power: "math.pow({0}, {1})",
}
"""What numbers of double precision are computed by: the functions of the C library."""
_OPERATORS: Final = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.neg: np.negative,
    operator.pos: np.positive,
    operator.abs: np.absolute,
    operator.pow: np.power,
    operator.floordiv: np.floor_divide,
    operator.mod: np.remainder,
    operator.lt: np.less,
    operator.le: np.less_equal,
    operator.gt: np.greater,
    operator.ge: np.greater_equal,
    operator.eq: np.equal,
    operator.ne: np.not_equal,
    operator.and_: np.bitwise_and,
    operator.or_: np.bitwise_or,
    operator.xor: np.bitwise_xor,
    operator.invert: np.invert,
    abs: np.absolute,
    np.ndarray.conj: np.conjugate,
    np.ndarray.conjugate: np.conjugate,
    np.generic.conj: np.conjugate,
    np.generic.conjugate: np.conjugate,
}
_POWERS: Final = {-1: "1 / {0}", 1: "{0}", 2: "{0} * {0}", 3: "{0} * {0} * {0}"}
_REDUCTIONS: Final = {
    np.sum: "sum",
    np.ndarray.sum: "sum",
    np.prod: "prod",
    np.ndarray.prod: "prod",
    np.max: "max",
    np.amax: "max",
    np.ndarray.max: "max",
    np.min: "min",
    np.amin: "min",
    np.ndarray.min: "min",
    np.mean: "mean",
    np.ndarray.mean: "mean",
    np.add.reduce: "sum",
    np.multiply.reduce: "prod",
    np.maximum.reduce: "max",
    np.minimum.reduce: "min",
}
_VIEWS: Final = frozenset(
    {
        np.ndarray.__getitem__,
        operator.getitem,
        np.ndarray.T,
        np.transpose,
        np.ndarray.transpose,
        np.reshape,
        np.ndarray.reshape,
        np.ravel,
        np.ndarray.ravel,
        np.expand_dims,
        np.squeeze,
        np.ndarray.squeeze,
        np.broadcast_to,
        np.swapaxes,
        np.ndarray.swapaxes,
        np.moveaxis,
        np.diagonal,
        np.ndarray.diagonal,
        np.flip,
        np.flipud,
        np.fliplr,
        np.atleast_1d,
        np.atleast_2d,
    }
)
_PRODUCTS: Final = frozenset({np.matmul, operator.matmul, np.dot, np.ndarray.dot})
_GETTING: Final = frozenset({np.ndarray.__getitem__, operator.getitem})
_BASIC: Final = (int, np.integer, slice, type(None), type(Ellipsis))


def space_of_node(node: Node) -> tuple[tuple[int, ...], np.dtype[Any], bool] | None:
    """Shape, dtype, and whether it is a Python number; ``None`` where kernels have no such type."""
    if node.space is None:
        return None
    kind, shape, dtype = node.space
    if kind in _TYPES:
        return (), _TYPES[kind], True
    if kind is not np.ndarray:
        if not issubclass(kind, np.generic):
            return None
        dtype, shape = np.dtype(kind), ()
    if dtype.char not in _CODES or not dtype.isnative:
        return None
    return tuple(shape), dtype, False


def given_of(node: Node) -> Given | None:
    """A node as an argument of a kernel, if it can be one."""
    space = space_of_node(node)
    if space is None:
        return None
    return Given(node.name, space[0], space[1], node, space[2])


def value_of(node: Node, known: Mapping[int, Value], held: dict[int, Given]) -> Value | None:
    """What a node computes, for a kernel; ``None`` where a kernel cannot.

    Args:
        node: a call.
        known: the values of the nodes before it that a kernel computes or may be given.
        held: the arrays that the program holds, which become arguments; filled.
    """
    space = space_of_node(node)
    try:
        if space is None:
            return None
        form = _form_of(node.function)
        return None if form is None else form(_Call(node, space, known, held))
    except (_NotTaken, TypeError):  # a TypeError where the function is not hashable
        return None


class _NotTaken(Exception):
    """A kernel cannot compute this."""


class _Call:
    """A node that is to be computed by a kernel."""

    def __init__(
        self, node: Node, space: Any, known: Mapping[int, Value], held: dict[int, Given]
    ) -> None:
        self.node = node
        self.shape, self.dtype, self.weak = space
        self.known, self.held = known, held

    def argument(self, value: Any) -> Operand:
        """An argument as an operand."""
        if isinstance(value, Node):
            if value.index not in self.known:
                raise _NotTaken
            return self.known[value.index]
        if isinstance(value, (bool, int, float, complex, np.generic)):
            if isinstance(value, np.generic) and value.dtype.char not in _CODES:
                raise _NotTaken
            return Number(value)
        if type(value) is np.ndarray and value.dtype.char in _CODES and value.dtype.isnative:
            if value.size and value.tobytes() == value.flat[0].tobytes() * value.size:
                return Number(value.flat[0])
            return self._array(value)
        raise _NotTaken

    def array(self, value: Any) -> Value:
        """An argument as an array or a number that is computed."""
        if type(value) is np.ndarray and value.dtype.char in _CODES and value.dtype.isnative:
            return self._array(value)
        operand = self.argument(value)
        if isinstance(operand, Number):
            dtype = np.asarray(operand.value).dtype
            return Map(f"number_{next(_fresh)}", (), dtype, "{0}", [operand], [dtype])
        return operand

    def _array(self, value: np.ndarray) -> Given:
        if id(value) not in self.held:
            name = f"constant_{len(self.held) + 1}"
            self.held[id(value)] = Given(name, value.shape, value.dtype, value)
        return self.held[id(value)]

    def map(
        self, form: str, args: Sequence[Operand], dtypes: Sequence[Any], label: str = ""
    ) -> Map:
        """The value of the node, element by element."""
        for arg in args:
            if arg.shape in ((), self.shape):
                continue
            if np.broadcast_shapes(arg.shape, self.shape) != self.shape:
                raise _NotTaken
        node = self.node
        return Map(node.name, self.shape, self.dtype, form, args, dtypes, label, self.weak)


def _kind(operand: Operand) -> Any:
    """What NumPy's promotion is told of an operand."""
    if isinstance(operand, Number):
        value = operand.value
        if isinstance(value, bool):
            return np.dtype(bool)
        return value.dtype if isinstance(value, np.generic) else type(value)
    weak = getattr(operand, "weak", False)
    if weak:
        return {"f": float, "c": complex}.get(operand.dtype.kind, operand.dtype)
    return operand.dtype


def _elementwise(ufunc: np.ufunc) -> Callable[[_Call], Value]:
    def form(call: _Call) -> Value:
        node = call.node
        if node.params or len(node.args) != ufunc.nin or ufunc.nout != 1:
            raise _NotTaken
        args = [call.argument(arg) for arg in node.args]
        return applied(call, ufunc, args)

    return form


def applied(call: _Call, ufunc: np.ufunc, args: Sequence[Operand]) -> Value:
    """A ufunc of operands, as the value of a node."""
    try:
        *dtypes, result = ufunc.resolve_dtypes((*map(_kind, args), None))
    except TypeError:
        raise _NotTaken from None
    if result != call.dtype or any(dtype.char not in _CODES for dtype in dtypes):
        raise _NotTaken
    if ufunc in (np.power, np.float_power) and dtypes[0].kind in "fc":
        exponent = args[1].value if isinstance(args[1], Number) else None
        if exponent in _POWERS and (dtypes[0].kind == "f" or exponent in (1, 2)):
            return call.map(_POWERS[exponent], args[:1], dtypes[:1], ufunc.__name__)
        if call.weak:  # which is complex, or an error, for a negative base
            raise _NotTaken
    form = _INLINE[dtypes[0].kind].get(ufunc)
    if form is None and not call.shape and dtypes[0].char == "d":
        form = _SCALAR.get(ufunc)
    if form is not None:
        return call.map(form, args, dtypes, ufunc.__name__)
    types = "".join(dtype.char for dtype in dtypes) + "->" + result.char
    loop = loop_of(ufunc, types) if dtypes[0].kind in "fc" else None
    if loop is None or getattr(np, ufunc.__name__, None) is not ufunc or call.weak:
        raise _NotTaken
    whole = [
        arg
        if isinstance(arg, Value)
        and (arg.shape, arg.dtype) == (call.shape, dtype)
        and not isinstance(arg, View)
        and (not isinstance(arg, Given) or arg.is_array)
        else Map(f"wide_{next(_fresh)}", call.shape, dtype, "{0}", [arg], [dtype])
        for arg, dtype in zip(args, dtypes, strict=True)
    ]
    has_data = loop.data is not None
    return Wide(call.node.name, call.shape, call.dtype, ufunc.__name__, types, has_data, whole)


def _math(function: Any) -> Callable[[_Call], Value]:
    def form(call: _Call) -> Value:
        args = [call.argument(arg) for arg in call.node.args]
        if call.node.params or call.shape or call.dtype != float:
            raise _NotTaken
        if any(isinstance(arg, Value) and (arg.shape or arg.dtype.kind != "f") for arg in args):
            raise _NotTaken
        if len(args) != _MATH[function].count("{"):
            raise _NotTaken
        return call.map(_MATH[function], args, [np.dtype(float)] * len(args), function.__name__)

    return form


def _view(call: _Call) -> Value:
    function, (first, *rest) = call.node.function, call.node.args
    value = call.array(first)
    if function in _GETTING:
        index = rest[0] if type(rest[0]) is tuple else (rest[0],)
        if not all(type(item) in _BASIC or isinstance(item, np.integer) for item in index):
            raise _NotTaken
        rest = [index if Ellipsis in index else (*index, Ellipsis)]
    base, start = _stand_in(value)
    found = runner(function)(start, *rest, **call.node.params)
    if not isinstance(found, np.ndarray) or found.shape != call.shape or found.dtype != np.int8:
        raise _NotTaken
    spot = _spot(found, base)
    if spot is None:
        raise _NotTaken
    root = value.base if isinstance(value, View) else value
    node = call.node
    view = View(node.name, call.shape, value.dtype, root, spot.offset, spot.steps, found)
    if node.space is not None and node.space[0] is not np.ndarray:
        return call.map("{0}", [view], [None], "getitem")
    return view


def _stand_in(value: Value) -> tuple[np.ndarray, np.ndarray]:
    """A block of as many elements as what a value lies in, and those that are the value."""
    if isinstance(value, View):
        start = value.stand_in
        block = start
        while isinstance(block.base, np.ndarray):
            block = block.base
        return block, start
    block = np.empty(max(value.size, 1), np.int8)  # which nobody writes to, so it takes no memory
    return block, block[: value.size].reshape(value.shape)


def _spot(found: np.ndarray, block: np.ndarray) -> Spot | None:
    """Where the elements of ``found`` lie in ``block``; ``None`` if it is a copy."""
    offset = found.ctypes.data - block.ctypes.data
    if found.size == 0:
        return Spot(found.shape, 0, (0,) * found.ndim)
    if not 0 <= offset < block.size or not np.may_share_memory(found, block):
        return None
    steps = tuple(
        step if length > 1 else 0 for step, length in zip(found.strides, found.shape, strict=True)
    )
    return Spot(found.shape, offset, steps)


def _reduction(kind: str) -> Callable[[_Call], Value]:
    def form(call: _Call) -> Value:
        params = dict(call.node.params)
        first, *rest = call.node.args
        params.update(zip(("axis", "dtype"), rest, strict=False))
        if len(rest) > 2 or (len(rest) == 2 and kind in ("max", "min")):
            raise _NotTaken
        is_method = getattr(call.node.function, "__name__", "") == "reduce"  # of a ufunc
        axis = params.pop("axis", 0 if is_method else None)
        keepdims = params.pop("keepdims", False)
        params.pop("dtype", None)  # that of the node
        if any(value is not None and value is not np._NoValue for value in params.values()):
            raise _NotTaken
        value = call.array(first)
        given_axes = range(len(value.shape)) if axis is None else axis
        axes = tuple(np.atleast_1d(np.asarray(given_axes, int)) % max(len(value.shape), 1))
        number = prod(value.shape[a] for a in axes)
        if (kind in ("max", "min") and (not number or value.dtype.kind in "cb")) or not value.shape:
            raise _NotTaken
        if kind == "mean" and call.dtype.kind not in "fc":
            raise _NotTaken
        if value.dtype != call.dtype:
            name = f"{call.node.name}_terms"
            value = Map(name, value.shape, call.dtype, "{0}", [value], [call.dtype])
        what = "sum" if kind == "mean" else kind
        kept = tuple(length for place, length in enumerate(value.shape) if place not in axes)
        shape = call.shape if keepdims else kept
        if shape != call.shape:
            raise _NotTaken
        name = f"{call.node.name}_sum" if kind == "mean" else call.node.name
        total = Reduce(name, call.shape, call.dtype, what, value, tuple(sorted(map(int, axes))))
        if kind != "mean":
            return total
        return call.map("{0} / {1}", [total, Number(number)], [call.dtype] * 2, "mean")

    return form


def _product(call: _Call) -> Value:
    a, b = (call.array(arg) for arg in call.node.args)
    if call.node.params or {len(a.shape), len(b.shape)} - {1, 2} or 0 in (*a.shape, *b.shape):
        raise _NotTaken
    if call.dtype.kind not in "fc" or a.dtype != call.dtype or b.dtype != call.dtype:
        raise _NotTaken
    return Product(call.node.name, call.shape, call.dtype, a, b)


def _scatter(call: _Call) -> Value:
    shape, dtype, indices, *cotangents = call.node.args
    if call.node.params or np.dtype(dtype) != call.dtype:
        raise _NotTaken
    block = np.empty(max(prod(shape), 1), np.int8)
    whole = block[: prod(shape)].reshape(shape)
    parts = []
    for index, cotangent in zip(indices, cotangents, strict=True):
        items = index if type(index) is tuple else (index,)
        if not all(type(item) in _BASIC or isinstance(item, np.integer) for item in items):
            raise _NotTaken
        found = whole[items if Ellipsis in items else (*items, Ellipsis)]
        spot = _spot(found, block)
        value = call.argument(cotangent)
        if spot is None or np.broadcast_shapes(value.shape, spot.shape) != spot.shape:
            raise _NotTaken
        if isinstance(value, Value) and value.dtype.kind == "c" and call.dtype.kind != "c":
            raise _NotTaken
        whole_value = (
            isinstance(value, Value)
            and (value.shape, value.dtype) == (spot.shape, call.dtype)
            and not isinstance(value, View)
            and not (isinstance(value, Given) and not value.is_array)
        )
        if len(indices) > MANY_PARTS and not whole_value:
            value = Map(
                f"part_{next(_fresh)}", spot.shape, call.dtype, "{0}", [value], [call.dtype]
            )
        parts.append((spot, value))
    return Scatter(call.node.name, call.shape, call.dtype, parts)


def _cast(call: _Call) -> Value:
    first, *rest = call.node.args
    if len(rest) > 1 and rest[1] not in ("K", "C"):
        raise _NotTaken
    value = call.argument(first)
    if isinstance(value, Value) and value.dtype.kind == "c" and call.dtype.kind not in "cb":
        return call.map("{0}.real", [value], [None], "astype")
    if isinstance(value, Value) and value.dtype.kind == "f" and call.dtype.kind in "iu":
        raise _NotTaken  # of what does not fit, every processor makes something else
    return call.map("{0}", [value], [call.dtype], "astype")


def _where(call: _Call) -> Value:
    if call.node.params or len(call.node.args) != 3:
        raise _NotTaken
    test, yes, no = (call.argument(arg) for arg in call.node.args)
    is_bool = isinstance(test, Value) and test.dtype.kind == "b"
    form = "select({0}, {1}, {2})" if is_bool else "select({0} != 0, {1}, {2})"
    return call.map(form, [test, yes, no], [None, call.dtype, call.dtype], "where")


def _item(call: _Call) -> Value:
    if len(call.node.args) != 1 or call.node.params:
        raise _NotTaken
    return call.map("{0}", [call.argument(call.node.args[0])], [call.dtype], "item")


def _part(name: str) -> Callable[[_Call], Value]:
    def form(call: _Call) -> Value:
        value = call.array(call.node.args[0])
        shown = f"{{0}}.{name}" if value.dtype.kind == "c" else "{0}"
        if name == "imag" and value.dtype.kind != "c":
            raise _NotTaken
        return call.map(shown, [value], [None], name)

    return form


def _strong(form: str) -> Callable[[_Call], Value]:
    """Of the products and quotients in which an exactly zero cotangent wins."""

    def strong(call: _Call) -> Value:
        args = [call.argument(arg) for arg in call.node.args]
        if call.node.params or len(args) != 2 or call.dtype.kind != "f":
            raise _NotTaken
        kinds = [_kind(arg) for arg in args]
        if np.multiply.resolve_dtypes((*kinds, None))[-1] != call.dtype:
            raise _NotTaken
        return call.map(form, args, [call.dtype] * 2, call.node.function.__name__)

    return strong


def _strong_forms() -> dict[Any, Callable[[_Call], Value]]:
    from pullback.registry import unwrap
    from pullback_numpy import indexing, strong

    def silent(product: str, zero: str) -> str:
        return f"select(({zero}) & (({product}) != ({product})), {{t}}(0), {product})"

    multiply, divide = "{0} * {1}", "{0} / {1}"
    return {
        unwrap(strong.multiply): _strong(silent(multiply, "{0} == 0")),
        unwrap(strong.divide): _strong(silent(divide, "{0} == 0")),
        unwrap(strong.bilinear): _strong(silent(multiply, "({0} == 0) | ({1} == 0)")),
        unwrap(strong.power_log): _power_log,
        unwrap(indexing.scatter): _scatter,
    }


def _math_strong_forms() -> dict[Any, Callable[[_Call], Value]]:
    try:
        from pullback_math import strong
    except ImportError:
        return {}
    from pullback.registry import unwrap

    return {
        unwrap(strong.power_log): _power_log,
        unwrap(strong.divide): _math_divide,
        unwrap(strong.bilinear): _strong("select(({0} == 0) | ({1} == 0), {t}(0), {0} * {1})"),
    }


def _math_divide(call: _Call) -> Value:
    """``ct / x**n``, where a zero of ``x`` counts as positive."""
    ct, x, *power = [call.argument(arg) for arg in call.node.args]
    n = power[0].value if power and isinstance(power[0], Number) else 1
    if call.node.params or call.shape or call.dtype != float or n not in (1, 2, 3):
        raise _NotTaken
    quotient = "{0}" + " / {1}" * n
    form = f"select({{0}} == 0, 0.0, select({{1}} == 0, {{0}} * np.inf, {quotient}))"
    return call.map(form, [ct, x], [call.dtype] * 2, "divide")


def _power_log(call: _Call) -> Value:
    """``ct * a**p`` of a small whole exponent, and 0 where either factor is."""
    args = [call.argument(arg) for arg in call.node.args]
    exponent, logs = args[2], args[3] if len(args) > 3 else Number(0)
    logs = call.argument(call.node.params["k"]) if "k" in call.node.params else logs
    if not isinstance(exponent, Number) or logs != Number(0) or call.dtype.kind != "f":
        raise _NotTaken
    if exponent.value not in (1, 2, 3):
        raise _NotTaken
    power = f"({_POWERS[exponent.value]})".replace("{0}", "{1}")
    form = f"select(({{0}} == 0) | ({power} == 0), {{t}}(0), {{0}} * {power})"
    if not call.weak:
        zero, product = f"({{0}} == 0) | ({power} == 0)", f"{{0}} * {power}"
        form = f"select(({zero}) & ({product} != {product}), {{t}}(0), {product})"
    return call.map(form, args[:2], [call.dtype] * 2, "power_log")


_forms: dict[Any, Callable[[_Call], Value]] = {}


def _form_of(function: Any) -> Callable[[_Call], Value] | None:
    """How a function is computed by a kernel."""
    if not _forms:
        _forms.update({f: _elementwise(ufunc) for f, ufunc in _OPERATORS.items()})
        _forms.update({f: _math(f) for f in _MATH})
        _forms.update({f: _reduction(kind) for f, kind in _REDUCTIONS.items()})
        _forms.update(dict.fromkeys(_VIEWS, _view))
        _forms.update(dict.fromkeys(_PRODUCTS, _product))
        _forms.update(dict.fromkeys((np.ndarray.astype, np.generic.astype, np.astype), _cast))
        _forms.update(dict.fromkeys((np.ndarray.item, np.generic.item), _item))
        _forms.update(dict.fromkeys((np.ndarray.copy, np.copy), _item))
        _forms.update({np.where: _where, np.real: _part("real"), np.imag: _part("imag")})
        _forms.update({np.ndarray.real: _part("real"), np.ndarray.imag: _part("imag")})
        _forms.update({**_strong_forms(), **_math_strong_forms()})
    if isinstance(function, np.ufunc) and function not in _forms:
        _forms[function] = _elementwise(function)
    return _forms.get(function)
