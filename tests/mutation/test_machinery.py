"""The mutation run on a toy module, with a judge that knows the right answers."""

from __future__ import annotations

import importlib
import json
import sys
import textwrap
from functools import partial
from typing import ClassVar

import pytest

from tests.mutation.equivalents import Equivalent, read, sort_out
from tests.mutation.forks import each_in_fork, limit
from tests.mutation.judges import Complaint, Conformance
from tests.mutation.modules import replace, watch
from tests.mutation.reach import Reach, Record
from tests.mutation.report import Report, key, killed_in
from tests.mutation.run import Examination, Fate, Task, record
from tests.mutation.sources import Source
from tests.mutation.swaps import NotSwappable, Swaps, containers, restore
from tests.mutation.walk import mutants

TOY = textwrap.dedent('''\
    """Not changed: 1 + 1."""

    HALF = 1 / 2


    def double(x):
        """Not changed: 2 * x."""
        return 2 * x


    def half(x):
        if x < -100:
            raise ValueError(f"{x - 1} is too small")
        return HALF * x


    def never(x):
        return 3 * x


    def made(factor):
        def scaled(x):
            return factor * x

        return scaled


    triple = made(3)
    square = lambda x: x * x
    ''')


class ToyJudge:
    """Knows what the functions of the toy module are at 5."""

    wanted: ClassVar = {"double": 10, "half": 2.5, "triple": 15, "square": 25}

    def warm(self):
        pass

    def load(self):
        self.module = importlib.import_module("toy")
        return {name: partial(self.examine, name) for name in self.wanted}

    def examine(self, name, left_out, one_is_enough):
        got = getattr(self.module, name)(5)
        if got != self.wanted[name] and "value" not in left_out:
            yield Complaint("value", f"got {got}", name)

    def made(self):
        return {("toy", name): {name} for name in self.wanted}


def in_fork(work):
    """What ``work`` returns in a process of its own."""
    (result,) = each_in_fork(lambda _, send: send(work()), [None], jobs=1)
    assert not result.died
    return result.sent[0]


