"""Drawings of graphs as text: small ones letter for letter, others read back from their letters."""

import re
from random import Random
from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullback import Graph, folded, trace
from pullback.drawing import draw
from pullback.drawing.terminal import styled
from pullback.errors import GraphError


def tanh(x):
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


@pytest.fixture
def run():
    """Tanh at 1, with both passes."""
    run = trace(tanh, 1.0).run(1.0)
    run.reverse()
    run.forward(1.0)
    return run


def same(drawn, expected):
    assert drawn == dedent(expected).strip("\n")


# Small ones, letter for letter


def test_values_on_the_way_forward(run):
    same(
        draw(run, width=80),
        """
                                       x = 1.0
                                          │
                                 mul(-2.0, ·) = -2.0
                                          │
                              exp = 0.1353352832366127
                       ┌──────────────────┴───────────────┐
        sub(1.0, ·) = 0.8646647167633873   add(1.0, ·) = 1.1353352832366128
                        └─────────────────┬────────────────┘
                         return truediv = 0.7615941559557649
        """,
    )


def test_cotangents_on_the_way_back(run):
    same(
        draw(run, mode="reverse", width=80),
        """
                                x ← 0.419974341614026
                                          │
                          mul(-2.0, ·) ← -0.209987170807013
                                          │
                              exp ← -1.5516069851487515
                       ┌──────────────────┴────────────────┐
        sub(1.0, ·) ← 0.8807970779778823   add(1.0, ·) ← -0.6708099071708693
                        └────────────────┬─────────────────┘
                                return truediv ← 1.0
        """,
    )


def test_tangents_in_forward_mode(run):
    drawn = draw(run, mode="forward", width=80)
    assert "x → 1.0" in drawn
    assert "return truediv → 0.419974341614026" in drawn


def test_a_bare_graph_has_no_values():
    same(
        draw(trace(lambda x, y: x * y + x, 1.0, 2.0), width=80),
        """
             x  y
            ┌┴─┐│
            │  │└┐
            │  mul
            ├───┘
        return add
        """,
    )


def test_signs_of_ascii_alone(run):
    drawn = draw(run, mode="reverse", ascii=True, width=80)
    assert drawn.isascii()
    assert "mul(-2.0, _) <- -0.209987170807013" in drawn
    assert "+-----------------+----------------+" in drawn


def test_arrays_are_written_by_dtype_and_shape_or_by_their_few_numbers():
    graph = trace(lambda x, w: x @ w, np.ones((3, 2)), np.ones(2))
    assert draw(graph.run(np.ones((3, 2)), np.array([0.5, 1.0])), width=80).split("\n")[0::2] == [
        "x = float64(3, 2)  w = [0.5, 1.0]",
        "  return matmul = [1.5, 1.5, 1.5]",
    ]


def test_folded_nodes_have_a_double_border():
    @folded
    def square(x):
        return x * x

    graph = trace(lambda x: square(x) + 1.0, 3.0)
    same(
        draw(graph.run(3.0), width=80),
        """
                 x = 3.0
                    │
             ║square║ = 9.0
                    │
        return add(·, 1.0) = 10.0
        """,
    )
    assert "|square| = 9.0" in draw(graph.run(3.0), ascii=True)


def test_a_node_that_was_named_says_what_it_does():
    graph = Graph()
    x = graph.placeholder("x")
    graph.output(graph.named("loss", x * x))
    assert draw(graph, width=80).split("\n")[-1] == "return loss: mul"


def test_a_node_that_no_cotangent_reaches_has_none():
    graph = trace(lambda x, y: (x + 1.0, y)[0], 1.0, 2.0)
    run = graph.run(1.0, 2.0)
    run.reverse()
    assert draw(run, mode="reverse", width=80).split("\n")[0].split() == ["x", "←", "1.0", "y"]


def test_a_graph_that_is_not_finished():
    graph = Graph()
    assert draw(graph, width=80) == ""
    graph.placeholder("x")
    graph.placeholder("変数")
    assert draw(graph, width=80) == "x  変数"


# All others, read back

