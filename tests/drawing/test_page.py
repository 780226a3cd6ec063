"""The page of a graph, read as HTML; tests/browser drives it."""

from __future__ import annotations

import json
import random
import re
from html.parser import HTMLParser
from math import cos, exp, sin

import numpy as np
import pytest

from pullback import Graph, trace
from pullback.drawing import draw
from pullback.drawing.page import page
from pullback.drawing.svg import svg
from pullback.errors import GraphError

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """The elements of a page, the text in each kind, and its scripts; tags must be balanced."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.texts = {}
        self.open = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        for tag in {*self.open}:
            self.texts[tag][-1] += text

    @property
    def data(self):
        """What the program of the page is given."""
        kinds = [attrs.get("type") for tag, attrs in self.elements if tag == "script"]
        return json.loads(self.texts["script"][kinds.index("application/json")])

    @property
    def nodes(self):
        """What the program is given of each node, by the names of the fields."""
        return [dict(zip(self.data["fields"], row, strict=True)) for row in self.data["nodes"]]

    def rows(self):
        """The rows of the table, as lists of texts."""
        cells = iter(zip(self.cells(), strict=True))
        columns = sum(attrs.get("scope") == "col" for tag, attrs in self.elements if tag == "th")
        return [[cell for (cell,) in group] for group in zip(*[cells] * columns, strict=True)]

    def cells(self):
        """The texts of the cells of the body of the table, in order."""
        heads, plain = iter(self.texts["th"]), iter(self.texts["td"])
        for tag, attrs in self.elements:
            if tag == "td":
                yield next(plain)
            elif tag == "th":
                text = next(heads)
                if attrs.get("scope") == "row":
                    yield text


def test_data_of_the_nine_nodes(graph, run):
    found = Page(page(graph, run))
    data = found.data
    by_name = {node["name"]: node for node in found.nodes}
    shown = lambda number: f"{number:.6g}"
    assert by_name["x1"]["cotangent"] == shown(2 * exp(2) + 4)
    assert by_name["x2"]["cotangent"] == shown(4 - sin(2))
    assert by_name["add_2"]["value"] == shown(exp(2) + 4 + cos(2))
    assert by_name["add_2"]["tangent"] == shown(2 * exp(2) + 4)
    assert by_name["add_2"]["value_at_length"] == repr(10.972909262383508)
    made = by_name["exp"]
    assert (made["does"], made["call"], made["dtype"], made["shape"], made["kind"]) == (
        "exp(mul)",
        "numpy.exp(mul)",
        "float64",
        "()",
        "call",
    )
    assert made["parents"] == [graph["mul"].index]
    rule, provider, written = data["rules"][made["rule"]]
    assert (rule, provider) == ("numpy.exp", "pullback-numpy")
    assert re.search(r"pullback_numpy/elementwise\.py:\d+$", written)
    place, line = data["lines"][made["line"]]
    assert place == f"tests/drawing/conftest.py:{graph['exp'].line[1]}"
    assert line == "return np.exp(2 * x1) + x1 * x2**2 + np.cos(x2)"


def test_passes_are_those_of_the_run(graph, run):
    passes = Page(page(graph, run)).data["passes"]
    assert {key: found["title"] for key, found in passes.items()} == {
        "value": "Forward pass",
        "reverse": "Reverse pass",
        "forward": "Forward mode",
    }
    names = {
        key: [graph.nodes[index].name for index in found["order"]] for key, found in passes.items()
    }
    assert names["value"] == names["forward"] == [node.name for node in graph]
    assert names["reverse"][0] == "add_2"
    assert sorted(names["reverse"]) == sorted(names["value"])
    for node in graph:
        for parent in node.parents:
            assert names["reverse"].index(node.name) < names["reverse"].index(parent.name)


def test_table_has_all_steps(graph, run):
    rows = Page(page(graph, run)).rows()
    assert [row[:3] for row in rows[:4]] == [
        ["1", "x1", "input"],
        ["2", "x2", "input"],
        ["3", "mul", "2 * x1"],
        ["4", "exp", "exp(mul)"],
    ]
    assert len(rows) == len(graph)
    reverse = [step.name for step in run.reverse_steps]
    assert [int(row[4]) for row in rows] == [1 + reverse.index(row[1]) for row in rows]
    number = lambda value: f"{value:.6g}"
    assert rows[3][3:] == [
        number(exp(2)),
        str(1 + reverse.index("exp")),
        "1",
        number(2 * exp(2)),
        "()",
        "float64",
    ]


def test_pass_that_was_not_made_says_how(graph):
    found = Page(page(graph, graph.run(1.0, 2.0)))
    assert [*found.data["passes"]] == ["value"]
    disabled = {
        attrs["data-pass"]: attrs["title"]
        for tag, attrs in found.elements
        if tag == "button" and "disabled" in attrs
    }
    assert {key: title.split(": ")[1] for key, title in disabled.items()} == {
        "reverse": "call run.reverse() before it is drawn.",
        "forward": "call run.forward(...) before it is drawn.",
    }


def test_graph_without_run_shows_its_order(graph):
    found = Page(page(graph))
    assert found.data["passes"] == {
        "value": {"title": "Order of evaluation", "order": [*range(9)]},
    }
    assert not found.data["hasRun"]
    assert not any(node["value"] for node in found.nodes)
    assert any("which has not been run" in text for text in found.texts["p"])
    assert found.rows()[3] == ["4", "exp", "exp(mul)", "()", "float64"]


def test_page_begins_with_the_pass_that_is_asked_for(graph, run):
    text = page(graph, run, "reverse")
    assert ("html", {"lang": "en", "data-mode": "reverse"}) in Page(text).elements


def test_pass_that_was_not_made_cannot_be_begun_with(graph):
    with pytest.raises(GraphError, match=r"has made no reverse pass .* call run.reverse\(\) first"):
        page(graph, graph.run(1.0, 2.0), "reverse")
    with pytest.raises(GraphError, match="was not run, so it has no forward pass"):
        page(graph, None, "forward")


@pytest.mark.parametrize(("format", "written"), [("html", page), ("svg", svg)])
def test_draw_knows_the_format(graph, run, format, written):
    assert draw(run, format, "reverse") == written(graph, run, "reverse")
    assert draw(graph, format) == written(graph)


def test_it_needs_nothing_from_outside(graph, run):
    text = page(graph, run)
    assert {*re.findall(r"\w+://[^\s\"'`<>]*", text)} == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)
    for tag, attrs in Page(text).elements:
        assert tag not in ("link", "img", "iframe", "base")
        assert "src" not in attrs
        assert not attrs.get("href", "#").strip("#").count("/")


def test_attributes_of_an_accessible_page(graph, run):
    elements = Page(page(graph, run)).elements
    metas = [attrs for tag, attrs in elements if tag == "meta"]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in metas
    assert any(attrs.get("aria-live") == "polite" for _, attrs in elements)
    ids = [attrs["id"] for _, attrs in elements if "id" in attrs]
    assert len(ids) == len({*ids})


HOSTILE = "\u2028\x00\ud800</script><img onerror=alert(1) src=x>'\"&"


def test_hostile_names_and_values_stay_text():
    graph = Graph()
    graph.output(graph.placeholder(HOSTILE) + 1.0, graph.constant(HOSTILE))
    text = page(graph, graph.run(2.0))
    text.encode()
    found = Page(text)
    assert not [tag for tag, _ in found.elements if tag == "img"]
    assert len(found.texts["script"]) == 2
    safe = r"\u2028\x00\ud800" + HOSTILE[3:]
    nodes = found.nodes
    assert nodes[0]["name"] == safe[:27] + "…"
    assert nodes[1]["call"] == f"{safe} + 1"
    assert found.texts["h1"] == [f"graph({safe})"]
    assert any(safe[:18] in node["value_at_length"] for node in nodes)


def large(x, y, w):
    """A function whose graph has 200 nodes, in layers that use what was computed before."""
    choose = random.Random(0).choice
    operations = [
        lambda a, b: np.sin(a) * b,
        lambda a, b: a + b,
        lambda a, b: np.tanh(a - b),
        lambda a, b: np.exp(-a * a),
    ]
    values = [x, y, w]
    for _ in range(127):
        operation = choose(operations)
        values.append(operation(choose(values[-9:]), choose(values[-9:])))
    return np.sum(sum(values[-9:]))


def test_page_of_200_nodes_is_small():
    inputs = (np.linspace(0.1, 1.1, 12).reshape(3, 4), np.ones((3, 4)) / 2, np.ones((3, 4)) / 3)
    graph = trace(large, *inputs)
    assert 200 <= len(graph) <= 210
    run = graph.run(*inputs)
    run.reverse()
    run.forward(*inputs)
    assert len(page(graph, run).encode()) < 300_000
