"""The hyperbolic tangent, built from exp: every value on the way forward, every cotangent back.

``tanh(x) = (1 - exp(-2 x)) / (1 + exp(-2 x))``. Its exponential is used twice, so two cotangents
arrive there and are added up. What arrives at x is the derivative, ``1 - tanh(x)**2``.
"""

from __future__ import annotations

import numpy as np

from pullback import trace


def tanh(x):
    """The hyperbolic tangent of a number."""
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


def main():
    """Print both passes at 1.0; return the value and the derivative."""
    run = trace(tanh, 1.0).run(1.0)
    derivative = run.reverse()
    print(f"forward: the values, up to tanh(1.0) = {run.y}\n")
    for step in run.steps:
        print(f"{step.name:8} {step.value}")
    print(f"\nbackward: the cotangents, down to the derivative {derivative}\n")
    for step in run.reverse_steps:
        print(f"{step.name:8} {step.cotangent}")
    return run.y, derivative


if __name__ == "__main__":
    main()
