"""How functions that move elements are called."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, floats, numpy_scalars

in_fortran_order = arrays("2,3").map(np.asfortranarray)
with_gaps = arrays("4,6").map(lambda a: a[::2, ::2])


def register(samples):
    """Hand over the cases of `pullback_numpy.shapes`."""
    samples.add(
        np.reshape,
        call(arrays("2,6"), each((3, 4), 12, (-1,), (2, 2, -1), [4, 3])),
        call(arrays("2,3"), each((3, 2), 6), order=each("C", "F", "A"), copy=each(None, True)),
        call(arrays("2,3"), (3, 2), copy=each(True, False)),
        call(each(in_fortran_order, with_gaps), (3, 2), order="A"),
        call(each(floats(), numpy_scalars(), arrays("1")), each((), (1, 1), -1)),
    )
    samples.add(
        np.ravel,
        call(arrays("n,m"), order=each("C", "F", "A", "K")),
        call(each(in_fortran_order, with_gaps), order=each("A", "K")),
        call(arrays("2,3,4").map(lambda a: a.swapaxes(0, 1)), order="K"),
        call(each(floats(), arrays(""), arrays("n,m,k"))),
    )
    samples.add(np.squeeze, call(arrays("1,n,1"), each(None, 0, -1, (0, 2), (-1, 0), ())))
    samples.add(
        np.expand_dims,
        call(arrays("n,m"), each(0, 1, -1, (0, 2), (-1, 0), [1])),
        call(each(floats(), arrays("")), each(0, -1, (0, 1))),
    )
    samples.add(
        [np.atleast_1d, np.atleast_2d, np.atleast_3d],
        call(each(floats(), arrays(""), arrays("n"), arrays("n,m"), arrays("n,m,k"))),
        call(arrays("n"), each(floats(), arrays("m,k"))),
        call(arrays(""), arrays("n,m"), arrays("k")),
    )
    samples.add(
        np.transpose,
        call(each(floats(), arrays("n"), arrays("n,m"))),
        call(arrays("n,m,k"), axes=each(None, (2, 0, 1), (-1, 0, 1), [1, 2, 0])),
    )
    samples.add(
        [np.matrix_transpose, np.linalg.matrix_transpose],
        call(each(arrays("n,m"), arrays("k,n,m"))),
    )
    samples.add(np.swapaxes, call(arrays("n,m,k"), each(0, 1, -1), each(2, 0, -2)))
    samples.add(
        np.moveaxis,
        call(arrays("n,m,k"), each(0, 1, -1), each(2, 0, -2)),
        call(arrays("n,m,k"), each((0, 1), (-1, 0), [2, 1]), each((2, 0), (-1, 1), [1, 0])),
    )
    samples.add(np.rollaxis, call(arrays("n,m,k"), each(0, 1, 2, -1, -2), each(0, 1, 3, -1, -3)))
    samples.add(np.rollaxis, call(arrays("n,m,k"), each(1, -1)))
    samples.add(
        np.broadcast_to,
        call(each(floats(), arrays("3"), arrays("1,3"), arrays("2,1")), each((2, 3), (4, 2, 3))),
        call(each(floats(), arrays(""), arrays("1")), 3, subok=each(False, True)),
        call(each(floats(), arrays("")), ()),
    )
    samples.add(
        np.broadcast_arrays,
        call(arrays("n,m")),
        call(arrays("n,1"), each(floats(), arrays("m"), arrays("k,1,m")), subok=each(False, True)),
        call(arrays("m"), arrays("n,1"), arrays("")),
    )
    samples.add(
        np.full_like,
        call(arrays("n,m"), each(floats(), arrays("m"), arrays("n,1"), arrays(""))),
        call(
            arrays("n,m"),
            floats(),
            dtype=each(None, np.float32, complex),
            order=each("K", "C", "F", "A"),
            subok=each(True, False),
            shape=each(None, 3, (2, 1)),
            device=each(None, "cpu"),
        ),
    )
    samples.add(
        np.flip,
        call(arrays("n,m,k"), axis=each(None, 0, -1, (0, 1), (-1, 0), ())),
        call(each(floats(), arrays("n"))),
    )
    samples.add(np.fliplr, call(each(arrays("n,m"), arrays("n,m,k"))))
    samples.add(np.flipud, call(each(arrays("n"), arrays("n,m"))))
    samples.add(
        np.roll,
        call(arrays("n,m"), each(1, -2, 0, 7), axis=each(None, 0, -1, (0, 1))),
        call(arrays("n,m"), each((1, -2), [3, 1], np.array([-1, 2])), each((0, 1), (-1, -1), 1)),
        call(each(arrays("n"), arrays("n,m"), floats()), each(2, (1, 2))),
    )
    samples.add(
        np.rot90,
        call(each(arrays("n,m"), arrays("n,m,k")), k=each(0, 1, 2, 3, -1, 5)),
        call(arrays("n,m,k"), k=each(1, 2, -1), axes=each((0, 1), (1, 0), (2, 1), (-1, 0))),
    )
    samples.add(
        np.copy,
        call(
            each(arrays("n,m"), arrays(""), floats(), numpy_scalars()),
            order=each("C", "F", "A", "K"),
            subok=each(False, True),
        ),
    )
    samples.add(
        np.astype,
        call(
            arrays("n,m"),
            each(np.float32, float, np.longdouble, complex, int),
            copy=each(True, False),
            device=each(None, "cpu"),
        ),
    )
