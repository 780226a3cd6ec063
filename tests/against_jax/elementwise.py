"""Cases of functions that act on each element by itself."""

from __future__ import annotations

import numpy as np

from tests.against_jax.model import Case, between, call, cplx, positive, real, spread, use

EVERYWHERE = [
    "absolute",
    "arctan",
    "arcsinh",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "negative",
    "positive",
    "rad2deg",
    "radians",
    "sin",
    "sinc",
    "sinh",
    "square",
    "tan",
    "tanh",
    "i0",
    "cbrt",
    "reciprocal",
    "conjugate",
    "real",
    "imag",
    "nan_to_num",
]
"""Functions of real numbers other than 0."""

POSITIVE = ["log", "log10", "log1p", "log2", "sqrt"]

INSIDE = ["arccos", "arcsin", "arctanh"]
"""Functions of numbers between -1 and 1."""

COMPLEX = [
    "absolute",
    "arccos",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cos",
    "cosh",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "negative",
    "positive",
    "reciprocal",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "conjugate",
    "real",
    "imag",
    "angle",
]
"""Functions of complex numbers, in the whole plane."""

PAIRS = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "arctan2",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "remainder",
    "fmod",
    "copysign",
]
COMPLEX_PAIRS = ["add", "subtract", "multiply", "divide", "power"]

MASK = np.array([True, False, False, True])
PLACES = np.array([[0, 1, 2, 0], [1, 1, 0, 2], [2, 0, 1, 0]])

CASES: list[Case] = [
    *(call(f"numpy.{name}", spread(3, 4)) for name in EVERYWHERE),
    *(call(f"numpy.{name}", positive(3, 4)) for name in POSITIVE),
    *(call(f"numpy.{name}", between(-0.9, 0.9, 3, 4)) for name in INSIDE),
    *(call(f"numpy.{name}", cplx(3, 4)) for name in COMPLEX),
    *(call(f"numpy.{name}", spread(3, 4), real(3, 4)) for name in PAIRS),
    *(call(f"numpy.{name}", spread(2, 1, 4), real(3, 1)) for name in PAIRS),
    *(call(f"numpy.{name}", cplx(3, 4), cplx(4)) for name in COMPLEX_PAIRS),
    *(call(f"numpy.{name}", cplx(3, 4), real(4)) for name in COMPLEX_PAIRS),
    call("numpy.arccosh", 1 + positive(3, 4)),
    # Left of the imaginary axis JAX 0.10.2 has the other sign, and mpmath has ours.
    call("numpy.arccosh", positive(3, 4) + 1j * real(3, 4)),
    use("numpy.heaviside", lambda xp, h: xp.heaviside(np.array([0.0, -1.0, 0.0]), h), real(3)),
    call("numpy.power", positive(3, 4), real(4)),
    use("numpy.power", lambda xp, x: xp.power(x, 3), spread(3, 4)),
    use("numpy.power", lambda xp, x: xp.power(2.5, x), spread(3, 4)),
    call("numpy.float_power", positive(3, 4), real(4)),
    use("numpy.divmod", lambda xp, x, y: xp.divmod(x, y)[1], spread(3, 4), positive(4)),
    use("numpy.modf", lambda xp, x: xp.modf(x)[0], spread(3, 4)),
    use("numpy.frexp", lambda xp, x: xp.frexp(x)[0], spread(3, 4)),
    use("numpy.ldexp", lambda xp, x: xp.ldexp(x, np.array([1, -2, 3, 0])), spread(3, 4)),
    use("numpy.clip", lambda xp, x: xp.clip(x, -0.8, 0.9), spread(4, 4)),
    use(
        "numpy.clip",
        lambda xp, x, a, b: xp.clip(x, a, b),
        spread(4, 4),
        -positive(4),
        positive(4, 1),
    ),
    use("numpy.where", lambda xp, x, y: xp.where(MASK, x, y), real(3, 4), real(4)),
    use("numpy.where", lambda xp, x, y: xp.where(MASK, x, y), cplx(3, 4), real(4)),
    use("numpy.where", lambda xp, x, y: xp.where(x > 0, x * y, y), spread(3, 4), real(4)),
    use(
        "numpy.select",
        lambda xp, x, y: xp.select([x > 1, x < -1], [x * y, y], 2 * x),
        spread(3, 4),
        real(4),
    ),
    use("numpy.choose", lambda xp, x, y: xp.choose(PLACES, [x, y, x * y]), real(3, 4), real(3, 4)),
    use(
        "numpy.piecewise",
        lambda xp, x: xp.piecewise(x, [x < -1, x > 1], [xp.exp, xp.sin, xp.square]),
        spread(3, 4),
    ),
    call("numpy.sinc", 2 + cplx(2)),
    call("numpy.nan_to_num", cplx(2, 3)),
    use("numpy.unwrap", lambda xp, x: xp.unwrap(x, axis=0), 3 * spread(5, 2)),
    use("numpy.unwrap", lambda xp, x: xp.unwrap(x, period=4.0), 3 * spread(2, 5)),
    use("numpy.angle", lambda xp, x: xp.angle(x, deg=True), cplx(3)),
    use("numpy.astype", lambda xp, x: xp.astype(x, complex), real(3)),
    use("numpy.astype", lambda xp, x: xp.astype(x, float), real(3)),
    call("numpy.full_like", real(2, 3), fill_value=2.0),
    use("numpy.full_like", lambda xp, x, v: xp.full_like(x, v), real(2, 3), real(3)),
    call("numpy.copy", real(2, 3)),
]
