"""Every rule of the table of NumPy is compared with JAX, or it is said why not."""

from __future__ import annotations

import numpy as np

from pullback_numpy import coverage
from tests.against_jax.model import find
from tests.against_jax.not_compared import NOT_COMPARED
from tests.against_jax.table import CASES

RULES = {
    f"{entry.namespace}.{entry.name}": entry
    for entry in coverage.entries()
    if entry.status == coverage.RULE
}
COMPARED = {case.name for case in CASES}
GROUPS = {name.removesuffix(".*") for name in NOT_COMPARED if name.endswith(".*")}


def test_every_rule_is_compared_or_has_a_reason():
    functions = {id(find(np, name)) for name in COMPARED}  # np.abs is np.absolute
    left_out = [
        name
        for name, entry in RULES.items()
        if id(find(np, name)) not in functions
        and name not in NOT_COMPARED
        and entry.namespace not in GROUPS
    ]
    assert left_out == []


def test_what_is_named_has_a_rule():
    assert RULES.keys() >= COMPARED
    assert {name for name in NOT_COMPARED if not name.endswith(".*")} <= RULES.keys() - COMPARED
