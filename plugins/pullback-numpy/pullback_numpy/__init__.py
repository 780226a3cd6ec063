"""Rules for NumPy."""

from pullback import hookimpl
from pullback_numpy import elementwise
from pullback_numpy.array_type import Arrays, Constants, Scalars


@hookimpl
def pullback_register_array_types(registry):
    """Describe NumPy's arrays and scalars to the engine."""
    for array_type in (Arrays(), Scalars(), Constants()):
        registry.add_array_type(array_type)


@hookimpl
def pullback_register_rules(registry):
    """Hand over every rule of this package."""
    registry.add(elementwise)
