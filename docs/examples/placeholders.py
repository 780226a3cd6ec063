"""A graph that is built by hand: placeholders, a variable, a constant, and operators.

``z = (x y + c) c + x``. The placeholders x and y have no value until the graph is run. A variable
has one of its own, which can be set, and gets a cotangent in the reverse pass. A constant never
changes, and gets none.
"""

from __future__ import annotations

from pullback import Graph


def add_formula(graph, c):
    """Build z into a graph that has c already."""
    x, y = graph.placeholder("x"), graph.placeholder("y")
    graph.output((x * y + c) * c + x)


def slopes(graph):
    """The value of z, and its derivatives by those of x, y and c that have one."""
    run = graph.run(x=0.9, y=0.4)
    run.reverse()
    return run.y, *(run.cotangents.get(name) for name in "xyc")


def main():
    """Print and return the value and the derivatives, with c as a variable and as a constant."""
    graph = Graph("formula")
    add_formula(graph, graph.variable("c", 1.3))
    print(graph)
    results = [slopes(graph)]
    graph.variables["c"] = 2.0
    results.append(slopes(graph))

    fixed = Graph("fixed")
    add_formula(fixed, fixed.constant(1.3, "c"))
    results.append(slopes(fixed))

    print(f"\n{'x = 0.9, y = 0.4':16} {'z':>6} {'dz/dx':>6} {'dz/dy':>6} {'dz/dc':>6}")
    for title, row in zip(("variable 1.3", "variable 2.0", "constant 1.3"), results, strict=True):
        print(f"{title:16}", *(f"{'-' if n is None else round(n, 6):>6}" for n in row))
    return results


if __name__ == "__main__":
    main()
