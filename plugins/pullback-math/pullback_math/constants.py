"""Functions without a derivative: piecewise constant, or of something else than real numbers."""

from __future__ import annotations

import cmath
import math
import operator

from pullback import nondifferentiable

rounding = nondifferentiable(math.floor, math.ceil, math.trunc, round)

floating_point = nondifferentiable(math.ulp, float.is_integer, float.as_integer_ratio, float.hex)

questions = nondifferentiable(
    math.isclose,
    math.isfinite,
    math.isinf,
    math.isnan,
    cmath.isclose,
    cmath.isfinite,
    cmath.isinf,
    cmath.isnan,
)

comparisons = nondifferentiable(
    operator.lt,
    operator.le,
    operator.eq,
    operator.ne,
    operator.ge,
    operator.gt,
    operator.is_,
    operator.is_not,
    operator.not_,
    operator.truth,
)

integers = nondifferentiable(
    math.comb,
    math.factorial,
    math.gcd,
    math.isqrt,
    math.lcm,
    math.perm,
    operator.and_,
    operator.iand,
    operator.index,
    operator.inv,
    operator.invert,
    operator.or_,
    operator.ior,
    operator.lshift,
    operator.ilshift,
    operator.rshift,
    operator.irshift,
    operator.xor,
    operator.ixor,
)
