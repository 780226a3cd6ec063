"""Cases of functions that move elements: shapes, joining, splitting, indexing, editing."""

from __future__ import annotations

import numpy as np

from tests.against_jax.model import Case, call, cplx, real, spread, use

PADS = ["constant", "edge", "reflect", "symmetric", "wrap", "empty"]

PADDED = dict.fromkeys(PADS, ...) | {"empty": np.s_[1:-2, :-2]}
"""What of a padded array there is to compare: all, or what was not padded."""

CASES: list[Case] = [
    call("numpy.append", real(2, 3), real(4)),
    call("numpy.append", real(2, 3), real(1, 3), axis=0),
    use("numpy.apply_along_axis", lambda xp, x: xp.apply_along_axis(xp.cumprod, 0, x), real(3, 2)),
    use(
        "numpy.apply_over_axes", lambda xp, x: xp.apply_over_axes(xp.sum, x, [0, 2]), real(3, 2, 4)
    ),
    use("numpy.atleast_1d", lambda xp, x, y: xp.atleast_1d(x, y), real(), real(2)),
    use("numpy.atleast_2d", lambda xp, x, y: xp.atleast_2d(x, y), real(), real(2)),
    use("numpy.atleast_3d", lambda xp, x, y: xp.atleast_3d(x, y), real(2, 2), real(2)),
    use(
        "numpy.block",
        lambda xp, a, b, c, d: xp.block([[a, b], [c, d]]),
        real(2, 2),
        real(2, 3),
        real(1, 2),
        cplx(1, 3),
    ),
    call("numpy.broadcast_arrays", real(2, 1), real(3)),
    call("numpy.broadcast_to", real(2, 1), shape=(4, 2, 3)),
    use("numpy.column_stack", lambda xp, x, y: xp.column_stack([x, y]), real(3), real(3, 2)),
    use(
        "numpy.compress",
        lambda xp, x: xp.compress(np.array([True, False, True]), x, axis=1),
        real(2, 3),
    ),
    *(
        use(
            "numpy.concatenate",
            lambda xp, x, y, axis=axis: xp.concatenate([x, y, x], axis),
            real(2, 3),
            cplx(2, 3),
        )
        for axis in (0, 1, None)
    ),
    use("numpy.concat", lambda xp, x, y: xp.concat([x, y]), real(2, 3), real(1, 3)),
    use("numpy.delete", lambda xp, x: xp.delete(x, np.array([0, 2]), axis=1), real(2, 4)),
    use("numpy.delete", lambda xp, x: xp.delete(x, 1), real(2, 4)),
    *(call("numpy.diag", real(*shape), k=k) for shape in ((3,), (3, 4)) for k in (0, 1, -1)),
    call("numpy.diagflat", real(2, 2), k=1),
    *(call("numpy.diagonal", real(3, 4, 2), offset=k, axis1=1, axis2=0) for k in (0, 1)),
    use("numpy.dstack", lambda xp, x, y: xp.dstack([x, y]), real(3), real(3)),
    call("numpy.expand_dims", real(2, 3), axis=(0, 2)),
    use("numpy.extract", lambda xp, x: xp.extract(np.array([True, False, True]), x), real(3)),
    call("numpy.flip", real(2, 3)),
    call("numpy.flip", real(2, 3), axis=1),
    call("numpy.fliplr", real(2, 3)),
    call("numpy.flipud", real(2, 3)),
    use("numpy.hstack", lambda xp, x, y: xp.hstack([x, y]), real(2, 3), real(2, 1)),
    use(
        "numpy.insert",
        lambda xp, x, y: xp.insert(x, np.array([1, 3]), y, axis=1),
        real(2, 3),
        real(2),
    ),
    use("numpy.insert", lambda xp, x, y: xp.insert(x, 1, y), real(4), real()),
    use("numpy.ix_", lambda xp, x, y: xp.ix_(x, y), real(2), real(3)),
    call("numpy.matrix_transpose", real(2, 3, 4)),
    *(
        call("numpy.meshgrid", real(2), real(3), real(4), indexing=indexing, sparse=sparse)
        for indexing in ("xy", "ij")
        for sparse in (False, True)
    ),
    call("numpy.moveaxis", real(2, 3, 4), source=(0, 1), destination=(2, 0)),
    *(
        use(
            "numpy.pad",
            lambda xp, x, mode=mode: xp.pad(x, [(1, 2), (0, 2)], mode)[PADDED[mode]],
            spread(4, 5),
        )
        for mode in PADS
    ),
    use(
        "numpy.pad",
        lambda xp, x, v: xp.pad(x, 1, "constant", constant_values=v),
        real(2, 3),
        real(),
    ),
    call("numpy.permute_dims", real(2, 3, 4), axes=(2, 0, 1)),
    *(call("numpy.ravel", real(2, 3), order=order) for order in "CF"),
    *(call("numpy.repeat", real(2, 3), repeats=2, axis=axis) for axis in (None, 0, 1)),
    use("numpy.repeat", lambda xp, x: xp.repeat(x, np.array([2, 0, 3]), axis=1), real(2, 3)),
    *(call("numpy.reshape", real(2, 6), shape=(3, -1), order=order) for order in "CF"),
    call("numpy.resize", real(2, 3), new_shape=(4, 4)),
    *(call("numpy.roll", real(3, 4), shift=2, axis=axis) for axis in (None, 0)),
    call("numpy.roll", real(3, 4), shift=(1, -2), axis=(0, 1)),
    call("numpy.rollaxis", real(2, 3, 4), axis=2),
    *(call("numpy.rot90", real(2, 3), k=k) for k in (1, 2, 3)),
    *(
        use(
            f"numpy.{name}",
            lambda xp, x, name=name, cuts=cuts: getattr(xp, name)(x, cuts),
            real(4, 4, 4),
        )
        for name in ("split", "array_split", "hsplit", "vsplit", "dsplit")
        for cuts in (2, [1, 3])
    ),
    use("numpy.array_split", lambda xp, x: xp.array_split(x, 3, axis=1), real(2, 7)),
    call("numpy.squeeze", real(1, 3, 1)),
    call("numpy.squeeze", real(1, 3, 1), axis=0),
    *(
        use(
            "numpy.stack",
            lambda xp, x, y, axis=axis: xp.stack([x, y], axis),
            real(2, 3),
            cplx(2, 3),
        )
        for axis in (0, 1, -1)
    ),
    call("numpy.swapaxes", real(2, 3, 4), axis1=0, axis2=2),
    *(
        use(
            "numpy.take",
            lambda xp, x, axis=axis: xp.take(x, np.array([[0, 1], [1, -1]]), axis),
            real(2, 3),
        )
        for axis in (None, 0, 1)
    ),
    use(
        "numpy.take_along_axis",
        lambda xp, x: xp.take_along_axis(x, np.array([[0, 2], [1, 1]]), 1),
        real(2, 3),
    ),
    *(call("numpy.tile", real(2, 3), reps=reps) for reps in (2, (2, 3), (2, 1, 2))),
    call("numpy.transpose", cplx(2, 3, 4)),
    call("numpy.transpose", real(2, 3, 4), axes=(1, 2, 0)),
    *(call(f"numpy.{name}", cplx(2, 3, 4), k=k) for name in ("tril", "triu") for k in (0, 1, -1)),
    use("numpy.trim_zeros", lambda xp, x: xp.trim_zeros(x), np.array([0.0, 1.5, 0.0, -2.5, 0.0])),
    use("numpy.unstack", lambda xp, x: xp.unstack(x, axis=1), real(2, 3)),
    use("numpy.vstack", lambda xp, x, y: xp.vstack([x, y]), real(3), real(2, 3)),
]
