"""What a command line means: from the targets that are written to the rules to be checked.

A target is looked up in this order, and the first that fits is taken:

1. ``provider::rule`` or ``provider::glob``, the provider being a plugin or ``module[:attribute]``;
2. the name of a plugin: that of its distribution, ``pullback-numpy``, or of its entry point,
   ``numpy``, in any spelling that the package index takes for the same;
3. the dotted name of a rule, ``numpy.sum``, ``np.sum``, or a glob of such names, ``numpy.lin*``;
4. ``module[:attribute]``: something that can be imported, also from the current directory.

So ``numpy`` is the plugin and not the module. No target at all means every rule of every plugin.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from types import ModuleType
from typing import Any, Final

from pullback import registry
from pullback.conformance import subjects
from pullback.conformance.results import PluginResult
from pullback.conformance.subjects import Subject
from pullback.errors import ConformanceError, PluginWarning, PullbackError
from pullback.importing import imported, nearest
from pullback.names import name_of
from pullback.plugins import PluginRecord, load
from pullback.registry import Claim, Rule

__all__ = ["Installed", "Reference", "Selection", "find", "matches", "nearest"]

_ABBREVIATION: Final = ("np.", "numpy.")


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """Where any process finds one rule."""

    provider: str
    rule: str
    place: int = 0
    """Its position among the rules of this provider that have the same name."""
    origin: str = ""
    """The ``module[:attribute]`` that it is in; empty for the rule of a plugin."""
    where: str = field(default="", compare=False)
    """The file and line of the rule."""

    @property
    def name(self) -> str:
        """How the rule is named on the command line: ``provider::rule``."""
        return f"{self.provider}::{self.rule}"

    def load(self) -> Subject:
        """The rule itself, loading the plugins or importing its module first.

        Raises:
            ConformanceError: it is not there any more.
        """
        found = [
            subject
            for subject in _subjects(self.origin)
            if (subject.provider, subject.name) == (self.provider, self.rule)
        ]
        if self.place >= len(found):
            raise ConformanceError(
                f"{self.name} was found when the run began, and not where it was to be checked; "
                "a plugin must hand over the same rules every time that it is imported"
            )
        return found[self.place]


@dataclass(slots=True)
class Selection:
    """The rules that are to be checked, and the providers that they come from."""

    references: list[Reference]
    plugins: list[PluginResult]
    installed: Installed

    def known_rules(self, provider: str) -> list[str] | None:
        """The names of all rules of a provider, also those that are not to be checked.

        ``None`` where nobody knows: a plugin that did not load, a module that is no target.
        """
        plugins = [*self.installed.plugins(*self.installed.providers), *self.plugins]
        status = next((plugin.status for plugin in plugins if plugin.name == provider), "")
        if status not in ("ok", "conflict"):
            return None
        origin = "" if provider in self.installed.providers else provider
        return [s.name for s in _subjects(origin) if s.provider == provider]


def find(targets: Sequence[str] = ()) -> Selection:
    """The rules that ``targets`` mean, in the order of their providers and names.

    A plugin that does not load, or a module whose import fails, is in the result with its error.

    Args:
        targets: as on the command line; none at all for every plugin.

    Raises:
        ConformanceError: a target means nothing; the message has the nearest names.
    """
    _subjects.cache_clear()
    installed = Installed(_records())
    if not targets:
        chosen = _Chosen(installed.references, installed.plugins(*installed.providers))
    else:
        parts = [_resolved(target, installed) for target in targets]
        chosen = _Chosen(
            [reference for part in parts for reference in part.references],
            [plugin for part in parts for plugin in part.plugins],
        )
    return Selection(
        sorted({*chosen.references}),
        sorted({plugin.name: plugin for plugin in chosen.plugins}.values(), key=lambda p: p.name),
        installed,
    )


@dataclass(slots=True)
class _Chosen:
    """What one target means."""

    references: Iterable[Reference]
    plugins: Iterable[PluginResult] = field(default_factory=list)


class Installed:
    """The plugins of this environment and their rules."""

    def __init__(self, records: Sequence[PluginRecord]) -> None:
        self.records = records

    @cached_property
    def references(self) -> list[Reference]:
        """Every rule in force."""
        return _references(_subjects(""), "")

    @property
    def providers(self) -> list[str]:
        """The providers of all rules, and the plugins that have none; not those switched off."""
        on = [record.provider for record in self.records if record.status != "disabled"]
        return [*dict.fromkeys([*on, *(reference.provider for reference in self.references)])]

    def provider(self, name: str) -> str | None:
        """The provider of that name, which may be the name of an entry point."""
        known = {_normal(record.provider): record.provider for record in self.records}
        for record in self.records:
            known.setdefault(_normal(record.name), record.provider)
        known |= {_normal(reference.provider): reference.provider for reference in self.references}
        return known.get(_normal(name))

    def plugins(self, *providers: str) -> list[PluginResult]:
        """What became of these providers; of two plugins of one, that which did not load."""
        found = {provider: PluginResult(provider) for provider in providers}
        for record in self.records:
            known = found.get(record.provider)
            if known is not None and known.status == "ok":
                found[record.provider] = PluginResult(
                    record.provider, record.version, record.status, record.error
                )
        return [*found.values()]

    def names(self) -> list[str]:
        """Everything that a target could be called."""
        plugins = [name for r in self.records for name in (r.provider, r.name)]
        return [*dict.fromkeys([*plugins, *(reference.rule for reference in self.references)])]


def matches(name: str, pattern: str) -> bool:
    """Whether the name of a rule is, or matches, what is written for it."""
    return name == pattern or fnmatchcase(name, pattern)


def _resolved(target: str, installed: Installed) -> _Chosen:
    owner, separator, pattern = target.partition("::")
    if separator:
        return _of_provider(target, owner, pattern, installed)
    provider = installed.provider(target)
    if provider is not None:
        return _of_plugin(provider, installed)
    pattern = _public(target)
    found = [r for r in installed.references if matches(r.rule, pattern)]
    if found:
        return _Chosen(found, installed.plugins(*(reference.provider for reference in found)))
    return _of_module(target, installed)


def _of_provider(target: str, owner: str, pattern: str, installed: Installed) -> _Chosen:
    """The rules of a plugin or a module that match a name or glob."""
    pattern, separator, check = pattern.partition("::")
    if separator:
        raise ConformanceError(
            f"{target!r} names a check too; choose it with an option: {owner}::{pattern} -c {check}"
        )
    provider = installed.provider(owner)
    all_of_it = (
        _of_module(owner, installed) if provider is None else _of_plugin(provider, installed)
    )
    pattern = _public(pattern)
    references = [*all_of_it.references]
    found = [reference for reference in references if matches(reference.rule, pattern)]
    if not found and all(plugin.status == "ok" for plugin in all_of_it.plugins):
        near = nearest(pattern, (reference.rule for reference in references))
        raise ConformanceError(f"{owner} has no rule called {pattern!r}{near}")
    return _Chosen(found, all_of_it.plugins)


def _of_plugin(provider: str, installed: Installed) -> _Chosen:
    plugins = installed.plugins(provider)
    for plugin in plugins:
        if plugin.status == "disabled":
            raise ConformanceError(f"the plugin {provider} is {plugin.error}; switch it on")
    found = [reference for reference in installed.references if reference.provider == provider]
    return _Chosen(found, plugins)


def _of_module(target: str, installed: Installed) -> _Chosen:
    """What is in a module that is no plugin, or why it cannot be imported."""
    name = target.partition(":")[0]
    if not all(part.isidentifier() for part in name.split(".")):
        raise ConformanceError(_unknown(target, installed))
    try:
        return _Chosen(_references(_subjects(target), target), [PluginResult(target)])
    except (Exception, SystemExit) as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{name}.".startswith(f"{missing}."):
            raise ConformanceError(_unknown(target, installed)) from None
        # An error of the module's own, such as a RuleError, is no mistake of the command line.
        if type(error) in (ConformanceError, PullbackError):
            raise ConformanceError(f"{error}{nearest(target, installed.names())}") from None
        broken = f"{type(error).__name__}: {error}"
        return _Chosen([], [PluginResult(target, status="broken", error=broken)])


def _unknown(target: str, installed: Installed) -> str:
    conflict = next(
        (str(e) for primitive, e in registry.conflicts.items() if name_of(primitive) == target), ""
    )
    if conflict:
        return conflict
    near = nearest(_public(target), installed.names())
    if not near and target.endswith(".py"):
        near = f" (a file is named as a module: {target[:-3].replace(os.sep, '.')})"
    broken = [record.provider for record in installed.records if record.status == "broken"]
    why = f"; {', '.join(broken)} did not load, which `pullback plugins` explains" * bool(broken)
    return (
        f"nothing is called {target!r}: there is no such plugin, rule or module{near}; "
        f"`pullback plugins` and `pullback rules` list what there is{why}"
    )


def _records() -> list[PluginRecord]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the report says it
        return load()


def _references(found: Iterable[Subject], origin: str) -> list[Reference]:
    seen: dict[tuple[str, str], int] = {}
    references = []
    for subject in found:
        key = subject.provider, subject.name
        references.append(Reference(*key, seen.get(key, 0), origin, subject.where))
        seen[key] = seen.get(key, 0) + 1
    return references


@cache
def _subjects(origin: str) -> tuple[Subject, ...]:
    """The rules of all plugins, or those in ``module[:attribute]``."""
    if not origin:
        return tuple(s for s in subjects.registered() if s.provider not in _modules)
    named = imported(origin)
    found = subjects.from_object(named, origin)
    for subject in found:
        subject.provider = origin
    module = sys.modules[origin.partition(":")[0]]
    own = [s.rule for s in found if s.rule is not None and s.target is s.rule.primitive]
    _put_in_force([*own, *_rules_in(module)], origin)
    return tuple(found)


_modules: Final[set[str]] = set()
"""The ``module[:attribute]`` whose rules are in the registry."""


def _rules_in(module: ModuleType) -> Iterator[Rule]:
    """The rules of a module; those that a target does not name are still used by the others."""
    for value in vars(module).values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Rule):
                yield item


def _put_in_force(rules: Iterable[Rule], origin: str) -> None:
    """Let the engine use the rules of a module, as if it were installed.

    The first rule for a primitive counts, and none for a primitive that has one already, unless it
    declares ``override=True``.
    """
    _modules.add(origin)
    registry.claims[:] = [claim for claim in registry.claims if claim.provider != origin]
    registry.settle()
    used: dict[Any, Rule] = {}
    for rule in rules:
        if rule.override or rule.primitive not in registry.rules:
            used.setdefault(rule.primitive, rule)
    registry.claims.extend(Claim(rule, origin) for rule in used.values())
    registry.settle()


def _normal(name: str) -> str:
    """A name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _public(pattern: str) -> str:
    """A name of a rule as the registry has it: ``np.abs`` is ``numpy.absolute``."""
    short, full = _ABBREVIATION
    if pattern.startswith(short):
        pattern = full + pattern.removeprefix(short)
    module, _, attribute = pattern.rpartition(".")
    # Not getattr: a module may import things when it is asked for a name that it does not have.
    namespace = vars(sys.modules[module]) if module in sys.modules else {}
    value = registry.unwrap(namespace.get(attribute))
    try:
        return name_of(value) if value in registry.rules else pattern
    except TypeError:  # unhashable, so it has no rule
        return pattern
