"""Cases of `pullback_numpy.products`."""

from __future__ import annotations

import operator

import numpy as np

from pullback.conformance import arrays, call, each, floats


def register(samples):
    """Hand over the cases of products of vectors, matrices and tensors."""
    vectors = call(arrays("n"), arrays("n"))
    matrices = call(arrays("n,k"), arrays("k,m"))
    row_times_matrix = call(arrays("k"), arrays("k,m"))
    matrix_times_column = call(arrays("n,k"), arrays("k"))

    samples.add(
        [operator.matmul, np.matmul, np.linalg.matmul],
        matrices,
        call(arrays("b,n,k"), each(arrays("b,k,m"), arrays("k,m"), arrays("1,k,m"))),
        call(each(arrays("n,k"), arrays("1,n,k"), arrays("c,1,n,k")), arrays("b,k,m")),
    )
    samples.add(
        [operator.matmul, np.matmul],
        vectors,
        row_times_matrix,
        matrix_times_column,
        call(arrays("b,n,k"), arrays("k")),
        call(arrays("k"), arrays("b,k,m")),
    )
    samples.add(
        np.dot,
        vectors,
        matrices,
        row_times_matrix,
        matrix_times_column,
        call(arrays("b,n,k"), each(arrays("k"), arrays("k,m"), arrays("c,k,m"))),
        call(each(arrays("k"), arrays("n,k")), arrays("b,k,m")),
        call(floats(), each(floats(), arrays("n,m"))),
        call(arrays("n,m"), floats()),
    )
    samples.add(
        np.inner,
        vectors,
        call(arrays("n,k"), each(arrays("k"), arrays("m,k"), arrays("b,m,k"))),
        call(each(arrays("k"), arrays("b,n,k")), arrays("m,k")),
        call(floats(), each(floats(), arrays("n,m"))),
        call(arrays("n,m"), floats()),
    )
    samples.add(
        np.vdot,
        vectors,
        call(arrays("2,3"), each(arrays("2,3"), arrays("3,2"))),
        call(floats(), floats()),
    )
    samples.add([np.outer, np.linalg.outer], call(arrays("n"), arrays("m")))
    samples.add(np.outer, call(arrays("n,2"), arrays("m,k")), call(floats(), arrays("n")))
    samples.add(
        [np.tensordot, np.linalg.tensordot],
        call(arrays("n,2,3"), arrays("2,3,m")),
        call(arrays("n,2,3"), arrays("2,3,m"), axes=each(2, ([1, 2], [0, 1]), ((2, -2), (1, -3)))),
        call(arrays("n,k"), arrays("k,m"), axes=each(1, (1, 0), ([-1], [0]))),
        call(arrays("n,k"), arrays("m,k"), axes=each(0, (1, 1), (-1, -1))),
        call(arrays("2,3,n"), arrays("3,m,2"), axes=each(([0, 1], [2, 0]), ([1, 0], [0, 2]))),
    )
    samples.add(
        np.vecdot,
        vectors,
        call(arrays("n,k"), each(arrays("k"), arrays("n,k"), arrays("1,k"), arrays("b,1,k"))),
    )
    if hasattr(np, "matvec"):  # NumPy 2.2 added it, and vecmat
        samples.add(
            np.matvec,
            call(each(arrays("n,k"), arrays("b,n,k"), arrays("1,n,k")), arrays("k")),
            call(each(arrays("n,k"), arrays("b,n,k")), arrays("b,k")),
        )
        samples.add(
            np.vecmat,
            call(arrays("k"), each(arrays("k,m"), arrays("b,k,m"), arrays("1,k,m"))),
            call(arrays("b,k"), each(arrays("k,m"), arrays("b,k,m"))),
        )
