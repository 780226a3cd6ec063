"""Cases of `pullback_numpy.fourier`."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from pullback.conformance import arrays, call, each, floats

NORM = each(None, "backward", "ortho", "forward")
TO_COMPLEX = [np.fft.fft, np.fft.ifft]
TO_REAL = [np.fft.irfft, np.fft.hfft]
FROM_REAL = [np.fft.rfft, np.fft.ihfft]
COMPLEX_2 = [np.fft.fft2, np.fft.ifft2]
COMPLEX_N = [np.fft.fftn, np.fft.ifftn]


def register(samples):
    """Hand over the cases of transforms of one axis, of several, and of shifts."""
    one_axis(samples)
    several_axes(samples)
    numbers = st.lists(floats(), min_size=2, max_size=4)
    samples.add(
        [np.fft.fftshift, np.fft.ifftshift],
        call(each(arrays("n"), arrays("n,3"), complex_arrays("3,2"), numbers)),
        call(arrays("n,3,2"), axes=each(0, -1, (0, 2), (1, -1), [1, 1])),
    )


def one_axis(samples):
    """Transforms of one axis."""
    for functions, draw, padded in (
        (TO_COMPLEX, complex_arrays, complex_arrays),
        (TO_REAL, complex_arrays, complex_lists),
        (FROM_REAL, arrays, arrays),
    ):
        samples.add(
            functions,
            call(padded("2,3"), n=each(None, 2, 3, 4, 5, 7), norm=NORM),
            call(padded("4,2"), n=each(1, 3, 6, 7), axis=each(0, -2)),
            call(draw("2,4,3"), axis=each(0, 1, -3, -2), norm=NORM),
            call(each(arrays("4"), st.lists(floats(), min_size=4, max_size=4))),
        )


def several_axes(samples):
    """Transforms of several axes."""
    rows = arrays("3,4")
    for two, many, draw, padded in (
        (COMPLEX_2, COMPLEX_N, complex_arrays, complex_arrays),
        ([np.fft.irfft2], [np.fft.irfftn], complex_arrays, complex_lists),
        ([np.fft.rfft2], [np.fft.rfftn], arrays, arrays),
    ):
        samples.add(two, call(padded("2,3,4"), s=each((2, 5), [4, 3]), norm=NORM))
        samples.add(many, call(each(draw("3,4"), draw("3,1,2"), draw("4")), norm=NORM))
        samples.add(
            [*two, *many],
            call(draw("3,4,2"), axes=each((0, 1), (-1, 0), [1], (1, 2, -3)), norm=NORM),
            call(padded("3,4,2"), s=each((2, 5), (4, 3), (-1, 2)), axes=each((0, 1), (-1, 0))),
            call(draw("4,3"), axes=(0, 0)),
            call(padded("4,3"), s=(5, 2), axes=(0, -2)),
            call(each(rows, rows.map(np.ndarray.tolist))),
        )


def complex_arrays(shape):
    """Arrays of complex numbers."""
    return st.builds(lambda a, b: a + 1j * b, arrays(shape), arrays(shape))


def complex_lists(shape):
    """Lists of complex numbers, which are not made empty.

    Of no number at all, padded, `numpy.fft.irfft` is what was left in that memory. And the real
    numbers of the other cases are as many as have an influence on every number of the output.
    """
    return complex_arrays(shape).map(np.ndarray.tolist)
