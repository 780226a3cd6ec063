"""Cases of `pullback_numpy.special`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, exactly, floats
from pullback.domains import interval
from pullback_numpy.special import bessel_i, sinc_slope


def register(samples):
    """Hand over the cases of sinc, Bessel functions, windows, phases and repairs."""
    numbers = st.lists(floats(), min_size=2, max_size=3)
    far = arrays("n", interval(-90, 90))
    complex_arrays = st.builds(lambda a, b: a + 1j * b, arrays("3,2"), arrays("3,2"))
    samples.add(np.sinc, call(each(arrays("n,m"), floats(), numbers, complex_arrays, far)))
    samples.add(np.i0, call(each(arrays("n,m"), floats(), numbers, far)))
    samples.add([sinc_slope, bessel_i], call(each(arrays("n"), floats(), far), order=each(1, 2, 3)))
    samples.add(bessel_i, call(arrays("n"), order=each(0, 7)))
    samples.add(sinc_slope, call(complex_arrays, order=each(1, 2)))
    samples.add(np.kaiser, call(each(1, 2, 5, 6, 0), floats(interval(-20, 20))))
    samples.add(
        [np.bartlett, np.blackman, np.hamming, np.hanning],
        call(each(0, 1, 2, 5, 6)),
    )
    phases = arrays("n,4", interval(-20, 20))
    steep = arrays("n,4", interval(-1, 1)).map(lambda p: p + 7 * np.arange(4))
    samples.add(
        np.unwrap,
        call(each(phases, arrays("5", interval(-20, 20)), [0.5, 7.0, -3.5])),
        call(phases, axis=each(0, -1, 1), discont=each(None, 4.0, 9.0)),
        call(arrays("2,n,3", interval(-20, 20)), axis=each(1, -3), period=floats(interval(3, 5))),
        call(phases, period=floats(interval(3, 5))),
        # Where no step is a jump, the period matters only when a NaN makes it one.
        call(steep, period=floats(interval(3, 5)), discont=3.5),
    )
    holes = exactly(arrays("3,4").map(with_holes))
    samples.add(
        np.nan_to_num,
        call(each(arrays("n,m"), floats(), numbers, complex_arrays)),
        call(holes),
        # Whole numbers, for a NaN in another element does change the derivative by ``nan``.
        call(holes, copy=True, nan=each(0, 2), posinf=each(None, 3), neginf=each(None, 4)),
        call(exactly(complex_arrays.map(with_complex_holes)), nan=2, posinf=3, neginf=4),
    )


def with_holes(a):
    """``a``, with some elements that are not finite."""
    return np.where(np.arange(a.size).reshape(a.shape) % 5 < 3, a, [np.nan, np.inf, -np.inf, 1.0])


def with_complex_holes(a):
    """``a``, with numbers of which one part or both are not finite."""
    a = a.copy()
    a.real[0, 0], a.imag[0, 1], a[1, 0] = np.nan, np.inf, complex(-np.inf, np.nan)
    return a
