"""Cases of `pullback_numpy.linear_systems`."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats


def positive(shape):
    """Hermitian matrices with a large diagonal; NumPy reads one of their triangles."""
    return arrays(shape).map(lambda a: (a + a.mT) / 8 + 4 * np.eye(a.shape[-1]))


def regular(shape):
    """Matrices that are far from singular."""
    return arrays(shape).map(lambda a: a / 2 + _heavy(a.shape[-1]))


def _heavy(length):
    """A diagonal that outweighs the others of its row, which are 2 at most, also when rounded."""
    return (2 * length + 2) * np.eye(length)


def square(shape, rows):
    """Tensors whose first ``rows`` axes, against the others, are a matrix far from singular."""

    def tensor(a):
        length = prod(a.shape[:rows])
        return (a.reshape(length, length) / 2 + _heavy(length)).reshape(a.shape)

    return arrays(shape).map(tensor)


def register(samples):
    """Hand over the cases of inverses, solutions, Cholesky factors, powers and chains."""
    samples.add(np.linalg.inv, call(arrays("n,n")), call(regular("b,n,n")))
    samples.add(
        np.linalg.solve,
        call(arrays("n,n"), each(arrays("n"), arrays("n,m"))),
        call(regular("b,n,n"), each(arrays("n,m"), arrays("1,n,m"), arrays("b,n,m"))),
        call(regular("n,n"), arrays("b,n,m")),
        call(regular("2,n,n"), arrays("n")),
    )
    samples.add(
        np.linalg.tensorinv,
        call(square("2,3,6", 2)),
        call(square("2,3,3,2", 2), ind=each(2)),
        call(square("6,2,3", 1), ind=each(1)),
    )
    samples.add(
        np.linalg.tensorsolve,
        call(square("2,3,6", 2), arrays("2,3")),
        call(square("4,2,2", 1), arrays("4")),
        call(
            square("2,3,6", 2).map(lambda a: a.transpose(0, 2, 1)),
            arrays("2,3"),
            axes=each((1,), [1]),
        ),
        call(square("2,3,3,2", 2), arrays("2,3")),
        call(
            square("2,3,3,2", 2).map(lambda a: a.transpose(2, 3, 0, 1)),
            arrays("2,3"),
            axes=each((0, 1)),
        ),
    )
    samples.add(
        np.linalg.cholesky,
        call(positive("n,n"), upper=each(False, True)),
        call(positive("b,n,n")),
    )
    samples.add(
        np.linalg.matrix_power,
        call(arrays("n,n"), each(0, 1, 2, 3, 5, 6, -1, -2)),
        call(regular("b,n,n"), n=each(0, 1, 4, 7, -3)),
    )
    samples.add(
        np.linalg.multi_dot,
        call(st.tuples(arrays("n,k"), arrays("k,m")).map(list)),
        call(st.tuples(arrays("n,k"), arrays("k,2"), arrays("2,m"))),
        call(st.tuples(arrays("n,k"), arrays("k,2"), arrays("2,5"), arrays("5,m")).map(list)),
        call(st.tuples(arrays("k"), arrays("k,2"), arrays("2,m")).map(list)),
        call(st.tuples(arrays("n,k"), arrays("k,2"), arrays("2")).map(list)),
        call(st.tuples(arrays("k"), arrays("k,m"), arrays("m")).map(list)),
        call(each(arrays("3,n,n"), arrays("2,n,n"))),
        call(st.tuples(floats(), arrays("n")).map(list)),
    )
