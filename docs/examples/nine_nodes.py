"""The running example node by node: nine nodes in a dict, and both modes over the same graph.

The dict is in dask's convention: name -> (function, arguments), where a string names another node.
Forward mode carries a tangent along with each value, and needs one pass for each input. Reverse
mode brings a cotangent to each node, and needs one pass for all of them.
"""

from __future__ import annotations

from operator import add, mul

import numpy as np

from pullback import Graph

NODES = {
    "w3": (mul, 2.0, "w1"),
    "w4": (np.exp, "w3"),
    "w5": (np.square, "w2"),
    "w6": (mul, "w1", "w5"),
    "w7": (np.cos, "w2"),
    "w8": (add, "w4", "w6"),
    "w9": (add, "w7", "w8"),
}


def main():
    """Print and return, for each node, its value, its tangent for each seed, and its cotangent."""
    graph = Graph.from_dict(NODES, inputs=["w1", "w2"], outputs="w9", name="running_example")
    run = graph.run(1.0, 2.0)
    run.forward(1.0, 0.0)
    by_w1 = run.tangents
    run.forward(0.0, 1.0)
    by_w2 = run.tangents
    run.reverse()

    print(graph)
    print(f"\n{'node':4} {'value':>14} {'d/dw1':>14} {'d/dw2':>14} {'dw9/d':>14}")
    rows = {}
    for step in run:
        row = rows[step.name] = step.value, by_w1[step.name], by_w2[step.name], step.cotangent
        print(f"{step.name:4}", *(f"{number + 0.0:14.10f}" for number in row))  # + 0.0: no -0.0
    return rows


if __name__ == "__main__":
    main()
