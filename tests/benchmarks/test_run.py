"""A run of the benchmarks: its samples, its targets, and the command."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import pytest
from click.testing import CliRunner

from benchmarks import compiling, drawings, engines, problems, timing
from benchmarks.__main__ import main
from benchmarks.footprint import IN_PLACE
from benchmarks.report import first_cells, omissions, page, ratio_cells
from benchmarks.targets import Found, Row, targets

EFFORT = timing.Effort(samples=3, sample_seconds=0.001, most_seconds=0.1)


def row(name="x[i], 10⁴ reads", **seconds):
    return Row(name, problems.PROBLEMS[name](), {"pullback": 1.0, "by hand": 0.5, **seconds})


def reached(text, found):
    (target,) = [target for target in targets(found) if text in target.text]
    return target.reached, target.measured


class FakeTimer:
    """Times runs ``(name, seconds)``, which last half as long again every other time."""

    asked: ClassVar[list[str]] = []

    def __init__(self, run):
        self.run = run

    def timeit(self, loops):
        name, seconds = self.run
        self.asked.append(name)
        return loops * (1.5 if self.asked.count(name) % 2 else 1.0) * seconds


def test_samples_take_turns_and_last_long_enough(monkeypatch):
    monkeypatch.setattr(timing, "Timer", FakeTimer)
    monkeypatch.setattr(FakeTimer, "asked", [])
    effort = timing.Effort(samples=5, sample_seconds=0.02, most_seconds=4.0)
    runs = {"short": ("short", 0.125), "long": ("long", 1.25)}
    medians = timing.interleaved(runs, effort)
    assert FakeTimer.asked == ["short", "long", *["short", "long"] * 3, "short", "short"]
    assert medians == {"short": 0.125, "long": 1.25}


def test_a_sample_repeats_what_is_short(monkeypatch):
    monkeypatch.setattr(timing, "Timer", FakeTimer)
    monkeypatch.setattr(FakeTimer, "asked", [])
    effort = timing.Effort(samples=3, sample_seconds=0.02, most_seconds=4.0)
    medians = timing.interleaved({"short": ("short", 2.0**-20)}, effort)
    assert 2.0**-20 <= medians["short"] <= 1.5 * 2.0**-20
    loops, seconds = timing._calibrate(FakeTimer(("short", 2.0**-20)), 0.02)
    assert seconds >= 0.02
    assert 0.02 * 2**20 / 1.5 <= loops <= 2 * 0.02 * 2**20


def test_ratios_are_to_pullback():
    chosen = [engines.ENGINES[name] for name in ("pullback", "autograd", "jax jit")]
    header, cells = ratio_cells([row(autograd=7.0)], chosen)
    assert header == ["problem", "pullback, µs", "autograd", "jax jit"]
    assert cells == ["x[i], 10⁴ reads", "1,000,000", "7.00", "–"]


def test_first_runs_are_told_of_what_compiles():
    chosen = [engines.ENGINES[name] for name in ("compiled", "by hand", "jax jit")]
    first = {"compiled": 0.25, "by hand": 9.0}
    found = Row("x[i], 10³ reads", problems.element_reads(1000), {}, first)
    assert first_cells([found], chosen) == [
        ["problem", "compiled", "jax jit"],
        ["x[i], 10³ reads", "250", "–"],
    ]


def test_omissions_say_why():
    chosen = [engines.ENGINES["pullback"], engines.ENGINES["jax jit"]]
    (line,) = omissions([row()], chosen)
    assert line.startswith("x[i], 10⁴ reads: jax jit was not run; its first run compiles")


@pytest.mark.parametrize(
    ("autograd", "expected"), [(1.5, (True, "1.50")), (0.9, (False, "missed by 1 of 1: 0.90"))]
)
def test_a_target_that_is_missed_says_where(autograd, expected):
    is_reached, measured = reached("never slower", Found([row(autograd=autograd)]))
    assert is_reached is expected[0]
    assert measured.startswith(expected[1])
    assert "x[i], 10⁴ reads" in measured


@pytest.mark.parametrize(
    ("found", "text", "expected"),
    [
        (Found([], seed_result=(2.2013533791690376, -0.562752038662712)), "exactly", True),
        (Found([], seed_result=(2.2013533791690376, -0.562752038662711)), "exactly", False),
        (Found([row("seed chain, as a chain")]), "2 µs more", False),
        (Found([], growth=2**20), "memory is flat", False),
        (Found([], growth=2**19), "memory is flat", True),
        (Found([], import_seconds=0.061), "within 60 ms", False),
        (Found([], import_seconds=0.059), "within 60 ms", True),
        (Found([], peaks={"pullback": 2, "autograd": 1}), "than autograd's at its peak", False),
        (Found([], peaks={"pullback": 1, "autograd": 1}), "than autograd's at its peak", True),
        (Found([], peaks={"compiled": 2**20, IN_PLACE: 2**20 - 2**13}), "with `out=`", True),
        (Found([], peaks={"compiled": 2**20, IN_PLACE: 2**20 - 2**15}), "with `out=`", False),
        (Found([], compile_seconds=(0.4, 0.9)), "recorded and compiled", True),
        (Found([], compile_seconds=(0.6, 0.9)), "recorded and compiled", False),
        (Found([row("seed chain, as a chain", compiled=0.3e-6)]), "0.4 µs", True),
        (Found([row("seed chain, as a chain", compiled=0.5e-6)]), "0.4 µs", False),
        (Found([row(compiled=0.57)]), "1.15 times as long", True),
        (Found([row(compiled=0.58)]), "1.15 times as long", False),
        (Found([row("Rosenbrock, 10⁶", compiled=3.0, primal=1.0)]), "the loss, where", True),
        (Found([row("Rosenbrock, 10⁶", compiled=3.1, primal=1.0)]), "the loss, where", False),
        (Found([row("Rosenbrock, 10³", compiled=3.1, primal=1.0)]), "the loss, where", None),
        (Found([row(**{"compiled, numba": 1.0, "jax jit": 1.1})]), "faster than jax jit", True),
        (Found([row(**{"compiled, numba": 1.1, "jax jit": 1.0})]), "faster than jax jit", False),
        (Found([row(compiled=1.0, **{"jax jit": 0.1})]), "faster than jax jit", None),
        (Found([row("x[i], 10³ reads"), row(pullback=100.0)]), "linear", False),
        (Found([row("x[i], 10³ reads"), row(pullback=10.0)]), "linear", True),
    ],
)
def test_targets(found, text, expected):
    assert reached(text, found)[0] is expected


def test_what_was_not_measured_is_not_reached():
    for target in targets(Found([])):
        assert (target.measured, target.reached) == ("not measured", None)


def test_the_worst_of_those_that_exceed_a_limit_comes_first():
    rows = [row(compiled=1.0), row("Rosenbrock, 10", compiled=2.0), row(compiled=0.1)]
    _, measured = reached("1.15 times as long", Found(rows))
    assert measured == "missed by 2 of 3: 4.00 (Rosenbrock, 10), 2.00 (x[i], 10⁴ reads)"
    assert reached("1.15 times as long", Found(rows[2:]))[1].startswith("0.20 times (x[i], 10⁴")


def test_both_compile_times_are_told():
    found = Found([], compile_seconds=(0.125, 0.75))
    measured = reached("recorded and compiled", found)[1]
    assert measured == "0.12 s; with their gradient 0.75 s"


def test_page_names_every_figure():
    chosen = [engines.ENGINES[name] for name in ("pullback", "compiled", "by hand")]
    found = Row(**{**vars(row(compiled=0.25)), "first": {"compiled": 0.5}})
    text = page(Found([found], peaks={"pullback": 2**20}), chosen, EFFORT)
    assert "| x[i], 10⁴ reads | 1,000,000 | 0.25 | 0.50 |" in text
    assert "| x[i], 10⁴ reads | 500 |" in text
    assert "| pullback | 1.0 |" in text
    assert "3 samples of at least 1 ms" in text
    assert "\ntox -e bench " in text


def test_command_prints_ratios():
    arguments = ["--quick", "--problems", "exp(2a)", "--engines", "autograd"]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    assert "exp(2a) + ab² + cos(b)" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engines", "tenpiler"], "no engine tenpiler; there are autograd, torch, jax"),
        (["--problems", "MLP", "--write", "page.md"], "the page shows every problem"),
    ],
)
def test_command_refuses(arguments, message):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize(("ratio", "expected"), [(1.2, True), (1.4, False)])
def test_the_slowest_graph_decides(ratio, expected):
    found = Found([], graphs={"Rosenbrock, 10": ratio, "MLP 4-8-2, batch 1": 0.9})
    is_reached, measured = reached("The graph of a traced program", found)
    assert is_reached is expected
    assert measured == f"{ratio:.2f} times (Rosenbrock, 10) at most"


def test_the_graph_of_a_program_is_measured_beside_it(monkeypatch):
    asked = []

    def interleaved(runs, effort):
        asked.append({name: run() for name, run in runs.items()})
        return {"program": 2.0, "graph": 3.0}

    monkeypatch.setattr(timing, "interleaved", interleaved)
    problem = problems.rosenbrock(4)
    assert timing.graph_ratio(problem, EFFORT) == 1.5
    ((program, graph),) = [[each["program"], each["graph"]] for each in asked]
    assert program == graph == problem.hand(*problem.primals, *problem.constants)[0]


def test_what_is_measured_of_a_problem(monkeypatch):
    problem = problems.rosenbrock(4)
    asked = {}

    def interleaved(runs, effort):
        asked.update({name: run() for name, run in runs.items()})
        return dict.fromkeys(runs, 2.0)

    monkeypatch.setattr(timing, "interleaved", interleaved)
    chosen = [engines.ENGINES[name] for name in ("pullback", "compiled", "by hand")]
    seconds, first = timing.measure(problem, chosen, EFFORT)
    assert [*seconds] == [*asked] == ["pullback", "compiled", "by hand", "primal"]
    assert [*first] == ["compiled"]
    assert first["compiled"] > 0
    assert asked["primal"] == asked["by hand"][0]


def test_a_program_of_a_thousand_operations_is_compiled_anew_each_time(monkeypatch):
    monkeypatch.setattr(compiling, "perf_counter", iter(range(100)).__next__)
    monkeypatch.setattr(
        compiling, "PROBLEMS", {compiling.OPERATIONS: partial(problems.rosenbrock, 4)}
    )
    compiled = []
    compile_ = compiling.pullback.compile
    monkeypatch.setattr(
        compiling.pullback, "compile", lambda f: compiled.append(compile_(f)) or compiled[-1]
    )
    assert compiling.compile_seconds(EFFORT) == (1, 1)
    assert [len(f.programs()) for f in compiled] == [1] * 8


@pytest.mark.parametrize(("seconds", "size", "expected"), [(0.2, 2e5, True), (0.4, 4e5, False)])
def test_drawings_have_their_limits(seconds, size, expected):
    found = Found([], drawing_seconds=seconds, page_bytes=int(size))
    assert reached("in the terminal", found) == (expected, f"{seconds:.2f} s")
    assert reached("web page", found) == (expected, f"{size / 1e3:.0f} kB")


def test_the_page_of_two_hundred_nodes_is_small():
    assert len(drawings.tangle()) == drawings.NODES == 200
    assert drawings.page_bytes() < 300_000
