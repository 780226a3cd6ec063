"""The elementary functions of `math`: powers, exponentials, logarithms, angles.

Formulas: Abramowitz & Stegun, Handbook of Mathematical Functions, sections 4.1 to 4.6. Where a
textbook's form overflows or cancels, an equal one that does not stands here.
"""

from __future__ import annotations

import math

from pullback import elementwise, primitive, rule
from pullback.domains import Domain, above, interval, positive, reals, unit
from pullback_math.arithmetic import AT_ZERO
from pullback_math.strong import bilinear, divide, not_negative, power_log

cos, sin = primitive(math.cos), primitive(math.sin)
cosh, sinh = primitive(math.cosh), primitive(math.sinh)
degrees, radians = primitive(math.degrees), primitive(math.radians)
exp, hypot, sqrt = primitive(math.exp), primitive(math.hypot), primitive(math.sqrt)

LOG_2 = math.log(2.0)
LOG_10 = math.log(10.0)
INF = math.inf

# Powers
pow_rule = elementwise(
    math.pow,
    lambda ct, a, b: power_log(ct * b, a, b - 1, 0),
    lambda ct, a, b: power_log(ct, not_negative(a), b, 1),
    domain=(positive, reals),
    points={**AT_ZERO, (-0.5, 2.0): (-1.0, math.nan)},
)
sqrt_rule = elementwise(
    math.sqrt, lambda ct, y: divide(0.5 * ct, y), domain=positive, points={0.0: INF}
)
cbrt_rule = elementwise(math.cbrt, lambda ct, y: divide(ct, 3.0 * y * y), points={0.0: INF})

# Exponentials and logarithms
exp_rule = elementwise(math.exp, lambda ct, y: ct * y)
exp2_rule = elementwise(math.exp2, lambda ct, y: ct * y * LOG_2)
expm1_rule = elementwise(math.expm1, lambda ct, x: ct * exp(x))
log2_rule = elementwise(math.log2, lambda ct, x: ct / (x * LOG_2), domain=positive)
log10_rule = elementwise(math.log10, lambda ct, x: ct / (x * LOG_10), domain=positive)
log1p_rule = elementwise(math.log1p, lambda ct, x: ct / (1.0 + x), domain=above(-1.0))


def logarithm(function, domain):
    """The rule of ``log(x[, base])``, real or complex: ``log(x) / log(base)`` by the quotient rule.

    Args:
        function: ``math.log`` or ``cmath.log``.
        domain: of ``x``.
    """
    log = primitive(function)

    def log_rule(x, base=None):
        if base is None:

            def log_pullback(ct):
                return ct / x

            return log(x), log_pullback
        y = log(x, base)

        def log_pullback_x(ct):
            return divide(ct / log(base), x)

        def log_pullback_base(ct):
            return -bilinear(ct / (base * log(base)), y)

        return y, (log_pullback_x, log_pullback_base)

    return rule(function, domain=(domain, Domain(0.0, INF, excluded=(1.0,))))(log_rule)


log_rule = logarithm(math.log, positive)


def over_square(ct, a, b):
    """``ct a / (a² + b²)``, which neither overflows nor underflows on the way; 0 at the origin."""
    length = hypot(a, b)
    return bilinear(divide(ct, length), divide(a, length))


# Trigonometric functions
sin_rule = elementwise(math.sin, lambda ct, x: ct * cos(x))
cos_rule = elementwise(math.cos, lambda ct, x: -ct * sin(x))
tan_rule = elementwise(
    math.tan, lambda ct, y: ct * (1.0 + y * y), domain=interval(-math.pi / 2, math.pi / 2)
)
asin_rule = elementwise(
    math.asin,
    lambda ct, x: divide(ct, sqrt((1.0 - x) * (1.0 + x))),
    domain=unit,
    points={-1.0: INF, 1.0: INF},
)
acos_rule = elementwise(
    math.acos,
    lambda ct, x: -divide(ct, sqrt((1.0 - x) * (1.0 + x))),
    domain=unit,
    points={-1.0: -INF, 1.0: -INF},
)
atan_rule = elementwise(math.atan, lambda ct, x: ct / (1.0 + x * x))
atan2_rule = elementwise(
    math.atan2,
    lambda ct, a, b: over_square(ct, b, a),
    lambda ct, a, b: -over_square(ct, a, b),
    points={(0.0, 0.0): (0.0, 0.0)},
)
degrees_rule = elementwise(math.degrees, lambda ct: degrees(ct))
radians_rule = elementwise(math.radians, lambda ct: radians(ct))

# Hyperbolic functions
sinh_rule = elementwise(math.sinh, lambda ct, x: ct * cosh(x))
cosh_rule = elementwise(math.cosh, lambda ct, x: ct * sinh(x))
tanh_rule = elementwise(math.tanh, lambda ct, y: ct * (1.0 - y * y))
asinh_rule = elementwise(math.asinh, lambda ct, x: ct / hypot(x, 1.0))
acosh_rule = elementwise(
    math.acosh,
    lambda ct, x: divide(ct, sqrt(x - 1.0) * sqrt(x + 1.0)),
    domain=above(1.0),
    points={1.0: INF},
)
atanh_rule = elementwise(math.atanh, lambda ct, x: ct / ((1.0 - x) * (1.0 + x)), domain=unit)
