"""Find the installed plugins, import them one by one, and fill the registry.

Nothing here runs before the first derivative. A plugin that fails is left out, with a record and
one warning; it never takes the others with it.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

import pluggy

from pullback import hookspecs, registry
from pullback.errors import ConflictingRulesError, PluginWarning
from pullback.registry import Claim, Registry, Rule
from pullback.spaces import add_array_type

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

Status: TypeAlias = Literal["ok", "disabled", "broken", "conflict"]

__all__ = ["PluginRecord", "handed_over", "load", "manager", "register"]

T = TypeVar("T")


@dataclass(slots=True)
class PluginRecord:
    """What became of one installed plugin."""

    name: str
    distribution: str
    version: str
    status: Status
    rules: int = 0
    error: str = ""

    @property
    def provider(self) -> str:
        """The name under which the plugin's rules are listed."""
        return self.distribution


manager: Final = pluggy.PluginManager(hookspecs.PROJECT)
manager.add_hookspecs(hookspecs)

_records: list[PluginRecord] | None = None
_loading = False
_lock: Final = threading.RLock()


def is_loaded() -> bool:
    """Whether the plugins have been loaded."""
    return _records is not None


def load() -> list[PluginRecord]:
    """Load every installed plugin, once; what became of each, in the order of their names.

    Raises:
        ConfigurationError: the project's ``[tool.pullback]`` is not understood.
    """
    global _records, _loading
    records = _records
    if records is not None:
        return records
    with _lock:
        if _records is not None or _loading:  # a plugin may differentiate while it is imported
            return _records or []
        _loading = True
        try:
            records, found = _load_all()
            registry.claims.extend(found)
            registry.settle()
            _report_conflicts(records)
            _records = records
        finally:
            _loading = False
    for complaint in _complaints(records):
        warnings.warn(complaint, PluginWarning, stacklevel=2)
    return records


def register(*rules: Rule | tuple[Rule, ...]) -> None:
    """Add rules in this process, without packaging anything.

    Registering a primitive again replaces the rule that an earlier call registered, so a notebook
    cell can be run twice.

    Args:
        rules: what ``@rule``, ``elementwise`` or ``nondifferentiable`` returned.

    Raises:
        RuleError: something that is not a rule.
        ConflictingRulesError: a plugin has a rule for the primitive, and the new one does not
            declare ``override=True``.

    >>> import pullback
    >>> @pullback.primitive
    ... def cube(x):
    ...     return x**3
    >>> pullback.register(pullback.elementwise(cube, lambda ct, x: 3 * ct * x**2))
    >>> pullback.val_and_grad([cube], 2.0)
    (8.0, 12.0)
    """
    collected = Registry(registry.USER)
    collected.add(*rules)
    new = collected.claims
    replaced = {claim.rule.primitive for claim in new}
    with _lock:
        before = [*registry.claims]
        registry.claims[:] = [
            claim
            for claim in before
            if claim.provider != registry.USER or claim.rule.primitive not in replaced
        ]
        registry.claims.extend(new)
        registry.settle()
        for primitive in replaced:
            if primitive in registry.conflicts:
                error = registry.conflicts[primitive]
                registry.claims[:] = before
                registry.settle()
                raise error


def _load_all() -> tuple[list[PluginRecord], list[Claim]]:
    from pullback.config import disabled_plugins, switched_off  # a TOML parser comes with it

    disabled = disabled_plugins()
    records: list[PluginRecord] = []
    found: list[Claim] = []
    for entry_point in _entry_points():
        record = _record_of(entry_point)
        records.append(record)
        switch = switched_off(disabled, record.name, record.distribution)
        if switch is not None:
            record.status, record.error = "disabled", f"switched off by {switch}"
            continue
        try:
            collected = _load_one(entry_point, record)
        except ConflictingRulesError as error:
            record.status, record.error = "conflict", str(error)
            continue
        except (Exception, SystemExit) as error:
            record.status, record.error = "broken", f"{type(error).__name__}: {error}"
            continue
        for array_type in collected.array_types:
            add_array_type(array_type)
        found.extend(collected.claims)
        record.rules = len(collected.claims)
    return records, found


