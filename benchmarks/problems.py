"""What is computed: each problem once, for every engine.

A loss is written for an array namespace ``xp`` (``numpy``, ``autograd.numpy``, ``jax.numpy`` or
``torch``), so that all engines run the same program. Beside it stands the same value and gradient
written out by hand: what the engines are compared with, in their results and in their time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

__all__ = ["PROBLEMS", "Problem"]


@dataclass(frozen=True)
class Problem:
    """A scalar function of some primals, at a point."""

    loss: Callable[..., Any]
    """``(xp, *primals, *constants) -> loss``"""
    primals: tuple[Any, ...]
    """What is differentiated: floats and float64 arrays."""
    hand: Callable[..., tuple[Any, Any]]
    """``(*primals, *constants) -> (loss, gradient)``, a tuple of gradients for several primals.

    The loss is of the type that ``loss`` returns: of NumPy's functions a number of NumPy, which
    takes a tenth of a microsecond to make."""
    constants: tuple[Any, ...] = ()
    """Data that is not differentiated."""
    links: list[Callable[..., float]] | None = None
    """The same function as a chain, which pullback then runs instead of the loss."""
    small: bool = False
    """Whether no value on the way has more than 100 elements."""
    omitted: Mapping[str, str] = field(default_factory=dict)
    """Engine -> why it does not run this problem."""

    @property
    def elements(self) -> int:
        """How many numbers the loss is given."""
        return sum(np.size(value) for value in (*self.primals, *self.constants))


def seed_chain(*, as_chain: bool) -> Problem:
    """``exp(sin(sin(x)))`` at 2."""

    def loss(xp: Any, x: Any) -> Any:
        return xp.exp(xp.sin(xp.sin(x)))

    def hand(x: float) -> tuple[float, float]:
        inner = math.sin(x)
        y = math.exp(math.sin(inner))
        slope = y * math.cos(inner) * math.cos(x)
        return y if as_chain else np.float64(y), slope

    links: list[Callable[..., float]] = [math.sin, math.sin, math.exp]
    return Problem(loss, (2.0,), hand, links=links if as_chain else None, small=True)


def long_chain(rounds: int, *, as_chain: bool) -> Problem:
    """``log(exp(arcsin(sin(x))))``, over and over: the identity near 0.5, so nothing decays."""

    def loss(xp: Any, x: Any) -> Any:
        for _ in range(rounds):
            x = xp.log(xp.exp(xp.arcsin(xp.sin(x))))
        return x

    def hand(x: float) -> tuple[float, float]:
        slope = 1.0
        for _ in range(rounds):
            sine = math.sin(x)
            slope *= math.cos(x)
            x = math.asin(sine)
            slope /= math.sqrt(1.0 - sine * sine)
            exponential = math.exp(x)
            slope *= exponential
            x = math.log(exponential)
            slope /= exponential
        return x if as_chain else np.float64(x), slope

    links: list[Callable[..., float]] = [math.sin, math.asin, math.exp, math.log] * rounds
    return Problem(loss, (0.5,), hand, links=links if as_chain else None, small=True)


def two_variables() -> Problem:
    """``exp(2 a) + a b² + cos(b)`` at (1, 2)."""

    def loss(xp: Any, a: Any, b: Any) -> Any:
        return xp.exp(2 * a) + a * b**2 + xp.cos(b)

    def hand(a: float, b: float) -> tuple[float, tuple[float, float]]:
        exponential = math.exp(2 * a)
        y = exponential + a * b**2 + math.cos(b)
        return np.float64(y), (2 * exponential + b**2, 2 * a * b - math.sin(b))

    return Problem(loss, (1.0, 2.0), hand, small=True)


def logistic_regression(rows: int | None = None) -> Problem:
    """Mean negative log-likelihood on scikit-learn's breast cancer data (569 × 30).

    Args:
        rows: use only so many patients.
    """
    from sklearn.datasets import load_breast_cancer

    X, labels = load_breast_cancer(return_X_y=True)
    X, labels = X[:rows], labels[:rows].astype(float)
    X = (X - X.mean(axis=0)) / X.std(axis=0)

    def loss(xp: Any, w: Any, b: Any, X: Any, labels: Any) -> Any:
        z = X @ w + b
        return xp.mean(xp.log1p(xp.exp(z)) - labels * z)

    def hand(w: Any, b: Any, X: Any, labels: Any) -> tuple[Any, tuple[Any, Any]]:
        z = X @ w + b
        exponential = np.exp(z)
        y = np.mean(np.log1p(exponential) - labels * z)
        z_cotangent = (exponential / (1.0 + exponential) - labels) / len(labels)
        return y, (z_cotangent @ X, z_cotangent.sum())

    w = 0.1 * np.random.default_rng(0).standard_normal(X.shape[1])
    return Problem(loss, (w, 0.1), hand, (X, labels))


def perceptron(inputs: int, hidden: int, outputs: int, batch: int) -> Problem:
    """Squared loss of ``tanh(X W1 + b1) W2 + b2``."""

    def loss(xp: Any, W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> Any:
        return xp.sum((xp.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2)

    def hand(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> tuple[Any, tuple[Any, ...]]:
        h = np.tanh(X @ W1 + b1)
        error = h @ W2 + b2 - Y
        ct = 2.0 * error
        inner = (ct @ W2.T) * (1.0 - h * h)
        gradient = (X.T @ inner, inner.sum(axis=0), h.T @ ct, ct.sum(axis=0))
        return np.sum(error * error), gradient

    rng = np.random.default_rng(0)
    W1 = rng.standard_normal((inputs, hidden)) / math.sqrt(inputs)
    W2 = rng.standard_normal((hidden, outputs)) / math.sqrt(hidden)
    b1, b2 = rng.standard_normal(hidden), rng.standard_normal(outputs)
    X, Y = rng.standard_normal((batch, inputs)), rng.standard_normal((batch, outputs))
    largest = max(array.size for array in (W1, W2, X, Y, X @ W1))
    return Problem(loss, (W1, b1, W2, b2), hand, (X, Y), small=largest <= 100)


def recurrent(steps: int, hidden: int = 8, inputs: int = 4) -> Problem:
    """``h = tanh(W h + U x)`` along a sequence, and the squared length of the last ``h``."""

    def loss(xp: Any, W: Any, U: Any, sequence: Any, h: Any) -> Any:
        for x in sequence:
            h = xp.tanh(W @ h + U @ x)
        return xp.sum(h * h)

    def hand(W: Any, U: Any, sequence: Any, h: Any) -> tuple[Any, tuple[Any, Any]]:
        states = [h]
        for x in sequence:
            states.append(np.tanh(W @ states[-1] + U @ x))
        last = states[-1]
        ct = 2.0 * last
        W_cotangent, U_cotangent = np.zeros_like(W), np.zeros_like(U)
        for x, before, after in zip(sequence[::-1], states[-2::-1], states[::-1], strict=False):
            inner = ct * (1.0 - after * after)
            W_cotangent += np.outer(inner, before)
            U_cotangent += np.outer(inner, x)
            ct = inner @ W
        return np.sum(last * last), (W_cotangent, U_cotangent)

    rng = np.random.default_rng(0)
    # An orthogonal matrix keeps the gradient of early steps from vanishing.
    W = np.linalg.qr(rng.standard_normal((hidden, hidden)))[0]
    U = 0.1 * rng.standard_normal((hidden, inputs))
    sequence = rng.standard_normal((steps, inputs))
    return Problem(loss, (W, U), hand, (sequence, np.zeros(hidden)), small=True)


def rosenbrock(size: int) -> Problem:
    """Rosenbrock's function of ``size`` variables (the sum of ``size - 1`` valleys)."""

    def loss(xp: Any, x: Any) -> Any:
        return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    def hand(x: Any) -> tuple[Any, Any]:
        head = x[:-1]
        valley = x[1:] - head * head
        slope = 1.0 - head
        gradient = np.zeros_like(x)
        gradient[:-1] = -400.0 * head * valley - 2.0 * slope
        gradient[1:] += 200.0 * valley
        return np.sum(100.0 * valley * valley + slope * slope), gradient

    x = np.random.default_rng(0).uniform(-2.0, 2.0, size)
    return Problem(loss, (x,), hand, small=size <= 100)