UP, DOWN, LEFT, RIGHT = (-1, 0), (1, 0), (0, -1), (0, 1)
ARMS = {
    "│": (UP, DOWN),
    "─": (LEFT, RIGHT),
    "┌": (DOWN, RIGHT),
    "┐": (DOWN, LEFT),
    "└": (UP, RIGHT),
    "┘": (UP, LEFT),
    "├": (UP, DOWN, RIGHT),
    "┤": (UP, DOWN, LEFT),
    "┬": (DOWN, LEFT, RIGHT),
    "┴": (UP, LEFT, RIGHT),
    "┼": (UP, DOWN, LEFT, RIGHT),
}
LABEL = re.compile("─*(?:return )?([a-z0-9_]+)─*")


class Reader:
    """The edges of a drawing, seen by its letters alone."""

    def __init__(self, drawing):
        self.lines = drawing.splitlines()
        self.labels = {
            (row, column): match[1]
            for row, line in enumerate(self.lines)
            for match in LABEL.finditer(line)
            for column in range(match.start(), match.end())
        }
        self.label_rows = {row for row, _ in self.labels}

    def edges(self):
        """Pairs of labels that a line leads down from and to."""
        return {
            (name, self.labels[end])
            for position, name in self.labels.items()
            for end in self._ends(position)
        }

    def _ends(self, position):
        for reached in self._down_from(position):
            if reached in self.labels:
                yield reached
            else:
                assert self.lines[reached[0]][reached[1]] == "│", f"a line ends at {reached}"
                yield from self._ends(reached)

    def _down_from(self, position):
        """The places in the next row of labels to which the line below a place leads."""
        found, seen = set(), set()
        waiting = [(position, DOWN)]
        while waiting:
            (row, column), way = waiting.pop()
            row, column = row + way[0], column + way[1]
            if row in self.label_rows:
                if way == DOWN:
                    found.add((row, column))
                continue
            line = self.lines[row] if row < len(self.lines) else ""
            sign = line[column] if column < len(line) else " "
            arms = ARMS.get(sign, ())
            if sign == "│" and way in (LEFT, RIGHT):
                arms = (LEFT, RIGHT)  # it passes behind
            back = (-way[0], -way[1])
            if back not in arms:
                assert (row - 1, column) in self.labels, f"a line ends at {row}, {column}"
                continue
            for arm in arms:
                if arm != back and ((row, column), arm) not in seen:
                    seen.add(((row, column), arm))
                    waiting.append(((row, column), arm))
        return found


def total(*values):
    return sum(values)


def random_graph(random, nodes, reach):
    """Sums of some of the nodes before, of up to so many."""
    graph = Graph()
    values = [graph.placeholder(f"x{place}") for place in range(random.randint(1, 4))]
    for _ in range(nodes):
        near = values[-reach:]
        values.append(graph.call(total, *random.choices(near, k=random.choice([1, 1, 2, 2, 3, 6]))))
    graph.output(*random.sample(values, min(len(values), random.randint(1, 3))))
    graph._allows_unused = True
    return graph


@given(st.randoms(use_true_random=False), st.integers(0, 14), st.sampled_from([3, 20]))
def test_the_lines_are_the_edges_of_the_graph(random, nodes, reach):
    graph = random_graph(random, nodes, reach)
    drawn = draw(graph, width=400)
    assert Reader(drawn).edges() == {
        (parent.name, node.name) for node in graph.nodes for parent in node.parents
    }
    returned = set(re.findall(r"return (\w+)", drawn))
    assert returned == {node.name for node in graph.outputs}


@pytest.mark.parametrize("seed", range(3))
def test_the_lines_of_a_large_graph_are_its_edges(seed):
    graph = random_graph(Random(seed), 120, 8)
    assert Reader(draw(graph, width=400)).edges() == {
        (parent.name, node.name) for node in graph.nodes for parent in node.parents
    }


def test_few_lines_turn_and_few_cross():
    """Over twenty graphs of 60 nodes; each of the means against it costs 6 % or more."""
    drawn = [draw(random_graph(Random(seed), 60, 8), width=200) for seed in range(20)]
    assert sum(len(re.findall("[┌┐└┘]", drawing)) for drawing in drawn) < 3300
    assert sum(len(re.findall("─│+─", drawing)) for drawing in drawn) < 1100


