"""Collects the comparison where JAX is installed; `tox -e against-jax` installs it."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("jax") else ["test_gradients.py"]
