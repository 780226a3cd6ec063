"""What the code of kernels calls: a few operations that LLVM has and Python has no word for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from pullback_numba.ufuncs import loop_of

__all__ = ["flat", "plus", "select", "shifted", "times", "ufunc_loop"]


@intrinsic
def select(typingctx: Any, condition: Any, yes: Any, no: Any) -> Any:
    """``yes if condition else no``, both being known: without a branch."""
    wanted = typingctx.unify_types(yes, no)

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        test, first, second = args
        first = context.cast(builder, first, yes, wanted)
        second = context.cast(builder, second, no, wanted)
        test = context.cast(builder, test, condition, types.boolean)
        return builder.select(test, first, second)

    return wanted(condition, yes, no), codegen


def _reassociated(for_floats: str, for_integers: str) -> Any:
    """An operation whose order LLVM may change, and so compute several at once.

    This is said of the one instruction: everything else in a kernel is rounded as NumPy does it.
    """

    @intrinsic
    def operation(typingctx: Any, total: Any, item: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            if isinstance(total, types.Float):
                return getattr(builder, for_floats)(*args, flags=("reassoc",))
            return getattr(builder, for_integers)(*args)

        return total(total, total), codegen

    return operation


plus = _reassociated("fadd", "add")
times = _reassociated("fmul", "mul")


@intrinsic
def flat(typingctx: Any, array: Any) -> Any:
    """The elements of a contiguous array, as one row; it does not keep the array alive."""
    row = types.Array(array.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = make_array(array)(context, builder, args[0])
        target = make_array(row)(context, builder)
        populate_array(
            target,
            data=source.data,
            shape=[source.nitems],
            strides=[source.itemsize],
            itemsize=source.itemsize,
            meminfo=None,
        )
        return target._getvalue()

    return row(array), codegen


@intrinsic
def shifted(typingctx: Any, row: Any, start: Any) -> Any:
    """The elements of a row from a place on; it does not keep the row alive."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source = make_array(row)(context, builder, args[0])
        target = make_array(row)(context, builder)
        populate_array(
            target,
            data=builder.gep(source.data, [args[1]]),
            shape=[source.nitems],
            strides=[source.itemsize],
            itemsize=source.itemsize,
            meminfo=None,
        )
        return target._getvalue()

    return row(row, types.intp), codegen


def ufunc_loop(name: str, loop: str, *, has_data: bool) -> Callable[..., Any]:
    """What calls the loop of a ufunc: ``f(length, x, place of x, ..., y, place of y)``.

    Args:
        name: of the ufunc in NumPy.
        loop: its types, ``"d->d"``.
        has_data: whether the loop is given more than arrays. The code is cached and may be loaded
            where it is otherwise, so it is told.
    """
    found = loop_of(getattr(np, name), loop)
    if found is None or (found.data is not None) != has_data:
        raise RuntimeError(f"numpy.{name} has no such loop {loop} here; clear the cache of kernels")
    symbol = f"pullback_numpy_{name}_{loop.replace('->', '_')}"
    llvm.add_symbol(symbol, found.function)
    if found.data is not None:
        llvm.add_symbol(f"{symbol}_data", found.data)
    pointer, size = ir.IntType(8).as_pointer(), ir.IntType(64)
    row = [pointer.as_pointer(), size.as_pointer(), size.as_pointer(), pointer]
    loop_type = ir.FunctionType(ir.VoidType(), row)

    @intrinsic
    def run(typingctx: Any, length: Any, operands: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            function = cgutils.get_or_insert_function(builder.module, loop_type, symbol)
            number = len(operands) // 2
            starts = cgutils.alloca_once(builder, pointer, size=number)
            steps = cgutils.alloca_once(builder, size, size=number)
            lengths = cgutils.alloca_once(builder, size)
            builder.store(args[0], lengths)
            for place in range(number):
                kind = operands[2 * place]
                array = make_array(kind)(
                    context, builder, builder.extract_value(args[1], 2 * place)
                )
                start = builder.gep(array.data, [builder.extract_value(args[1], 2 * place + 1)])
                here = ir.Constant(size, place)
                builder.store(builder.bitcast(start, pointer), builder.gep(starts, [here]))
                builder.store(array.itemsize, builder.gep(steps, [here]))
            data = ir.Constant(pointer, None)
            if has_data:
                known = builder.module.globals.get(f"{symbol}_data")
                if known is None:
                    known = ir.GlobalVariable(builder.module, ir.IntType(8), f"{symbol}_data")
                data = known
            builder.call(function, [starts, lengths, steps, data])
            return context.get_dummy_value()

        return types.void(types.intp, operands), codegen

    return run  # type: ignore[no-any-return]
