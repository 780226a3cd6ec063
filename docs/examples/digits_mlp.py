"""Handwritten digits, recognised by a network of two layers.

The data are real: the 1797 images of 8 x 8 pixels that come with scikit-learn, a quarter of them
kept for the test. The loss is a plain NumPy function of a dict of weights. `val_and_grad` gives
its value and a dict of gradients; `tree_ravel` makes them the flat vectors that SciPy's
optimizers know.

Run with ``--picture FILE`` to see test digits with their predictions, and all the mistakes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from optree.integrations.numpy import tree_ravel
from scipy.optimize import minimize
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from pullback import val_and_grad

HIDDEN, CLASSES, DECAY = 32, 10, 1e-3


def scores(weights, images):
    """One score for each image and class, (n, 10), from pixels of shape (n, 64)."""
    hidden = np.tanh(images @ weights["w1"] + weights["b1"])
    return hidden @ weights["w2"] + weights["b2"]


def loss(weights, images, labels):
    """The mean cross-entropy of the softmax of the scores, and a small weight decay."""
    z = scores(weights, images)
    highest = z.max(axis=1, keepdims=True)  # taken out, so that exp does not overflow
    log_sum = highest[:, 0] + np.log(np.sum(np.exp(z - highest), axis=1))
    decay = sum(np.sum(weights[name] ** 2) for name in ("w1", "w2"))
    return np.mean(log_sum - z[np.arange(len(labels)), labels]) + DECAY * decay


def fit(images, labels, rng):
    """The weights of least loss that L-BFGS-B finds from small random ones."""
    pixels = images.shape[1]
    weights = {
        "w1": rng.normal(0, pixels**-0.5, (pixels, HIDDEN)),
        "b1": np.zeros(HIDDEN),
        "w2": rng.normal(0, HIDDEN**-0.5, (HIDDEN, CLASSES)),
        "b2": np.zeros(CLASSES),
    }
    start, unravel = tree_ravel(weights)

    def value_and_slope(flat):
        value, gradient = val_and_grad(loss, unravel(flat), images=images, labels=labels)
        return value, tree_ravel(gradient)[0]

    found = minimize(value_and_slope, start, jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return unravel(found.x)


def draw(images, labels, predicted):
    """Twenty test digits that are recognised, and below them all that are not."""
    right, wrong = np.flatnonzero(predicted == labels), np.flatnonzero(predicted != labels)
    rows = 2 - (-len(wrong) // 10)
    figure = Figure(figsize=(7, 0.9 * rows + 0.5), layout="constrained")
    figure.suptitle("what the network reads, and in red where it is wrong", fontsize=11)
    grid = figure.subplots(rows, 10)
    for axes in grid.flat:
        axes.axis("off")
    for axes, index in zip(grid.flat, [*right[:20], *wrong], strict=False):
        axes.imshow(images[index].reshape(8, 8), cmap="gray_r")
        if predicted[index] == labels[index]:
            axes.set_title(predicted[index], fontsize=9)
        else:
            title = f"{predicted[index]}, not {labels[index]}"
            axes.set_title(title, fontsize=9, color="crimson")
    return figure


def main(picture: Path | None = None):
    """Train, print and return the share of test digits that are recognised."""
    digits = load_digits()
    images, test_images, labels, test_labels = train_test_split(
        digits.data / 16, digits.target, test_size=0.25, random_state=0
    )
    weights = fit(images, labels, np.random.default_rng(0))
    predicted = np.argmax(scores(weights, test_images), axis=1)
    accuracy = np.mean(predicted == test_labels)
    print(f"recognised {accuracy:.1%} of {len(test_labels)} test digits")
    if picture:
        draw(test_images, test_labels, predicted).savefig(picture, dpi=100)
    return accuracy


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the digits")
    main(parser.parse_args().picture)