def test_an_edge_that_passes_many_layers_is_straight():
    def f(x):
        h = x
        for _ in range(3):
            h = np.tanh(np.exp(np.sin(h)) * 0.5)
        return h + x

    lines = draw(trace(f, 1.0).run(1.0), width=80).splitlines()
    assert lines[0].strip() == "x = 1.0"
    assert lines[1][32:] == "├───┐"
    assert {line.rindex("│") for line in lines[2:-2]} == {36}


# What does not fit


def count_of(drawing):
    """The nodes in a drawing: those with a label, and those that are folded."""
    more = re.findall("… ([0-9]+) more …", drawing)
    rest = re.sub("… [0-9]+ more …", "", drawing)
    return len(re.findall("[a-z0-9_]*[a-z][a-z0-9_]*…?", rest.replace("return", ""))) + sum(
        map(int, more)
    )


@given(st.randoms(use_true_random=False), st.integers(0, 40), st.integers(16, 60))
def test_no_line_is_wider_than_the_terminal_and_no_node_is_lost(random, nodes, width):
    graph = random_graph(random, nodes, 6)
    drawn = draw(graph, width=width)
    assert max(map(len, drawn.splitlines())) <= width
    assert count_of(drawn) == len(graph)


def test_labels_become_shorter_before_anything_is_folded(run):
    same(
        draw(run, width=40),
        """
                 x = 1
                   │
               mul = -2
                   │
              exp = 0.135
             ┌─────┴────┐
        sub = 0.865 add = 1.14
             └────┬──────┘
        return truediv = 0.762
        """,
    )


def test_a_long_chain_is_folded_to_one_line_of_dots():
    def chain(x):
        for _ in range(1000):
            x = np.sin(x)
        return x

    graph = trace(chain, 1.0)
    same(
        draw(graph.run(1.0), width=80),
        """
                        x = 1.0
                           │
                     … 999 more …
                           │
        return sin_1000 = 0.0545920...
        """.replace("0.0545920...", str(graph(1.0))),
    )


def test_of_a_long_graph_the_middle_is_folded():
    graph = random_graph(Random(1), 500, 4)
    drawn = draw(graph, width=200, max_nodes=60)
    assert count_of(drawn) == len(graph)
    assert drawn.count("more") == 1
    assert "x0" in drawn.splitlines()[0]
    assert graph.nodes[-1].name in drawn.splitlines()[-1]


def test_a_row_that_is_too_wide_shows_its_first_nodes():
    graph = Graph()
    x = graph.placeholder("x")
    graph.output(graph.call(total, *[np.sin(x) for _ in range(300)]))
    same(
        draw(graph, width=40),
        """
                     x
         ┌────┬──────┼────┬────────┐
        sin sin_2 sin_3 sin_4 … 296 more …
         └────┴─────┼─────┴─────────┘
               return total
        """,
    )


def test_a_very_long_graph_is_folded_without_recursion():
    tasks = {"y0": (total, "x")} | {f"y{k}": (total, f"y{k - 1}") for k in range(1, 20_000)}
    drawn = draw(Graph.from_dict(tasks, inputs=["x"]), width=80)
    assert "… 19999 more …" in drawn


# Colour, and errors


def test_the_styled_drawing_is_the_same_text(run):
    found = styled(run.graph, run, width=80)
    assert found.plain == draw(run, width=80)
    styles = {found.plain[span.start : span.end]: str(span.style) for span in found.spans}
    assert styles["x"] == "bold green"
    assert styles["0.1353352832366127"] == "cyan"


def test_what_cannot_be_drawn():
    graph = trace(tanh, 1.0)
    with pytest.raises(GraphError, match=r"there is no format 'png'; there is text, dot, mermaid"):
        draw(graph, "png")
    with pytest.raises(GraphError, match=r"no mode 'back' of a drawing; there is value, reverse"):
        draw(graph, mode="back")
    with pytest.raises(GraphError, match=r"tanh was not run, so it has no reverse pass to draw"):
        draw(graph, mode="reverse")
    with pytest.raises(GraphError, match=r"made no forward pass .*: call run.forward\(...\) first"):
        draw(graph.run(1.0), mode="forward")
    with pytest.raises(GraphError, match=r"<function tanh .* is neither; pullback.trace"):
        draw(tanh)
