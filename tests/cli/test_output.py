"""Tables, JSON, and errors in one line."""

from __future__ import annotations

import json
import warnings

import pytest

from pullback.cli import output

ROWS = [
    ["numpy.linalg.norm", "a/rather/long/path/that/does/not/fit.py:123"],
    ["abs", "[red]x[/red]"],
]


def test_a_table_is_as_wide_as_it_needs_to_be(capsys):
    output.print_table(["primitive", "where"], ROWS)
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == ["primitive", "where"]
    assert [first.split(), second.split()] == ROWS
    assert first.index("a/rather") == header.index("where") == second.index("[red]")


def test_a_narrow_table_is_folded_and_never_cut(capsys, monkeypatch):
    monkeypatch.setattr(output, "_PIPED_WIDTH", 30)
    output.print_table(["primitive", "where"], ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 30
    assert len(lines) > 3
    start = lines[0].index("where")
    assert "".join(line[start:] for line in lines) == "where" + ROWS[0][1] + ROWS[1][1]


def test_json_has_no_numbers_that_json_lacks(capsys):
    output.print_json({"a": [float("nan"), (float("inf"), 1.5)], "b": -float("inf"), "c": "é"})
    printed = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert printed == {"a": ["nan", ["inf", 1.5]], "b": "-inf", "c": "é"}


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one line", "one line"),
        ("ends with a colon:", "ends with a colon:"),
        ("first\n  second\n  write:\n    code()", "first; second"),
        ("", "ValueError"),
    ],
)
def test_an_error_is_one_line(message, line):
    assert output.one_line(ValueError(message)) == line


def test_a_warning_is_one_line_and_the_filters_are_restored(capsys):
    before = warnings.showwarning, [*warnings.filters]
    with output.plain_warnings():
        warnings.warn("be careful", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "Warning: be careful\n"
    assert (warnings.showwarning, [*warnings.filters]) == before
