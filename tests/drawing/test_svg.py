"""The SVG of a graph, read as XML."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from math import cos, exp, sin
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pullback import Graph, folded, trace
from pullback.cli import main
from pullback.drawing.svg import svg
from pullback.errors import GraphError

DOCS = Path(__file__).resolve().parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def nodes_of(text):
    """Name -> the other texts in the box of the node, and its title."""
    found = {}
    for group in ET.fromstring(text).iter(f"{SVG}g"):
        if "pb-node" in group.get("class", ""):
            name, *rest = [item.text for item in group.iter(f"{SVG}text")]
            title = group.find(f"{SVG}title")
            found[name] = (rest, None if title is None else title.text)
    return found


def boxes_of(text):
    """Left, right, top and bottom of each box."""
    boxes = []
    for group in ET.fromstring(text).iter(f"{SVG}g"):
        if "pb-node" in group.get("class", ""):
            x, y = map(float, group.get("transform")[len("translate(") : -1].split())
            box = group.find(f"{SVG}rect")
            left = x + float(box.get("x"))
            boxes.append((left, left + float(box.get("width")), y, y + float(box.get("height"))))
    return boxes


def test_values_and_cotangents_of_the_nine_nodes(graph, run):
    found = {name: rest for name, (rest, _) in nodes_of(svg(graph, run, "reverse")).items()}
    x1, x2 = 1.0, 2.0
    shown = lambda number: f"{number:.6g}"
    assert found == {
        "x1": ["input", "1", f"← {shown(2 * exp(2 * x1) + x2**2)}"],
        "x2": ["input", "2", f"← {shown(2 * x1 * x2 - sin(x2))}"],
        "mul": ["2 * x1", "2", f"← {shown(exp(2 * x1))}"],
        "exp": ["exp(mul)", shown(exp(2 * x1)), "← 1"],
        "pow": ["x2 ** 2", "4", "← 1"],
        "mul_2": ["x1 * pow", "4", "← 1"],
        "add": ["exp + mul_2", shown(exp(2 * x1) + 4), "← 1"],
        "cos": ["cos(x2)", shown(cos(x2)), "← 1"],
        "add_2": ["add + cos", shown(exp(2 * x1) + 4 + cos(x2)), "← 1"],
    }


def test_tangents(graph, run):
    found = nodes_of(svg(graph, run, "forward"))
    assert found["exp"][0] == ["exp(mul)", f"{exp(2):.6g}", f"→ {2 * exp(2):.6g}"]
    assert found["add_2"][0][-1] == f"→ {2 * exp(2) + 4:.6g}"


def test_picture_of_the_documentation_is_what_the_command_makes():
    page = (DOCS / "graphs.md").read_text(encoding="utf-8")
    command = next(line for line in page.splitlines() if line.endswith("-o nine_nodes.svg"))
    arguments = shlex.split(command.removeprefix("$ pullback "))[:-2]
    made = CliRunner().invoke(main, arguments, catch_exceptions=False).stdout
    picture = (DOCS / "nine_nodes.svg").read_text(encoding="utf-8")
    assert rounded(picture) == rounded(made), f"run {command} in docs"


def rounded(text):
    """A text with its numbers to ten digits, as other machines round the last ones otherwise."""
    return re.sub(r"\d+\.\d{10,}", lambda found: f"{float(found[0]):.10g}", text)


def test_values_alone(graph, run):
    assert nodes_of(svg(graph, run))["pow"][0] == ["x2 ** 2", "4"]


def test_small_arrays_are_shown_as_numbers_and_large_ones_by_their_type():
    graph = trace(lambda x, y: (x / 3, y + 1.0), np.arange(3.0), np.ones((3, 2)))
    found = nodes_of(svg(graph, graph.run(np.arange(3.0), np.ones((3, 2)))))
    assert found["truediv"][0] == ["x / 3", "[0, 0.3333, 0.6667]"]
    assert found["add"][0] == ["y + 1", "float64(3, 2)"]


def test_graph_that_was_not_run_shows_types():
    found = nodes_of(svg(trace(lambda x: np.exp(x) + 1.0, np.ones((3, 2)))))
    assert found["exp"][0] == ["exp(x)", "float64(3, 2)"]


def test_title_of_a_node_says_all_that_is_known(graph, run):
    _, title = nodes_of(svg(graph, run, "reverse"))["exp"]
    lines = title.split("\n")
    assert lines[:7] == [
        "exp = numpy.exp(mul)",
        f"value: {exp(2)}",
        "cotangent: 1.0",
        f"tangent: {2 * exp(2)}",
        "shape: ()",
        "dtype: float64",
        "rule: numpy.exp, from pullback-numpy",
    ]
    assert lines[7].startswith("line: tests/drawing/conftest.py:")
    assert len(lines) == 8


def test_it_says_what_it_is_to_a_screen_reader(graph):
    root = ET.fromstring(svg(graph))
    assert root.get("role") == "img"
    assert root.get("aria-label") == "The graph of nine_nodes(x1, x2)"
    assert root.find(f"{SVG}title").text == root.get("aria-label")
    assert root.find(f"{SVG}desc").text == (
        "9 nodes: x1, x2, mul, exp, pow, mul_2, add, cos, add_2."
    )


@pytest.mark.parametrize("arguments", [2, 9])
def test_edges_go_from_box_to_box(graph, arguments):
    if arguments > 2:
        example = [1.0] * arguments
        graph = trace(lambda *xs: np.stack(xs), *example)
    text = svg(graph)
    paths = [p.get("d") for p in ET.fromstring(text).iter(f"{SVG}path") if "edge" in p.get("class")]
    assert len(paths) == len({(parent, node) for node in graph for parent in node.parents})
    boxes = boxes_of(text)
    for path in paths:
        x, y = map(float, path[1 : path.index("C")].split())
        assert any(left <= x <= right and y == bottom for left, right, _, bottom in boxes)
        x, y = map(float, path.partition("m")[0].split("C")[-1].split()[-2:])
        assert any(left <= x <= right and y == top for left, right, top, _ in boxes)


def test_boxes_do_not_overlap_and_lie_in_the_picture(graph, run):
    text = svg(graph, run, "reverse")
    root, boxes = ET.fromstring(text), boxes_of(text)
    for place, (left, right, top, bottom) in enumerate(boxes):
        assert left >= 0 <= top
        assert right <= float(root.get("width"))
        assert bottom <= float(root.get("height"))
        for other in boxes[place + 1 :]:
            assert right < other[0] or other[1] < left or bottom < other[2] or other[3] < top


def test_hostile_names_are_escaped():
    graph = Graph()
    graph.output(graph.placeholder("</text><script>a('&')</script>") + 1.0)
    graph.named("]]>\"'\x00\x1b\ud800", graph.constant("</svg>\ufffe"))
    text = svg(graph, graph.run(1.0))
    text.encode()
    found = nodes_of(text)
    assert [*found] == ["</text><script>a('&')</scri…", "add", "]]>\"'\\x00\\x1b\\ud800"]
    assert found["]]>\"'\\x00\\x1b\\ud800"][0] == ["constant", r"'</svg>\ufffe'"]
    assert not [*ET.fromstring(text).iter(f"{SVG}script")]


def test_repeated_argument_is_one_edge_with_its_count():
    root = ET.fromstring(svg(trace(lambda x: x * x, 3.0)))
    assert [item.text for item in root.findall(f"{SVG}text")] == ["×2"]


def test_folded_node_has_a_double_border():
    square = folded(lambda x: x * x)
    graph = trace(lambda x: square(x) + 1.0, 3.0)
    double = [
        group.find(f"{SVG}text").text
        for group in ET.fromstring(svg(graph)).iter(f"{SVG}g")
        if len(group.findall(f"{SVG}rect")) == 2
    ]
    assert double == [graph.nodes[1].name]


def test_outputs_are_marked(graph):
    marked = [
        group.find(f"{SVG}text").text
        for group in ET.fromstring(svg(graph)).iter(f"{SVG}g")
        if "pb-output" in group.get("class", "").split()
    ]
    assert marked == ["add_2"]


def test_unfinished_graph_is_drawn():
    graph = Graph()
    x = graph.placeholder("x")
    graph.named("a", x + 1.0)
    graph.named("b", x + 2.0)
    assert [*nodes_of(svg(graph))] == ["x", "a", "b"]


def test_pass_that_was_not_made_is_an_error(graph):
    with pytest.raises(GraphError, match="has made no reverse pass that could be drawn"):
        svg(graph, graph.run(1.0, 2.0), "reverse")


def test_graph_without_nodes_is_drawn():
    assert nodes_of(svg(Graph())) == {}


@pytest.mark.parametrize("words", ["prefers-color-scheme:dark", "pb-page"])
def test_it_brings_its_colours(graph, words):
    assert words in ET.fromstring(svg(graph)).find(f"{SVG}style").text


def test_it_has_no_ids_that_two_in_one_page_would_share(graph, run):
    for element in ET.fromstring(svg(graph, run)).iter():
        assert element.get("id") is None
