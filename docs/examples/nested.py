"""Derivatives of derivatives: a gradient is a function like any other, so it has a gradient.

An inner derivative may use a value that an outer one differentiates by. The two must not be
confused: ``d/dx (x d/dy (x + y))`` is 1, because the inner derivative is 1 and no more depends on
x; a program that mixes them up finds 2. Below that, the derivatives of tanh, each the gradient of
the one before, beside their closed forms.
"""

from __future__ import annotations

import numpy as np

from pullback import grad

ORDERS, X = 7, 0.5


def inner_is_constant(x):
    """``x d/dy (x + y)``, which is x."""
    return x * grad(lambda y: x + y)(1.0)


def inner_depends_on_x(x):
    """``d/dy (x y)`` at ``y = x``, which is x: the first factor stays fixed in it."""
    return grad(lambda y: x * y)(x)


def closed_forms():
    """The derivatives of tanh at X, which are polynomials in ``t = tanh(x)``: t' = 1 - t**2."""
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    for _ in range(ORDERS):
        yield polynomial(np.tanh(X))
        polynomial = polynomial.deriv() * np.polynomial.Polynomial([1.0, 0.0, -1.0])


def main():
    """Print and return the nested gradients, and the derivatives of tanh in two ways."""
    nested = grad(inner_is_constant)(1.0), grad(inner_depends_on_x)(5.0)
    print(f"d/dx (x d/dy (x + y)) = {nested[0]}")
    print(f"d/dx (d/dy (x y))     = {nested[1]}\n")
    f, rows = np.tanh, []
    print(f"{f'tanh at {X}':13} {'gradient':>15} {'closed form':>15}")
    for order, expected in enumerate(closed_forms()):
        rows.append((f(X), expected))
        print(f"{f'derivative {order}':13}", *(f"{number:15.10f}" for number in rows[-1]))
        f = grad(f)
    return nested, rows


if __name__ == "__main__":
    main()
