"""The hyperbolic tangent, built from exp, and drawn: values on the way forward, cotangents back.

``tanh(x) = (1 - exp(-2 x)) / (1 + exp(-2 x))``. Its exponential is used twice, so two cotangents
arrive there and are added up. What arrives at x is the derivative, ``1 - tanh(x)**2``.
"""

from __future__ import annotations

import numpy as np

from pullback import trace
from pullback.drawing import draw


def tanh(x):
    """The hyperbolic tangent of a number."""
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


def main():
    """Draw both passes at 1.0; return the run."""
    run = trace(tanh, 1.0).run(1.0)
    print(f"forward: the values, down to tanh(1.0) = {run.y}\n")
    print(draw(run, "text", mode="value"))
    derivative = run.reverse()
    print(f"\nbackward: the cotangents, up to the derivative {derivative}\n")
    print(draw(run, "text", mode="reverse"))
    return run


if __name__ == "__main__":
    main()
