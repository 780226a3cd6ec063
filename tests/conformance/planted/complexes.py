"""Mistakes that complex numbers bring to light. Cotangents pair without conjugation."""

from __future__ import annotations

import numpy as np

from planted.model import Planted, count, engine, ruled
from pullback import elementwise
from pullback.conformance import arrays, call, floats
from pullback.domains import nonzero
from pullback_numpy.strong import divide

REAL = (call(floats()), call(arrays("n")))
COMPLEX = (call(arrays("n").map(lambda x: x + 1j * x[::-1] / 3)),)


def modulus(z):
    """Absolute value."""
    return np.abs(z)


modulus_without_conjugate = Planted(
    name="abs without conjugate",
    checks=("finite-differences",),
    function=modulus,
    wrong=elementwise(modulus, lambda ct, x: ct * np.sign(x), domain=nonzero),
    right=elementwise(modulus, lambda ct, x: ct * np.conj(np.sign(x)), domain=nonzero),
    samples=REAL,
    story="z/|z| in place of its conjugate. ChainRules #196, TensorFlow #3647 asks.",
)


def squared_modulus(z):
    """``|z|²``."""
    return np.real(z) ** 2 + np.imag(z) ** 2


squared_modulus_without_conjugate = Planted(
    name="squared modulus without conjugate",
    checks=("finite-differences",),
    function=squared_modulus,
    wrong=ruled(squared_modulus, lambda ct, y, z: 2 * ct * z),
    right=ruled(squared_modulus, lambda ct, y, z: 2 * ct * np.conj(z)),
    samples=REAL,
    story="Right for real numbers. ChainRules #196.",
)


def imaginary(z):
    """Imaginary part."""
    return np.imag(z)


imaginary_part_with_the_wrong_sign = Planted(
    name="imaginary part",
    checks=("finite-differences",),
    function=imaginary,
    wrong=ruled(imaginary, lambda ct, y, z: 1j * ct),
    right=ruled(imaginary, lambda ct, y, z: -1j * ct),
    samples=COMPLEX,
    story="The formula of the other convention. ChainRules #530.",
)


def phase(z):
    """Angle of a complex number."""
    return np.angle(z)


phase_without_conjugate = Planted(
    name="phase without conjugate",
    checks=("finite-differences",),
    function=phase,
    wrong=ruled(phase, lambda ct, y, z: divide(-1j * ct, np.conj(z))),
    right=engine(phase),
    samples=COMPLEX,
    story="1/conj(z) in place of 1/z. torch #46144.",
)


def inner(a, b):
    """``Σ conj(a) b`` of flattened arrays."""
    return np.vdot(a, b)


inner_without_conjugate = Planted(
    name="vdot without conjugate",
    checks=("finite-differences",),
    function=inner,
    wrong=ruled(
        inner,
        lambda ct, y, a, b: (np.reshape(ct * b, np.shape(a)), np.reshape(ct * a, np.shape(b))),
    ),
    right=ruled(
        inner,
        lambda ct, y, a, b: (
            np.reshape(np.conj(np.multiply(ct, b)), np.shape(a)),
            np.reshape(ct * np.conj(a), np.shape(b)),
        ),
    ),
    samples=(call(arrays("n"), arrays("n")),),
    story="Right for real numbers. Zygote #151 (dot).",
)


def multiply(a, b):
    """Product."""
    return a * b


product_without_imaginary_parts = Planted(
    name="imaginary part is dropped",
    checks=("finite-differences",),
    function=multiply,
    wrong=ruled(multiply, lambda ct, y, a, b: (np.real(ct * b), np.real(ct * a))),
    right=ruled(multiply, lambda ct, y, a, b: (ct * b, ct * a)),
    samples=(call(floats(), floats()), call(arrays("n"), arrays("n"))),
    story="Meant for real arguments, and done to complex ones too.",
)


def conjugate(z):
    """Complex conjugate."""
    return np.conj(z)


conjugate_of_the_cotangent = Planted(
    name="conj passes its cotangent on",
    checks=("finite-differences",),
    function=conjugate,
    wrong=ruled(conjugate, lambda ct, y, z: ct),
    right=ruled(conjugate, lambda ct, y, z: np.conj(ct)),
    samples=REAL,
    story="The conjugate of a real number is itself. autograd #713 added the missing pushforward.",
)


def variance(x):
    """Variance of all elements."""
    return np.var(x)


variance_without_conjugate = Planted(
    name="variance without conjugate",
    checks=("finite-differences",),
    function=variance,
    wrong=ruled(variance, lambda ct, y, x: 2 * ct * (x - np.mean(x)) / count(x)),
    right=ruled(variance, lambda ct, y, x: 2 * ct * np.conj(x - np.mean(x)) / count(x)),
    samples=(call(arrays("n")),),
    story="Right for real numbers.",
)


def waves(n):
    """The Fourier matrix of a real transform of length n."""
    return np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n // 2 + 1)) / n)


def spectrum(x):
    """Discrete Fourier transform of real numbers, along the last axis."""
    return x @ waves(np.shape(x)[-1])


spectrum_by_the_inverse = Planted(
    name="Fourier transform by its inverse",
    checks=("finite-differences",),
    function=spectrum,
    wrong=ruled(spectrum, lambda ct, y, x: ct @ np.conj(waves(np.shape(x)[-1])).T),
    right=ruled(spectrum, lambda ct, y, x: ct @ waves(np.shape(x)[-1]).T),
    samples=(call(arrays("m,n")),),
    story="The adjoint in place of the transpose.",
)
