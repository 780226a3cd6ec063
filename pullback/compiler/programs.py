"""A program: what one signature, and one path through the function, is compiled to."""

from __future__ import annotations

import linecache
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from types import FunctionType
from typing import Any, Final

from pullback.boundary import own_copy
from pullback.compiler.buffers import CAPTURED, memory_of
from pullback.compiler.engines import Part
from pullback.compiler.entry import arguments_text, entry, header
from pullback.compiler.facts import known_facts
from pullback.compiler.naming import Names
from pullback.compiler.signatures import Form, Signature, key_order
from pullback.compiler.spelling import Spelling
from pullback.compiler.writing import result, statements
from pullback.containers import flatten, unflatten
from pullback.graph.graph import Graph
from pullback.graph.nodes import Node, described, space_like
from pullback.spaces import array_types

__all__ = ["HELPERS", "RESERVED", "Program", "Workshop", "form_defaults", "sharing", "written"]

HELPERS: Final[Mapping[str, Any]] = {
    "own_copy": own_copy,
    "flatten": flatten,
    "key_order": key_order,
    "unflatten": unflatten,
}
RESERVED: Final = frozenset(
    ("np", "math", "operator", "elsewhere", "args", "params", "answer", *HELPERS)
)
"""Names that mean something in every program."""
_numbers: Final = count(1)


@dataclass(eq=False, slots=True)
class Program:
    """One path through a function, for arguments of one signature."""

    signature: Signature
    recorded: Graph
    """What the function did."""
    graph: Graph
    """What is left of it."""
    parts: Sequence[Part]
    """What runs where."""
    source: str
    """The Python that is run."""
    more_source: str
    """What the engine has written besides."""
    function: Callable[..., Any]
    """Takes the arguments of the function."""
    turns: dict[tuple[int, Any], Program] = field(default_factory=dict)
    """Place of a guard, and another answer -> the program that goes on there."""


@dataclass(slots=True)
class Workshop:
    """What the programs of one function have in common."""

    name: str
    form: Form
    captured: Sequence[tuple[str, Any]]
    """What the function uses that it is not given."""
    namespace: dict[str, Any]
    """What the code of the front refers to. What code that runs needs is not replaced."""
    names: Names
    named: dict[int, str]
    """Id of a value of the namespace -> its name."""
    always: Mapping[str, Any]
    """What is in the namespace of every program."""

    def forget(self, front: Any) -> None:
        """Let go of what neither the code of ``front`` needs nor a call of it that still runs."""
        needed = {*front.__code__.co_names, *self.always, "elsewhere"}
        for frame in sys._current_frames().values():
            while frame is not None:
                if frame.f_globals is self.namespace:
                    needed.update(frame.f_code.co_names)
                frame = frame.f_back  # type: ignore[assignment]
        for name in self.namespace.keys() - needed:
            value = self.namespace.pop(name)
            if self.named.get(id(value)) == name:
                del self.named[id(value)]
            if name not in RESERVED:
                self.names.release(name)

    def called(self, value: Any) -> str | None:
        """What a captured array is called in the function, if it is found there."""
        if not getattr(value, "shape", ()):
            return None
        space = space_like(value)
        for name, other in self.captured:
            if other is value:
                return name
            if type(other) is type(value) and space_like(other) == space:
                same = other == value
                if bool(same.all() if hasattr(same, "all") else same):
                    return name
        return None


