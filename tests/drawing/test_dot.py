"""Graphs in the language of graphviz, read back by a small reader of that language."""

import re

import numpy as np
import pytest

from pullback import Graph, folded, trace
from pullback.drawing import draw
from pullback.errors import GraphError

STRING = r'"(?:[^"\\]|\\.)*"'
ATTRIBUTE = re.compile(rf"(\w+)=({STRING}|\w+)")
NODE = re.compile(rf"  (n\d+) \[((?:\w+=(?:{STRING}|\w+)(?:, )?)+)\];")
EDGE = re.compile(rf"  (n\d+) -> (n\d+)(?: \[label=({STRING})\])?;")


def unquoted(text):
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), text[1:-1])


def read(drawn):
    """Name -> attributes of the nodes, and the edges; every line must be understood."""
    first, setting, *lines, last = drawn.splitlines()
    assert re.fullmatch(rf"digraph {STRING} {{", first)
    assert (setting, last) == ("  node [shape=box, style=rounded];", "}")
    nodes, edges = {}, []
    for line in lines:
        if match := NODE.fullmatch(line):
            nodes[match[1]] = {key: unquoted(text) for key, text in ATTRIBUTE.findall(match[2])}
        else:
            match = EDGE.fullmatch(line)
            assert match, line
            edges.append((match[1], match[2], match[3] and unquoted(match[3])))
    return nodes, edges


def test_nodes_edges_and_what_is_special_about_them():
    @folded
    def square(x):
        return x * x

    graph = trace(lambda x: square(x) * x, 3.0)
    nodes, edges = read(draw(graph.run(3.0), "dot"))
    assert [attributes["label"] for attributes in nodes.values()] == [
        "x\n= 3.0",
        "square\n= 9.0",
        "mul\n= 27.0",
    ]
    assert [nodes[name].get("shape") for name in nodes] == ["ellipse", None, None]
    assert [nodes[name].get("peripheries") for name in nodes] == [None, "2", None]
    assert [nodes[name].get("penwidth") for name in nodes] == [None, None, "2"]
    assert edges == [("n0", "n1", None), ("n1", "n2", None), ("n0", "n2", None)]


def test_a_value_that_is_used_twice_in_one_call_is_one_edge():
    _, edges = read(draw(trace(lambda x: x * x, 3.0), "dot"))
    assert edges == [("n0", "n1", "2×")]


def test_cotangents_and_tangents():
    run = trace(lambda x: x * x, 3.0).run(3.0)
    run.reverse()
    run.forward(1.0)
    labels = [
        [attributes["label"] for attributes in read(draw(run, "dot", mode))[0].values()]
        for mode in ("reverse", "forward")
    ]
    assert labels == [["x\n← 6.0", "mul\n← 1.0"], ["x\n→ 1.0", "mul\n→ 6.0"]]
    with pytest.raises(GraphError, match="has no reverse pass to draw"):
        draw(run.graph, "dot", "reverse")


@pytest.mark.parametrize("name", ['"quoted"', "back\\slash", "ends in \\", "[x]; }", "<b>", "ψ"])
def test_any_name_is_read_back_as_it_is(name):
    graph = Graph()
    graph.placeholder(name)
    nodes, _ = read(draw(graph, "dot"))
    assert nodes["n0"]["label"] == name


def test_control_characters_are_written_out():
    graph = Graph()
    graph.placeholder("a\nb\x1b")
    assert read(draw(graph, "dot"))[0]["n0"]["label"] == "a\\nb\\x1b"
    assert draw(graph, width=80) == "return a\\nb\\x1b"


def test_a_constant_argument_with_quotes_and_a_lambda():
    graph = trace(lambda x: np.einsum("i,i->", x, x), np.ones(2))
    assert read(draw(graph, "dot"))[0]["n1"]["label"] == "einsum('i,i->', ·, ·)"
    built = Graph()
    built.output(built.call(lambda x: x, built.placeholder("x")))
    assert read(draw(built, "dot"))[0]["n1"]["label"] == "lambda"
