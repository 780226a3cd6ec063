"""Graphs in the language of Mermaid, read back by a small reader of that language."""

import re

import pytest

from pullback import Graph, folded, trace
from pullback.drawing import draw
from pullback.errors import GraphError

TEXT = r'"([^"]*)"'
NODE = re.compile(rf"  (n\d+)(\(\[|\[\[|\[){TEXT}(?:\]\)|\]\]|\])")
EDGE = re.compile(rf"  (n\d+) -->(?:\|{TEXT}\|)? (n\d+)")
STYLE = re.compile(r"  style (n\d+) stroke-width:3px")


def plain(text):
    """What Mermaid shows for a label: its own way to write a character by number."""
    return re.sub(r"#(\d+);", lambda match: chr(int(match[1])), text.replace("<br>", "\n"))


def read(drawn):
    """Name -> bracket and label of the nodes, the edges, and the nodes with a thick border."""
    first, *lines = drawn.splitlines()
    assert first == "flowchart TD"
    nodes, edges, thick = {}, [], []
    for line in lines:
        if match := NODE.fullmatch(line):
            nodes[match[1]] = match[2], plain(match[3])
        elif match := EDGE.fullmatch(line):
            edges.append((match[1], match[3], match[2]))
        else:
            match = STYLE.fullmatch(line)
            assert match, line
            thick.append(match[1])
    return nodes, edges, thick


def test_nodes_edges_and_what_is_special_about_them():
    @folded
    def square(x):
        return x * x

    graph = trace(lambda x: square(x) * x, 3.0)
    nodes, edges, thick = read(draw(graph.run(3.0), "mermaid"))
    assert nodes == {
        "n0": ("([", "x\n= 3.0"),
        "n1": ("[[", "square\n= 9.0"),
        "n2": ("[", "mul\n= 27.0"),
    }
    assert edges == [("n0", "n1", None), ("n1", "n2", None), ("n0", "n2", None)]
    assert thick == ["n2"]


def test_a_value_that_is_used_twice_in_one_call_is_one_edge():
    assert read(draw(trace(lambda x: x * x, 3.0), "mermaid"))[1] == [("n0", "n1", "2×")]


def test_cotangents_and_tangents():
    run = trace(lambda x: x * x, 3.0).run(3.0)
    with pytest.raises(GraphError, match=r"made no reverse pass .*: call run.reverse\(\) first"):
        draw(run, "mermaid", "reverse")
    run.reverse()
    run.forward(1.0)
    assert read(draw(run, "mermaid", "reverse"))[0]["n0"] == ("([", "x\n← 6.0")
    assert read(draw(run, "mermaid", "forward"))[0]["n1"] == ("[", "mul\n→ 6.0")


@pytest.mark.parametrize(
    "name", ['"quoted"', "back\\slash", "[x]]", "<script>", "#35;", "**bold**", "`x`", "ψ", "a;b"]
)
def test_any_name_is_read_back_as_it_is(name):
    graph = Graph()
    graph.placeholder(name)
    drawn = draw(graph, "mermaid")
    assert read(drawn)[0]["n0"] == ("([", name)
    assert "<" not in drawn
