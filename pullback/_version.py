"""The one version of the core and of the rule packages beside it."""

__version__ = "0.1.0"
