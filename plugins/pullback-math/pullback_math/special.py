"""The special functions of `math`: gamma, lgamma, erf, erfc.

Formulas: Abramowitz & Stegun, Handbook of Mathematical Functions, 6.3.1 and 7.1.19. The gamma
functions are differentiable at negative numbers that are not whole, too.
"""

from __future__ import annotations

import math

from pullback import elementwise, primitive
from pullback.domains import positive
from pullback_math.polygamma import polygamma
from pullback_math.strong import bilinear

exp = primitive(math.exp)

SLOPE = 2.0 / math.sqrt(math.pi)
"""The derivative of erf at 0."""

gamma_rule = elementwise(math.gamma, lambda ct, y, x: ct * y * polygamma(0, x), domain=positive)
lgamma_rule = elementwise(math.lgamma, lambda ct, x: bilinear(ct, polygamma(0, x)), domain=positive)
erf_rule = elementwise(math.erf, lambda ct, x: ct * SLOPE * exp(-x * x))
erfc_rule = elementwise(math.erfc, lambda ct, x: -ct * SLOPE * exp(-x * x))
