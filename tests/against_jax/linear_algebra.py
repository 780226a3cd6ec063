"""Cases of products and of linear algebra; of vectors with a gauge, what does not depend on it."""

from __future__ import annotations

import importlib

import numpy as np

from tests.against_jax.model import Case, call, cplx, real, regular, use

MATRIX_ORDERS = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
VECTOR_ORDERS = (None, 1, 2, 3, 0.5, -1, np.inf, -np.inf)


def spd(xp, x):
    """A positive definite matrix."""
    return x @ xp.conj(x.T) + xp.eye(x.shape[0])


def symmetric(xp, x):
    """The Hermitian part of a matrix."""
    return (x + xp.conj(x.T)) / 2


def eigh_invariants(xp, x, uplo="L"):
    """The eigenvalues, and what projects on the vectors of the two smallest."""
    w, v = xp.linalg.eigh(symmetric(xp, x), uplo)
    chosen = v[:, :2]
    return w, chosen @ xp.conj(chosen.T)


def eig(xp, x):
    """Eigenvalues and vectors; JAX wants to hear that the phases of these do not matter."""
    if xp is np:
        return np.linalg.eig(x)
    jax_eig = importlib.import_module("jax.lax.linalg").eig
    return jax_eig(x, compute_left_eigenvectors=False, enable_eigvec_derivs=True)


def eig_invariants(xp, x):
    """The exponential of the matrix, and what depends on values and lengths in no order."""
    w, v = eig(xp, x)
    inverse = xp.linalg.inv(v)
    exponential = (v * xp.exp(w)) @ inverse
    length = xp.abs(v[0] / xp.sqrt(xp.sum(xp.abs(v) ** 2, axis=0)))
    return exponential, xp.sum(length * xp.abs(w)), xp.sum(xp.sin(w))


def svd_invariants(xp, x, full_matrices=False):
    """Singular values, and what does not depend on signs and phases of the vectors."""
    u, s, vh = xp.linalg.svd(x, full_matrices=full_matrices)
    k = s.shape[0]
    first = u[:, :2]
    return s, first @ xp.conj(first.T), (u[:, :k] * xp.exp(s)) @ vh[:k]


