"""The parts of complex numbers, as functions: `numpy.real`, `numpy.imag`, `numpy.angle`.

Cotangents pair without conjugation: the pullback of a real-linear ``dy = L dz`` is the ``c`` of
``Re(ct L dz) = Re(c dz)``.
"""

from __future__ import annotations

import numpy as np

from pullback import rule
from pullback.spaces import plain
from pullback_numpy.strong import bilinear, divide

_FLOAT = np.dtype(float)


@rule(np.real)
def real(val):
    """``Re(ct Re(dz)) = Re(ct dz)`` for the real ``ct``."""

    def real_pullback(ct):
        return ct

    return np.real(val), real_pullback


@rule(np.imag)
def imag(val):
    """``Re(ct Im(dz)) = Re(-1j ct dz)`` for the real ``ct``; nothing where ``val`` is real."""
    y = np.imag(val)
    if not is_complex(val):
        return y, None

    def imag_pullback(ct):
        return -1j * ct

    return y, imag_pullback


@rule(np.real_if_close, differentiable=("a",))
def real_if_close(a, tol=100):
    """The real part where the imaginary parts are all close to 0, else ``a`` itself."""

    def real_if_close_pullback(ct):
        return ct

    return np.real_if_close(a, tol), real_if_close_pullback


@rule(np.angle, points={0j: 0j})
def angle(z, deg=False):
    """``d angle = Im(conj(z) dz) / |z|²``, a step for real numbers; in degrees if ``deg``."""
    y = np.angle(z, deg)
    if not is_complex(z):
        return y, None

    def angle_pullback(ct):
        if deg:
            ct = ct * (180 / np.pi)
        return -1j * bilinear(np.conj(np.sign(z)), divide(ct, np.absolute(z)))

    return y, angle_pullback


def is_complex(value):
    """Whether ``value``, traced or not, is a complex number or array, or a list that holds one."""
    value = plain(value)
    if isinstance(value, (list, tuple)):
        return any(map(is_complex, value))
    return isinstance(value, complex) or getattr(value, "dtype", _FLOAT).kind == "c"
