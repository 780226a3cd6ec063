"""All cases, in the order of the modules that list them."""

from __future__ import annotations

from tests.against_jax import arrays, elementwise, linear_algebra, reductions, series, signals

CASES = [
    case
    for module in (elementwise, reductions, arrays, linear_algebra, signals, series)
    for case in module.CASES
]