def written(
    lowered: Graph,
    signature: Signature,
    names: Sequence[str],
    shared: Sequence[bool],
    shop: Workshop,
    turned: Callable[[int, Any, Any, Any], Any],
    careful: Callable[..., Any] | None,
    checked: Sequence[Node] = (),
) -> tuple[Callable[..., Any], str]:
    """A graph as a Python function, and the text of it.

    Args:
        lowered: what is written.
        signature: of the arguments.
        names: of the values that vary.
        shared: for each output, whether it may share memory with what the caller has.
        shop: what the programs of the function share.
        turned: ``(place, answer, args, params)``: goes on where a guard has another answer.
        careful: takes the arguments where a float raises an error and a number would not.
        checked: values that must not be NaN, or else ``careful`` is called.
    """
    form = shop.form
    spelling = Spelling(shop.namespace, shop.names, shop.named, shop.called)
    handed_on = arguments_text(form)

    def turning(place: int, answer: str) -> str:
        return f"return {turn}({place}, {answer}, {handed_on})"

    spelling.name_inputs([*names, *(argument.variable for argument in signature.arguments)])
    spelling.name_inputs(("args", "params", "answer"))
    turn = ""
    if lowered.guards:
        turn = spelling.free("turn")
        shop.namespace[turn] = _turner(turned)
    first = entry(signature, names, form, spelling)
    lines = statements(lowered, names, spelling, turning)
    sharing_now = sharing(lowered, with_captured=True)
    copied = [now and not before for now, before in zip(sharing_now, shared, strict=True)]
    if careful is not None:
        other = spelling.free("carefully")
        shop.namespace[other] = careful
        doubted = dict.fromkeys(spelling.variables[node.index] for node in checked)
        if doubted:
            lines.append(f"if {' or '.join(f'{name} != {name}' for name in doubted)}:  # NaN")
            lines.append(f"    return {other}({handed_on})")
    lines.append(f"return {result(lowered, spelling, copied)}")
    if careful is not None:
        lines = [
            "try:",
            *(f"    {line}" for line in lines),
            "except (ArithmeticError, TypeError, ValueError):  # NumPy returns inf or nan",
            f"    return {other}({handed_on})",
        ]
    text = "\n".join([header(shop.name, form), *(f"    {line}" for line in (*first, *lines)), ""])
    given = {key: value for key, value in spelling.constants.items() if _is_data(value)}
    notes = [f"# {key}: {described(space_like(value))}, captured" for key, value in given.items()]
    source = "\n".join([*notes, text])
    return _defined(source, shop), source


def _is_data(value: Any) -> bool:
    return not isinstance(value, type) and bool(getattr(value, "shape", ()))


def _turner(turned: Callable[[int, Any, Any, Any], Any]) -> Callable[..., Any]:
    def turn(place: int, answer: Any, /, *args: Any, **params: Any) -> Any:
        return turned(place, answer, args, params)

    return turn


def sharing(graph: Graph, *, with_captured: bool = False) -> list[bool]:
    """For each output, whether it may share memory with an input, or with another output.

    With ``with_captured`` also, whether it may with a captured array: that of a program is its own.
    """
    owners = memory_of(graph.nodes, known_facts())
    seen = {node.index for node in graph.nodes if node.kind != "call"}
    if with_captured:
        seen.add(CAPTURED)
    found = []
    for output in graph.outputs:
        if isinstance(output, Node):
            found.append(bool(owners[output.index] & seen))
            seen |= owners[output.index] - {CAPTURED}
        else:
            kind = array_types.get(type(output))
            found.append(with_captured and kind is not None and not kind.scalar)
    return found


def _defined(source: str, shop: Workshop) -> Callable[..., Any]:
    """The function of a source text, which tracebacks show as long as it is there."""
    filename = f"<compiled {next(_numbers)}: {shop.name}>"
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, filename, "exec"), scope)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    code = scope[shop.name].__code__
    needed = {name: shop.namespace[name] for name in code.co_names if name in shop.namespace}
    needed.update(shop.always, elsewhere=_unexpected)
    function = FunctionType(code, needed, shop.name)
    weakref.finalize(function, linecache.cache.pop, filename, None)
    function.__defaults__, function.__kwdefaults__ = form_defaults(shop.form)
    return function


def form_defaults(form: Form) -> tuple[tuple[Any, ...] | None, dict[str, Any] | None]:
    """The defaults of the arguments of a form: those by position, and those by name."""
    given = [p for p in form.parameters if p.default is not p.empty]
    by_name = {p.name: p.default for p in given if p.kind is p.KEYWORD_ONLY}
    return tuple(p.default for p in given if p.name not in by_name) or None, by_name or None


def _unexpected(*args: Any, **params: Any) -> Any:
    raise AssertionError("a program was given arguments that are not of its signature")
