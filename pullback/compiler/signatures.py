"""What a compiled function is called with: which arguments vary, and which are fixed.

An argument is a number or array, whose type, shape and dtype are fixed and whose value varies; a
container of such; or it is *static*: fixed by its value. The `Signature` of a call says all that
is fixed; a program is made for one signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Complex, Integral
from types import FunctionType, MethodType
from typing import Any, Final, NamedTuple

from pullback.boundary import is_leaf
from pullback.chain import Chain
from pullback.compiler.naming import WORDS, Names
from pullback.containers import flatten, places, unflatten
from pullback.errors import StaticArgumentError
from pullback.graph.nodes import space_like
from pullback.spaces import Space, Traced, array_types

__all__ = [
    "Argument",
    "Form",
    "Signature",
    "Static",
    "filled",
    "form_of",
    "key_order",
    "leaf_names",
    "sign",
]

_FIXED: Final = frozenset({bool, str, bytes, type(None), type(...)})
"""Types whose values are static without being named: nothing is computed from them."""


class Static(NamedTuple):
    """A value that is fixed."""

    kind: type
    value: Any
    text: str = ""
    """Of numbers, and tuples, of which different ones can be equal."""


class Argument(NamedTuple):
    """What is fixed of one argument."""

    name: str
    """As it is given, and as `compile` is told that it is static."""
    variable: str
    """What it is called in the program."""
    structure: Any
    """Of a container; ``None`` for a single value."""
    leaves: tuple[Space | Static, ...]
    keys: Any = None
    """The order of the keys of the dicts in a container: see `key_order`."""


class Signature(NamedTuple):
    """What is fixed of the arguments of a call."""

    arguments: tuple[Argument, ...]
    positional: int
    """How many of them are given by position."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a function is called: with which arguments, by position or by name."""

    parameters: tuple[inspect.Parameter, ...]
    """Those of the function, if they are known and their number is fixed."""
    is_open: bool
    """Whether other calls than those by `parameters` are possible."""
    names: tuple[str, ...] = ()
    """Of the arguments by position, as far as they are known."""
    reserved: Collection[str] = ()
    """Names that no argument of a program can have."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Argument -> its default, where that is no number, array or container: it is static."""

    def names_of(self, number: int) -> list[str]:
        """The names of so many arguments that are given by position."""
        known = [*self.names[:number]]
        if not known and number <= 3:
            return ["x", "y", "z"][:number]
        return [*known, *(f"x{place}" for place in range(len(known), number))]

    def variables(self, names: Sequence[str]) -> Sequence[str]:
        """What arguments of these names are called in a program."""
        if not self.is_open:
            return names
        free = Names(self.reserved).free
        return [free(name) for name in names]


_VARIABLE: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_X: Final = inspect.Parameter("x", inspect.Parameter.POSITIONAL_ONLY)


def form_of(f: Any, reserved: Collection[str] = ()) -> Form:
    """How ``f`` is called; a derivative is called as what it is the derivative of.

    Args:
        f: a function, a chain, or a derivative of one.
        reserved: names that no parameter of a program can have.
    """
    while hasattr(f, "__pullback_of__"):
        f = f.__pullback_of__
    if isinstance(f, (Chain, list, tuple)):
        return Form((_X,), False, ("x",))
    if not isinstance(f, (FunctionType, MethodType)):
        return Form((), True, (), reserved)
    parameters = tuple(inspect.signature(f).parameters.values())
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = tuple(p.name for p in parameters if p.kind in by_place)
    # No program of a function whose arguments are fixed has *args and **params.
    taken = WORDS.union(reserved).difference(("args", "params"))
    if any(p.kind in _VARIABLE or p.name in taken for p in parameters):
        return Form((), True, names, reserved)
    parameters = tuple(p.replace(annotation=p.empty) for p in parameters)
    fixed = {p.name: p.default for p in parameters if _is_fixed(p.default)}
    return Form(parameters, False, names, fixed=fixed)


def _is_fixed(value: Any) -> bool:
    """Whether a default is static by itself: ``f=np.sin``."""
    return value is not inspect.Parameter.empty and is_leaf(value) and not _varies(value)


def _varies(value: Any) -> bool:
    kind = type(value)
    return kind is int or kind in array_types or isinstance(value, Traced)


