"""Rules for Python's own numbers: `math`, `operator`, and the builtins.

The rules of `operator` work for everything that has operators, arrays included.
"""

from pullback import hookimpl
from pullback_math import arithmetic, elementary


@hookimpl
def pullback_register_rules(registry):
    """Hand over every rule of this package."""
    registry.add(arithmetic, elementary)
