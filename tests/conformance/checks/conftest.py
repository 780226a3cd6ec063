"""What a check says of a rule that somebody writes down in a test."""

from __future__ import annotations

import pytest

from pullback.conformance import check_rule
from pullback.errors import RuleCheckError


def judge(check, function, rule, *args, **options):
    """How a check ends, and what it says: ``("failed", message)``, ``("unsuited", reason)``."""
    try:
        result = check_rule(function, *args, rule=rule, checks=[check], **options)
    except RuleCheckError as error:
        header, message, *_ = str(error).splitlines()
        assert header.startswith("FAILED ")
        return "failed", message.strip()
    (outcome,) = result.outcomes
    return outcome.status, outcome.reason


@pytest.fixture(scope="session")
def verdict():
    """``verdict(check, function, rule, *args, **options)``; options as of `check_rule`."""
    return judge