def _entry_points() -> list[EntryPoint]:
    from importlib.metadata import entry_points  # takes longer to import than all of pullback

    return sorted(entry_points(group=hookspecs.PROJECT), key=_order)


def _order(entry_point: EntryPoint) -> tuple[str, str]:
    record = _record_of(entry_point)
    return record.distribution, record.name


def _record_of(entry_point: EntryPoint) -> PluginRecord:
    # A damaged installation can lack its metadata; then name and version are None.
    name = getattr(entry_point.dist, "name", None)
    version = getattr(entry_point.dist, "version", None)
    return PluginRecord(
        name=entry_point.name,
        distribution=name or entry_point.value,
        version=version or "",
        status="ok",
    )


def _load_one(entry_point: EntryPoint, record: PluginRecord) -> Registry:
    """Import one plugin and ask it, and it alone, for its rules and array types."""
    plugin = entry_point.load()
    key = f"{record.distribution}:{record.name}"
    try:
        manager.register(plugin, name=key)
        manager.check_pending()
        collected = Registry(record.provider)
        others = [other for other in manager.get_plugins() if other is not plugin]
        for hook in ("pullback_register_array_types", "pullback_register_rules"):
            manager.subset_hook_caller(hook, remove_plugins=others)(registry=collected)
    except BaseException:
        if manager.has_plugin(key):
            manager.unregister(name=key)
        raise
    return collected


def handed_over(what: str, collected: T, copied: Callable[[T], T]) -> T:
    """What the plugins hand over in ``pullback_register_<what>``, each asked by itself.

    A plugin whose hook raises is left out with a warning.

    Args:
        what: the name of the hook without its beginning, and of its argument.
        collected: what is there without plugins.
        copied: makes of what was collected something that a plugin can add to.
    """
    load()
    for name, plugin in manager.list_name_plugin():
        others = [other for other in manager.get_plugins() if other is not plugin]
        hook = manager.subset_hook_caller(f"pullback_register_{what}", remove_plugins=others)
        by_plugin = copied(collected)
        try:
            hook(**{what: by_plugin})
        except Exception as error:
            complaint = f"the {what} of {name.partition(':')[0]} were left out: {error}"
            warnings.warn(complaint, PluginWarning, stacklevel=3)
        else:
            collected = by_plugin
    return collected


def _report_conflicts(records: list[PluginRecord]) -> None:
    """Mark every plugin that has a part in a conflict."""
    disputes: dict[str, list[str]] = {}
    for claim in registry.claims:
        error = registry.conflicts.get(claim.rule.primitive)
        if error is not None:
            disputes.setdefault(claim.provider, []).append(str(error))
    for record in records:
        if record.status == "ok" and record.provider in disputes:
            first, *more = dict.fromkeys(disputes[record.provider])
            record.status = "conflict"
            record.error = first + (f" (and {len(more)} more like this)" if more else "")


def _complaints(records: list[PluginRecord]) -> list[str]:
    """What to warn of: each plugin that was left out, and each conflict once."""
    complaints: dict[str, None] = {}
    for record in records:
        if record.status == "broken":
            complaint = f"plugin {record.name} of {record.distribution} was left out: "
            complaints[complaint + record.error] = None
        elif record.status == "conflict":
            complaints[record.error] = None
    return [*complaints]


def has_no_rule(f: Any) -> bool:
    """Whether ``f`` is a Python function without a rule: the quick answer for most of them."""
    return (
        type(f) is FunctionType
        and _records is not None
        and f not in registry.table
        and not registry.conflicts
    )


def rule_function(primitive: Any) -> registry.RuleFunction | None:
    """The rule function of ``primitive``, loading the plugins first; ``None`` if it has none.

    Raises:
        ConflictingRulesError: two providers claim the primitive.
    """
    if _records is None:
        load()
    try:
        function = registry.table.get(primitive)
    except TypeError:  # unhashable, so it cannot have been registered
        return None
    if function is None:
        raw = registry.unwrap(primitive)
        function = registry.table.get(raw)
        if registry.conflicts and raw in registry.conflicts:
            raise registry.conflicts[raw]
    return function
