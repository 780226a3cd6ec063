"""The example of nine nodes, whose values and derivatives are known from its formula."""

from __future__ import annotations

import numpy as np
import pytest

from pullback import trace


def nine_nodes(x1, x2):
    return np.exp(2 * x1) + x1 * x2**2 + np.cos(x2)


@pytest.fixture
def graph():
    return trace(nine_nodes, 1.0, 2.0)


@pytest.fixture
def run(graph):
    """A run at (1, 2) with both passes; the tangents are those along x1."""
    run = graph.run(1.0, 2.0)
    run.reverse()
    run.forward(x1=1.0)
    return run
