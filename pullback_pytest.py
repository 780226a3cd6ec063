"""A pytest plugin: how thoroughly the tests of `pullback.conformance.parametrize_rules` check.

It is a module of its own, outside of `pullback`, because pytest imports it in every run: it
imports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

chosen: Final[dict[str, int]] = {}
"""What the command line says, by the name of the setting."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--rules-examples`` and ``--rules-seed``."""
    group = parser.getgroup("pullback", "checks of derivative rules")
    group.addoption(
        "--rules-examples",
        type=int,
        metavar="N",
        help="the most samples for each check of a rule, instead of what parametrize_rules says",
    )
    group.addoption(
        "--rules-seed",
        type=int,
        metavar="SEED",
        help="the seed of the samples, instead of what parametrize_rules says",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep what was chosen for the tests of this run."""
    chosen.clear()
    for name, option in (("max_examples", "rules_examples"), ("seed", "rules_seed")):
        value = config.getoption(option)
        if value is not None:
            chosen[name] = value
