"""Every rule of every plugin: compiled, it and its derivatives give what they give traced."""

from __future__ import annotations

import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from equality import difference

from pullback import compile
from pullback.conformance.values import is_floating, value_at

sys.path.append(str(Path(__file__).parent.parent / "graph"))

from sweep import REFUSALS, calls_of, inputs_of, points, programs, quiet, subjects

SUBJECTS = subjects()
FEW = [
    "math::math.floor",
    "math::math.pow",
    "math::operator.pow",
    "numpy::numpy.clip",
    "numpy::numpy.diff",
    "numpy::numpy.linalg.svd",
    "numpy::numpy.maximum",
    "numpy::numpy.ndarray.__getitem__",
    "numpy::numpy.nonzero",
    "numpy::numpy.piecewise",
    "numpy::numpy.power",
    "numpy::numpy.split",
    "numpy::numpy.where",
    "numpy::pullback_numpy.updates.set_at",
]
TYPE_OF_ZERO = {"math::math.dist"}
"""The quotients of `pullback_math.strong` give the float 0.0 for a zero of NumPy."""
ULPS = 4096
"""Terms may be added up in another order, where an array lies in memory in another order."""


def name_of(name):
    """The name of a rule without the number at its end."""
    return name.rpartition("-")[0].removeprefix("pullback-")


def check(name, few=1):
    """Compile the calls of one rule; how many results were compared."""
    subject, compared = SUBJECTS[name], 0
    rng = np.random.default_rng(zlib.crc32(subject.name.encode()))
    wrong = []
    for call in calls_of(subject, few):
        where = inputs_of(call)
        if not where or not subject.takes(call):
            continue
        values = [value_at(call, place) for place in where]
        try:
            found = programs(subject, call, where, rng)
        except Exception:
            continue
        for kind, f in found.items():
            compiled = compile(lambda *leaves, f=f: f(*leaves), static="f")
            for way, other in (("example", values), *points(call, where), ("again", values)):
                compared += compare(f"{kind} at {way}", compiled, f, other, wrong)
    if name_of(name) in TYPE_OF_ZERO:
        wrong = [text for text in wrong if "np.float64(0.0), wanted 0.0" not in text]
    assert not wrong, "\n".join(wrong[:5])
    return compared


def compare(what, compiled, f, values, wrong):
    """Compare at one point, if the function itself can be run there; whether it was."""
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            want = f(*values)
        except Exception:
            return 0
        try:
            got = compiled(*values)
        except REFUSALS:
            return 0
        except Exception as error:
            wrong.append(f"{what}: {type(error).__name__}: {error}")
            return 0
    single = any(
        is_floating(v) and getattr(v, "dtype", np.dtype(float)).itemsize < 8 for v in values
    )
    eps = np.finfo(np.float32).eps if single else 0.0
    found = difference(got, want, ULPS, eps=eps)
    if found:
        wrong.append(f"{what}: {found}")
    return 1


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name_of(name) in FEW])
def test_a_compiled_rule_gives_what_the_rule_gives(name):
    assert check(name) > 4


@pytest.mark.wide
@pytest.mark.parametrize("name", SUBJECTS)
def test_any_compiled_rule_gives_what_the_rule_gives(name):
    check(name, 2)


def test_the_sample_names_rules():
    known = {name_of(name) for name in SUBJECTS}
    assert known >= set(FEW), set(FEW) - known
