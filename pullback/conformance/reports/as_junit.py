"""The report for CI systems: JUnit's XML, a test suite for each plugin, a case for each check.

A check that suits no sample is a skipped case, and so is a failure that is expected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pullback.conformance.reports.as_text import failure
from pullback.conformance.reports.wording import place, portable, printable
from pullback.conformance.results import Outcome, PluginResult, Report, RuleResult

__all__ = ["render"]

_NAME: Final = "pullback check-rules"
_ELEMENTS: Final = {
    "failed": "failure",
    "xpassed": "failure",
    "unsuited": "skipped",
    "xfailed": "skipped",
}


def render(report: Report) -> str:
    """The report as JUnit's XML."""
    root = Element("testsuites", name=_NAME, time=f"{report.seconds:.3f}")
    for plugin in report.plugins:
        results = [result for result in report.results if result.provider == plugin.name]
        _add_suite(root, plugin, results, report)
    problems = [*report.problems, *(["interrupted by Ctrl-C"] if report.interrupted else [])]
    if problems:
        _add_problems(root, problems)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add_suite(
    root: Element, plugin: PluginResult, results: Iterable[RuleResult], report: Report
) -> None:
    cases = [(result, outcome) for result in results for outcome in result.outcomes]
    counts: Counter[str] = Counter(_ELEMENTS.get(outcome.status, "") for _, outcome in cases)
    suite = SubElement(
        root,
        "testsuite",
        name=printable(plugin.name),
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors="0",
        skipped=str(counts["skipped"]),
        time=f"{sum(outcome.seconds for _, outcome in cases):.3f}",
    )
    properties = SubElement(suite, "properties")
    for name, value in {
        "version": plugin.version,
        "pullback": report.version,
        "seed": str(report.seed),
        "max_examples": str(report.max_examples),
    }.items():
        SubElement(properties, "property", name=name, value=printable(value))
    for result, outcome in cases:
        _add_case(suite, result, outcome)


def _add_case(suite: Element, result: RuleResult, outcome: Outcome) -> None:
    file, _, line = printable(place(result.where)).rpartition(":")
    described = {
        "classname": printable(result.name),
        "name": printable(outcome.check),
        "time": f"{outcome.seconds:.3f}",
    }
    if file:
        described |= {"file": file, "line": line}
    case = SubElement(suite, "testcase", described)
    tag = _ELEMENTS.get(outcome.status)
    if tag is None:
        return
    message = outcome.reason
    if tag == "failure":
        message = portable(outcome.failure.message) if outcome.failure else ""
    elif outcome.status == "xfailed":
        message = f"failed as expected: {outcome.reason}"
    element = SubElement(case, tag, message=printable(message))
    if outcome.failure is not None:
        element.text = failure(result, outcome)
    if tag == "failure":
        element.set("type", outcome.status)


def _add_problems(root: Element, problems: list[str]) -> None:
    """What is wrong with the run itself, as errors of a suite of its own."""
    count = str(len(problems))
    suite = SubElement(
        root, "testsuite", name=_NAME, tests=count, failures="0", errors=count, skipped="0"
    )
    for number, problem in enumerate(problems, 1):
        case = SubElement(suite, "testcase", classname=_NAME, name=f"run {number}")
        SubElement(case, "error", message=printable(portable(problem)))
