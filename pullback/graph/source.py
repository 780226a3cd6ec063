"""A graph as Python: the text that a person reads, and the function that runs it.

Both write a node as one line, ``mul = x * y``. In the function the names are short, constants
are parameters of the code, and a value is let go of after its last use.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from pullback.errors import PathChangedError
from pullback.graph.nodes import Node, described, nodes_in, origin, short_name
from pullback.graph.paths import guards_by_node, refuse_path
from pullback.names import name_of
from pullback.plugins import rule_function
from pullback.registry import caller

if TYPE_CHECKING:
    from pullback.graph.graph import Graph

SYMBOLS: Final[Mapping[str, str]] = {
    "operator.add": "{} + {}",
    "operator.sub": "{} - {}",
    "operator.mul": "{} * {}",
    "operator.truediv": "{} / {}",
    "operator.floordiv": "{} // {}",
    "operator.mod": "{} % {}",
    "operator.pow": "{} ** {}",
    "operator.matmul": "{} @ {}",
    "operator.neg": "-{}",
    "operator.pos": "+{}",
    "operator.lt": "{} < {}",
    "operator.le": "{} <= {}",
    "operator.eq": "{} == {}",
    "operator.ne": "{} != {}",
    "operator.gt": "{} > {}",
    "operator.ge": "{} >= {}",
    "operator.and_": "{} & {}",
    "operator.or_": "{} | {}",
    "operator.xor": "{} ^ {}",
    "operator.invert": "~{}",
    "operator.lshift": "{} << {}",
    "operator.rshift": "{} >> {}",
}
INDEXED: Final = (".__getitem__", ".getitem", ".recorder.member")
_LITERALS: Final = (bool, int, str, type(None), type(...))
_LONG: Final = 40
_SHORT: Final = 200
"""A call of up to so many nodes has them in it, and does without a second call."""
_DEEPEST: Final = 20
"""How deeply calls are nested in one expression; Python's parser takes less than 200."""
_written: Final = count()


def expression(
    node: Node, argument: Callable[[Any], str], function: Callable[[Any], str] = name_of
) -> str:
    """A call as Python.

    Args:
        node: the call.
        argument: the text of a node or of a plain value.
        function: the text of what is called.

    >>> import operator
    >>> x = Node(0, "x", "placeholder")
    >>> y = Node(1, "y", "call", operator.mul, (x, 2.0))
    >>> expression(y, lambda value: value.name if isinstance(value, Node) else repr(value))
    'x * 2.0'
    """
    args = [_text(arg, argument) for arg in node.args]
    name = name_of(node.function) if callable(node.function) else ""
    if name in SYMBOLS and len(args) == SYMBOLS[name].count("{}") and not node.params:
        return SYMBOLS[name].format(*args)
    if name.endswith(INDEXED) and len(args) == 2 and not node.params:
        return f"{args[0]}[{args[1]}]"
    args += [f"{key}={_text(value, argument)}" for key, value in node.params.items()]
    return f"{function(node.function)}({', '.join(args)})"


