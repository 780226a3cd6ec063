"""Drawings of a graph of 200 nodes: how long they take, and how large they are."""

from __future__ import annotations

import random
from functools import partial

import numpy as np

from benchmarks.timing import Effort, interleaved
from pullback import Graph
from pullback.drawing import draw
from pullback.graph import GraphRun

__all__ = ["drawing_seconds", "page_bytes", "tangle"]

NODES = 200


def tangle(nodes: int = NODES) -> GraphRun:
    """A run, with both passes, of a graph in which each node uses one or two of the ten before."""
    choose = random.Random(0).choice
    graph = Graph("tangle")
    values = [graph.placeholder("x")]
    last = 10
    while len(graph) < nodes - last:
        a, b = choose(values[-last:]), choose(values[-last:])
        values.append(a * b if len(graph) % 3 else np.sin(a))
    total = values[-1]
    for value in values[-last - 1 : -1]:
        total = total + value
    graph.output(total)
    run = graph.run(0.5)
    run.reverse()
    run.forward(1.0)
    return run


def drawing_seconds(effort: Effort) -> float:
    """How long it takes to draw the tangle for a terminal of 120 columns."""
    run = tangle()
    return interleaved({"text": partial(draw, run, "text", width=120)}, effort)["text"]


def page_bytes() -> int:
    """The size of the web page of the tangle."""
    return len(draw(tangle(), "html").encode())
