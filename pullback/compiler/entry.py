"""How a program begins: it looks at the types, shapes and dtypes of its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pullback.compiler.signatures import Argument, Form, Signature, Static
from pullback.compiler.spelling import Spelling
from pullback.containers import unflatten

__all__ = ["arguments_text", "entry", "header"]

_WIDE: Final = 90


def header(name: str, form: Form) -> str:
    """The ``def`` line of a program: as the function is defined, if its arguments are fixed."""
    if form.is_open:
        return f"def {name}(*args, **params):"
    parts = []
    kinds = [parameter.kind for parameter in form.parameters]
    for place, parameter in enumerate(form.parameters):
        kind = parameter.kind
        if kind is parameter.KEYWORD_ONLY and kind not in kinds[:place]:
            parts.append("*")
        given = "" if parameter.default is parameter.empty else f"={_default(parameter.default)}"
        parts.append(f"{parameter.name}{given}")
        if kind is parameter.POSITIONAL_ONLY and kind not in kinds[place + 1 :]:
            parts.append("/")
    return f"def {name}({', '.join(parts)}):"


def _default(value: Any) -> str:
    return repr(value) if type(value) in (int, float, bool, str, type(None)) else "..."


def arguments_text(form: Form) -> str:
    """The arguments of a program, handed on as they came."""
    if form.is_open:
        return "*args, **params"
    return ", ".join(
        f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else p.name for p in form.parameters
    )


def entry(signature: Signature, names: Sequence[str], form: Form, spelling: Spelling) -> list[str]:
    """The lines that look at the arguments, and give a name to each value that varies.

    Args:
        signature: what the program is for.
        names: of the values that vary.
        form: how the function is called.
        spelling: writes what they are compared with.
    """
    otherwise = f"    return elsewhere({arguments_text(form)})"
    lines: list[str] = []
    if form.is_open:
        lines += _opened(signature, otherwise)
    varying = iter(names)
    tests: list[str] = []
    for argument in signature.arguments:
        if argument.structure is None:
            (leaf,) = argument.leaves
            if not isinstance(leaf, Static):
                next(varying)
            tests += _leaf_tests(argument.variable, leaf, spelling)
        else:
            lines += _unpacked(argument, varying, otherwise, spelling, tests)
    return [*lines, *_unless(tests, otherwise)]


def _unless(tests: Sequence[str], otherwise: str) -> Iterator[str]:
    """Lines that go elsewhere if one of some conditions holds."""
    together = " or ".join(tests)
    if not tests:
        return
    if len(together) <= _WIDE:
        yield f"if {together}:"
    else:
        yield "if ("
        for place, test in enumerate(tests):
            yield f"    {'or ' if place else ''}{test}"
        yield "):"
    yield otherwise


def _opened(signature: Signature, otherwise: str) -> Iterator[str]:
    """Lines that take the arguments of a call whose number is not fixed."""
    by_place = [argument.variable for argument in signature.arguments[: signature.positional]]
    by_name = signature.arguments[signature.positional :]
    wrong = [f"len(args) != {len(by_place)}"]
    names = ", ".join(repr(argument.name) for argument in by_name)
    wrong.append(f"params.keys() != {{{names}}}" if by_name else "params")
    yield f"if {' or '.join(wrong)}:"
    yield otherwise
    if by_place:
        yield f"{', '.join(by_place)}{',' if len(by_place) == 1 else ''} = args"
    for argument in by_name:
        yield f"{argument.variable} = params[{argument.name!r}]"


def _leaf_tests(name: str, leaf: Any, spelling: Spelling) -> Iterator[str]:
    """Conditions under which an argument is not what the program is for."""
    if isinstance(leaf, Static):
        if leaf.value is None or leaf.kind is bool or leaf.value is ...:
            yield f"{name} is not {spelling.argument(leaf.value)}"
        else:
            yield f"type({name}) is not {spelling.function(leaf.kind)}"
            if leaf.value == leaf.value:  # not NaN
                yield f"{name} != {spelling.argument(leaf.value)}"
        if leaf.text:  # -0.0 is equal to 0.0
            yield f"repr({name}) != {leaf.text!r}"
        return
    kind, shape, dtype = leaf
    yield f"type({name}) is not {spelling.function(kind)}"
    if shape is not None:
        yield f"{name}.shape != {shape!r}"
        yield f"{name}.dtype != {spelling.constant(dtype, str(dtype))}"


def _unpacked(
    argument: Argument,
    varying: Iterator[str],
    otherwise: str,
    spelling: Spelling,
    tests: list[str],
) -> list[str]:
    """Lines that take the leaves out of a container."""
    name = argument.variable
    names = [None if isinstance(leaf, Static) else next(varying) for leaf in argument.leaves]
    for place, (leaf, found) in enumerate(zip(argument.leaves, names, strict=True)):
        tests += _leaf_tests(found or f"{name}_leaves[{place}]", leaf, spelling)
    tree = unflatten(argument.structure, range(len(names)))
    wrong: list[str] = []
    paths: dict[int, str] = {}
    if None not in names and _walk(tree, name, wrong, paths):
        taken = ", ".join(paths[place] for place in range(len(names)))
        lines = [*_unless(wrong, otherwise)]
        if names:
            lines.append(f"{', '.join(map(str, names))} = {taken}")
        return lines
    structure = spelling.constant(argument.structure, "structure")
    lines = [
        f"{name}_leaves, {name}_structure = {spelling.helper('flatten')}({name})",
        f"if {name}_structure != {structure}:",
        otherwise,
    ]
    if argument.keys is not None:
        keys = spelling.constant(argument.keys, "keys")
        lines += [f"if {spelling.helper('key_order')}({name}) != {keys}:", otherwise]
    for place, found in enumerate(names):
        if found is not None:
            lines.append(f"{found} = {name}_leaves[{place}]")
    return lines


def _walk(tree: Any, path: str, wrong: list[str], paths: dict[int, str]) -> bool:
    """Whether a container is made of dicts, lists and tuples; how each leaf is reached.

    Args:
        tree: the container, with numbers for its leaves.
        path: how it is reached itself, as Python.
        wrong: conditions are added under which another container is none like it.
        paths: number of a leaf -> how it is reached; is added to.
    """
    kind = type(tree)
    if kind is int:
        paths[tree] = path
        return True
    if kind not in (dict, list, tuple):
        return False
    wrong.append(f"type({path}) is not {kind.__name__}")
    keys = [*tree] if kind is dict else range(len(tree))
    if any(type(key) not in (str, int) for key in keys):
        return False
    wrong.append(f"[*{path}] != {keys!r}" if kind is dict else f"len({path}) != {len(tree)}")
    for key in keys:
        item = tree[key]
        if not _walk(item, f"{path}[{key!r}]", wrong, paths):
            return False
    return True
