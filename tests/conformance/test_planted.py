"""The checks find every planted bug, and find nothing in the correct twins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import planted
import pytest

from pullback.conformance.checks import all_checks
from pullback.conformance.pool import Pool, Sample
from pullback.conformance.running import Settings, examine
from pullback.conformance.subjects import from_pair
from pullback.conformance.values import replaced, value_at

SETTINGS = Settings(seed=0)
EVERY = [*planted.ONE_EACH, *planted.ZOO]
HANGING = [bug for bug in EVERY if "finishes" in bug.checks]
ENDING = [bug for bug in EVERY if bug not in HANGING]


def named(bugs):
    return pytest.mark.parametrize("bug", bugs, ids=[bug.name for bug in bugs])


def subject_of(bug, rule):
    return from_pair(bug.function, rule, samples=[*bug.samples], name=bug.name)


def failures(bug, rule, checks=None):
    """Check -> what was found, for all that failed."""
    result = examine(subject_of(bug, rule), checks, SETTINGS)
    return {o.check: o.failure.message for o in result.outcomes if not o.good}


@named(ENDING)
def test_every_mistake_is_found(bug):
    found = failures(bug, bug.wrong, None if bug.alone else [*bug.checks])
    assert set(bug.checks) <= set(found)
    if bug.alone:
        assert set(found) == set(bug.checks)


@named([bug for bug in EVERY if bug in planted.ONE_EACH])
def test_nothing_is_found_in_the_correct_twins(bug):
    assert failures(bug, bug.right) == {}


@pytest.mark.wide
@named(planted.ZOO)
def test_nothing_is_found_in_the_correct_twins_of_the_zoo(bug):
    assert failures(bug, bug.right) == {}


@named(EVERY)
def test_the_twin_is_right(bug, check_derivative):
    """By the differences of ``conftest.py``, which the checks do not use."""
    subject = subject_of(bug, bug.right)
    calls = [*plain_calls(subject)]
    call = next((call for call in calls if away_from_kinks(subject, call)), calls[0])
    groups = subject.groups(call)

    def at(*primals):
        new = {p: leaf for group, leaf in zip(groups, primals, strict=True) for p in group}
        return subject.traced(replaced(call, new))

    values = [value_at(call, group[0]) for group in groups]
    if not values:  # a step, which has no primal
        return
    with subject.in_force():
        check_derivative(at, *values, order=1)


def plain_calls(subject):
    for base in Pool(subject, 0).bases:
        yield Sample(subject, "plain", base).call()


def away_from_kinks(subject, call):
    """Whether all numbers differ from whole ones, and from each other."""
    numbers = [np.reshape(value_at(call, g[0]), -1).real for g in subject.groups(call)]
    together = np.concatenate([*numbers, np.arange(-5.0, 6.0)])
    gaps = np.abs(together[:, None] - together) + np.eye(len(together))
    return gaps.min() > 0.01


def test_there_is_one_for_each_check():
    checks = {name for bug in planted.ONE_EACH for name in bug.checks}
    assert checks == {*all_checks(), "finishes"}


def test_names_are_unique():
    assert [name for name, count in Counter(bug.name for bug in EVERY).items() if count > 1] == []
    assert len(planted.ZOO) >= 60


@named(HANGING)
def test_a_rule_without_an_end_is_stopped(bug, tmp_path):
    place = next(name for name, value in vars(planted.one_each_in_use).items() if value is bug)
    for side, expected in (("wrong", ["finishes"]), ("right", [])):
        report = tmp_path / f"{side}.json"
        target = f"planted.one_each_in_use:{place}.{side}"
        options = ["--time-limit", "5", "--jobs", "1", "--seed", "0", "--json", str(report)]
        subprocess.run(
            [sys.executable, "-m", "pullback", "check-rules", target, *options],
            cwd=Path(__file__).parent,
            check=False,
            capture_output=True,
            timeout=120,
        )
        (rule,) = json.loads(report.read_text(encoding="utf-8"))["rules"]
        failed = [o["check"] for o in rule["checks"] if o["status"] == "failed"]
        assert failed == expected
