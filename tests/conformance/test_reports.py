"""What the reports say, for persons and programs, whatever names and messages hold."""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from rich.console import Console

from pullback.conformance.reports import as_html, as_json, as_junit, as_text, wording
from pullback.conformance.reports.live import Display
from pullback.conformance.results import Failure, Outcome, PluginResult, Report, RuleResult
from pullback.conformance.targets import Installed, Reference, Selection

NASTY = "<script>alert('&')</script> \x1b[31m\x00\u202e[bold]"
ESCAPED = "<script>alert('&')</script> \\x1b[31m\\x00\\u202e[bold]"
WRONG = Failure(
    message="cotangent of argument 1 ('e'), float64 shape (3,): got 0.8414 want 0.8415 "
    "(|err| 1.2e-4 > 3.1e-9)",
    minimal="check_rule(kepler.solve, 0.5, 0.25, cotangent=1.0)",
    replay="Xt9Kp2",
    kind="plain",
)
RAISED = Failure(
    message="raised ValueError: odd\nsecond line",
    minimal="check_rule(kepler.other,\n    2.0)",
    replay="abc",
    traceback=f'Traceback (most recent call last):\n  File "{os.getcwd()}/rules.py", line 3, in x\n'
    '    one()\n  File "/elsewhere/pullback/conformance/running.py", line 9, in run\n    two()\n'
    "ValueError: odd",
)


@pytest.fixture
def solve():
    return RuleResult(
        rule="kepler.solve",
        provider="kepler",
        where="pullback_kepler/rules.py:14",
        outcomes=(
            Outcome("primal", "passed", 60, seconds=0.25),
            Outcome("finite-differences", "failed", 12, WRONG, seconds=0.5),
            Outcome("threads", "unsuited", reason="nothing to do"),
            Outcome("linearity", "xfailed", 3, WRONG, reason="not yet"),
            Outcome("space", "xpassed", 9, Failure("it passed, and x:1 expects a failure")),
        ),
        kinds=Counter(plain=12, zeros=3),
        refused=Counter(zeros=2, inf=4),
        seconds=1.5,
    )


@pytest.fixture
def report(solve):
    return Report(
        version="9.9",
        seed=7,
        max_examples=60,
        checks=("primal", "finite-differences", "threads", "linearity", "space"),
        plugins=[
            PluginResult("kepler", "1.2"),
            PluginResult("nasty", status="broken", error=NASTY),
        ],
        results=[
            solve,
            RuleResult("*", "nasty", "", (Outcome("loads", "failed", failure=Failure(NASTY)),)),
            RuleResult(
                NASTY,
                "nasty",
                "",
                (Outcome(NASTY, "failed", 1, Failure(NASTY, NASTY, NASTY, NASTY, NASTY)),),
                Counter(plain=1),
            ),
        ],
        planned=2,
        problems=[NASTY],
        seconds=12.34,
    )


def test_a_failure_is_shown_as_the_documentation_says(solve):
    assert as_text.failure(solve, solve.outcomes[1]) == (
        "FAILED kepler::kepler.solve::finite-differences            pullback_kepler/rules.py:14\n"
        "  cotangent of argument 1 ('e'), float64 shape (3,): got 0.8414 want 0.8415 "
        "(|err| 1.2e-4 > 3.1e-9)\n"
        "  minimal:    check_rule(kepler.solve, 0.5, 0.25, cotangent=1.0)\n"
        "  replay:     pullback check-rules kepler::kepler.solve --replay Xt9Kp2"
    )


def test_a_failure_of_several_lines_is_indented(solve):
    name = "kepler.a_name_that_is_much_longer_than_there_is_room_for_in_the_column"
    result = RuleResult(name, "kepler", "rules.py:1", ())
    assert as_text.failure(result, Outcome("primal", "failed", failure=RAISED)) == (
        f"FAILED kepler::{name}::primal  rules.py:1\n"
        "  raised ValueError: odd\n"
        "  second line\n"
        "    Traceback (most recent call last):\n"
        '      File "rules.py", line 3, in x\n'
        "        one()\n"
        "    ValueError: odd\n"
        "  minimal:    check_rule(kepler.other,\n"
        "                  2.0)\n"
        f"  replay:     pullback check-rules kepler::{name} --replay abc"
    )


