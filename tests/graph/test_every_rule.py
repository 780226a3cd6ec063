"""Every rule of every plugin, traced with its derivatives at one point and run at others."""

from __future__ import annotations

import numpy as np
import pytest
from sweep import REFUSALS, Report, compare, subjects, sweep

from pullback.spaces import plain

SUBJECTS = subjects()
FEW = [
    "math::math.floor",
    "math::math.hypot",
    "math::operator.floordiv",
    "math::operator.pow",
    "numpy::numpy.argsort",
    "numpy::numpy.average",
    "numpy::numpy.bincount",
    "numpy::numpy.clip",
    "numpy::numpy.compress",
    "numpy::numpy.concatenate",
    "numpy::numpy.delete",
    "numpy::numpy.digitize",
    "numpy::numpy.floor",
    "numpy::numpy.interp",
    "numpy::numpy.linalg.eig",
    "numpy::numpy.linalg.qr",
    "numpy::numpy.linalg.svd",
    "numpy::numpy.maximum.accumulate",
    "numpy::numpy.median",
    "numpy::numpy.ndarray.__getitem__",
    "numpy::numpy.nonzero",
    "numpy::numpy.partition",
    "numpy::numpy.piecewise",
    "numpy::numpy.sort",
    "numpy::numpy.trim_zeros",
    "numpy::numpy.unique",
    "numpy::numpy.where",
    "numpy::pullback_numpy.indexing.scatter",
    "numpy::pullback_numpy.updates.set_at",
]
TYPE_OF_ZERO = {"pullback-math::math.dist"}
"""The quotients of `pullback_math.strong` give the float 0.0 for a zero of NumPy."""


def name_of(name):
    """The name without the number at its end."""
    return name.rpartition("-")[0]


def check(name):
    """The report of a rule, of which nothing may be wrong."""
    report = sweep(SUBJECTS[name])
    wrong = report.wrong
    if name_of(name) in TYPE_OF_ZERO:
        wrong = [found for found in wrong if "np.float64" not in found[2]]
    assert not wrong, "\n".join(" ".join(map(str, found)) for found in wrong[:5])
    assert all(isinstance(error, REFUSALS) for _, _, error in report.refused)
    return report


@pytest.mark.parametrize(
    "name", [n for n in SUBJECTS if name_of(n).removeprefix("pullback-") in FEW]
)
def test_a_graph_gives_what_the_program_gives_at_other_points(name):
    assert check(name).compared > 4


@pytest.mark.wide
@pytest.mark.parametrize("name", SUBJECTS)
def test_a_graph_of_any_rule_gives_what_the_program_gives(name):
    check(name)


def test_the_sample_names_rules():
    known = {name_of(name).removeprefix("pullback-") for name in SUBJECTS}
    assert known >= set(FEW), set(FEW) - known


@pytest.mark.wide
def test_nearly_every_rule_is_compared():
    reports = {name: sweep(subject, kinds=("value",)) for name, subject in SUBJECTS.items()}
    silent = [name for name, found in reports.items() if not found.compared and not found.refused]
    assert len(silent) < 40, silent


def test_the_sweep_sees_what_is_baked_in():
    """A program that hides the values of its input from the graph is found."""
    report = Report()
    x = np.array([1.0, 2.0])
    compare(report, "baked", lambda x: x * np.sum(plain(x)), [x], [("other", [2 * x])])
    assert [way for _, way, _ in report.wrong] == ["other"]
