"""The hooks that a plugin may implement.

A plugin is a module (or any object) that an entry point of the group ``pullback`` names. Hooks
run once, when the registry is filled at the first derivative; never while one is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from pullback.registry import Registry

PROJECT: Final = "pullback"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)


@hookspec
def pullback_register_rules(registry: Registry) -> None:
    """Hand over rules: ``registry.add(rule, ...)``.

    Args:
        registry: collects the rules of this plugin. ``registry.add`` takes what ``@rule``,
            ``elementwise`` and ``nondifferentiable`` return, and modules that hold them.
    """


@hookspec
def pullback_register_array_types(registry: Registry) -> None:
    """Describe value types to the engine: ``registry.add_array_type(array_type)``.

    Args:
        registry: collects instances of `pullback.ArrayType`, which say how values of a type are
            projected, zeroed, stacked and copied.
    """
