"""The length and the friction of a pendulum, found from watching it swing.

The motion is ``angle'' = -g/length sin(angle) - damping angle'``, stepped through time by a
Python loop; `value_and_grad` differentiates straight through the loop. The observations are data
that we make: the same equation with known parameters, and noise from a fixed seed. Both are found
again within 2 %, and the Hessian of the same loss gives the standard errors.

Run with ``--picture FILE`` to see the observations, the first guess and the fit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize

from pullback import hessian, value_and_grad

GRAVITY = 9.81  # m/s²
STEP, STEPS = 0.05, 200  # s
START = np.array([1.2, 0.0])  # rad, rad/s
TRUE = np.array([0.8, 0.25])  # length in m, damping in 1/s
GUESS = np.array([1.0, 0.1])
NOISE = 0.05  # rad


def slope(state, length, damping):
    """The time derivative of the state, (angle, velocity)."""
    angle, velocity = state
    return np.stack([velocity, -GRAVITY / length * np.sin(angle) - damping * velocity])


def swing(parameters):
    """The angles (rad) at every step, shape (STEPS,), by the classical Runge-Kutta method."""
    length, damping = parameters
    state, angles = START, []
    for _ in range(STEPS):
        k1 = slope(state, length, damping)
        k2 = slope(state + STEP / 2 * k1, length, damping)
        k3 = slope(state + STEP / 2 * k2, length, damping)
        k4 = slope(state + STEP * k3, length, damping)
        state = state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        angles.append(state[0])
    return np.stack(angles)


def loss(parameters, observed):
    """Minus the log-likelihood of the observed angles, up to a constant."""
    return np.sum((swing(parameters) - observed) ** 2) / (2 * NOISE**2)


def observe():
    """The angles of the true pendulum, with noise."""
    return swing(TRUE) + np.random.default_rng(0).normal(0, NOISE, STEPS)


def draw(observed, fitted):
    """The observed angles, and the swings of the first guess and of the fit."""
    time = STEP * np.arange(1, STEPS + 1)
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(time, swing(GUESS), "--", color="0.6", label="first guess")
    axes.plot(time, swing(fitted), color="tab:blue", label="fit")
    axes.plot(time, observed, ".", color="black", markersize=4, label="observed")
    axes.set(xlabel="time (s)", ylabel="angle (rad)")
    figure.legend(ncols=3, loc="outside upper center", frameon=False)
    return figure


def main(picture: Path | None = None):
    """Fit, print, and return the parameters and their standard errors."""
    observed = observe()
    slopes = value_and_grad(loss)  # by the first argument
    fitted = minimize(slopes, GUESS, args=(observed,), jac=True, method="L-BFGS-B").x
    errors = np.sqrt(np.diag(np.linalg.inv(hessian(loss)(fitted, observed))))
    for row in zip(("length (m)", "damping (1/s)"), TRUE, fitted, errors, strict=True):
        print("{:14} true {:.4f}, fitted {:.4f} ± {:.4f}".format(*row))
    if picture:
        draw(observed, fitted).savefig(picture, dpi=90)
    return fitted, errors


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the swings")
    main(parser.parse_args().picture)
