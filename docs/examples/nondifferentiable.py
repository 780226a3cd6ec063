"""Functions that have no derivative, in programs that have one.

``floor(x) + x`` has the derivative 1 wherever it has any, since floor is constant between its
steps. The rule packages declare this of `numpy.floor`; a function of your own is declared by
`nondifferentiable`. No cotangent passes through, but the value still depends on the input: in a
graph the function is a node, which is computed anew at every run.
"""

from __future__ import annotations

import math

import numpy as np

import pullback
from pullback import grad, nondifferentiable, primitive, trace


def sawtooth(x):
    """What is left of x above the next lower integer; it rises with slope 1."""
    return x - np.floor(x)


@primitive
def digits(x):
    """How many digits the integer part of ``x >= 1`` has; it knows nothing of tracers."""
    return float(len(str(math.floor(x))))


def weighted(x):
    """A line whose slope is the number of digits."""
    return digits(x) * x


def main():
    """Print and return the derivatives, and the values of the graph at two inputs."""
    pullback.register(*nondifferentiable(digits))
    slopes = (
        grad(lambda x: np.floor(x) + x)(1.5),
        grad(sawtooth)(1.5),
        grad(weighted)(123.0),
    )
    for name, slope in zip(("floor(x) + x", "x - floor(x)", "digits(x) x"), slopes, strict=True):
        print(f"{name:12}  has the derivative {slope}")

    graph = trace(weighted, 123.0)
    print(f"\n{graph}\n")
    values = {}
    for x in (123.0, 4567.0):
        run = graph.run(x)
        run.reverse()
        values[x] = run.y
        print(f"at {x}: digits = {run['digits'].value}, cotangents = {run.cotangents}")
    return slopes, values


if __name__ == "__main__":
    main()
