"""A chain of three functions, beside its closed form and a finite difference.

``exp(sin(sin(x)))`` at 2.0. The list of the functions, innermost first, is all that `val_and_grad`
needs: it runs their rules from left to right, and their pullbacks from right to left. The closed
form says the same to the last digit; the difference is right to seven, because it subtracts two
numbers that are nearly equal.
"""

from __future__ import annotations

from math import cos, exp, sin

from pullback import trace, val_and_grad

CHAIN = [sin, sin, exp]
X, STEP = 2.0, 1e-8


def f(x):
    """The function, as it is written by hand."""
    return exp(sin(sin(x)))


def closed_form(x):
    """Its derivative by the chain rule, worked out by hand."""
    return exp(sin(sin(x))) * cos(sin(x)) * cos(x)


def difference(x):
    """Its slope between two points that are ``STEP`` apart."""
    return (f(x + STEP) - f(x)) / STEP


def main():
    """Print and return the derivative in three ways, and what happens at each link."""
    value, derivative = val_and_grad(CHAIN, X)
    results = {"chain": derivative, "closed form": closed_form(X), "difference": difference(X)}
    print(f"value        {value}")
    for way, slope in results.items():
        print(f"{way:12} {slope}")

    run = trace(CHAIN, X).run(X)
    run.reverse()
    print(f"\n{'link':12} {'value':>18}  {'cotangent':>18}")
    for step in run.steps:
        print(f"{step.name:12} {step.value:18.15f}  {step.cotangent:18.15f}")
    return value, results


if __name__ == "__main__":
    main()
