"""The documentation holds every public name, hook, command and declared point, and no dead link."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pytest

import pullback
from pullback import conformance, domains, errors, hookspecs, registry
from pullback.cli import main
from pullback.conformance.kinds import KINDS
from pullback.conformance.reports import as_json
from pullback.conformance.results import Failure, Outcome, Report, RuleResult
from pullback.plugins import load

PUBLIC = [f"pullback.{name}" for name in pullback.__all__ if name != "errors"]
ERRORS = [f"pullback.errors.{name}" for name in errors.__all__]
DOMAINS = [f"pullback.domains.{name}" for name in domains.__all__]
CONFORMANCE = [f"pullback.conformance.{name}" for name in conformance.__all__]
HOOKS = {
    name: function
    for name, function in vars(hookspecs).items()
    if hasattr(function, f"{hookspecs.PROJECT}_spec")
}
DIRECTIVE = re.compile(
    r"^\.\. (?:auto\w+|py:\w+):: (?P<name>[\w.]+)(?P<signature>\(.*)?$", re.MULTILINE
)
CHECKOUT_ONLY = ("CONTRIBUTING.md", "LICENSE")
"""What the README links to and is not there where the built wheels are tested."""


def api_entries(pages):
    """What the API pages document: dotted name -> signature, where one is written."""
    text = "\n".join(page.text for name, page in pages.items() if re.match(r"docs/api\b", name))
    return {match["name"]: match["signature"] or "" for match in DIRECTIVE.finditer(text)}


@pytest.mark.parametrize("name", [*PUBLIC, *ERRORS, *DOMAINS, *CONFORMANCE])
def test_public_name_stands_in_the_api(pages, name):
    assert name in api_entries(pages)


def test_the_api_holds_no_name_that_is_gone(pages):
    for name in api_entries(pages):
        module, _, attribute = name.rpartition(".")
        owner = import_module(module)
        assert hasattr(owner, attribute) or inspect.getmodule(owner) is None, name


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_stands_in_the_api_with_its_signature(pages, hook):
    signature = str(inspect.signature(HOOKS[hook])).replace("'", "")
    assert api_entries(pages)[f"pullback.hookspecs.{hook}"] == signature


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_stands_on_the_plugin_page_with_its_arguments(pages, hook):
    arguments = ", ".join(inspect.signature(HOOKS[hook]).parameters)
    assert re.search(rf"\b{hook}\({arguments}\b", pages["docs/plugins.md"].text)


def commands():
    """Every command of the command line, with its path: ``pullback grad``."""
    waiting = [("pullback", main)]
    while waiting:
        path, command = waiting.pop()
        yield path, command
        for name, sub in getattr(command, "commands", {}).items():
            waiting.append((f"{path} {name}", sub))


@pytest.mark.parametrize(("path", "command"), [*commands()])
def test_command_stands_in_the_command_line_reference_with_its_options(pages, path, command):
    text = pages["docs/command-line.md"].text
    assert re.search(rf"\b{path}\b", text)
    for option in command.params:
        if isinstance(option, click.Option):
            assert any(name in text for name in option.opts), f"{path} {option.opts}"


def table_of(page, *columns):
    """The table of a page that has these columns."""
    head = " | ".join(columns)
    table = re.search(rf"^\| {re.escape(head)} \|\n(?:\|.*\n)*", page.text, re.MULTILINE)
    assert table, f"{page.name} has no table with the head {head}"
    return table[0]


def test_checks_stand_on_their_page_in_their_order(pages):
    table = table_of(pages["docs/checking-rules.md"], "check", "finds")
    listed = re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)
    assert listed == [check.name for check in conformance.iter_checks()]


def test_kinds_of_samples_stand_on_the_page_of_checks(pages):
    table = table_of(pages["docs/checking-rules.md"], "family", "kinds")
    listed = {
        family: re.findall(r"`([\w-]+)`", kinds)
        for family, kinds in re.findall(r"^\| (\w+) \| (`.*) \|$", table, re.MULTILINE)
    }
    families = {kind.family for kind in KINDS.values()}
    wanted = {f: {name for name, kind in KINDS.items() if kind.family == f} for f in families}
    assert {family: {*names} for family, names in listed.items()} == wanted


def test_keys_of_the_json_report_stand_on_the_page_of_checks(pages):
    outcome = Outcome("primal", "failed", 1, Failure("wrong"))
    report = Report("0", 0, 1, (), results=[RuleResult("f", "p", "f.py:1", (outcome,))])
    written = as_json.as_object(report)
    rule = written["rules"][0]
    keys = {*written, *rule, *rule["checks"][0], *rule["checks"][0]["failure"]}
    assert keys <= {*re.findall(r"`(\w+)`", pages["docs/checking-rules.md"].text)}


POINT_ROW = re.compile(r"^\| (`.+`) \| `(.+?)` \| `(.+?)` \|$", re.MULTILINE)


def declared():
    """Every installed rule of a public primitive that declares points."""
    load()
    for claim in registry.rules.values():
        if claim.provider != registry.USER and not claim.rule.name.startswith("pullback_"):
            for primal, derivative in claim.rule.points.items():
                yield claim.rule, primal, derivative


def shown(value):
    """A primal or derivative as the table writes it: Python, without NumPy's type names."""
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    return repr(value.item() if isinstance(value, np.generic) else value)