CASES: list[Case] = [
    *(
        call(f"numpy.{name}", real(3), real(3))
        for name in ("dot", "inner", "outer", "vdot", "kron", "matmul", "vecdot")
    ),
    *(
        call(f"numpy.{name}", cplx(3), cplx(3))
        for name in ("dot", "inner", "outer", "vdot", "kron", "matmul", "vecdot")
    ),
    *(call(f"numpy.{name}", real(2, 3), cplx(3, 4)) for name in ("dot", "matmul", "kron")),
    call("numpy.matmul", real(2, 1, 3, 4), real(5, 4, 2)),
    call("numpy.dot", real(2, 3, 4), real(5, 4, 2)),
    call("numpy.inner", cplx(2, 3), cplx(4, 3)),
    call("numpy.outer", cplx(2, 3), cplx(4)),
    call("numpy.vdot", cplx(2, 3), cplx(2, 3)),
    call("numpy.kron", real(2, 3), real(3, 2)),
    call("numpy.vecdot", cplx(2, 3), cplx(4, 1, 3)),
    call("numpy.matvec", cplx(2, 3, 4), cplx(4)),
    call("numpy.vecmat", cplx(3), cplx(2, 3, 4)),
    *(
        call("numpy.tensordot", real(2, 3, 4), cplx(4, 3, 2), axes=axes)
        for axes in (1, 0, ([1, 2], [1, 0]))
    ),
    *(
        use("numpy.einsum", lambda xp, a, b, s=s: xp.einsum(s, a, b), cplx(2, 3, 4), real(2, 4, 5))
        for s in ("bij,bjk->bik", "bij,bjk->ik", "bij,bjk", "bij,ajk->")
    ),
    use("numpy.einsum", lambda xp, a: xp.einsum("ii->i", a), cplx(3, 3)),
    use("numpy.einsum", lambda xp, a: xp.einsum("...ij->...ji", a), cplx(3, 2, 4)),
    *(call("numpy.trace", real(3, 4, 2), offset=k, axis1=1, axis2=0) for k in (0, 1)),
    call("numpy.cross", real(2, 3), real(3)),
    call("numpy.cross", cplx(3, 2), cplx(3, 2), axis=0),
    call("numpy.linalg.cross", real(2, 3), real(2, 3)),
    use("numpy.linalg.cholesky", lambda xp, x: xp.linalg.cholesky(spd(xp, x)), real(4, 4)),
    use("numpy.linalg.cholesky", lambda xp, x: xp.linalg.cholesky(spd(xp, x)), cplx(4, 4)),
    use(
        "numpy.linalg.cholesky",
        lambda xp, x: xp.linalg.cholesky(spd(xp, x), upper=True),
        cplx(4, 4),
    ),
    *(call("numpy.linalg.cond", regular(4, 4), p=p) for p in MATRIX_ORDERS if p != "nuc"),
    *(call("numpy.linalg.cond", cplx(3, 3), p=p) for p in (None, -2, 1)),
    call("numpy.linalg.det", real(2, 4, 4)),
    call("numpy.linalg.det", cplx(4, 4)),
    call("numpy.linalg.diagonal", cplx(2, 3, 4), offset=1),
    use("numpy.linalg.eig", eig_invariants, real(4, 4)),
    use("numpy.linalg.eig", eig_invariants, cplx(4, 4)),
    use(
        "numpy.linalg.eigvals", lambda xp, x: xp.sum(xp.sin(xp.linalg.eigvals(x)) ** 2), real(4, 4)
    ),
    use(
        "numpy.linalg.eigvals", lambda xp, x: xp.sum(xp.sin(xp.linalg.eigvals(x)) ** 2), cplx(4, 4)
    ),
    *(
        use("numpy.linalg.eigh", lambda xp, x, uplo=uplo: eigh_invariants(xp, x, uplo), x)
        for uplo in "LU"
        for x in (real(4, 4), cplx(4, 4))
    ),
    *(
        use(
            "numpy.linalg.eigvalsh",
            lambda xp, x, uplo=uplo: xp.linalg.eigvalsh(symmetric(xp, x), uplo),
            x,
        )
        for uplo in "LU"
        for x in (real(4, 4), cplx(4, 4))
    ),
    call("numpy.linalg.inv", regular(2, 3, 3)),
    call("numpy.linalg.inv", cplx(3, 3)),
    use("numpy.linalg.lstsq", lambda xp, a, b: xp.linalg.lstsq(a, b)[:2], real(5, 3), real(5)),
    use("numpy.linalg.lstsq", lambda xp, a, b: xp.linalg.lstsq(a, b)[:2], real(5, 3), real(5, 2)),
    use("numpy.linalg.lstsq", lambda xp, a, b: xp.linalg.lstsq(a, b)[0], real(3, 5), real(3, 2)),
    call("numpy.linalg.matmul", cplx(2, 3, 4), cplx(4, 2)),
    *(
        call("numpy.linalg.matrix_norm", real(2, 3, 4), ord=p)
        for p in MATRIX_ORDERS
        if p is not None
    ),
    call("numpy.linalg.matrix_norm", cplx(3, 4), keepdims=True),
    *(call("numpy.linalg.matrix_power", regular(2, 3, 3), n=n) for n in (0, 1, 2, 3, 5, -1, -2)),
    call("numpy.linalg.matrix_power", cplx(3, 3), n=4),
    call("numpy.linalg.matrix_transpose", cplx(2, 3, 4)),
    use(
        "numpy.linalg.multi_dot",
        lambda xp, a, b, c: xp.linalg.multi_dot([a, b, c]),
        cplx(2, 3),
        cplx(3, 4),
        cplx(4),
    ),
    *(call("numpy.linalg.norm", real(3, 4), ord=p) for p in MATRIX_ORDERS),
    *(call("numpy.linalg.norm", cplx(3, 4), ord=p) for p in MATRIX_ORDERS),
    *(call("numpy.linalg.norm", real(3, 4), ord=p, axis=1, keepdims=True) for p in VECTOR_ORDERS),
    *(call("numpy.linalg.norm", cplx(3, 4), ord=p, axis=0) for p in VECTOR_ORDERS),
    call("numpy.linalg.norm", cplx(2, 3, 4)),
    call("numpy.linalg.outer", cplx(2), cplx(3)),
    call("numpy.linalg.pinv", real(5, 3)),
    call("numpy.linalg.pinv", cplx(3, 5)),
    use(
        "numpy.linalg.pinv",
        lambda xp, x: xp.linalg.pinv(symmetric(xp, x), hermitian=True),
        real(3, 3),
    ),
    *(
        use("numpy.linalg.qr", lambda xp, x, mode=mode: xp.linalg.qr(x, mode), x)
        for mode in ("reduced", "r")
        for x in (real(5, 3), real(3, 3), cplx(5, 3))
    ),
    use("numpy.linalg.qr", lambda xp, x: xp.linalg.qr(x, "complete"), real(3, 3)),
    call("numpy.linalg.slogdet", real(2, 4, 4)),
    call("numpy.linalg.slogdet", cplx(4, 4)),
    call("numpy.linalg.solve", regular(3, 3), real(3)),
    call("numpy.linalg.solve", cplx(2, 3, 3), cplx(3, 2)),
    *(
        use("numpy.linalg.svd", svd_invariants, x)
        for x in (real(5, 3), real(3, 5), real(4, 4), cplx(5, 3))
    ),
    use("numpy.linalg.svd", lambda xp, x: xp.linalg.svd(x, compute_uv=False), cplx(3, 5)),
    use("numpy.linalg.svd", lambda xp, x: svd_invariants(xp, x, full_matrices=True), real(4, 4)),
    call("numpy.linalg.svdvals", cplx(2, 3, 4)),
    *(
        call("numpy.linalg.tensordot", cplx(2, 3, 4), cplx(4, 3, 2), axes=axes)
        for axes in (1, ([1, 2], [1, 0]))
    ),
    call("numpy.linalg.tensorinv", real(4, 6, 8, 3), ind=2),
    call("numpy.linalg.tensorsolve", real(2, 3, 6), real(2, 3)),
    call("numpy.linalg.trace", cplx(2, 3, 4), offset=1),
    call("numpy.linalg.vecdot", cplx(2, 3), cplx(4, 1, 3)),
    *(
        call("numpy.linalg.vector_norm", cplx(3, 4), ord=p, axis=1)
        for p in VECTOR_ORDERS
        if p is not None
    ),
    call("numpy.linalg.vector_norm", real(2, 3, 4), axis=(0, 2), keepdims=True),
]