def element_reads(size: int) -> Problem:
    """``sum(x[i] * x[i])``, in a Python loop that reads every element."""

    def loss(xp: Any, x: Any) -> Any:
        total = 0.0
        for index in range(size):
            element = x[index]
            total = total + element * element
        return total

    def hand(x: Any) -> tuple[Any, Any]:
        total = 0.0
        for index in range(size):
            element = x[index]
            total = total + element * element
        return total, 2.0 * x

    engines = ("jax eager", "jax jit")[: 0 if size < 1000 else 1 if size == 1000 else 2]
    omitted = dict.fromkeys(engines, "its first run compiles every read, which takes minutes")
    x = np.random.default_rng(0).standard_normal(size)
    return Problem(loss, (x,), hand, small=size <= 100, omitted=omitted)


PROBLEMS: Final[dict[str, Callable[[], Problem]]] = {
    "seed chain, as a chain": partial(seed_chain, as_chain=True),
    "seed chain, traced": partial(seed_chain, as_chain=False),
    "1,000 links, as a chain": partial(long_chain, 250, as_chain=True),
    "1,000 links, traced": partial(long_chain, 250, as_chain=False),
    "exp(2a) + ab² + cos(b)": two_variables,
    "MLP 4-8-2, batch 1": partial(perceptron, 4, 8, 2, 1),
    "recurrent, 100 steps": partial(recurrent, 100),
    "Rosenbrock, 10": partial(rosenbrock, 10),
    "x[i], 100 reads": partial(element_reads, 100),
    "Rosenbrock, 10³": partial(rosenbrock, 10**3),
    "Rosenbrock, 10⁶": partial(rosenbrock, 10**6),
    "logistic regression, 569 × 30": logistic_regression,
    "MLP 64-128-10, batch 32": partial(perceptron, 64, 128, 10, 32),
    "MLP 256-512-10, batch 256": partial(perceptron, 256, 512, 10, 256),
    "x[i], 10³ reads": partial(element_reads, 10**3),
    "x[i], 10⁴ reads": partial(element_reads, 10**4),
}
"""The name of each problem, and what makes it; small ones first."""
