"""Expressions of registered primitives: parsed, checked and run, never given to `eval`.

`parse` turns a text into an `Expression`: a list of steps for a stack machine. What an expression
may hold is what `_Parser._expand` has a case for; all else is refused before anything runs.
Neither parsing nor running recurses, so a deep expression works or is refused, and never crashes.

An integer counts as a float, so that 9**9**9 overflows at once instead of filling the memory. Only
beside other arguments of a call does it stay an integer: ``round(x, 2)``, ``sum(x, axis=0)``.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pullback.cli import vocabulary
from pullback.errors import ExpressionError, UnknownNameError
from pullback.rules import primitive
from pullback.spaces import Traced

__all__ = ["CONSTANTS", "Expression", "parse"]

Step: TypeAlias = tuple[Callable[..., Any] | str, int]
"""A function and how many values it takes off the stack; or a name, whose value is pushed."""

CONSTANTS: Final = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf}

_OPERATORS: Final[Mapping[type, Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_KINDS: Final[Mapping[type, str]] = {
    ast.Attribute: "an attribute",
    ast.Subscript: "a subscript",
    ast.Compare: "a comparison",
    ast.BoolOp: "a boolean operation",
    ast.IfExp: "a condition",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Starred: "an unpacked argument",
    ast.Tuple: "a tuple",
    ast.Dict: "a dict",
    ast.Set: "a set",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
}
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: what it needs and how it is computed."""

    text: str
    names: tuple[str, ...]
    """The given names that it uses, in the order of their first use."""
    steps: tuple[Step, ...]

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The value of the expression, traced where ``values`` are."""
        stack: list[Any] = []
        for step, count in self.steps:
            if isinstance(step, str):
                stack.append(values[step])
            else:
                first = len(stack) - count
                operands = stack[first:]
                del stack[first:]
                stack.append(step(*operands))
        return stack.pop()


def parse(text: str, given: Collection[str] = (), *, arrays: bool = False) -> Expression:
    """Parse ``text``, and check all of it.

    Args:
        text: arithmetic, numbers, lists, names, and calls of registered primitives.
        given: the names that have a value.
        arrays: whether a value is an array. Then a function without a module is that of NumPy or
            a builtin; else it is that of `math`, a builtin or that of NumPy, whichever comes first.

    Raises:
        ExpressionError: it holds something else, or is no expression.
        UnknownNameError: a name has no value, or no primitive is registered under it.

    >>> parse("x * math.exp(-y) + 1", ["x", "y"])({"x": 2.0, "y": 0.0})
    3.0
    """
    text = text.strip()
    return _Parser(text, given, arrays).parse(_syntax_tree(text))


def _syntax_tree(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python would warn of is refused later
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError) as error:  # ValueError: a null byte
        reason = getattr(error, "msg", error)
        raise ExpressionError(f"{_short(text)!r} is not an expression: {reason}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(
            f"{_short(text)!r} is nested too deeply to be read; write a Python function and use "
            "pullback.val_and_grad"
        ) from None


class _Parser:
    """One run of `parse`: what it was given, and what it has met."""

    def __init__(self, text: str, given: Collection[str], arrays: bool) -> None:
        self.text = text
        self.given = given
        self.arrays = arrays
        self.names: dict[str, None] = {}
        self.functions: dict[str, Any] = {}

    def parse(self, root: ast.expr) -> Expression:
        """The steps in the order of evaluation, by a walk with a stack of its own."""
        steps: list[Step] = []
        waiting: list[ast.expr | Step] = [root]
        while waiting:
            item = waiting.pop()
            if isinstance(item, tuple):
                steps.append(item)
            else:
                step, operands = self._expand(item)
                waiting.append(step)
                waiting.extend(reversed(operands))
        return Expression(self.text, tuple(self.names), tuple(steps))

    def _expand(self, node: ast.expr) -> tuple[Step, Sequence[ast.expr | Step]]:
        """The step that computes ``node``, and what puts its operands on the stack."""
        match node:
            case ast.Constant(value=value) if type(value) in (int, float, complex):
                return _push(self._as_float(value, node)), ()
            case ast.Name(id=name) if name in self.given:
                self.names[name] = None
                return (name, 0), ()
            case ast.Name() | ast.Attribute():
                return _push(self._constant(node)), ()
            case ast.BinOp(op=op) if type(op) in _OPERATORS:
                return (_OPERATORS[type(op)], 2), (node.left, node.right)
            case ast.UnaryOp(op=op) if type(op) in _OPERATORS:
                return (_OPERATORS[type(op)], 1), (node.operand,)
            case ast.List():
                return (self._list, len(node.elts)), node.elts
            case ast.Call():
                return self._call(node)
        raise self._refused(node)

    def _as_float(self, value: Any, node: ast.expr) -> Any:
        try:
            return float(value) if type(value) is int else value
        except OverflowError:
            raise self._refused(node, "is beyond the range of floats") from None

    def _constant(self, node: ast.Name | ast.Attribute) -> float:
        """The value of a name that was not given: pi, e, tau, inf, or math.pi and so on."""
        name = _dotted(node)
        if name is None:
            raise self._refused(node)
        module, _, last = vocabulary.expanded(name).rpartition(".")
        if last in CONSTANTS and module in ("", "math", "numpy"):
            return CONSTANTS[last]
        if self._function(name) is not None:
            raise ExpressionError(f"{name} is a function; call it: {name}(...)")
        if isinstance(node, ast.Attribute) or _is_dunder(name):
            raise self._refused(node)
        near = difflib.get_close_matches(name, [*self.given, *CONSTANTS], cutoff=0.5)
        raise UnknownNameError(
            f"{name} has no value{_meant(near)}; give it one after the expression: {name}=VALUE"
        )

    def _list(self, *members: Any) -> Any:
        """A list of numbers as an array, where arrays are computed with."""
        constant = not any(isinstance(member, (list, Traced)) for member in members)
        uses_numpy = self.arrays or any(name.startswith("numpy.") for name in self.functions)
        if not (constant and uses_numpy):
            return [*members]
        import numpy as np

        return np.array(members, dtype=float)

    def _call(self, node: ast.Call) -> tuple[Step, Sequence[ast.expr | Step]]:
        function = primitive(self._called(node.func))
        parameters = [_parameter(argument) for argument in node.args]
        # Integers alone are data, and would be computed with exactly: pow(9, 999999999).
        exact = any(not isinstance(parameter, int) for parameter in parameters)
        operands = [
            argument if parameter is None or not exact else _push(parameter)
            for argument, parameter in zip(node.args, parameters, strict=True)
        ]
        params: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self._refused(keyword.value, "is an unpacked argument")
            params[keyword.arg] = self._keyword_value(keyword.value, exact)

        def call(*args: Any) -> Any:
            y = function(*args, **params)
            return float(y) if isinstance(y, int) else y

        return (call, len(operands)), operands

    def _called(self, node: ast.expr) -> Any:
        """The primitive that a call names."""
        name = _dotted(node)
        if name is None:
            raise self._refused(node, "is not the name of a function")
        root, dot, _ = name.partition(".")
        if _is_dunder(name) or (dot and root in self.given):
            raise self._refused(node)
        function = self._function(name)
        if function is not None:
            return function
        if name in self.given or name in CONSTANTS:
            raise ExpressionError(f"{name} is a value, not a function; write {name} * (...)")
        hint = f"{_meant(vocabulary.near(name))}; `pullback rules` lists those that are"
        if not vocabulary.primitives():
            hint = ", nor any other: `pullback plugins` says why"
        raise UnknownNameError(f"no primitive is registered under the name {name}{hint}")

    def _function(self, name: str) -> Any | None:
        """The registered primitive that ``name`` means here."""
        if "." in name:
            candidates = [name]
        elif self.arrays:
            candidates = [f"numpy.{name}", name]
        else:
            candidates = [f"math.{name}", name, f"numpy.{name}"]
        for candidate in map(vocabulary.expanded, candidates):
            if candidate not in self.functions:
                found = vocabulary.find(candidate)
                if not callable(found):
                    continue
                self.functions[candidate] = found
            return self.functions[candidate]
        return None

    def _keyword_value(self, node: ast.expr, exact: bool) -> Any:
        """What a keyword argument may be: a literal, since nothing is differentiated by it."""
        value = _literal(node)
        if value is NotImplemented:
            raise self._refused(node, "is not a number, True, False, None or a tuple of those")
        return value if exact or type(value) is not int else self._as_float(value, node)

    def _refused(self, node: ast.expr, why: str | None = None) -> ExpressionError:
        """The error for a part that may not stand where it stands."""
        part = ast.get_source_segment(self.text, node) or self.text
        return ExpressionError(
            f"{_short(part)!r} {why or f'is {_kind(node)}'}; an expression holds numbers, lists, "
            "names, the operators + - * / // % ** @ and calls of registered primitives"
        )


def _push(value: Any) -> Step:
    return (lambda: value), 0


def _literal(node: ast.expr) -> Any:
    """The number, True, False, None, tuple or list of those that is written; or NotImplemented."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return NotImplemented
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, (tuple, list)):
            waiting.extend(item)
        elif not isinstance(item, (int, float, complex, type(None))):
            return NotImplemented
    return value


def _parameter(node: ast.expr) -> Any | None:
    """An integer, or a tuple (a shape, axes), as it is written; ``None`` for all else."""
    value = _literal(node)
    return value if type(value) in (int, tuple) else None


def _dotted(node: ast.expr) -> str | None:
    """``a.b.c``, where that is what is written."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _kind(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return "a string" if isinstance(node.value, (str, bytes)) else "not a number"
    if isinstance(node, ast.Name):
        return "a name with underscores that Python reserves"
    return _KINDS.get(type(node), "an operation that is not arithmetic")


def _is_dunder(name: str) -> bool:
    return any(part.startswith("__") for part in name.split("."))


def _meant(names: Sequence[str]) -> str:
    return f" (did you mean {' or '.join(names)}?)" if names else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
