"""Facts: what can be said of which primitives, and what is said when it cannot."""

from __future__ import annotations

import operator

import pytest

from pullback import trace
from pullback.compiler.facts import Call, Facts, is_in
from pullback.errors import RuleError

SAYING = {
    "simplify": lambda facts, f: facts.simplify(f, lambda node: None),
    "number_for_array": lambda facts, f: facts.number_for_array(f, lambda node: None),
    "share": lambda facts, f: facts.share(f, lambda node: None),
    "spell": lambda facts, f: facts.spell(f, lambda node: None),
    "commute": lambda facts, f: facts.commute(f),
    "view": lambda facts, f: facts.view(f),
    "fresh": lambda facts, f: facts.fresh(f),
    "write": lambda facts, f: facts.write(f, f),
    "number": lambda facts, f: facts.number(f, f),
    "take_floats": lambda facts, f: facts.take_floats(f),
}


@pytest.mark.parametrize("name", SAYING)
def test_facts_of_what_has_no_hash(name):
    graph = trace(lambda x: x * 2.0, 1.0)
    with pytest.raises(RuleError, match=r"must be hashable, and <graph .* is not: say it of the"):
        SAYING[name](Facts(), graph)
    SAYING[name](Facts(), operator.add)


def test_what_has_no_hash_stands_nowhere():
    assert is_in({operator.add}, operator.add)
    assert not is_in({operator.add}, trace(lambda x: x * 2.0, 1.0))


def test_copied_facts_take_others():
    facts = Facts()
    facts.simplify(operator.add, lambda node: None)
    facts.view(operator.getitem)
    copy = facts.copied()
    copy.simplify(operator.add, lambda node: Call(operator.sub, node.args))
    copy.fresh(operator.mul)
    assert len(facts.simplifications[operator.add]) == 1
    assert len(copy.simplifications[operator.add]) == 2
    assert not facts.owning
    assert copy.viewing == {operator.getitem}
