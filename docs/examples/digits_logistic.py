"""Handwritten digits, recognised by multinomial logistic regression.

The data are real: the 1797 images of 8 x 8 pixels that come with scikit-learn, a quarter of them
kept for the test. All weights stand in one array, so `val_and_grad` takes an array and gives an
array, and SciPy's optimizer needs nothing but a reshape around it.

Run with ``--picture FILE`` to see which pixels speak for and against each digit.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pullback import val_and_grad

CLASSES, DECAY = 10, 1e-3


def load():
    """Images as rows of 64 pixels from 0 to 1 and a last 1; labels; the same for the test."""
    digits = load_digits()
    pixels = np.hstack([digits.data / 16, np.ones((len(digits.data), 1))])
    images, test_images, labels, test_labels = train_test_split(
        pixels, digits.target, test_size=0.25, random_state=0
    )
    return images, labels, test_images, test_labels


def loss(weights, images, labels):
    """The mean cross-entropy of the softmax of ``images @ weights``, and a small weight decay.

    Args:
        weights: one column for each class, (65, 10).
        images: (n, 65).
        labels: (n,), from 0 to 9.
    """
    z = images @ weights
    highest = z.max(axis=1, keepdims=True)  # taken out, so that exp does not overflow
    log_sum = highest[:, 0] + np.log(np.sum(np.exp(z - highest), axis=1))
    return np.mean(log_sum - z[np.arange(len(labels)), labels]) + DECAY * np.sum(weights**2)


def fit(images, labels):
    """The weights of least loss, which L-BFGS-B finds from zero: the loss is convex."""
    shape = (images.shape[1], CLASSES)

    def value_and_slope(flat):
        value, gradient = val_and_grad(loss, flat.reshape(shape), images=images, labels=labels)
        return value, gradient.ravel()

    found = minimize(value_and_slope, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B")
    return found.x.reshape(shape)


def draw(weights):
    """The weights as ten pictures."""
    figure = Figure(figsize=(7, 3.4), layout="constrained")
    limit = np.abs(weights[:-1]).max()
    grid = figure.subplots(2, 5)
    for digit, axes in enumerate(grid.flat):
        shown = axes.imshow(weights[:-1, digit].reshape(8, 8), cmap="RdBu", vmin=-limit, vmax=limit)
        axes.set_title(digit)
        axes.axis("off")
    figure.suptitle("the weight of each pixel, for each digit", fontsize=11)
    figure.colorbar(shown, ax=grid, label="against the digit   –   for it")
    return figure


def main(picture: Path | None = None):
    """Train, print and return the share of test digits that are recognised."""
    images, labels, test_images, test_labels = load()
    weights = fit(images, labels)
    accuracy = np.mean(np.argmax(test_images @ weights, axis=1) == test_labels)
    print(f"recognised {accuracy:.1%} of {len(test_labels)} test digits")
    if picture:
        draw(weights).savefig(picture, dpi=100)
    return accuracy


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the weights")
    main(parser.parse_args().picture)
