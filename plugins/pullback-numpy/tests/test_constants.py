from __future__ import annotations

import numpy as np
import pytest

from pullback import Rule, grad, is_traced
from pullback.names import name_of
from pullback_numpy import constants

WITHOUT_FLOATS = {rule.primitive for rule in constants.integer_arithmetic} | {np.isnat}
PRIMITIVES = [
    rule.primitive
    for rules in vars(constants).values()
    if isinstance(rules, tuple)
    for rule in rules
    if isinstance(rule, Rule) and rule.primitive not in WITHOUT_FLOATS
]
TAKES_TWO = {
    np.isclose,
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.isin,
    np.may_share_memory,
    np.shares_memory,
    np.searchsorted,
}
OF_MATRICES = {np.diag_indices_from, np.tril_indices_from, np.triu_indices_from}
ARGUMENTS = {np.digitize: [0.0, 1.0], np.argpartition: 1, np.can_cast: float}


# NumPy 2.5 deprecates it, and it is declared for as long as it is there.
@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated:DeprecationWarning")
@pytest.mark.parametrize("function", PRIMITIVES, ids=name_of)
def test_traced_values_pass_as_plain_ones(function):
    x = np.array([1.5, -2.25, 0.5])
    x = np.outer(x, x) if function in OF_MATRICES else x
    arguments = [ARGUMENTS[function]] if function in ARGUMENTS else []
    if function in TAKES_TWO or getattr(function, "nin", 1) == 2:
        arguments = [np.ones(3)]
    seen = []

    def f(x):
        seen.append(function(x, *arguments))
        return np.sum(x)

    grad(f)(x)
    want = function(x, *arguments)
    assert not is_traced(seen[0])
    if function is np.empty_like:
        assert (seen[0].shape, seen[0].dtype) == (want.shape, want.dtype)
    else:
        np.testing.assert_equal(seen[0], want)


def test_inner_derivatives_see_through():
    # x floor(x) + |x| has the derivative floor(x) + sign(x), whose own derivative is 0.
    def f(x):
        return np.sum(x * np.floor(x) + np.where(np.isfinite(x), np.abs(x), 0))

    x = np.array([1.5, -2.25])
    assert grad(f)(x).tolist() == [2, -4]
    assert grad(lambda x: np.sum(grad(f)(x)))(x).tolist() == [0, 0]