def test_the_command_is_fit_for_a_shell():
    result = RuleResult("a.<lambda>", "register()", "", ())
    outcome = Outcome("primal", "failed", failure=Failure("", replay="x"))
    command = wording.replay_command(result, outcome)
    assert command == "pullback check-rules 'register()::a.<lambda>' --replay x"
    assert wording.replay_command(result, Outcome("primal", "failed", failure=Failure(""))) == ""


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("pullback_kepler/rules.py:14", "pullback_kepler/rules.py:14"),
        (f"{os.getcwd()}/a/b.py:3", "a/b.py:3"),
        (f"{os.path.dirname(os.__file__)}/json/decoder.py:7", "json/decoder.py:7"),
        ("/nowhere/known/rules.py:3", "rules.py:3"),
        ("", ""),
    ],
)
def test_a_place_says_nothing_of_this_machine(where, shown):
    assert wording.place(where) == shown


def test_no_report_names_a_folder_of_this_machine(report):
    failure = Failure(f"cannot import x ({os.getcwd()}/a/x.py)", traceback=RAISED.traceback)
    outcome = Outcome("loads", "failed", failure=failure)
    report.results = [RuleResult("*", "nasty", f"{os.getcwd()}/r.py:1", (outcome,))]
    report.plugins = [PluginResult("nasty", status="broken", error=failure.message)]
    report.problems = [f"{os.getcwd()}/xfails.txt:3: no"]
    for render in (as_text.render, as_json.render, as_junit.render, as_html.render):
        text = render(report)
        assert "a/x.py" in text
        assert "xfails.txt:3" in text
        assert os.getcwd() not in text
        assert "elsewhere" not in text


def test_the_summary_counts_everything(report):
    assert as_text.summary(report).splitlines() == [
        f"ERROR {ESCAPED}",
        "3 failed, 1 passed unexpectedly, 1 passed, 1 failed as expected, 1 not applicable",
        "2 plugins, 2 rules, 7 checks, 85 examples in 12.3 s; repeat it with --seed 7",
    ]
    verbose = as_text.summary(report, verbose=True).splitlines()
    assert verbose[0] == (
        "samples that ran, by kind: inf\xa00\xa0(4\xa0refused), plain\xa013, "
        "zeros\xa03\xa0(2\xa0refused)"
    )


@pytest.mark.parametrize(("interrupted", "word"), [(True, "interrupted"), (False, "stopped")])
def test_the_summary_says_what_was_left_out(report, interrupted, word):
    report.planned, report.interrupted = 5, interrupted
    assert f"{word} after 2 of 5 rules" in as_text.summary(report).splitlines()


def test_an_empty_run():
    report = Report(version="1", seed=0, max_examples=1, checks=())
    assert as_text.summary(report, verbose=True).splitlines() == [
        "no checks",
        "0 plugins, 0 rules, 0 checks, 0 examples in 0.0 s; repeat it with --seed 0",
    ]
    assert json.loads(as_json.render(report))["rules"] == []
    assert ElementTree.fromstring(as_junit.render(report)).get("tests") == "0"
    assert "Nothing was checked" in as_html.render(report)


def test_text_holds_no_control_character(report):
    text = as_text.render(report, verbose=True)
    assert ESCAPED in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", text)


def test_json_has_the_documented_keys(report):
    found = json.loads(as_json.render(report))
    assert found["schema"] == as_json.SCHEMA == 1
    documented = as_json.__doc__

    def keys(value):
        if isinstance(value, list):
            return {key for item in value for key in keys(item)}
        if isinstance(value, dict):
            return {*value} | {key for item in value.values() for key in keys(item)}
        return set()

    for key in keys(found) - {"plain", "zeros", "inf"}:
        assert re.search(rf'``"?{key}"?``|"{key}":', documented), key


