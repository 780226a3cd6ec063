"""Cases of Fourier transforms, polynomials, differences, integrals, interpolation and ranges."""

from __future__ import annotations

import numpy as np

from tests.against_jax.model import Case, call, cplx, increasing, positive, real, spread, use

NORMS = ("backward", "ortho", "forward")
COMPLEX_TO_COMPLEX = ["fft", "ifft"]
HALF_TO_REAL = ["irfft", "hfft"]
REAL_TO_HALF = ["rfft", "ihfft"]
PLANES = ["fft2", "ifft2", "fftn", "ifftn"]
MODES = ["full", "same", "valid"]


def polydiv(xp, u, v):
    """Quotient and remainder, the latter cut by hand: what JAX trims has no derivative there."""
    quotient, remainder = xp.polydiv(u, v)
    return quotient, remainder[1 - v.size :]


CASES: list[Case] = [
    *(
        call(f"numpy.fft.{name}", x, n=n, norm=norm)
        for name in COMPLEX_TO_COMPLEX
        for x in (real(3, 6), cplx(3, 5))
        for n in (None, 4, 8)
        for norm in NORMS
    ),
    *(call(f"numpy.fft.{name}", cplx(5, 3), axis=0) for name in COMPLEX_TO_COMPLEX),
    *(
        call(f"numpy.fft.{name}", real(3, 6), n=n, norm=norm)
        for name in REAL_TO_HALF
        for n in (None, 5, 8)
        for norm in NORMS
    ),
    *(
        call(f"numpy.fft.{name}", cplx(3, 5), n=n, norm=norm)
        for name in HALF_TO_REAL
        for n in (None, 5, 7, 12)
        for norm in NORMS
    ),
    *(call(f"numpy.fft.{name}", cplx(3, 4, 5), norm=norm) for name in PLANES for norm in NORMS),
    *(call(f"numpy.fft.{name}", cplx(3, 4, 5), s=(3, 6), axes=(1, 2)) for name in PLANES),
    *(
        call(f"numpy.fft.{name}", real(3, 4, 5), norm=norm)
        for name in ("rfft2", "rfftn")
        for norm in NORMS
    ),
    *(
        call(f"numpy.fft.{name}", cplx(3, 4, 5), norm=norm)
        for name in ("irfft2", "irfftn")
        for norm in NORMS
    ),
    *(
        call(f"numpy.fft.{name}", cplx(3, 4, 5), s=(3, 7), axes=(1, 2))
        for name in ("irfft2", "irfftn")
    ),
    *(
        call(f"numpy.fft.{name}", real(3, 5), axes=axes)
        for name in ("fftshift", "ifftshift")
        for axes in (None, 1)
    ),
    *(
        call(f"numpy.{name}", real(a), real(b), mode=mode)
        for name in ("convolve", "correlate")
        for a, b in ((5, 3), (3, 5))
        for mode in MODES
    ),
    *(
        call(f"numpy.{name}", cplx(5), cplx(4), mode=mode)
        for name in ("convolve", "correlate")
        for mode in MODES
    ),
    *(call("numpy.diff", real(4, 5), n=n, axis=axis) for n in (1, 2, 3) for axis in (0, 1)),
    use(
        "numpy.diff",
        lambda xp, x, a, b: xp.diff(x, axis=1, prepend=a, append=b),
        real(2, 3),
        real(2, 1),
        real(2, 2),
    ),
    call("numpy.ediff1d", cplx(5)),
    use(
        "numpy.ediff1d",
        lambda xp, x, a, b: xp.ediff1d(x, to_end=a, to_begin=b),
        real(5),
        real(2),
        real(1),
    ),
    call("numpy.gradient", cplx(4, 5)),
    use("numpy.gradient", lambda xp, x, h: xp.gradient(x, h, axis=1), real(4, 5), positive()),
    use("numpy.gradient", lambda xp, x: xp.gradient(x, 0.3, axis=1), real(4, 5)),
    call("numpy.trapezoid", real(3, 5)),
    call("numpy.trapezoid", cplx(3, 5), dx=0.3, axis=0),
    use("numpy.trapezoid", lambda xp, y, x: xp.trapezoid(y, x), real(3, 5), increasing(5)),
    use("numpy.trapezoid", lambda xp, y, x: xp.trapezoid(y, x, axis=0), real(5, 3), real(5, 3)),
    use(
        "numpy.interp",
        lambda xp, x, xs, ys: xp.interp(x, xs, ys),
        np.array([0.3, 1.7, 2.9, 4.2, 9.0]),
        increasing(6),
        real(6),
    ),
    use(
        "numpy.interp",
        lambda xp, x, xs, ys: xp.interp(x, xs, ys, left=-1.0, right=2.0),
        np.array([0.1, 1.7, 2.9, 9.2]),
        increasing(6),
        real(6),
    ),
    use(
        "numpy.interp",
        lambda xp, x, ys: xp.interp(x, np.array([0.2, 1.1, 2.5, 4.0]), ys, period=5.0),
        np.array([0.1, 1.7, 4.9, 7.2]),
        real(4),
    ),
    *(
        call("numpy.linspace", real(2), real(2), num=5, endpoint=endpoint, axis=axis)
        for endpoint in (True, False)
        for axis in (0, 1)
    ),
    call("numpy.linspace", cplx(2), cplx(2), num=4, retstep=True),
    *(
        call("numpy.logspace", real(2), real(2), num=5, endpoint=endpoint, base=2.5)
        for endpoint in (True, False)
    ),
    *(
        call("numpy.geomspace", positive(2), positive(2), num=5, endpoint=endpoint)
        for endpoint in (True, False)
    ),
    *(
        call("numpy.vander", x, N=n, increasing=increasing_)
        for x in (real(4), cplx(3))
        for n in (None, 3, 6)
        for increasing_ in (False, True)
    ),
    call("numpy.polyval", real(4), spread(3, 2)),
    call("numpy.polyval", cplx(4), cplx(3)),
    call("numpy.poly", real(4)),
    call("numpy.poly", cplx(4)),
    call("numpy.polyadd", real(4), real(2)),
    call("numpy.polysub", cplx(2), cplx(4)),
    call("numpy.polymul", cplx(4), cplx(3)),
    use("numpy.polydiv", polydiv, real(5), real(3)),
    use("numpy.polydiv", polydiv, cplx(6), cplx(3)),
    call("numpy.polyder", real(6), m=2),
    call("numpy.polyder", cplx(6)),
    call("numpy.polyint", real(4), m=2),
    use("numpy.polyint", lambda xp, p, k: xp.polyint(p, 2, k), real(4), real(2)),
    call("numpy.polyfit", increasing(7), real(7), deg=2),
    use(
        "numpy.polyfit",
        lambda xp, x, y, w: xp.polyfit(x, y, 3, w=w),
        real(7),
        real(7, 2),
        positive(7),
    ),
    use("numpy.roots", lambda xp, p: xp.sum(xp.sin(xp.roots(p)) ** 2), real(5)),
    use("numpy.roots", lambda xp, p: xp.sum(xp.sin(xp.roots(p)) ** 2), cplx(5)),
    use("numpy.kaiser", lambda xp, beta: xp.kaiser(7, beta), positive()),
]
