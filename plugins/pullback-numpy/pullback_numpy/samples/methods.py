"""How the methods and attributes of arrays and of NumPy's scalars are called."""

from __future__ import annotations

import os

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats, indices, masks, numpy_scalars
from pullback.domains import interval

MATRIX = arrays("n,m")
SCALAR = numpy_scalars()
KEEP = each(False, True)
DTYPES = each(None, np.float32, complex)
ORDERS = each("C", "F", "A", "K")
low, high = interval(-2.0, -0.5), interval(0.5, 2.0)


def register(samples):
    """Hand over the cases of `pullback_numpy.methods`."""
    reductions(samples)
    shapes(samples)
    elements(samples)
    numbers(samples)
    constants(samples)
    in_place(samples)
    plain_memory(samples)


def both(samples, name, array, *args, **params):
    """Add a case for the attribute ``name`` of arrays, and one for that of scalars."""
    samples.add(getattr(np.ndarray, name), call(array, *args, **params))
    samples.add(getattr(np.generic, name), call(SCALAR, *args, **params))


def reductions(samples):
    """Sums, means, extremes, and running sums."""
    for name in ("sum", "prod", "max", "min"):
        method = getattr(np.ndarray, name)
        bound = each(floats(interval(3.1, 3.5)), -4.0)
        samples.add(
            method,
            call(MATRIX, axis=each(None, 0, -1, (1, 0), ()), keepdims=KEEP),
            call(arrays("n"), each(0, None)),
            call(MATRIX, axis=each(None, 1), initial=bound),
            call(MATRIX, axis=each(None, -1), initial=bound, where=each(masks("n,m"), masks("m"))),
        )
        samples.add(
            getattr(np.generic, name),
            call(SCALAR, axis=each(None, 0, ()), keepdims=KEEP),
            call(SCALAR, initial=bound, where=each(True, False)),
        )
    for name in ("sum", "prod", "mean"):
        samples.add(getattr(np.ndarray, name), call(MATRIX, axis=each(None, 0), dtype=DTYPES))
        samples.add(getattr(np.generic, name), call(SCALAR, dtype=DTYPES))
    for name in ("mean", "var", "std"):
        samples.add(
            getattr(np.ndarray, name),
            call(arrays("3,2"), axis=each(None, 0, -1, (0, 1)), keepdims=KEEP),
            call(arrays("4,n"), axis=0, where=masks("4,1")),
        )
        samples.add(
            getattr(np.generic, name),
            call(SCALAR, axis=each(None, ()), keepdims=KEEP, where=each(True, np.True_)),
        )
    for name in ("var", "std"):
        samples.add(
            getattr(np.ndarray, name),
            call(arrays("3,2"), axis=each(None, 1), dtype=DTYPES, ddof=each(0, 1)),
            call(arrays("3,n"), axis=0, mean=arrays("1,n"), keepdims=KEEP),
        )
        samples.add(
            getattr(np.generic, name), call(SCALAR, dtype=DTYPES, ddof=each(0, -1), mean=SCALAR)
        )
    samples.add(
        [np.ndarray.cumsum, np.ndarray.cumprod],
        call(MATRIX, axis=each(None, 0, 1, -1), dtype=DTYPES),
    )
    samples.add([np.generic.cumsum, np.generic.cumprod], call(SCALAR, each(None, 0), DTYPES))


