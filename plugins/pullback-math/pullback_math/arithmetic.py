"""Arithmetic: what an operator does to numbers, to arrays, and to both mixed.

`operator.matmul` belongs to the array libraries.
"""

from __future__ import annotations

import math
import operator
from dataclasses import replace

from pullback import elementwise, nondifferentiable, rule
from pullback.domains import nonzero, positive, reals
from pullback.errors import InPlaceWriteError
from pullback.rules import diagonal
from pullback.spaces import plain
from pullback_math.arrays import any_array, ufunc_rule
from pullback_math.strong import bilinear, divide, power_log, sign

AT_ZERO = {
    (0.0, 2.0): (0.0, 0.0),
    (0.0, 1.0): (1.0, 0.0),
    (0.0, 0.5): (math.inf, 0.0),
    (0.0, 0.0): (0.0, -math.inf),
    (2.0, 0.0): (0.0, math.log(2.0)),
}
"""(base, exponent) -> the derivatives of the power."""

add_rule = elementwise(operator.add, lambda ct: ct, lambda ct: ct)
sub_rule = elementwise(operator.sub, lambda ct: ct, lambda ct: -ct)
mul_rule = elementwise(operator.mul, lambda ct, b: ct * b, lambda ct, a: ct * a)
neg_rule = elementwise(operator.neg, lambda ct: -ct)
pos_rule = elementwise(operator.pos, lambda ct: ct)
(floordiv_rule,) = nondifferentiable(operator.floordiv)


@rule(operator.truediv, domain=(reals, nonzero))
def truediv_rule(a, b):
    """``d(a / b) = da / b - a db / b²``."""
    if any_array(a, b):
        return ufunc_rule("divide", a, b)

    def truediv_pullback_a(ct):
        return ct / b

    def truediv_pullback_b(ct):
        return -ct * a / b / b

    return a / b, (truediv_pullback_a, truediv_pullback_b)


@rule(operator.mod, domain=(reals, nonzero))
def mod_rule(a, b):
    """``a % b = a - b (a // b)``, where ``a // b`` is piecewise constant."""
    if any_array(a, b):
        return ufunc_rule("remainder", a, b)

    def mod_pullback_a(ct):
        return ct

    def mod_pullback_b(ct):
        return -bilinear(ct, a // b)

    return a % b, (mod_pullback_a, mod_pullback_b)


@rule(divmod, domain=(reals, nonzero))
def divmod_rule(a, b):
    """The quotient is piecewise constant, the remainder is that of ``a % b``."""
    if any_array(a, b):
        return ufunc_rule("divmod", a, b)
    quotient, remainder = divmod(a, b)

    def divmod_pullback_a(cts):
        return cts[1]

    def divmod_pullback_b(cts):
        return -bilinear(cts[1], quotient)

    return (quotient, remainder), (divmod_pullback_a, divmod_pullback_b)


@rule(operator.pow, domain=(positive, reals), points=AT_ZERO)
def pow_rule(a, b):
    """``d a**b = b a**(b-1) da + a**b log(a) db``.

    A negative base has complex powers; where the power is a real number, the engine takes the
    real part of its derivative by the exponent.
    """
    if any_array(a, b):
        return ufunc_rule("power", a, b)

    def pow_pullback_a(ct):
        return power_log(ct * b, a, b - 1, 0)

    def pow_pullback_b(ct):
        return power_log(ct, a, b, 1)

    return a**b, (pow_pullback_a, pow_pullback_b)


pow_rule = replace(pow_rule, pushforward=diagonal(pow_rule.function))


@rule(pow, domain=(positive, reals), differentiable=("base", "exp"), points=AT_ZERO)
def builtin_pow_rule(base, exp, mod=None):
    """As ``base ** exp``; with ``mod`` all three are ints."""
    return pow_rule(base, exp) if mod is None else (pow(base, exp, mod), None)


def absolute(x):
    """``abs(x)``: the sign of a real number, and ``conj(x) / |x|`` of a complex one; 0 at 0."""
    if any_array(x):
        return ufunc_rule("absolute", x)
    y = abs(x)
    if isinstance(plain(x), complex):

        def abs_pullback(ct):
            return ct * divide(x.conjugate(), y)

    else:

        def abs_pullback(ct):
            return ct * sign(x)

    return y, abs_pullback


abs_rule = rule(abs, points={0.0: 0.0})(absolute)
operator_abs_rule = rule(operator.abs, points={0.0: 0.0})(absolute)


def in_place(function, plain_rule):
    """The rule of an in-place operator: that of the plain one, and no write into an array."""
    method = f"__{function.__name__}__"

    def in_place_rule(a, b):
        kind = type(plain(a))
        if hasattr(kind, method):
            raise InPlaceWriteError(
                f"operator.{function.__name__} would write into the {kind.__name__} that it is "
                f"given, which is a primal; use operator.{function.__name__[1:]}"
            )
        return plain_rule(a, b)

    return rule(
        function,
        domain=plain_rule.domain,
        points=plain_rule.points,
        differentiable=plain_rule.differentiable,
    )(in_place_rule)


in_place_rules = (
    in_place(operator.iadd, add_rule),
    in_place(operator.isub, sub_rule),
    in_place(operator.imul, mul_rule),
    in_place(operator.itruediv, truediv_rule),
    in_place(operator.ifloordiv, floordiv_rule),
    in_place(operator.imod, mod_rule),
    in_place(operator.ipow, pow_rule),
)
