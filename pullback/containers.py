"""Containers of values: dict, list, tuple, named tuple, dataclass, and what optree knows.

A container goes in, its leaves are differentiated, and a container of the same structure comes
out. The flattening is optree's; this module adds dataclasses that nobody registered.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import optree

_NAMESPACE: Final = "pullback"


def is_container(value: Any) -> bool:
    """Whether ``value`` holds leaves instead of being one."""
    return not _is_leaf(value)


def flatten(tree: Any) -> tuple[list[Any], optree.PyTreeSpec]:
    """The leaves of ``tree``, in order, and its structure."""
    _know_dataclasses(tree)
    leaves, structure = optree.tree_flatten(tree, namespace=_NAMESPACE)
    return leaves, structure


def unflatten(structure: optree.PyTreeSpec, leaves: Iterable[Any]) -> Any:
    """The container of ``structure`` that holds ``leaves``."""
    return optree.tree_unflatten(structure, leaves)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """``tree`` with ``function`` applied to each leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, map(function, leaves))


def places(tree: Any) -> list[str]:
    """How to reach each leaf, as Python: ``['w'][0]``."""
    _know_dataclasses(tree)
    accessors = optree.tree_accessors(tree, namespace=_NAMESPACE)
    return [accessor.codify("") for accessor in accessors]


def _is_leaf(value: Any) -> bool:
    if _is_dataclass(value):
        return False
    return optree.tree_is_leaf(value, namespace=_NAMESPACE)


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _know_dataclasses(tree: Any) -> None:
    """Register with optree every dataclass in ``tree`` that it takes for a leaf."""
    while True:
        leaves = optree.tree_leaves(tree, namespace=_NAMESPACE)
        unknown = {type(leaf) for leaf in leaves if _is_dataclass(leaf)}
        if not unknown:
            return
        for kind in unknown:
            _register_dataclass(kind)


def _register_dataclass(kind: type) -> None:
    names = tuple(field.name for field in dataclasses.fields(kind))

    def flatten_dataclass(instance: Any) -> tuple[list[Any], Any, tuple[str, ...]]:
        return [getattr(instance, name) for name in names], instance, names

    def unflatten_dataclass(instance: Any, values: Sequence[Any]) -> Any:
        # A copy, not a call: __init__ and __post_init__ may refuse or change what is not a float.
        made = copy.copy(instance)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(made, name, value)
        return made

    optree.register_pytree_node(
        kind,
        flatten_dataclass,
        unflatten_dataclass,
        path_entry_type=optree.DataclassEntry,
        namespace=_NAMESPACE,
    )
