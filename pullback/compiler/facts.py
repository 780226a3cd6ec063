"""What the compiler must know of primitives to change a graph: plugins tell it, by a hook.

The compiler itself knows Python's operators and `math`. Whatever holds for the functions of an
array library (which of them return views, which can write to ``out=``, what ``1.0 * x`` is) is
said by the plugin that has their rules, in ``pullback_register_facts``.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pullback.errors import PluginWarning
from pullback.graph.nodes import Node
from pullback.plugins import load, manager

__all__ = ["Call", "Facts", "Simplification", "is_in", "known_facts"]


class Call(NamedTuple):
    """A call that does what another one does."""

    function: Any
    args: tuple[Any, ...]
    """Nodes and plain values."""
    params: Mapping[str, Any] = {}


Simplification: TypeAlias = Callable[[Node], "Node | Call | None"]
"""Node of a call -> a node that has its value already, a call that is simpler, or ``None``.

What it returns has the type, shape, dtype and every bit of what the node computes."""


@dataclass
class Facts:
    """Collects what is known of primitives; given to ``pullback_register_facts``.

    >>> import operator
    >>> facts = Facts()
    >>> facts.fresh(operator.matmul)
    >>> operator.matmul in facts.owning
    True
    """

    simplifications: dict[Any, list[Simplification]] = field(default_factory=dict)
    """Primitive -> what may be done instead of a call of it."""
    viewing: set[Any] = field(default_factory=set)
    """Primitives whose output may share memory with their first argument, and with no other."""
    owning: set[Any] = field(default_factory=set)
    """Primitives whose output shares memory with no argument."""
    writing: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    """Primitive -> the function that does the same elementwise, and takes ``out=``."""
    numbers: dict[Any, Any] = field(default_factory=dict)
    """Primitive -> what does the same to Python floats, or raises an ArithmeticError or ValueError.

    A function of them, such as `math.sin`, or `operator.mul`."""
    taking: set[Any] = field(default_factory=set)
    """Primitives that do to a Python float what they do to a number of a library."""
    boxes: dict[type, type] = field(default_factory=dict)
    """Type of numbers of a library -> the Python type that has the same numbers."""

    def simplify(self, primitive: Any, *found: Simplification) -> None:
        """Say what may be done instead of calls of ``primitive``; the first that knows decides."""
        self.simplifications.setdefault(primitive, []).extend(found)

    def view(self, *primitives: Any) -> None:
        """Say that outputs may share memory with the first argument, and with no other."""
        self.viewing.update(primitives)

    def fresh(self, *primitives: Any) -> None:
        """Say that outputs share memory with no argument."""
        self.owning.update(primitives)

    def write(self, primitive: Any, function: Callable[..., Any]) -> None:
        """Say that ``function(*args, out=x)`` writes what ``primitive(*args)`` returns.

        ``x`` has the shape and dtype of the output, and may be one of the arguments.
        """
        self.writing[primitive] = function
        self.owning.add(primitive)

    def number(self, primitive: Any, function: Callable[..., Any]) -> None:
        """Say that ``function`` does to Python floats what ``primitive`` does to numbers."""
        self.numbers[primitive] = function

    def take_floats(self, *primitives: Any) -> None:
        """Say that a Python float may be given for a number of a library, with the same result."""
        self.taking.update(primitives)

    def box(self, kind: type, plain: type) -> None:
        """Say that numbers of the type ``kind`` can be computed as ``plain``, and made of it."""
        self.boxes[kind] = plain


def is_in(table: Any, primitive: Any) -> bool:
    """Whether a primitive stands in a set or dict; what has no hash, such as a graph, does not."""
    try:
        return primitive in table
    except TypeError:
        return False


_known: list[Facts] = []


def known_facts() -> Facts:
    """What the plugins have said, each asked once and by itself."""
    load()
    if not _known:
        facts = Facts()
        for name, plugin in manager.list_name_plugin():
            others = [other for other in manager.get_plugins() if other is not plugin]
            hook = manager.subset_hook_caller("pullback_register_facts", remove_plugins=others)
            before = copy.deepcopy(facts)
            try:
                hook(facts=facts)
            except Exception as error:
                facts = before
                complaint = f"the facts of {name.partition(':')[0]} were left out: {error}"
                warnings.warn(complaint, PluginWarning, stacklevel=2)
        _known.append(facts)
    return _known[0]