def test_json_holds_all_that_is_known(report):
    found = json.loads(as_json.render(report))
    assert found["totals"] == {"plugins": 2, "rules": 2, "checks": 7, "examples": 85}
    assert found["statuses"] == {
        "passed": 1,
        "failed": 3,
        "unsuited": 1,
        "xfailed": 1,
        "xpassed": 1,
    }
    assert found["kinds"]["zeros"] == {"ran": 3, "refused": 2}
    assert found["plugins"][1] == {
        "name": "nasty",
        "version": "",
        "status": "broken",
        "error": NASTY,
    }
    rule = found["rules"][0]
    assert (rule["provider"], rule["rule"]) == ("kepler", "kepler.solve")
    assert rule["where"] == "pullback_kepler/rules.py:14"
    assert rule["kinds"] == {
        "inf": {"ran": 0, "refused": 4},
        "plain": {"ran": 12, "refused": 0},
        "zeros": {"ran": 3, "refused": 2},
    }
    assert [check["check"] for check in rule["checks"]] == [*report.checks]
    assert rule["checks"][1]["failure"] == {
        "message": WRONG.message,
        "kind": "plain",
        "minimal": WRONG.minimal,
        "replay": "Xt9Kp2",
        "command": "pullback check-rules kepler::kepler.solve --replay Xt9Kp2",
        "traceback": "",
    }
    assert rule["checks"][0]["failure"] is None
    assert rule["checks"][3]["reason"] == "not yet"
    assert os.getcwd() not in as_json.render(report)


def test_junit_is_what_ci_systems_read(report):
    root = ElementTree.fromstring(as_junit.render(report))
    assert root.tag == "testsuites"
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "8", "failures": "4", "errors": "1", "skipped": "2"}
    for suite in root:
        for name, tag in {
            "tests": "testcase",
            "failures": "testcase/failure",
            "errors": "testcase/error",
            "skipped": "testcase/skipped",
        }.items():
            assert int(suite.get(name)) == len(suite.findall(tag)), (suite.get("name"), name)
    cases = {case.get("name"): case for case in root[0].findall("testcase")}
    assert cases["primal"].attrib == {
        "classname": "kepler::kepler.solve",
        "name": "primal",
        "time": "0.250",
        "file": "pullback_kepler/rules.py",
        "line": "14",
    }
    assert [*cases["primal"]] == []
    failure = cases["finite-differences"].find("failure")
    assert failure.get("message") == WRONG.message
    assert "--replay Xt9Kp2" in failure.text
    assert cases["threads"].find("skipped").get("message") == "nothing to do"
    assert cases["linearity"].find("skipped").get("message") == "failed as expected: not yet"
    assert cases["space"].find("failure").get("type") == "xpassed"
    properties = {p.get("name"): p.get("value") for p in root[0].find("properties")}
    assert properties == {"version": "1.2", "pullback": "9.9", "seed": "7", "max_examples": "60"}
    assert root[1].find("testcase").get("classname") == "nasty::*"


def test_an_interrupted_run_is_an_error_for_ci(report):
    report.problems, report.interrupted = [], True
    root = ElementTree.fromstring(as_junit.render(report))
    assert root.find("testsuite/testcase/error").get("message") == "interrupted by Ctrl-C"


class Page(HTMLParser):
    """What a page is made of; it must be well nested."""

    VOID = frozenset({"meta", "input", "br"})

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.text = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


def test_the_page_needs_nothing_from_elsewhere(report):
    text = as_html.render(report)
    page = Page(text)
    assert not re.search(r"https?:|//\w|@import|url\(", text)
    assert {tag for tag, _ in page.elements} & {"link", "img", "iframe", "object"} == set()
    assert not any({"src", "href"} & {*attributes} for _, attributes in page.elements)


def test_the_page_can_be_read_by_everybody(report):
    page = Page(as_html.render(report))
    tags = Counter(tag for tag, _ in page.elements)
    assert ("html", {"lang": "en"}) in page.elements
    viewport = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    assert ("meta", viewport) in page.elements
    assert tags["h1"] == tags["main"] == tags["title"] == 1
    assert tags["table"] == tags["caption"] == tags["thead"]
    assert all("scope" in attributes for tag, attributes in page.elements if tag == "th")
    assert tags["label"] == tags["input"] + tags["select"]
    assert tags["details"] == tags["summary"]


