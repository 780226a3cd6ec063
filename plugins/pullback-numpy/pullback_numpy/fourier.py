"""Rules for discrete Fourier transforms: a formula sheet, in the order of NumPy's reference.

All are linear, and ``W_jk = exp(-2πi jk / n)`` is a symmetric matrix. Cotangents pair without
conjugation, so the pullback of a transform is that transform. Where one side of the transform is
real, half of the other is redundant, and each element stands for itself and its mirror image: the
first for itself alone, and the last too if ``n`` is even.

An input that is cropped to ``n`` elements gives zeros for what was cut off, and one that is padded
with zeros drops their cotangents. `numpy.fft.fftfreq` and its like need no rule: they are
traced as they stand.
"""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback_numpy.axes import NO_OUT, along, as_array, refuse_out


@rule(np.fft.fft, not_implemented=NO_OUT)
def fft(a, n=None, axis=-1, norm=None, out=None):
    """The sums ``y_k = Σ_j a_j exp(-2πi jk / n)``, and the same of the cotangents."""
    refuse_out(out, np.fft.fft)
    a = as_array(a)
    y = np.fft.fft(a, n, axis, norm)
    length = a.shape[axis]

    def fft_pullback(ct):
        return _of_fft(ct, length, n, axis, norm)

    return y, fft_pullback


@rule(np.fft.ifft, not_implemented=NO_OUT)
def ifft(a, n=None, axis=-1, norm=None, out=None):
    """The sums ``y_j = Σ_k a_k exp(2πi jk / n) / n``, and the same of the cotangents."""
    refuse_out(out, np.fft.ifft)
    a = as_array(a)
    y = np.fft.ifft(a, n, axis, norm)
    length = a.shape[axis]

    def ifft_pullback(ct):
        return _of_ifft(ct, length, n, axis, norm)

    return y, ifft_pullback


@rule(np.fft.fft2, not_implemented=NO_OUT)
def fft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """`numpy.fft.fft` over two axes."""
    refuse_out(out, np.fft.fft2)
    return fftn(a, s, axes, norm)


@rule(np.fft.ifft2, not_implemented=NO_OUT)
def ifft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """`numpy.fft.ifft` over two axes."""
    refuse_out(out, np.fft.ifft2)
    return ifftn(a, s, axes, norm)


@rule(np.fft.fftn, not_implemented=NO_OUT)
def fftn(a, s=None, axes=None, norm=None, out=None):
    """`numpy.fft.fft` over one axis after the other, the last one first."""
    refuse_out(out, np.fft.fftn)
    a = as_array(a)
    y = np.fft.fftn(a, s, axes, norm)
    steps = _steps(a.shape, s, axes, _of_fft)

    def fftn_pullback(ct):
        return _in_turn(ct, steps, norm)

    return y, fftn_pullback


@rule(np.fft.ifftn, not_implemented=NO_OUT)
def ifftn(a, s=None, axes=None, norm=None, out=None):
    """`numpy.fft.ifft` over one axis after the other, the last one first."""
    refuse_out(out, np.fft.ifftn)
    a = as_array(a)
    y = np.fft.ifftn(a, s, axes, norm)
    steps = _steps(a.shape, s, axes, _of_ifft)

    def ifftn_pullback(ct):
        return _in_turn(ct, steps, norm)

    return y, ifftn_pullback


@rule(np.fft.rfft, not_implemented=NO_OUT)
def rfft(a, n=None, axis=-1, norm=None, out=None):
    """The first half of `numpy.fft.fft` of real numbers.

    ``da_j = Re Σ_k ct_k exp(-2πi jk / n)``, which is ``hfft`` of what it does not mirror, and of
    half of what it does.
    """
    refuse_out(out, np.fft.rfft)
    a = as_array(a)
    y = np.fft.rfft(a, n, axis, norm)
    length = a.shape[axis]

    def rfft_pullback(ct):
        return _of_rfft(ct, length, n, axis, norm)

    return y, rfft_pullback


@rule(np.fft.irfft, not_implemented=NO_OUT)
def irfft(a, n=None, axis=-1, norm=None, out=None):
    """The inverse of `numpy.fft.rfft`: ``da = ihfft(ct)``, twice where ``a`` was mirrored."""
    refuse_out(out, np.fft.irfft)
    a = as_array(a)
    y = np.fft.irfft(a, n, axis, norm)
    length = a.shape[axis]

    def irfft_pullback(ct):
        return _of_irfft(ct, length, n, axis, norm)

    return y, irfft_pullback


@rule(np.fft.rfft2, not_implemented=NO_OUT)
def rfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """`numpy.fft.rfft` over the last of two axes, `numpy.fft.fft` over the other."""
    refuse_out(out, np.fft.rfft2)
    return rfftn(a, s, axes, norm)


@rule(np.fft.irfft2, not_implemented=NO_OUT)
def irfft2(a, s=None, axes=(-2, -1), norm=None, out=None):
    """`numpy.fft.ifft` over the first of two axes, `numpy.fft.irfft` over the last."""
    refuse_out(out, np.fft.irfft2)
    return irfftn(a, s, axes, norm)


@rule(np.fft.rfftn, not_implemented=NO_OUT)
def rfftn(a, s=None, axes=None, norm=None, out=None):
    """`numpy.fft.rfft` over the last axis, `numpy.fft.fft` over the others."""
    refuse_out(out, np.fft.rfftn)
    a = as_array(a)
    y = np.fft.rfftn(a, s, axes, norm)
    steps = _steps(a.shape, s, axes, _of_fft, _of_rfft)

    def rfftn_pullback(ct):
        return _in_turn(ct, steps, norm)

    return y, rfftn_pullback


