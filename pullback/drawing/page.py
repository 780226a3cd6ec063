"""A graph as one web page that needs nothing else: no network, no file beside it.

It steps through the forward pass, the reverse pass and forward mode of a run, or through the order
of a graph. The page itself is written in ``page.html.jinja``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pullback._version import __version__
from pullback.drawing.facts import Facts, facts_of
from pullback.drawing.svg import Lines, Picture, outputs_of, picture, rows_of
from pullback.drawing.view import Mode
from pullback.graph import Graph, GraphRun
from pullback.showing import printable

__all__ = ["page"]

_TITLES: Final = {"value": "Forward pass", "reverse": "Reverse pass", "forward": "Forward mode"}
_MISSING: Final = {
    "reverse": "The run has no reverse pass: call run.reverse() before it is drawn.",
    "forward": "The run has no pass of forward mode: call run.forward(...) before it is drawn.",
}
_FIELDS: Final = (
    "name",
    "does",
    "call",
    "value",
    "cotangent",
    "tangent",
    "value_at_length",
    "cotangent_at_length",
    "tangent_at_length",
    "shape",
    "dtype",
)


def page(graph: Graph, run: GraphRun | None = None, mode: Mode = "value") -> str:
    """A graph as a web page that steps through its passes.

    Args:
        graph: what is drawn.
        run: a run of it, with the passes that it has made; without, the page shows the order in
            which the nodes are computed.
        mode: the pass that the page begins with.

    Raises:
        GraphError: the run has not made that pass.

    >>> from pullback import trace
    >>> page(trace(lambda x: x * x, 3.0))[:15]
    '<!doctype html>'
    """
    outputs = outputs_of(graph, run, mode)
    facts = facts_of(graph, run)
    passes = _passes(graph, run)
    boxes = [_lines(fact, run, [*passes]) for fact in facts]
    drawn = picture(graph, facts, boxes, outputs, interactive=True)
    return _rendered(graph, run, mode, facts, passes, drawn)


def _passes(graph: Graph, run: GraphRun | None) -> dict[str, list[int]]:
    """Mode -> the indices of the nodes, in the order in which the pass goes through them."""
    if run is None:
        return {"value": [node.index for node in graph.nodes]}
    passes = {"value": [step.node.index for step in run.steps]}
    if run.cotangents:
        passes["reverse"] = [step.node.index for step in run.reverse_steps]
    if run.tangents:
        passes["forward"] = passes["value"]
    return passes


def _lines(fact: Facts, run: GraphRun | None, modes: Sequence[Any]) -> Lines:
    """The texts of a box: in the last line that of each pass, one of which is shown at a time."""
    if run is None:
        return [[row] for row in rows_of(fact, None)]
    slopes = [rows_of(fact, mode)[3] for mode in modes if mode != "value"]
    return [*([row] for row in rows_of(fact, "value")), *([slopes] if slopes else [])]


def _rendered(
    graph: Graph,
    run: GraphRun | None,
    mode: Mode,
    facts: Sequence[Facts],
    passes: dict[str, list[int]],
    drawn: Picture,
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    inputs = ", ".join(printable(node.name) for node in graph.inputs)
    titles = _TITLES if run is not None else {"value": "Order of evaluation"}
    places = {
        key: {node: number for number, node in enumerate(order, 1)} for key, order in passes.items()
    }
    return environment.get_template("page.html.jinja").render(
        title=f"{graph.name}({inputs})",
        has_run=run is not None,
        mode=mode,
        facts=facts,
        passes=passes,
        places=places,
        titles=titles,
        missing=_MISSING,
        svg=Markup(drawn.text),
        data=Markup(_as_json(_data(run is not None, facts, passes, titles))),
        version=__version__,
    )


def _data(
    has_run: bool,
    facts: Sequence[Facts],
    passes: dict[str, list[int]],
    titles: dict[str, str],
) -> dict[str, Any]:
    """What the program of the page is given."""
    rules = _Table()
    lines = _Table()
    nodes = [
        [
            *(getattr(fact, field) for field in _FIELDS),
            fact.node.kind,
            [*dict.fromkeys(parent.index for parent in fact.node.parents)],
            rules.place((fact.rule, fact.provider, fact.rule_at)),
            lines.place((fact.made_at, fact.made_by)),
        ]
        for fact in facts
    ]
    return {
        "hasRun": has_run,
        "fields": [*_FIELDS, "kind", "parents", "rule", "line"],
        "nodes": nodes,
        "rules": rules.rows,
        "lines": lines.rows,
        "passes": {key: {"title": titles[key], "order": order} for key, order in passes.items()},
    }


class _Table:
    """Rows that many nodes share, each written once."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []
        self._places: dict[tuple[str, ...], int] = {}

    def place(self, row: tuple[str, ...]) -> int:
        """Where the row is, which is added if it is new."""
        if row not in self._places:
            self._places[row] = len(self.rows)
            self.rows.append(row)
        return self._places[row]


def _as_json(data: Any) -> str:
    """JSON that can stand in a script element: no text in it ends the element or begins one."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
