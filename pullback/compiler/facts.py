"""What the compiler must know of primitives to change a graph: plugins tell it, by a hook.

The compiler itself knows Python's operators and `math` (`python_facts`). Whatever holds for the
functions of an array library (which of them return views, which can write to ``out=``, what
``1.0 * x`` is) is said by the plugin that has their rules, in ``pullback_register_facts``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple, TypeAlias

from pullback.errors import RuleError
from pullback.graph.nodes import Node
from pullback.plugins import handed_over
from pullback.registry import unwrap
from pullback.spaces import Space

__all__ = ["Call", "Facts", "Simplification", "Simplifications", "is_in", "known_facts"]


class Call(NamedTuple):
    """A call that does what another one does."""

    function: Any
    args: tuple[Any, ...]
    """Nodes, plain values, and calls whose space is told."""
    params: Mapping[str, Any] = {}
    space: Space | None = None
    """Of its value, for a call that is an argument of another one."""


Simplification: TypeAlias = Callable[[Node], "Node | Call | None"]
"""Node of a call -> a node that has its value already, a call that is simpler, or ``None``.

What it returns has the type, shape, dtype and every bit of what the node computes; where that is
NaN, it may be another NaN."""

Simplifications: TypeAlias = dict[Any, list[Simplification]]


@dataclass
class Facts:
    """Collects what is known of primitives; given to ``pullback_register_facts``.

    >>> import operator
    >>> facts = Facts()
    >>> facts.fresh(operator.matmul)
    >>> operator.matmul in facts.owning
    True
    """

    simplifications: Simplifications = field(default_factory=dict)
    """Primitive -> what may be done instead of a call of it, by the pass `algebra`."""
    literals: Simplifications = field(default_factory=dict)
    """Primitive -> the same call with numbers for arrays, by the pass `constants`."""
    sharing: Simplifications = field(default_factory=dict)
    """Primitive -> what shares memory where a call of it copies, by the pass `views`."""
    spellings: Simplifications = field(default_factory=dict)
    """Primitive -> what takes less time, by the pass `spelling`, which is the last."""
    python_spellings: Simplifications = field(default_factory=dict)
    """Primitive -> what takes less time where Python makes each call, by the engine ``numpy``."""
    commutative: set[Any] = field(default_factory=set)
    """Primitives of two arguments which may change places where both are real."""
    viewing: set[Any] = field(default_factory=set)
    """Primitives whose output may share memory with their first argument, and with no other."""
    owning: set[Any] = field(default_factory=set)
    """Primitives whose output shares memory with no argument."""
    writing: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    """Primitive -> the function that does the same elementwise, and takes ``out=``."""
    numbers: dict[Any, Any] = field(default_factory=dict)
    """Primitive -> what does the same to Python floats, or raises an ArithmeticError or ValueError.

    A function of them, such as `math.sin`, or `operator.mul`."""
    unchecked: dict[Any, Any] = field(default_factory=dict)
    """Primitive -> what does the same to Python floats unless its result is NaN."""
    taking: set[Any] = field(default_factory=set)
    """Primitives that do to a Python float what they do to a number of a library."""
    boxes: dict[type, type] = field(default_factory=dict)
    """Type of numbers of a library -> the Python type that has the same numbers."""
    alike: dict[type, Callable[[Any], Any]] = field(default_factory=dict)
    """Type of plain arguments -> what is equal for those that are, to the last bit."""

    def simplify(self, primitive: Any, *found: Simplification) -> None:
        """Say what may be done instead of calls of ``primitive``; the first that knows decides.

        Raises:
            RuleError: ``primitive`` cannot be a key, as for everything that is said here.
        """
        _extend(self.simplifications, primitive, found)

    def number_for_array(self, primitive: Any, *found: Simplification) -> None:
        """Say where calls of ``primitive`` may be given a number instead of a constant array."""
        _extend(self.literals, primitive, found)

    def share(self, primitive: Any, *found: Simplification) -> None:
        """Say what may be done where calls of ``primitive`` copy, if nobody writes."""
        _extend(self.sharing, primitive, found)

    def spell(self, primitive: Any, *found: Simplification) -> None:
        """Say what does the same as ``primitive`` in less time, and is not looked into again."""
        _extend(self.spellings, primitive, found)

    def spell_for_python(self, primitive: Any, *found: Simplification) -> None:
        """Say what does the same in less time where Python makes each call."""
        _extend(self.python_spellings, primitive, found)

    def commute(self, *primitives: Any) -> None:
        """Say that two real arguments may change places."""
        self.commutative.update(map(_key, primitives))

    def view(self, *primitives: Any) -> None:
        """Say that outputs may share memory with the first argument, and with no other."""
        self.viewing.update(map(_key, primitives))

    def fresh(self, *primitives: Any) -> None:
        """Say that outputs share memory with no argument."""
        self.owning.update(map(_key, primitives))

    def write(self, primitive: Any, function: Callable[..., Any]) -> None:
        """Say that ``function(*args, out=x)`` writes what ``primitive(*args)`` returns.

        ``x`` has the shape and dtype of the output, and may be one of the arguments.
        """
        self.writing[_key(primitive)] = function
        self.owning.add(_key(primitive))

    def number(
        self,
        primitive: Any,
        function: Callable[..., Any],
        unless_nan: Callable[..., Any] | None = None,
    ) -> None:
        """Say that ``function`` does to Python floats what ``primitive`` does to numbers.

        ``unless_nan`` does it too where its result is not NaN, and is cheaper.
        """
        self.numbers[_key(primitive)] = function
        if unless_nan is not None:
            self.unchecked[_key(primitive)] = unless_nan

    def take_floats(self, *primitives: Any) -> None:
        """Say that a Python float may be given for a number of a library, with the same result."""
        self.taking.update(map(_key, primitives))

    def box(self, kind: type, plain: type) -> None:
        """Say that numbers of the type ``kind`` can be computed as ``plain``, and made of it."""
        self.boxes[kind] = plain

    def compare(self, kind: type, key: Callable[[Any], Any]) -> None:
        """Say that plain arguments of a type are equal where ``key`` of them is, a hashable value.

        ``key`` returns ``None`` for what is compared by identity, as all other types are.
        """
        self.alike[kind] = key

    def copied(self) -> Facts:
        """The same facts, to which others can be added."""
        result = Facts()
        for item in fields(self):
            table = getattr(self, item.name)
            lists = isinstance(table, dict) and any(isinstance(v, list) for v in table.values())
            copy = {key: [*found] for key, found in table.items()} if lists else table.copy()
            setattr(result, item.name, copy)
        return result


def _key(primitive: Any) -> Any:
    """What facts are found by: the function behind what `pullback.primitive` made of it.

    Raises:
        RuleError: it is not hashable.
    """
    primitive = unwrap(primitive)
    try:
        hash(primitive)
    except TypeError:
        raise RuleError(
            f"a fact is found by its primitive, which must be hashable, and {primitive!r:.60} is "
            "not: say it of the function or class attribute itself"
        ) from None
    return primitive


def _extend(table: Simplifications, primitive: Any, found: tuple[Simplification, ...]) -> None:
    table.setdefault(_key(primitive), []).extend(found)


def is_in(table: Any, primitive: Any) -> bool:
    """Whether a primitive stands in a set or dict; what has no hash, such as a graph, does not."""
    try:
        return primitive in table
    except TypeError:
        return False


_known: list[Facts] = []


def known_facts() -> Facts:
    """What the plugins have said, each asked once and by itself."""
    if not _known:
        from pullback.compiler.python_facts import register

        own = Facts()
        register(own)
        _known.append(handed_over("facts", own, Facts.copied))
    return _known[0]
