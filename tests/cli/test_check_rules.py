"""``pullback check-rules``: targets, options, exit codes, reports, and what bad input gets."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from pullback.cli import main
from pullback.conformance import targets
from pullback.conformance.checks import all_checks
from pullback.conformance.targets import find

pytestmark = pytest.mark.usefixtures("own_rules")

SOURCE = """\
    from pullback import elementwise, primitive
    from pullback.domains import reals


    @primitive
    def right(x):
        return 2.0 * x


    @primitive
    def wrong(x):
        return 3.0 * x


    @primitive
    def worse(x):
        return 4.0 * x


    right_rule = elementwise(right, lambda ct: 2.0 * ct, domain=reals)
    wrong_rule = elementwise(wrong, lambda ct: 2.0 * ct, domain=reals)
    worse_rule = elementwise(worse, lambda ct: 2.0 * ct + 1.0, domain=reals)
"""
MODULE = sys.modules["pullback.cli.check_rules"]  # the package has the command under that name
QUICK = ("--jobs", "0", "-n", "4", "--derandomize", "-c", "finite-differences,zero-cotangent")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current directory, with the module above."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(targets, "_modules", set())
    (tmp_path / "mine.py").write_text(textwrap.dedent(SOURCE))
    yield tmp_path
    sys.modules.pop("mine", None)
    targets._subjects.cache_clear()


@pytest.fixture
def check(command, folder):
    """``check("mine", ...)``: the result of a quick run in this process."""
    return lambda *arguments: command("check-rules", *QUICK, *arguments)


def result_of(folder, *arguments, **options):
    """What the command does in a process of its own, with workers."""
    return subprocess.run(
        [sys.executable, "-m", "pullback", "check-rules", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_all_is_well(check):
    result = check("mine::mine.right")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "mine: 1 rule: 2 passed"
    assert lines[-2] == "2 passed"
    assert re.fullmatch(
        r"1 plugin, 1 rule, 2 checks, \d+ examples in \d+\.\d s; repeat it with --seed 0", lines[-1]
    )


def test_a_failure_says_where_what_and_how_to_see_it_again(check, folder):
    result = check("mine::mine.wrong")
    assert result.exit_code == 1
    head, message, minimal, replay = result.stdout.splitlines()[2:6]
    assert re.fullmatch(r"FAILED mine::mine.wrong::finite-differences +mine\.py:\d+", head)
    place = int(head.rpartition(":")[2])
    assert "elementwise(wrong" in (folder / "mine.py").read_text().splitlines()[place - 1]
    assert re.match(r"  cotangent of argument 0 \('x'\), .*: got \S+ want \S+ \(\|err\|", message)
    assert re.fullmatch(r"  minimal:    check_rule\(mine\.wrong, .*\)", minimal)
    assert re.fullmatch(r"  replay:     pullback check-rules mine::mine.wrong --replay \w+", replay)


def test_a_replay_runs_that_example_again(check, command, folder):
    printed = check("mine::mine.worse").stdout
    blocks = re.findall(r"(FAILED .*\n(?:  .*\n)*?)  replay:     pullback (.*)", printed)
    assert len(blocks) == 2
    for block, replay in blocks:
        again = command(*replay.split(), "--jobs", "0", "--json", "a.json")
        assert again.exit_code == 1
        assert block in again.stdout
        assert again.stdout.count("FAILED") == 1
        assert "1 rule, 1 check, 1 example" in again.stdout
        (name,) = json.loads((folder / "a.json").read_text())["checks"]
        assert f"::{name} " in block


def test_a_run_is_repeated_with_its_seed(check, command):
    options = ("check-rules", "mine", "--jobs", "0", "-n", "4", "-c", "finite-differences", "-q")
    first = command(*options).stdout
    seed = re.search(r"--seed (\d+)$", first)[1]
    without_time = re.compile(r"in \d+\.\d s")
    second = command(*options, "--seed", seed).stdout
    assert without_time.sub("", second) == without_time.sub("", first)
    others = {re.search(r"--seed (\d+)$", command(*options).stdout)[1] for _ in range(3)}
    assert len({*others, seed}) > 1
    fixed = [command(*options, "--derandomize").stdout for _ in range(2)]
    assert without_time.sub("", fixed[0]) == without_time.sub("", fixed[1])


def test_checks_are_chosen_and_excluded(check, command):
    result = command("check-rules", "math.sin", "-n", "2", "--jobs", "0", "-c", "primal, linearity",
                     "-c", "space", "--exclude-checks", "primal", "-v")  # fmt: skip
    assert result.stdout.splitlines()[0].startswith("pullback-math::math.sin: 2 passed; ")


def test_a_line_for_each_rule_and_the_kinds_of_samples(check):
    result = check("math.sin", "math.cos", "-v")
    first, second, plugin, _, *rest = result.stdout.splitlines()
    assert first.startswith("pullback-math::math.cos: 2 passed; ")
    assert second.startswith("pullback-math::math.sin: 2 passed; ")
    assert plugin.endswith(": 2 rules: 4 passed")
    assert rest[0].startswith("samples that ran, by kind: ")
    assert re.search(r"\bplain\s\d+", " ".join(rest))


def test_quiet_prints_failures_and_the_summary_alone(check):
    result = check("mine", "-q")
    assert result.stdout.startswith("FAILED mine::mine.worse::finite-differences")
    assert "mine: 3 rules" not in result.stdout
    assert "1 plugin, 3 rules, 6 checks" in result.stdout


@pytest.mark.parametrize(
    ("options", "rules", "checks"),
    [
        (["-x"], 2, 3),
        (["--maxfail", "1"], 2, 4),
        (["--maxfail", "2"], 2, 4),
        (["--maxfail", "3"], 3, 6),
        (["--maxfail", "9"], 3, 6),
    ],
)
def test_it_stops_after_enough_failures(check, options, rules, checks):
    # In turn: right passes, worse fails both checks, wrong fails one of them.
    result = check("mine", *options)
    assert result.exit_code == 1
    assert ("stopped after 2 of 3 rules" in result.stdout) == (rules == 2)
    assert f"1 plugin, {rules} rules, {checks} checks" in result.stdout


def test_reports_are_written(check, folder):
    paths = {name: folder / f"report.{name}" for name in ("json", "xml", "html")}
    result = check(
        "mine", "--json", str(paths["json"]), "--junitxml", "report.xml", "--html", "report.html"
    )
    assert result.exit_code == 1
    found = json.loads(paths["json"].read_text())
    assert found["schema"] == 1
    assert found["totals"]["rules"] == found["planned"] == 3
    assert [rule["rule"] for rule in found["rules"]] == ["mine.right", "mine.worse", "mine.wrong"]
    assert found["checks"] == ["finite-differences", "zero-cotangent"]
    suite = ElementTree.parse(paths["xml"]).getroot().find("testsuite")
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("mine", "6", "3")
    assert "mine::mine.wrong::finite-differences" in paths["html"].read_text()
    for path in paths.values():
        assert str(folder) not in path.read_text()


def test_expected_failures(check, folder):
    lines = [
        "mine::mine.w*::finite-differences  # both are wrong",
        "mine::mine.worse::zero-cotangent  # and this one is not linear",
    ]
    (folder / "xfails.txt").write_text("\n".join(lines))
    result = check("mine", "--xfails-file", "xfails.txt")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-2] == "3 passed, 3 failed as expected"
    (folder / "xfails.txt").write_text("\n".join([*lines, "mine::mine.right::zero-cotangent # no"]))
    result = check("mine", "--xfails-file", "xfails.txt")
    assert result.exit_code == 1
    assert "FAILED mine::mine.right::zero-cotangent" in result.stdout
    assert "it passed, and xfails.txt:3 expects a failure (no); remove the line" in result.stdout


def test_the_checks_are_listed(command):
    result = command("check-rules", "--list-checks")
    assert result.exit_code == 0
    header, *rows = result.stdout.splitlines()
    assert header.split("  ")[0] == "check"
    assert [row.split()[0] for row in rows] == [*all_checks()]
    assert all(len(row.split()) > 3 for row in rows)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nunpy"], "Error: nothing is called 'nunpy'"),
        (["math.sin", "-c", "primol"], "there is no check called 'primol' (did you mean primal?)"),
        (["--exclude-checks", "primol"], "there is no check called 'primol'"),
        (["--json", "no/such/folder/a.json"], "there is no directory 'no/such/folder'"),
        (["--html", "."], "'.' is a directory"),
        (["--xfails-file", "none.txt"], "'none.txt' does not exist"),
        (["math.sin", "--xfails-file", "bad.txt"], "Error: bad.txt:1: 'x' is not of the form"),
        (["-n", "0"], "0 is not in the range"),
        (["-n", "many"], "'many' is not a valid integer"),
        (["--time-limit", "0"], "0.0 is not in the range"),
        (["--seed", "1", "--derandomize"], "--derandomize sets the seed; leave out --seed"),
        (["-q", "-v"], "-q and -v contradict each other"),
        (["math.s*", "--replay", "A"], "--replay runs an example of one rule"),
        (["math.sin", "--replay", "a!"], "'a!' is not the ID of a failure"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_a_wrong_command_line_is_exit_code_4(command, folder, arguments, message):
    (folder / "bad.txt").write_text("x")
    result = command("check-rules", *arguments)
    assert result.exit_code == 4
    assert message in result.stderr
    assert result.stdout == ""


def test_a_setting_that_is_not_understood_is_exit_code_4(site):
    (site.cwd / "pyproject.toml").write_text("[tool.pullback]\ndisable-plugins = 1\n")
    result = site.command("check-rules")
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr.startswith("Error: disable-plugins in [tool.pullback] of ")


@pytest.mark.parametrize("options", [["--exclude-checks", "finite-differences,zero-cotangent"]])
def test_nothing_to_check_is_exit_code_5(check, options):
    result = check("math.sin", *options)
    assert result.exit_code == 5
    assert result.stdout.splitlines()[-2] == "no checks"


def test_without_plugins_nothing_is_checked(site):
    result = site.command("--no-plugins", "check-rules", disable="")
    assert result.returncode == 5
    assert "0 plugins, 0 rules, 0 checks, 0 examples" in result.stdout


def test_a_mistake_in_the_checks_is_exit_code_3(check, monkeypatch, folder):
    from pullback.conformance import workers

    def examine(subject, *arguments, **options):
        if subject.name == "math.sin":
            raise ZeroDivisionError("a mistake")
        return original(subject, *arguments, **options)

    original = workers.examine
    monkeypatch.setattr(workers, "examine", examine)
    result = check("math.sin", "math.cos", "--json", "a.json")
    assert result.exit_code == 3
    assert "INTERNAL ERROR" in result.stderr
    assert "ZeroDivisionError: a mistake" in result.stderr
    assert json.loads((folder / "a.json").read_text())["statuses"]["passed"] == 2


def test_a_mistake_of_the_command_is_exit_code_3(check, monkeypatch):
    monkeypatch.setattr(MODULE, "_exit_code", lambda report: 1 / 0)
    result = check("math.sin")
    assert result.exit_code == 3
    assert "ZeroDivisionError" in result.stderr


def test_a_report_that_cannot_be_written_is_exit_code_3(check, monkeypatch, folder):
    def write_text(path, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MODULE.Path, "write_text", write_text)
    result = check("math.sin", "--json", "a.json")
    assert result.exit_code == 3
    assert "Error: a.json could not be written: [Errno 28] No space left on device" in result.stderr


def test_a_plugin_that_does_not_load_fails_and_the_others_are_checked(site):
    site.add("broken", "raise RuntimeError('half done')")
    site.add_rules("fine", "elementwise(shared.twice, lambda ct: 2.0 * ct, domain=reals)")
    source = (site.folder / "fine.py").read_text()
    (site.folder / "fine.py").write_text(f"from pullback.domains import reals\n{source}")
    options = ("check-rules", "-n", "3", "-c", "loads", "--jobs", "1")
    result = site.command(*options)
    assert result.returncode == 1
    assert result.stderr == ""
    assert "fine 1.0: 1 rule: 1 passed" in result.stdout
    assert "FAILED broken::*::loads\n  RuntimeError: half done\n" in result.stdout
    assert "2 plugins, 1 rule, 2 checks" in result.stdout
    excused = site.command(*options, "--exclude-checks", "loads")
    assert (excused.returncode, "FAILED" in excused.stdout) == (5, False)
    (site.cwd / "xfails.txt").write_text("broken::*::loads  # in repair")
    expected = site.command(*options, "--xfails-file", "xfails.txt")
    assert (expected.returncode, "1 failed as expected" in expected.stdout) == (0, True)


def test_a_hang_and_a_crash_are_failures_beside_the_others(folder):
    bad = """\
        import os, time
        from pullback import elementwise
        from pullback.domains import reals
        from mine import right, worse, wrong


        def hang():
            while True:
                time.sleep(0.01)


        right_rule = elementwise(right, lambda ct: 2.0 * ct, domain=reals)
        wrong_rule = elementwise(wrong, lambda ct: hang(), domain=reals)
        worse_rule = elementwise(worse, lambda ct: os._exit(1), domain=reals)
    """
    (folder / "bad.py").write_text(textwrap.dedent(bad))
    options = ("-c", "finite-differences", "-n", "3", "--time-limit", "5", "--json", "a.json")
    result = result_of(folder, "bad", *options)
    assert (result.returncode, result.stderr) == (1, "")
    assert "FAILED bad::mine.worse::finishes" in result.stdout
    assert "the interpreter died (exit code 1) while mine.worse was checked" in result.stdout
    assert "FAILED bad::mine.wrong::finishes" in result.stdout
    assert "did not come to an end within 5 s" in result.stdout
    found = json.loads((folder / "a.json").read_text())
    statuses = [check["status"] for rule in found["rules"] for check in rule["checks"]]
    assert statuses == ["passed", "failed", "failed"]
    assert str(folder) not in result.stdout


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
def test_ctrl_c_leaves_a_partial_report(folder):
    slow = """\
        import time
        from pullback import elementwise
        from pullback.domains import reals
        from mine import right, wrong

        right_rule = elementwise(right, lambda ct: 2.0 * ct, domain=reals)
        wrong_rule = elementwise(wrong, lambda ct: time.sleep(60), domain=reals)
    """
    (folder / "slow.py").write_text(textwrap.dedent(slow))
    command = [sys.executable, "-m", "pullback", "check-rules", "slow", "-v", "-n", "3"]
    reports = ["--json", "a.json", "--junitxml", "a.xml", "--html", "a.html"]
    with subprocess.Popen(
        [*command, "-c", "finite-differences", "--jobs", "2", *reports],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has them ignore it, and what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        first = process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
        rest, errors = process.communicate(timeout=50)
    assert first.startswith("slow::mine.right: 1 passed")
    assert (process.returncode, errors) == (2, "")
    assert "interrupted after 1 of 2 rules" in rest
    found = json.loads((folder / "a.json").read_text())
    assert found["interrupted"]
    assert (found["planned"], [rule["rule"] for rule in found["rules"]]) == (2, ["mine.right"])
    assert "Interrupted after 1 of 2 rules" in (folder / "a.html").read_text()
    error = ElementTree.parse(folder / "a.xml").getroot().find("testsuite/testcase/error")
    assert error.get("message") == "interrupted by Ctrl-C"


def test_ctrl_c_before_anything_is_checked(command, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(targets, "find", interrupted)
    result = command("check-rules")
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", "interrupted\n")


def test_nothing_is_left_in_the_current_directory(folder):
    before = {path.name for path in folder.iterdir()}
    assert result_of(folder, "mine::mine.right", "-n", "3", "--jobs", "1").returncode == 0
    assert {path.name for path in folder.iterdir()} - before <= {"__pycache__"}


def test_the_console_script_finds_modules_in_the_current_directory(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p not in ("", str(folder))])
    monkeypatch.setenv("PULLBACK_DISABLE_PLUGINS", "")
    result = CliRunner().invoke(main, ["check-rules", *QUICK, "mine::mine.right"])
    assert result.exit_code == 0
    assert len(find(["mine"]).references) == 3
