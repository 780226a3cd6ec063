"""Rules that hang or crash cost themselves alone, and the results say what happened."""

from __future__ import annotations

import multiprocessing
import sys
import textwrap
from collections import Counter

import pytest

from pullback.conformance import targets, workers
from pullback.conformance.running import Settings
from pullback.conformance.targets import Reference, find
from pullback.conformance.workers import FINISHES, InternalError, examine_all
from pullback.errors import ConformanceError

pytestmark = pytest.mark.usefixtures("own_rules")

SOURCE = """\
    import ctypes, os, sys, time
    from pullback import elementwise, primitive
    from pullback.domains import reals


    def rule_of(name, action):
        def double(x):
            return 2.0 * x

        def formula(ct):
            action()
            return 2.0 * ct

        double.__module__, double.__qualname__ = "trouble", name
        return elementwise(primitive(double), formula, domain=reals)


    def hang():
        while True:
            time.sleep(0.01)


    def crash():
        print("last words", flush=True)
        ctypes.string_at(0)


    def chatter():
        print("printed by a rule")
        print("printed by a rule", file=sys.stderr)


    rules = (
        rule_of("hangs", hang),
        rule_of("crashes", crash),
        rule_of("ends_well", lambda: os._exit(0)),
        rule_of("ends_badly", lambda: os._exit(3)),
        rule_of("quits", sys.exit),
        rule_of("talks", chatter),
        rule_of("works", lambda: None),
    )
"""
CHECKS = ("finite-differences",)


@pytest.fixture
def references(tmp_path, monkeypatch):
    """``references("hangs", ...)``: rules of the module above, by name."""
    (tmp_path / "trouble.py").write_text(textwrap.dedent(SOURCE))
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(targets, "_modules", set())
    yield lambda *names: find([f"trouble::trouble.{name}" for name in names]).references
    sys.modules.pop("trouble", None)
    targets._subjects.cache_clear()


def examined(references, jobs, **options):
    settings = Settings(max_examples=5, **options)
    return [*examine_all(references, CHECKS, settings, jobs)]


@pytest.fixture
def clean(capfd):
    """Nothing that a worker or a rule printed may reach the terminal."""
    yield
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("clean")
def test_every_rule_costs_itself_alone(references):
    names = "hangs", "crashes", "ends_well", "ends_badly", "quits", "talks", "works"
    results = examined(references(*names), 2, time_limit=5.0)
    assert not multiprocessing.active_children()
    outcomes = {}
    for result in results:
        (outcomes[result.rule.partition(".")[2]],) = result.outcomes
        assert result.provider == "trouble"
        assert result.where.startswith("trouble.py:")
    assert {*outcomes} == {*names}
    for name in ("works", "talks"):
        assert (outcomes[name].check, outcomes[name].status) == (*CHECKS, "passed")
    messages = {
        "hangs": "trouble.hangs did not come to an end within 5 s, the time limit for one rule; "
        "if it is slow and does not hang, raise --time-limit",
        "crashes": "the interpreter died (SIGSEGV) while trouble.crashes was checked; to debug "
        "it:\npython -m pullback check-rules trouble::trouble.crashes --jobs 0",
        "ends_well": "the interpreter died (exit code 0) while trouble.ends_well was checked",
        "ends_badly": "the interpreter died (exit code 3) while trouble.ends_badly was checked",
        "quits": "raised SystemExit(), which ends the interpreter",
    }
    for name, message in messages.items():
        assert (outcomes[name].check, outcomes[name].status) == (FINISHES, "failed")
        assert message in outcomes[name].failure.message
    assert "in hang\n" in outcomes["hangs"].failure.traceback
    assert "last words" in outcomes["crashes"].failure.traceback
    assert "in crash\n" in outcomes["crashes"].failure.traceback
    assert "_end_with_parent" not in outcomes["hangs"].failure.traceback


@pytest.mark.usefixtures("clean")
def test_closing_the_iterator_ends_the_workers(references):
    settings = Settings(max_examples=5)
    found = examine_all(references("works", "hangs"), CHECKS, settings, 2)
    assert next(found).rule == "trouble.works"
    assert multiprocessing.active_children()
    found.close()
    assert not multiprocessing.active_children()


def test_without_workers_rules_run_here(references, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_context", None)
    results = examined(references("works", "quits"), 0)
    statuses = [(outcome.check, outcome.status) for r in results for outcome in r.outcomes]
    assert statuses == [(FINISHES, "failed"), (*CHECKS, "passed")]


def test_results_are_the_same_with_any_number_of_workers(references):
    chosen = [*references("works"), *find(["math.[st]*h"]).references]
    here, alone, together = (
        Counter(
            (r.rule, outcome.check, outcome.status, outcome.examples)
            for r in examined(chosen, jobs, seed=3)
            for outcome in r.outcomes
        )
        for jobs in (0, 1, 2)
    )
    assert here == alone == together
    assert len(here) == 3


def test_checks_that_break_are_reported_when_the_others_are_done(references, monkeypatch):
    def examine(subject, *arguments, **options):
        if subject.name == "trouble.hangs":
            raise ZeroDivisionError("a mistake in a check")
        return original(subject, *arguments, **options)

    original = workers.examine
    monkeypatch.setattr(workers, "examine", examine)
    found = examine_all(references("hangs", "works"), CHECKS, Settings(max_examples=5), 0)
    broken, fine = next(found), next(found)
    assert broken.outcomes[0].check == FINISHES
    assert broken.outcomes[0].failure.message.startswith("the checks broke")
    assert fine.outcomes[0].status == "passed"
    with pytest.raises(
        InternalError, match=r"while trouble::trouble.hangs was checked:(.|\n)*Zero"
    ):
        next(found)


def test_a_rule_that_is_gone_fails_to_load():
    (result,) = examined([Reference("some", "rule")], 0)
    (outcome,) = result.outcomes
    assert (outcome.check, outcome.status) == ("loads", "failed")
    assert "some::rule was found when the run began" in outcome.failure.message


def test_an_id_that_no_failure_has(references):
    found = examine_all(references("works"), CHECKS, Settings(), 0, replay="what?")
    with pytest.raises(ConformanceError, match=r"'what\?' is not the ID of a failure"):
        next(found)


def test_a_worker_that_does_not_start_is_an_internal_error(references, tmp_path, monkeypatch):
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import os\nos._exit(9)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InternalError, match="a worker process did not start"):
        examined(references("works"), 1)


def test_there_is_a_cpu_to_use():
    assert workers.usable_cpus() >= 1
