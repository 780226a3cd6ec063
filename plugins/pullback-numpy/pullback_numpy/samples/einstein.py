"""Cases of `pullback_numpy.einstein`."""

from __future__ import annotations

import numpy as np

from pullback.conformance import arrays, call, each, exactly, floats


def register(samples):
    """Hand over the cases of Einstein summation: both forms, and all that subscripts can say."""
    samples.add(
        np.einsum,
        call("ij,jk->ik", arrays("n,k"), arrays("k,m"), optimize=each(False, True, "greedy")),
        call(each("ij,jk", "ij,jk->ki", "ij,jk->", "ij,jk->k"), arrays("n,k"), arrays("k,m")),
        call(
            "ij,jk,kl->il",
            arrays("n,k"),
            arrays("k,m"),
            arrays("m,2"),
            optimize=exactly(each(False, "optimal", ["einsum_path", (1, 2), (0, 1)])),
        ),
        call(each("i,i", "i,i->i", "i,j", "i,j->ji"), arrays("2"), arrays("2")),
        call(each("ij->ji", "ij->i", "ij->", "ji", "ij->ij"), arrays("n,m")),
        call(each("ii", "ii->i"), arrays("n,n")),
        call(each("iij->j", "iij->ij", "iij"), arrays("n,n,3")),
        call("iji->ij", arrays("n,3,n")),
        call("iij,jk->ik", arrays("n,n,m"), arrays("m,k")),
        call("iii->i", arrays("n,n,n")),
        call(each("...ij,...jk", "...ij,...jk->...ik"), arrays("b,n,k"), arrays("k,m")),
        call("...ab,...bc->...ac", arrays("2,3,k"), arrays("k,m")),
        call("...i,i...->...", arrays("n,k"), arrays("k,n")),
        call("...->...", arrays("n,m")),
        call("ij,ij->i", arrays("n,m"), each(arrays("n,1"), arrays("1,m"), arrays("1,1"))),
        call(",i->i", floats(), arrays("n")),
        call("ij , jk -> ik", arrays("n,k"), arrays("k,m"), dtype=each(np.float64, np.complex128)),
        call("ij->ji", arrays("n,m"), order=each("C", "F", "K"), casting=each("safe", "same_kind")),
        call(arrays("n,k"), [0, 1], arrays("k,m"), [1, 2], each([0, 2], [2, 0], [])),
        call(arrays("n,k"), [0, 1], arrays("k,m"), [1, 2], optimize=each(False, True)),
        call(arrays("b,n,k"), [..., 0, 1], arrays("k,m"), [1, 2], [..., 0, 2]),
        call(arrays("n,n"), [3, 3], [3]),
        call(arrays("n,k"), [30, 1], arrays("k,m"), [1, 4]),  # letters of both cases
    )
