"""Expected failures: what a line may say, and what becomes of the outcomes."""

from __future__ import annotations

import sys

import pytest

from pullback.conformance import targets
from pullback.conformance.results import Failure, Outcome, RuleResult
from pullback.conformance.targets import find
from pullback.conformance.xfails import ExpectedFailures, read
from pullback.errors import ConformanceError

pytestmark = pytest.mark.usefixtures("own_rules")

CHECKS = ("primal", "linearity", "second-order")
BAD = Failure("got 1 want 2")


@pytest.fixture
def reading(tmp_path, monkeypatch):
    """``reading(text, *targets)``: the expected failures of a file with that text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(targets, "_modules", set())

    def run(text, *wanted):
        path = tmp_path / "xfails.txt"
        path.write_text(text)
        return read(path.relative_to(tmp_path), find(wanted), CHECKS)

    yield run
    sys.modules.pop("theirs", None)
    targets._subjects.cache_clear()


def result(*outcomes, rule="math.sin", provider="pullback-math"):
    return RuleResult(rule, provider, "", outcomes)


def statuses(found):
    return {outcome.check: outcome.status for outcome in found.outcomes}


def test_a_line_speaks_of_one_check_of_one_rule(reading):
    expected = reading(
        "# a comment\n\n  pullback-math::math.sin::linearity   # not yet  \n"
        "math::math.cos::primal # the entry point's name\n"
    )
    outcomes = [Outcome(check, "failed", failure=BAD) for check in ("linearity", "primal")]
    found = expected.applied(result(*outcomes))
    assert statuses(found) == {"linearity": "xfailed", "primal": "failed"}
    assert found.outcomes[0].reason == "not yet"
    assert found.outcomes[0].failure is BAD
    assert [outcome.good for outcome in found.outcomes] == [True, False]
    cosine = expected.applied(result(Outcome("primal", "failed"), rule="math.cos"))
    assert statuses(cosine) == {"primal": "xfailed"}
    other = expected.applied(result(Outcome("primal", "failed"), rule="math.cos", provider="x"))
    assert statuses(other) == {"primal": "failed"}


def test_a_glob_stands_for_rules_that_all_fail(reading):
    expected = reading("math::math.[st]*h::linearity # hyperbolic ones")
    failed = expected.applied(result(Outcome("linearity", "failed"), rule="math.sinh"))
    passed = expected.applied(result(Outcome("linearity", "passed"), rule="math.tanh"))
    assert statuses(failed) == {"linearity": "xfailed"}
    assert statuses(passed) == {"linearity": "xpassed"}


def test_an_expected_failure_that_passes_is_an_error(reading):
    expected = reading("\nmath::math.sin::linearity # not yet")
    (outcome,) = expected.applied(result(Outcome("linearity", "passed", 7))).outcomes
    assert (outcome.status, outcome.examples, outcome.good) == ("xpassed", 7, False)
    assert outcome.failure.message == (
        "it passed, and xfails.txt:2 expects a failure (not yet); remove the line"
    )


def test_a_rule_that_comes_to_an_end_against_expectation(reading):
    expected = reading("math::math.sin::finishes # it hangs")
    hung = expected.applied(result(Outcome("finishes", "failed", failure=BAD)))
    assert statuses(hung) == {"finishes": "xfailed"}
    fine = expected.applied(result(Outcome("primal", "passed")))
    assert statuses(fine) == {"primal": "passed", "finishes": "xpassed"}


def test_what_suits_no_sample_cannot_be_expected_to_fail(reading):
    expected = reading("math::math.sin::linearity # a\nmath::math.c*::linearity # b")
    unsuited = Outcome("linearity", "unsuited")
    results = [
        expected.applied(result(unsuited)),
        expected.applied(result(unsuited, rule="math.cos")),
        expected.applied(result(Outcome("linearity", "failed"), rule="math.ceil")),
    ]
    found = [statuses(applied)["linearity"] for applied in results]
    assert found == ["unsuited", "unsuited", "xfailed"]
    (problem,) = expected.unused(results)
    assert problem.startswith("xfails.txt:1: pullback-math::math.sin::linearity is expected to")
    assert problem.endswith("no sample suits this check; remove the line")


def test_what_is_not_selected_is_no_error(reading):
    expected = reading("numpy::numpy.sum::linearity # elsewhere", "math.sin")
    assert expected.unused([result(Outcome("linearity", "passed"))]) == []
    (outcome,) = expected.applied(result(Outcome("linearity", "passed"))).outcomes
    assert outcome.status == "passed"


def test_a_module_is_named_as_on_the_command_line(reading, tmp_path):
    source = (
        "import math\nfrom pullback import elementwise\n"
        "one = elementwise(math.sin, lambda ct: ct)\n"
    )
    (tmp_path / "theirs.py").write_text(source)
    line = "theirs:one::math.sin::linearity # known"
    expected = reading(line, "theirs:one")
    found = expected.applied(result(Outcome("linearity", "failed"), provider="theirs:one"))
    assert statuses(found) == {"linearity": "xfailed"}
    sys.path.insert(0, str(tmp_path))
    assert len(reading(line, "math.sin").entries) == 1, "it is not selected"
    with pytest.raises(ConformanceError, match=r"theirs:one has no rule called 'math.cos'"):
        reading(line.replace("sin", "cos"), "theirs:one")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("math::math.sin", "'math::math.sin' is not of the form plugin::rule::check  # reason"),
        ("math::math.sin::linearity::x # no", "is not of the form"),
        ("::math.sin::linearity # no", "is not of the form"),
        ("math.sin # no", "is not of the form"),
        ("math::math.sin::linearity", "math::math.sin::linearity has no reason"),
        ("math::math.sin::linearity #  ", "has no reason; write why it is expected to fail"),
        ("math::math.sin::linaerity # no", r"no check called 'linaerity' \(did you mean linearity"),
        ("maths::math.sin::linearity # no", r"no plugin or module called 'maths' \(did you mean m"),
        ("math::math.sine::linearity # no", r"math has no rule called 'math.sine' \(did you mean"),
        ("math::numpy.*::linearity # no", r"math has no rule called 'numpy.\*'"),
    ],
)
def test_a_line_that_is_wrong_or_matches_nothing(reading, line, message):
    with pytest.raises(ConformanceError, match=rf"^xfails\.txt:3: .*{message}"):
        reading(f"\n# a comment\n{line}\n")


def test_all_wrong_lines_are_named_at_once(reading):
    with pytest.raises(ConformanceError, match=r"^xfails.txt:1: .*\nxfails.txt:3: "):
        reading("a\nmath::math.sin::linearity # fine\nb")


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "xfails.bin"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConformanceError, match=r"xfails\.bin cannot be read"):
        read(path, find(["math.sin"]), CHECKS)


def test_a_plugin_that_does_not_load_may_be_expected_to(site):
    site.add("broken", "raise RuntimeError('half done')")
    lines = "broken::*::loads # in repair\nbroken::some.rule::primal # unknown while it is broken\n"
    (site.cwd / "xfails.txt").write_text(lines)
    program = """
        from pathlib import Path
        from pullback.conformance.targets import find
        from pullback.conformance.xfails import read

        print(len(read(Path("xfails.txt"), find(), ["primal"]).entries))
    """
    assert site.run(program) == "2"


def test_without_a_file_nothing_is_expected():
    before = result(Outcome("primal", "failed", failure=BAD))
    assert ExpectedFailures().applied(before) == before
    assert ExpectedFailures().unused([before]) == []