@rule(np.fft.irfftn, not_implemented=NO_OUT)
def irfftn(a, s=None, axes=None, norm=None, out=None):
    """`numpy.fft.ifft` over all axes but the last, `numpy.fft.irfft` over that."""
    refuse_out(out, np.fft.irfftn)
    a = as_array(a)
    y = np.fft.irfftn(a, s, axes, norm)
    steps = _steps(a.shape, s, axes, _of_ifft, _of_irfft)

    def irfftn_pullback(ct):
        return _in_turn(ct, steps, norm)

    return y, irfftn_pullback


@rule(np.fft.hfft, not_implemented=NO_OUT)
def hfft(a, n=None, axis=-1, norm=None, out=None):
    """`numpy.fft.fft` of a sequence that is its own conjugate, mirrored, by its first half.

    ``da = rfft(ct)``, twice where ``a`` was mirrored.
    """
    refuse_out(out, np.fft.hfft)
    a = as_array(a)
    y = np.fft.hfft(a, n, axis, norm)
    length = a.shape[axis]

    def hfft_pullback(ct):
        doubled = _mirrored(np.fft.rfft(ct, None, axis, norm), ct.shape[axis], axis, 2)
        return _resized(doubled, length, axis)

    return y, hfft_pullback


@rule(np.fft.ihfft, not_implemented=NO_OUT)
def ihfft(a, n=None, axis=-1, norm=None, out=None):
    """The inverse of `numpy.fft.hfft`, conjugate to `numpy.fft.rfft`.

    ``da`` is ``irfft`` of what it does not mirror in ``ct``, and of half of what it does.
    """
    refuse_out(out, np.fft.ihfft)
    a = as_array(a)
    y = np.fft.ihfft(a, n, axis, norm)
    length = a.shape[axis]

    def ihfft_pullback(ct):
        count = length if n is None else n
        halved = _mirrored(ct, count, axis, 0.5)
        return _resized(np.fft.irfft(halved, count, axis, norm), length, axis)

    return y, ihfft_pullback


@rule(np.fft.fftshift)
def fftshift(x, axes=None):
    """The elements in another order; `numpy.fft.ifftshift` undoes it."""

    def fftshift_pullback(ct):
        return np.fft.ifftshift(ct, axes)

    return np.fft.fftshift(as_array(x), axes), fftshift_pullback


@rule(np.fft.ifftshift)
def ifftshift(x, axes=None):
    """The elements in another order; `numpy.fft.fftshift` undoes it."""

    def ifftshift_pullback(ct):
        return np.fft.fftshift(ct, axes)

    return np.fft.ifftshift(as_array(x), axes), ifftshift_pullback


def _of_fft(ct, length, n, axis, norm):
    """The cotangent of the ``length`` elements that ``fft`` crops or pads to ``n``."""
    return _resized(np.fft.fft(ct, None, axis, norm), length, axis)


def _of_ifft(ct, length, n, axis, norm):
    """As `_of_fft`."""
    return _resized(np.fft.ifft(ct, None, axis, norm), length, axis)


def _of_rfft(ct, length, n, axis, norm):
    """As `_of_fft`."""
    n = length if n is None else n
    return _resized(np.fft.hfft(_mirrored(ct, n, axis, 0.5), n, axis, norm), length, axis)


def _of_irfft(ct, length, n, axis, norm):
    """As `_of_fft`."""
    doubled = _mirrored(np.fft.ihfft(ct, None, axis, norm), ct.shape[axis], axis, 2)
    return _resized(doubled, length, axis)


def _mirrored(half, n, axis, weight):
    """``half``, with that weight where an element has a mirror image among ``n`` elements."""
    weights = np.full(half.shape[axis], weight, np.finfo(half.dtype).dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return half * weights.reshape((-1, *(1,) * (half.ndim - 1 - axis % half.ndim)))


def _resized(ct, length, axis):
    """``ct``, cropped or padded with zeros at the end of ``axis``."""
    place = axis % ct.ndim
    missing = length - ct.shape[place]
    if missing > 0:
        return np.pad(ct, [(0, missing if axis == place else 0) for axis in range(ct.ndim)])
    return ct[along(place, slice(length))] if missing else ct


def _steps(shape, s, axes, transposed, of_last=None):
    """The transforms in the order in which NumPy does them.

    Args:
        shape: the shape of the input.
        s: the lengths to which it is cropped or padded.
        axes: the axes, which may repeat.
        transposed: what takes the cotangent through the transform of one axis.
        of_last: that of the last axis, where this is another.

    Returns:
        For each axis ``(transposed, length, n, axis)``.
    """
    if axes is None:
        axes = range(-len(shape if s is None else s), 0)
    lengths = [shape[axis] for axis in axes] if s is None else s
    of_each = [transposed] * len(axes)
    if of_last:
        of_each[-1] = of_last
    planned = [*zip(of_each, lengths, axes, strict=True)]
    if of_last is _of_irfft:
        if s is None:
            planned[-1] = (of_last, None, axes[-1])
    else:
        planned.reverse()
    steps, now = [], [*shape]
    for back, wanted, axis in planned:
        length = now[axis]
        n = shape[axis] if wanted == -1 else wanted
        steps.append((back, length, n, axis))
        n = length if n is None else n
        now[axis] = n // 2 + 1 if back is _of_rfft else n
    return steps


def _in_turn(ct, steps, norm):
    """The cotangent, through one transform after the other, back from the last of them."""
    for transposed, length, n, axis in reversed(steps):
        ct = transposed(ct, length, n, axis, norm)
    return ct
