"""``pullback rules``: what is registered, by whom, and where it is written."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from pullback import domains
from pullback.cli import source, vocabulary
from pullback.cli.output import print_json, print_table
from pullback.errors import MissingRuleError
from pullback.lines import location

if TYPE_CHECKING:
    from pullback.registry import Claim, Rule


@dataclass(frozen=True, slots=True)
class Listed:
    """One rule, as it is listed; the fields are the keys of ``--json``."""

    primitive: str
    provider: str
    overrides: list[str]
    """The providers whose rules for the primitive this one replaces."""
    conflict: str | None
    """Why the rule is not used, where another provider claims the primitive too."""
    file: str | None
    line: int | None
    differentiable: list[str]
    not_implemented: dict[str, str]


@dataclass(frozen=True, slots=True)
class Described(Listed):
    """One rule with all that is known of it."""

    domain: str | None
    signature: str | None
    points: dict[str, str]
    rule_doc: str | None
    primitive_doc: str | None
    source: str | None
    generated: str | None
    """The rule function that `elementwise` made of the formulas."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, for programs.")
@click.argument("pattern", required=False)
def rules(pattern: str | None, as_json: bool) -> None:
    """List the registered rules, or describe one.

    PATTERN is matched with the dotted name of the primitive and may hold * and ?: "numpy.*",
    "*sin*" (in quotes, or the shell takes it). A full name without them, math.sin or
    numpy.linalg.norm, shows the docstrings, domain and source of that rule.
    """
    if pattern is None or any(letter in pattern for letter in "*?["):
        found = [_listed(claim) for claim in _matching(pattern or "*")]
        if as_json:
            print_json([asdict(item) for item in found])
        elif not found:
            click.echo(_nothing(pattern))
        else:
            print_table(
                ["primitive", "provider", "differentiable", "where"], [_row(item) for item in found]
            )
        return
    described = [_described(claim) for claim in _claims_of(pattern)]
    if as_json:
        print_json([asdict(item) for item in described])
    else:
        click.echo("\n\n".join(map(_page, described)))


def _matching(pattern: str) -> list[Claim]:
    """The rules in force, and those in conflict, whose primitive's name matches."""
    pattern = vocabulary.expanded(pattern)
    names = vocabulary.primitives()
    chosen = sorted(name for name in names if fnmatchcase(name, pattern))
    return [claim for name in chosen for claim in _claims(names[name])]


def _claims_of(name: str) -> list[Claim]:
    """The rule of the primitive called ``name``, or the rules, if they are in conflict.

    Raises:
        MissingRuleError: there is no such primitive.
    """
    primitive = vocabulary.find(name)
    if primitive is None:
        near = vocabulary.near(name)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise MissingRuleError(
            f"no rule is registered under the name {name}{hint}. `pullback rules` lists them all"
        )
    return [*_claims(primitive)]


def _claims(primitive: Any) -> Iterator[Claim]:
    from pullback import registry

    if primitive in registry.rules:
        yield registry.rules[primitive]
    else:
        rivals = [claim for claim in registry.claims if claim.rule.primitive == primitive]
        overriding = [claim for claim in rivals if claim.rule.override]
        yield from overriding or rivals


def _nothing(pattern: str | None) -> str:
    if pattern is None:
        return "No rule is registered; `pullback plugins` says why."
    return f"No registered primitive matches {pattern}."


def _listed(claim: Claim) -> Listed:
    from pullback import registry

    rule = claim.rule
    error = registry.conflicts.get(rule.primitive)
    replaced = [
        other.provider
        for other in registry.claims
        if error is None and other is not claim and other.rule.primitive == rule.primitive
    ]
    file, line = location(rule.source)
    return Listed(
        primitive=rule.name,
        provider=claim.provider,
        overrides=sorted(replaced),
        conflict=None if error is None else str(error),
        file=file,
        line=line,
        differentiable=_differentiable(rule),
        not_implemented=dict(rule.not_implemented),
    )


def _differentiable(rule: Rule) -> list[str]:
    """The names of the differentiable arguments; all positional ones, where none is declared."""
    if rule.differentiable is not None:
        return [*rule.differentiable]
    parameters = inspect.signature(rule.function).parameters.values()
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    starred = inspect.Parameter.VAR_POSITIONAL
    return [
        f"*{parameter.name}" if parameter.kind is starred else parameter.name
        for parameter in parameters
        if (parameter.kind in positional or parameter.kind is starred)
        and parameter.name not in rule.not_implemented
    ]


def _described(claim: Claim) -> Described:
    rule = claim.rule
    return Described(
        **asdict(_listed(claim)),
        domain=_domain_in_words(rule.domain),
        signature=rule.signature,
        points={str(primal): str(derivative) for primal, derivative in rule.points.items()},
        rule_doc=inspect.getdoc(rule.function),
        primitive_doc=inspect.getdoc(rule.primitive),
        source=source.text_at(*location(rule.source)),
        generated=source.generated(rule.function),
    )


def _domain_in_words(domain: Any) -> str | None:
    if domain is None:
        return None
    if isinstance(domain, (tuple, list)):
        return f"({', '.join(_domain_in_words(member) or 'any' for member in domain)})"
    for word in domains.__all__:
        if getattr(domains, word) == domain:
            return word
    if isinstance(domain, domains.Domain) and not domain.excluded:
        return f"interval({domain.low}, {domain.high})"
    return str(domain)


def _provider(item: Listed) -> str:
    if item.conflict is not None:
        return f"{item.provider} (in conflict, not used)"
    return (
        f"{item.provider} (overrides {', '.join(item.overrides)})"
        if item.overrides
        else item.provider
    )


def _where(item: Listed) -> str:
    return "-" if item.file is None else f"{item.file}:{item.line}"


def _arguments(item: Listed) -> str:
    return ", ".join(item.differentiable) or "none"


def _row(item: Listed) -> list[str]:
    return [item.primitive, _provider(item), _arguments(item), _where(item)]


def _page(item: Described) -> str:
    """What a person reads of one rule."""
    facts = {
        "provider": _provider(item),
        "conflict": item.conflict,
        "rule": _where(item),
        "differentiable": _arguments(item),
        "not implemented": "; ".join(f"{k}: {v}" for k, v in item.not_implemented.items()),
        "domain": item.domain,
        "shapes": item.signature,
        "points": "; ".join(f"{k} -> {v}" for k, v in item.points.items()),
    }
    parts = [
        item.primitive,
        "\n".join(f"  {label + ':':<16} {fact}" for label, fact in facts.items() if fact),
    ]
    for title, text in {
        "The rule": item.rule_doc,
        "Source": item.source,
        "The rule that is made of the formulas": item.generated,
        "The primitive": item.primitive_doc,
    }.items():
        if text:
            parts.append(f"{title}:\n" + textwrap.indent(text, "    "))
    return "\n\n".join(parts)
