"""The running example of an article, its value and its derivatives in both modes.

Andy Jones, "Automatic differentiation", explains forward and reverse mode with
``y = exp(2 x1) + x1 x2**2 + cos(x2)`` at ``(1, 2)``, by hand-made vertices of a graph. Here the
function is written as it stands. Reverse mode (`val_and_grad`) gives both derivatives in one walk
back; forward mode (`jvp`) gives one for each direction. Both equal the closed form.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pullback import jvp, val_and_grad


class Derivatives(NamedTuple):
    """The value of the running example and its derivatives with respect to x1 and x2."""

    y: float
    by_x1: float
    by_x2: float


def f(x1, x2):
    """The function, of two numbers."""
    return np.exp(2 * x1) + x1 * x2**2 + np.cos(x2)


def closed_form(x1, x2):
    """The value and both derivatives, worked out by hand."""
    y = np.exp(2 * x1) + x1 * x2**2 + np.cos(x2)
    return Derivatives(y, 2 * np.exp(2 * x1) + x2**2, 2 * x1 * x2 - np.sin(x2))


def reverse(x1, x2):
    """The value and both derivatives from one walk back."""
    y, (by_x1, by_x2) = val_and_grad(f, x1, x2)
    return Derivatives(y, by_x1, by_x2)


def forward(x1, x2):
    """The value and both derivatives from one tangent for each."""
    y, by_x1 = jvp(f, (x1, x2), (1.0, 0.0))
    _, by_x2 = jvp(f, (x1, x2), (0.0, 1.0))
    return Derivatives(y, by_x1, by_x2)


def main():
    """Print the value and both derivatives at (1, 2), computed in three ways."""
    results = {method: method(1.0, 2.0) for method in (closed_form, reverse, forward)}
    print(f"{'at (1, 2)':12} {'y':>13} {'dy/dx1':>13} {'dy/dx2':>13}")
    for method, numbers in results.items():
        print(f"{method.__name__:12}", *(f"{number:13.10f}" for number in numbers))
    return results


if __name__ == "__main__":
    main()