def test_the_page_has_failures_first_and_then_all_rules(report):
    page = Page(as_html.render(report))
    text = " ".join(" ".join(page.text).split())
    for part in (
        "pullback check-rules: failed",
        "3 failed, 1 passed unexpectedly, 1 passed, 1 failed as expected, 1 not applicable",
        "plugins 2 rules 2 checks 7 examples 85 seconds 12.3",
        "seed 7",
        "Problems with the run",
        "Failures (4)",
        "kepler::kepler.solve::finite-differences",
        WRONG.message,
        WRONG.minimal,
        "pullback check-rules kepler::kepler.solve --replay Xt9Kp2",
        "All rules",
        "kepler 1.2 : 1 rule, failed",
        "linearity failed as expected 3 not yet",
        "inf 0 (4 refused), plain 12, zeros 3 (2 refused).",
        "the plugin as a whole: failed",
        "Samples of all rules kind ran refused inf 0 4 plain 13 0 zeros 3 2",
    ):
        at = text.find(part)
        assert at >= 0, part
        text = text[at:]
    assert ESCAPED in " ".join(page.text)


@pytest.mark.parametrize(
    ("good", "planned", "word"), [(True, 0, "passed"), (True, 2, "incomplete")]
)
def test_the_page_says_how_it_ended(good, planned, word):
    report = Report(version="1", seed=0, max_examples=1, checks=(), planned=planned)
    assert f">{word}</span></h1>" in as_html.render(report)


def contrast(first, second):
    """The contrast of two colours, as WCAG 2 defines it."""

    def luminance(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def test_the_colours_have_enough_contrast_in_light_and_dark(report):
    text = as_html.render(report)
    schemes = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        for ink in ("ink", "faint", "good", "bad"):
            for ground in ("page", "panel"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def selection(*rules):
    references = [Reference("p", rule) for rule in rules]
    return Selection(references, [PluginResult("p", "1.0")], Installed([]))


def passed(rule):
    return RuleResult(rule, "p", "", (Outcome("primal", "passed", 3),))


def shown(verbosity, results, *rules, terminal=False):
    """What stands on the screen after the run, and what stood there before its end."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200, markup=False, highlight=False)
    report = Report(version="1", seed=0, max_examples=1, checks=(), planned=len(rules))
    before = []
    with Display(selection(*rules), verbosity, console) as display:
        for result in results:
            report.results.append(result)
            display.add(result)
            before.append(out.getvalue())
    display.finish(report)
    return out.getvalue(), before


def test_lines_come_in_the_order_of_the_rules():
    text, before = shown(1, [passed("b"), passed("c"), passed("a")], "a", "b", "c")
    assert before[:2] == ["", ""]
    assert text.splitlines()[:4] == [
        "p::a: 1 passed; 3 examples, 0.0 s",
        "p::b: 1 passed; 3 examples, 0.0 s",
        "p::c: 1 passed; 3 examples, 0.0 s",
        "p 1.0: 3 rules: 3 passed",
    ]


def test_rules_of_one_name_have_a_line_each():
    text, _ = shown(1, [passed("a"), passed("a")], "a", "a")
    assert text.count("p::a: 1 passed") == 2


def test_one_line_for_a_plugin_and_none_if_quiet(solve):
    text, _ = shown(0, [passed("a")], "a")
    assert text.splitlines()[0] == "p 1.0: 1 rule: 1 passed"
    text, _ = shown(-1, [passed("a"), solve], "a", "kepler.solve")
    assert text.startswith("FAILED kepler::kepler.solve::finite-differences")
    assert "p 1.0" not in text


def test_what_was_ready_before_the_end_has_its_line():
    text, before = shown(1, [passed("b")], "a", "b")
    assert before == [""]
    assert text.splitlines()[:2] == [
        "p::b: 1 passed; 3 examples, 0.0 s",
        "p 1.0: 1 rule: 1 passed",
    ]


def test_a_terminal_has_a_bar_and_nothing_is_folded(solve):
    result = RuleResult("a", "p", "", solve.outcomes[1:2] * 3)
    text, _ = shown(0, [result], "a", terminal=True)
    plain = re.sub(r"\x1b\[[0-9;?]*\w", "", text)
    assert "checking" in plain
    assert "1/1 3 failed" in plain
    assert f"  {WRONG.message}\n" in plain
