"""What is checked: a rule of a plugin, or anything else that has a value and a pullback.

A `Subject` knows the original function, how to get ``(y, pullback)`` at a call, what its author
declares, and where sample calls come from.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from types import ModuleType
from typing import Any

from hypothesis.strategies import SearchStrategy

from pullback import registry
from pullback.chain import Chain
from pullback.conformance.samples import Call, Calls, Samples, cases_of, derived
from pullback.conformance.values import (
    Place,
    grouped,
    is_floating,
    leaves,
    map_leaves,
    places,
    replaced,
    value_at,
)
from pullback.derivatives import vjp
from pullback.domains import Domain
from pullback.errors import ConformanceError, RuleError, SampleError
from pullback.names import name_of
from pullback.plugins import load, manager
from pullback.registry import Rule
from pullback.spaces import Traced, add_array_type, array_types
from pullback.tracer import apply_function

__all__ = ["Subject", "from_function", "from_object", "from_pair", "from_vjp", "registered"]

Lines = Sequence[Calls | SearchStrategy[Call]]
Pullback = Callable[[Any], list[Any]]


@dataclass(eq=False)
class Subject:
    """Something with a derivative that is to be checked."""

    name: str
    """As it is called on the command line."""
    provider: str
    source: Any
    """Where it is written, as an object that `inspect` can find or as (file, line)."""
    function: Callable[..., Any]
    """The original, for plain values."""
    rule: Rule | None = None
    """The rule, if there is one; a bare ``(f, vjp)`` pair has none."""
    lines: Lines = ()
    """The author's samples."""
    derived: bool = False
    """Whether they only follow from what the rule declares."""
    problem: str = ""
    """What is wrong with the samples, if they could not be read."""
    differentiate: Callable[..., tuple[Any, Callable[[Any], Any]]] | None = None
    """``(*primals) -> (y, pullback)`` of a bare pair, which the engine has no part in."""
    target: Any = None
    """What a pasted example names, where that is not the primitive."""
    expression: str = ""
    """How a pasted example names it."""

    @property
    def full_name(self) -> str:
        """``provider::rule``."""
        return "::".join(filter(None, (self.provider, self.name)))

    @cached_property
    def where(self) -> str:
        """The file and line of the rule, from the directory that its package lies in."""
        return _where(self.source)

    @cached_property
    def cases(self) -> list[SearchStrategy[Call]]:
        """Strategies of calls; empty where the author gives none and none follow."""
        return cases_of(self.lines)

    @cached_property
    def parameters(self) -> list[inspect.Parameter]:
        """The parameters of the rule, or of the function where there is no rule."""
        function = self.function if self.rule is None else self.rule.function
        try:
            return [*inspect.signature(function).parameters.values()]
        except (TypeError, ValueError):  # a builtin that does not tell
            return []

    def parameter_of(self, place: Place) -> str:
        """The name of the argument at ``place``."""
        first = place[0]
        if isinstance(first, str):
            return first
        positional = [
            parameter
            for parameter in self.parameters
            if parameter.kind
            in (
                parameter.POSITIONAL_ONLY,
                parameter.POSITIONAL_OR_KEYWORD,
                parameter.VAR_POSITIONAL,
            )
        ]
        for number, parameter in enumerate(positional):
            if number == first or parameter.kind is parameter.VAR_POSITIONAL:
                return parameter.name
        return str(first)

    def is_differentiable(self, place: Place) -> bool:
        """Whether the argument at ``place`` has a derivative, as the rule declares."""
        if self.rule is None:  # a bare pair has a cotangent for each positional argument
            return isinstance(place[0], int)
        name = self.parameter_of(place)
        if name in self.rule.not_implemented or "*" in self.rule.not_implemented:
            return False
        return self.rule.differentiable is None or name in self.rule.differentiable

    def primals(self, call: Call) -> list[Place]:
        """The places of ``call`` that have a derivative."""
        return [
            place
            for place, value in places(call)
            if is_floating(value) and self.is_differentiable(place)
        ]

    def takes(self, call: Call) -> bool:
        """Whether the engine knows the types of all primals: their plugins may be switched off."""
        if self.differentiate is not None:
            return True
        return all(type(value_at(call, place)) in array_types for place in self.primals(call))

    def domain_of(self, place: Place) -> Domain | None:
        """Where the argument at ``place`` lives, if its rule says so."""
        domain = None if self.rule is None else self.rule.domain
        if domain is None or isinstance(domain, Domain):
            return domain
        if isinstance(place[0], int) and place[0] < len(domain):
            found = domain[place[0]]
            return found if isinstance(found, Domain) else None
        return None

    def primal(self, call: Call) -> Any:
        """The value of the original function."""
        return self.function(*call.args, **call.params)

    def run_rule(self, call: Call) -> tuple[Any, Any]:
        """What the rule itself returns, without the engine.

        Raises:
            RuleError: not ``(y, pullback)``.
        """
        if self.rule is None:
            assert self.differentiate is not None
            result = self.differentiate(*call.args, **call.params)
        else:
            result = self.rule.function(*call.args, **call.params)
        if type(result) is not tuple or len(result) != 2:
            raise RuleError(f"the rule returned {result!r:.80}; a rule returns (y, pullback)")
        return result

    def traced(self, call: Call) -> Any:
        """The primitive, called as a traced program would."""
        values = [value for _, value in places(call)]
        if self.rule is None or not any(isinstance(value, Traced) for value in values):
            return self.primal(call)
        if isinstance(self.target, Chain) or self.rule.primitive is _TRACED:
            return self.function(*call.args, **call.params)
        return apply_function(self.rule.primitive, call.args, call.params, self.rule.function)

    def linearize(self, call: Call, chosen: Sequence[Place] | None = None) -> tuple[Any, Pullback]:
        """The value at ``call``, and the pullback to its primals.

        Args:
            call: plain or traced values.
            chosen: the places of the primals; all that are differentiable if not given.

        Returns:
            ``y`` and a function from its cotangent to a list with one cotangent for each group of
            `groups`.
        """
        groups = self.groups(call, chosen)
        values = [value_at(call, group[0]) for group in groups]
        if self.differentiate is not None:
            return self._bare(call, groups)

        def f(*leaves: Any) -> Any:
            new = {p: leaf for group, leaf in zip(groups, leaves, strict=True) for p in group}
            return self.traced(replaced(call, new))

        if not values:
            return self.primal(call), lambda cotangent: []
        y, pullback = vjp(f, *values)

        def back(cotangent: Any) -> list[Any]:
            found = pullback(cotangent)
            return [found] if len(values) == 1 else [*found]

        return y, back

    def groups(self, call: Call, chosen: Sequence[Place] | None = None) -> list[list[Place]]:
        """The primals of ``call``: for each, the place at which it stands, or several."""
        wanted = self.primals(call) if chosen is None else chosen
        if not call.shared:
            return [[place] for place in wanted]
        return grouped([(place, value_at(call, place)) for place in wanted])

    def _bare(self, call: Call, groups: list[list[Place]]) -> tuple[Any, Pullback]:
        assert self.differentiate is not None
        y, pullback = self.differentiate(*call.args, **call.params)

        def back(cotangent: Any) -> list[Any]:
            cotangents = pullback(cotangent)
            if not isinstance(cotangents, (tuple, list)) or len(call.args) == 1:
                cotangents = (cotangents,) if type(cotangents) is not tuple else cotangents
            if len(cotangents) != len(call.args):
                raise RuleError(
                    f"the pullback returned {len(cotangents)} cotangents for {len(call.args)} "
                    "arguments"
                )
            found = []
            for group in groups:
                total = None
                for place in group:
                    item: Any = cotangents
                    for step in place:
                        item = item[step]
                    total = item if total is None else total + item
                found.append(total)
            return found

        return y, back

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside, the engine uses this rule for its primitive, whatever is registered."""
        rule = self.rule
        if rule is None or rule.primitive is _TRACED:
            yield
            return
        before = registry.table.get(rule.primitive)
        registry.table[rule.primitive] = rule.function
        try:
            yield
        finally:
            if before is None:
                registry.table.pop(rule.primitive, None)
            else:
                registry.table[rule.primitive] = before

    @property
    def refuses_all(self) -> bool:
        """Whether the rule declares that it has no derivative to offer, only a reason."""
        return self.rule is not None and "*" in self.rule.not_implemented

    @property
    def is_composed(self) -> bool:
        """Whether it is a function that the engine traces through, without a rule of its own."""
        return self.rule is not None and self.rule.primitive is _TRACED

    @property
    def traceable(self) -> bool:
        """Whether the pullback can be differentiated again."""
        return self.rule is not None


_TRACED = object()
"""The primitive of something that the engine traces through."""


def registered() -> Iterator[Subject]:
    """Every rule in force, in the order of providers and names."""
    load()
    samples = gather_samples()
    claims = sorted(registry.rules.values(), key=lambda c: (c.provider, c.rule.name))
    for claim in claims:
        yield from_rule(claim.rule, claim.provider, samples)


@dataclass(eq=False)
class Gathered:
    """The samples of all plugins, and what went wrong in a plugin's hook."""

    lines: dict[Any, list[Calls | SearchStrategy[Call]]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    """Provider -> the error of its hook."""


_gathered: list[Gathered] = []


def gather_samples() -> Gathered:
    """What every plugin's ``pullback_register_samples`` hands over; each is asked by itself."""
    if _gathered:
        return _gathered[0]
    found = Gathered()
    for name, plugin in manager.list_name_plugin():
        others = [other for other in manager.get_plugins() if other is not plugin]
        collected = Samples()
        try:
            manager.subset_hook_caller("pullback_register_samples", remove_plugins=others)(
                samples=collected
            )
        except Exception as error:
            found.problems[name.partition(":")[0]] = f"{type(error).__name__}: {error}"
            continue
        for primitive, lines in collected.calls.items():
            found.lines.setdefault(primitive, []).extend(lines)
    _gathered.append(found)
    return found


def from_rule(rule: Rule, provider: str, samples: Gathered | None = None) -> Subject:
    """A rule as a plugin hands it over."""
    lines: Lines = samples.lines.get(rule.primitive, ()) if samples else ()
    problem = samples.problems.get(provider, "") if samples else ""
    return _subject(rule, provider, lines, problem)


def from_pair(
    function: Any, rule: Any, samples: Iterable[Calls | SearchStrategy[Call]] = (), name: str = ""
) -> Subject:
    """A function and a rule for it, registered or not.

    Args:
        function: the original.
        rule: what ``@rule`` or ``elementwise`` returned, or a rule function.
        samples: what `call` returned.
        name: what it is called in messages; the function's name if not given.
    """
    if not isinstance(rule, Rule):
        rule = Rule(primitive=registry.unwrap(function), function=rule, source=rule)
    written = rule.function if rule.source is None else rule.source
    subject = _subject(rule, getattr(written, "__module__", None) or "", [*samples], "")
    subject.function = _plain(registry.unwrap(function))
    if name:
        subject.name = name
    return subject


def _subject(rule: Rule, provider: str, lines: Lines, problem: str) -> Subject:
    follows = False
    if not lines:
        try:
            lines, follows = derived(rule), True
        except SampleError as error:
            problem = str(error)
    return Subject(
        name=rule.name,
        provider=provider,
        source=rule.source or rule.function,
        function=_plain(rule.primitive),
        rule=rule,
        lines=lines,
        derived=follows,
        problem=problem,
        target=rule.primitive,
        expression=_expression(rule),
    )


def _expression(rule: Rule) -> str:
    """How a pasted example names a rule: by its primitive, or where it is not in force, itself."""
    claim = registry.rules.get(rule.primitive)
    if claim is None or claim.rule is not rule:
        module = sys.modules.get(getattr(rule.function, "__module__", None) or "")
        for name, value in vars(module).items() if module else ():
            if value is rule:
                return f"{module.__name__}.{name}" if module else name
    return rule.name


def _plain(primitive: Any) -> Callable[..., Any]:
    """The primitive as a function: a class attribute is looked up on its first argument."""
    return primitive if callable(primitive) else attrgetter(primitive.__name__)


def from_function(
    f: Any, samples: Iterable[Calls | SearchStrategy[Call]], name: str = ""
) -> Subject:
    """A chain, a graph or any Python function, which the engine differentiates by tracing it.

    Args:
        f: a callable, or a list of links.
        samples: what `call` returned.
        name: what it is called in messages.
    """
    chain = Chain(f) if isinstance(f, (list, tuple)) else f
    rule = Rule(primitive=_TRACED, function=_rule_of_function(chain), source=f)
    return Subject(
        name=name or (repr(chain) if isinstance(chain, Chain) else name_of(chain)),
        provider="" if isinstance(chain, Chain) else getattr(chain, "__module__", None) or "",
        source=chain,
        function=chain,
        rule=rule,
        lines=[*samples],
        target=f,
    )


def _rule_of_function(f: Any) -> Callable[..., tuple[Any, Any]]:
    def traced_rule(*args: Any, **params: Any) -> tuple[Any, Any]:
        chosen = [place for place, arg in enumerate(args) if _is_primal(arg)]
        if not chosen:
            return f(*args, **params), None
        y, pullback = vjp(f, *args, argnums=chosen, **params)

        def traced_pullback(cotangent: Any) -> Any:
            # A rule is given None for an output without derivative, `vjp` takes any number.
            full = map_leaves(lambda _, leaf: 0.0 if leaf is None else leaf, cotangent)
            found = dict(zip(chosen, pullback(full), strict=True))
            return tuple(found.get(place) for place in range(len(args)))

        return y, traced_pullback

    traced_rule.__signature__ = _signature(f)  # type: ignore[attr-defined]
    return traced_rule


def _is_primal(arg: Any) -> bool:
    kinds = [is_floating(leaf) for _, leaf in leaves(arg)]
    return bool(kinds) and all(kinds)


def _signature(f: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        return None


def from_vjp(
    function: Callable[..., Any],
    differentiate: Callable[..., tuple[Any, Callable[[Any], Any]]],
    samples: Iterable[Calls | SearchStrategy[Call]],
    name: str = "",
) -> Subject:
    """A pair as in JAX, autograd or torch: nothing of pullback's engine runs.

    Args:
        function: the original.
        differentiate: ``(*primals) -> (y, pullback)``; the pullback returns one cotangent for
            each primal, in a tuple where there are several.
        samples: what `call` returned.
        name: what it is called in messages.
    """
    return Subject(
        name=name or name_of(function),
        provider=getattr(function, "__module__", None) or "",
        source=differentiate,
        function=function,
        lines=[*samples],
        differentiate=differentiate,
        target=function,
    )


def from_object(obj: Any, provider: str) -> list[Subject]:
    """The subjects in what ``module[:attribute]`` names.

    Args:
        obj: a rule, a tuple of rules, a module of rules, a ``(function, rule)`` pair, or a module
            or object that implements the hooks of a plugin.
        provider: the module's name.

    Raises:
        ConformanceError: there is nothing in it that can be checked.
    """
    samples = Gathered()
    collected = Samples()
    hook = getattr(obj, "pullback_register_samples", None)
    if hook is not None:
        try:
            hook(collected)
            samples.lines = collected.calls
        except Exception as error:
            samples.problems[provider] = f"{type(error).__name__}: {error}"
    found = registry.Registry(provider)
    describe = getattr(obj, "pullback_register_array_types", None)
    if describe is not None:
        describe(found)
        for array_type in found.array_types:
            add_array_type(array_type)
    register = getattr(obj, "pullback_register_rules", None)
    if register is not None:
        register(found)
    elif isinstance(obj, (Rule, ModuleType)) or (
        isinstance(obj, tuple) and all(isinstance(item, Rule) for item in obj)
    ):
        found.add(obj)
    elif isinstance(obj, tuple) and len(obj) == 2 and callable(obj[0]):
        return [from_pair(*obj)]
    if not found.claims:
        raise ConformanceError(
            f"{provider} names {obj!r:.60}, in which there is no rule; name a rule, a tuple or "
            "module of rules, a plugin, or a (function, rule) pair"
        )
    return [from_rule(claim.rule, provider, samples) for claim in found.claims]


def _where(source: Any) -> str:
    """File and line, shortened to what follows the directory that the package lies in."""
    if isinstance(source, tuple):
        file, line = source
    else:
        try:
            file = inspect.getsourcefile(inspect.unwrap(source)) or ""
            line = inspect.getsourcelines(source)[1]
        except (TypeError, OSError):
            return ""
    directory = os.path.dirname(os.path.abspath(file))
    while os.path.exists(os.path.join(directory, "__init__.py")):
        directory = os.path.dirname(directory)
    return f"{os.path.relpath(file, directory)}:{line}"