@pytest.fixture
def source(tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    yield Source("toy", TOY)
    sys.modules.pop("toy", None)


def changes(text, operator=None):
    source = Source("toy", text)
    return [m.after for m in mutants(source) if operator in (None, m.operator)]


def test_replaced_module_is_imported_from_the_other_source(source):
    replace({"toy": TOY.replace("2 * x", "7 * x")}, given=11)
    toy = importlib.import_module("toy")
    assert toy.double(1) == 7
    assert toy.given == 11
    assert toy.__file__.endswith("toy.py")


def test_replacing_an_imported_module_is_an_error(source):
    importlib.import_module("toy")
    with pytest.raises(RuntimeError, match="toy was imported before"):
        replace({"toy": TOY})


def test_watch_notes_the_statements_and_lambdas_that_run(source):
    ran = watch({"toy": source})
    toy = importlib.import_module("toy")
    lines = TOY.splitlines()
    ran.clear()
    assert toy.half(5) == 2.5
    assert {lines[line - 1].strip() for _, line, _ in ran} == {
        "if x < -100:",
        "return HALF * x",
    }
    ran.clear()
    assert toy.square(3) == 9
    assert {line for _, line, _ in ran} == {lines.index("square = lambda x: x * x") + 1}


def test_every_toy_mutant_meets_its_fate(source):
    judge = ToyJudge()
    found, wrong = record(judge, {"toy": source}, 1)
    assert wrong == []
    assert set(found.seconds) == {"double", "half", "triple", "square"}
    examination = Examination(judge, {"toy": source}, found)
    fates = {
        (fate.mutant.function, fate.mutant.after): fate
        for fate in examination.fates(mutants(source), 2)
    }
    assert not any("Not changed" in after or "too small" in after for _, after in fates)

    caught = fates["double", "return 3 * x"].caught
    assert (caught.check, caught.rule, caught.message) == ("value", "double", "got 15")
    # A constant is examined by those who read it, a factory by those who run what it made.
    assert fates["HALF", "HALF = 1 * 2"].rules == {"half"}
    assert fates["triple", "triple = made(4)"].rules == {"triple"}
    assert fates["triple", "triple = made(4)"].caught.rule == "triple"
    assert fates["made.scaled", "return factor"].caught.rule == "triple"
    assert fates["square", "square = lambda x: x / x"].caught.rule == "square"
    # Nobody runs this one.
    assert fates["never", "return 4 * x"].caught is None
    assert fates["never", "return 4 * x"].rules == frozenset()
    # A guard that refuses everything is noticed.
    assert fates["half", "if True:"].caught.check == "raises"
    assert ("half", "if False:") not in fates

    survivors = [key for key, fate in fates.items() if fate.caught is None]
    assert {function for function, _ in survivors} == {"never"}


def test_a_mutant_that_does_not_load_is_caught(source):
    found, _ = record(ToyJudge(), {"toy": source}, 1)
    (mutant,) = [m for m in mutants(source) if m.after == "HALF = 1 * 2"]
    broken = type(mutant)(**{**_fields(mutant), "text": "1 / 0"})
    (fate,) = Examination(ToyJudge(), {"toy": source}, found).fates([broken], 1)
    assert fate.caught.check == "does not load"
    assert "ZeroDivisionError" in fate.caught.message


def test_a_rule_that_is_gone_is_caught(source):
    found, _ = record(ToyJudge(), {"toy": source}, 1)

    class Forgetful(ToyJudge):
        def load(self):
            return {name: look for name, look in super().load().items() if name != "triple"}

    (mutant,) = [m for m in mutants(source) if m.after == "triple = made(4)"]
    (fate,) = Examination(Forgetful(), {"toy": source}, found).fates([mutant], 1)
    assert (fate.caught.check, fate.caught.rule) == ("is missing", "triple")


def test_a_rule_that_appears_is_examined(source):
    found, _ = record(ToyJudge(), {"toy": source}, 1)

    class Generous(ToyJudge):
        def load(self):
            def examine_new(left_out, one_is_enough):
                return [Complaint("declared", "there are no samples", "new")]

            return super().load() | {"new": examine_new}

    (mutant,) = [m for m in mutants(source) if m.after == "triple = made(4)"]
    (fate,) = Examination(Generous(), {"toy": source}, found).fates([mutant], 1)
    assert (fate.caught.check, fate.caught.rule) == ("declared", "new")


def test_the_rules_that_a_statement_makes_are_asked_first():
    source = Source("toy", "RATE = 2\nslow = RATE\n")
    found = Record({"quick": 1.0, "slow": 9.0}, made={("toy", "slow"): {"slow"}})
    found.made["toy", "RATE"] = {"quick", "slow"}
    (mutant, *_) = mutants(Source("toy", "slow = 2\n"))
    reach = Reach({"toy": Source("toy", "slow = 2\n")}, found)
    assert reach.first(mutant) == {"slow"}
    assert Reach({"toy": source}, found).first(mutants(source)[0]) == {"quick", "slow"}


def test_a_rule_that_runs_something_else_is_asked_before_another_of_a_kind():
    common, *others = ("toy", 1, 0), ("toy", 2, 0), ("toy", 3, 0)
    found = Record({"quick": 1.0, "alike": 1.1, "slow": 4.0})
    found.ran = {common: {"quick", "alike", "slow"}, others[0]: {"slow"}, others[1]: {"slow"}}
    source = Source("toy", "def double(x):\n    return 2 * x\n")
    examination = Examination(ToyJudge(), {"toy": source}, found)
    task = Task(mutants(source)[0], frozenset(found.seconds), None)
    assert [*examination._in_order(task)] == ["quick", "slow", "alike"]
    found.made = {("toy", "alike"): {"alike"}}
    examination = Examination(ToyJudge(), {"toy": source}, found)
    assert [*examination._in_order(task)] == ["alike", "slow", "quick"]


def test_a_check_that_fails_without_a_mutant_is_told_and_not_asked(source, monkeypatch):
    monkeypatch.setitem(ToyJudge.wanted, "double", 11)
    found, wrong = record(ToyJudge(), {"toy": source}, 1)
    assert wrong == ["double: value: got 10"]
    (mutant,) = [m for m in mutants(source) if m.after == "return 3 * x" and m.line < 10]
    (fate,) = Examination(ToyJudge(), {"toy": source}, found).fates([mutant], 1)
    assert fate.caught is None


def test_no_further_rule_is_asked_when_enough_time_was_spent(source):
    nothing = dict.fromkeys(("double", "half", "square"), frozenset())
    found = Record({"double": 5.0, "half": 6.0, "square": 7.0}, nothing)
    unit = ("toy", 8, 4)
    found.ran[unit] = {"double", "half", "square"}
    (mutant,) = [m for m in mutants(source) if m.after == "return 2" and m.unit == unit]
    examination = Examination(ToyJudge(), {"toy": source}, found, enough=12.0)
    assert examination.reach.rules(mutant) == {"double", "half", "square"}
    (fate,) = examination.fates([mutant], 1)
    assert fate.caught.rule == "double"
    ToyJudgeWithoutDouble = type("Blind", (ToyJudge,), {"examine": lambda *args: []})
    (fate,) = Examination(ToyJudgeWithoutDouble(), {"toy": source}, found, 12.0).fates([mutant], 1)
    assert (fate.caught, fate.asked, fate.reached) == (None, 2, 3)


def _fields(mutant):
    return {name: getattr(mutant, name) for name in type(mutant).__slots__}


def test_forks_report_what_was_sent_and_how_they_died():
    def work(item, send):
        send(item * 10)
        if item == 1:
            raise SystemExit(3)
        if item == 2:
            limit(0.1)
            while True:
                pass
        send("done")

    results = {r.item: r for r in each_in_fork(work, [0, 1, 2], jobs=2)}
    assert results[0].sent == [0, "done"]
    assert results[0].died == ""
    assert (results[1].sent, results[1].died) == ([10], "exit status 3")
    assert (results[2].sent, results[2].died) == ([20], "too slow")


def test_swapped_code_is_that_of_the_mutant_and_of_no_other_function(source):
    toy = importlib.import_module("toy")
    swaps = Swaps({"toy": source})
    swaps.load()
    inputs = {"double": 5, "half": 5, "triple": 5, "square": 5, "never": 5}

    def values(changes):
        swaps.apply(changes)
        return {name: getattr(toy, name)(x) for name, x in inputs.items()}

    before = {name: getattr(toy, name)(x) for name, x in inputs.items()}
    refused = set()
    for mutant in mutants(source):
        if mutant.unit is None or mutant.operator == "branch":
            continue
        try:
            changes = swaps.new_code(mutant, set())
        except NotSwappable:
            refused.add(mutant.after)
            continue
        namespace = {"__name__": "toy"}
        exec(mutant.applied(TOY), namespace)
        want = {name: namespace[name](x) for name, x in inputs.items()}
        assert in_fork(partial(values, changes)) == want
        assert want != before
    assert refused == {"return x"}  # without the factor it is no closure
    assert {name: getattr(toy, name)(x) for name, x in inputs.items()} == before


def test_two_functions_on_one_line_are_told_apart(tmp_path, monkeypatch):
    text = "PAIR = (lambda x: x + 1, lambda x: x + 1)\n"
    (tmp_path / "toy.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    toy = importlib.import_module("toy")
    source = Source("toy", text)
    swaps = Swaps({"toy": source})
    swaps.load()
    mutant = [m for m in mutants(source) if "x - 1" in m.text][1]
    changes = swaps.new_code(mutant, set())

    def values():
        swaps.apply(changes)
        return [f(10) for f in toy.PAIR]

    assert in_fork(values) == [11, 9]
    sys.modules.pop("toy")


@pytest.mark.parametrize("after", ["HALF = 1 * 2", "square = lambda y: y * y"])
def test_what_runs_at_import_or_has_other_parameters_is_not_swapped(source, after):
    swaps = Swaps({"toy": source})
    found = [m for m in mutants(source) if m.after == after]
    if not found:
        one = next(m for m in mutants(source) if m.after == "square = lambda x: x / x")
        start = TOY.encode().index(b"lambda x: x * x")
        change = {"span": (start, start + 15), "text": "lambda y: y * y"}
        found = [type(one)(**{**_fields(one), **change})]
    with pytest.raises(NotSwappable):
        swaps.new_code(found[0], set())


def test_what_ran_at_import_is_not_swapped(source):
    (mutant,) = [m for m in mutants(source) if m.after == "return 3 * x" and m.line < 10]
    swaps = Swaps({"toy": source})
    assert swaps.new_code(mutant, set())
    with pytest.raises(NotSwappable):
        swaps.new_code(mutant, {mutant.unit})


def test_caches_are_emptied(tmp_path, monkeypatch):
    text = (
        "from functools import cache\nSEEN = {}\nKEPT = [1]\n\n\n@cache\ndef f(x):\n"
        "    SEEN[x] = True\n    KEPT.append(x)\n    return x\n"
    )
    (tmp_path / "toy.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    toy = importlib.import_module("toy")
    sources = {"toy": Source("toy", text)}
    kept = containers(sources)
    toy.f(3)
    restore(kept, sources)
    assert (toy.SEEN, toy.KEPT, toy.f.cache_info().currsize) == ({}, [1], 0)
    sys.modules.pop("toy")


def test_a_reader_in_another_module_is_reached():
    constants = Source("pack.constants", "RATE = 2\n")
    user = Source(
        "pack.user",
        "from pack.constants import RATE as R\nfrom pack import constants\n\n\n"
        "def f(x):\n    return R * x\n\n\ndef g(x):\n    return constants.RATE + x\n",
    )
    found = Record({"f": 1.0, "g": 1.0})
    found.ran = {("pack.user", 6, 4): {"f"}, ("pack.user", 10, 4): {"g"}}
    reach = Reach({"pack.constants": constants, "pack.user": user}, found)
    assert reach.rules(mutants(constants)[0]) == {"f", "g"}


EQUIVALENTS = """
[[equivalent]]
module = "toy"
function = "double"
reason = "because"
mutants = [["return 2 * x", "return 3 * x"], ["return 2 * x", "return 9 * x"]]
"""


def test_equivalents_are_matched_by_their_text(tmp_path, source):
    path = tmp_path / "equivalents.toml"
    path.write_text(EQUIVALENTS)
    everything = mutants(source)
    others, same, useless = sort_out(everything, read(path))
    assert [(m.after, reason) for m, reason in same] == [("return 3 * x", "because")]
    assert useless == [Equivalent("toy", "double", "return 2 * x", "return 9 * x", "because")]
    assert len(others) == len(everything) - 1


def test_an_equivalent_needs_a_reason(tmp_path):
    path = tmp_path / "equivalents.toml"
    path.write_text(EQUIVALENTS.replace("because", ""))
    with pytest.raises(ValueError, match="an entry without reason"):
        read(path)


def test_report_counts_and_lists_the_survivors(source):
    first, second, third = mutants(source)[:3]
    caught = Fate(first, Complaint("value", "got 1", "double"), 1, frozenset({"double"}))
    alive = Fate(second, None, 1, frozenset({"double", "half"}))
    report = Report([caught, alive], [(third, "because")])
    text = "\n".join(report.lines())
    assert f"SURVIVED toy.py:{second.line} {second.function}: {second.operator}" in text
    assert f"  + {second.after}" in text
    assert "1 of the 2 rules that run it were asked" in text
    assert "3 mutants made, 1 killed, 1 equivalent, 1 survived: score 50.00%" in text
    assert not report.good
    assert Report([caught], [(third, "because")]).good
    assert not Report([caught], [], useless=[Equivalent("toy", "f", "1", "2", "?")]).good
    assert not Report([caught], [], wrong=["double: value: got 10"]).good
    data = report.as_json()
    assert data["score"] == 0.5
    assert [m["fate"] for m in data["mutants"]] == ["killed", "survived", "equivalent"]


def test_what_was_killed_in_a_report_is_known_again(source):
    first, second, third = mutants(source)[:3]
    caught = Fate(first, Complaint("value", "got 1", "double"), 1, frozenset({"double"}))
    report = Report([caught, Fate(second, None, 1, frozenset())], [(third, "because")])
    data = json.loads(json.dumps(report.as_json()))
    assert killed_in(data) == {key(first)}
    moved = Source("toy", "\n\n" + TOY)
    assert key(mutants(moved)[0]) == key(first)


def test_only_the_rules_that_are_wanted_examine_and_no_check_that_is_expected_to_fail():
    def examined():
        judge = Conformance(["numpy.ndarray.fl*"])
        return [(rule, [*look(frozenset(), False)]) for rule, look in judge.load().items()]

    found = dict(in_fork(examined))
    assert "pullback-numpy::numpy.ndarray.flat" in found
    assert all(".ndarray.fl" in rule for rule in found)
    assert not any(found.values())


def test_the_reviewed_list_can_be_read():
    assert all(entry.reason for entry in read())
