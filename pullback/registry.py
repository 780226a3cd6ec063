"""Primitive -> rule, with who provided it.

`Rule` is what ``@rule`` and ``elementwise`` make: a rule function and what it declares. A
`Registry` collects the rules of one provider. `table` is what the engine reads: a plain dict
from primitive to rule function, rebuilt from all claims whenever a provider comes or goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from types import ModuleType
from typing import Any, Final, TypeAlias

from pullback.errors import ConflictingRulesError, RuleError
from pullback.names import name_of
from pullback.spaces import ArrayType, array_types

RuleFunction: TypeAlias = Callable[..., tuple[Any, Any]]

__all__ = ["Claim", "Registry", "Rule", "claims", "conflicts", "rules", "table", "unwrap"]

USER: Final = "register()"
"""The provider of what `pullback.register` added."""


def unwrap(primitive: Any) -> Any:
    """The function behind what `primitive` made of it; anything else as it is."""
    return getattr(primitive, "__pullback_primitive__", primitive)


def caller(primitive: Any) -> Callable[..., Any]:
    """What computes ``primitive``: itself, or for a class attribute that is no method, its getter.

    >>> caller(complex.real)(1 + 2j)
    1.0
    """
    if callable(primitive):
        return primitive  # type: ignore[no-any-return]
    return attrgetter(name_of(primitive).rpartition(".")[2])


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule function with what it declares. Calling it calls the function."""

    primitive: Any
    """The callable, or the class attribute, that is differentiated."""
    function: RuleFunction
    """``(*primals, **params) -> (y, pullback)``"""
    domain: Any = None
    """Where the primals live (`pullback.domains`); a tuple has one for each primal."""
    signature: str | None = None
    """The shapes in NumPy's gufunc notation, such as ``"(n,n),(n,k)->(n,k)"``."""
    points: Mapping[Any, Any] = field(default_factory=dict)
    """Primal, or tuple of primals -> the derivative there, where that is a convention."""
    differentiable: tuple[str, ...] | None = None
    """The names of the differentiable arguments; ``()`` for a non-differentiable primitive."""
    not_implemented: Mapping[str, str] = field(default_factory=dict)
    """Argument -> why its derivative is not written yet."""
    pushforward: Callable[..., tuple[Any, Any]] | None = None
    """``(primals, tangents, **params) -> (y, y_tangent)``, where that beats the transpose."""
    linear: int = 0
    """In how many of its first arguments the primitive is linear, in each by itself."""
    override: bool = False
    """Whether this rule replaces another provider's on purpose."""
    elementwise: bool = False
    """Whether the primitive acts on each element by itself."""
    source: Any = None
    """Where the rule is written, as an object that `inspect` can find or as (file, line)."""

    def __post_init__(self) -> None:
        try:
            hash(self.primitive)
        except TypeError:
            raise RuleError(
                f"a rule's primitive must be hashable, and {self.primitive!r} is not: "
                "declare the rule for the function or class attribute itself"
            ) from None

    def __call__(self, *primals: Any, **params: Any) -> tuple[Any, Any]:
        """Run the rule function."""
        return self.function(*primals, **params)

    @property
    def name(self) -> str:
        """The dotted public name of the primitive."""
        return name_of(self.primitive)

    def __repr__(self) -> str:
        return f"<rule of {self.name}>"


@dataclass(frozen=True, slots=True)
class Claim:
    """One provider's rule."""

    rule: Rule
    provider: str


class Registry:
    """Collects what one provider hands over; given to the registering hooks."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.claims: list[Claim] = []
        self._added: dict[Any, Rule] = {}
        self.array_types: list[ArrayType] = []

    def add(self, *rules: Rule | tuple[Rule, ...] | ModuleType) -> None:
        """Add rules; a tuple stands for its members, a module for every rule in it.

        Raises:
            RuleError: something that is not a rule, or a second rule for one primitive.
        """
        for item in _flat(rules):
            known = self._added.get(item.primitive)
            if known is None:
                self._added[item.primitive] = item
                self.claims.append(Claim(item, self.provider))
            elif known is not item:
                raise RuleError(f"{self.provider} adds two rules for {item.name}; keep one of them")

    def add_array_type(self, array_type: ArrayType) -> None:
        """Make a family of value types known.

        Raises:
            ConflictingRulesError: another provider has described one of the types.
        """
        for kind in array_type.types:
            if kind in array_types:
                raise ConflictingRulesError(
                    f"{self.provider} describes the type {name_of(kind)}, which "
                    f"{name_of(type(array_types[kind]))} describes already; "
                    "disable one of the two plugins"
                )
        self.array_types.append(array_type)


def _flat(items: tuple[Any, ...]) -> Iterator[Rule]:
    for item in items:
        if isinstance(item, Rule):
            yield item
        elif isinstance(item, tuple):
            yield from _flat(item)
        elif isinstance(item, ModuleType):
            for value in vars(item).values():
                if isinstance(value, Rule):
                    yield value
                elif isinstance(value, tuple) and value and isinstance(value[0], Rule):
                    yield from _flat(value)
        else:
            raise RuleError(
                f"{item!r} is not a rule; hand over what @rule, elementwise(...) or "
                "nondifferentiable(...) returned, or a module of them"
            )


claims: Final[list[Claim]] = []
"""Every rule that any provider handed over."""
rules: Final[dict[Any, Claim]] = {}
"""Primitive -> the claim in force."""
table: Final[dict[Any, RuleFunction]] = {}
"""Primitive -> the rule function in force: all that the engine looks at."""
conflicts: Final[dict[Any, ConflictingRulesError]] = {}
"""Primitive -> the error of using it, where two providers claim it."""


watchers: Final[list[Callable[[Claim], Claim]]] = []
"""What stands between the engine and every rule, while there is something to watch."""


def settle() -> None:
    """Rebuild `rules`, `table` and `conflicts` from `claims`; order never decides."""
    by_primitive: dict[Any, list[Claim]] = {}
    for claim in claims:
        by_primitive.setdefault(claim.rule.primitive, []).append(claim)
    for mapping in (rules, conflicts):
        mapping.clear()
    for primitive, rivals in by_primitive.items():
        overriding = [claim for claim in rivals if claim.rule.override]
        in_force = overriding or rivals
        if len(in_force) == 1:
            rules[primitive] = in_force[0]
        else:
            conflicts[primitive] = _conflict(primitive, in_force)
    for watch in watchers:
        rules.update((primitive, watch(claim)) for primitive, claim in rules.items())
    for primitive in [*table]:
        if primitive not in rules:
            del table[primitive]
    table.update((primitive, claim.rule.function) for primitive, claim in rules.items())


def _conflict(primitive: Any, rivals: list[Claim]) -> ConflictingRulesError:
    providers = sorted({claim.provider for claim in rivals})
    if len(providers) == 1:
        have = f"the plugins of {providers[0]} have {len(rivals)} rules"
    else:
        both = "both " if len(providers) == 2 else ""
        have = f"{' and '.join(providers)} {both}have a rule"
    overriding = " with override=True" if rivals[0].rule.override else ""
    remedy = "" if overriding else ", or declare the one that you mean with override=True"
    return ConflictingRulesError(
        f"{have} for {name_of(primitive)}{overriding}, and none of them is used. "
        f"Disable one of them (PULLBACK_DISABLE_PLUGINS=NAME){remedy}."
    )
