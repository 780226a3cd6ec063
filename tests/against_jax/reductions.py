"""Cases of reductions, running sums, statistics, sorting and counting."""

from __future__ import annotations

import numpy as np

from tests.against_jax.model import Case, between, call, cplx, positive, real, spread, use

AXES = ({}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)})
EXTREMES = ["max", "min", "amax", "amin", "nanmax", "nanmin"]
ADDING = ["sum", "prod", "mean", "nansum", "nanprod", "nanmean"]
SPREADS = ["var", "std", "nanvar", "nanstd"]
RUNNING = ["cumsum", "cumprod", "nancumsum", "nancumprod"]
QUANTILES = {"quantile": 1, "nanquantile": 1, "percentile": 100, "nanpercentile": 100}
METHODS = ["linear", "lower", "higher", "midpoint", "nearest"]
MASK = np.array([[True, False, True, True], [True, True, False, True], [False, True, True, True]])
WITH_NAN = np.where(np.arange(24).reshape(2, 3, 4) % 5 == 1, np.nan, spread(2, 3, 4))


def _quantile(name, whole, method):
    return lambda xp, x, q: getattr(xp, name)(x, q, axis=1, method=method)


SAMPLE = real(9)
BOX = real(9, 2)

CASES: list[Case] = [
    *(
        call(f"numpy.{name}", spread(2, 3, 4), **axes)
        for name in ADDING + EXTREMES
        for axes in AXES
    ),
    *(call(f"numpy.{name}", cplx(2, 3, 4), **axes) for name in ADDING for axes in AXES),
    *(call(f"numpy.{name}", spread(3, 4), axis=0, where=MASK) for name in ADDING),
    *(call(f"numpy.{name}", spread(3, 4), axis=1, where=MASK, initial=0.3) for name in EXTREMES),
    *(call(f"numpy.{name}", spread(3, 4), initial=0.7) for name in ("sum", "prod")),
    *(call(f"numpy.{name}", spread(2, 3, 4), **axes) for name in SPREADS for axes in AXES),
    *(call(f"numpy.{name}", cplx(2, 3, 4), axis=1, ddof=1) for name in SPREADS),
    *(call(f"numpy.{name}", spread(3, 4), ddof=1, axis=0) for name in SPREADS),
    *(call(f"numpy.{name}", spread(3, 4), axis=1, where=MASK) for name in SPREADS),
    *(
        call(f"numpy.{name}", WITH_NAN, axis=2)
        for name in (
            "nansum",
            "nanprod",
            "nanmean",
            "nanmax",
            "nanmin",
            "nanvar",
            "nanstd",
            "nanmedian",
        )
    ),
    *(call(f"numpy.{name}", spread(3, 4), axis=axis) for name in RUNNING for axis in (None, 0, 1)),
    *(call(f"numpy.{name}", cplx(3, 4), axis=1) for name in RUNNING),
    *(
        call(f"numpy.{name}", spread(3, 4), axis=1, include_initial=initial)
        for name in ("cumulative_sum", "cumulative_prod")
        for initial in (False, True)
    ),
    *(call("numpy.ptp", spread(2, 3, 4), **axes) for axes in AXES),
    *(
        call(f"numpy.{name}", spread(*shape), **axes)
        for name in ("median", "nanmedian")
        for shape in ((2, 3, 4), (3, 5, 2))
        for axes in AXES
    ),
    *(
        use(
            f"numpy.{name}",
            _quantile(name, whole, method),
            spread(3, 5),
            between(0.05, 0.95, 3) * whole,
        )
        for name, whole in QUANTILES.items()
        for method in METHODS
    ),
    *(
        use(
            f"numpy.{name}",
            lambda xp, x, name=name, whole=whole: getattr(xp, name)(x, 0.37 * whole, keepdims=True),
            spread(3, 5),
        )
        for name, whole in QUANTILES.items()
    ),
    call("numpy.average", spread(2, 3, 4), axis=1),
    use(
        "numpy.average",
        lambda xp, x, w: xp.average(x, axis=0, weights=w),
        spread(4, 3),
        positive(4),
    ),
    use(
        "numpy.average",
        lambda xp, x, w: xp.average(x, weights=w, returned=True),
        cplx(4, 3),
        positive(4, 3),
    ),
    call("numpy.cov", real(3, 6)),
    call("numpy.cov", cplx(3, 6), bias=True),
    call("numpy.cov", real(3, 6), real(2, 6), ddof=0),
    call("numpy.cov", real(6, 3), rowvar=False),
    use("numpy.cov", lambda xp, m, a: xp.cov(m, aweights=a), real(3, 6), positive(6)),
    call("numpy.corrcoef", real(3, 6)),
    call("numpy.corrcoef", real(3, 6), real(2, 6)),
    call("numpy.corrcoef", cplx(3, 6)),
    *(call("numpy.sort", spread(3, 5), axis=axis) for axis in (0, -1, None)),
    call("numpy.sort", cplx(3, 5)),
    call("numpy.sort_complex", cplx(7)),
    # Within a part, elements stand in any order.
    use("numpy.partition", lambda xp, x: xp.sort(xp.partition(x, 2)[:, :2]), spread(3, 5)),
    use(
        "numpy.bincount",
        lambda xp, w: xp.bincount(np.array([0, 2, 2, 1, 3, 0]), weights=w),
        real(6),
    ),
    use("numpy.histogram", lambda xp, w: xp.histogram(SAMPLE, bins=4, weights=w)[0], real(9)),
    use(
        "numpy.histogram",
        lambda xp, w: xp.histogram(SAMPLE, bins=4, weights=w, density=True)[0],
        positive(9),
    ),
    use(
        "numpy.histogramdd",
        lambda xp, w: xp.histogramdd(BOX, bins=[2, 3], weights=w, density=True)[0],
        real(9),
    ),
    use(
        "numpy.histogram2d",
        lambda xp, w: xp.histogram2d(SAMPLE, SAMPLE**2, bins=3, weights=w)[0],
        real(9),
    ),
    call("numpy.histogram_bin_edges", spread(7), bins=4),
]
