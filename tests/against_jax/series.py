"""Cases of the values of series in the six bases of `numpy.polynomial`.

JAX has none of them. There, a polynomial of a basis is written in powers, by the coefficients that
`numpy.polynomial` converts it to, and JAX differentiates the powers.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from pullback import primitive
from tests.against_jax.model import Case, cplx, find, spread, use

PREFIXES = {
    "polynomial": "poly",
    "chebyshev": "cheb",
    "legendre": "leg",
    "hermite": "herm",
    "hermite_e": "herme",
    "laguerre": "lag",
}
FORMULAS = {
    "val": "ip,i->p",
    "val2d": "ip,jp,ij->p",
    "val3d": "ip,jp,kp,ijk->p",
    "grid2d": "ip,jq,ij->pq",
    "grid3d": "ip,jq,kr,ijk->pqr",
}
"""What each function sums up, of values of the basis at each point and of coefficients."""


def in_powers(module, count):
    """The coefficients by powers of the first polynomials of a basis, a row for each."""
    if module == "polynomial":
        return np.eye(count)
    convert = getattr(getattr(np.polynomial, module), f"{PREFIXES[module]}2poly")
    rows = [convert(unit) for unit in np.eye(count)]
    return np.array([np.pad(row, (0, count - len(row))) for row in rows])


def series(module, kind, xp, *arguments):
    """The function of a kind of a module of `numpy.polynomial`, or what it sums up."""
    if xp is np:
        name = f"numpy.polynomial.{module}.{PREFIXES[module]}{kind}"
        return primitive(find(np, name))(*arguments)
    *points, c = arguments
    values = [
        in_powers(module, count) @ xp.stack([x**power for power in range(count)])
        for x, count in zip(points, c.shape, strict=True)
    ]
    return xp.einsum(FORMULAS[kind], *values, c)


def from_roots(xp, x, roots):
    """The product of what is left of ``x`` at each root."""
    if xp is np:
        return primitive(np.polynomial.polynomial.polyvalfromroots)(x, roots)
    return xp.prod(x - roots[:, None], axis=0)


def cases_of(module, kind):
    """At real and at complex points, with complex coefficients too."""
    name = f"numpy.polynomial.{module}.{PREFIXES[module]}{kind}"
    inputs, _ = FORMULAS[kind].split("->")
    points = len(inputs.split(",")) - 1
    shape = (5, 4, 3)[:points]
    function = partial(series, module, kind)
    yield use(name, function, *(spread(4) for _ in range(points)), spread(*shape))
    yield use(name, function, *(cplx(4) for _ in range(points)), cplx(*shape))


CASES: list[Case] = [
    case for module in PREFIXES for kind in FORMULAS for case in cases_of(module, kind)
]
CASES += [
    use("numpy.polynomial.polynomial.polyvalfromroots", from_roots, spread(3), spread(4)),
    use("numpy.polynomial.polynomial.polyvalfromroots", from_roots, cplx(3), cplx(4)),
]