def _text(value: Any, argument: Callable[[Any], str]) -> str:
    if type(value) is list:
        return f"[{', '.join(_text(item, argument) for item in value)}]"
    if type(value) is tuple:
        inside = ", ".join(_text(item, argument) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if type(value) is dict:
        items = (f"{key!r}: {_text(item, argument)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    return argument(value)


def text(graph: Graph) -> str:
    """A graph as a person reads it: a function with one node a line, and what each is."""
    lines = [f"def {graph.name}({', '.join(map(_declared, graph.inputs))}):"]
    calls = []
    for node in graph.nodes:
        if node.kind == "call":
            code = expression(node, _shown, _function)
            calls.append((f"    {node.name} = {code}", described(node.space)))
        elif node.kind != "placeholder":
            calls.append((f"    {node.name} = {_shown(node.value)}", node.kind))
    width = max((len(code) for code, _ in calls), default=0)
    lines += [f"{code:<{width}}  # {note}" if note != "?" else code for code, note in calls]
    outputs = [_shown(output) for output in graph.outputs]
    return "\n".join([*lines, f"    return {', '.join(outputs)}"])


def _function(function: Any) -> str:
    return name_of(function) if rule_function(function) is not None else short_name(function)


def _declared(node: Node) -> str:
    return node.name if node.space is None else f"{node.name}: {described(node.space)}"


def _shown(value: Any) -> str:
    if isinstance(value, Node):
        return value.name
    shape = getattr(value, "shape", None)
    if shape:
        return f"<{described((type(value), shape, value.dtype))}>"
    shown = _atom(repr(value))
    return shown if len(shown) <= _LONG else f"<{type(value).__name__}>"


def _atom(text: str) -> str:
    """A number that can stand beside an operator."""
    return f"({text})" if text.startswith("-") else text


class _Writer:
    """The names in the code of a graph, and what they stand for."""

    def __init__(self, nested: Mapping[int, Node]) -> None:
        self.nested = nested
        self.nodes: dict[str, Node] = {}
        self.namespace: dict[str, Any] = {}
        self.named: dict[int, str] = {}

    def constant(self, value: Any, prefix: str = "k") -> str:
        """The name of a value that the code is given."""
        if id(value) not in self.named:
            name = f"{prefix}{len(self.namespace)}"
            self.named[id(value)] = name
            self.namespace[name] = value  # which keeps its id from being used again
        return self.named[id(value)]

    def function(self, function: Any) -> str:
        """The name of a function."""
        return self.constant(caller(function), "f")

    def call(self, node: Node) -> str:
        """The text of a call, with the calls that are nested in it."""
        text = expression(node, self.argument, self.function)
        self.nodes[text] = node
        return text

    def argument(self, value: Any) -> str:
        """The text of a node or of a plain value."""
        if isinstance(value, Node):
            return f"({self.call(value)})" if value.index in self.nested else f"v{value.index}"
        if type(value) in _LITERALS or (type(value) is float and value - value == 0):
            return _atom(repr(value))
        return self.constant(value)


@dataclass(frozen=True, slots=True)
class Code:
    """What runs a graph."""

    run: Callable[..., Any]
    """``(graph, *leaves)``: the output for values that were checked."""
    call: Callable[..., Any]
    """``(graph, *values)``: the same, for values that may be of another type or traced."""
    length: int
    """How many nodes the graph had."""


def straight_line(graph: Graph, live: Sequence[Node]) -> Code:
    """The code of a graph. It holds the constants and not the graph."""
    writer = _Writer(_nested(graph, live))
    inputs = ", ".join(["graph", *(f"v{node.index}" for node in graph.inputs)])
    dying = last_uses(graph, live, writer.nested)
    guards = guards_by_node(graph)
    body: list[str] = []
    for node in live:
        if node.index in writer.nested:
            continue
        name = f"v{node.index}"
        if node.kind == "variable":
            body.append(f"{name} = {writer.constant(node)}.value")
        elif node.kind == "constant":
            body.append(f"{name} = {writer.argument(node.value)}")
        elif node.kind == "call":
            body.append(f"{name} = {writer.call(node)}")
        for guard in guards.get(node.index, ()):
            question = writer.constant(guard.question, "f")
            body.append(f"if {question}({name}) != {writer.argument(guard.answer)}:")
            body.append(f"    refuse_path(graph, {graph.guards.index(guard)})")
        if dying.get(node.index):
            body.append(f"del {', '.join(f'v{index}' for index in dying[node.index])}")
    body = [
        "    try:",
        *(f"        {line}" for line in body),
        f"        return {_result(graph, writer)}",
        "    except Exception as error:",
        "        explain(nodes, error)",
        "        raise",
    ]
    lines = [
        f"def {graph.name}_run({inputs}):",
        *body,
        "",
        f"def {graph.name}_call({inputs}):",
        f"    if {' or '.join(_doubts(graph, writer)) or 'False'}:",
        f"        return graph.called_with({inputs.removeprefix('graph').removeprefix(', ')})",
        *(body if len(live) <= _SHORT else [f"    return {graph.name}_run({inputs})"]),
        "",
    ]
    source = "\n".join(lines)
    filename = f"<graph {next(_written)} of {graph.name}>"
    namespace = writer.namespace
    namespace.update(nodes=writer.nodes, explain=_explain, refuse_path=refuse_path)
    exec(compile(source, filename, "exec"), namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    weakref.finalize(graph, linecache.cache.pop, filename, None)
    run, call = (namespace[f"{graph.name}_{what}"] for what in ("run", "call"))
    return Code(run, call, len(graph))


def _explain(nodes: Mapping[str, Node], error: Exception) -> None:
    """Add to an error of the code which node it comes from.

    Args:
        nodes: the text of an expression -> the node that it computes.
        error: what was raised.
    """
    traceback = error.__traceback__
    if traceback is None or isinstance(error, PathChangedError):
        return
    code = traceback.tb_frame.f_code
    _, _, start, end = [*code.co_positions()][traceback.tb_lasti // 2]
    node = nodes.get(linecache.getline(code.co_filename, traceback.tb_lineno)[start:end])
    if node is not None:
        error.add_note(origin(node))


def _nested(graph: Graph, live: Sequence[Node]) -> dict[int, Node]:
    """Node -> the only call that uses it, where both are written as one expression.

    NumPy computes in the memory of a large operand that has no name, so ``(a - b) * c`` is faster
    than with the difference in a variable.
    """
    users: dict[int, list[Node]] = {}
    for node in live:
        for parent in nodes_in((node.args, node.params)):
            users.setdefault(parent.index, []).append(node)
    named = {node.index for node in nodes_in(graph.outputs)}
    named.update(guard.node.index for guard in graph.guards)
    depths: dict[int, int] = {}
    nested: dict[int, Node] = {}
    for node in live:
        inside = [p.index for p in nodes_in((node.args, node.params)) if p.index in nested]
        depth = depths[node.index] = 1 + max((depths[index] for index in inside), default=0)
        if (
            node.kind == "call"
            and node.index not in named
            and len(users[node.index]) == 1
            and depth < _DEEPEST
        ):
            nested[node.index] = users[node.index][0]
    return nested


def _result(graph: Graph, writer: _Writer) -> str:
    """The output, as Python."""
    outputs = [writer.argument(output) for output in graph.outputs]
    if graph.returns_call:
        return outputs[0]
    return f"graph.restored([{', '.join(outputs)}])"


def _doubts(graph: Graph, writer: _Writer) -> Iterator[str]:
    """Conditions under which the inputs must be looked at: by their types, shapes and dtypes."""
    for node in graph.inputs:
        name = f"v{node.index}"
        if node.space is None:
            yield f"type({name}) is not float"
            continue
        kind, shape, dtype = node.space
        yield f"type({name}) is not {writer.constant(kind, 'f')}"
        if shape is not None:
            yield f"{name}.shape != {shape!r}"
            yield f"{name}.dtype != {writer.constant(dtype)}"


def last_uses(
    graph: Graph, live: Sequence[Node], nested: Mapping[int, Node] = MappingProxyType({})
) -> dict[int, list[int]]:
    """Node -> the nodes whose values nothing after it needs.

    Args:
        graph: what the nodes belong to.
        live: the nodes that are computed.
        nested: those that are computed as a part of another, and that one.
    """
    kept = {node.index for node in nodes_in(graph.outputs)}
    last: dict[int, int] = {}
    for node in reversed(live):
        place = node.index
        while place in nested:
            place = nested[place].index
        last.setdefault(node.index, place)
        for parent in nodes_in((node.args, node.params)):
            last.setdefault(parent.index, place)
            last[parent.index] = max(last[parent.index], place)
    dying: dict[int, list[int]] = {}
    for index, user in sorted(last.items()):
        if index not in kept and index not in nested:
            dying.setdefault(user, []).append(index)
    return dying
