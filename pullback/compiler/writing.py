"""The calls of a graph as the lines that a person would have written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pullback.compiler.buffers import Buffers, is_large, plan
from pullback.compiler.facts import is_in, known_facts
from pullback.compiler.spelling import Spelling
from pullback.containers import unflatten
from pullback.graph.graph import Graph
from pullback.graph.nodes import Guard, Node, described, nodes_in
from pullback.graph.paths import guards_by_node
from pullback.graph.running import live_nodes

__all__ = ["result", "statements"]

_OFTEN: Final = 50
"""A function that is called so many times is given a name of its own."""
_WIDEST: Final = 60
"""Comments stand behind the longest line, but for lines that are longer than this."""


def statements(
    graph: Graph,
    names: Sequence[str],
    spelling: Spelling,
    turned: Callable[[int, str], str],
) -> list[str]:
    """The calls of a graph, one a line.

    Args:
        graph: what is written.
        names: of its inputs.
        spelling: writes the calls.
        turned: from the place of a guard, and the text of the answer that was given instead of
            the expected one, to the statement that then follows.
    """
    nodes = live_nodes(graph)
    buffers = plan(nodes, graph.outputs, known_facts())
    inputs = {node.index: name for node, name in zip(graph.inputs, names, strict=True)}
    spelling.nested = _boxes(graph, nodes)
    ends = [*graph.outputs, *(node.args for node in spelling.nested.values())]
    kept = {node.index for node in nodes_in([*ends, *(guard.node for guard in graph.guards)])}
    kept.update(node.index for node in nodes if node.space is None or is_large(node.space))
    kept.update(index for gone in buffers.freed.values() for index in gone)
    spelling.name_variables(nodes, inputs, kept)
    guards = guards_by_node(graph)
    rows: list[tuple[str, str]] = []
    part = None
    for node in nodes:
        if node.index in spelling.nested:
            continue
        name = spelling.variables[node.index]
        if node.kind == "call":
            current = "forward" if node.pullback is None else "backward"
            if part not in (current, None):
                rows.append((f"# {current}", ""))
            part = current
            text = _call(node, spelling, buffers)
            rows.append((f"{name} = {text}", _comment(node)))
        elif node.kind != "placeholder":
            rows.append((f"{name} = {spelling.argument(node.value)}", node.kind))
        for guard in guards.get(node.index, ()):
            place = graph.guards.index(guard)
            rows += [(line, "") for line in _asked(place, guard, spelling, turned)]
        gone = buffers.freed.get(node.index)
        if gone and node is not nodes[-1]:
            names = [spelling.variables[index] for index in gone]
            rows.append((f"del {', '.join(names)}", ""))
    if any(text == "# backward" for text, _ in rows):
        rows.insert(0, ("# forward", ""))
    rows = _with_short_names(rows, spelling)
    width = max((len(code) for code, _ in rows if len(code) <= _WIDEST), default=0)
    return [f"{code:<{width}}  # {note}" if note else code for code, note in rows]


def _boxes(graph: Graph, nodes: Sequence[Node]) -> dict[int, Node]:
    """The nodes that make the number that is returned of a float."""
    found = {node.index: node for node in nodes if is_in(known_facts().boxes, node.function)}
    for node in nodes:
        for parent in node.parents:
            found.pop(parent.index, None)
    for guard in graph.guards:
        found.pop(guard.node.index, None)
    return found


def _with_short_names(rows: list[tuple[str, str]], spelling: Spelling) -> list[tuple[str, str]]:
    """The lines, with names of their own for functions that are called again and again.

    To look ``sin`` up in ``math`` takes a tenth of the time of a call, and room in the code.
    """
    often = [name for name, number in spelling.called.items() if number >= _OFTEN]
    short = {name: name.replace(".", "_") for name in often if "." in name}
    short = {name: alias for name, alias in short.items() if spelling.is_free(alias)}
    if not short:
        return rows
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, short))})\(")
    renamed = [(pattern.sub(lambda m: f"{short[m[1]]}(", code), note) for code, note in rows]
    spelling.name_inputs([*short.values()])
    first = f"{', '.join(short.values())} = {', '.join(short)}"
    return [(first, f"called {_OFTEN} times and more"), *renamed]


def _call(node: Node, spelling: Spelling, buffers: Buffers) -> str:
    target = buffers.written.get(node.index)
    if target is None:
        return spelling.call(node)
    return spelling.call_into(known_facts().writing[node.function], node.args, target)


def _comment(node: Node) -> str:
    """What stands behind a line: the type and shape, and where it comes from."""
    parts = [] if node.space is None else [described(node.space)]
    if node.pullback:
        parts.append(f"pullback of {node.pullback}")
    elif node.pullback is None and node.line is not None:
        path, line = node.line
        parts.append(f"{path.replace(chr(92), '/').rpartition('/')[2]}:{line}")
    return ", ".join(parts)


def _asked(
    place: int, guard: Guard, spelling: Spelling, turned: Callable[[int, str], str]
) -> list[str]:
    """What is asked of a value, and where the program goes on if the answer is another one."""
    name = spelling.variables[guard.node.index]
    if guard.question is bool:
        condition = f"not {name}" if guard.answer else name
        return [f"if {condition}:", f"    {turned(place, repr(not guard.answer))}"]
    asked = f"{spelling.function(guard.question)}({name})"
    return [
        f"if (answer := {asked}) != {spelling.argument(guard.answer)}:",
        f"    {turned(place, 'answer')}",
    ]


def result(graph: Graph, spelling: Spelling, copied: Sequence[bool]) -> str:
    """What a graph returns.

    Args:
        graph: what is written.
        spelling: has written its calls.
        copied: for each output, whether it must be copied.
    """
    texts = [spelling.argument(output) for output in graph.outputs]
    for place, is_copied in enumerate(copied):
        if is_copied:
            texts[place] = f"{spelling.helper('own_copy')}({texts[place]})"
    if graph.structure is None:
        return texts[0]
    nested = _literal(unflatten(graph.structure, map(_Text, texts)), outermost=True)
    if nested is not None:
        return nested
    structure = spelling.constant(graph.structure, "structure")
    return f"{spelling.helper('unflatten')}({structure}, [{', '.join(texts)}])"


class _Text(str):
    """The text of a leaf of an output."""

    __slots__ = ()


def _literal(tree: Any, *, outermost: bool = False) -> str | None:
    """A container of texts as Python; ``None`` if it has none."""
    kind = type(tree)
    if kind is _Text:
        return str(tree)
    if kind is dict:
        parts: Mapping[Any, Any] = {key: _literal(item) for key, item in tree.items()}
        if None in parts.values() or not all(type(key) in (str, int) for key in parts):
            return None
        return f"{{{', '.join(f'{key!r}: {text}' for key, text in parts.items())}}}"
    if kind not in (tuple, list):
        return None
    items = [_literal(item) for item in tree]
    if None in items:
        return None
    inside = ", ".join(map(str, items))
    if kind is list:
        return f"[{inside}]"
    inside = f"{inside}," if len(items) == 1 else inside
    return inside if outermost and items else f"({inside})"
