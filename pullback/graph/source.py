"""A graph as Python: the text that a person reads, and the function that runs it.

Both write a node as one line, ``mul = x * y``. In the function the names are short, constants
are parameters of the code, and a value is let go of after its last use.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from pullback.graph.nodes import Node, described, nodes_in, short_name
from pullback.names import name_of
from pullback.plugins import rule_function
from pullback.registry import caller

if TYPE_CHECKING:
    from pullback.graph.graph import Graph

_SYMBOLS: Final[Mapping[str, str]] = {
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
_INDEXED: Final = (".__getitem__", ".getitem", ".recorder.member")
_LITERALS: Final = (bool, int, str, type(None), type(...))
_LONG: Final = 40
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
    if name in _SYMBOLS and len(args) == _SYMBOLS[name].count("{}") and not node.params:
        return _SYMBOLS[name].format(*args)
    if name.endswith(_INDEXED) and len(args) == 2 and not node.params:
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

    def __init__(self) -> None:
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

    def argument(self, value: Any) -> str:
        """The text of a node or of a plain value."""
        if isinstance(value, Node):
            return f"v{value.index}"
        if type(value) in _LITERALS or (type(value) is float and value - value == 0):
            return _atom(repr(value))
        return self.constant(value)


def straight_line(graph: Graph, live: Sequence[Node]) -> tuple[Callable[..., Any], dict[int, Node]]:
    """The function that computes the leaves of the output, and the node of each of its lines.

    It takes the values of the placeholders and then of the variables, all by position.
    """
    writer = _Writer()
    lines: list[str] = []
    nodes: dict[int, Node] = {}
    guards: dict[int, list[int]] = {}
    for place, guard in enumerate(graph.guards):
        guards.setdefault(guard.node.index, []).append(place)
    dying = last_uses(graph, live)
    for node in live:
        if node.kind == "constant":
            lines.append(f"v{node.index} = {writer.argument(node.value)}")
        elif node.kind == "call":
            lines.append(f"v{node.index} = {expression(node, writer.argument, writer.function)}")
            nodes[len(lines) + 1] = node
        for place in guards.get(node.index, ()):
            guard = graph.guards[place]
            question = writer.constant(guard.question, "f")
            lines.append(f"if {question}(v{node.index}) != {writer.argument(guard.answer)}:")
            lines.append(f"    {writer.constant(graph.refuse_path, 'f')}({place})")
        if dying.get(node.index):
            lines.append(f"del {', '.join(f'v{index}' for index in dying[node.index])}")
    outputs = "".join(f"{writer.argument(output)}, " for output in graph.outputs)
    lines.append(f"return ({outputs})")
    taken = [node for node in graph.nodes if node.kind in ("placeholder", "variable")]
    taken.sort(key=lambda node: node.kind)
    head = f"def {graph.name}_graph({', '.join(f'v{node.index}' for node in taken)}):"
    source = "\n    ".join([head, *lines]) + "\n"
    filename = f"<graph {next(_written)} of {graph.name}>"
    exec(compile(source, filename, "exec"), writer.namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    weakref.finalize(graph, linecache.cache.pop, filename, None)
    return writer.namespace[f"{graph.name}_graph"], nodes


def last_uses(graph: Graph, live: Sequence[Node]) -> dict[int, list[int]]:
    """Node -> the nodes whose values nothing after it needs."""
    kept = {node.index for node in nodes_in(graph.outputs)}
    last: dict[int, int] = {}
    for node in live:
        last[node.index] = node.index
        for parent in nodes_in((node.args, node.params)):
            last[parent.index] = node.index
    dying: dict[int, list[int]] = {}
    for index, user in last.items():
        if index not in kept:
            dying.setdefault(user, []).append(index)
    return dying
