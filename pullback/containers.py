"""Containers of values: dict, list, tuple, named tuple, dataclass, and what optree knows.

A container goes in, its leaves are differentiated, and a container of the same structure comes
out. The flattening is optree's; this module adds dataclasses that nobody registered.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import optree

_NAMESPACE: Final = "pullback"
_optree: Any = None
_registering: Final = threading.Lock()
_registered: Final[set[type]] = set()
"""The dataclasses that were made known to optree."""
_leaf_types: Final[set[type]] = set()
"""Types that were seen as leaves and are not dataclasses."""


def _library() -> Any:
    """The module optree, imported when the first container is seen."""
    global _optree
    if _optree is None:
        import optree

        _optree = optree
    return _optree


def is_container(value: Any) -> bool:
    """Whether ``value`` holds leaves instead of being one."""
    if hasattr(type(value), "__dataclass_fields__"):
        return True
    return not _library().tree_is_leaf(value, namespace=_NAMESPACE)


def flatten(tree: Any) -> tuple[list[Any], optree.PyTreeSpec]:
    """The leaves of ``tree``, in order, and its structure."""
    leaves, structure = _library().tree_flatten(tree, namespace=_NAMESPACE)
    kinds = {type(leaf) for leaf in leaves}
    if kinds <= _leaf_types:
        return leaves, structure
    unknown = [kind for kind in kinds if hasattr(kind, "__dataclass_fields__")]
    _leaf_types.update(kinds.difference(unknown))
    if not unknown:
        return leaves, structure
    for kind in unknown:
        _register_dataclass(kind)
    return flatten(tree)


def unflatten(structure: optree.PyTreeSpec, leaves: Iterable[Any]) -> Any:
    """The container of ``structure`` that holds ``leaves``."""
    return structure.unflatten(leaves)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """``tree`` with ``function`` applied to each leaf."""
    leaves, structure = flatten(tree)
    return structure.unflatten(map(function, leaves))


def places(tree: Any) -> list[str]:
    """How to reach each leaf, as Python: ``['w'][0]``."""
    flatten(tree)
    accessors = _library().tree_accessors(tree, namespace=_NAMESPACE)
    return [accessor.codify("") for accessor in accessors]


def _register_dataclass(kind: type) -> None:
    names = tuple(field.name for field in dataclasses.fields(kind))

    def flatten_dataclass(instance: Any) -> tuple[list[Any], None, tuple[str, ...]]:
        return [getattr(instance, name) for name in names], None, names

    def unflatten_dataclass(metadata: None, values: Sequence[Any]) -> Any:
        # Not a call: __init__ and __post_init__ may refuse or change what is not a float.
        made: Any = object.__new__(kind)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(made, name, value)
        return made

    library = _library()
    with _registering:
        if kind not in _registered:
            library.register_pytree_node(
                kind,
                flatten_dataclass,
                unflatten_dataclass,
                path_entry_type=library.DataclassEntry,
                namespace=_NAMESPACE,
            )
            _registered.add(kind)