def shapes(samples):
    """What moves elements."""
    for name in ("ravel", "flatten"):
        both(samples, name, MATRIX)
        both(samples, name, MATRIX, order=ORDERS)
    samples.add(np.ndarray.mT, call(each(MATRIX, arrays("k,n,m"))))
    samples.add(np.ndarray.T, call(each(MATRIX, arrays("k,n,m"), arrays("n"), arrays(""))))
    samples.add(np.generic.T, call(SCALAR))
    samples.add(np.ndarray.squeeze, call(arrays("1,n,1"), axis=each(None, 0, -1, (0, 2))))
    samples.add(np.generic.squeeze, call(SCALAR, axis=each(None, 0, ())))
    samples.add(np.ndarray.swapaxes, call(arrays("n,m,k"), each(0, 1, -1), each(2, -2)))
    offsets = {"offset": each(0, 1, -1), "axis1": each(0, -1), "axis2": each(1, -2)}
    samples.add(np.ndarray.diagonal, call(MATRIX), call(arrays("2,3,2"), **offsets))
    samples.add(np.ndarray.trace, call(MATRIX), call(arrays("2,3,2"), dtype=DTYPES, **offsets))
    samples.add(
        np.ndarray.reshape,
        call(arrays("2,6"), each((3, 4), (-1,), 12, (2, 2, 3))),
        call(arrays("2,6"), 3, each(4, -1), order=each("C", "F", "A"), copy=each(None, True)),
        call(arrays("2,6"), 2, 3, 2, copy=False),
        call(arrays("1"), ()),
    )
    samples.add(
        np.generic.reshape,
        call(SCALAR, each((), 1, (1, 1), -1), order=each("C", "F", "A"), copy=each(None, True)),
        call(SCALAR, 1, 1),
    )
    samples.add(
        np.ndarray.transpose,
        call(arrays("n,m,k")),
        call(arrays("n,m,k"), each((2, 0, 1), (-1, 0, 1), None)),
        call(arrays("n,m,k"), each(1, -2), 0, 2),
    )
    samples.add(np.generic.transpose, call(SCALAR), call(SCALAR, each((), None)))
    both(samples, "flat", MATRIX)


def elements(samples):
    """What reads elements, repeats them, and multiplies."""
    samples.add(
        np.ndarray.take,
        call(arrays("2,3"), each(4, -1, [0, 5, 5], indices("k,2", 6, negative=True))),
        call(arrays("n,3"), each(0, [1, 1, -1]), axis=each(1, -1)),
        call(arrays("2,3"), each(7, [-9, 4]), axis=each(None, 0), mode=each("wrap", "clip")),
    )
    samples.add(
        np.generic.take,
        call(SCALAR, each(0, [0, -1]), axis=each(None, 0), mode=each("raise", "wrap")),
    )
    samples.add(
        np.ndarray.repeat,
        call(arrays("2,3"), each(0, 2, [3]), axis=each(None, 0, -1)),
        call(arrays("n,3"), each([2, 0, 1], indices("3", 3)), 1),
    )
    samples.add(np.generic.repeat, call(SCALAR, each(3, [2], 0), axis=each(None, 0)))
    samples.add(
        np.ndarray.compress,
        call(arrays("3,n"), each([True, False, True], masks("3")), axis=each(0, -2)),
        call(arrays("2,2"), each([0, 1, 1], masks("4"))),
    )
    samples.add(np.generic.compress, call(SCALAR, each([True], [False]), axis=each(None, 0)))
    samples.add(
        np.ndarray.item,
        call(each(arrays(""), arrays("1"), arrays("1,1"))),
        call(arrays("2,3"), each(0, -1, (1, 2), (-1, -3))),
        call(arrays("2,3"), each(1, -2), each(0, -1)),
    )
    samples.add(np.generic.item, call(SCALAR), call(SCALAR, each(0, -1, ())))
    samples.add(np.ndarray.tolist, call(each(arrays("n"), arrays(""))))
    samples.add(np.generic.tolist, call(SCALAR))
    samples.add(
        np.ndarray.dot,
        call(MATRIX, each(arrays("m,k"), arrays("m"), floats())),
        call(arrays("n"), each(arrays("n"), arrays("n,m"), arrays("k,n,m"))),
        call(arrays(""), each(floats(), arrays("n"))),
    )
    samples.add(
        np.ndarray.clip,
        call(MATRIX, each(floats(low), arrays("m", low), None), each(floats(high), 1)),
        call(MATRIX, min=each(floats(low), arrays("n,1", low)), max=each(arrays("m", high), None)),
        call(MATRIX, floats(low), floats(high), dtype=each(None, np.float32), casting="same_kind"),
    )
    samples.add(
        np.generic.clip,
        call(SCALAR, each(floats(low), None), each(floats(high), 1)),
        call(SCALAR, min=floats(low), max=each(None, floats(high)), dtype=each(None, np.float32)),
    )


