"""The table of all of NumPy: complete, true, and the one in the documentation."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pullback import jacobian
from pullback_numpy import coverage

ENTRIES = coverage.entries()
X = np.array([0.25, 1.5])

COMPOSITES = {
    "numpy.array": lambda x: np.array([[x[0], 1.0], [x[1] ** 2, x[0]]]),
    "numpy.asarray": lambda x: np.asarray([x[0], x[0] * x[1]]),
    "numpy.asanyarray": lambda x: np.asanyarray([x[0], x[0] * x[1]]),
    "numpy.ascontiguousarray": lambda x: np.ascontiguousarray([x[0], x[0] * x[1]]),
    "numpy.asfortranarray": lambda x: np.asfortranarray([[x[0]], [x[0] * x[1]]]),
    "numpy.require": lambda x: np.require([x[0], x[0] * x[1]], requirements="C"),
    "numpy.full": lambda x: np.full((2, 3), x[0] ** 2),
    "numpy.fromfunction": lambda x: np.fromfunction(lambda i: x[0] * i**2, (3,)),
    "numpy.row_stack": lambda x: np.row_stack([x, x * x]),
}
SERIES = {
    "add": lambda f, x: f([x[0], x[1]], [x[0] * x[1], 1.0, 2.0]),
    "sub": lambda f, x: f([x[0], x[1]], [x[0] * x[1], 1.0, 2.0]),
    "mul": lambda f, x: f([x[0], x[1]], [x[0] * x[1], 1.0, 2.0]),
    "div": lambda f, x: f([x[0], x[1], 2.0], [1.0, x[1]])[0],
    "mulx": lambda f, x: f(x),
    "pow": lambda f, x: f(x, 3),
    "der": lambda f, x: f(np.stack([x[0], x[1], x[0] * x[1]])),
    "int": lambda f, x: f(x),
    "line": lambda f, x: f(x[0], x[1]),
    "fromroots": lambda f, x: f(x),
    "trim": lambda f, x: f(x),
    "vander": lambda f, x: f(x, 2),
    "vander2d": lambda f, x: f(x, 2 * x, [1, 2]),
    "vander3d": lambda f, x: f(x, 2 * x, x, [1, 2, 1]),
    "weight": lambda f, x: f(x / 2),
}
for module, prefix in coverage.SERIES.items():
    uses = SERIES | {f"poly2{prefix}": SERIES["int"], f"{prefix}2poly": SERIES["int"]}
    for word, use in uses.items():
        name = word if "2poly" in word or word.startswith("poly2") else prefix + word
        if hasattr(coverage.NAMESPACES[module], name):
            f = getattr(coverage.NAMESPACES[module], name)
            COMPOSITES[f"{module}.{name}"] = partial(use, f)
"""A use of each function that is declared a composite."""


def test_every_public_name_is_classified():
    unclassified = [f"{e.namespace}.{e.name}" for e in ENTRIES if e.status not in coverage.MEANING]
    assert unclassified == []


def test_no_reason_is_given_for_a_name_that_is_gone_or_has_a_rule():
    by_name = {(e.namespace, e.name): e for e in ENTRIES}
    for status, known in (
        (coverage.COMPOSITE, coverage.COMPOSED),
        (coverage.MISSING, coverage.UNWRITTEN),
        (coverage.INAPPLICABLE, coverage.NOTHING),
    ):
        for namespace, names in known.items():
            for name in names:
                if hasattr(coverage.NAMESPACES[namespace], name):  # in this version of NumPy
                    assert by_name[namespace, name].status == status, name


@pytest.mark.filterwarnings("ignore:`row_stack`:DeprecationWarning")
@pytest.mark.parametrize(
    "name", [f"{e.namespace}.{e.name}" for e in ENTRIES if e.status == coverage.COMPOSITE]
)
def test_a_composite_works_on_traced_values(check_derivative, name):
    f = COMPOSITES[name]
    assert jacobian(f)(X).shape == (*np.shape(f(X)), 2)
    check_derivative(f, X)


def test_at_least_three_hundred_functions_have_a_derivative():
    assert sum(e.status in (coverage.RULE, coverage.COMPOSITE) for e in ENTRIES) >= 300


def test_the_page_is_the_table():
    page = Path(__file__).parents[3] / "docs" / "numpy.md"
    if not page.exists():
        pytest.skip("the documentation is not installed")
    written = page.read_text(encoding="utf-8")
    assert written == coverage.table(ENTRIES), "run python -m pullback_numpy.coverage --write"