def table_of_points():
    """The rows of the table of declared points: primitives, primal, derivative."""
    names = {}
    for rule, primal, derivative in declared():
        names.setdefault((shown(primal), shown(derivative)), set()).add(f"`{rule.name}`")
    rows = [(", ".join(sorted(group)), *point) for point, group in names.items()]
    return sorted(rows)


def test_table_of_declared_points_is_that_of_the_installed_rules(pages):
    wanted = table_of_points()
    assert wanted
    rows = "\n".join(f"| {names} | `{primal}` | `{slope}` |" for names, primal, slope in wanted)
    found = POINT_ROW.findall(pages["docs/conventions.md"].text)
    assert found == wanted, f"the table of docs/conventions.md must be\n{rows}"


def flat(value):
    """The numbers in nested tuples, in order."""
    return [n for item in value for n in flat(item)] if isinstance(value, tuple) else [value]


def test_declared_derivatives_are_what_is_computed():
    wrong = []
    for rule, primal, derivative in declared():
        y, back = pullback.vjp(rule.primitive, *(primal if type(primal) is tuple else (primal,)))
        computed = back((1.0,) * len(y) if isinstance(y, tuple) else type(y)(1))
        if flat(computed) != pytest.approx(flat(derivative), rel=1e-12, nan_ok=True):
            wrong.append(f"{rule.name} at {primal}: {computed}, declared {derivative}")
    assert not wrong, "\n".join(wrong)


def test_links_between_pages_lead_somewhere(page):
    for link in page.links():
        target = link.partition("#")[0]
        if target and "://" not in target and target not in CHECKOUT_ONLY:
            assert (page.path.parent / target).exists(), target


def test_how_it_works_points_at_every_module_and_at_no_other(pages):
    package = Path(pullback.__file__).parent
    modules = {path.name for path in package.glob("[a-z]*.py")}
    text = pages["docs/how-it-works.md"].text
    assert {*re.findall(r"`(?:pullback/)?(\w+\.py)`", text)} == modules


def test_every_decision_is_listed(pages):
    folder = "docs/decisions/"
    numbered = {Path(name).stem for name in pages if name.startswith(folder)} - {"index"}
    listed = {*re.findall(r"^\d{4}-[\w-]+$", pages[f"{folder}index.md"].text, re.MULTILINE)}
    assert listed == numbered


def test_errors_of_graphs_stand_on_their_page(pages):
    table = table_of(pages["docs/graphs.md"], "error", "what is wrong")
    wanted = {
        name for name in errors.__all__ if issubclass(getattr(errors, name), errors.GraphError)
    }
    assert {*re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)} == wanted