def numbers(samples):
    """The same numbers, their parts and their copies."""
    complex_array = st.builds(lambda a, b: a + 1j * b, MATRIX, MATRIX)
    complex_scalar = st.builds(np.complex128, st.builds(complex, floats(), floats()))
    for name in ("real", "imag", "conj", "conjugate"):
        samples.add(getattr(np.ndarray, name), call(each(MATRIX, complex_array)))
        samples.add(getattr(np.generic, name), call(each(SCALAR, complex_scalar)))
    params = {"order": ORDERS, "casting": each("unsafe", "same_kind"), "copy": each(True, False)}
    kinds = each(np.float32, complex, float, int)
    both(samples, "astype", MATRIX, kinds)
    both(samples, "astype", MATRIX, complex, subok=KEEP, **params)
    both(samples, "copy", MATRIX)
    both(samples, "copy", MATRIX, order=ORDERS)
    both(samples, "to_device", MATRIX, "cpu", stream=None)
    samples.add(
        np.ndarray.view,
        call(MATRIX),
        call(MATRIX, each(np.ndarray, float)),
        call(MATRIX, dtype=float, type=np.ndarray),
    )
    samples.add(np.generic.view, call(SCALAR), call(SCALAR, float), call(SCALAR, dtype=np.float64))


def constants(samples):
    """What describes an array, is piecewise constant, or is not a number."""
    described = (
        "shape",
        "ndim",
        "size",
        "dtype",
        "itemsize",
        "nbytes",
        "strides",
        "flags",
        "device",
    )
    for name in (*described, "dumps"):
        both(samples, name, MATRIX)
    for name in ("all", "any"):
        samples.add(
            getattr(np.ndarray, name),
            call(MATRIX, axis=each(None, 0, (0, 1)), keepdims=KEEP, where=each(True, masks("m"))),
        )
        samples.add(getattr(np.generic, name), call(SCALAR, axis=each(None, 0)))
    for name in ("argmax", "argmin"):
        samples.add(getattr(np.ndarray, name), call(MATRIX, axis=each(None, 0, -1), keepdims=KEEP))
        samples.add(getattr(np.generic, name), call(SCALAR, axis=each(None, 0)))
    samples.add(np.ndarray.argpartition, call(arrays("3,4"), each(1, [0, 2]), axis=each(0, -1)))
    samples.add(np.ndarray.argsort, call(MATRIX, axis=each(0, -1, None), kind=each(None, "stable")))
    samples.add(np.generic.argsort, call(SCALAR))
    samples.add(np.ndarray.nonzero, call(MATRIX))
    grid = np.array([-1.0, 0.4, 1.2])
    samples.add(
        np.ndarray.searchsorted, call(grid, each(floats(), arrays("n")), each("left", "right"))
    )
    # No tenth and no half is near.
    steps = interval(1.11, 1.14)
    samples.add(np.ndarray.round, call(arrays("n,m", steps), decimals=each(0, 1, -1)))
    samples.add(np.generic.round, call(numpy_scalars(steps), decimals=each(0, 1, -1)))
    both(samples, "tobytes", MATRIX, order=each("C", "F"))
    both(samples, "tofile", MATRIX, os.devnull)
    both(samples, "dump", MATRIX, os.devnull)


def in_place(samples):
    """What writes into an array; its rule refuses."""
    both(samples, "fill", MATRIX, floats())
    samples.add(np.ndarray.partition, call(arrays("3"), 1))
    both(samples, "put", MATRIX, 0, floats())
    samples.add(np.ndarray.resize, call(arrays("4"), (2, 2)))
    samples.add(np.generic.resize, call(SCALAR, (1,)))
    samples.add(np.ndarray.setfield, call(MATRIX, floats(), float))
    both(samples, "setflags", MATRIX)
    samples.add(np.ndarray.sort, call(MATRIX))
    samples.add(np.copyto, call(MATRIX, each(arrays("m"), floats())))
    samples.add(np.fill_diagonal, call(arrays("3,3"), floats()))
    samples.add([np.place, np.putmask], call(MATRIX, masks("n,m"), arrays("k")))
    samples.add(np.put, call(MATRIX, 0, floats()))
    samples.add(np.put_along_axis, call(arrays("3,n"), indices("1,n", 3), floats(), 0))


def plain_memory(samples):
    """What would hand out the memory of a traced array; its rule refuses."""
    both(samples, "base", MATRIX)
    both(samples, "byteswap", MATRIX)
    samples.add(np.ndarray.ctypes, call(MATRIX))
    both(samples, "data", MATRIX)
    both(samples, "getfield", MATRIX, float)
