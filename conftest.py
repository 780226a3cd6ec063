"""Fixtures for every test of the repository: a derivative oracle that knows nothing of the engine.

`check_derivative` compares what `pullback.vjp` says with central differences, extrapolated to the
limit (Richardson), of the function run on plain values.
"""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest

OPTIONAL = {
    "plugins/pullback-dask": (
        ("dask", "pullback_dask"),
        "`tox -e dask`, or pip install -e './plugins/pullback-dask[dask]'",
    ),
    "plugins/pullback-numba": (
        ("numba", "pullback_numba"),
        "`tox -e numba`, or pip install -e './plugins/pullback-numba[numba]'",
    ),
    "tests/browser": (("playwright",), "`tox -e browser`"),
}
"""Folder -> the modules that its tests need, which are no dependencies, and what runs them."""
LEFT_OUT = {
    folder: how for folder, (needs, how) in OPTIONAL.items() if not all(map(find_spec, needs))
}
collect_ignore_glob = [*LEFT_OUT, *(f"{folder}/*" for folder in LEFT_OUT)]


def pytest_report_header():
    """Say what is left out, and how to run it."""
    return [
        f"left out: {folder}, as what it needs is not installed. Run {how}"
        for folder, how in LEFT_OUT.items()
    ]


STEPS = 2.0 ** -np.arange(4, 11)
"""Step sizes; the extrapolation makes the error of the best of them about 1e-10."""


def leaves(value):
    """Numbers and arrays in nested lists, tuples and dicts, as a flat list of arrays."""
    if isinstance(value, dict):
        return [leaf for key in value for leaf in leaves(value[key])]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in leaves(item)]
    return [np.asarray(value)]


def pairing(a, b):
    """The real part of the unconjugated pairing of two structures."""
    return sum(
        np.real(np.sum(x.astype(complex) * y.astype(complex)))
        for x, y in zip(leaves(a), leaves(b), strict=True)
    )


def random_like(value, rng):
    """A standard normal value of the same structure, type and dtype."""
    if isinstance(value, dict):
        return {key: random_like(item, rng) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [random_like(item, rng) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    array = np.asarray(value)
    noise = rng.standard_normal(array.shape)
    if array.dtype.kind == "c":
        noise = noise + 1j * rng.standard_normal(array.shape)
    if isinstance(value, (float, complex)) and not isinstance(value, np.generic):
        return type(value)(noise)
    return noise.astype(array.dtype) if isinstance(value, np.ndarray) else array.dtype.type(noise)


def shifted(value, direction, step):
    """``value + step * direction``, leaf by leaf."""
    if isinstance(value, dict):
        return {key: shifted(value[key], direction[key], step) for key in value}
    if isinstance(value, (list, tuple)):
        items = [shifted(v, d, step) for v, d in zip(value, direction, strict=True)]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    moved = value + step * direction
    return type(value)(moved) if type(value) in (float, complex) else moved


def directional_difference(f, primals, directions, cotangent):
    """``d/dt <cotangent, f(primals + t * directions)>`` at 0, and an estimate of its error."""

    def along(t):
        moved = [shifted(p, d, t) for p, d in zip(primals, directions, strict=True)]
        return pairing(cotangent, f(*moved))

    column = [(along(h) - along(-h)) / (2 * h) for h in STEPS]
    best, error = column[-1], np.inf
    for order in range(1, len(STEPS)):
        factor = 4.0**order
        column = [(factor * fine - coarse) / (factor - 1) for coarse, fine in pairwise(column)]
        differences = np.abs(np.diff(column)) if len(column) > 1 else [np.inf]
        if np.min(differences) < error:
            place = int(np.argmin(differences))
            best, error = column[place + 1], float(differences[place])
    return best, error


def compare(f, primals, rng, rtol, differentiated):
    """One pullback against one directional difference, with random cotangent and directions."""
    from pullback import vjp

    y, pullback = vjp(f, *primals)
    cotangent = random_like(y, rng)
    cotangents = pullback(cotangent)
    if len(primals) == 1:
        cotangents = (cotangents,)
    directions = [random_like(p, rng) for p in primals]
    got = pairing(cotangents, directions)
    want, error = directional_difference(differentiated or f, primals, directions, cotangent)
    scale = abs(want) + sum(
        float(np.sum(np.abs(c * d)))
        for c, d in zip(leaves(cotangents), leaves(directions), strict=True)
    )
    assert np.isfinite(got), f"the pullback is not finite: {cotangents}"
    assert abs(got - want) <= rtol * scale + 10 * error + 1e-12, (
        f"pullback {got!r}, differences {want!r} +- {error:.1e}"
    )
    return cotangent


@pytest.fixture
def check_derivative():
    """``check_derivative(f, *primals, order=2, rtol=1e-7, seed=0, plain=None)``.

    Compares the pullback of ``f`` with differences of ``f`` (of ``plain``, where ``f`` itself
    cannot be run on plain values), and for ``order=2`` the pullback of the pullback with
    differences of the pullback. The primals are floats, complex numbers, float64 or complex128
    arrays, or containers of them, at least 0.2 away from any singularity or kink.
    """
    from pullback import vjp

    def check(f, *primals, order=2, rtol=1e-7, seed=0, plain=None):
        rng = np.random.default_rng(seed)
        cotangent = compare(f, primals, rng, rtol, plain)
        if order == 2:
            compare(lambda *xs: vjp(f, *xs)[1](cotangent), primals, rng, rtol, None)

    return check
