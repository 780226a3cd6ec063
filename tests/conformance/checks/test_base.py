"""What a check is, and which there are."""

from __future__ import annotations

from types import ModuleType

import pytest

from pullback import hookimpl, plugins
from pullback.conformance.checks import CheckFailed, Checks, Unsuited, all_checks, check
from pullback.conformance.kinds import KINDS
from pullback.errors import ConformanceError, PluginWarning


@check(kinds=("plain", "zeros"), most=3, uses_cotangent=False)
def no_surprises(subject, sample):
    """A rule surprises its users.

    They would rather know.
    """
    raise CheckFailed(f"{subject} and {sample}")


def test_a_check_is_a_function_with_a_name_and_a_paragraph():
    assert no_surprises.name == "no-surprises"
    assert no_surprises.summary == "A rule surprises its users."
    assert no_surprises.doc.endswith("They would rather know.")
    assert repr(no_surprises) == "<check no-surprises>"
    assert (no_surprises.kinds, no_surprises.most) == (("plain", "zeros"), 3)
    assert not no_surprises.uses_cotangent
    with pytest.raises(CheckFailed, match="this and that"):
        no_surprises("this", "that")


def test_a_check_may_have_another_name():
    @check(name="other", once=True)
    def own(subject, pool):
        """Checks nothing."""

    assert (own.name, own.once, own.kinds, own.most) == ("other", True, ("plain",), None)
    assert own.uses_cotangent


def test_a_failure_is_an_assertion_and_what_does_not_suit_is_none():
    assert issubclass(CheckFailed, AssertionError)
    assert not issubclass(Unsuited, AssertionError)


def test_checks_are_collected_by_name():
    checks = Checks()
    checks.add(no_surprises)
    assert checks.by_name == {"no-surprises": no_surprises}
    with pytest.raises(ConformanceError, match="there is a check called no-surprises already; "):
        checks.add(no_surprises)
    with pytest.raises(ConformanceError, match=r"<function .* is not a check; decorate a function"):
        checks.add(no_surprises.function)


@pytest.mark.parametrize("name", all_checks())
def test_every_check_says_what_it_finds_and_asks_for_kinds_that_there_are(name):
    found = all_checks()[name]
    assert found.name == name
    assert found.summary[0].isupper()
    assert found.summary.endswith(".")
    assert len(found.doc.splitlines()) > 2
    assert {*found.kinds} <= {*KINDS}
    assert len({*found.kinds}) == len(found.kinds)


def test_some_check_asks_for_each_kind():
    assert {kind for found in all_checks().values() for kind in found.kinds} == {*KINDS}


@pytest.fixture
def plugin():
    """``plugin(function)``: a plugin whose hook for checks is that function."""
    plugins.load()

    def add(function):
        own = ModuleType("own")
        own.pullback_register_checks = hookimpl(function)
        plugins.manager.register(own, name="own-checks")

    yield add
    plugins.manager.unregister(name="own-checks")


def test_plugins_add_checks_after_those_that_there_are(plugin):
    before = [*all_checks()]
    plugin(lambda checks: checks.add(no_surprises))
    assert [*all_checks()] == [*before, "no-surprises"]


BROKEN = {
    "a name that is taken": (
        lambda checks: checks.add(no_surprises, check(name="primal")(no_surprises.function)),
        "there is a check called primal already",
    ),
    "something else": (lambda checks: checks.add(no_surprises, len), "len> is not a check"),
    "an error": (lambda checks: checks.append(no_surprises), "no attribute 'append'"),
}


@pytest.mark.parametrize(("add", "words"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_cannot_add_its_checks_is_left_out_with_a_warning(plugin, add, words):
    before = all_checks()
    plugin(add)
    with pytest.warns(PluginWarning, match=f"the checks of own-checks were left out: .*{words}"):
        assert all_checks() == before