def sign(
    form: Form, args: Sequence[Any], params: Mapping[str, Any], static: Collection[str]
) -> tuple[Signature, list[Any]]:
    """The signature of a call, and the values that vary.

    Args:
        form: how the function is called.
        args: by position.
        params: by name.
        static: the names of those that are fixed by value.

    Raises:
        StaticArgumentError: an argument is no number or array, and not said to be static; or it
            is, and has no hash.
    """
    varying: list[Any] = []
    names = [*form.names_of(len(args)), *params]
    if form.fixed:
        given = zip(names, (*args, *params.values()), strict=True)
        static = {*static, *(name for name, value in given if form.fixed.get(name) is value)}
    arguments = [
        _argument(name, variable, value, name in static, varying)
        for name, variable, value in zip(
            names, form.variables(names), (*args, *params.values()), strict=True
        )
    ]
    return Signature(tuple(arguments), len(args)), varying


def _argument(
    name: str, variable: str, value: Any, is_static: bool, varying: list[Any]
) -> Argument:
    if is_static:
        return Argument(name, variable, None, (_static(name, value),))
    if type(value) in _FIXED:
        return Argument(name, variable, None, (Static(type(value), value),))
    if is_leaf(value):
        return Argument(name, variable, None, (_leaf(name, value, varying),))
    leaves, structure = flatten(value)
    spaces = tuple([_leaf(name, leaf, varying) for leaf in leaves])
    return Argument(name, variable, structure, spaces, key_order(value))


def key_order(value: Any) -> Any:
    """The keys of the dicts in a container in their order, which a function may go by.

    >>> key_order([{"b": 1.0, "a": 2.0}, 3.0]), key_order([1.0])
    (((0, ('b', 'a')),), None)
    """
    kind = type(value)
    if isinstance(value, dict):
        items: Any = [*value.items()]
    elif kind is list or isinstance(value, tuple):
        items = enumerate(value)
    elif hasattr(kind, "__dataclass_fields__"):
        items = [(name, getattr(value, name)) for name in kind.__dataclass_fields__]
    else:
        return None
    inside = ((key, key_order(item)) for key, item in items)
    found = tuple([(key, order) for key, order in inside if order is not None])
    if isinstance(value, dict):
        return (*value, *found) if found else tuple(value)
    return found or None


def _static(name: str, value: Any) -> Static:
    if isinstance(value, Traced):
        raise StaticArgumentError(f"the static argument {name} is a traced value, {value!r:.60}")
    try:
        hash(value)
    except TypeError:
        raise StaticArgumentError(
            f"the static argument {name} is {value!r:.60}, which has no hash: a program is kept "
            "for each of its values. Give a value that does not change, such as a tuple for a list"
        ) from None
    if not _is_vague(value):
        return Static(type(value), value)
    text = repr(value)
    if value != value:  # NaN is equal to no other one
        value = _NANS.setdefault((type(value), text), value)
    return Static(type(value), value, text)


_NANS: Final[dict[tuple[type, str], Any]] = {}


def _is_vague(value: Any) -> bool:
    """Whether values that are not alike are equal to this one: -0.0 to 0.0, (True,) to (1,)."""
    if isinstance(value, (tuple, frozenset)):
        return any(type(item) is not str for item in value)
    return isinstance(value, Complex) and not isinstance(value, Integral)


def _leaf(name: str, value: Any, varying: list[Any]) -> Space | Static:
    kind = type(value)
    if kind in _FIXED:
        return Static(kind, value)
    if not _varies(value):
        raise StaticArgumentError(
            f"the argument {name} holds {value!r:.60}, which is no number or array. If the program "
            f"is to be compiled for this very value, say so: static={name!r}"
        )
    varying.append(value)
    space = space_like(value)
    return space if isinstance(value, Traced) else (kind, *space[1:])  # a subclass is another type


def leaf_names(signature: Signature, examples: Sequence[Any], taken: Collection[str]) -> list[str]:
    """A name for each value that varies: of the argument, and of its place in a container.

    Args:
        signature: of the call.
        examples: the arguments of the call, in order.
        taken: names that mean something else.
    """
    names = Names((*taken, *(argument.variable for argument in signature.arguments)))
    found = []
    for argument, example in zip(signature.arguments, examples, strict=True):
        if argument.structure is None:
            found += [argument.variable for leaf in argument.leaves if not isinstance(leaf, Static)]
            continue
        for place, leaf in zip(places(example), argument.leaves, strict=True):
            if not isinstance(leaf, Static):
                words = "".join(c if c.isalnum() else " " for c in place).split()
                found.append(names.free("_".join([argument.variable, *words])))
    return found


def filled(signature: Signature, varying: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call of this signature, by position and by name."""
    rest = iter(varying)
    values = []
    for argument in signature.arguments:
        items = [leaf.value if isinstance(leaf, Static) else next(rest) for leaf in argument.leaves]
        values.append(
            items[0] if argument.structure is None else unflatten(argument.structure, items)
        )
    count = signature.positional
    names = [argument.name for argument in signature.arguments[count:]]
    return values[:count], dict(zip(names, values[count:], strict=True))
