"""The hooks that a plugin may implement.

A plugin is a module (or any object) that an entry point of the group ``pullback`` names. Hooks
run once, when the registry is filled at the first derivative; never while one is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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


@hookspec
def pullback_register_samples(samples: Any) -> None:
    """Say how to call primitives, to check their rules: ``samples.add(primitive, call(...))``.

    It runs when rules are checked and never before; a module that imports hypothesis is imported
    in its body.

    Args:
        samples: a `pullback.conformance.Samples`, which collects the cases of this plugin.
    """


@hookspec
def pullback_register_checks(checks: Any) -> None:
    """Add checks of your own, which then run on everybody's rules: ``checks.add(check, ...)``.

    It runs when rules are checked and never before.

    Args:
        checks: a `pullback.conformance.Checks`; it takes what ``@pullback.conformance.check()``
            makes of a function.
    """


@hookspec
def pullback_register_facts(facts: Any) -> None:
    """Tell the compiler what it may do with calls of primitives: ``facts.view(np.transpose)``.

    It runs when something is compiled and never before.

    Args:
        facts: a `pullback.compiler.Facts`, which collects what this plugin knows.
    """


@hookspec
def pullback_register_engines(engines: Any) -> None:
    """Add engines, by which graphs are compiled: ``engines.add(engine)``.

    It runs when something is compiled and never before. What an engine is made of is imported
    when it builds a program.

    Args:
        engines: a `pullback.compiler.Engines`; it takes instances of classes derived from
            `pullback.compiler.Engine`.
    """
